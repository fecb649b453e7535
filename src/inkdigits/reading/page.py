"""A page: the upright grey pixels that all of reading works on."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from inkdigits.reading.colour import principal_colour

__all__ = ["DAMAGE", "MAX_SIDE_DECODED", "Page", "Tone", "make_page"]

MAX_SIDE_DECODED = 1600
"""The longer side of a page's pixels, at most: a line of digits needs no more."""

DAMAGE = (
    *(OSError, SyntaxError, ValueError, TypeError, EOFError, RuntimeError, MemoryError),
    *(IndexError, KeyError, OverflowError, struct.error, Image.DecompressionBombError),
)
"""How the decoders report damage."""

_STRIP_PIXELS = 2_000_000

_ORIENTATION = 0x0112  # the EXIF tag, and what undoes each of its values
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_NOT_CONVERTED = {"LAB": "RGB", "La": "LA"}  # what Pillow cannot make grey at once, and what it can

Pixels = npt.NDArray[np.uint8]


class Tone(Enum):
    """What the pixels of a page are to hold."""

    BRIGHTNESS = "brightness"
    HUE = "grey made of the colours alone, as `principal_colour` makes it"
    COLOURS = "red, green and blue"


@dataclass(frozen=True, eq=False)
class Page:
    """One upright grey page of a picture.

    Args:
        pixels: uint8 ``(height, width)``, 0 black to 255 white; of a large picture a copy shrunk to
            a longer side of `MAX_SIDE_DECODED`. For `Tone.COLOURS` uint8 ``(height, width, 3)``.
        width: of the full-size upright picture, in pixels.
        height: likewise.
        number: which page of the picture it is, counted from 0.
        by_colour: decodes it once more, in grey made of its colours alone, while it is the last
            page that was taken; `None` for what is no page of `Tone.BRIGHTNESS`. It may raise
            `PictureError`.
    """

    pixels: Pixels
    width: int
    height: int
    number: int = 0
    by_colour: "Callable[[], Page] | None" = None

    @property
    def scale(self) -> float:
        """How many pixels of the full-size picture one of `pixels` stands for, along a side."""
        return self.width / int(self.pixels.shape[1])


def make_page(
    image: Image.Image, *, tone: Tone, number: int = 0, size: tuple[int, int] | None = None
) -> Page:
    """Turn a decoded image upright, small and, but for `Tone.COLOURS`, grey.

    Transparency is laid over white, or over black where white would leave nothing to see.

    Args:
        tone: what the pixels are to hold.
        size: of the full-size picture, where the decoder has shrunk it already.
    """
    width, height = size or image.size
    orientation = _orientation(image)
    if image.mode in _NOT_CONVERTED:
        image = image.convert(_NOT_CONVERTED[image.mode])
    if tone is Tone.HUE:
        pixels = principal_colour(_shrunk(image, _to_colour(image)))
    elif tone is Tone.COLOURS:
        pixels = _shrunk(image, _to_colours(image))
    else:
        pixels = _shrunk(image, _to_brightness(image))
    if orientation in _UPRIGHT:
        pixels = np.asarray(Image.fromarray(pixels).transpose(_UPRIGHT[orientation]))
        if orientation >= 5:
            width, height = height, width
    return Page(pixels, width, height, number)


def _orientation(image: Image.Image) -> Any:
    try:
        return image.getexif().get(_ORIENTATION)
    except DAMAGE:  # of the EXIF alone: the pixels are sound
        return None


def _shrunk(image: Image.Image, convert: Callable[[Image.Image], Pixels]) -> Pixels:
    """Convert an image and shrink it by averaging areas.

    The columns are averaged strip by strip, so that nothing else of a large image need fit in
    memory beside it, and the rows at the end.
    """
    width, height = image.size
    shrink = min(1.0, MAX_SIDE_DECODED / max(width, height))
    columns, rows = max(1, round(width * shrink)), max(1, round(height * shrink))
    if width * height <= _STRIP_PIXELS:  # one strip, which need not be cut out
        return _averaged(convert(image), columns, rows)
    strips = (convert(image.crop((0, top, width, end))) for top, end in _strips(width, height))
    narrow = [_averaged(strip, columns, len(strip)) for strip in strips]
    return _averaged(np.concatenate(narrow), columns, rows)


def _averaged(pixels: Pixels, width: int, height: int) -> Pixels:
    if pixels.shape[:2] == (height, width):
        return pixels
    smaller = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return smaller.astype(np.uint8, copy=False)


def _strips(width: int, height: int) -> Iterator[tuple[int, int]]:
    step = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, step):
        yield top, min(top + step, height)


def _to_brightness(image: Image.Image) -> Callable[[Image.Image], Pixels]:
    if image.mode.startswith("I") or image.mode == "F":
        white = _white(image)
        return lambda strip: _deep_to_grey(strip, white)
    if image.has_transparency_data:
        paper = _paper(image)
        return lambda strip: np.array(_flat(strip, paper).convert("L"))
    return lambda strip: np.array(strip.convert("L"))


def _to_colour(image: Image.Image) -> Callable[[Image.Image], Pixels]:
    if image.mode.startswith("I") or image.mode == "F":
        return lambda strip: np.zeros((strip.height, strip.width, 3), np.uint8)
    if image.has_transparency_data:
        return lambda strip: np.array(_flat(strip, 255))
    return lambda strip: np.array(strip.convert("RGB"))


def _to_colours(image: Image.Image) -> Callable[[Image.Image], Pixels]:
    if image.has_transparency_data:
        paper = _paper(image)
        return lambda strip: np.array(_flat(strip, paper))
    if image.mode.startswith("I") or image.mode == "F":
        to_grey = _to_brightness(image)
        return lambda strip: np.repeat(to_grey(strip)[..., np.newaxis], 3, axis=2)
    return lambda strip: np.array(strip.convert("RGB"))


def _white(image: Image.Image) -> float:
    """Find what number is white in grey of 16 bits (which Pillow may hold in 32) or in floats."""
    if image.mode.startswith("I;16"):
        return 65535.0
    top: Any = image.getextrema()[1]  # the file does not say
    return 1.0 if top <= 1 else 255.0 if top <= 255 else 65535.0


def _deep_to_grey(strip: Image.Image, white: float) -> Pixels:
    numbers = np.nan_to_num(np.asarray(strip).astype(np.float32), posinf=white, neginf=0.0)
    grey: Pixels = np.clip(numbers * (255 / white) + 0.5, 0, 255).astype(np.uint8)
    return grey


def _paper(image: Image.Image) -> int:
    """Choose what to lay a transparent image over: white, or black if it is white itself."""
    width, height = image.size
    small = image.resize((min(width, 128), min(height, 128)), Image.Resampling.NEAREST)
    small = small.convert("RGBA")
    grey, alpha = np.asarray(small.convert("L")), np.asarray(small.getchannel("A"))
    visible = grey[alpha > 127]
    # White strokes on transparent would vanish on white paper.
    return 0 if visible.size and visible.min() > 230 and alpha.min() < 128 else 255


def _flat(strip: Image.Image, paper: int) -> Image.Image:
    strip = strip.convert("RGBA")
    sheet = Image.new("RGB", strip.size, (paper, paper, paper))
    sheet.paste(strip, mask=strip.getchannel("A"))
    return sheet
