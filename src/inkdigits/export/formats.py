"""Which files there are, how each may be quantised, and one way to write any of them."""

import tempfile
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from inkdigits.errors import ModelError

if TYPE_CHECKING:
    import keras

    from inkdigits.datasets import Dataset
    from inkdigits.reading import ModelCard

__all__ = ["Format", "Quantisation", "export_as", "file_name", "quantisations"]


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
        path: of the file, or of the folder of a SavedModel.
        card: what ``.onnx`` and ``.tflite`` files shall say about themselves.
        form: of the file.
        quantise: one that `quantisations` names for the format.
        dataset: some of its digits tell ``int8`` how large activations become.

    Raises:
        ModelError: the network cannot be written so.
        MissingExtraError: LiteRT is not installed.
        OSError: the disk refuses.
    """
    match form:
        case Format.ONNX:
            _export_onnx(network, Path(path), card, quantise, dataset)
        case Format.TFLITE:
            from inkdigits.export.tflite_file import export_tflite

            export_tflite(network, path, card, quantise, dataset)
        case Format.SAVED_MODEL:
            from inkdigits.export.saved_model import export_saved_model

            export_saved_model(network, path)
        case Format.KERAS:
            from inkdigits.networks.saved import save_network

            if Path(path).suffix != ".keras":  # Keras goes by it
                raise ModelError(f"{path} must end in .keras")
            save_network(network, Path(path))


def _export_onnx(
    network: "keras.Model",
    path: Path,
    card: "ModelCard",
    quantise: Quantisation,
    dataset: "Dataset",
) -> None:
    from inkdigits.export.onnx_file import export_onnx
    from inkdigits.export.quantise import quantise_onnx

    if quantise is Quantisation.NONE:
        export_onnx(network, path, card)
        return
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "model.onnx"
        try:
            export_onnx(network, whole, card)
        except ModelError as error:  # it names a file that nobody knows
            raise ModelError(str(error).replace(str(whole), str(path))) from error
        quantise_onnx(whole, path, quantise, dataset)
