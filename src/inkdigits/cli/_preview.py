"""Show digits in a terminal, in Braille dots: 28×28 pixels take 14×7 characters."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["preview"]

_BRAILLE = 0x2800
_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
_GAP = 2


def preview(images: npt.NDArray[np.uint8], captions: Sequence[str]) -> str:
    """Draw digits side by side, each over its caption.

    Args:
        images: uint8 ``(count, 28, 28)``, bright ink on black.
        captions: one an image, at most 14 characters wide.

    Returns:
        Eight lines of text.
    """
    count, height, width = images.shape
    dots = (images > 100).reshape(count, height // 4, 4, width // 2, 2)
    cells = _BRAILLE + (dots * _DOTS[:, None, :]).sum(axis=(2, 4))
    gap = " " * _GAP
    lines = [
        gap.join("".join(map(chr, cells[image, row])) for image in range(count))
        for row in range(height // 4)
    ]
    lines.append(gap.join(caption.center(width // 2) for caption in captions).rstrip())
    return "\n".join(lines)
