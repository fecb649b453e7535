"""Export a network to a ``.keras`` file, which Keras goes on with."""

from collections.abc import Iterator
from pathlib import Path

from inkdigits._keras import keras
from inkdigits.datasets import Dataset
from inkdigits.export.checked import check_probabilities, write_checked
from inkdigits.export.formats import Quantisation
from inkdigits.networks import as_classifier
from inkdigits.networks.saved import load_network
from inkdigits.reading import ModelCard
from inkdigits.reading.classifier import Classify

__all__ = ["load", "weights", "write"]


def write(
    network: keras.Model, path: Path, _card: ModelCard, _quantise: Quantisation, _dataset: Dataset
) -> None:
    """Write a network to a ``.keras`` file, as `Exporter` says."""
    write_checked(path, network.save, lambda written: check_probabilities(load(written), written))


def load(path: Path) -> Classify:
    """Load a ``.keras`` file to classify with, as `Exporter` says."""
    return as_classifier(load_network(path))


def weights(path: Path) -> Iterator[int]:
    """Yield the bytes of the weights in a ``.keras`` file, as `Exporter` says."""
    return (weights.nbytes for weights in load_network(path).get_weights())
