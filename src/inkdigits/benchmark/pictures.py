"""The pictures whose reading is timed, made of MNIST's test digits: the same everywhere."""

import io

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from inkdigits.datasets import Dataset

__all__ = ["DIGITS", "drawing", "encode", "photo"]

DIGITS = 10
"""How many there are on the photo: the first of the data set, in one line."""


def drawing(dataset: Dataset) -> npt.NDArray[np.uint8]:
    """Return the first digit, dark on white, uint8 ``(28, 28)``."""
    return np.asarray(255 - dataset.images[0])


def photo(dataset: Dataset) -> npt.NDArray[np.uint8]:
    """Return a page in uneven light with a line of digits on it, uint8 ``(866, 1155)``."""
    rng = np.random.default_rng(0)
    page = 210 + np.linspace(-30, 30, 1155)[None, :] + rng.normal(0, 3, (866, 1155))
    for place, image in enumerate(dataset.images[:DIGITS]):
        digit = cv2.resize(image, (100, 100), interpolation=cv2.INTER_CUBIC)
        y, x = 380 + 12 * (place % 2), 20 + 112 * place
        page[y : y + 100, x : x + 100] -= 0.6 * digit
    return np.asarray(cv2.GaussianBlur(np.clip(page, 0, 255).astype(np.uint8), (0, 0), 1), np.uint8)


def encode(pixels: npt.NDArray[np.uint8], kind: str) -> bytes:
    """Return the bytes of a file of pixels; `kind` is Pillow's name of its format."""
    file = io.BytesIO()
    Image.fromarray(pixels).convert("RGB").save(file, kind, quality=90)
    return file.getvalue()
