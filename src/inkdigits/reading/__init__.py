"""Pictures are *decoded*, ink is *found*, digits are *framed* and *classified*, without Keras."""

from typing import TYPE_CHECKING

from inkdigits._lazy import lazy

if TYPE_CHECKING:
    from inkdigits.reading.classifier import Classifier
    from inkdigits.reading.model_card import ModelCard
    from inkdigits.reading.picture import Page, decode, pages
    from inkdigits.reading.reader import Reader, frame_picture
    from inkdigits.reading.result import Box, Digit, Outcome, Reading

__all__ = [
    "Box",
    "Classifier",
    "Digit",
    "ModelCard",
    "Outcome",
    "Page",
    "Reader",
    "Reading",
    "decode",
    "frame_picture",
    "pages",
]

# A service answers requests in a process that neither decodes nor classifies.
__getattr__ = lazy(
    __name__,
    {
        "Box": "result",
        "Classifier": "classifier",
        "Digit": "result",
        "ModelCard": "model_card",
        "Outcome": "result",
        "Page": "picture",
        "Reader": "reader",
        "Reading": "result",
        "decode": "picture",
        "frame_picture": "reader",
        "pages": "picture",
    },
)
