"""Print what pictures say: a table on a terminal, plain lines elsewhere."""

import codecs
import glob
import os
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from inkdigits.cli._formats import label, one_line, printable

if TYPE_CHECKING:
    from inkdigits.reading import Outcome, Reading

__all__ = ["name_width", "plain_line", "preview_digits", "print_outcome", "table_row"]

_WIDEST_NAME = 40
_DIGIT_WIDTH = 16  # of a preview, with the gap after it
_PREVIEW_ROWS = 4


def print_outcome(outcome: "Outcome", *, width: int = 0, alone: bool = False) -> None:
    """Print what became of a picture; an error goes to the standard error.

    Args:
        width: of the column of names on a terminal, from `name_width`.
        alone: whether it is the only picture: on a terminal its digits are drawn, too.
    """
    if outcome.error is not None:
        print(f"inkdigits: {printable(outcome.error)}", file=sys.stderr)
    elif not _shows_braille(sys.stdout):
        print(plain_line(outcome))
    else:
        print(table_row(outcome, width))
        if alone and outcome.reading.digits:
            print(preview_digits(outcome.reading, shutil.get_terminal_size().columns))


def name_width(arguments: Sequence[str]) -> int:
    """Say how wide the column of names is to be, before the pictures are looked for.

    Args:
        arguments: paths, folders or globs, as they were given.
    """
    widest = min(_WIDEST_NAME, shutil.get_terminal_size().columns // 2)
    if any(glob.has_magic(word) or os.path.isdir(word) for word in arguments):  # noqa: PTH112
        return widest  # their names are found one by one
    return min(widest, max((_columns(printable(word)) for word in arguments), default=0))


def plain_line(outcome: "Outcome") -> str:
    """Write a reading on one line that programs can cut at its first colon."""
    reading, name = outcome.reading, label(outcome.source, outcome.page)
    if not reading.digits:
        return f"{name}: no digit"
    return f"{name}: {one_line(reading.text)}  ({reading.confidence:.1%} sure)"


def table_row(outcome: "Outcome", width: int) -> str:
    """Write a reading as a row: name, least confidence, text.

    The text comes last: nobody knows how long the ones to come will be.
    """
    from inkdigits.reading.look import percent

    reading, name = outcome.reading, label(outcome.source, outcome.page)
    if _columns(name) > width:
        name = _end_of(name, width)
    name += " " * (width - _columns(name))
    if not reading.digits:
        return f"{name}     –  no digit"
    return f"{name}  {percent(reading.confidence):>4}  {one_line(reading.text)}"


def preview_digits(reading: "Reading", columns: int) -> str:
    """Draw the digits as the network saw them, each over what it was taken for.

    Args:
        columns: of the terminal.

    Returns:
        Lines of text, in Braille.
    """
    import numpy as np

    from inkdigits.cli._preview import preview
    from inkdigits.reading.look import answer, percent

    a_row = max(1, (columns + 2) // _DIGIT_WIDTH)
    digits = reading.digits[: a_row * _PREVIEW_ROWS]
    rows = []
    for start in range(0, len(digits), a_row):
        some = digits[start : start + a_row]
        captions = [f"{answer(digit)} {percent(digit.confidence)}" for digit in some]
        rows.append(preview(np.stack([digit.image for digit in some]), captions))
    rest = len(reading.digits) - len(digits)
    return "\n".join(rows) + (f"\n… and {rest} more" if rest else "")


def _shows_braille(stream: TextIO | None) -> bool:
    if stream is None or not stream.isatty():  # none: somebody closed it
        return False
    return codecs.lookup(stream.encoding).name == "utf-8"


def _columns(text: str) -> int:
    """Return how many columns a terminal gives to a text; Chinese takes two a character."""
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def _end_of(name: str, width: int) -> str:
    """Shorten a name from the left: its end says which file it is."""
    while name and _columns(name) >= width:
        name = name[1:]
    return f"…{name}"
