"""Turn a picture, or digits that need no finding, into outcomes: a page's reading or its error."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from inkdigits.errors import InkDigitsError, PictureError
from inkdigits.reading.picture import Picture
from inkdigits.reading.result import Box, Digit, Outcome, Reading

if TYPE_CHECKING:
    from inkdigits.reading.reader import Reader

__all__ = ["outcomes_of", "outcomes_of_digits"]

_BATCH = 1024


def outcomes_of(reader: "Reader", source: str, picture: Picture) -> Iterator[Outcome]:
    """Read a picture page by page; whatever goes wrong is the last outcome's error.

    Args:
        reader: reads it.
        source: what the outcomes say the picture is.
        picture: as `Reader.read` takes it.
    """
    page = 0
    try:
        for reading in reader.read_pages(picture):
            if isinstance(reading, PictureError):
                yield Outcome(source, page, Reading(0, 0), str(reading))
            else:
                yield Outcome(source, page, reading)
            page += 1
        return
    except (InkDigitsError, TypeError) as error:
        trouble = str(error)
    except Exception as error:  # noqa: BLE001  (no picture may take the others with it)
        trouble = f"{source} made InkDigits itself fail ({type(error).__name__}: {error})"
    yield Outcome(source, page, Reading(0, 0), trouble)


def outcomes_of_digits(
    reader: "Reader", source: str, images: npt.NDArray[np.uint8], first: int = 0
) -> Iterator[Outcome]:
    """Classify images that are framed as MNIST is; each is a page with one digit on all of it.

    Args:
        reader: classifies them.
        source: what the outcomes say the images are from.
        images: uint8 ``(count, 28, 28)``, bright ink on black.
        first: page number of the first.
    """
    count, height, width = images.shape
    for start in range(0, count, _BATCH):
        batch = images[start : start + _BATCH]
        for offset, probabilities in enumerate(reader.classify(batch)):
            best = int(probabilities.argmax())
            confidence = float(probabilities[best])
            digit = Digit(
                best,
                confidence,
                Box(0, 0, width, height),
                trusted=confidence >= reader.min_confidence,
                image=batch[offset],
                probabilities=probabilities,
            )
            yield Outcome(source, first + start + offset, Reading(width, height, (digit,)))
