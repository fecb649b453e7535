"""Find the marks on a page: connected ink, each cut out of the page and cleared of all other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inkdigits.reading.ink import Ink
from inkdigits.reading.median import weighted_median
from inkdigits.reading.pieces import Pieces, part
from inkdigits.reading.result import Box
from inkdigits.reading.rules import clear_rules, hold_others, may_be_rules

__all__ = ["Mark", "Strokes", "find_marks", "merge"]

Strokes = npt.NDArray[np.float32]
"""How much ink each pixel of a mark holds, ``(height, width)``, 0 none to 1 full."""

_MOST_SHOWN = 8  # a page of boxes holds many more
_MOST_AREA = 4  # pages: what nests deeper than boxes do is an ornament, and takes much memory
_MOST_MARKS = 1_500  # more is texture; the largest are kept
# Pixels: in smaller drawings a stroke may be one wide, and half of it on its neighbour.
_FINE = 48
_EDGE_OF_FINE, _EDGE_OF_LARGE = 0.3, 0.42  # of a piece's full contrast: fainter is no stroke
_SPECK = 0.18  # of the size of the marks that matter: smaller is dirt, or a dot
_WHOLE_SIDE, _NARROW = 0.95, 0.1  # of the page: a strip along its edge
_AROUND = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, eq=False)
class Mark:
    """Ink that may be a digit.

    Args:
        box: its place on the page.
        strokes: its ink, without its neighbours'.
        contrast: how far its strokes stand out from the paper, in grey levels.
    """

    box: Box
    strokes: Strokes
    contrast: float = 0.0

    @property
    def right(self) -> int:
        return self.box.x + self.box.width

    @property
    def bottom(self) -> int:
        return self.box.y + self.box.height

    @property
    def size(self) -> int:
        """The longer side."""
        return max(self.box.width, self.box.height)


def find_marks(ink: Ink, is_digit: Callable[[Sequence[Mark]], bool] | None = None) -> list[Mark]:
    """Find the marks of a page; specks are left out.

    Ink is what stands out from the paper's grain and is not faint beside the strokes it hangs
    together with: so a bold stroke does not swell, and pencil beside it is still found.

    Args:
        ink: of the page.
        is_digit: whether one of some marks is a digit. What may be a ruled line or a box is shown
            to it, and lines and boxes are cleared away if none is. `None` not to clear any.
    """
    if not ink.full:
        return []
    low = max(3.5 * ink.noise, 0.14 * ink.full, 5.0)
    weak = np.asarray(cv2.threshold(ink.contrast, low, 255, cv2.THRESH_BINARY)[1], np.uint8)
    weak_pieces = part(weak)
    if not len(weak_pieces):
        return []
    strong = _strokes(ink, weak_pieces, low)
    pieces = part(strong)
    if is_digit is not None:
        suspects = may_be_rules(pieces, strong.shape)
        if suspects.size:
            if _cleared(ink, strong, pieces, suspects, low, is_digit):
                pieces = part(strong)
        else:  # of faint rules only the faintest parts hang together
            suspects = may_be_rules(weak_pieces, weak.shape)
            if suspects.size and _cleared(ink, weak, weak_pieces, suspects, low, is_digit):
                pieces = part(_strokes(ink, part(weak), low))
    return _cut_out(ink, pieces, _worth_it(ink, pieces, low), low)


def _strokes(ink: Ink, weak: Pieces, low: float) -> npt.NDArray[np.uint8]:
    """Draw what is not faint beside the strokes it hangs together with."""
    strong = np.zeros_like(ink.contrast)
    x, y = weak.x, weak.y
    contrast = _contrast_of(ink, weak)
    large = weak.boxes[:, 2:].max(axis=1) > _FINE
    edge = np.where(large, _EDGE_OF_LARGE, _EDGE_OF_FINE) * _full(weak, contrast)
    inked = contrast > np.maximum(weak.spread(edge), low)
    strong[y[inked], x[inked]] = 255
    return strong


def _cleared(
    ink: Ink,
    drawing: npt.NDArray[np.uint8],
    pieces: Pieces,
    suspects: npt.NDArray[np.intp],
    low: float,
    is_digit: Callable[[Sequence[Mark]], bool],
) -> bool:
    """Clear rules out of a drawing, unless what may be one is a digit."""
    frames = hold_others(pieces, suspects)
    if not frames and is_digit(_cut_out(ink, pieces, suspects[:_MOST_SHOWN], low)):
        return False
    return clear_rules(drawing, pieces, ink.contrast)


def _full(pieces: Pieces, contrast: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return each piece's own full contrast: the mean, weighted by contrast."""
    return pieces.totals(contrast * contrast) / pieces.totals(contrast)


