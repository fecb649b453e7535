"""A mark taken for a digit."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inkdigits.reading.marks import Mark

__all__ = ["Found"]


@dataclass(frozen=True, eq=False)
class Found:
    """A mark taken for a digit.

    Args:
        mark: its place and its ink.
        line: which line of writing it belongs to, counted from 0.
        image: as framed, uint8 ``(28, 28)``.
        probabilities: of each digit, float32 ``(10,)``; the rest to 1 is that of no digit.
    """

    mark: Mark
    line: int
    image: npt.NDArray[np.uint8]
    probabilities: npt.NDArray[np.float32]

    @property
    def digit(self) -> int:
        return int(self.probabilities.argmax())

    @property
    def confidence(self) -> float:
        return float(self.probabilities.max())
