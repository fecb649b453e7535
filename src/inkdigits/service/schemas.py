"""What requests hold and answers give, as the OpenAPI document describes it."""

import base64
import binascii
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag

from inkdigits.datasets.dataset import SIDE
from inkdigits.feedback.correction import LONGEST_MODEL

__all__ = [
    "Classification",
    "ClassifyRequest",
    "CorrectionKept",
    "CorrectionRequest",
    "ExplainRequest",
    "Explanation",
    "ModelDescription",
    "Prediction",
    "ReadResult",
    "pixels",
]

_BYTES = SIDE * SIDE


def _check_base64(text: str) -> str:
    try:
        size = len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise ValueError("an image is base64") from None
    if size != _BYTES:
        raise ValueError(f"an image has 28 × 28 = 784 bytes, and this one has {size}")
    return text


_Encoded = Annotated[
    str,
    Field(
        max_length=1100,
        description="784 bytes in base64: 28 × 28 pixels, row by row, 0 (paper) to 255 (ink)",
        examples=[base64.b64encode(bytes(_BYTES)).decode()],
    ),
    AfterValidator(_check_base64),
]
_SIDES = Field(min_length=SIDE, max_length=SIDE, fail_fast=True)
_Row = Annotated[list[Annotated[int, Field(ge=0, le=255)]], _SIDES]
_Nested = Annotated[list[_Row], _SIDES]
# A discriminator, so that what is wrong is said of the form that was meant.
_Image = Annotated[
    Annotated[_Encoded, Tag("base64")] | Annotated[_Nested, Tag("lists")],
    Discriminator(lambda image: "base64" if isinstance(image, str) else "lists"),
]
_DigitValue = Annotated[int, Field(ge=0, le=9, strict=True)]
_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


def pixels(image: str | list[list[int]]) -> npt.NDArray[np.uint8]:
    """Return an image of a request as uint8 ``(28, 28)``, bright ink on black."""
    if isinstance(image, str):
        return np.frombuffer(base64.b64decode(image), np.uint8).reshape(SIDE, SIDE)
    return np.array(image, np.uint8)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ClassifyRequest(_Body):
    """Images of single digits, framed as MNIST frames them."""

    images: Annotated[
        list[_Image],
        Field(
            min_length=1,
            fail_fast=True,
            description="each as 28 lists of 28 whole numbers, 0 (paper) to 255 (ink), or as "
            "their 784 bytes in base64",
        ),
    ]


class Prediction(BaseModel):
    """What one image shows."""

    digit: int = Field(examples=[7])
    confidence: float = Field(examples=[0.998])
    trusted: bool = Field(description="whether the confidence reaches the model's threshold")
    probabilities: list[float] = Field(description="of the digits 0 to 9")


class Classification(BaseModel):
    """What the images show, in their order."""

    model: str = Field(examples=["90bb6c7d4c1f"])
    predictions: list[Prediction]


class ExplainRequest(_Body):
    """The image of one digit."""

    image: _Encoded


class Explanation(BaseModel):
    """What drives an answer."""

    digit: int
    explanation: list[list[float]] = Field(
        description="28 × 28 pixels, in nats: above 0 where the image speaks for the answer, below "
        "0 where it speaks against it"
    )


class ReadDigit(BaseModel):
    """One digit of a picture."""

    digit: int = Field(examples=[4])
    confidence: float = Field(examples=[0.998])
    box: list[int] | None = Field(
        None, description="left, top, width, height in the upright picture", examples=[[9, 8, 7, 6]]
    )
    line: int = Field(examples=[0])
    trusted: bool | None = None
    probabilities: list[float] | None = None
    image: str | None = Field(None, description="what the network saw: 784 bytes in base64")


class ReadResult(BaseModel):
    """What a picture says."""

    path: str | None = Field(description="the file's name, where one was sent")
    page: int
    width: int
    height: int
    text: str = Field(
        description="a line of writing a line; `?` for a digit that is not trusted",
        examples=["404\n1000"],
    )
    confidence: float
    digits: list[ReadDigit]
    error: None = None
    model: str
    overlay: str | None = Field(None, description="the picture with boxes: PNG in base64")
    explanation: str | None = Field(None, description="what drove each answer: PNG in base64")


class CorrectionRequest(_Body):
    """What somebody says that a digit is."""

    consent: Literal[True] = Field(description="that the image is kept, to learn from")
    image: _Encoded
    digit: _DigitValue = Field(description="what it is")
    answer: _DigitValue | None = Field(None, description="what the service said")
    confidence: _Share | None = None
    model: str = Field(
        "", max_length=LONGEST_MODEL, description="the version of the model that said it"
    )


class CorrectionKept(BaseModel):
    """A correction that is in the database."""

    id: str = Field(description="the SHA-256 of the image")
    new: bool = Field(description="whether the image was not there before")


class ModelDescription(BaseModel):
    """The model that answers."""

    version: str
    promoted: bool = Field(description="whether `inkdigits promote` put it in service")
    corrections: bool = Field(description="whether corrections are taken")
    card: dict[str, Any] = Field(description="what the model file says of itself")
