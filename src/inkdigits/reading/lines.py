"""Order marks into lines of writing."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from inkdigits.reading.median import weighted_median
from inkdigits.reading.result import Box

__all__ = ["usual_height", "write_in_lines"]

_LEAST_OVERLAP = 0.35  # of the lower of two neighbours
_SMALL = 0.45  # of the usual height: dots, bars, dashes
_STEEPEST = 0.5  # rows a column
_MEMORY = 0.4  # how much the last mark counts for where the next is expected

_Floats = npt.NDArray[np.float64]


def usual_height(boxes: Sequence[Box]) -> float:
    """Return the height that half of the marks, weighted by their heights, do not reach."""
    if not boxes:
        return 0.0
    sizes = [max(box.height, 0.6 * box.width) for box in boxes]
    return weighted_median(sizes, sizes)


def write_in_lines(boxes: Sequence[Box]) -> list[list[int]]:
    """Group marks into lines of writing, each from left to right, the lines from top to bottom.

    From the left, each mark joins the line whose last marks it stands beside, if it overlaps their
    height enough; so a line may slant, climb or sag. Then lines that go on in one another become
    one, and small marks join the line that they stand in.

    Returns:
        The indices of the boxes, a list a line.
    """
    if len(boxes) < 2:
        return [[0]] if boxes else []
    places = np.array(boxes, float)
    middles = places[:, 0] + places[:, 2] / 2
    small = places[:, 3] < _SMALL * usual_height(boxes)
    order = np.argsort(middles, kind="stable")
    lines = _Lines()
    for i in order[~small[order]]:
        lines.join_or_begin(int(i), places[i])
    lines.merge(places)
    for i in order[small[order]]:
        lines.add_small(int(i), places[i])
    return [sorted(line, key=lambda i: middles[i]) for line in lines.downwards(np.median(middles))]


@dataclass
class _Lines:
    """Lines of writing as they grow; what is known of each stands in a row of an array.

    The columns: where its last marks lie (x, top, bottom), its left and right end, and the sums
    that its slope is fitted from (count, x, y, xx, xy).
    """

    members: list[list[int]] = field(default_factory=list)
    known: _Floats = field(default_factory=lambda: np.empty((0, 10)))

    def _expected(self, x: float | _Floats) -> tuple[_Floats, _Floats]:
        """Return where each line's top and bottom are to be expected at `x`."""
        at, top, bottom, _, _, count, sx, sy, sxx, sxy = self.known.T
        spread = count * sxx - sx * sx
        slope = np.where(count > 2, (count * sxy - sx * sy) / np.maximum(spread, 1e-6), 0.0)
        rise = np.clip(slope, -_STEEPEST, _STEEPEST) * (x - at)
        return top + rise, bottom + rise

    def join_or_begin(self, i: int, place: _Floats) -> None:
        x, y, width, height = place
        if self.members:
            top, bottom = self._expected(x + width / 2)
            overlap = np.minimum(bottom, y + height) - np.maximum(top, y)
            enough = overlap >= _LEAST_OVERLAP * np.minimum(bottom - top, height)
            gap = np.maximum(0, x - self.known[:, 4])
            cost = np.where(enough, gap + 3 * np.abs((top + bottom) / 2 - (y + height / 2)), np.inf)
            best = int(cost.argmin())
            if np.isfinite(cost[best]):
                self._add(best, i, place)
                return
        x_middle, y_middle = x + width / 2, y + height / 2
        row = [x_middle, y, y + height, x, x + width, 1, x_middle, y_middle]
        row += [x_middle * x_middle, x_middle * y_middle]
        self.members.append([i])
        self.known = np.vstack([self.known, row])

    def _add(self, line: int, i: int, place: _Floats) -> None:
        x, y, width, height = place
        x_middle, y_middle = x + width / 2, y + height / 2
        row = self.known[line]
        top, bottom = self._expected(x_middle)
        row[1] = (1 - _MEMORY) * top[line] + _MEMORY * y
        row[2] = (1 - _MEMORY) * bottom[line] + _MEMORY * (y + height)
        row[0] = x_middle
        row[3], row[4] = min(row[3], x), max(row[4], x + width)
        row[5:] += 1, x_middle, y_middle, x_middle * x_middle, x_middle * y_middle
        self.members[line].append(i)

    def merge(self, places: _Floats) -> None:
        """Merge lines that go on in one another."""
        if len(self.members) < 2:
            return
        left, right = self.known[:, 3], self.known[:, 4]
        over = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
        apart = over <= 0.3 * np.minimum((right - left)[:, None], right - left)
        between = (np.maximum(left[:, None], left) + np.minimum(right[:, None], right)) / 2
        tops, bottoms = zip(*(self._expected(row) for row in between))
        top, bottom = np.array(tops), np.array(bottoms)  # [i, j]: line j's, between i and j
        shared = np.minimum(bottom, bottom.T) - np.maximum(top, top.T)
        same = apart & (shared > 0.5 * np.minimum(bottom - top, (bottom - top).T))
        pairs = np.argwhere(np.triu(same, 1))
        if not len(pairs):
            return
        leader = list(range(len(self.members)))
        for a, b in pairs:
            first, second = sorted((leader[a], leader[b]))
            leader = [first if line == second else line for line in leader]
        merged: dict[int, list[int]] = {}
        for line, members in zip(leader, self.members):
            merged.setdefault(line, []).extend(members)
        self.members, self.known = [], np.empty((0, 10))
        for members in merged.values():
            rest = sorted(members, key=lambda i: places[i, 0])
            self._take_over(rest, places)

    def _take_over(self, members: list[int], places: _Floats) -> None:
        """Begin a line with its first mark, and add the others to it."""
        alone = _Lines()
        alone.join_or_begin(members[0], places[members[0]])
        for i in members[1:]:
            alone._add(0, i, places[i])
        self.members += alone.members
        self.known = np.vstack([self.known, alone.known])

    def add_small(self, i: int, place: _Floats) -> None:
        x, y, width, height = place
        if self.members:
            middle = y + height / 2
            top, bottom = self._expected(x + width / 2)
            outside = np.maximum(np.maximum(top - middle, middle - bottom), 0)
            aside = np.maximum(np.maximum(self.known[:, 3] - x - width, x - self.known[:, 4]), 0)
            beside = (outside <= 0.4 * (bottom - top)) & (aside <= 3 * (bottom - top))
            cost = np.where(beside, outside + 0.3 * aside, np.inf)
            best = int(cost.argmin())
            if np.isfinite(cost[best]):
                self.members[best].append(i)
                return
        self.join_or_begin(i, place)

    def downwards(self, x: float) -> list[list[int]]:
        """Return the lines from top to bottom, as they lie at `x`."""
        top, bottom = self._expected(x)
        return [self.members[line] for line in np.argsort(top + bottom, kind="stable")]
