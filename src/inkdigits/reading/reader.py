"""Read the digits of pictures, from files to text."""

import contextlib
import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inkdigits._processors import available_processes, available_threads
from inkdigits.errors import PictureError
from inkdigits.reading.candidate import Candidate
from inkdigits.reading.classifier import Classifier
from inkdigits.reading.frame import frame
from inkdigits.reading.ink import find_ink
from inkdigits.reading.many import named, read_many
from inkdigits.reading.marks import Mark, find_marks, merge
from inkdigits.reading.model_card import ModelCard
from inkdigits.reading.model_file import DEFAULT_MODEL
from inkdigits.reading.picture import Page, Picture, decode, pages
from inkdigits.reading.result import Box, Digit, Outcome, Reading
from inkdigits.reading.segment import find_digits
from inkdigits.reading.sheet import find_sheet

__all__ = ["Reader", "frame_picture"]

_KEPT = 0.8  # how probable a digit must be for what may be a rule to be kept


class Reader:
    """Reads the handwritten digits of pictures.

    Safe to share between threads; make one and keep it.

    Args:
        model: an ``.onnx`` file that InkDigits exported; the one in the package by default.
        threads: processors to use; by default all that this process may run on, but for many
            pictures 8 at most. OpenCV keeps threads of its own, for which the whole process has one
            setting: ``cv2.setNumThreads``.
        min_confidence: a digit with less is not trusted, 0 to 1; the model's own rejection
            threshold by default.
        max_marks: a page with more marks is not read; by default there is no such limit.

    Attributes:
        model: the path of the model file.
        threads: processors that one picture may use.
        processes: that read many pictures.
        min_confidence: from which on a digit is trusted.
        max_marks: that a page may have, or `None`.

    Raises:
        ModelError: the model file is missing, damaged, or not a model of digits.
        ValueError: `threads` or `max_marks` below 1, or `min_confidence` not from 0 to 1.

    Example:
        >>> Reader().read("year.png").text  # doctest: +SKIP
        '2024'
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | None = None,
        threads: int | None = None,
        min_confidence: float | None = None,
        max_marks: int | None = None,
    ) -> None:
        if threads is not None and (not isinstance(threads, int) or threads < 1):
            raise ValueError(f"threads must be a whole number from 1 on, not {threads}")
        if min_confidence is not None and not 0 <= min_confidence <= 1:
            raise ValueError(f"min_confidence must be from 0 to 1, not {min_confidence}")
        if max_marks is not None and (not isinstance(max_marks, int) or max_marks < 1):
            raise ValueError(f"max_marks must be a whole number from 1 on, not {max_marks}")
        model = Path(DEFAULT_MODEL if model is None else model)
        self.model = model.absolute()
        self.threads = threads or available_threads()
        self.max_marks = max_marks
        self.processes = threads or available_processes()
        self._classifier = Classifier(model, self.threads)
        self.min_confidence = (
            self.card.rejection_threshold if min_confidence is None else min_confidence
        )

    @property
    def card(self) -> ModelCard:
        """What the model file says about itself."""
        return self._classifier.card

    def read(self, picture: Picture, page: int = 0) -> Reading:
        """Read a picture: any size, colour and polarity; of several pages, one.

        Args:
            picture: path, encoded bytes, binary file, Pillow image, or array of pixels.
            page: which one, counted from 0.

        Raises:
            PictureError: the picture cannot be decoded, has no such page, or has more marks than
                `max_marks`.
            ValueError: `page` below 0.
        """
        if not isinstance(page, int) or page < 0:
            raise ValueError(f"page must be a whole number from 0 on, not {page}")
        with contextlib.closing(pages(picture, page)) as every_page:
            opened = next(every_page, None)
            if opened is None:
                raise PictureError(f"the picture has no page {page + 1}")
            if isinstance(opened, PictureError):
                raise opened
            return self._read_page(opened)

    def read_pages(self, picture: Picture) -> Iterator[Reading | PictureError]:
        """Read all pages of a picture, such as a PDF's, one after the other.

        Args:
            picture: as `read` takes it.

        Yields:
            A page's reading; its error where only that page cannot be decoded.

        Raises:
            PictureError: the picture cannot be decoded at all.
        """
        for page in pages(picture):
            if isinstance(page, PictureError):
                yield page
                continue
            try:
                reading = self._read_page(page)
            except PictureError as error:
                yield error
            else:
                yield reading

    def read_many(self, pictures: Iterable[Picture]) -> Generator[Outcome, None, None]:
        """Read many pictures, on all processors, and yield what becomes of each.

        A picture that cannot be read gives an outcome with `error` set, and the others go on.
        Reading that takes longer than a moment is shared out to `threads` processes, each of which
        holds a reader of its own (about 100 MB); they end with the generator. Once they read, a
        picture that ends its process, such as by a decoder's crash, costs that picture alone.

        Args:
            pictures: as `read` takes them. Only a few are taken ahead of what was yielded, so there
                may be any number of them.

        Yields:
            An outcome a page, in the order given. Its source is the picture's path or `name`, or
            else its position counted from 1, as "picture 3".
        """
        if isinstance(pictures, str | bytes | os.PathLike):
            raise TypeError("read_many takes pictures, such as a list of paths; read takes one")
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

    def classify_marks(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Classify framed marks that may be no digits.

        Args:
            images: uint8 ``(count, 28, 28)``, bright ink on black.

        Returns:
            float32 ``(count, 10)``: what a row lacks to 1 is the probability of "not a digit"; a
            model that does not know of that never lacks any.

        Raises:
            ValueError: another shape or type.
        """
        return self._classifier.open_set(images)

    def _read_page(self, page: Page) -> Reading:
        found = self._digits_on(page)
        if found is None and page.by_colour is not None:
            page = page.by_colour()
            found = self._digits_on(page)
        return self._reading(page, found or [])

    def _digits_on(self, page: Page) -> list[Candidate] | None:
        """Find the digits of a page; `None` where there is no ink at all."""
        sheet = find_sheet(page.pixels)
        if sheet is None:
            return self._digits_among(page.pixels)
        found, readable = None, True
        try:
            found = self._digits_among(page.pixels)
        except PictureError:  # the grain of a desk has many marks; the sheet on it may have few
            readable = False
        # A desk is no paper: beside one, all of the sheet may have seemed to be ink.
        on_sheet = self._digits_among(page.pixels[sheet])
        if on_sheet is None or (readable and self._trusted(on_sheet) <= self._trusted(found or [])):
            return found
        rows, columns = sheet
        return [one.moved(columns.start, rows.start) for one in on_sheet]

    def _digits_among(self, pixels: npt.NDArray[np.uint8]) -> list[Candidate] | None:
        height, width = pixels.shape
        marks = find_marks(find_ink(pixels), self._is_digit)
        if not marks:
            return None
        if self.max_marks is not None and len(marks) > self.max_marks:
            raise PictureError(
                f"the picture has {len(marks):,} marks, and more than {self.max_marks:,} are not "
                "read: cut it into parts"
            )
        return find_digits(marks, (height, width), self.classify_marks)

    def _trusted(self, found: list[Candidate]) -> int:
        return sum(one.confidence >= self.min_confidence for one in found)

    def _is_digit(self, marks: Sequence[Mark]) -> bool:
        images = np.stack([frame(mark.strokes) for mark in marks])
        return bool(self.classify_marks(images).max() > _KEPT)

    def _reading(self, page: Page, found: list[Candidate]) -> Reading:
        digits = tuple(
            Digit(
                digit=one.digit,
                confidence=one.confidence,
                box=_full_size(one.mark.box, page),
                line=one.line,
                trusted=one.confidence >= self.min_confidence,
                image=one.image,
                probabilities=one.probabilities,
            )
            for one in found
        )
        return Reading(page.width, page.height, digits)


def frame_picture(picture: Picture) -> npt.NDArray[np.uint8] | None:
    """Turn a picture of one digit into what MNIST would have made of it.

    Returns:
        uint8 ``(28, 28)``, bright ink on black; `None` where the picture shows no ink.

    Raises:
        PictureError: the picture cannot be decoded.
    """
    marks = find_marks(find_ink(decode(picture).pixels))
    return frame(merge(marks).strokes) if marks else None


def _full_size(box: Box, page: Page) -> Box:
    """Return where a box of a page's pixels lies in the full-size picture."""
    if page.scale == 1:
        return box
    x0, y0 = int(box.x * page.scale), int(box.y * page.scale)
    x1 = min(page.width, round((box.x + box.width) * page.scale))
    y1 = min(page.height, round((box.y + box.height) * page.scale))
    return Box(x0, y0, x1 - x0, y1 - y0)
