"""Clear away what is printed for digits to stand on or in: ruled and squared lines, boxes."""

import cv2
import numpy as np
import numpy.typing as npt

from inkdigits.reading.pieces import Pieces, part

__all__ = ["clear_rules"]

_LEAST_SIDE = 48  # pixels: lines in smaller pieces are left alone
_LONG = 0.5  # of the piece of ink that a line runs through
_GAP = 7  # pixels: what a cleared line leaves open in the strokes that cross it

_Drawing = npt.NDArray[np.uint8]


def clear_rules(drawing: _Drawing, pieces: Pieces) -> bool:
    """Clear long straight lines out of the pieces of a drawing.

    Args:
        drawing: uint8 ``(height, width)``, 255 where there is ink; changed in place.
        pieces: of it.

    Returns:
        Whether anything was cleared.
    """
    boxes, areas = pieces.boxes, pieces.areas
    large = (boxes[:, 2:].max(axis=1) >= _LEAST_SIDE) & (areas < 0.5 * boxes[:, 2] * boxes[:, 3])
    cleared = False
    for piece in np.flatnonzero(large):
        x, y, w, h = boxes[piece]
        own = (pieces.labels[y : y + h, x : x + w] == piece + 1).view(np.uint8)
        lines = _lines(own)
        if lines is None:
            continue
        region = drawing[y : y + h, x : x + w]
        region[own & ~_without(own, *lines) == 1] = 0
        cleared = True
    return cleared


def _lines(own: _Drawing) -> tuple[_Drawing, _Drawing] | None:
    """Return the horizontal and the vertical lines of a piece of ink; `None` if it holds no rules.

    One straight line may be the bar of a seven. Rules are several lines that are parallel, or one
    that is several times as long as the piece is high.
    """
    height, width = own.shape
    across, lines_across = _straight(own)
    down, lines_down = _straight(np.ascontiguousarray(own.T))
    ruled = width > 3 * height and lines_across >= 1
    tall = height > 4 * width and lines_down >= 1
    boxed = lines_across >= 2 and lines_down >= 2
    if not (ruled or tall or boxed or lines_across + lines_down >= 4):
        return None
    return across, np.ascontiguousarray(down.T)


def _straight(own: _Drawing) -> tuple[_Drawing, int]:
    """Return the pixels on long horizontal lines, slightly slanted ones too, and their number."""
    width = own.shape[1]
    length = max(_LEAST_SIDE // 4, round(_LONG * width / 6))
    # A slanted line is a staircase; thickened, its steps overlap.
    thick = cv2.dilate(own, np.ones((3, 1), np.uint8))
    runs = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    joined = cv2.morphologyEx(runs, cv2.MORPH_CLOSE, np.ones((3, length), np.uint8))
    pieces = part(np.asarray(joined, np.uint8))
    lengths = pieces.boxes[:, 2]
    long = (lengths >= _LONG * width) & (pieces.areas / lengths <= max(5.0, 0.03 * width))
    belongs = np.append(False, long)[pieces.labels]
    return np.asarray(belongs & (thick > 0), np.uint8), int(long.sum())


def _without(own: _Drawing, across: _Drawing, down: _Drawing) -> _Drawing:
    """Take lines away, but not the strokes that cross them."""
    left = own & ~(across | down)
    up_and_down = cv2.morphologyEx(left, cv2.MORPH_CLOSE, np.ones((_GAP, 1), np.uint8))
    sideways = cv2.morphologyEx(left, cv2.MORPH_CLOSE, np.ones((1, _GAP), np.uint8))
    bridged = (np.asarray(up_and_down, np.uint8) & across) | (np.asarray(sideways, np.uint8) & down)
    return left | (bridged & own)
