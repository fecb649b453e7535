"""Clear away what is printed for digits to stand on or in: ruled and squared lines, boxes.

A line is ink that goes straight on for long. That alone is no proof: the bar of a seven does so in
a picture that shows nothing else. Lines are cleared only where they are several, or much longer
than what is left without them is high; and few in a piece that is alone on its page, which may be a
letter, only where they are much longer than the rest, and the rest is high.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from inkdigits.reading.median import median, weighted_median
from inkdigits.reading.pieces import Pieces, part

__all__ = ["clear_rules", "hold_others", "may_be_rules"]

_LEAST_SIDE = 48  # pixels: smaller pages have no rules
_LEAST_BOX = 24  # pixels
_SEVERAL = 4  # pieces: so many inside of one are no coincidence
_NOT_EMPTY = 0.02  # of a box's inside
_LONG = 0.35  # of the page or piece that a line runs through
_STEEPEST = 0.1  # rows a column: so far broken lines are put together
_TILTED = 0.2  # likewise: so far any line goes
_SLOPES = 41
_MUCH_LONGER = 3.0  # than what is left is high
_SPECK = 0.15  # of a piece's shorter side: beside smaller ones it is alone
_MOST_STROKES = 5  # straight ones of a letter
_REST = 0.35  # of its shorter side: what is left of a letter without them is less high
_DARKER = 1.6  # than a rule: a stroke that crosses it
_MUCH_DARKER, _FAINT = 2.0, 1.3  # writing so much darker than rules: nothing so faint is any
_SQUARED = 3  # lines across, and as many down
_BIT = 6  # pixels: how wide a bit of a line is at most
_GAP = 4  # pixels: how much wider than the line is what it may cut out of a stroke

_Drawing = npt.NDArray[np.uint8]


def may_be_rules(pieces: Pieces, shape: tuple[int, ...]) -> npt.NDArray[np.intp]:
    """Return which pieces of a drawing may be rules, or digits that hang together with rules.

    Args:
        pieces: of the drawing.
        shape: of it, ``(height, width)``.
    """
    height, width = shape
    if min(height, width) < _LEAST_SIDE:
        return np.empty(0, np.intp)
    boxes = pieces.boxes
    longer, shorter = boxes[:, 2:].max(axis=1), boxes[:, 2:].min(axis=1)
    spans = (boxes[:, 2] > _LONG * width) | (boxes[:, 3] > _LONG * height)
    lines = spans & ((pieces.areas < 0.4 * longer * shorter) | (shorter < 0.1 * longer))
    hollow = (shorter >= _LEAST_BOX) & (pieces.areas < 0.5 * boxes[:, 2] * boxes[:, 3])
    for piece in np.flatnonzero(hollow & ~lines):
        lines[piece] = _is_box(_own(pieces, piece))
    return np.flatnonzero(lines)


def hold_others(pieces: Pieces, which: npt.NDArray[np.intp]) -> bool:
    """Return whether one of some pieces stands around others, as no digit does."""
    left, top, width, height = pieces.boxes.T
    for piece in which:
        x, y, w, h = pieces.boxes[piece]
        inside = (left > x) & (top > y) & (left + width < x + w) & (top + height < y + h)
        high = inside & (height > 0.3 * h)
        if high.any() or (inside & (height > 0.05 * h)).sum() >= _SEVERAL:
            return True
    return False


def clear_rules(drawing: _Drawing, pieces: Pieces, contrast: npt.NDArray[np.uint8]) -> bool:
    """Clear rules out of a drawing.

    Args:
        drawing: uint8 ``(height, width)``, 255 where there is ink; changed in place.
        pieces: of it.
        contrast: of the ink, uint8 ``(height, width)``: what is darker than a rule is no part of
            it.

    Returns:
        Whether anything was cleared.
    """
    cleared = _clear_boxes(drawing, pieces, contrast)
    if cleared:
        pieces = part(drawing)
    height, width = drawing.shape
    spans = (pieces.boxes[:, 2] > _LONG * width) | (pieces.boxes[:, 3] > _LONG * height)
    if not spans.any():
        return cleared
    return _clear_lines(drawing, contrast, _lone_side(pieces, drawing.shape)) or cleared


def _lone_side(pieces: Pieces, shape: tuple[int, ...]) -> int:
    """Return the shorter side of a piece that is alone on its page, well within it; else 0."""
    if not len(pieces):
        return 0
    height, width = shape
    largest = pieces.areas.argmax()
    x, y, w, h = (int(v) for v in pieces.boxes[largest])
    others = np.delete(pieces.boxes[:, 2:].max(axis=1), largest)
    if min(x, y, width - x - w, height - y - h) <= 1 or (others > _SPECK * min(w, h)).any():
        return 0
    return min(w, h)


def _clear_boxes(drawing: _Drawing, pieces: Pieces, contrast: npt.NDArray[np.uint8]) -> bool:
    """Clear the boxes that something stands in."""
    boxes = pieces.boxes
    hollow = pieces.areas < 0.5 * boxes[:, 2] * boxes[:, 3]
    cleared = False
    for piece in np.flatnonzero(hollow & (boxes[:, 2:].min(axis=1) >= _LEAST_BOX)):
        own = _own(pieces, piece)
        x, y, w, h = boxes[piece]
        region = drawing[y : y + h, x : x + w]
        core = (slice(h // 5, -h // 5), slice(w // 5, -w // 5))
        holds = (region[core] > 0).mean() > _NOT_EMPTY
        if holds and _is_box(own) and not _is_squared(own):
            near = contrast[y : y + h, x : x + w]
            darker = near > _DARKER * _level(near, own)
            region[(own > 0) & ~_inside_box(own) & ~darker] = 0
            cleared = True
    return cleared


def _own(pieces: Pieces, piece: np.intp) -> _Drawing:
    """Return a piece alone, as a drawing."""
    x, y, w, h = pieces.boxes[piece]
    own: _Drawing = (pieces.labels[y : y + h, x : x + w] == piece + 1).view(np.uint8)
    return own * np.uint8(255)


def _is_box(own: _Drawing) -> bool:
    """Return whether a piece of ink has straight sides all round."""
    height, width = own.shape
    rim_y, rim_x = max(2, height // 8), max(2, width // 8)
    sides = (
        own[:rim_y].any(axis=0).mean(),
        own[-rim_y:].any(axis=0).mean(),
        own[:, :rim_x].any(axis=1).mean(),
        own[:, -rim_x:].any(axis=1).mean(),
    )
    return bool(min(sides) > 0.9)


def _is_squared(own: _Drawing) -> bool:
    """Return whether a piece of ink is squared paper or a table, and no single box."""
    across, down = _both_ways(own)
    return min(across.lengths.size, down.lengths.size) >= _SQUARED


def _inside_box(own: _Drawing) -> npt.NDArray[np.bool_]:
    """Return what of a box belongs to a digit that touches it."""
    height, width = own.shape
    rim = max(3, min(height, width) // 6)
    core = np.zeros(own.shape, bool)
    core[rim:-rim, rim:-rim] = True
    if ((own > 0) & core).sum() < 0.05 * (own > 0).sum():
        return np.zeros(own.shape, bool)
    across, down = _both_ways(own)
    left = _without(own, across.mask, down.mask)
    pieces = part(left)
    if not len(pieces):
        return np.zeros(own.shape, bool)
    reaches_in = pieces.totals(core[pieces.y, pieces.x].astype(np.float32)) > 0
    return np.append(False, reaches_in)[pieces.labels]


@dataclass(frozen=True, eq=False)
class _Lines:
    """Lines of one direction: the pixels they take, and how long they are."""

    mask: _Drawing
    lengths: npt.NDArray[np.int64]


def _clear_lines(drawing: _Drawing, contrast: npt.NDArray[np.uint8], lone_side: int) -> bool:
    """Clear the lines of a page, if that is what they are.

    Args:
        drawing: changed in place.
        contrast: of the ink.
        lone_side: of the piece that is alone on the page, which may be a letter; 0 for none.
    """
    across, down = _both_ways(drawing)
    count = across.lengths.size + down.lengths.size
    if not count:
        return False
    # Lines of one direction may be darker: a sensor's rows and columns blur them differently.
    level_across, level_down = (_level(contrast, way.mask & drawing) for way in (across, down))
    rules_across = across.mask & (contrast <= _DARKER * level_across)
    rules_down = down.mask & (contrast <= _DARKER * level_down)
    left = _without(drawing, rules_across, rules_down)
    usual = _usual_height(left)
    longer = [bool((way.lengths >= _MUCH_LONGER * usual).any()) for way in (across, down)]
    if lone_side and count <= _MOST_STROKES and (usual < _REST * lone_side or not any(longer)):
        return False  # a letter's straight strokes
    many = count >= 3
    if not usual:
        if many:  # ruled paper, and nothing on it
            drawing[:] = 0
        return many
    across_too, down_too = (many or way for way in longer)
    if not across_too and not down_too:
        return False
    nothing = np.zeros_like(drawing)
    across_mask = across.mask if across_too else nothing
    down_mask = _longer_or_held(down.mask, 2.2 * usual, across_mask) if down_too else nothing
    drawing[:] = _without(drawing, across_mask & rules_across, down_mask & rules_down)
    level = max(level_across, level_down)
    if _level(contrast, drawing) > _MUCH_DARKER * level:
        drawing[contrast < _FAINT * level] = 0  # what is left of the rules here and there
    elif min(across.lengths.size, down.lengths.size) >= _SQUARED:
        lines = (across.mask | down.mask) > 0
        _clear_rests(drawing, lines | (contrast <= _DARKER * level))
    return True


def _clear_rests(drawing: _Drawing, likely: npt.NDArray[np.bool_]) -> None:
    """Clear what is left of squared paper: narrow bits where, or as faint as, its lines are."""
    pieces = part(drawing)
    if not len(pieces):
        return
    share = pieces.totals(likely[pieces.y, pieces.x].astype(np.float32)) / pieces.areas
    rest = (pieces.boxes[:, 2:].min(axis=1) <= _BIT) & (share > 0.5)
    drawing[np.append(False, rest)[pieces.labels]] = 0


def _level(contrast: npt.NDArray[np.uint8], drawing: npt.NDArray[Any]) -> float:
    """Return the contrast of what is drawn, or 0 if nothing is."""
    of_lines = contrast[drawing > 0]
    return median(of_lines) if of_lines.size else 0.0


def _longer_or_held(down: _Drawing, least: float, across: _Drawing) -> _Drawing:
    """Keep upright lines that are long, or that end on lines across: others may be ones."""
    pieces = part(down)
    held = cv2.dilate(across, np.ones((7, 3), np.uint8))
    keep = np.zeros(len(pieces) + 1, bool)
    for piece, (x, y, w, h) in enumerate(pieces.boxes, start=1):
        top = held[max(0, y - 3) : y + 4, x : x + w].any() or y < 3
        bottom = held[max(0, y + h - 4) : y + h + 3, x : x + w].any() or y + h > len(down) - 3
        keep[piece] = h >= least or (top and bottom)
    return np.asarray(keep[pieces.labels], np.uint8)


def _usual_height(drawing: _Drawing) -> float:
    """Return the height of what is drawn, or 0 where hardly anything is."""
    pieces = part(drawing)
    if not len(pieces):
        return 0.0
    boxes = pieces.boxes
    width, height = boxes[:, 2], boxes[:, 3]
    line = (width > 6 * height + 12) | ((height > 6 * width + 12) & (height > _LONG * len(drawing)))
    heights, areas = height[~line], pieces.areas[~line]
    if not heights.size:
        return 0.0
    return weighted_median(heights, areas)


def _both_ways(drawing: _Drawing) -> tuple[_Lines, _Lines]:
    """Find long lines across and down."""
    turned = _horizontal(np.ascontiguousarray(drawing.T))
    down = _Lines(np.ascontiguousarray(turned.mask.T), turned.lengths)
    return _horizontal(drawing), down


def _horizontal(drawing: _Drawing) -> _Lines:
    """Find long horizontal lines, slightly slanted, bent and broken ones too."""
    height, width = drawing.shape
    length = min(max(12, width // 12), 60) | 1  # an even one shifts what it opens
    # A slanted line is a staircase; thickened, its steps overlap.
    thick = cv2.dilate(drawing, np.ones((3, 1), np.uint8))
    runs = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    # With a margin: a closing takes what lies beyond the border for ink.
    wide = cv2.copyMakeBorder(runs, 0, 0, length, length, cv2.BORDER_CONSTANT, value=0)
    joined = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, np.ones((1, 2 * length + 1), np.uint8))
    pieces = part(np.ascontiguousarray(joined[:, length:-length]))
    if not len(pieces):
        return _Lines(np.zeros_like(drawing), np.empty(0, np.int64))
    lengths = pieces.boxes[:, 2]
    thickness = pieces.areas / lengths
    # A steep stroke, if it is fat, holds long runs as well.
    level = (np.abs(_slopes(pieces)) <= _TILTED) & (thickness <= max(6.0, 0.03 * width))
    long = level & (lengths >= _LONG * width)
    mask = np.append(False, long)[pieces.labels]
    lines = list(lengths[long])

    # Broken lines: pieces that lie on one straight line.
    rest = level & ~long & (lengths >= length)
    if rest.any():
        of_rest = np.repeat(rest, pieces.areas)
        x, y = pieces.x[of_rest], pieces.y[of_rest]
        on, lengths_of_broken = _through(x, y, height, width)
        mask[y[on], x[on]] = True
        lines += lengths_of_broken
    return _Lines(np.asarray(mask & (thick > 0), np.uint8), np.array(lines, np.int64))


def _slopes(pieces: Pieces) -> npt.NDArray[np.float64]:
    """Return how many rows each piece goes down a column, by least squares."""
    x, y = (
        values - pieces.spread(pieces.totals(values.astype(np.float64)) / pieces.areas)
        for values in (pieces.x, pieces.y)
    )
    slopes: npt.NDArray[np.float64] = pieces.totals(x * y) / np.maximum(pieces.totals(x * x), 1)
    return slopes


def _through(
    x: npt.NDArray[np.int32], y: npt.NDArray[np.int32], height: int, width: int
) -> tuple[npt.NDArray[np.bool_], list[int]]:
    """Find straight lines through many pixels, all at the slope that gathers them best.

    Returns:
        Which pixels lie on one, and how many columns each line covers.

    Source: after P. Hough, "Method and Means for Recognizing Complex Patterns", 1962.
    """
    margin = int(_STEEPEST * width / 2) + 2
    sharpest, counts, row = -1.0, np.zeros(1, np.int64), np.zeros(len(x), np.int64)
    for slope in np.linspace(-_STEEPEST, _STEEPEST, _SLOPES):
        rows = np.round(y - slope * (x - width / 2)).astype(np.int64) + margin
        histogram = np.bincount(rows, minlength=height + 2 * margin)
        sharpness = float(np.square(histogram, dtype=np.float64).sum())
        if sharpness > sharpest:
            sharpest, counts, row = sharpness, histogram, rows
    three_rows = np.convolve(counts, np.ones(3), "same")
    lengths, on = [], np.zeros(len(x), bool)
    while (peak := int(three_rows.argmax())) and three_rows[peak] >= _LONG * width:
        near = np.abs(row - peak) <= 2
        covered = np.unique(x[near]).size
        if covered >= _LONG * width:
            lengths.append(covered)
            on |= near
        three_rows[max(0, peak - 3) : peak + 4] = 0
    return on, lengths


def _without(drawing: _Drawing, across: _Drawing, down: _Drawing) -> _Drawing:
    """Take lines away, but not the strokes that cross them."""
    lines = (across | down) > 0
    left = np.where(lines, np.uint8(0), drawing)
    thickness = _thickness(across), _thickness(down.T)
    upright = np.ones(((thickness[0] + _GAP) | 1, 1), np.uint8)
    level = np.ones((1, (thickness[1] + _GAP) | 1), np.uint8)
    over = np.asarray(cv2.morphologyEx(left, cv2.MORPH_CLOSE, upright), np.uint8)
    aside = np.asarray(cv2.morphologyEx(left, cv2.MORPH_CLOSE, level), np.uint8)
    crossing = ((over > 0) & (across > 0)) | ((aside > 0) & (down > 0))
    return np.where(crossing, drawing, left)


def _thickness(lines: _Drawing) -> int:
    """Return how thick lines are: their pixels over the columns they cover, line by line."""
    changes = np.diff(lines > 0, axis=0, prepend=False)
    begun = int((changes & (lines > 0)).sum())
    return round(int((lines > 0).sum()) / begun) if begun else 0
