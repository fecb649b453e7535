"""Read the digits of a picture, from its file to its text."""

import os
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from inkdigits.reading.classifier import DEFAULT_MODEL, Classifier, available_threads
from inkdigits.reading.frame import frame
from inkdigits.reading.ink import find_ink
from inkdigits.reading.many import named, read_many
from inkdigits.reading.marks import Mark, find_mark
from inkdigits.reading.model_card import ModelCard
from inkdigits.reading.picture import Page, Picture, decode
from inkdigits.reading.result import Box, Digit, Outcome, Reading

__all__ = ["Reader", "frame_picture"]

_WORKING_SIDE = 640  # a digit needs 20 pixels: more than this only costs time
_MOST_PROCESSES = 8  # a container may show all its host's processors and have little memory


class Reader:
    """Reads pictures that show one handwritten digit each.

    Safe to share between threads; make one and keep it.

    Args:
        model: an ``.onnx`` file that InkDigits exported; the one in the package by default.
        threads: processors to use; by default all that this process may run on, but for many
            pictures 8 at most.
        min_confidence: a digit with less is not trusted, 0 to 1; the model's own rejection
            threshold by default.

    Raises:
        ModelError: the model file is missing, damaged, or not a model of digits.
        ValueError: `threads` below 1, or `min_confidence` not from 0 to 1.

    Example:
        >>> Reader().read("seven.png").text  # doctest: +SKIP
        '7'
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | None = None,
        threads: int | None = None,
        min_confidence: float | None = None,
    ) -> None:
        if threads is not None and threads < 1:
            raise ValueError(f"threads must be 1 or more, not {threads}")
        if min_confidence is not None and not 0 <= min_confidence <= 1:
            raise ValueError(f"min_confidence must be from 0 to 1, not {min_confidence}")
        model = Path(DEFAULT_MODEL if model is None else model)
        self.model = model.absolute()
        self.threads = threads or available_threads()
        self.processes = threads or min(self.threads, _MOST_PROCESSES)
        self._classifier = Classifier(model, self.threads)
        self.min_confidence = (
            self.card.rejection_threshold if min_confidence is None else min_confidence
        )

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
        mark = _mark_on(page)
        if mark is None:
            return Reading(width, height)
        image = frame(mark.ink)
        probabilities = self.classify(image[np.newaxis])[0]
        best = int(probabilities.argmax())
        confidence = float(probabilities[best])
        trusted = confidence >= self.min_confidence
        digit = Digit(
            best, confidence, mark.box, trusted=trusted, image=image, probabilities=probabilities
        )
        return Reading(width, height, (digit,))

    def read_pages(self, picture: Picture) -> Iterator[Reading]:
        """Read the pages of a picture, one after the other.

        Raises:
            PictureError: the picture cannot be decoded.
        """
        yield self.read(picture)

    def read_many(self, pictures: Iterable[Picture]) -> Generator[Outcome, None, None]:
        """Read many pictures, on all processors, and yield what becomes of each.

        A picture that cannot be read gives an outcome with `error` set, and the others go on.
        Reading that takes longer than a moment is shared out to `threads` processes, each of which
        holds a reader of its own (about 100 MB); they end with the generator.

        Args:
            pictures: as `read` takes them. Only a few are taken ahead of what was yielded, so there
                may be any number of them.

        Yields:
            An outcome a page, in the order given. Its source is the picture's path or `name`, or
            else its position counted from 1, as "picture 3".
        """
        return read_many(self, named(pictures))

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
    """Find the mark on a page; its box is in the page's own pixels."""
    height, width = page.shape
    shrink = max(height, width) / _WORKING_SIDE
    if shrink <= 1:
        return find_mark(find_ink(page))
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    smaller = cv2.resize(page, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    mark = find_mark(find_ink(smaller))
    if mark is None:
        return None
    x0, y0 = int(mark.box.x * shrink), int(mark.box.y * shrink)
    x1 = min(width, round((mark.box.x + mark.box.width) * shrink))
    y1 = min(height, round((mark.box.y + mark.box.height) * shrink))
    return Mark(Box(x0, y0, x1 - x0, y1 - y0), mark.ink)
