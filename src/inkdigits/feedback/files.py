"""Write corrections to a file of digits, as `inkdigits.load` reads them."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from inkdigits._files import write_through
from inkdigits.datasets.dataset import SIDE
from inkdigits.errors import FeedbackError
from inkdigits.feedback.correction import Correction
from inkdigits.feedback.held_out import is_held_out

__all__ = ["write_corrections"]


def write_corrections(
    corrections: Iterable[Correction], path: Path, *, held_out: bool
) -> tuple[int, int]:
    """Write images and what they are to an ``.npz`` or ``.csv``, whole or not at all.

    Args:
        corrections: they are taken one by one.
        path: the ending chooses: NPZ with Keras' names `x_train` and `y_train`, or CSV with the
            columns of Kaggle's Digit Recognizer.
        held_out: those that are held out; otherwise the others.

    Returns:
        How many were written, and how many left out.

    Raises:
        FeedbackError: another ending, or there are none to write.
        OSError: the disk refuses.
    """
    writers = {".npz": _write_npz, ".csv": _write_csv}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise FeedbackError(f"{path} must end in .npz or .csv, which says how to write it")
    count = left_out = 0

    def chosen() -> Iterator[Correction]:
        nonlocal left_out
        for correction in corrections:
            if is_held_out(correction.id) == held_out:
                yield correction
            else:
                left_out += 1

    def fill(temporary: Path) -> None:
        nonlocal count
        count = write(temporary, chosen())
        if not count:
            which = "that are held out" if held_out else "that are not held out"
            raise FeedbackError(f"there are no corrections {which}, so {path} is not written")

    write_through(path, fill)
    return count, left_out


def _write_npz(path: Path, corrections: Iterator[Correction]) -> int:
    pixels, digits = bytearray(), bytearray()
    for correction in corrections:
        pixels += correction.image.tobytes()
        digits.append(correction.digit)
    images = np.frombuffer(pixels, np.uint8).reshape(len(digits), SIDE, SIDE)
    with path.open("wb") as file:  # given a name, NumPy adds an ending of its own to .NPZ
        np.savez_compressed(file, x_train=images, y_train=np.frombuffer(digits, np.uint8))
    return len(digits)


def _write_csv(path: Path, corrections: Iterator[Correction]) -> int:
    digits = 0
    with path.open("w", encoding="ascii", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["label", *(f"pixel{number}" for number in range(SIDE * SIDE))])
        for correction in corrections:
            rows.writerow([correction.digit, *correction.image.ravel().tolist()])
            digits += 1
    return digits
