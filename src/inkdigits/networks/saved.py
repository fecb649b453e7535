"""Save networks to ``.keras`` files and load them, trusting no file.

A ``.keras`` file describes a model as well as it holds weights, and a description can name any
class. So our own networks are rebuilt from our own code and only take the weights; a network of
anybody else is built from its description only if that names plain Keras layers and nothing else.
"""

import contextlib
import json
import threading
import zipfile
import zlib
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

from inkdigits._files import write_through
from inkdigits._keras import keras
from inkdigits._text import abbreviated
from inkdigits.errors import ModelError, reason

__all__ = ["load_network", "load_weights", "save_network"]

_MAX_BYTES = 1 << 30
_DESCRIPTION = "config.json"
_MAX_DESCRIPTION_BYTES = 16 << 20  # in memory it takes five times that
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, RuntimeError)
_COMPRESSIONS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_LEAST_BYTES = 2
"""That a weight takes in a file: those of a network in half precision."""

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
    with _opened(path):
        pass  # its size is sound
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
    with _opened(path) as archive:
        size = _unpacked(archive)
        if archive.getinfo(_DESCRIPTION).file_size > _MAX_DESCRIPTION_BYTES:
            raise ModelError(
                f"{path} describes its network in more than {_MAX_DESCRIPTION_BYTES >> 20} MiB, "
                "which are not read"
            )
        classes = list(_classes(json.loads(archive.read(_DESCRIPTION))))
    for name, home in classes:
        if home == "keras.layers" and name in _LAYERS:
            continue
        if home in _HELPER_HOMES or (home, name) in _PARTS:
            continue
        raise ModelError(
            f"{path} is refused: it holds {abbreviated(f'{home}.{name}' if home else name)}, and "
            "only plain Keras layers are trusted"
        )
    try:
        with _at_most_weights(size // _LEAST_BYTES):
            network = keras.saving.load_model(path, compile=False, safe_mode=True)
        takes, gives = network.input_shape, network.output_shape
    except Exception as error:  # a hostile description can make Keras and its backend fail anyhow
        raise ModelError(
            f"{path} is not a sound Keras model, or of another Keras than {keras.__version__}"
        ) from error
    if takes != (None, 28, 28, 1) or gives != (None, 10):
        raise ModelError(
            f"{path} maps {abbreviated(takes)} to {abbreviated(gives)}, where a network of "
            "digits maps (None, 28, 28, 1) to (None, 10)"
        )
    return network


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a ``.keras`` file of sound size, and say what is wrong with what is read of it."""
    try:
        with zipfile.ZipFile(path) as archive:
            if _unpacked(archive) > _MAX_BYTES:
                raise ModelError(f"{path} unpacks to more than {_MAX_BYTES >> 30} GiB")
            if {entry.compress_type for entry in archive.infolist()} - _COMPRESSIONS:
                raise ModelError(f"{path} is not packed as Keras packs its files")
            yield archive
    except FileNotFoundError as error:
        raise ModelError(f"there is no model file {path}") from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {reason(error)}") from error
    except _DAMAGE as error:
        raise ModelError(f"{path} is not a sound .keras file") from error


def _unpacked(archive: zipfile.ZipFile) -> int:
    """Return how many bytes all files of an archive have."""
    return sum(entry.file_size for entry in archive.infolist())


_counting = threading.Lock()


@contextlib.contextmanager
def _at_most_weights(most: int) -> Iterator[None]:
    """Refuse to make more weights than that.

    A line of a description can ask for any number of them, which depends on the shapes that all
    layers before it give. So they are counted where Keras makes them, just before it does.
    """
    left = most

    loader = threading.get_ident()

    def add_counted(layer: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal left
        if threading.get_ident() != loader:
            return add_weight(layer, *args, **kwargs)
        left -= prod(kwargs.get("shape") or (args[0] if args else ()))
        if left < 0:
            raise ValueError(f"it has more than {most} weights")
        return add_weight(layer, *args, **kwargs)

    with _counting:  # of two that do this at once, one would leave the other's in place
        add_weight = keras.layers.Layer.add_weight
        keras.layers.Layer.add_weight = add_counted
        try:
            yield
        finally:
            keras.layers.Layer.add_weight = add_weight


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
