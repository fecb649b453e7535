"""Pictures are *decoded*, ink is *found*, digits are *framed* and *classified*, without Keras."""

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
