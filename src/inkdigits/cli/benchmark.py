"""``inkdigits benchmark``: how fast this machine is."""

from pathlib import Path
from typing import Annotated

import typer

from inkdigits.cli._verb import Json, print_json, verb
from inkdigits.errors import InkDigitsError

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("benchmark")(benchmark)


@verb
def benchmark(
    model: Annotated[
        Path | None,
        typer.Option(help="A run folder or .onnx file; the one in the package by default."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the JSON to this file, too.")] = None,
    as_json: Json = False,
) -> None:
    """Measure how fast this machine classifies digits, reads pictures and trains.

    It takes about half a minute. Let nothing else run meanwhile.

    Example: `inkdigits benchmark --out speed.json`
    """
    if out is not None:
        _check(out)

    import cv2

    from inkdigits._files import write_text
    from inkdigits._text import to_json
    from inkdigits.benchmark import measure_speed
    from inkdigits.cli._speeds import print_speeds
    from inkdigits.cli._steps import StepBar
    from inkdigits.reading import Reader
    from inkdigits.reading.model_file import model_file

    reader = Reader(None if model is None else model_file(model))
    cv2.setNumThreads(reader.threads)  # as `inkdigits read` does
    with StepBar() as bar:
        speeds = measure_speed(reader, announce=bar.begin)
    if as_json:
        print_json(speeds)
    else:
        print_speeds(speeds)
    if out is not None:  # last: a disk that refuses does not cost the figures
        write_text(out, to_json(speeds, indent=2) + "\n")


def _check(out: Path) -> None:
    """Find out what can be found out before anything is measured.

    Raises:
        InkDigitsError: there can be no such file.
    """
    if not out.parent.is_dir():
        raise InkDigitsError(f"--out {out}: there is no folder {out.parent}; make it first")
    if out.exists() and not out.is_file():
        raise InkDigitsError(f"{out} is not a file; --out takes one")
