"""What reading a picture gives."""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

__all__ = ["UNSURE", "Box", "Digit", "Reading"]

UNSURE = "?"
"""Stands in the text for a digit that is seen but not trusted."""


class Box(NamedTuple):
    """A rectangle in the upright picture, in pixels: left, top, width, height."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Digit:
    """One digit of a picture.

    Args:
        digit: the most probable digit, 0 to 9.
        confidence: its probability, 0 to 1.
        box: where the ink is.
        line: which line of writing it belongs to, counted from 0.
        trusted: whether the confidence reaches the model's rejection threshold.
    """

    digit: int
    confidence: float
    box: Box
    line: int = 0
    trusted: bool = True


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
        digits = [asdict(digit) | {"box": list(digit.box)} for digit in self.digits]
        for digit in digits:
            del digit["trusted"]  # the text says it
        return {
            "width": self.width,
            "height": self.height,
            "text": self.text,
            "confidence": self.confidence,
            "digits": digits,
        }
