"""How an outcome becomes a row of text, JSON Lines, CSV or a submission, and what a row says."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inkdigits.errors import InkDigitsError

if TYPE_CHECKING:
    from inkdigits.reading import Outcome

__all__ = ["CSV", "FIELDS", "JSON_LINES", "TEXT", "Format", "label", "one_line", "submission"]

FIELDS = ("path", "page", "width", "height", "text", "confidence", "digits", "error")

_ERROR = "error: "  # no text of digits starts like this


@dataclass(frozen=True)
class Format:
    """How a file of outcomes is written.

    Args:
        row: the row of an outcome, with its line end.
        parse: the label of a row's page, and whether the row holds an error. It raises
            `ValueError`, `KeyError` or `TypeError` where the row is none of ours.
        header: what the file begins with.
        start: what its first row begins with, if that tells it from other files.
        is_quoted: whether there may be line ends within a row, between quotes.
    """

    row: Callable[["Outcome"], str]
    parse: Callable[[str], tuple[str, bool]]
    header: str = ""
    start: str = ""
    is_quoted: bool = False


def label(path: str, page: int) -> str:
    """Name a page for people, on one line."""
    name = printable(path)
    return f"{name}, page {page + 1}" if page else name


def printable(text: str) -> str:
    """Escape what would break a line apart, or move a terminal's cursor."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def one_line(text: str) -> str:
    """Put lines of writing on one line."""
    return text.replace("\n", " / ")


def _text_row(outcome: "Outcome") -> str:
    words = one_line(outcome.reading.text)
    if outcome.error is not None:
        words = _ERROR + printable(outcome.error)
    return f"{label(outcome.source, outcome.page)}\t{words}\n"


def _parse_text(row: str) -> tuple[str, bool]:
    name, words = row.split("\t")
    return name, words.startswith(_ERROR)


def _json_row(outcome: "Outcome") -> str:
    return json.dumps(outcome.to_dict()) + "\n"


def _parse_json(row: str) -> tuple[str, bool]:
    fields = json.loads(row)
    return label(fields["path"], fields["page"]), fields["error"] is not None


def _csv_row(outcome: "Outcome") -> str:
    fields = outcome.to_dict()
    row = io.StringIO()
    values = [*fields.values()]
    values[FIELDS.index("digits")] = json.dumps(fields["digits"])
    # The writer quotes what its own line end is made of; a reader takes both of these for one.
    csv.writer(row, lineterminator="\r\n").writerow(values)
    return row.getvalue().removesuffix("\r\n") + "\n"


def _parse_csv(row: str) -> tuple[str, bool]:
    csv.field_size_limit(1 << 30)  # a page of a thousand digits passes the usual limit
    try:
        (values,) = csv.reader([row])
    except csv.Error as error:
        raise ValueError from error
    fields = dict(zip(FIELDS, values, strict=True))
    return label(fields["path"], int(fields["page"])), bool(fields["error"])


TEXT = Format(_text_row, _parse_text)
"""A line a page: its path, a tab, its text with lines of writing joined by `` / ``."""

JSON_LINES = Format(_json_row, _parse_json, start='{"path": "')
"""What ``--json`` prints."""

CSV = Format(_csv_row, _parse_csv, ",".join(FIELDS) + "\n", is_quoted=True)
"""The same fields as columns; `digits` is JSON."""


def submission(source: str) -> Format:
    """Return the format that Kaggle's Digit Recognizer takes, for the digits of one file.

    Each has to have a label: it is the most probable digit, trusted or not.
    """

    def row(outcome: "Outcome") -> str:
        if outcome.error is not None:
            raise InkDigitsError(outcome.error)
        return f"{outcome.page + 1},{outcome.reading.digits[0].digit}\n"

    def parse(row: str) -> tuple[str, bool]:
        number, _ = map(int, row.split(","))
        return label(source, number - 1), False

    return Format(row, parse, "ImageId,Label\n")
