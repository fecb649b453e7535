"""What every benchmark says about where it ran, and how it writes down what it found."""

import io
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

__all__ = ["RESULTS", "rapidocr", "read_result", "report", "seconds_each", "summary"]

RESULTS = Path(os.environ.get("INKDIGITS_RESULTS") or Path(__file__).parent / "results")

_LOOK_ALIKE = str.maketrans("OoDQlIi|!ZzSsGbBgqTtA", "000011111225566899774")

_PACKAGES = (
    *("keras", "tensorflow-cpu", "tensorflow", "numpy", "onnxruntime", "pillow"),
    *("pillow-heif", "pypdfium2", "rapidocr-onnxruntime"),
)


def summary(values: list[float]) -> dict[str, Any]:
    """Return mean, spread, extremes and number of repeated measurements."""
    return {
        "mean": statistics.fmean(values),
        "standard_deviation": statistics.stdev(values) if len(values) > 1 else 0.0,
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
        "n": len(values),
        "values": values,
    }


def report(name: str, claim: str, figures: dict[str, Any]) -> None:
    """Print figures with the machine and versions, and write them to ``results/<name>.json``."""
    # Not before: what is timed may be how long importing takes, or a child of a small process.
    from inkdigits.benchmark import machine, versions

    facts = machine()
    bfloat16 = "with" if facts.pop("avx512_bfloat16") else "without"
    facts["processor"] += f" ({bfloat16} AVX-512 bfloat16)"
    result = {"claim": claim, **figures, "machine": facts, "versions": versions(_PACKAGES)}
    text = json.dumps(result, indent=2) + "\n"
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")
    print(text)


def read_result(name: str) -> dict[str, Any] | None:
    """Return what `report` wrote under a name, if it did."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def seconds_each(call: Callable[[], object], *, calls: int) -> float:
    """Return the seconds that a call takes, as the mean of so many."""
    call()
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) / calls


def rapidocr() -> dict[str, Callable[[bytes], str]]:
    """Return RapidOCR as functions from a picture's bytes to its text; none if not installed.

    It is given its best chance: small drawings enlarged, dark paper inverted, letters that look
    like digits taken for them, and two ways. Either it looks for lines of text, and takes all for
    one if it finds none; or it takes all for one at once, without the margin around it, which is
    better and faster where there is a single digit.
    """
    try:
        from rapidocr_onnxruntime import RapidOCR
    except ModuleNotFoundError:
        return {}
    engine = RapidOCR()

    def as_a_line(pixels: Any) -> str:
        lines, _ = engine(pixels, use_det=False, use_cls=False, use_rec=True)
        return str(lines[0][0]) if lines else ""

    def as_a_page(pixels: Any) -> str:
        lines, _ = engine(pixels)
        return "\n".join(line[1] for line in lines) if lines else as_a_line(pixels)

    return {
        "rapidocr": lambda picture: as_a_page(_dark_on_light(picture)).translate(_LOOK_ALIKE),
        "rapidocr_line": lambda picture: as_a_line(
            _without_margin(_dark_on_light(picture))
        ).translate(_LOOK_ALIKE),
    }


def _dark_on_light(picture: bytes) -> Any:
    with Image.open(io.BytesIO(picture)) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    zoom = max(1.0, 100 / min(image.size))
    image = image.resize((round(image.width * zoom), round(image.height * zoom)))
    grey = np.asarray(image.convert("L"))
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    if np.median(border) < 110:
        image = ImageOps.invert(image)
    return np.asarray(image)[..., ::-1].copy()


def _without_margin(pixels: Any) -> Any:
    grey = pixels.mean(axis=2)
    dark = grey < (grey.min() + grey.max()) / 2
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    if not rows.size:
        return pixels
    margin = int(0.15 * max(np.ptp(rows), np.ptp(columns)))
    top, left = max(0, rows[0] - margin), max(0, columns[0] - margin)
    return pixels[top : rows[-1] + margin + 1, left : columns[-1] + margin + 1].copy()
