"""Outcomes as an Arrow table, with the fields of ``inkdigits read --json`` as columns."""

from collections.abc import Iterable
from typing import Any

from inkdigits._text import encodable
from inkdigits.errors import import_extra

__all__ = ["schema", "to_table"]


def schema() -> Any:
    """Return the table's columns and their types.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    arrow = import_extra("pyarrow")
    digit = {
        "digit": arrow.int8(),
        "confidence": arrow.float64(),
        "box": arrow.list_(arrow.int32()),
        "line": arrow.int32(),
    }
    return arrow.schema(
        {
            "path": arrow.string(),
            "page": arrow.int32(),
            "width": arrow.int32(),
            "height": arrow.int32(),
            "text": arrow.string(),
            "confidence": arrow.float64(),
            "digits": arrow.list_(arrow.struct(digit)),
            "error": arrow.string(),
        }
    )


def to_table(rows: Iterable[dict[str, Any]]) -> Any:
    """Make a table of outcomes, each as `Outcome.to_dict` gives it."""
    arrow = import_extra("pyarrow")
    return arrow.Table.from_pylist([_fit_for_utf8(row) for row in rows], schema())


def _fit_for_utf8(row: dict[str, Any]) -> dict[str, Any]:
    fields = dict(row)
    for field in ("path", "error"):  # a file's name may hold what is no text
        if fields[field] is not None:
            fields[field] = encodable(fields[field])
    return fields
