"""A trial: a recipe fitted for a few epochs, and how accurate it is on digits set aside."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from inkdigits._keras import keras
from inkdigits.datasets import Dataset
from inkdigits.networks import build, count_multiply_adds
from inkdigits.training.fit import fit
from inkdigits.training.history import Epoch, best_epoch
from inkdigits.training.prepare import load_teacher, simulated_fitting, simulated_validation
from inkdigits.training.recipe import Recipe
from inkdigits.tuning.plan import Plan

__all__ = ["Result", "cost_of", "run_trial"]


@dataclass(frozen=True)
class Result:
    """What came of a trial.

    Args:
        accuracy: on the digits set aside, 0 to 1; with several folds, their mean.
        seconds: that it took.
    """

    accuracy: float
    seconds: float


def cost_of(recipe: Recipe) -> dict[str, int]:
    """Return what a recipe's network costs: ``multiply-adds`` of an image, and ``parameters``.

    Raises:
        RecipeError: it cannot be built.
    """
    network = build(recipe.network, **recipe.options)
    return {"multiply-adds": count_multiply_adds(network), "parameters": network.count_params()}


def run_trial(
    plan: Plan,
    params: dict[str, Any],
    dataset: Dataset,
    folder: Path,
    report: Callable[[int, float], None],
) -> Result:
    """Carry a trial out, going on from its checkpoint if its process was killed before.

    Args:
        plan: of the study.
        params: of the trial.
        dataset: the training set; the test set is none of a study's business.
        folder: to keep checkpoints in.
        report: told how accurate the trial is after each step, counted from 1; it may raise to end
            the trial.

    Raises:
        RecipeError: the parameters do not go together.
        RunError: training diverged.
    """
    recipe = plan.trial_recipe(params)
    start = time.perf_counter()
    accuracies: list[float] = []
    try:
        for fold, (fitting, validation) in enumerate(_parts(plan, recipe, dataset), 1):
            place = folder / f"fold-{fold}"
            place.mkdir(parents=True, exist_ok=True)
            callbacks = (_Reporter(report),) if plan.folds == 1 else ()
            _, history = fit(
                recipe,
                simulated_fitting(recipe, fitting),
                simulated_validation(recipe, validation),
                place,
                callbacks,
                teacher=load_teacher(recipe),
            )
            accuracies.append(_kept(history, recipe).val_accuracy)
            if plan.folds > 1:
                report(fold, fmean(accuracies))
    finally:
        keras.utils.clear_session()  # else the next trial's network is added to this one's
    return Result(fmean(accuracies), time.perf_counter() - start)


def _parts(plan: Plan, recipe: Recipe, dataset: Dataset) -> Iterator[tuple[Dataset, Dataset]]:
    if plan.folds == 1:
        yield recipe.split(dataset)
    else:
        yield from dataset.folds(plan.folds, seed=plan.seed)


def _kept(history: list[Epoch], recipe: Recipe) -> Epoch:
    """Return the epoch whose weights are kept."""
    return history[-1 if recipe.patience is None else best_epoch(history)]


class _Reporter(keras.callbacks.Callback):
    """Reports the accuracy after each epoch."""

    def __init__(self, report: Callable[[int, float], None]) -> None:
        super().__init__()
        self._report = report

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._report(epoch + 1, float(logs["val_accuracy"]))
