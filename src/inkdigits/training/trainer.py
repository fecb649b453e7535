"""Train a network by a recipe: fit, save, measure, export, plot."""

import contextlib
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

from inkdigits._files import sweep
from inkdigits._keras import keras
from inkdigits._text import shell_quoted
from inkdigits.datasets import Dataset
from inkdigits.errors import DataError, ModelError, RecipeError, RunError, reason, unfinished
from inkdigits.evaluation import evaluate, write_report
from inkdigits.export import check_size, export_onnx
from inkdigits.networks import as_classifier, build, count_multiply_adds, gives_logits
from inkdigits.networks.saved import save_network
from inkdigits.training.alone import alone_in
from inkdigits.training.also import ALSO, joined, unseen
from inkdigits.training.calibrate import calibrate
from inkdigits.training.devices import check_devices
from inkdigits.training.fit import fit
from inkdigits.training.history import mean_history, write_history
from inkdigits.training.prepare import load_teacher, simulated_fitting, simulated_validation
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import Run
from inkdigits.training.tensorboard import EpochScalars, write_outcome

__all__ = ["resume", "train"]


def train(
    recipe: Recipe,
    dataset: Dataset,
    *,
    test: Dataset | None = None,
    also: Dataset | None = None,
    folder: str | os.PathLike[str] | None = None,
    devices: int = 1,
    progress: bool = False,
) -> Run:
    """Train a network and leave a run folder behind.

    A validation part is split off the data set. The test set is looked at once, at the end; without
    one, the run is measured on its validation part.

    Args:
        recipe: what to train and how.
        dataset: digits with labels.
        test: digits with labels to measure on.
        also: further digits with labels to learn from, such as corrections, none of which is
            validated on. A few come several times, up to 20, so that they make a twentieth of what
            is learned; those whose images are in the validation part or the test set are left out.
        folder: of the run; by default the first free of ``runs/<network>``, ``runs/<network>-2``, …
        devices: that share each batch, which is the recipe's all the same. JAX only.
        progress: show a live bar, if the standard error is a terminal.

    Raises:
        RecipeError: the recipe's network or its options do not exist.
        DataError: no labels, too few digits to split, or nothing in `also` that is not measured on.
        ModelError: the network would be too large to be read, or the teacher's is damaged.
        RunError: the folder exists already, the teacher is not finished, or the disk refuses (then
            the run can be resumed).

    Example:
        >>> digits, test = load_mnist()
        >>> run = train(Recipe(epochs=1), digits, test=test)  # doctest: +SKIP
    """
    _check(recipe, dataset, test)
    check_devices(devices, recipe.batch)
    if also is not None:
        also = _also(recipe, dataset, test, also, progress)
    run = Run.create(folder, recipe, dataset, test, also)
    return _carry_out(run, dataset, test, devices, progress)


def resume(
    folder: str | os.PathLike[str],
    dataset: Dataset,
    *,
    test: Dataset | None = None,
    devices: int = 1,
    progress: bool = False,
) -> Run:
    """Go on with a run that was cut off, to the end it would have reached.

    Args:
        folder: of the run.
        dataset: the digits it began with.
        test: the test set it began with.
        devices: that share each batch.
        progress: show a live bar, if the standard error is a terminal.

    Raises:
        RunError: no run, a finished one, one that began with other digits, a damaged checkpoint.
    """
    run = Run(folder)
    _refuse_finished(run)
    run.check_data(dataset, test)
    check_devices(devices, run.recipe.batch)
    return _carry_out(run, dataset, test, devices, progress)


def _check(recipe: Recipe, dataset: Dataset, test: Dataset | None) -> None:
    """Find out what can be found out before a folder is made."""
    network = build(recipe.network, **recipe.options)
    check_size(recipe.members * network.count_params())
    if recipe.open_set and not gives_logits(network):
        raise RecipeError(
            f"the network {recipe.network!r} gives probabilities, and marks that are no digit need "
            "one that gives logits, such as reader"
        )
    if recipe.teacher is not None and recipe.open_set:
        raise RecipeError("a teacher knows digits alone: leave it out, or simulate no negatives")
    if recipe.teacher is not None:
        teacher = Run(recipe.teacher)
        if not teacher.finished:
            raise unfinished(teacher.folder)
        teacher.network()
    parts = recipe.split(dataset)
    if recipe.simulate is not None and not all(part.images.any() for part in parts):
        raise DataError(
            f"{dataset.name} has no ink to draw anew: images must be black (0) with bright ink "
            "(255)"
        )
    if test is not None:
        test.require_labels()


def _also(
    recipe: Recipe, dataset: Dataset, test: Dataset | None, also: Dataset, progress: bool
) -> Dataset:
    also.require_labels()
    measured = recipe.split(dataset)[1], *([] if test is None else [test])
    left = unseen(also, *measured)
    if progress and len(left) < len(also):
        print(
            f"{len(also) - len(left):,} of {also.name} left out: they are among the digits to "
            "measure on",
            file=sys.stderr,
        )
    return left


def _refuse_finished(run: Run) -> None:
    if run.finished:
        raise RunError(f"{run.folder} is finished; there is nothing to resume")


