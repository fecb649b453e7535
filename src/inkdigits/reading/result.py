"""What reading a picture gives."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["UNSURE", "Box", "Digit", "Outcome", "Reading"]

UNSURE = "?"
"""Stands in the text for a digit that is seen but not trusted."""


class Box(NamedTuple):
    """A rectangle in the upright picture, in pixels: left, top, width, height."""

    x: int
    y: int
    width: int
    height: int

    def distance_to(self, other: "Box") -> int:
        """Return how far apart two boxes are, along the axis where they are further apart."""
        across = max(other.x - self.x - self.width, self.x - other.x - other.width)
        down = max(other.y - self.y - self.height, self.y - other.y - other.height)
        return max(across, down, 0)


@dataclass(frozen=True)
class Digit:
    """One digit of a picture.

    Args:
        digit: the most probable digit, 0 to 9.
        confidence: its probability, 0 to 1.
        box: where the ink is.
        line: which line of writing it belongs to, counted from 0.
        trusted: whether the confidence reaches the rejection threshold.
        image: what the network saw, uint8 ``(28, 28)``, bright ink on black.
        probabilities: of each digit, float32 ``(10,)``; what they lack to 1 is the probability that
            it is no digit.
    """

    digit: int
    confidence: float
    box: Box
    line: int = 0
    trusted: bool = True
    image: npt.NDArray[np.uint8] = field(
        default_factory=lambda: np.zeros((28, 28), np.uint8), repr=False, compare=False
    )
    probabilities: npt.NDArray[np.float32] = field(
        default_factory=lambda: np.zeros(10, np.float32), repr=False, compare=False
    )

    def to_dict(self) -> dict[str, Any]:
        """Return plain types, as ``inkdigits read --json`` prints them."""
        return {
            "digit": self.digit,
            "confidence": self.confidence,
            "box": list(self.box),
            "line": self.line,
        }


@dataclass(frozen=True)
class Reading:
    """The digits of one picture (or of one page).

    Args:
        width: of the upright picture, in pixels.
        height: likewise.
        digits: in reading order.
    """

    width: int
    height: int
    digits: tuple[Digit, ...] = ()

    @property
    def text(self) -> str:
        """The digits in reading order, a line of writing a line; ``?`` where one is not trusted."""
        lines: dict[int, str] = {}
        for digit in self.digits:
            lines.setdefault(digit.line, "")
            lines[digit.line] += str(digit.digit) if digit.trusted else UNSURE
        return "\n".join(lines[line] for line in sorted(lines))

    @property
    def confidence(self) -> float:
        """The least of the digits' confidences; 0 where there is no digit."""
        return min((digit.confidence for digit in self.digits), default=0.0)

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> dict[str, Any]:
        """Return plain types, as ``inkdigits read --json`` prints them."""
        return {
            "width": self.width,
            "height": self.height,
            "text": self.text,
            "confidence": self.confidence,
            "digits": [digit.to_dict() for digit in self.digits],
        }


@dataclass(frozen=True)
class Outcome:
    """What became of one picture of many: its reading, or why there is none.

    Args:
        source: the picture's path, or what else it is known by.
        page: which page of it, counted from 0.
        reading: without digits where there is an error.
        error: one plain sentence; `None` where there is none.
    """

    source: str
    page: int
    reading: Reading
    error: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain types, as ``inkdigits read --json`` prints them."""
        return {
            "path": self.source,
            "page": self.page,
            **self.reading.to_dict(),
            "error": self.error,
        }
