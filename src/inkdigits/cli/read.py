"""``inkdigits read``: read the digits of pictures."""

import glob
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from inkdigits.cli._verb import Json, print_json, verb
from inkdigits.errors import reason

if TYPE_CHECKING:
    from inkdigits.reading import Reader

_SUFFIXES = (
    *(".png", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff"),
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".avif", ".heic", ".heif", ".hif", ".pdf"),
    *(".ppm", ".pgm", ".pbm", ".pnm"),
)
"""Endings of the files of a folder that count as pictures. A file that is named is always tried."""

__all__ = ["model_file", "register"]


def register(app: typer.Typer) -> None:
    app.command("read")(read)


@verb
def read(
    pictures: Annotated[
        list[str],
        typer.Argument(metavar="PICTURE…", help="Files, folders, globs, or - for standard input."),
    ],
    model: Annotated[
        Path | None,
        typer.Option(help="A run folder or .onnx file; the one in the package by default."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Read the handwritten digit in each picture: any size, colour and polarity.

    A `?` stands for a digit that is seen but not trusted. A picture that cannot be read is named on
    the standard error, the others still come, and the exit code is 1.

    Example: `inkdigits read seven.png scans/ --json`
    """
    from inkdigits.reading import Reader

    # What Pillow warns of is either mended by it or an error that we print ourselves.
    warnings.filterwarnings("ignore", module="PIL")
    reader = Reader(None if model is None else model_file(model))
    unreadable = 0
    for path, trouble in _expand(pictures):
        row = _read_one(reader, path, trouble)
        unreadable += row["error"] is not None
        if as_json:
            print_json(row)
        elif row["error"] is not None:
            print(f"inkdigits: {_printable(row['error'])}", file=sys.stderr)
        elif not row["digits"]:
            print(f"{_printable(path)}: no digit")
        else:
            print(f"{_printable(path)}: {row['text']}  ({row['confidence']:.1%} sure)")
    if unreadable:
        raise typer.Exit(1)


def model_file(path: Path) -> Path:
    """Return the ``.onnx`` file of a run folder, or the file itself."""
    return path / "model.onnx" if path.is_dir() else path


def _read_one(reader: "Reader", path: str, trouble: str | None) -> dict[str, Any]:
    from inkdigits.errors import PictureError
    from inkdigits.reading import Reading

    reading = Reading(0, 0)
    if trouble is None:
        try:
            reading = reader.read(_standard_input() if path == "-" else path)
        except PictureError as error:
            trouble = str(error)
        except Exception as error:  # noqa: BLE001  (no picture may take the others with it)
            trouble = f"{path} made InkDigits itself fail ({type(error).__name__}: {error})"
    return {"path": path, "page": 0, **reading.to_dict(), "error": trouble}


def _standard_input() -> BinaryIO:
    from inkdigits.errors import PictureError

    if sys.stdin is None:
        raise PictureError("there is no standard input to read a picture from")
    return sys.stdin.buffer


def _printable(text: str) -> str:
    """Escape what would break a line apart, such as a line end in a file's name."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _expand(arguments: list[str]) -> Iterator[tuple[str, str | None]]:
    """Yield the pictures behind the arguments, in the order given; a folder's are sorted.

    Beside each path stands why it cannot even be tried, or `None`.
    """
    for argument in arguments:
        if argument != "-" and os.path.isdir(argument):  # noqa: PTH112  (Path.is_dir may raise)
            found = list(_in_folder(argument))
            yield from found or [(argument, f"{argument} holds no pictures")]
        elif glob.has_magic(argument) and not os.path.exists(argument):  # noqa: PTH110
            # Windows' shells leave globs to the program.
            matches = sorted(glob.glob(argument, recursive=True))  # noqa: PTH207
            yield from ((match, None) for match in matches or [argument])
        else:
            yield argument, None


def _in_folder(folder: str) -> Iterator[tuple[str, str | None]]:
    troubles: list[OSError] = []
    for where, subfolders, names in os.walk(folder, onerror=troubles.append):
        subfolders.sort()
        for name in sorted(names):
            path = os.path.join(where, name)  # noqa: PTH118  (as os.walk has it)
            # A pipe in a folder would be waited on for ever.
            if name.lower().endswith(_SUFFIXES) and os.path.isfile(path):  # noqa: PTH113
                yield path, None
    for trouble in troubles:
        yield str(trouble.filename), f"{trouble.filename} cannot be read: {reason(trouble)}"