def _carry_out(
    run: Run, dataset: Dataset, test: Dataset | None, devices: int, progress: bool
) -> Run:
    with _noticing_ctrl_c() as stopped:
        try:
            _complete(run, dataset, test, devices, progress, stopped)
        except OSError as error:
            raise RunError(
                f"{run.folder} could not be written: {reason(error)}; mend that and go on with "
                f"inkdigits train --resume {shell_quoted(run.folder)}"
            ) from error
        except BaseException as error:
            if not stopped.is_set():
                raise
            interrupt = KeyboardInterrupt()
            interrupt.add_note(f"go on with inkdigits train --resume {shell_quoted(run.folder)}")
            raise interrupt from error
    return run


@contextlib.contextmanager
def _noticing_ctrl_c() -> Iterator[threading.Event]:
    """Note whether Ctrl-C was pressed: TensorFlow turns one that comes while it traces a layer into
    an error of its own.
    """
    noticed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield noticed  # only the main thread is interrupted
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        noticed.set()
        signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield noticed
    finally:
        signal.signal(signal.SIGINT, before)


def _complete(
    run: Run,
    dataset: Dataset,
    test: Dataset | None,
    devices: int,
    progress: bool,
    stopped: threading.Event,
) -> None:
    with alone_in(run.folder):
        _refuse_finished(run)  # another process may have ended it meanwhile
        sweep(run.folder)
        _fit_and_measure(run, dataset, test, devices, progress, stopped)


def _fit_and_measure(
    run: Run,
    dataset: Dataset,
    test: Dataset | None,
    devices: int,
    progress: bool,
    stopped: threading.Event,
) -> None:
    recipe = run.recipe
    logs = run.folder / "tensorboard"
    fitting, validation = recipe.split(dataset)
    also = run.load_also()
    if recipe.simulate is not None and recipe.members == 1 and progress:
        print("simulating handwriting; this takes a minute or more", file=sys.stderr)
    held_out = simulated_validation(recipe, validation)
    if recipe.members == 1:
        seen = simulated_fitting(recipe, fitting)
        if also is not None:
            others, seen = len(seen), joined(seen, also)
            if progress:
                print(
                    f"learning from {len(also):,} of {also.name}, too: {len(seen) - others:,} of "
                    f"{len(seen):,} images in an epoch",
                    file=sys.stderr,
                )
        callbacks = (EpochScalars(logs), _Stopper(stopped))
        network, history = fit(
            recipe,
            seen,
            held_out,
            run.folder,
            callbacks,
            teacher=load_teacher(recipe),
            devices=devices,
            progress=progress,
        )
    else:
        numbers = range(recipe.members)
        members = [
            _member(run, number, dataset, test, also, devices, progress, stopped)
            for number in numbers
        ]
        network = run.average([member.network() for member in members])
        history = mean_history([member.history for member in members])
        write_history(run.folder / "history.csv", history)
    calibration = calibrate(network, held_out)
    save_network(network, run.folder / "model.keras")

    validated = evaluate(as_classifier(network), validation)
    tested = None if test is None else evaluate(as_classifier(network), test)
    measured = tested or validated
    metrics = {
        "test_accuracy": None if tested is None else tested.accuracy,
        "test_loss": None if tested is None else tested.loss,
        "validation_accuracy": validated.accuracy,
        "validation_loss": validated.loss,
        "temperature": calibration.temperature,
        "rejection_threshold": calibration.threshold,
        "parameters": network.count_params(),
        "multiply_adds": count_multiply_adds(network),
        "epochs": len(history),
        "seconds": sum(epoch.seconds for epoch in history),
    }
    export_onnx(network, run.model_path, run.card(metrics))
    write_outcome(logs, recipe, measured, run.model_path)
    write_report(measured, run.folder, history=history, more=metrics)
    shutil.rmtree(run.folder / "checkpoint", ignore_errors=True)


def _member(
    run: Run,
    number: int,
    dataset: Dataset,
    test: Dataset | None,
    also: Dataset | None,
    devices: int,
    progress: bool,
    stopped: threading.Event,
) -> Run:
    """Return the run of a member, which is a whole run of its own; train it if that is not done."""
    folder = run.folder / f"member-{number + 1}"
    if (folder / "recipe.json").exists():
        try:
            member = Run(folder)
            member.check_data(dataset, test)
            member.check_also(also)
            if member.finished:
                member.network()
            else:
                member.load_also()
        except (ModelError, RecipeError, RunError) as error:
            raise RunError(
                f"{error}; remove {folder}, and inkdigits train --resume "
                f"{shell_quoted(run.folder)} makes it anew"
            ) from error
    else:
        seed = (run.recipe.seed + number) % 2**32
        recipe = run.recipe.model_copy(update={"members": 1, "seed": seed})
        (folder / ALSO).unlink(missing_ok=True)  # of a kill before the recipe was written
        member = Run.create(folder, recipe, dataset, test, also)
    if not member.finished:
        if progress:
            print(f"member {number + 1} of {run.recipe.members}", file=sys.stderr)
        _complete(member, dataset, test, devices, progress, stopped)
    return member


class _Stopper(keras.callbacks.Callback):
    """Ends the training after an epoch in which something swallowed a Ctrl-C."""

    def __init__(self, stopped: threading.Event) -> None:
        super().__init__()
        self._stopped = stopped

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self._stopped.is_set():
            raise KeyboardInterrupt