def _worth_it(ink: Ink, pieces: Pieces, low: float) -> npt.NDArray[np.intp]:
    """Return the pieces that are neither specks nor the paper's own."""
    if not len(pieces):
        return np.empty(0, np.intp)
    boxes, areas = pieces.boxes, pieces.areas
    longer, shorter = boxes[:, 2:].max(axis=1), boxes[:, 2:].min(axis=1)
    sizes = np.minimum(longer, 2 * shorter)  # a line is no large mark
    strips = _strips(boxes, ink.contrast.shape)
    strips &= not strips.all()  # a one, cut out tightly
    usual = weighted_median(sizes[~strips], areas[~strips])
    keep = (longer >= max(2, _SPECK * usual)) & (areas >= 3) & ~strips
    # Creases, stains, faint rules, print that shines through.
    full = _full(pieces, _contrast_of(ink, pieces))
    keep &= (full > 0.3 * ink.full) | (full > 2.2 * low) | (longer > 2 * usual)
    if len(keep) > _MOST_MARKS:
        keep[np.argsort(-sizes, kind="stable")[_MOST_MARKS:]] = False
    kept = np.flatnonzero(keep)
    room = boxes[kept, 2].astype(np.int64) * boxes[kept, 3]
    if room.sum() > _MOST_AREA * ink.contrast.size:
        by_room = np.argsort(room, kind="stable")
        fits = np.cumsum(room[by_room]) <= _MOST_AREA * ink.contrast.size
        kept = np.sort(kept[by_room[fits]])
    return kept


def _strips(boxes: npt.NDArray[np.int32], shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Return which pieces run along a whole side of the page, as what a scanner adds does."""
    height, width = shape
    x, y, w, h = boxes.T
    upright = (h >= _WHOLE_SIDE * height) & (w <= _NARROW * width)
    level = (w >= _WHOLE_SIDE * width) & (h <= _NARROW * height)
    at_side, at_end = (x == 0) | (x + w == width), (y == 0) | (y + h == height)
    strips: npt.NDArray[np.bool_] = (upright & at_side) | (level & at_end)
    return strips


def _contrast_of(ink: Ink, pieces: Pieces) -> npt.NDArray[np.float32]:
    return ink.contrast[pieces.y, pieces.x].astype(np.float32)


def _cut_out(ink: Ink, pieces: Pieces, which: npt.NDArray[np.intp], low: float) -> list[Mark]:
    if not which.size:
        return []
    height, width = ink.contrast.shape
    full = _full(pieces, _contrast_of(ink, pieces))
    boxes = pieces.boxes
    marks = []
    for piece in which:
        x, y, w, h = (int(v) for v in boxes[piece])
        # The soft edge of a stroke lies just outside of what hangs together.
        x0, y0, x1, y1 = max(x - 1, 0), max(y - 1, 0), min(x + w + 1, width), min(y + h + 1, height)
        region = (slice(y0, y1), slice(x0, x1))
        own = cv2.dilate((pieces.labels[region] == piece + 1).view(np.uint8), _AROUND)
        level = float(full[piece])
        none = max(0.2 * level, 0.6 * low)
        strokes = (ink.contrast[region] - np.float32(none)) * np.float32(
            1 / max(0.9 * level - none, 1.0)
        )
        strokes = np.clip(strokes, 0, 1) * own
        marks.append(Mark(Box(x0, y0, x1 - x0, y1 - y0), strokes, level))
    return marks


def merge(marks: Sequence[Mark]) -> Mark:
    """Return several marks as one."""
    if len(marks) == 1:
        return marks[0]
    x0, y0 = min(m.box.x for m in marks), min(m.box.y for m in marks)
    x1, y1 = max(m.right for m in marks), max(m.bottom for m in marks)
    strokes = np.zeros((y1 - y0, x1 - x0), np.float32)
    for mark in marks:
        part_of = strokes[mark.box.y - y0 : mark.bottom - y0, mark.box.x - x0 : mark.right - x0]
        np.maximum(part_of, mark.strokes, out=part_of)
    contrast = max(marks, key=lambda mark: mark.size).contrast
    return Mark(Box(x0, y0, x1 - x0, y1 - y0), strokes, contrast)
