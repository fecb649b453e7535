"""Cut a mark that may hold several digits, where they may touch."""

import cv2
import numpy as np
import numpy.typing as npt

from inkdigits.reading.bounds import inked_rectangle
from inkdigits.reading.marks import Mark, Strokes
from inkdigits.reading.result import Box

__all__ = ["LONGEST_RUN", "cut"]

LONGEST_RUN = 5
"""How many pieces a digit may be cut into."""

_CUTS = 2.2  # at most, where the mark is as wide as the page's marks are high
_HEIGHT = 40  # cuts are looked for on a copy of this height
_DEAREST = 0.5  # of the height: how much ink a path may cross
_APART = 0.15  # of the height: how far cuts lie apart
_LEAST = 0.08  # of the ink: what a cut leaves on each side
_LEAN = 0.06  # a sideways step costs so much of a pixel of ink
_LOOP = np.float32(0.2)  # a pixel of paper inside a loop costs so much of one of ink
_LEANS = np.array([0, -1, 1], np.int8)


def cut(mark: Mark, usual: float) -> list[Mark]:
    """Cut a mark from top to bottom along paths that cross little ink.

    Source: after Y. LeCun et al., "Gradient-Based Learning Applied to Document Recognition", 1998,
    section V (heuristic over-segmentation); the paths are the seams of S. Avidan and A. Shamir,
    2007.

    Args:
        mark: of any width.
        usual: the height that the page's marks have.

    Returns:
        The pieces from left to right; the mark alone where it cannot be cut.
    """
    height, width = mark.strokes.shape
    zoom = min(1.0, _HEIGHT / height)
    small = mark.strokes
    if zoom < 1:
        size = (max(1, round(width * zoom)), max(1, round(height * zoom)))
        small = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_AREA), np.float32)
    seams = _seams(small, at_most=round(_CUTS * width / usual))
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
    return pieces or [mark]


def _seams(strokes: Strokes, at_most: int) -> list[npt.NDArray[np.intp]]:
    """Return the cheapest paths from top to bottom, from left to right, well apart.

    For each column there is a cheapest path through its middle: so each gap is tried, also beside
    a cheaper one.
    """
    height, width = strokes.shape
    apart = max(2, round(_APART * height))
    if width < 2 * apart:
        return []
    middle = height // 2
    price = strokes + _LOOP * _loops(strokes)
    above, steps_above = _cheapest(price[: middle + 1])
    below, steps_below = _cheapest(price[middle:][::-1])
    cost = above + below - price[middle]
    before = np.cumsum(strokes.sum(axis=0))
    cost[np.minimum(before, before[-1] - before) < _LEAST * before[-1]] = np.inf
    lowest = np.asarray(cv2.erode(cost[None], np.ones((1, 2 * (apart // 2) + 1))))[0]
    cost[cost > lowest] = np.inf
    columns: list[int] = []
    while len(columns) < at_most and cost.min() <= _DEAREST * height:
        column = int(cost.argmin())
        cost[max(0, column - apart + 1) : column + apart] = np.inf
        columns.append(column)
    return [
        np.append(_follow(steps_above, column)[:-1], _follow(steps_below, column)[::-1])
        for column in sorted(columns)
    ]


def _loops(strokes: Strokes) -> Strokes:
    """Return where paper is enclosed by ink: within a digit, more likely than between two."""
    paper = np.pad((strokes < 0.3).view(np.uint8), 1, constant_values=1)
    _, labels = cv2.connectedComponents(paper, connectivity=4)
    enclosed = (labels != labels[0, 0]) & (paper > 0)
    loops: Strokes = enclosed[1:-1, 1:-1].astype(np.float32)
    return loops


def _cheapest(strokes: Strokes) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int8]]:
    """Return the cost of the cheapest path to each column of the last row, and each step's lean."""
    height, width = strokes.shape
    cost = strokes[0].copy()
    steps = np.zeros((height, width), np.int8)
    lean = np.float32(_LEAN)  # straight, where nothing speaks for another way
    choices = np.full((3, width), np.inf, np.float32)
    for row in range(1, height):
        choices[0] = cost
        choices[1, 1:] = cost[:-1] + lean
        choices[2, :-1] = cost[1:] + lean
        best = choices.argmin(axis=0)
        steps[row] = _LEANS[best]
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
    crop = inked_rectangle(strokes > 0.1)
    if crop is None or strokes.sum() < 3:
        return None
    piece = strokes[crop].copy()  # and not all of the mark with it
    height, width = piece.shape
    box = Box(mark.box.x + crop[1].start, mark.box.y + crop[0].start, width, height)
    return Mark(box, piece, mark.contrast)
