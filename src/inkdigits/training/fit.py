"""Fit a network to digits, epoch by epoch, with a checkpoint after each."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from inkdigits._keras import keras
from inkdigits.datasets import Dataset
from inkdigits.errors import RunError
from inkdigits.networks import build, gives_logits, heads
from inkdigits.synthesis import Marks
from inkdigits.training import checkpoint
from inkdigits.training.augment import Augment
from inkdigits.training.averaging import AverageWeights
from inkdigits.training.batches import Batches
from inkdigits.training.devices import on_devices
from inkdigits.training.distil import Distil
from inkdigits.training.each_head import EachHead
from inkdigits.training.history import Epoch, best_epoch, should_stop, write_history
from inkdigits.training.muon import Muon
from inkdigits.training.open_set import AppendNotADigit
from inkdigits.training.precision import POLICIES, settle_precision
from inkdigits.training.progress import LiveBar
from inkdigits.training.recipe import Recipe
from inkdigits.training.schedule import learning_rate

__all__ = ["build_for", "computing_in", "fit"]

_VALIDATION_BATCH = 500


def build_for(recipe: Recipe, policy: str) -> keras.Model:
    """Build the network of a recipe, computing in the Keras dtype policy `policy`."""
    with computing_in(policy):
        return build(recipe.network, **recipe.options)


@contextlib.contextmanager
def computing_in(policy: str) -> Iterator[None]:
    """Build networks in a Keras dtype policy, and leave none behind."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def fit(
    recipe: Recipe,
    fitting: Dataset | Marks,
    validation: Dataset | Marks,
    folder: Path,
    callbacks: tuple[keras.callbacks.Callback, ...] = (),
    *,
    teacher: keras.Model | None = None,
    devices: int = 1,
    progress: bool = False,
) -> tuple[keras.Model, list[Epoch]]:
    """Fit the network of a recipe, going on from the checkpoint in `folder` if there is one.

    Args:
        recipe: what to do.
        fitting: digits, or simulated marks, to learn from.
        validation: likewise, to validate on after each epoch.
        folder: the run's; ``checkpoint/`` and ``history.csv`` are kept in it.
        callbacks: told of each epoch, with its loss, accuracy, val_loss and val_accuracy.
        teacher: a network to learn from, beside the labels.
        devices: that share each batch.
        progress: show a live bar, if the standard error is a terminal.

    Returns:
        The network (in float32, with the weights to keep) and its history.

    Raises:
        RunError: the checkpoint is damaged, or training diverged.
        OSError: the disk refuses a checkpoint; the one before still stands.
    """
    keras.utils.set_random_seed(recipe.seed)
    policy = POLICIES[settle_precision(recipe).precision]
    with contextlib.ExitStack() as stack:
        stack.enter_context(on_devices(devices))
        network = build_for(recipe, policy)
        batches = Batches(fitting, recipe.batch, seed=recipe.seed, shares=devices)
        model, seen = _for_fitting(network, teacher, batches, recipe)
        stack.callback(getattr(model, "release", lambda: None))
        _compile(model, recipe, recipe.epochs * len(batches), gives_logits(network))

        keeper = _Keeper(folder, network, batches, recipe)
        history = keeper.resume(model)
        averaging = (AverageWeights(),) if recipe.ema else ()
        live = (stack.enter_context(LiveBar(recipe.epochs, history)),) if progress else ()
        size = _VALIDATION_BATCH - _VALIDATION_BATCH % devices
        model.fit(
            seen,
            validation_data=Batches(validation, size, shares=devices),
            initial_epoch=len(history),
            # Of a run that had stopped early, or was killed after its last epoch, nothing is left.
            epochs=len(history) if should_stop(history, recipe.patience) else recipe.epochs,
            # At the end of a validation the first callback is told first: the keeper must see the
            # averaged weights before they are swapped back.
            callbacks=[keeper, *averaging, *live, *callbacks],
            shuffle=False,  # the batches see to that
            verbose=0,
        )
        if recipe.patience is not None:
            checkpoint.load_weights(keeper.best_path, network)
        weights = network.get_weights()

    in_float32 = build_for(recipe, "float32")
    in_float32.set_weights(weights)
    return in_float32, history


