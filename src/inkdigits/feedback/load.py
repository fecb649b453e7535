"""Corrections as a data set: those to learn from, or those to measure on."""

import numpy as np

from inkdigits.datasets import Dataset
from inkdigits.datasets.dataset import SIDE
from inkdigits.feedback.database import Feedback
from inkdigits.feedback.held_out import is_held_out

__all__ = ["load_corrections"]


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
