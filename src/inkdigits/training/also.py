"""Further digits to learn from: a few, such as corrections, beside many."""

from pathlib import Path

import numpy as np

from inkdigits._files import write_through
from inkdigits.datasets import Dataset
from inkdigits.datasets.npz import load_npz
from inkdigits.errors import DataError, RunError
from inkdigits.synthesis import Marks

__all__ = ["ALSO", "joined", "load_also", "repeats", "save_also", "unseen"]

ALSO = "also.npz"
"""The file of a run folder that holds them."""

_SHARE = 1 / 20
_MOST = 20


def unseen(also: Dataset, *measured: Dataset) -> Dataset:
    """Leave out the digits whose very images something is measured on.

    Args:
        also: digits to learn from.
        measured: digits to validate on, to test on.

    Raises:
        DataError: none is left.
    """
    known = {image.tobytes() for dataset in measured for image in dataset.images}
    left = [i for i, image in enumerate(also.images) if image.tobytes() not in known]
    if not left:
        raise DataError(
            f"all of {also.name} is among the digits to measure on: give others, that can be "
            "learned from"
        )
    return also if len(left) == len(also) else also.take(np.array(left))


def repeats(also: int, others: int) -> int:
    """Return how many times each of `also` digits comes among `others`.

    As they are, a dozen would drown in thousands: they come so often that they make a twentieth of
    all, but each 20 times at most, so that none is learned by heart.
    """
    wanted = _SHARE / (1 - _SHARE) * others
    return min(max(round(wanted / also), 1), _MOST)


def joined(seen: Dataset | Marks, also: Dataset) -> Dataset | Marks:
    """Add digits to what a network is fitted to, each as often as `repeats` says."""
    times = repeats(len(also), len(seen))
    labels = seen.require_labels() if isinstance(seen, Dataset) else seen.labels
    images = np.concatenate([seen.images, *[also.images] * times])
    labels = np.concatenate([labels, *[also.require_labels()] * times])
    if isinstance(seen, Marks):
        return Marks(images, labels)
    return Dataset(images, labels, f"{seen.name}, and {also.name}")


def save_also(folder: Path, also: Dataset) -> None:
    """Keep digits in a run folder.

    Raises:
        OSError: the disk refuses.
    """
    images, labels = also.images, also.require_labels()
    write_through(folder / ALSO, lambda path: np.savez_compressed(path, x=images, y=labels))


def load_also(folder: Path, name: str, sha256: str) -> Dataset:
    """Load the digits that a run folder keeps.

    Args:
        folder: the run's.
        name: what to call them.
        sha256: their fingerprint when the run began.

    Raises:
        RunError: they are missing, damaged, or others than those.
    """
    path = folder / ALSO
    way = f"{folder} cannot go on without the digits it began with: train anew"
    try:
        also = load_npz(path).get("")
    except DataError as error:
        raise RunError(f"{error}, and {way}") from error
    if also is None or also.fingerprint != sha256:
        raise RunError(f"{path} is damaged or holds other digits, and {way}")
    return Dataset(also.images, also.labels, name)
