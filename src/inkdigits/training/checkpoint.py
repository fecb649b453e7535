"""Checkpoints: the whole state of a training run, so that one that is cut off can go on.

Beside the weights that is what the optimizer remembers, the states of the random generators and the
history. It is one file, replaced as a whole after each epoch.
"""

import io
import json
from math import isfinite
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inkdigits._files import write_through
from inkdigits._keras import keras
from inkdigits.errors import RunError, reason
from inkdigits.training.history import Epoch

__all__ = ["load_weights", "restore", "save", "save_weights"]


def save(path: Path, model: keras.Model, history: list[Epoch]) -> None:
    """Write the state of a compiled model and its history to `path`, whole or not at all.

    Raises:
        OSError: the disk refuses; what stood there still stands.
    """
    rows = json.dumps([epoch._asdict() for epoch in history])
    _write(path, {"history": np.array(rows), **_numbered(_state(model))})


def restore(path: Path, model: keras.Model) -> list[Epoch]:
    """Put a state that `save` wrote back into a compiled model; return its history.

    Raises:
        RunError: the file is damaged or of another network.
    """
    arrays = _read(path)
    try:
        history = [Epoch(**row) for row in json.loads(str(arrays.pop("history")))]
        if not all(isfinite(value) for epoch in history for value in epoch):
            raise ValueError("a figure of the history is no number")
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise RunError(_damaged(path)) from error
    _assign(_state(model), arrays, path)
    return history


def save_weights(path: Path, weights: list[npt.NDArray[np.float32]]) -> None:
    """Write the weights of a network to `path`, whole or not at all."""
    _write(path, _numbered(weights))


def load_weights(path: Path, network: keras.Model) -> None:
    """Put weights that `save_weights` wrote back into a network.

    Raises:
        RunError: the file is damaged or of another network.
    """
    _assign(network.weights, _read(path), path)


def _state(model: keras.Model) -> list[keras.Variable]:
    # The random generators of dropout and augmentation are among those that are not trainable.
    return [
        *model.trainable_variables,
        *model.non_trainable_variables,
        *model.optimizer.variables,
    ]


def _numbered(values: list[keras.Variable] | list[npt.NDArray[np.float32]]) -> dict[str, object]:
    return {f"{number:04d}": np.asarray(value) for number, value in enumerate(values)}


def _write(path: Path, arrays: dict[str, object]) -> None:
    write_through(path, lambda temporary: np.savez(temporary, **arrays))  # type: ignore[arg-type]


def _read(path: Path) -> dict[str, npt.NDArray[np.generic]]:
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            return dict(arrays)
    except OSError as error:
        raise RunError(f"{path} cannot be read: {reason(error)}") from error
    except Exception as error:  # zipfile, NumPy and the decompressors fail in a dozen ways
        raise RunError(_damaged(path)) from error


def _assign(
    variables: list[keras.Variable], arrays: dict[str, npt.NDArray[np.generic]], path: Path
) -> None:
    values = [arrays[name] for name in sorted(arrays)]
    fits = len(values) == len(variables) and all(
        isinstance(value, np.ndarray)
        and value.dtype.kind in "fiu"
        and value.shape == tuple(variable.shape)
        and np.isfinite(value).all()
        for value, variable in zip(values, variables)
    )
    if not fits:
        raise RunError(_damaged(path))
    for variable, value in zip(variables, values):
        variable.assign(value)


def _damaged(path: Path) -> str:
    return (
        f"the checkpoint {path} is damaged; remove the folder {path.parent} to let --resume start "
        "this run over from its first epoch"
    )
