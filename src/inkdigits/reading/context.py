"""Look at each digit beside the others: some strokes pass for a one until one sees their company.

A stray stroke, a comma, a slash, the edge of a neighbour that the picture cuts off, a piece of a
ruled line: framed alone, each is a one. Beside other digits it is too faint, too thin, too low, too
tall or half outside.
"""

from collections.abc import Sequence

import numpy as np

from inkdigits.reading.candidate import Candidate
from inkdigits.reading.marks import Mark
from inkdigits.reading.median import weighted_median

__all__ = ["in_context"]

_NEIGHBOURS = 5
_SURE = 0.8
_FAINT = 0.5  # of the contrast that the other digits have
_SMALL = 0.4  # of their size
_THIN, _FAT = 0.45, 2.3  # of their strokes' thickness
_TALL, _LEANING = 1.3, 0.2  # of their height; columns a row


def in_context(found: Sequence[Candidate], shape: tuple[int, int]) -> list[Candidate]:
    """Return the digits that still look like digits beside the others.

    Args:
        found: the digits of a page.
        shape: of the page, ``(height, width)``.
    """
    sure = [one for one in found if one.digit != 1 and one.confidence >= _SURE]
    if not sure or len(found) < 2:  # no company
        return list(found)
    # Weighted by their ink: the bits of a broken grid are many, and some pass for digits.
    inked = [float(one.mark.strokes.sum()) for one in sure]
    contrast = weighted_median([one.mark.contrast for one in sure], inked)
    thickness = weighted_median([_thickness(one.mark) for one in sure], inked)
    size = weighted_median([one.mark.size for one in sure], inked)

    def of_another_pen(one: Candidate) -> bool:
        faint = one.mark.contrast < _FAINT * contrast
        if one.digit != 1 and one.confidence >= _SURE:
            return faint and one.mark.size < _SMALL * size
        return faint or not _THIN < _thickness(one.mark) / thickness < _FAT

    # Faint rules must be gone before they count as anybody's company.
    written = [one for one in found if not of_another_pen(one)]
    return [
        one for one in written if not _out_of_line(one, written) and not _cut_off(one, sure, shape)
    ]


def _out_of_line(one: Candidate, found: Sequence[Candidate]) -> bool:
    """Return whether a stroke is a comma or a slash beside its line's other digits."""
    box = one.mark.box
    middle = box.y + box.height / 2
    # A comma may lie so low that it seems to begin a line of its own.
    others = [
        other.mark.box
        for other in found
        if other is not one
        and abs(other.mark.box.y + other.mark.box.height / 2 - middle) < other.mark.box.height
    ]
    others.sort(key=lambda other: abs(other.x - box.x))
    del others[_NEIGHBOURS:]
    if len(others) < 2:
        return False
    top = float(np.median([other.y for other in others]))
    bottom = float(np.median([other.y + other.height for other in others]))
    usual = bottom - top
    comma = box.height < usual and box.y > (top + bottom) / 2
    slash = one.digit == 1 and box.height > _TALL * usual and abs(_lean(one.mark)) > _LEANING
    return comma or slash


def _cut_off(one: Candidate, sure: Sequence[Candidate], shape: tuple[int, int]) -> bool:
    """Return whether a mark is the rest of something that the picture does not show."""
    box = one.mark.box
    height, width = shape
    at_side = box.x <= 1 or box.x + box.width >= width - 1
    at_end = box.y <= 1 or box.y + box.height >= height - 1
    whole = [o.mark.box for o in sure if o is not one]
    if not whole or not (at_side or at_end):
        return False
    usual = float(np.median([other.height for other in whole]))
    narrow = box.width < 0.35 * usual
    return (at_side and (one.digit == 1 or narrow) and box.height < 0.85 * usual) or (
        at_end and box.height < 0.6 * usual
    )


def _thickness(mark: Mark) -> float:
    """Return how thick a mark's strokes are, in pixels: twice their area over their outline."""
    inked = mark.strokes > 0.4
    inner = inked.copy()
    inner[1:] &= inked[:-1]
    inner[:-1] &= inked[1:]
    inner[:, 1:] &= inked[:, :-1]
    inner[:, :-1] &= inked[:, 1:]
    area = int(inked.sum())
    return 2 * area / max(area - int(inner.sum()), 1)


def _lean(mark: Mark) -> float:
    """Return how many columns a stroke goes sideways a row."""
    rows, columns = np.nonzero(mark.strokes > 0.4)
    if not rows.size:
        return 0.0
    offset = rows - rows.mean()
    return float(offset @ columns / max(float(offset @ offset), 1.0))
