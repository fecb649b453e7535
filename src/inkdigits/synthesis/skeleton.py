"""Thin drawings to their skeletons: the path of the pen, one pixel wide."""

import cv2
import numpy as np
import numpy.typing as npt

from inkdigits.datasets import Dataset
from inkdigits.errors import DataError

__all__ = ["SIDE", "Skeleton", "distance_to", "skeletons", "thin", "thin_each", "usable_skeletons"]

SIDE = 56
"""Skeletons are kept in squares of this side, twice MNIST's: finer than a pixel of a digit."""

Skeleton = npt.NDArray[np.bool_]
"""The path of a pen, bool ``(56, 56)``, or several, ``(count, 56, 56)``."""

_INK = 150
_EVEN = 2.0  # radii of the pen
_BATCH = 1_000

# A neighbour's bit, clockwise from the top, as Zhang and Suen number them (P2 … P9).
_NEIGHBOURS = np.array([[128, 1, 2], [64, 0, 4], [32, 16, 8]], np.float32)


def skeletons(images: npt.NDArray[np.uint8]) -> Skeleton:
    """Return the skeletons of images of single marks.

    Args:
        images: uint8 ``(count, 28, 28)``, bright ink on black.

    Returns:
        bool ``(count, 56, 56)``, at twice the scale; empty where there is no ink, or where the ink
        does not tell the pen's path: thinned, a loop that is filled with ink is a stroke.
    """
    result = np.empty((len(images), SIDE, SIDE), bool)
    for start in range(0, len(images), _BATCH):
        batch = images[start : start + _BATCH]
        large = [cv2.resize(i, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for i in batch]
        inked = np.stack(large) > _INK
        paths = thin_each(inked)
        tells = [_tells(*pair) for pair in zip(paths, inked)]
        result[start : start + _BATCH] = paths & np.array(tells)[:, None, None]
    return result


def _tells(path: Skeleton, ink: npt.NDArray[np.bool_]) -> bool:
    """Return whether a path explains its ink: a pen leaves about as much everywhere."""
    if not path.any():
        return False
    to_paper = cv2.distanceTransform(ink.view(np.uint8), cv2.DIST_L2, 3)
    radius = float(np.median(to_paper[path]))
    return float(distance_to(path)[ink].max()) <= _EVEN * radius + 1


def usable_skeletons(dataset: Dataset) -> tuple[Skeleton, npt.NDArray[np.intp]]:
    """Return the skeletons of a data set, and the indices of those that can be drawn.

    Raises:
        DataError: there is none.
    """
    paths = skeletons(dataset.images)
    usable = np.flatnonzero(paths.any(axis=(1, 2)))
    if not usable.size:
        raise DataError(
            f"{dataset.name} has no ink to draw anew: images must be black (0) with bright ink "
            "(255)"
        )
    return paths, usable


def thin_each(drawings: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Thin many drawings, bool ``(count, height, width)``, without the ink on their rims."""
    inside = drawings.copy()
    inside[:, [0, -1], :] = inside[:, :, [0, -1]] = False  # no drawing touches its neighbour
    # One below the other: one call for all of them.
    return thin(inside.reshape(-1, drawings.shape[2])).reshape(drawings.shape)


def thin(ink: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Thin a drawing until it is one pixel wide, without breaking it apart.

    Dots of up to two by two pixels vanish.

    Args:
        ink: bool ``(height, width)``; outside of it, there is none.

    Source: T. Y. Zhang, C. Y. Suen, "A Fast Parallel Algorithm for Thinning Digital Patterns",
    1984.
    """
    left = ink.astype(np.uint8)
    while True:
        before = cv2.countNonZero(left)
        for removable in _REMOVABLE:
            code = cv2.filter2D(left, cv2.CV_8U, _NEIGHBOURS, borderType=cv2.BORDER_CONSTANT)
            left &= 1 - np.asarray(cv2.LUT(code, removable), np.uint8)
        if cv2.countNonZero(left) == before:
            return left.astype(bool)


def distance_to(skeleton: Skeleton) -> npt.NDArray[np.float32]:
    """Return each pixel's distance to the skeleton, in pixels, float32 of the same shape."""
    apart = cv2.distanceTransform((~skeleton).view(np.uint8), cv2.DIST_L2, 3)
    return np.asarray(apart, np.float32)


def _removable(first: tuple[int, int, int], second: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    """Return for each code of neighbours whether the pixel between them goes, 0 or 1."""
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1  # P2 … P9
    count = bits.sum(axis=1)
    rises = ((bits == 0) & (np.roll(bits, -1, axis=1) == 1)).sum(axis=1)
    goes: npt.NDArray[np.bool_] = (count >= 2) & (count <= 6) & (rises == 1)
    for triple in (first, second):
        goes &= bits[:, triple].prod(axis=1) == 0
    return goes.astype(np.uint8)


# P2 is bit 0, P4 bit 2, P6 bit 4, P8 bit 6.
_REMOVABLE = (_removable((0, 2, 4), (2, 4, 6)), _removable((0, 2, 6), (0, 4, 6)))
