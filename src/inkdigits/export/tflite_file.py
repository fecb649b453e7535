"""Export a network to one ``.tflite`` file, for phones and microcontrollers."""

import json
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inkdigits._files import scratch
from inkdigits._keras import keras
from inkdigits._quiet import silenced
from inkdigits.datasets import Dataset, add_channel, scale
from inkdigits.errors import ModelError, import_extra
from inkdigits.export.calibration import some_digits
from inkdigits.export.checked import cannot_be_done, check_probabilities, write_checked
from inkdigits.export.formats import Quantisation
from inkdigits.export.saved_model import save_with_signature
from inkdigits.export.tflite_classifier import CARD, TfliteClassifier
from inkdigits.reading import ModelCard
from inkdigits.reading.classifier import Classify

__all__ = ["export_tflite", "load", "weights", "write"]


def export_tflite(
    network: keras.Model,
    path: str | Path,
    card: ModelCard,
    quantise: Quantisation | str = Quantisation.NONE,
    dataset: Dataset | None = None,
) -> None:
    """Export a network of digits to a ``.tflite`` file, whole or not at all.

    The file takes one image: `images`, float32 ``(1, 28, 28, 1)``, 0 to 1; and gives
    `probabilities` or `logits` ``(1, 10)``, as the network does: its signature says which. Its card
    is the metadata `inkdigits`, as JSON.

    ``dynamic`` rounds the weights of all but the smallest layers to 8 bits. ``int8`` rounds
    everything: input and output are int8, too, by the scale and zero point that the file gives for
    them, and there is no float in it, so that it runs where there are only integers. With MNIST's
    pixels a step of the input is a pixel's, so that input is pixel - 128.

    Args:
        network: in float32.
        path: of the file.
        card: what the file shall say about itself.
        quantise: ``none``, ``dynamic`` or ``int8``.
        dataset: 1,000 of its digits tell ``int8`` how large activations become; MNIST's training
            set by default. Test digits shall stay unseen.

    Raises:
        ModelError: Keras runs on another backend than TensorFlow, a layer has no form in
            TensorFlow Lite, or the network gives no probabilities.
        MissingExtraError: LiteRT is not installed.
        OSError: the disk refuses.
    """
    how = Quantisation(quantise)
    import_extra("ai_edge_litert")  # is found missing now, not after the work
    try:
        model = _convert(network, how, dataset)
    except (OSError, MemoryError, ModelError):
        raise
    except Exception as error:  # the converter raises whatever its parts raise
        what = "whole numbers" if how is Quantisation.INT8 else "TensorFlow Lite"
        raise cannot_be_done(path, what, error) from error
    content = _with_card(model, replace(card, quantisation=str(how)))
    write_checked(
        Path(path),
        lambda temporary: temporary.write_bytes(content),
        lambda written: check_probabilities(load(written), written),
    )


def write(
    network: keras.Model, path: Path, card: ModelCard, quantise: Quantisation, dataset: Dataset
) -> None:
    """Write a network to a ``.tflite`` file, as `Exporter` says."""
    export_tflite(network, path, card, quantise, dataset)


def load(path: Path) -> Classify:
    """Load a ``.tflite`` file to classify with, as `Exporter` says."""
    return TfliteClassifier(path)


def weights(path: Path) -> Iterator[int]:
    """Yield the bytes of the weights in a ``.tflite`` file, as `Exporter` says."""
    schema: Any = import_extra("ai_edge_litert.schema_py_generated")
    model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    for tensor in model.subgraphs[0].tensors:
        data, quantised = model.buffers[tensor.buffer].data, tensor.quantization
        is_scaled = quantised is not None and quantised.scale is not None
        is_shape = tensor.type == schema.TensorType.INT32 and not is_scaled
        if data is not None and not is_shape:
            yield len(data)


def _convert(network: keras.Model, how: Quantisation, dataset: Dataset | None) -> bytes:
    with scratch() as folder:
        # Of one image, because an interpreter on a small device cannot lay out its memory anew.
        save_with_signature(network, folder, batch=1)
        import tensorflow as tf

        with silenced(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            converter = tf.lite.TFLiteConverter.from_saved_model(str(folder))
            if how is not Quantisation.NONE:
                converter.optimizations = [tf.lite.Optimize.DEFAULT]
            if how is Quantisation.INT8:
                images = add_channel(scale(some_digits(dataset)))
                converter.representative_dataset = lambda: _one_by_one(images)
                only = tf.lite.OpsSet.TFLITE_BUILTINS_INT8
                converter.target_spec.supported_ops = [only]
                converter.inference_input_type = tf.int8
                converter.inference_output_type = tf.int8
            model: bytes = converter.convert()
    return model


def _one_by_one(images: npt.NDArray[np.float32]) -> Iterator[list[npt.NDArray[np.float32]]]:
    for image in images:
        yield [image[np.newaxis]]


def _with_card(model: bytes, card: ModelCard) -> bytes:
    """Return a model with its card, in the place that TensorFlow Lite's format has for metadata."""
    schema: Any = import_extra("ai_edge_litert.schema_py_generated")
    flatbuffers: Any = import_extra("flatbuffers")
    whole = schema.ModelT.InitFromPackedBuf(model, 0)
    buffer = schema.BufferT(data=np.frombuffer(json.dumps(card.to_metadata()).encode(), np.uint8))
    whole.metadata.append(schema.MetadataT(name=CARD, buffer=len(whole.buffers)))
    whole.buffers.append(buffer)
    builder = flatbuffers.Builder(len(model))
    builder.Finish(whole.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())
