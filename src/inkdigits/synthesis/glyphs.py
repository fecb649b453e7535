"""Letters and signs of many scripts as skeletons, from the fonts that matplotlib ships.

The fonts are DejaVu, STIX and Computer Modern, all free to use and to pass on.
"""

import functools
import string
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from inkdigits.errors import import_extra
from inkdigits.synthesis.skeleton import SIDE, Skeleton, thin_each

__all__ = ["draw_glyphs", "latin_letters", "other_glyphs"]

_FONTS = (
    "DejaVuSans.ttf",
    "DejaVuSans-Oblique.ttf",
    "DejaVuSerif-Italic.ttf",
    "DejaVuSansMono-Oblique.ttf",
    "STIXGeneral.ttf",
    "STIXGeneralItalic.ttf",
    "cmmi10.ttf",
    "cmss10.ttf",
)
_POINTS = 96
_BOX = 40
_LEAST_PATH = 12  # pixels

_TAKEN_FOR_DIGITS = "bgiloqszBDGIOQSZ"
"""What nobody can tell from a digit out of context."""


@functools.cache
def latin_letters() -> Skeleton:
    """Return the skeletons of a to z and A to Z, without those that pass for digits.

    Returns:
        bool ``(count, 56, 56)``, the longer side 40.

    Raises:
        MissingExtraError: matplotlib, whose fonts these are, is not installed.
    """
    return draw_glyphs(c for c in string.ascii_letters if c not in _TAKEN_FOR_DIGITS)


@functools.cache
def other_glyphs() -> Skeleton:
    """Return the skeletons of the letters and symbols of all other scripts, without their digits,
    and without dressed-up forms of what passes for digits.

    Some of them pass for digits all the same.

    Returns and raises as `latin_letters`.
    """
    return draw_glyphs(
        chr(code)
        for code in range(0x80, 0x1FFFF)
        if (kind := unicodedata.category(chr(code)))[0] in "LS"
        and kind not in ("Lm", "Sk")
        and unicodedata.normalize("NFKD", chr(code))[0] not in _TAKEN_FOR_DIGITS + string.digits
    )


def draw_glyphs(characters: Iterable[str]) -> Skeleton:
    """Return the skeletons of characters in each font that has them, ``(count, 56, 56)``."""
    mpl, ft2font = import_extra("matplotlib"), import_extra("matplotlib.ft2font")
    folder = Path(mpl.get_data_path(), "fonts", "ttf")
    wanted = list(characters)
    found = []
    for name in _FONTS:
        path = str(folder / name)
        font = ImageFont.truetype(path, _POINTS)
        known = ft2font.FT2Font(path).get_charmap()
        drawn = [_draw(font, character) for character in wanted if ord(character) in known]
        if glyphs := [glyph for glyph in drawn if glyph is not None]:
            thinned = thin_each(np.stack(glyphs))
            found.append(thinned[thinned.sum(axis=(1, 2)) > _LEAST_PATH])
    return np.concatenate(found)


def _draw(font: ImageFont.FreeTypeFont, character: str) -> npt.NDArray[np.bool_] | None:
    """Return a character's ink in the middle of a square, or nothing where it is but a dot."""
    left, top, right, bottom = (int(side) for side in font.getbbox(character))
    if right - left < 4 or bottom - top < 4:
        return None
    image = Image.new("L", (right - left + 8, bottom - top + 8))
    ImageDraw.Draw(image).text((4 - left, 4 - top), character, fill=255, font=font)
    ink = np.asarray(image)
    zoom = _BOX / max(ink.shape)
    size = (max(1, round(ink.shape[1] * zoom)), max(1, round(ink.shape[0] * zoom)))
    small = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA))
    field = np.zeros((SIDE, SIDE), bool)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    field[top : top + size[1], left : left + size[0]] = small > 100
    return field
