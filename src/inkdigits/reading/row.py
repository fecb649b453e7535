"""Find the best path through a line of writing.

The line becomes a row of atoms: marks, or pieces of those that may hold several digits. A digit is
a run of neighbouring atoms. The network says of each run that makes geometric sense how probable it
is that it is a digit, and of all ways to part the row into runs, each a digit or none, the most
probable is chosen. An atom weighs as much as the square root of its ink: a path of many short
pieces has no advantage over one of few long ones.
"""

from itertools import pairwise

import numpy as np

from inkdigits.reading.candidate import Candidate
from inkdigits.reading.cuts import LONGEST_RUN, cut
from inkdigits.reading.marks import Mark

__all__ = ["Row"]

_SURE = 0.9
_LEAST = 1e-4  # no network is surer than that
_DOT = 0.5  # how probable it is, at least, that a small mark is no digit
# How much less probable it is, as logarithms, that a piece cut out of a mark is a one (any stroke
# of a letter is), and that it is nothing (a mark of several digits is all digits).
_STROKE, _LEFT_OVER = 1.8, 2.5
_REACH = 0.3  # of the usual height: how far apart the pieces of a digit may lie


class Row:
    """The atoms of a line of writing, and the runs of them that are known.

    Args:
        line: its marks, from left to right.
        usual: the height that the page's marks have.
    """

    def __init__(self, line: list[Candidate], usual: float) -> None:
        self._usual = max(usual, 1.0)
        self.atoms: list[Mark] = []
        self._sure: list[bool] = []
        self._runs: dict[tuple[int, int], Candidate] = {}
        self._cut: set[tuple[int, int]] = set()
        for seen in line:
            start = len(self.atoms)
            pieces = [seen.mark]
            if self._may_hold_several(seen):
                pieces = cut(seen.mark, self._usual)
            self.atoms += pieces
            run = (start, len(self.atoms))
            self._runs[run] = seen
            if len(pieces) > 1:
                self._cut.add(run)
            sure = seen.confidence > _SURE and seen.mark.size > 0.6 * self._usual
            self._sure += [sure] * len(pieces)

    def _may_hold_several(self, seen: Candidate) -> bool:
        width, height = seen.mark.box.width, seen.mark.box.height
        if height < 0.4 * self._usual or width < max(0.65 * self._usual, 8):
            return False
        return seen.confidence < _SURE or width > 1.5 * height

    def doubtful(self) -> list[tuple[int, int]]:
        """Return the runs that the network has still to look at, as ranges of atoms."""
        runs = []
        for start in range(len(self.atoms)):
            for stop in range(start + 1, min(start + LONGEST_RUN, len(self.atoms)) + 1):
                if (start, stop) in self._runs:
                    continue
                if not self._makes_sense(self.atoms[start:stop]):
                    break
                of_one_mark = any(a <= start and stop <= b for a, b in self._cut)
                sure = [i for i in range(start, stop) if self._sure[i]]
                if (
                    of_one_mark
                    or not sure
                    or (len(sure) == 1 and self._may_lack(start, stop, sure[0]))
                ):
                    runs.append((start, stop))
        return runs

    def _may_lack(self, start: int, stop: int, sure: int) -> bool:
        """Return whether a digit that stands alone may still lack the other atoms of a run.

        A five may lack its bar; what lies at its foot is a dot or a comma.
        """
        digit = self.atoms[sure].box
        foot = digit.y + 0.7 * digit.height
        return all(self.atoms[i].box.y < foot for i in range(start, stop) if i != sure)

    def _makes_sense(self, atoms: list[Mark]) -> bool:
        """Return whether atoms can be one digit, by their size and their distance."""
        if len(atoms) == 1:
            return True
        width = max(m.right for m in atoms) - min(m.box.x for m in atoms)
        height = max(m.bottom for m in atoms) - min(m.box.y for m in atoms)
        if width > 1.7 * max(height, self._usual) or height > 2.2 * self._usual:
            return False
        reach = _REACH * self._usual
        return all(a.box.distance_to(b.box) <= reach for a, b in pairwise(atoms))

    def add(self, run: tuple[int, int], seen: Candidate) -> None:
        """Add what the network says of a run."""
        self._runs[run] = seen

    def best_path(self) -> list[Candidate]:
        """Return the runs that are digits, from left to right."""
        count = len(self.atoms)
        weights = np.sqrt([float(atom.strokes.sum()) for atom in self.atoms])
        best = np.full(count + 1, -np.inf)
        best[0] = 0.0
        came = [(0, False)] * (count + 1)
        for (start, stop), seen in sorted(self._runs.items(), key=lambda run: run[0][1]):
            piece = self._is_piece(start, stop)
            as_digit = np.log(max(seen.confidence, _LEAST)) - self._too_small(seen.mark)
            nothing = max(seen.nothing, _DOT if self._too_small(seen.mark) else _LEAST)
            as_nothing = np.log(nothing) - self._too_wide(start, stop)
            if piece and seen.digit == 1:
                as_digit -= _STROKE
            if piece:
                as_nothing -= _LEFT_OVER
            value = best[start] + weights[start:stop].sum() * max(as_digit, as_nothing)
            if value > best[stop]:
                best[stop] = value
                came[stop] = (start, bool(as_digit >= as_nothing))
        digits = []
        stop = count
        while stop:
            start, is_digit = came[stop]
            if is_digit:
                digits.append((start, stop))
            stop = start
        return [self._no_surer_than_its_mark(run, digits) for run in digits[::-1]]

    def _no_surer_than_its_mark(
        self, run: tuple[int, int], digits: list[tuple[int, int]]
    ) -> Candidate:
        """Return a digit; those cut out of one mark stand or fall together.

        A letter, cut anywhere, has pieces that look like digits, but seldom all of them do.
        """
        found = self._runs[run]
        for start, stop in self._cut:
            if start <= run[0] and run[1] <= stop:
                others = [self._runs[a, b] for a, b in digits if start <= a and b <= stop]
                found = found.at_most(min(one.confidence for one in others))
        return found

    def _is_piece(self, start: int, stop: int) -> bool:
        """Return whether a run is a part of one mark that was cut."""
        return any(a <= start and stop <= b and (a, b) != (start, stop) for a, b in self._cut)

    def _too_small(self, mark: Mark) -> float:
        """Return how much less probable its size makes a digit, as a logarithm."""
        share = max(mark.box.height, 0.6 * mark.box.width) / self._usual
        return 12 * max(0.0, 0.5 - share)

    def _too_wide(self, start: int, stop: int) -> float:
        """Return how much less probable its width makes it that a mark holds no digit.

        A letter is about as wide as high; two digits that touch are wider.
        """
        if (start, stop) not in self._cut:
            return 0.0 if stop - start == 1 else 0.3
        mark = self._runs[start, stop].mark
        aspect = mark.box.width / max(mark.box.height, self._usual)
        return 0.05 + float(np.clip((aspect - 1.0) / 0.4, 0, 1))
