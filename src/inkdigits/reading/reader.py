"""Read the digits of a picture, from its file to its text."""

import os

import cv2
import numpy as np
import numpy.typing as npt

from inkdigits.reading.classifier import DEFAULT_MODEL, Classifier
from inkdigits.reading.frame import frame
from inkdigits.reading.ink import find_ink
from inkdigits.reading.marks import Mark, find_marks, merge
from inkdigits.reading.model_card import ModelCard
from inkdigits.reading.picture import Page, Picture, decode
from inkdigits.reading.result import Box, Digit, Reading
from inkdigits.reading.segment import find_digits

__all__ = ["Reader", "frame_picture"]

_WORKING_SIDE = 1600  # a digit needs 20 pixels: more than this only costs time


class Reader:
    """Reads pictures that show one handwritten digit each.

    Safe to share between threads; make one and keep it.

    Args:
        model: an ``.onnx`` file that InkDigits exported; the one in the package by default.
        threads: processor threads to use; all that this process may run on by default.

    Raises:
        ModelError: the model file is missing, damaged, or not a model of digits.

    Example:
        >>> Reader().read("seven.png").text  # doctest: +SKIP
        '7'
    """

    def __init__(
        self, model: str | os.PathLike[str] | None = None, threads: int | None = None
    ) -> None:
        self._classifier = Classifier(DEFAULT_MODEL if model is None else model, threads)

    @property
    def card(self) -> ModelCard:
        """What the model file says about itself."""
        return self._classifier.card

    def read(self, picture: Picture) -> Reading:
        """Read a picture: any size, colour and polarity.

        Args:
            picture: path, encoded bytes, binary file, Pillow image, or array of pixels.

        Raises:
            PictureError: the picture cannot be decoded.
        """
        page = decode(picture)
        height, width = page.shape
        shrink = max(1.0, max(height, width) / _WORKING_SIDE)
        if shrink > 1:
            size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
            page = cv2.resize(page, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        marks = find_marks(find_ink(page))
        found = find_digits(marks, self._classifier.open_set)
        digits = []
        for one in found:
            best = int(one.probabilities.argmax())
            confidence = float(one.probabilities[best])
            box = _scaled(one.mark.box, shrink, width, height)
            trusted = confidence >= self.card.rejection_threshold
            digits.append(
                Digit(best, confidence, box, one.line, trusted, one.image, one.probabilities)
            )
        return Reading(width, height, tuple(digits))

    def classify(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Classify images that are framed as MNIST is.

        Args:
            images: uint8 ``(count, 28, 28)``, bright ink on black.

        Returns:
            float32 ``(count, 10)``: a row of probabilities an image.

        Raises:
            ValueError: another shape or type.
        """
        return self._classifier(images)


def frame_picture(picture: Picture) -> npt.NDArray[np.uint8] | None:
    """Turn a picture of one digit into what MNIST would have made of it.

    Returns:
        uint8 ``(28, 28)``, bright ink on black; `None` where the picture shows no ink.

    Raises:
        PictureError: the picture cannot be decoded.
    """
    mark = _mark_on(decode(picture))
    return None if mark is None else frame(mark.strokes)


def _mark_on(page: Page) -> Mark | None:
    marks = find_marks(find_ink(page))
    return merge(marks) if marks else None


def _scaled(box: Box, by: float, width: int, height: int) -> Box:
    x0, y0 = int(box.x * by), int(box.y * by)
    x1 = min(width, round((box.x + box.width) * by))
    y1 = min(height, round((box.y + box.height) * by))
    return Box(x0, y0, x1 - x0, y1 - y0)
