"""A folder of pictures with one subfolder a digit: your own handwriting as a data set."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from inkdigits.datasets.dataset import DIGITS, SIDE, Dataset
from inkdigits.errors import DataError, PictureError, reason

__all__ = ["digit_folders", "load_folder"]


def digit_folders(folder: Path) -> dict[int, Path]:
    """Return the subfolders of `folder` that are named after a digit, by digit."""
    return {digit: folder / str(digit) for digit in range(DIGITS) if (folder / str(digit)).is_dir()}


def load_folder(folder: Path) -> Dataset:
    """Load the pictures under ``folder/0`` … ``folder/9``, each framed as MNIST framed its digits.

    Any size, colour and polarity; the same decoding and framing that reading uses. Hidden files
    are passed over.

    Raises:
        DataError: no pictures, or pictures that cannot be read or show nothing: all are named.
    """
    # Only this loader looks at pictures; the others must not pay for the import.
    from inkdigits.reading import frame_picture

    images, labels, troubles = [], [], []
    for digit, subfolder in digit_folders(folder).items():
        for path in _files(subfolder):
            try:
                image = frame_picture(path)
            except PictureError as error:
                troubles.append(str(error))
                continue
            if image is None:
                troubles.append(f"{path} shows no ink")
                continue
            images.append(image)
            labels.append(digit)
    if troubles:
        raise DataError(
            f"{folder}: {len(troubles)} pictures cannot be used; mend or remove them: "
            + "; ".join(troubles)
        )
    if not images:
        raise DataError(f"{folder} holds no pictures in subfolders named 0 to 9, one a digit")
    name = folder.resolve().name
    return Dataset(np.stack(images).reshape(-1, SIDE, SIDE), np.array(labels, np.uint8), name)


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, sorted, hidden ones left out."""

    def refuse(error: OSError) -> None:
        raise DataError(f"{error.filename} cannot be read: {reason(error)}") from error

    for where, subfolders, names in os.walk(folder, onerror=refuse):
        subfolders.sort()
        paths = (Path(where, name) for name in sorted(names) if not name.startswith("."))
        yield from (path for path in paths if path.is_file())
