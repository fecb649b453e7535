"""The look that all drawings share, as far as Pillow alone draws it."""

from functools import lru_cache
from typing import TypeAlias

from PIL import Image, ImageDraw, ImageFont

from inkdigits.reading.result import UNSURE, Digit

__all__ = [
    "AGAINST",
    "FOR",
    "GREY",
    "INK",
    "PALE",
    "TRUSTED",
    "UNTRUSTED",
    "WHITE",
    "Colour",
    "answer",
    "percent",
    "text_size",
    "write",
]

Colour: TypeAlias = tuple[int, int, int]

# Blue and vermilion look different to every kind of colour vision.
# Source: M. Okabe, K. Ito, "Color Universal Design", 2008.
TRUSTED: Colour = (0, 114, 178)
UNTRUSTED: Colour = (213, 94, 0)
FOR, AGAINST = TRUSTED, UNTRUSTED

WHITE: Colour = (255, 255, 255)
INK: Colour = (32, 36, 42)
GREY: Colour = (118, 126, 136)
PALE: Colour = (222, 227, 232)


def answer(digit: Digit) -> str:
    """Name a digit, with a question mark behind it where it is not trusted."""
    return str(digit.digit) if digit.trusted else f"{digit.digit}{UNSURE}"


def percent(probability: float) -> str:
    """Write a probability in whole per cent; 100% only where it could hardly be more."""
    return "100%" if probability >= 0.9995 else f"{min(probability, 0.99):.0%}"


def text_size(text: str, height: int) -> tuple[int, int]:
    """Return how many pixels a line of text takes: its width, and the height of its digits."""
    left, _, right, _ = _font(height).getbbox(text, anchor="ls")
    _, top, _, _ = _font(height).getbbox("0", anchor="ls")
    return int(right - left + 0.5), int(0.5 - top)


def write(
    image: Image.Image, x: float, y: float, text: str, height: int, colour: Colour, anchor: str
) -> None:
    """Write a line of text.

    Args:
        height: of the font, in pixels.
        anchor: Pillow's: what of the text is at ``(x, y)``, such as ``ls`` for its left end on the
            base line.
    """
    ImageDraw.Draw(image).text((x, y), text, fill=colour, font=_font(height), anchor=anchor)


@lru_cache(maxsize=64)
def _font(height: int) -> "ImageFont.ImageFont | ImageFont.FreeTypeFont":
    return ImageFont.load_default(height)
