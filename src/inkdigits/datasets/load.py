"""Recognise what a path holds, and load it."""

import os
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from inkdigits.datasets.dataset import Dataset, Images
from inkdigits.datasets.folder import digit_folders, load_folder
from inkdigits.datasets.idx import find_idx_pairs, is_idx, load_idx_pair, partner, read_idx
from inkdigits.datasets.npz import load_npz
from inkdigits.datasets.table import load_csv, load_parquet
from inkdigits.errors import DataError, reason

__all__ = ["Parts", "holds_digits", "load", "load_images", "load_parts"]


class Parts(NamedTuple):
    """The digits to learn from, and those to measure on where the source sets some aside."""

    train: Dataset
    test: Dataset | None


def load(path: str | os.PathLike[str]) -> Dataset:
    """Load a data set of digits, whatever its format.

    Recognised are: IDX pairs (plain or .gz; name either file or their folder), CSV and Parquet with
    the columns of Kaggle's Digit Recognizer (with or without labels), NPZ with Keras' names, and a
    folder of pictures with one subfolder a digit. Of a source in two parts this is the training
    part; `load_parts` gives both.

    Args:
        path: a file or a folder.

    Raises:
        DataError: nothing there, an unknown format, or whatever is wrong inside, named.

    Example:
        >>> load("digits.npz")  # doctest: +SKIP
        Dataset('digits.npz train', 60,000 digits)
    """
    return load_parts(path).train


def load_parts(path: str | os.PathLike[str]) -> Parts:
    """Load a data set as `load` does, with the test part apart where the source has one.

    Test parts are: the t10k files of an IDX folder, `x_test` in an NPZ, and the subfolder ``test``
    beside ``train`` in a folder of pictures.

    Raises:
        DataError: as `load`.
    """
    path = Path(path)
    train, test = _load_parts(path)
    return Parts(replace(train, source=path), test and replace(test, source=path))


def holds_digits(path: Path) -> bool:
    """Tell by the name whether a file is one of digits, not a picture."""
    return is_idx(path) or path.suffix.lower() in (".npz", ".csv", ".parquet")


def load_images(path: Path) -> list[Images]:
    """Load the images of a file of digits, whether or not there are labels.

    Returns:
        uint8 ``(count, 28, 28)`` for each part of the file, in the order of `load_parts`.

    Raises:
        DataError: as `load`.
    """
    if is_idx(path):
        return [Dataset(read_idx(path), None, str(path)).images]
    return [part.images for part in _load_parts(path) if part is not None]


def _load_parts(path: Path) -> Parts:
    try:
        if path.is_dir():
            return _load_directory(path)
        exists = path.exists()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {reason(error)}") from error
    if not exists:
        raise DataError(f"{path} does not exist")
    suffix = path.suffix.lower()
    if is_idx(path):
        first, second = sorted((path, partner(path)), key=lambda file: "labels" in file.name)
        return Parts(load_idx_pair(first, second), None)
    if suffix == ".npz":
        return _parts(load_npz(path))
    if suffix == ".csv":
        return Parts(load_csv(path), None)
    if suffix == ".parquet":
        return Parts(load_parquet(path), None)
    raise DataError(
        f"{path} is of no known kind; InkDigits loads IDX (…-ubyte, .gz), .csv, .npz, .parquet, "
        "and folders of pictures with one subfolder a digit"
    )


def _load_directory(folder: Path) -> Parts:
    pairs = find_idx_pairs(folder)
    if pairs:
        return _parts({part: load_idx_pair(*files) for part, files in pairs.items()})
    if digit_folders(folder / "train"):
        test = load_folder(folder / "test") if digit_folders(folder / "test") else None
        return Parts(load_folder(folder / "train"), test)
    return Parts(load_folder(folder), None)


def _parts(by_name: dict[str, Dataset]) -> Parts:
    """Name the parts; a source with only a test part is a data set like any other."""
    test = by_name.pop("test", None)
    if test is not None and not by_name:
        return Parts(test, None)
    return Parts(next(iter(by_name.values())), test)
