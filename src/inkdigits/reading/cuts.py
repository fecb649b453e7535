"""Cut a mark that may hold several digits, where they may touch."""

import cv2
import numpy as np
import numpy.typing as npt

from inkdigits.reading.marks import Mark, Strokes
from inkdigits.reading.result import Box

__all__ = ["cut"]

_HEIGHT = 40  # cuts are looked for on a copy of this height
_DEAREST = 0.5  # of the height: how much ink a path may cross
_PIECE = 0.22  # of the height: no digit is narrower, save a one


def cut(mark: Mark, at_most: int) -> list[Mark]:
    """Cut a mark from top to bottom along paths that cross little ink.

    Source: after Y. LeCun et al., "Gradient-Based Learning Applied to Document Recognition", 1998,
    section V (heuristic over-segmentation); the paths are the seams of S. Avidan and A. Shamir,
    2007.

    Args:
        mark: of any width.
        at_most: how many cuts.

    Returns:
        The pieces from left to right; the mark alone where it cannot be cut.
    """
    height, width = mark.strokes.shape
    zoom = min(1.0, _HEIGHT / height)
    small = mark.strokes
    if zoom < 1:
        size = (max(1, round(width * zoom)), max(1, round(height * zoom)))
        small = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_AREA), np.float32)
    seams = _seams(small, at_most)
    if not seams:
        return [mark]
    # Each pixel's piece: the number of seams to its left.
    columns = np.arange(small.shape[1])
    owner = np.zeros(small.shape, np.uint8)
    for seam in seams:
        owner += columns > seam[:, None]
    rows_of, columns_of = (np.arange(n) * m // n for n, m in zip(mark.strokes.shape, small.shape))
    owner = owner[np.ix_(rows_of, columns_of)]
    pieces = []
    for number in range(len(seams) + 1):
        strokes = mark.strokes * (owner == number)
        piece = _trimmed(strokes, mark)
        if piece is not None:
            pieces.append(piece)
    return pieces


def _seams(strokes: Strokes, at_most: int) -> list[npt.NDArray[np.intp]]:
    """Return the cheapest paths from top to bottom, from left to right, well apart."""
    height, width = strokes.shape
    apart = max(3, round(_PIECE * height))
    if width < 2 * apart:
        return []
    cost, step = _cheapest(strokes)
    seams: list[npt.NDArray[np.intp]] = []
    ends = cost.copy()
    rim = apart // 2  # a path beside the ink parts nothing
    ends[:rim] = ends[width - rim :] = np.inf
    while len(seams) < at_most and np.isfinite(ends).any():
        end = int(ends.argmin())
        if ends[end] > _DEAREST * height:
            break
        seam = _follow(step, end)
        ends[max(0, end - rim) : end + rim + 1] = np.inf
        middle = int(seam[height // 2])
        if not rim <= middle < width - rim:
            continue
        if all(abs(int(other[height // 2]) - middle) >= apart for other in seams):
            seams.append(seam)
    seams.sort(key=lambda seam: int(seam[height // 2]))
    return seams


def _cheapest(strokes: Strokes) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int8]]:
    """Return the cost of the cheapest path to each column of the last row, and each step's lean."""
    height, width = strokes.shape
    cost = strokes[0] + 0.0
    steps = np.zeros((height, width), np.int8)
    lean = np.float32(0.06)  # straight, where nothing speaks for another way
    for row in range(1, height):
        left = np.concatenate([[np.inf], cost[:-1]]).astype(np.float32) + lean
        right = np.concatenate([cost[1:], [np.inf]]).astype(np.float32) + lean
        choices = np.stack([cost, left, right])
        best = choices.argmin(axis=0)
        steps[row] = np.array([0, -1, 1], np.int8)[best]
        cost = choices.min(axis=0) + strokes[row]
    return cost, steps


def _follow(steps: npt.NDArray[np.int8], end: int) -> npt.NDArray[np.intp]:
    height = len(steps)
    seam = np.empty(height, np.intp)
    column = end
    for row in range(height - 1, -1, -1):
        seam[row] = column
        column += int(steps[row, column])
    return seam


def _trimmed(strokes: Strokes, mark: Mark) -> Mark | None:
    inked = strokes > 0.1
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not rows.size or strokes.sum() < 3:
        return None
    y0, y1, x0, x1 = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    box = Box(mark.box.x + int(x0), mark.box.y + int(y0), int(x1 - x0), int(y1 - y0))
    return Mark(box, strokes[y0:y1, x0:x1], mark.contrast)
