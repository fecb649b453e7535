"""Digits as people write them who did not write MNIST: flags, bars, slashes, printed forms.

MNIST was written by Americans. Elsewhere a one has a flag, and perhaps a base; a seven is crossed;
some strike their zeros; and many copy the digits of print.
"""

import functools

import cv2
import numpy as np
import numpy.typing as npt

from inkdigits.synthesis.glyphs import draw_glyphs
from inkdigits.synthesis.skeleton import SIDE, Skeleton

__all__ = ["restyle"]


def restyle(path: Skeleton, digit: int, rng: np.random.Generator) -> Skeleton:
    """Return a digit's skeleton in another style, mostly its own.

    Args:
        path: bool ``(56, 56)``.
        digit: what it is.
        rng: of the style.
    """
    chance = rng.random()
    if digit == 1 and chance < 0.45:
        return _flagged_one(rng)
    if digit == 7 and chance < 0.2:
        return _struck(path, rng, height=(0.4, 0.6), slope=(-0.3, 0.1), length=(0.3, 0.6))
    if digit == 0 and chance < 0.06:
        return _struck(path, rng, height=(0.45, 0.55), slope=(0.7, 2.0), length=(0.5, 1.0))
    if chance > 0.95:
        printed = _printed()[digit]
        chosen: Skeleton = printed[int(rng.integers(len(printed)))]
        return chosen
    return path


def _flagged_one(rng: np.random.Generator) -> Skeleton:
    top = np.array([SIDE / 2, 8.0])
    bottom = top + np.array([rng.normal(0, 2.5), 40])
    reach = rng.uniform(4, 22)
    # A flag that does not fall is the bar of a seven.
    flag = top + reach * np.array([-1.0, rng.uniform(0.5, 1.7)])
    bend = (top + flag) / 2 + rng.normal(0, 1.2, 2)
    strokes = [np.array([flag, bend, top, bottom])]
    if rng.random() < 0.3:
        half = rng.uniform(4, 12, 2)
        base = np.array([[-half[0], rng.normal(0, 1)], [half[1], 0]])
        strokes.append(bottom + base)
    return _drawn(strokes)


def _struck(
    path: Skeleton,
    rng: np.random.Generator,
    *,
    height: tuple[float, float],
    slope: tuple[float, float],
    length: tuple[float, float],
) -> Skeleton:
    """Strike a digit through, at a share of its height, with a bar as long as a share of it."""
    rows, columns = np.nonzero(path)
    tall = rows.max() - rows.min() + 1
    y = rows.min() + rng.uniform(*height) * tall
    near = columns[np.abs(rows - y) < 2]
    x = float(near.mean()) if near.size else float(columns.mean())
    half = rng.uniform(*length) * tall / 2
    rise = rng.uniform(*slope)
    step = half * np.array([1.0, -rise]) / np.hypot(1.0, rise)
    middle = np.array([x, y])
    return path | _drawn([np.stack([middle - step, middle + step])])


def _drawn(strokes: list[npt.NDArray[np.float64]]) -> Skeleton:
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    for points in strokes:
        cv2.polylines(canvas, [np.round(points * 16).astype(np.int32)], False, 1, shift=4)
    return canvas.astype(bool)


@functools.cache
def _printed() -> list[Skeleton]:
    return [draw_glyphs(str(digit)) for digit in range(10)]
