"""Decide which marks, pieces and groups of marks are the digits of a page.

Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-Based Learning Applied to Document
Recognition", 1998, sections V and VI (over-segmentation and the best path through its graph).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from inkdigits.reading.candidate import Candidate
from inkdigits.reading.classifier import Classify
from inkdigits.reading.context import in_context
from inkdigits.reading.frame import frame
from inkdigits.reading.lines import usual_height, write_in_lines
from inkdigits.reading.marks import Mark, merge
from inkdigits.reading.row import Row

__all__ = ["find_digits"]

_MOST_PIECES = 6  # of a digit that is alone on its page
_FEW = 2  # pieces of a digit that look like digits of their own
_WIDEST = 1.3  # widths of a height
_SEVERAL = 0.6  # how probable it is a priori that two pieces so near are two digits


def find_digits(
    marks: Sequence[Mark], shape: tuple[int, int], classify: Classify
) -> list[Candidate]:
    """Find the digits among the marks of a page, in reading order.

    Args:
        marks: of one page.
        shape: of the page, ``(height, width)``.
        classify: the network; what a row of its probabilities lacks to 1 is the probability that
            the mark is no digit.
    """
    if not marks:
        return []
    boxes = [mark.box for mark in marks]
    usual = usual_height(boxes)
    stacks = _stacks(marks, usual)
    order = write_in_lines([merge(stack).box for stack in stacks])
    lines = [[mark for i in line for mark in stacks[i]] for line in order]
    seen = iter(_look_at([mark for line in lines for mark in line], classify))
    rows = [Row([next(seen) for _ in line], usual) for line in lines]
    runs = [(row, run) for row in rows for run in row.doubtful()]
    groups = _look_at([merge(row.atoms[a:b]) for row, (a, b) in runs], classify)
    for (row, run), group in zip(runs, groups):
        row.add(run, group)
    found = [replace(one, line=line) for line, row in enumerate(rows) for one in row.best_path()]
    alone = _one_digit(marks, found, classify)
    return _in_reading_order(in_context([alone] if alone else found, shape))


def _in_reading_order(found: Sequence[Candidate]) -> list[Candidate]:
    """Find the lines of writing once more, now that stray marks no longer lie between them."""
    lines = write_in_lines([one.mark.box for one in found])
    return [replace(found[i], line=number) for number, line in enumerate(lines) for i in line]


def _look_at(marks: Sequence[Mark], classify: Classify) -> Iterable[Candidate]:
    if not marks:
        return []
    images = np.stack([frame(mark.strokes) for mark in marks])
    return [Candidate(*row) for row in zip(marks, images, classify(images))]


def _one_digit(
    marks: Sequence[Mark], found: Sequence[Candidate], classify: Classify
) -> Candidate | None:
    """Return all marks as one digit in pieces, if that is what a page shows."""
    if not 2 <= len(marks) <= _MOST_PIECES:
        return None
    together = merge(marks)
    height, width = together.strokes.shape
    if width > _WIDEST * height or not _near_together(marks, 0.25 * max(height, width)):
        return None
    (seen,) = _look_at([together], classify)
    apart = float(np.prod([one.confidence for one in found]))
    if len(found) > _FEW and apart > 0.5:  # a column of digits is a stroke, from afar
        return None
    if seen.confidence < max(0.5, apart * _SEVERAL ** (len(marks) - 1)):
        return None
    return seen


def _stacks(marks: Sequence[Mark], usual: float) -> list[list[Mark]]:
    """Gather marks that stand closely one over the other: pieces of a digit, not two lines."""
    if len(marks) == 1:  # as in most small pictures, which are read by the thousand
        return [list(marks)]
    stacks: list[list[Mark]] = []
    sides = np.empty((len(marks), 4))  # left, top, right, bottom of each stack
    for mark in sorted(marks, key=lambda mark: mark.box.y):
        x, y, width, height = mark.box
        left, top, right, bottom = sides[: len(stacks)].T
        shared = np.minimum(right, x + width) - np.maximum(left, x)
        gap = y - bottom
        fits = (
            (shared > 0.5 * np.minimum(right - left, width))
            & (gap > -0.2 * usual)
            & (gap < 0.15 * usual)
            & (y + height - top < 1.4 * usual)
        )
        if fits.any():
            stack = int(fits.argmax())
            stacks[stack].append(mark)
            low, high = sides[stack, :2], sides[stack, 2:]
            sides[stack, :2] = np.minimum(low, (x, y))
            sides[stack, 2:] = np.maximum(high, (x + width, y + height))
        else:
            sides[len(stacks)] = x, y, x + width, y + height
            stacks.append([mark])
    return stacks


def _near_together(marks: Sequence[Mark], reach: float) -> bool:
    """Return whether each mark can be reached from the first in small steps."""
    reached, left = [marks[0].box], [mark.box for mark in marks[1:]]
    while left:
        for box in left:
            if any(box.distance_to(other) <= reach for other in reached):
                reached.append(box)
                left.remove(box)
                break
        else:
            return False
    return True
