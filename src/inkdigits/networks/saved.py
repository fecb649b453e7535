"""Save networks to ``.keras`` files and load them, trusting no file.

A ``.keras`` file describes a model as well as it holds weights, and a description can name any
class. So our own networks are rebuilt from our own code and only take the weights; a network of
anybody else is built from its description only if that names plain Keras layers and nothing else.
"""

import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inkdigits._files import write_through
from inkdigits._keras import keras
from inkdigits.errors import ModelError, reason

__all__ = ["load_network", "load_weights", "save_network"]

_MAX_BYTES = 1 << 30

_LAYERS = frozenset(
    """
    Activation Add Average AveragePooling2D BatchNormalization Concatenate Conv2D Cropping2D
    Dense DepthwiseConv2D Dropout ELU Flatten GlobalAveragePooling2D GlobalMaxPooling2D
    GroupNormalization InputLayer LayerNormalization LeakyReLU MaxPooling2D Maximum Multiply PReLU
    ReLU Rescaling Reshape SeparableConv2D Softmax SpatialDropout2D Subtract ZeroPadding2D
    """.split()  # noqa: SIM905
)
"""What a network may be made of: layers that only compute."""

_HELPER_HOMES = ("keras.initializers", "keras.regularizers", "keras.constraints")

_PARTS = {
    ("keras", "DTypePolicy"),
    ("keras", "Sequential"),
    ("keras.models", "Sequential"),
    ("keras.src.models.functional", "Functional"),
    ("", "__keras_tensor__"),  # how a description points from one layer to the next
}


def save_network(network: keras.Model, path: Path) -> None:
    """Save a network to a ``.keras`` file, whole or not at all.

    Raises:
        OSError: the disk refuses.
    """
    write_through(path, network.save)


def load_weights(network: keras.Model, path: Path) -> None:
    """Put the weights of a ``.keras`` file into a network of ours, whatever the file describes.

    Raises:
        ModelError: missing, damaged, or of another network.
    """
    _check_archive(path)
    try:
        network.load_weights(path)
    except Exception as error:  # h5py reports damage in its own and in Python's ways
        raise ModelError(f"{path} is damaged, or of another network than {network.name}") from error


def load_network(path: Path) -> keras.Model:
    """Load a network from a ``.keras`` file by its own description.

    Raises:
        ModelError: missing, damaged, made of anything but plain Keras layers, or not one that takes
            digits.
    """
    for name, home in _classes(_check_archive(path)):
        if home == "keras.layers" and name in _LAYERS:
            continue
        if home in _HELPER_HOMES or (home, name) in _PARTS:
            continue
        raise ModelError(
            f"{path} is refused: it holds {home or 'a custom class'} {name}, and only plain Keras "
            "layers are trusted"
        )
    try:
        network = keras.saving.load_model(path, compile=False, safe_mode=True)
        takes, gives = network.input_shape, network.output_shape
    except Exception as error:  # a hostile description can make Keras and its backend fail anyhow
        why = str(error).strip().split("\n", 1)[0]
        raise ModelError(f"{path} is not a sound Keras model: {why}") from error
    if takes != (None, 28, 28, 1) or gives != (None, 10):
        raise ModelError(
            f"{path} maps {takes} to {gives}, where a network of "
            "digits maps (None, 28, 28, 1) to (None, 10)"
        )
    return network


def _check_archive(path: Path) -> Any:
    """Check a ``.keras`` file's size and soundness; return its description."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_BYTES:
                raise ModelError(f"{path} unpacks to more than {_MAX_BYTES >> 30} GiB")
            return json.loads(archive.read("config.json"))
    except FileNotFoundError as error:
        raise ModelError(f"there is no model file {path}") from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {reason(error)}") from error
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, RuntimeError) as error:
        raise ModelError(f"{path} is not a sound .keras file") from error


def _classes(description: Any) -> Iterator[tuple[str, str]]:
    """Yield every class that a description names, with its module.

    How the model was compiled is passed over: it is not loaded.
    """
    if isinstance(description, dict):
        if "class_name" in description:
            yield str(description["class_name"]), str(description.get("module") or "")
        for key, value in description.items():
            if key != "compile_config":
                yield from _classes(value)
    elif isinstance(description, list):
        for value in description:
            yield from _classes(value)
