"""Letters and signs of many scripts as skeletons, from the DejaVu fonts that matplotlib ships."""

import functools
import unicodedata
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from inkdigits.synthesis.skeleton import SIDE, thin

__all__ = ["glyphs"]

_FONTS = (
    "DejaVuSans.ttf",
    "DejaVuSerif-Italic.ttf",
    "DejaVuSansMono-Oblique.ttf",
    "STIXGeneral.ttf",
    "STIXGeneralItalic.ttf",
)
_POINTS = 96
_BOX = 40


@functools.cache
def glyphs() -> npt.NDArray[np.bool_]:
    """Return the skeletons of letters, signs and symbols, none of them a digit.

    Returns:
        bool ``(count, 56, 56)``, the longer side 40.

    Raises:
        MissingExtraError: matplotlib, whose fonts these are, is not installed.
    """
    import matplotlib as mpl
    from matplotlib.ft2font import FT2Font

    folder = Path(mpl.get_data_path(), "fonts", "ttf")
    drawn = []
    for name in _FONTS:
        path = str(folder / name)
        font = ImageFont.truetype(path, _POINTS)
        characters = [chr(code) for code in FT2Font(path).get_charmap()]
        drawn += [_draw(font, character) for character in characters if _is_letter(character)]
    return np.stack([glyph for glyph in drawn if glyph is not None])


def _is_letter(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind[0] in "LS" and kind != "Lm" and kind != "Sk"


def _draw(font: ImageFont.FreeTypeFont, character: str) -> npt.NDArray[np.bool_] | None:
    left, top, right, bottom = (int(side) for side in font.getbbox(character))
    if right - left < 4 or bottom - top < 4:
        return None
    image = Image.new("L", (right - left + 8, bottom - top + 8))
    ImageDraw.Draw(image).text((4 - left, 4 - top), character, fill=255, font=font)
    ink = np.asarray(image)
    zoom = _BOX / max(ink.shape)
    size = (max(1, round(ink.shape[1] * zoom)), max(1, round(ink.shape[0] * zoom)))
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    field = np.zeros((SIDE, SIDE), bool)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    field[top : top + size[1], left : left + size[0]] = small > 100
    skeleton = thin(field)
    return skeleton if skeleton.sum() > 12 else None
