"""Frame a mark as MNIST framed its digits. The one place where this happens.

NIST's digits were scaled to fit a 20×20 box with their aspect ratio kept, anti-aliased, and placed
in a 28×28 field so that their centre of mass lies at its centre. In MNIST's files that centre is
the pixel (14, 14) counted from 0, the longer side is 20 (in 16 of the 70,000 images 19), and the
brightest pixel is 254 or 255.

Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-Based Learning Applied to Document
Recognition", 1998, section III.A.
"""

import cv2
import numpy as np
import numpy.typing as npt

from inkdigits.reading.bounds import inked_rectangle
from inkdigits.reading.marks import Strokes

__all__ = ["frame"]

_SIDE = 28
_BOX = 20
_CENTRE = 14


def frame(ink: Strokes) -> npt.NDArray[np.uint8]:
    """Frame the ink of one mark.

    Args:
        ink: float32 ``(height, width)``, 0 to 1, of any size, with some ink in it.

    Returns:
        uint8 ``(28, 28)``, bright ink on black.
    """
    crop = ink[inked_rectangle(ink) or ()]
    height, width = crop.shape
    zoom = _BOX / max(height, width)
    size = (max(1, round(width * zoom)), max(1, round(height * zoom)))
    # Averaging areas is the anti-aliasing; a small drawing is enlarged smoothly instead.
    interpolation = cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
    digit = crop if zoom == 1 else cv2.resize(crop, size, interpolation=interpolation)
    digit = np.clip(digit / digit.max(), 0, 1)

    mass = digit.sum()
    height, width = digit.shape
    top = _place(float(digit.sum(axis=1) @ np.arange(height) / mass), height)
    left = _place(float(digit.sum(axis=0) @ np.arange(width) / mass), width)
    field = np.zeros((_SIDE, _SIDE), np.uint8)
    field[top : top + height, left : left + width] = (digit * 255 + 0.5).astype(np.uint8)
    return field


def _place(centre_of_mass: float, length: int) -> int:
    """Return where a side of `length` starts, so that its centre of mass lies at the centre."""
    return min(max(round(_CENTRE - centre_of_mass), 0), _SIDE - length)
