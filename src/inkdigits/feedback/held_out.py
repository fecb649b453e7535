"""Corrections to learn from, and those that are never learned from, to measure on."""

import numpy as np

from inkdigits.datasets import Dataset
from inkdigits.datasets.dataset import SIDE
from inkdigits.feedback.database import Feedback

__all__ = ["is_held_out", "load_corrections"]

_EVERY = 5


def is_held_out(id: str) -> bool:  # noqa: A002  # the field's own name
    """Tell by a correction's id whether it is one of the fifth that is never learned from.

    The id is a hash of the image, so an image stays on its side whoever sends it, and when.
    """
    return int(id[:8], 16) % _EVERY == 0


def load_corrections(url: str, *, held_out: bool) -> Dataset | None:
    """Load a part of the corrections as a data set named "corrections".

    Args:
        url: of the database.
        held_out: the fifth that is held out; otherwise the others.

    Returns:
        Images uint8 ``(count, 28, 28)`` with the digits that people said they are, oldest first;
        ``None`` where there is none.

    Raises:
        FeedbackError: the database cannot be read.
    """
    pixels, digits = bytearray(), bytearray()
    with Feedback(url) as feedback:
        for correction in feedback.each():
            if is_held_out(correction.id) == held_out:
                pixels += correction.image.tobytes()
                digits.append(correction.digit)
    if not digits:
        return None
    images = np.frombuffer(pixels, np.uint8).reshape(-1, SIDE, SIDE)
    return Dataset(images, np.frombuffer(digits, np.uint8), "corrections")
