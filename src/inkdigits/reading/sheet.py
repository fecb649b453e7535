"""Find the sheet of paper on a desk, or within a scanner's black border."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["find_sheet"]

_SIDE = 256  # a sheet is looked for on a copy no larger than this
_LEAST, _MOST = 0.15, 0.97  # of the picture
_STRAIGHT = 0.88  # of its rectangle that a sheet fills, however it is turned; an ellipse fills 0.79
_MOSTLY_PAPER = 0.6
_UNLIKE = 6  # grey levels
_BLURRED = 2  # pixels of the copy
_SHARP = 0.5  # of the difference between sheet and desk, within a few pixels


def find_sheet(pixels: npt.NDArray[np.uint8]) -> tuple[slice, slice] | None:
    """Find a rectangle of paper, light or dark, with something else around it.

    What lies around is no paper, so ink is wrongly looked for there. A sheet has straight sides and
    a sharp edge; light that falls off has neither.

    Args:
        pixels: uint8 ``(height, width)``, grey.

    Returns:
        The rows and columns of the largest upright rectangle within the sheet; `None` where the
        picture shows no sheet, or nothing but a sheet.
    """
    height, width = pixels.shape
    if min(height, width) < 32:
        return None
    shrink = min(1.0, _SIDE / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    small = np.asarray(cv2.medianBlur(small, 3), np.uint8)
    for level in _levels(small):
        for paper in (small > level, small <= level):
            place = _sheet_of(small, paper)
            if place is not None:
                left, top, right, bottom = (round(side / shrink) for side in place)
                return slice(top, min(bottom, height)), slice(left, min(right, width))
    return None


def _levels(small: npt.NDArray[np.uint8]) -> list[float]:
    """Return the brightnesses that may part sheet and desk: one may, ink aside, be much alike."""
    otsu, _ = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    height, width = small.shape
    middle = float(np.median(small[height // 4 : -height // 4, width // 4 : -width // 4]))
    around = float(np.median(np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])))
    return [otsu, (middle + around) / 2] if abs(middle - around) > _UNLIKE else [otsu]


def _sheet_of(
    small: npt.NDArray[np.uint8], paper: npt.NDArray[np.bool_]
) -> tuple[int, int, int, int] | None:
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(paper.view(np.uint8))
    if count < 2:
        return None
    largest = 1 + int(statistics[1:, cv2.CC_STAT_AREA].argmax())
    own = (labels == largest).astype(np.uint8)
    outlines, _ = cv2.findContours(own, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(outlines, key=cv2.contourArea)
    filled = cv2.drawContours(np.zeros_like(own), [outline], -1, 1, cv2.FILLED)
    area = int(filled.sum())
    if not _LEAST <= area / own.size <= _MOST or own.sum() < _MOSTLY_PAPER * area:
        return None
    _, sides, _ = cv2.minAreaRect(outline)
    if area < _STRAIGHT * (sides[0] + 1) * (sides[1] + 1) or not _has_sharp_edge(small, filled):
        return None
    left, top, right, bottom = place = _within(filled)
    return place if (right - left) * (bottom - top) >= _LEAST * own.size else None


def _has_sharp_edge(small: npt.NDArray[np.uint8], filled: npt.NDArray[Any]) -> bool:
    near = np.ones((5, 5), np.uint8)
    inner = (filled > 0) & (cv2.erode(filled, near, borderValue=1) == 0)
    outer = (filled == 0) & (cv2.dilate(filled, near) > 0)
    if not outer.any():
        return False
    across = abs(float(np.median(small[inner])) - float(np.median(small[outer])))
    apart = abs(float(np.median(small[filled > 0])) - float(np.median(small[filled == 0])))
    return across > _SHARP * apart


def _within(filled: npt.NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Return the sides of an upright rectangle that holds nearly nothing but the sheet."""
    left, top, width, height = cv2.boundingRect(filled)
    right, bottom = left + width, top + height
    while right - left > 8 and bottom - top > 8:
        missing = {
            "left": 1 - filled[top:bottom, left].mean(),
            "right": 1 - filled[top:bottom, right - 1].mean(),
            "top": 1 - filled[top, left:right].mean(),
            "bottom": 1 - filled[bottom - 1, left:right].mean(),
        }
        side = max(missing, key=lambda name: missing[name])
        if missing[side] < 0.02:
            break
        left, right = left + (side == "left"), right - (side == "right")
        top, bottom = top + (side == "top"), bottom - (side == "bottom")
    # The edge itself is blurred; the picture's is not.
    height, width = filled.shape
    left, top = left + _BLURRED * (left > 0), top + _BLURRED * (top > 0)
    right, bottom = right - _BLURRED * (right < width), bottom - _BLURRED * (bottom < height)
    return left, top, right, bottom
