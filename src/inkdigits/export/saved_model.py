"""Export a network to a TensorFlow SavedModel: the folder that TensorFlow Serving takes."""

import warnings
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from inkdigits._keras import keras
from inkdigits._quiet import silenced
from inkdigits.datasets import Dataset, add_channel, scale
from inkdigits.datasets.dataset import DIGITS
from inkdigits.errors import ModelError
from inkdigits.export.checked import check_probabilities, write_checked
from inkdigits.export.formats import Quantisation
from inkdigits.networks import gives_logits
from inkdigits.reading import ModelCard
from inkdigits.reading.classifier import Classify, check_images, softmax

__all__ = ["export_saved_model", "load", "save_with_signature", "weights", "write"]

_BATCH = 500


def export_saved_model(network: keras.Model, path: str | Path) -> None:
    """Export a network of digits to a SavedModel in a new folder, whole or not at all.

    Its signature `serving_default` (also `serve`) takes `images`, float32 ``(N, 28, 28, 1)``, 0 to
    1, and gives `probabilities` or `logits` ``(N, 10)``, as the network does.

    Raises:
        ModelError: something is in `path` already, Keras runs on another backend, or the network
            gives no probabilities.
        OSError: the disk refuses.
    """
    path = Path(path)
    try:
        write_checked(
            path,
            lambda temporary: save_with_signature(network, temporary, batch=None),
            lambda written: check_probabilities(load(written), written),
            is_folder=True,
        )
    except FileExistsError as error:
        raise ModelError(f"{path} has something in it already; choose another place") from error
    except UnicodeEncodeError as error:
        raise ModelError(f"TensorFlow takes only UTF-8 names, which {path} is none of") from error


def write(
    network: keras.Model, path: Path, _card: ModelCard, _quantise: Quantisation, _dataset: Dataset
) -> None:
    """Write a network to a SavedModel, as `Exporter` says."""
    export_saved_model(network, path)


def save_with_signature(network: keras.Model, path: Path, *, batch: int | None) -> None:
    """Save a network to a SavedModel whose input and output have names.

    Args:
        network: in float32.
        path: of the folder.
        batch: how many images it takes at once; `None` for any number.

    Raises:
        ModelError: Keras runs on another backend than TensorFlow.
    """
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise ModelError(
            f"only TensorFlow makes this file, and Keras runs on {backend}: set "
            "KERAS_BACKEND=tensorflow"
        )
    import tensorflow as tf

    name = "logits" if gives_logits(network) else "probabilities"
    archive = keras.export.ExportArchive()  # told to track the network, it stores each weight twice
    archive.add_endpoint(
        "serve",
        lambda images: {name: network(images, training=False)},
        [tf.TensorSpec((batch, 28, 28, 1), tf.float32, name="images")],
    )
    with silenced(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.write_out(path, verbose=False)


def load(path: Path) -> Classify:
    """Load a SavedModel that `export_saved_model` wrote; one of a stranger may run any code.

    Returns:
        A function from images uint8 ``(count, 28, 28)`` to probabilities float32 ``(count, 10)``.

    Raises:
        ModelError: missing or damaged.
    """
    import tensorflow as tf

    try:
        with silenced():
            model: Any = tf.saved_model.load(str(path))
        serve = model.signatures["serving_default"]
    except Exception as error:  # TensorFlow's own kinds share no narrower base
        raise ModelError(f"{path} is not a sound SavedModel") from error

    def classify(images: Any) -> Any:
        check_images(images)
        probabilities = np.empty((len(images), DIGITS), np.float32)
        for start in range(0, len(images), _BATCH):
            scaled = add_channel(scale(images[start : start + _BATCH]))
            ((name, outputs),) = serve(images=tf.constant(scaled)).items()
            given = outputs.numpy()
            probabilities[start : start + _BATCH] = softmax(given) if name == "logits" else given
        return probabilities

    return classify


def weights(path: Path) -> Iterator[int]:
    """Yield the bytes of the weights in a SavedModel, as `Exporter` says."""
    import tensorflow as tf

    with silenced():
        checkpoint = tf.train.load_checkpoint(str(path / "variables" / "variables"))
    shapes = checkpoint.get_variable_to_shape_map()
    for name, dtype in checkpoint.get_variable_to_dtype_map().items():
        if dtype.is_floating:  # or else the state of a dropout's generator, or the file's own notes
            yield prod(shapes[name]) * dtype.size
