"""Order marks into lines of writing."""

from collections.abc import Sequence

import numpy as np

from inkdigits.reading.result import Box

__all__ = ["usual_height", "write_in_lines"]

_LEAST_OVERLAP = 0.35  # of the lower of two neighbours


def usual_height(boxes: Sequence[Box]) -> float:
    """Return the height that half of the marks, weighted by their heights, do not reach."""
    if not boxes:
        return 0.0
    sizes = np.sort([max(box.height, 0.6 * box.width) for box in boxes])
    weight = np.cumsum(sizes)
    return float(sizes[np.searchsorted(weight, weight[-1] / 2)])


def write_in_lines(boxes: Sequence[Box]) -> list[list[int]]:
    """Group marks into lines of writing, each from left to right, the lines from top to bottom.

    From the left, each mark joins the line whose last marks it stands beside, if it overlaps their
    height enough; so a line may slant, climb or sag.

    Returns:
        The indices of the boxes, a list a line.
    """
    usual = usual_height(boxes)
    lines: list[list[int]] = []
    order = sorted(range(len(boxes)), key=lambda i: boxes[i].x + boxes[i].width / 2)
    # Small marks (dots, bars, dashes) join when the lines stand.
    large = [i for i in order if boxes[i].height >= 0.45 * usual]
    for i in large:
        best, best_cost = None, np.inf
        for line in lines:
            top, bottom = _expected(line, boxes, boxes[i].x)
            box = boxes[i]
            overlap = min(bottom, box.y + box.height) - max(top, box.y)
            if overlap < _LEAST_OVERLAP * min(bottom - top, box.height):
                continue
            last = boxes[line[-1]]
            gap = max(0, box.x - (last.x + last.width))
            off = abs((top + bottom) / 2 - (box.y + box.height / 2))
            cost = gap + 3 * off
            if cost < best_cost:
                best, best_cost = line, cost
        if best is None:
            lines.append([i])
        else:
            best.append(i)
    _join(lines, boxes)
    for i in order:
        if boxes[i].height < 0.45 * usual:
            _add_small(i, lines, boxes)
    centre = np.median([box.x + box.width / 2 for box in boxes]) if boxes else 0.0
    lines.sort(key=lambda line: sum(_expected(line, boxes, centre)))
    return [sorted(line, key=lambda i: boxes[i].x + boxes[i].width / 2) for line in lines]


def _expected(line: list[int], boxes: Sequence[Box], x: float) -> tuple[float, float]:
    """Return where a line's top and bottom are to be expected at `x`."""
    near = sorted(line, key=lambda i: abs(boxes[i].x + boxes[i].width / 2 - x))[:4]
    top = float(np.mean([boxes[i].y for i in near]))
    bottom = float(np.mean([boxes[i].y + boxes[i].height for i in near]))
    if len(line) < 3:
        return top, bottom
    # A straight line through the centres says how it climbs.
    centres_x = np.array([boxes[i].x + boxes[i].width / 2 for i in line])
    centres_y = np.array([boxes[i].y + boxes[i].height / 2 for i in line])
    offset = centres_x - centres_x.mean()
    slope = float(offset @ centres_y / max(offset @ offset, 1e-6))
    slope = float(np.clip(slope, -0.5, 0.5))
    near_x = float(np.mean([boxes[i].x + boxes[i].width / 2 for i in near]))
    return top + slope * (x - near_x), bottom + slope * (x - near_x)


def _join(lines: list[list[int]], boxes: Sequence[Box]) -> None:
    """Join what turns out to be one line."""
    merged = True
    while merged:
        merged = False
        for a in range(len(lines)):
            for b in range(a + 1, len(lines)):
                if _same_line(lines[a], lines[b], boxes):
                    lines[a] += lines.pop(b)
                    merged = True
                    break
            if merged:
                break


def _same_line(a: list[int], b: list[int], boxes: Sequence[Box]) -> bool:
    ax0, ax1 = _extent(a, boxes)
    bx0, bx1 = _extent(b, boxes)
    if min(ax1, bx1) - max(ax0, bx0) > 0.3 * min(ax1 - ax0, bx1 - bx0):
        return False  # one stands over the other
    x = (max(ax0, bx0) + min(ax1, bx1)) / 2
    a_top, a_bottom = _expected(a, boxes, x)
    b_top, b_bottom = _expected(b, boxes, x)
    overlap = min(a_bottom, b_bottom) - max(a_top, b_top)
    return overlap > 0.5 * min(a_bottom - a_top, b_bottom - b_top)


def _extent(line: list[int], boxes: Sequence[Box]) -> tuple[float, float]:
    return min(boxes[i].x for i in line), max(boxes[i].x + boxes[i].width for i in line)


def _add_small(i: int, lines: list[list[int]], boxes: Sequence[Box]) -> None:
    box = boxes[i]
    middle = box.y + box.height / 2
    best, best_off = None, np.inf
    for line in lines:
        top, bottom = _expected(line, boxes, box.x + box.width / 2)
        left, right = _extent(line, boxes)
        height = bottom - top
        outside = max(top - middle, middle - bottom, 0.0)
        aside = max(left - box.x - box.width, box.x - right, 0.0)
        if outside > 0.4 * height or aside > 3 * height:
            continue
        off = outside + 0.3 * aside
        if off < best_off:
            best, best_off = line, off
    if best is None:
        lines.append([i])
    else:
        best.append(i)
