"""What inference processes do for requests. Every task gets the model's reader first.

Who asks for a task need not have what it is done with, and imports none of it.
"""

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from inkdigits._text import to_json
from inkdigits.errors import PictureError

if TYPE_CHECKING:
    from PIL import Image

    from inkdigits.reading import Digit, ModelCard, Reader

__all__ = ["PictureRequest", "PictureResult", "classify", "describe", "explain", "read"]

_MOST_EXPLAINED = 100  # each takes a twentieth of a second


@dataclass(frozen=True)
class PictureRequest:
    """A picture, and what to say of it.

    Args:
        picture: the bytes of its file.
        name: its name, if it has one.
        page: of a PDF or TIFF.
        boxes: whether to say where each digit is.
        details: whether to give each digit's image and probabilities.
        overlay: whether to draw the picture with boxes.
        explain: whether to draw what drove each answer.
        max_digits: more are not answered.
        model: the version to name in the answer.
    """

    picture: bytes
    name: str | None
    page: int
    boxes: bool
    details: bool
    overlay: bool
    explain: bool
    max_digits: int
    model: str


@dataclass(frozen=True)
class PictureResult:
    """What a picture says.

    Args:
        content: the answer, as JSON.
        trusted: number of digits that are.
        untrusted: number of those that are not.
    """

    content: bytes
    trusted: int
    untrusted: int


def describe(reader: "Reader") -> "ModelCard":
    """Return what the model file says of itself."""
    return reader.card


def read(reader: "Reader", request: PictureRequest) -> PictureResult:
    """Read a picture.

    Raises:
        PictureError: it cannot be decoded, or has too many digits.
    """
    from inkdigits.reading.explain import draw_explanation
    from inkdigits.reading.show import draw_reading

    reading = reader.read(request.picture, request.page)
    if len(reading.digits) > request.max_digits:
        raise PictureError(
            f"the picture has more than {request.max_digits:,} digits: cut it into parts"
        )
    answer = {"path": request.name, "page": request.page, **reading.to_dict(), "error": None}
    answer["digits"] = [_described(digit, request) for digit in reading.digits]
    answer["model"] = request.model
    if request.overlay:
        answer["overlay"] = _png(draw_reading(request.picture, reading, request.page))
    if request.explain:
        if len(reading.digits) > _MOST_EXPLAINED:
            raise PictureError(
                f"the picture has more than {_MOST_EXPLAINED} digits, and so many are not "
                "explained: cut it into parts"
            )
        answer["explanation"] = _png(draw_explanation(reader.classify_marks, reading))
    trusted = sum(digit.trusted for digit in reading.digits)
    return PictureResult(to_json(answer).encode(), trusted, len(reading.digits) - trusted)


def classify(reader: "Reader", images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Classify images as `Reader.classify` does."""
    return reader.classify(images)


def explain(reader: "Reader", image: npt.NDArray[np.uint8]) -> dict[str, object]:
    """Say how much each pixel of a digit's image, uint8 ``(28, 28)``, speaks for the answer."""
    from inkdigits.reading import Box, Digit
    from inkdigits.reading.explain import explain_digit

    answer = int(reader.classify_marks(image[np.newaxis])[0].argmax())
    digit = Digit(answer, 0.0, Box(0, 0, *image.shape), image=image)
    map_ = explain_digit(reader.classify_marks, digit)
    return {"digit": answer, "explanation": map_.astype(float).round(4).tolist()}


def _described(digit: "Digit", request: PictureRequest) -> dict[str, Any]:
    said = digit.to_dict()
    if not request.boxes:
        del said["box"]
    if request.details:
        said["trusted"] = digit.trusted
        said["probabilities"] = [round(float(value), 6) for value in digit.probabilities]
        said["image"] = base64.b64encode(digit.image.tobytes()).decode()
    return said


def _png(image: "Image.Image") -> str:
    file = io.BytesIO()
    image.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()
