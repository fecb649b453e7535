"""What every benchmark says about where it ran, and how it writes down what it found."""

import io
import json
import os
import platform
import statistics
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

__all__ = ["RESULTS", "rapidocr", "report", "summary"]

RESULTS = Path(__file__).parent / "results"

_PACKAGES = (
    *("inkdigits", "keras", "tensorflow-cpu", "tensorflow", "numpy", "onnxruntime", "pillow"),
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
    result = {"claim": claim, **figures, "machine": _machine(), "versions": _versions()}
    text = json.dumps(result, indent=2) + "\n"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")
    print(text)


def rapidocr() -> Callable[[bytes], str] | None:
    """Return RapidOCR as a function from a picture's bytes to its text, if it is installed.

    It finds no text in small drawings as they are. So it gets them enlarged, with a margin, and
    where it still finds none, it is made to read the whole picture as a line of text.
    """
    try:
        from rapidocr_onnxruntime import RapidOCR
    except ModuleNotFoundError:
        return None
    engine = RapidOCR()

    def read(picture: bytes) -> str:
        with Image.open(io.BytesIO(picture)) as opened:
            image = ImageOps.exif_transpose(opened).convert("RGB")
        zoom = max(1.0, 200 / min(image.size))
        image = image.resize((round(image.width * zoom), round(image.height * zoom)))
        margin = 60 if zoom > 1 else 0
        paper = image.getpixel((0, 0))
        pixels = np.asarray(ImageOps.expand(image, margin, paper))[..., ::-1].copy()
        lines, _ = engine(pixels)
        if lines:
            return "\n".join(line[1] for line in lines)
        lines, _ = engine(pixels, use_det=False, use_cls=False, use_rec=True)
        return lines[0][0] if lines else ""

    return read


def _machine() -> dict[str, Any]:
    return {
        "processor": _processor(),
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists():
        return platform.processor()
    lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    facts = {key.strip(): value.strip() for key, value in fields.items()}
    flags = facts.get("flags", "").split()
    bfloat16 = "with" if "avx512_bf16" in flags else "without"
    return f"{facts.get('model name', 'unknown')} ({bfloat16} AVX-512 bfloat16)"


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
