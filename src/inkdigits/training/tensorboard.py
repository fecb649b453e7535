"""Write a run down for TensorBoard: scalars, graph, hyperparameters, misread digits."""

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
from tensorboardX import SummaryWriter

from inkdigits._keras import keras
from inkdigits.evaluation import Evaluation
from inkdigits.training.recipe import Recipe

__all__ = ["EpochScalars", "write_outcome"]

_MISREAD_SHOWN = 32


class EpochScalars(keras.callbacks.Callback):
    """Writes loss, accuracy and learning rate after each epoch, for training and validation.

    Args:
        folder: to write into.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        rate = self.model.optimizer.learning_rate
        scalars = {
            "loss/train": logs["loss"],
            "loss/validation": logs["val_loss"],
            "accuracy/train": logs["accuracy"],
            "accuracy/validation": logs["val_accuracy"],
            "learning_rate": keras.ops.convert_to_numpy(rate),
        }
        # Opened anew each epoch: a kill then loses nothing, and a resumed run just adds a file.
        suffix = f".epoch-{epoch + 1}"  # files are else named after the second they were opened in
        with SummaryWriter(str(self._folder), filename_suffix=suffix) as writer:
            for tag, value in scalars.items():
                writer.add_scalar(tag, float(value), epoch + 1)


def write_outcome(folder: Path, recipe: Recipe, evaluation: Evaluation, model: Path) -> None:
    """Write a finished run's graph, hyperparameters with their outcome, and misread digits.

    Args:
        folder: to write into.
        recipe: the hyperparameters.
        evaluation: of the finished network.
        model: the run's ``.onnx`` file, whose graph is shown.
    """
    hyperparameters = {
        key: value if isinstance(value, bool | int | float | str) else str(value)
        for key, value in _flat(recipe.model_dump(exclude_none=True)).items()
        if value is not None
    }
    with SummaryWriter(str(folder), filename_suffix=".outcome") as writer:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints the name of every node
            writer.add_onnx_graph(str(model))
        writer.add_hparams(
            hyperparameters,
            {"outcome/accuracy": evaluation.accuracy, "outcome/loss": evaluation.loss},
            name=".",
        )
        misread = evaluation.misread(_MISREAD_SHOWN)
        if misread.size:
            images = evaluation.dataset.images[misread, :, :, np.newaxis]
            writer.add_images("misread", images, dataformats="NHWC")


def _flat(fields: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Bring nested fields to one level: ``{"a": {"b": 1}}`` to ``{"a.b": 1}``."""
    flat = {}
    for key, value in fields.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = value
    return flat