def _for_fitting(
    network: keras.Model, teacher: keras.Model | None, batches: Batches, recipe: Recipe
) -> tuple[keras.Model, keras.utils.PyDataset]:
    """Put what only fitting needs before and behind a network; say what to fit it to."""
    images = x = keras.Input(network.input_shape[1:])
    if recipe.augment is not None:
        x = Augment(recipe.augment, recipe.seed)(x)
    ends = [head.output for head in heads(network)]
    outputs = keras.Model(network.input, ends)(x) if len(ends) > 1 else [network(x)]
    if recipe.open_set:
        append = AppendNotADigit()
        outputs = [append(output) for output in outputs]
    y = outputs[0] if len(outputs) == 1 else EachHead(losses=1 + (teacher is not None))(outputs)
    if teacher is not None:
        y = Distil(teacher, from_logits=gives_logits(network))(x, y)
    if keras.backend.backend() != "tensorflow":
        return keras.Model(images, y), batches
    from inkdigits.training.loop import LoopedModel, Steps

    model = LoopedModel(batches, inputs=images, outputs=y)
    return model, Steps(batches, recipe.steps_per_execution)


def _compile(model: keras.Model, recipe: Recipe, steps: int, from_logits: bool) -> None:
    config = {
        "learning_rate": learning_rate(recipe, steps),
        "use_ema": bool(recipe.ema),
        "ema_momentum": recipe.ema or 0.99,
        # AdamW does not take "none".
        **({"weight_decay": recipe.weight_decay} if recipe.weight_decay else {}),
    }
    optimizer = (
        Muon(**config)
        if recipe.optimizer == "muon"
        else keras.optimizers.get({"class_name": recipe.optimizer, "config": config})
    )
    model.compile(
        optimizer,
        loss=keras.losses.CategoricalCrossentropy(
            from_logits=from_logits, label_smoothing=recipe.label_smoothing
        ),
        metrics=["accuracy"],
        # TensorFlow loops by itself, and PyTorch under Keras takes steps one by one.
        steps_per_execution=recipe.steps_per_execution if keras.backend.backend() == "jax" else 1,
        # XLA, which Keras takes on a GPU, would fill the last batch of an epoch up with digits that
        # were seen already.
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
    )
    optimizer.build(model.trainable_variables)


class _Keeper(keras.callbacks.Callback):
    """Keeps the run's history, a checkpoint of each epoch, and the best epoch's weights."""

    def __init__(
        self, folder: Path, network: keras.Model, batches: Batches, recipe: Recipe
    ) -> None:
        super().__init__()
        self._folder = folder
        self._network = network
        self._batches = batches
        self._recipe = recipe
        self._state_path = folder / "checkpoint" / "state.npz"
        self.best_path = folder / "checkpoint" / "best.npz"
        self._history: list[Epoch] = []
        self._started = 0.0

    def resume(self, model: keras.Model) -> list[Epoch]:
        """Bring a model to where the checkpoint is, and return the history, which stays alive."""
        self._state_path.parent.mkdir(parents=True, exist_ok=True)
        if self._state_path.exists():
            self._history = checkpoint.restore(self._state_path, model)
            # The kill may have come between the checkpoint and the table.
            write_history(self._folder / "history.csv", self._history)
        return self._history

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._batches.begin_epoch(epoch)
        self._started = time.perf_counter()

    def on_test_end(self, logs: Any = None) -> None:
        if self._recipe.patience is None:
            return
        best = self._history[best_epoch(self._history)].val_loss if self._history else float("inf")
        if logs["loss"] < best:
            checkpoint.save_weights(self.best_path, self._network.get_weights())

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        seconds = time.perf_counter() - self._started
        losses = logs["loss"], logs["val_loss"]
        weights = self._network.get_weights()
        if not all(np.isfinite(numbers).all() for numbers in (*losses, *weights)):
            raise RunError(
                f"training diverged in epoch {epoch + 1}: the weights grew without bound; train "
                "again with a lower learning rate"
            )
        self._history.append(
            Epoch(
                loss=float(logs["loss"]),
                accuracy=float(logs["accuracy"]),
                val_loss=float(logs["val_loss"]),
                val_accuracy=float(logs["val_accuracy"]),
                seconds=seconds,
            )
        )
        checkpoint.save(self._state_path, self.model, self._history)
        write_history(self._folder / "history.csv", self._history)
        if should_stop(self._history, self._recipe.patience):
            self.model.stop_training = True
