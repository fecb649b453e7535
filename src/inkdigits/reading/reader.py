"""Read the digits of a picture, from its file to its text."""

import os

import cv2
import numpy as np
import numpy.typing as npt

from inkdigits.reading.classifier import DEFAULT_MODEL, Classifier
from inkdigits.reading.frame import frame
from inkdigits.reading.ink import find_ink
from inkdigits.reading.marks import Mark, find_mark
from inkdigits.reading.model_card import ModelCard
from inkdigits.reading.picture import Page, Picture, decode
from inkdigits.reading.result import Box, Digit, Reading

__all__ = ["Reader", "frame_picture"]

_WORKING_SIDE = 640  # a digit needs 20 pixels: more than this only costs time


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
        mark = _mark_on(page)
        if mark is None:
            return Reading(page.width, page.height)
        image = frame(mark.ink)
        probabilities = self.classify(image[np.newaxis])[0]
        best = int(probabilities.argmax())
        confidence = float(probabilities[best])
        trusted = confidence >= self.card.rejection_threshold
        digit = Digit(
            best, confidence, mark.box, trusted=trusted, image=image, probabilities=probabilities
        )
        return Reading(page.width, page.height, (digit,))

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
    return None if mark is None else frame(mark.ink)


def _mark_on(page: Page) -> Mark | None:
    """Find the mark on a page; its box is in pixels of the full-size picture."""
    height, width = page.pixels.shape
    shrink = min(1.0, _WORKING_SIDE / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    smaller = cv2.resize(page.pixels, size, interpolation=cv2.INTER_AREA)
    mark = find_mark(find_ink(smaller.astype(np.uint8, copy=False)))
    if mark is None or page.width == size[0]:
        return mark
    scale = max(page.height, page.width) / max(size)
    x0, y0 = int(mark.box.x * scale), int(mark.box.y * scale)
    x1 = min(page.width, round((mark.box.x + mark.box.width) * scale))
    y1 = min(page.height, round((mark.box.y + mark.box.height) * scale))
    return Mark(Box(x0, y0, x1 - x0, y1 - y0), mark.ink)
