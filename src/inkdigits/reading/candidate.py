"""A mark that may be a digit, and what the network says of it."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from inkdigits.reading.marks import Mark

__all__ = ["Candidate"]


@dataclass(frozen=True, eq=False)
class Candidate:
    """A mark that may be a digit.

    Args:
        mark: its place and its ink.
        image: as framed, uint8 ``(28, 28)``.
        probabilities: of each digit, float32 ``(10,)``; the rest to 1 is that of no digit.
        line: which line of writing it belongs to, counted from 0.
    """

    mark: Mark
    image: npt.NDArray[np.uint8]
    probabilities: npt.NDArray[np.float32]
    line: int = 0

    @property
    def digit(self) -> int:
        """The likeliest digit."""
        return int(self.probabilities.argmax())

    @property
    def confidence(self) -> float:
        """The probability of the likeliest digit."""
        return float(self.probabilities.max())

    def moved(self, columns: int, rows: int) -> "Candidate":
        """Return the same at another place of the page."""
        box = self.mark.box
        there = box._replace(x=box.x + columns, y=box.y + rows)
        return replace(self, mark=replace(self.mark, box=there))

    def at_most(self, confidence: float) -> "Candidate":
        """Return the same, no surer than that."""
        if confidence >= self.confidence:
            return self
        return replace(self, probabilities=self.probabilities * (confidence / self.confidence))

    @property
    def nothing(self) -> float:
        """The probability that it is no digit."""
        return 1 - float(self.probabilities.sum())
