"""Which files there are, how each may be quantised, and one way to write any of them."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from inkdigits.errors import ModelError

if TYPE_CHECKING:
    import keras

    from inkdigits.datasets import Dataset
    from inkdigits.reading import ModelCard
    from inkdigits.reading.classifier import Classify

__all__ = [
    "Exporter",
    "Format",
    "Quantisation",
    "export_as",
    "exporter_of",
    "file_name",
    "quantisations",
]


class Format(StrEnum):
    """What a file is for: ONNX Runtime, LiteRT, TensorFlow Serving, Keras."""

    ONNX = "onnx"
    TFLITE = "tflite"
    SAVED_MODEL = "saved-model"
    KERAS = "keras"


class Quantisation(StrEnum):
    """How much of a network is rounded to 8 bits: nothing, its weights, or all of it."""

    NONE = "none"
    DYNAMIC = "dynamic"
    INT8 = "int8"


class Exporter(Protocol):
    """What the module of a format can do."""

    def write(
        self,
        network: "keras.Model",
        path: Path,
        card: "ModelCard",
        quantise: Quantisation,
        dataset: "Dataset",
    ) -> None:
        """Write a network to a file, as `export_as` says."""

    def load(self, path: Path) -> "Classify":
        """Load an exported file: a function from images to probabilities.

        Raises:
            ModelError: the file is damaged.
        """

    def weights(self, path: Path) -> Iterator[int]:
        """Yield the bytes of each array of weights and biases in an exported file.

        What only says how to read them does not count: names, shapes, scales, the card.
        """


def exporter_of(form: Format) -> Exporter:
    """Return the module of a format."""
    from inkdigits.export import keras_file, onnx_file, saved_model, tflite_file

    exporters: dict[Format, Exporter] = {
        Format.ONNX: onnx_file,
        Format.TFLITE: tflite_file,
        Format.SAVED_MODEL: saved_model,
        Format.KERAS: keras_file,
    }
    return exporters[form]


def quantisations(form: Format) -> tuple[Quantisation, ...]:
    """Return how files of a format can be quantised."""
    if form in (Format.ONNX, Format.TFLITE):
        return tuple(Quantisation)
    return (Quantisation.NONE,)


def file_name(name: str, form: Format, quantise: Quantisation) -> str:
    """Name a file by its model: ``model-int8.onnx``; a SavedModel is a folder: ``saved-model``."""
    if form is Format.SAVED_MODEL:
        return str(form) if name == "model" else f"{name}-{form}"
    return f"{name}.{form}" if quantise is Quantisation.NONE else f"{name}-{quantise}.{form}"


def export_as(
    network: "keras.Model",
    path: str | Path,
    card: "ModelCard",
    form: Format,
    quantise: Quantisation,
    dataset: "Dataset",
) -> None:
    """Write a network to a file of any format, whole or not at all.

    Args:
        network: in float32.
        path: of the file, which ends as the format does, or of the folder of a SavedModel.
        card: what ``.onnx`` and ``.tflite`` files shall say about themselves.
        form: of the file.
        quantise: one that `quantisations` names for the format.
        dataset: some of its digits tell ``int8`` how large activations become.

    Raises:
        ModelError: the network cannot be written so, gives no probabilities, or `path` ends
            otherwise.
        MissingExtraError: LiteRT is not installed.
        OSError: the disk refuses.
    """
    import numpy as np  # not for those who only ask which formats there are

    path = Path(path)
    if form is not Format.SAVED_MODEL and path.suffix != f".{form}":
        raise ModelError(f"{path} must end in .{form}")  # programs go by it
    if not all(np.isfinite(weights).all() for weights in network.get_weights()):
        # Some layers of some programs hide them, and others do not.
        raise ModelError(f"{path} was not written: the network has weights that are no numbers")
    exporter_of(form).write(network, path, card, quantise, dataset)
