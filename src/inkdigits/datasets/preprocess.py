"""The three steps from an image file's numbers to what a network takes.

uint8 (N, 28, 28) ──scale──▶ float32 0…1 ──add_channel──▶ (N, 28, 28, 1)
uint8 (N,)        ──one_hot──▶ float32 (N, 10)
"""

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from inkdigits.datasets.dataset import DIGITS, Images, Labels
from inkdigits.errors import DataError

__all__ = ["add_channel", "one_hot", "scale"]

_Scalar = TypeVar("_Scalar", bound=np.generic)


def scale(images: Images) -> npt.NDArray[np.float32]:
    """Bring pixels from 0…255 to 0…1, so that inputs and initial weights are of one size.

    Args:
        images: uint8, any shape.

    Returns:
        float32 of the same shape.

    Raises:
        DataError: pixels that are not uint8 (scaled already, perhaps).
    """
    if images.dtype != np.uint8:
        raise DataError(f"scale takes uint8 pixels (0 to 255), these are {images.dtype}")
    return images * np.float32(1 / 255)


def add_channel(images: npt.NDArray[_Scalar]) -> npt.NDArray[_Scalar]:
    """Give grey images the channel axis that convolutions expect, last.

    Args:
        images: ``(batch, height, width)``.

    Returns:
        The same pixels (a view) as ``(batch, height, width, 1)``.

    Raises:
        DataError: any other number of axes.
    """
    if images.ndim != 3:
        raise DataError(f"add_channel takes (batch, height, width), not the shape {images.shape}")
    return images[..., np.newaxis]


def one_hot(labels: Labels | npt.ArrayLike, digits: int = DIGITS) -> npt.NDArray[np.float32]:
    """Turn each label into a row of zeros with a one in the label's column.

    This is the distribution that categorical cross-entropy compares probabilities with.

    Args:
        labels: whole numbers ``(count,)``, 0 to ``digits - 1``.
        digits: number of classes.

    Returns:
        float32 ``(count, digits)``.

    Raises:
        DataError: labels that are not whole numbers in that range.
    """
    numbers: npt.NDArray[Any] = np.asarray(labels)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise DataError("one_hot takes a flat array of whole numbers")
    if numbers.size and (numbers.min() < 0 or numbers.max() >= digits):
        raise DataError(f"one_hot takes labels from 0 to {digits - 1}")
    rows: npt.NDArray[np.float32] = np.eye(digits, dtype=np.float32)[numbers]
    return rows
