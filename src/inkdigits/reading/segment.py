"""Decide which marks, pieces and groups of marks are the digits of a line of writing.

Each line of writing becomes a row of atoms: marks, or pieces of those that may hold several digits.
A digit is a run of neighbouring atoms. The network says of each run that makes geometric sense how
probable it is that it is a digit, and the best path through the row is chosen, where each atom
belongs to one digit or to none. An atom weighs as much as the square root of its ink: a path of
many short pieces has no advantage over one of few long ones.

Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-Based Learning Applied to Document
Recognition", 1998, sections V and VI (over-segmentation and the best path through its graph).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from inkdigits.reading.cuts import cut
from inkdigits.reading.frame import frame
from inkdigits.reading.lines import usual_height, write_in_lines
from inkdigits.reading.marks import Mark, merge

__all__ = ["Found", "OpenClassify", "find_digits"]

OpenClassify = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]
"""From images uint8 ``(count, 28, 28)`` to probabilities ``(count, 10)``; what they lack to 1 is the
probability that the mark is no digit."""

_LONGEST_RUN = 5
_SURE = 0.9
_LEAST = 1e-4  # no network is surer than that


@dataclass(frozen=True, eq=False)
class Found:
    """A mark taken for a digit."""

    mark: Mark
    line: int
    image: npt.NDArray[np.uint8]
    probabilities: npt.NDArray[np.float32]


@dataclass(eq=False)
class _Run:
    """Neighbouring atoms, taken together."""

    start: int
    stop: int
    mark: Mark
    image: npt.NDArray[np.uint8]
    probabilities: npt.NDArray[np.float32]

    @property
    def digit(self) -> float:
        return float(self.probabilities.max())

    @property
    def nothing(self) -> float:
        return 1 - float(self.probabilities.sum())


def find_digits(marks: Sequence[Mark], classify: OpenClassify) -> list[Found]:
    """Find the digits among the marks of a page, in reading order.

    Args:
        marks: of one page.
        classify: the network.
    """
    if not marks:
        return []
    order = write_in_lines([mark.box for mark in marks])
    lines = [[marks[i] for i in line] for line in order]
    usual = usual_height([mark.box for mark in marks])

    singles = _classify_marks([mark for line in lines for mark in line], classify)
    position = 0
    rows = []
    for line in lines:
        rows.append(_Row(line, singles[position : position + len(line)], usual))
        position += len(line)
    wanted = [(row, run) for row in rows for run in row.doubtful()]
    merged = [merge(row.atoms[start:stop]) for row, (start, stop) in wanted]
    for (row, (start, stop)), (image, probabilities), mark in zip(
        wanted, _classify_marks(merged, classify), merged
    ):
        row.add(_Run(start, stop, mark, image, probabilities))
    return [
        Found(run.mark, number, run.image, run.probabilities)
        for number, row in enumerate(rows)
        for run in row.best_path()
    ]


def _classify_marks(
    marks: Sequence[Mark], classify: OpenClassify
) -> list[tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]]:
    if not marks:
        return []
    images = np.stack([frame(mark.strokes) for mark in marks])
    return list(zip(images, classify(images)))


class _Row:
    """The atoms of a line of writing, and the runs of them that are known."""

    def __init__(
        self,
        marks: list[Mark],
        singles: list[tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]],
        usual: float,
    ) -> None:
        self._usual = usual
        self.atoms: list[Mark] = []
        self._sure: list[bool] = []
        self._runs: dict[tuple[int, int], _Run] = {}
        for mark, (image, probabilities) in zip(marks, singles):
            start = len(self.atoms)
            pieces = [mark]
            if self._may_hold_several(mark, float(probabilities.max())):
                pieces = cut(mark, at_most=max(1, round(2.2 * mark.box.width / max(usual, 1.0))))
            self.atoms += pieces
            run = _Run(start, len(self.atoms), mark, image, probabilities)
            self._runs[start, len(self.atoms)] = run
            sure = run.digit > _SURE and mark.size > 0.6 * usual
            self._sure += [sure] * len(pieces)

    def _may_hold_several(self, mark: Mark, digit: float) -> bool:
        width, height = mark.box.width, mark.box.height
        if height < 0.4 * self._usual or width < 0.45 * self._usual or width < 8:
            return False
        return digit < _SURE or width > 1.5 * height

    def doubtful(self) -> list[tuple[int, int]]:
        """Return the runs that have still to be classified."""
        runs = []
        for start in range(len(self.atoms)):
            for stop in range(start + 1, min(start + _LONGEST_RUN, len(self.atoms)) + 1):
                if (start, stop) in self._runs:
                    continue
                if not self._plausible(start, stop):
                    break
                if sum(self._sure[start:stop]) > 1 and not self._of_one_mark(start, stop):
                    continue
                runs.append((start, stop))
        return runs

    def _of_one_mark(self, start: int, stop: int) -> bool:
        return any(a <= start and stop <= b for a, b in self._runs)

    def _plausible(self, start: int, stop: int) -> bool:
        atoms = self.atoms[start:stop]
        left, right = min(m.box.x for m in atoms), max(m.right for m in atoms)
        top, bottom = min(m.box.y for m in atoms), max(m.bottom for m in atoms)
        width, height = right - left, bottom - top
        if stop - start > 1 and width > 1.7 * max(height, self._usual):
            return False
        if stop - start > 1 and height > 2.2 * self._usual:
            return False
        reach = 0.3 * max(self._usual, 1.0)
        for before, after in pairwise(atoms):
            across = max(0, after.box.x - before.right, before.box.x - after.right)
            down = max(0, after.box.y - before.bottom, before.box.y - after.bottom)
            if across > reach or down > reach:
                return False
        return True

    def add(self, run: _Run) -> None:
        self._runs[run.start, run.stop] = run

    def best_path(self) -> list[_Run]:
        """Return the runs that are digits, from left to right."""
        count = len(self.atoms)
        weights = np.sqrt([float(atom.strokes.sum()) for atom in self.atoms])
        best = np.full(count + 1, -np.inf)
        best[0] = 0.0
        came: list[tuple[int, _Run | None]] = [(0, None)] * (count + 1)
        for stop in range(1, count + 1):
            for start in range(max(0, stop - _LONGEST_RUN * 3), stop):
                run = self._runs.get((start, stop))
                if run is None:
                    continue
                weight = weights[start:stop].sum()
                as_digit = np.log(max(run.digit, _LEAST)) + self._size_prior(run.mark)
                as_nothing = np.log(max(run.nothing, _LEAST)) - (0.3 if stop - start > 1 else 0.0)
                value = best[start] + weight * max(as_digit, as_nothing)
                if value > best[stop]:
                    best[stop] = value
                    came[stop] = (start, run if as_digit >= as_nothing else None)
        path = []
        stop = count
        while stop:
            start, run = came[stop]
            if run is not None:
                path.append(run)
            stop = start
        return path[::-1]

    def _size_prior(self, mark: Mark) -> float:
        """Return how much less probable a digit's size makes it, as a logarithm."""
        ratio = max(mark.box.height, 0.6 * mark.box.width) / max(self._usual, 1.0)
        if ratio >= 0.5:
            return 0.0
        return 6.0 * (ratio - 0.5) / 0.5
