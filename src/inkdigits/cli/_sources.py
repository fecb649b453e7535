"""What stands behind the arguments of ``inkdigits read``: pictures, arrays of digits, troubles."""

import glob
import itertools
import os
import sys
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inkdigits.errors import InkDigitsError, reason

if TYPE_CHECKING:
    from inkdigits.reading import Outcome, Reader
    from inkdigits.reading.picture import Picture

__all__ = [
    "Source",
    "count_sources",
    "expand",
    "find_sources",
    "is_picture",
    "is_there",
    "read_sources",
]

_SUFFIXES = (
    *(".png", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff"),
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".avif", ".heic", ".heif", ".hif", ".pdf"),
    *(".ppm", ".pgm", ".pbm", ".pnm"),
)
"""Endings of the files of a folder that count as pictures. A file that is named is always tried."""


@dataclass(frozen=True)
class Source:
    """One thing to read.

    Args:
        path: a file, or ``-`` for the standard input.
        trouble: why it cannot even be tried.
    """

    path: str
    trouble: str | None = None

    @property
    def kind(self) -> str:
        """What to do with it: "picture", "digits" or "trouble"."""
        from inkdigits.datasets import holds_digits

        if self.trouble is not None:
            return "trouble"
        return "digits" if holds_digits(Path(self.path)) else "picture"


def find_sources(arguments: list[str]) -> Iterator[Source]:
    """Yield what stands behind the arguments, in the order given; a folder's pictures are sorted.

    Files of digits are read where they are named; in a folder, only pictures are looked for.
    """
    for argument in arguments:
        if argument == "-":
            missing = "there is no standard input to read a picture from"
            yield Source("-", missing if sys.stdin is None else None)
        elif os.path.isdir(argument):  # noqa: PTH112  (Path.is_dir may raise)
            found = False
            for source in _in_folder(argument):
                found = True
                yield source
            if not found:
                yield Source(argument, f"{argument} holds no pictures")
        else:
            yield from map(Source, expand(argument))


def count_sources(arguments: list[str]) -> int | None:
    """Count what `find_sources` will yield; `None` where what is inside a file counts."""
    count = 0
    for argument in arguments:
        if os.path.isdir(argument):  # noqa: PTH112
            names = (name for _, _, names in os.walk(argument) for name in names)
            count += sum(map(is_picture, names))
        else:
            paths = expand(argument)
            if any(Source(path).kind == "digits" for path in paths):
                return None
            count += len(paths)
    return count


def read_sources(reader: "Reader", sources: Iterable[Source]) -> Generator["Outcome", None, None]:
    """Read sources of every kind; yield their outcomes in the order given."""
    from inkdigits.reading import Outcome, Reading
    from inkdigits.reading.many import read_many

    for kind, group in itertools.groupby(sources, key=lambda source: source.kind):
        if kind == "picture":
            yield from read_many(reader, ((source.path, _picture(source)) for source in group))
        elif kind == "digits":
            for source in group:
                yield from _read_digits(reader, source.path)
        else:
            for source in group:
                yield Outcome(source.path, 0, Reading(0, 0), source.trouble)


def _picture(source: Source) -> "Picture":
    return sys.stdin.buffer if source.path == "-" else source.path


def _read_digits(reader: "Reader", path: str) -> Iterator["Outcome"]:
    from inkdigits.datasets import load_images
    from inkdigits.reading import Outcome, Reading
    from inkdigits.reading.outcomes import outcomes_of_digits

    row = 0
    try:
        for images in load_images(Path(path)):
            yield from outcomes_of_digits(reader, path, images, first=row)
            row += len(images)
    except InkDigitsError as error:
        yield Outcome(path, row, Reading(0, 0), str(error))


def is_there(argument: str) -> bool:
    """Say whether an argument names anything: a file, a folder, a glob's match, the input."""
    return argument == "-" or any(map(os.path.lexists, expand(argument)))


def expand(argument: str) -> list[str]:
    """Expand a glob, which Windows' shells leave to the program; one without a match stays."""
    if not glob.has_magic(argument) or os.path.exists(argument):  # noqa: PTH110
        return [argument]
    return sorted(glob.glob(argument, recursive=True)) or [argument]  # noqa: PTH207


def is_picture(name: str) -> bool:
    """Return whether a folder's file counts as a picture; macOS leaves `._seven.png` beside one."""
    return name.lower().endswith(_SUFFIXES) and not name.startswith(".")


def _in_folder(folder: str) -> Iterator[Source]:
    troubles: list[OSError] = []
    for where, subfolders, names in os.walk(folder, onerror=troubles.append):
        subfolders.sort()
        for name in sorted(names):
            path = os.path.join(where, name)  # noqa: PTH118  (as os.walk has it)
            # A pipe in a folder would be waited on for ever.
            if is_picture(name) and os.path.isfile(path):  # noqa: PTH113
                yield Source(path)
    for trouble in troubles:
        yield Source(str(trouble.filename), f"{trouble.filename} cannot be read: {reason(trouble)}")
