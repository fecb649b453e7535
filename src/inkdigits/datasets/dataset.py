"""A set of digits: images and what they show."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inkdigits._text import encodable
from inkdigits.errors import DataError

__all__ = ["DIGITS", "SIDE", "Dataset", "Images", "Labels"]

SIDE = 28
"""Height and width of a digit's image, in pixels, as MNIST has them."""

DIGITS = 10
"""Number of classes: the digits 0 to 9."""

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images of single digits with their labels, in memory and read-only.

    Args:
        images: uint8 ``(count, 28, 28)``, bright ink (255) on black (0).
        labels: whole numbers ``(count,)``, 0 to 9, kept as uint8; ``None`` where nobody has said
            what the images show.
        name: what to call the set in reports; what UTF-8 does not have in it is escaped.
        source: the file or folder that it was loaded from, if it was.

    Raises:
        DataError: shapes, types, counts or label values that do not fit the above.
    """

    images: Images
    labels: Labels | None
    name: str = "digits"
    source: Path | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", encodable(self.name))
        if self.images.ndim != 3 or self.images.shape[1:] != (SIDE, SIDE):
            raise DataError(
                f"{self.name}: images must have the shape (count, {SIDE}, {SIDE}), "
                f"these have {self.images.shape}"
            )
        if self.images.dtype != np.uint8:
            raise DataError(f"{self.name}: images must be uint8, these are {self.images.dtype}")
        if not len(self.images):
            raise DataError(f"{self.name} holds no images")
        object.__setattr__(self, "images", _read_only(self.images))
        if self.labels is None:
            return
        if self.labels.ndim != 1:
            raise DataError(
                f"{self.name}: labels must have the shape (count,), these have {self.labels.shape}"
            )
        if len(self.labels) != len(self.images):
            raise DataError(
                f"{self.name} holds {len(self.images)} images but {len(self.labels)} labels; "
                "each image needs one"
            )
        if self.labels.dtype.kind not in "iu":
            raise DataError(
                f"{self.name}: labels must be whole numbers, these are {self.labels.dtype}"
            )
        outside = np.flatnonzero((self.labels < 0) | (self.labels >= DIGITS))
        if outside.size:
            raise DataError(
                f"{self.name}: labels must be 0 to 9, but label {outside[0]} (counting from 0) "
                f"is {self.labels[outside[0]]}"
            )
        object.__setattr__(self, "labels", _read_only(self.labels.astype(np.uint8, copy=False)))

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        labelled = "" if self.labels is not None else ", no labels"
        return f"Dataset({self.name!r}, {len(self):,} digits{labelled})"

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the pixels and labels, as hexadecimal: the same digits give the same one."""
        digest = hashlib.sha256(np.ascontiguousarray(self.images).data)
        if self.labels is not None:
            digest.update(np.ascontiguousarray(self.labels).data)
        return digest.hexdigest()

    def require_labels(self) -> Labels:
        """Return the labels, uint8 ``(count,)``.

        Raises:
            DataError: the set has none.
        """
        if self.labels is None:
            raise DataError(f"{self.name} has no labels, and this needs them")
        return self.labels

    def take(self, indices: npt.NDArray[np.integer], name: str | None = None) -> "Dataset":
        """Return the digits at `indices` as a data set of its own (a copy)."""
        labels = None if self.labels is None else self.labels[indices]
        return Dataset(self.images[indices], labels, name or self.name)

    def split(self, share: float, *, seed: int) -> tuple["Dataset", "Dataset"]:
        """Split into a part to fit and a part to validate on.

        The split is stratified: each digit gives the same share of its images, rounded so that the
        whole validation part has ``round(share * count)``. The same seed gives the same split.

        Args:
            share: part of the images to validate on, above 0 and below 1.
            seed: whole number from 0 up.

        Raises:
            DataError: no labels, or too few images of a digit to have it in both parts.
        """
        labels = self.require_labels()
        counts = np.bincount(labels, minlength=DIGITS)
        quotas = _quotas(counts, share)
        for digit in np.flatnonzero(counts):
            if not 0 < quotas[digit] < counts[digit]:
                raise DataError(
                    f"{self.name} has too few images of the digit {digit} ({counts[digit]}) to set "
                    f"{share:.3g} of them aside for validation"
                )
        rng = np.random.default_rng(seed)
        held_out = np.zeros(len(self), bool)
        for digit in np.flatnonzero(counts):
            where = np.flatnonzero(labels == digit)
            held_out[rng.choice(where, quotas[digit], replace=False)] = True
        return (
            self.take(np.flatnonzero(~held_out), f"{self.name}, fitting part"),
            self.take(np.flatnonzero(held_out), f"{self.name}, validation part"),
        )

    def folds(self, count: int, *, seed: int) -> Iterator[tuple["Dataset", "Dataset"]]:
        """Split into parts to fit and to validate on, so that each image is validated on once.

        The folds are stratified as `split` is. The same seed gives the same folds.

        Args:
            count: of folds, 2 or more.
            seed: whole number from 0 up.

        Raises:
            DataError: no labels, or fewer images of a digit than folds.
        """
        labels = self.require_labels()
        rng = np.random.default_rng(seed)
        fold_of = np.empty(len(self), np.int64)
        dealt = 0
        for digit in range(DIGITS):
            where = np.flatnonzero(labels == digit)
            if 0 < len(where) < count:
                raise DataError(
                    f"{self.name} has too few images of the digit {digit} ({len(where)}) for "
                    f"{count} folds"
                )
            # One digit's deal goes on where the last one's ended, so that the folds are as large.
            fold_of[rng.permutation(where)] = (np.arange(len(where)) + dealt) % count
            dealt += len(where)
        for fold in range(count):
            yield (
                self.take(np.flatnonzero(fold_of != fold), f"{self.name} without fold {fold + 1}"),
                self.take(np.flatnonzero(fold_of == fold), f"{self.name}, fold {fold + 1}"),
            )


def _read_only(array: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return a view that cannot be written through; the caller's own array stays as it is."""
    view = array.view()
    view.flags.writeable = False
    return view


def _quotas(counts: npt.NDArray[np.int64], share: float) -> npt.NDArray[np.int64]:
    """Round `share` of each count so that the sum is right: the largest remainders round up."""
    exact = counts * share
    quotas: npt.NDArray[np.int64] = np.floor(exact).astype(np.int64)
    missing = round(share * counts.sum()) - quotas.sum()
    quotas[np.argsort(quotas - exact, kind="stable")[:missing]] += 1
    return quotas
