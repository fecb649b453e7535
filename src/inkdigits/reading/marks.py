"""Find the marks on a page: connected ink that may be a digit."""

from dataclasses import dataclass

import cv2
import numpy as np

from inkdigits.reading.ink import Ink
from inkdigits.reading.result import Box

__all__ = ["Mark", "find_mark"]

_PART_OF_A_DIGIT = 0.08  # of the largest piece's ink: less is a speck


@dataclass(frozen=True)
class Mark:
    """Ink that may be a digit: its place on the page and the ink in it, cleared of all other."""

    box: Box
    ink: Ink


def find_mark(ink: Ink) -> Mark | None:
    """Find the mark of a page that shows one digit; `None` on a blank page.

    A digit may be in several pieces. Specks are left out, and so is ink that runs along a whole
    side of the page, such as a shadow or the edge of the paper.

    Args:
        ink: float32 ``(height, width)``, 0 to 1.
    """
    height, width = ink.shape
    count, labels, stats, _ = cv2.connectedComponentsWithStats((ink > 0.4).astype(np.uint8))
    if count < 2:
        return None
    amounts = np.bincount(labels.ravel(), weights=ink.ravel(), minlength=count)
    amounts[0] = 0.0
    for piece in range(1, count):
        x, y, w, h, _ = stats[piece]
        along_top_or_bottom = w > 0.9 * width and (y == 0 or y + h == height) and h < height
        along_left_or_right = h > 0.9 * height and (x == 0 or x + w == width) and w < 0.5 * width
        if count > 2 and (along_top_or_bottom or along_left_or_right):
            amounts[piece] = 0.0
    keep = amounts > _PART_OF_A_DIGIT * amounts.max()
    if not keep.any():
        return None
    pieces = np.flatnonzero(keep)
    x0, y0 = stats[pieces, cv2.CC_STAT_LEFT].min(), stats[pieces, cv2.CC_STAT_TOP].min()
    x1 = (stats[pieces, cv2.CC_STAT_LEFT] + stats[pieces, cv2.CC_STAT_WIDTH]).max()
    y1 = (stats[pieces, cv2.CC_STAT_TOP] + stats[pieces, cv2.CC_STAT_HEIGHT]).max()
    # The soft edge of a stroke lies just outside what is connected.
    reach = cv2.dilate(keep[labels].astype(np.uint8), np.ones((3, 3), np.uint8))
    x0, y0, x1, y1 = max(x0 - 1, 0), max(y0 - 1, 0), min(x1 + 1, width), min(y1 + 1, height)
    region = (slice(y0, y1), slice(x0, x1))
    return Mark(Box(int(x0), int(y0), int(x1 - x0), int(y1 - y0)), ink[region] * reach[region])
