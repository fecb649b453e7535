"""Tables with a digit a row: a label, then 784 pixels, as Kaggle's Digit Recognizer has them.

CSV and Parquet differ only in how the numbers are read; what the columns mean is the same.
"""

import csv
import re
import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inkdigits.datasets.dataset import SIDE, Dataset
from inkdigits.errors import DataError, import_extra, reason

__all__ = ["load_csv", "load_parquet"]

_LABELLED = ["label", *(f"pixel{number}" for number in range(SIDE * SIDE))]
_LONGEST = 100  # characters: Python refuses to convert very long numbers
_EXPECTED = f"label,pixel0,…,{_LABELLED[-1]}, or that without label"


def load_csv(path: Path) -> Dataset:
    """Load a CSV file whose header is ``label,pixel0,…,pixel783``, or without ``label``.

    Raises:
        DataError: no such header, a ragged row, a value that is no whole number or outside its
            range (each with the row, counted from 1 below the header), or no rows.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = [name.strip() for name in next(csv.reader([file.readline()]), [])]
            _check_header(header, path)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", UserWarning)  # of a table of blank lines
                    table = np.loadtxt(file, np.int16, delimiter=",", ndmin=2, comments=None)
            except (ValueError, OverflowError) as error:
                raise DataError(_first_bad_row(path, len(header)) or f"{path}: {error}") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {reason(error)}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} is not a CSV text file: {error}") from error
    if table.size and table.shape[1] != len(header):
        raise DataError(_first_bad_row(path, len(header)) or f"{path} is ragged")
    return _as_digits(table.reshape(-1, len(header)), header, path)


def load_parquet(path: Path) -> Dataset:
    """Load a Parquet file with the columns ``label`` (optional) and ``pixel0`` … ``pixel783``.

    Raises:
        DataError: as `load_csv`.
        MissingExtraError: pyarrow is not installed.
    """
    parquet, arrow = import_extra("pyarrow.parquet"), import_extra("pyarrow")
    try:
        columns = parquet.read_table(path)
        names = columns.column_names
    except OSError as error:
        raise DataError(f"{path} cannot be read: {reason(error)}") from error
    except (arrow.ArrowException, UnicodeDecodeError) as error:
        why = str(error).split("\n", 1)[0]
        raise DataError(f"{path} is not a sound Parquet file: {why}") from error
    header = _LABELLED if "label" in names else _LABELLED[1:]
    missing = [name for name in header if names.count(name) != 1]
    if missing:
        raise DataError(f"{path} must have one column {missing[0]}, as in {_EXPECTED}")
    table = np.empty((columns.num_rows, len(header)), np.int16)
    for position, name in enumerate(header):
        values = columns[name].to_numpy()
        if values.dtype.kind not in "iu":
            raise DataError(f"{path}: column {name} must hold whole numbers in every row")
        table[:, position] = np.clip(values, -1, 256)  # what is past a byte stays past it
    return _as_digits(table, header, path)


def _check_header(header: list[str], path: Path) -> None:
    if header not in (_LABELLED, _LABELLED[1:]):
        raise DataError(
            f"{path} must have the header {_EXPECTED}; its own has {len(header)} columns and "
            f"starts with {','.join(header[:3])[:40]!r}"
        )


def _as_digits(table: npt.NDArray[np.int16], header: list[str], path: Path) -> Dataset:
    if not len(table):
        raise DataError(f"{path} has a header and no rows")
    labelled = header[0] == "label"
    pixels = table[:, 1:] if labelled else table
    outside = np.argwhere((pixels < 0) | (pixels > 255))
    if outside.size:
        row, column = outside[0]
        raise DataError(
            f"{path}, row {row + 1}: pixel{column} is not from 0 to 255 but {pixels[row, column]}"
        )
    if labelled:
        wrong = np.flatnonzero((table[:, 0] < 0) | (table[:, 0] > 9))
        if wrong.size:
            raise DataError(
                f"{path}, row {wrong[0] + 1}: the label is not from 0 to 9 but {table[wrong[0], 0]}"
            )
    images = pixels.astype(np.uint8).reshape(-1, SIDE, SIDE)
    return Dataset(images, table[:, 0].astype(np.uint8) if labelled else None, path.name)


def _first_bad_row(path: Path, width: int) -> str | None:
    """Find what `np.loadtxt` stumbled over; rows are counted as it does, blank ones left out."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for number, row in enumerate(filter(None, rows), 1):
            if len(row) != width:
                return f"{path}, row {number}: {len(row)} values, where the header has {width}"
            for column, value in enumerate(row, 1):
                if not re.fullmatch(r"-?[0-9]+", value.strip()):
                    return f"{path}, row {number}, column {column}: {value!r} is no whole number"
                if len(value) > _LONGEST or not -(2**15) <= int(value) < 2**15:
                    shown = value if len(value) < 12 else f"{value[:9]}…"
                    return f"{path}, row {number}, column {column}: {shown} is out of range"
    return None
