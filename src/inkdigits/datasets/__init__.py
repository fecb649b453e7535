"""Data is *loaded*, *split* and *preprocessed*: files in, arrays of digits out."""

from inkdigits.datasets.dataset import Dataset
from inkdigits.datasets.load import Parts, holds_digits, load, load_images, load_parts
from inkdigits.datasets.mnist import load_mnist
from inkdigits.datasets.preprocess import add_channel, one_hot, scale

__all__ = [
    "Dataset",
    "Parts",
    "add_channel",
    "holds_digits",
    "load",
    "load_images",
    "load_mnist",
    "load_parts",
    "one_hot",
    "scale",
]
