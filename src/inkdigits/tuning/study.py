"""Search for a better recipe: trials side by side, until there are enough or the time is up."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from inkdigits._processors import available_threads
from inkdigits.errors import TuningError, reason
from inkdigits.tuning.lost import LostTrials
from inkdigits.tuning.outcome import Outcome, done, write_outcome
from inkdigits.tuning.plan import Plan
from inkdigits.tuning.storage import count_left, default_url, open_study
from inkdigits.tuning.worker import Order
from inkdigits.tuning.workers import Workers

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

    from inkdigits.datasets import Dataset
    from inkdigits.training import Run

__all__ = ["Watch", "search", "study_folder", "train_best"]

Watch = Callable[["Sequence[FrozenTrial]"], None]
"""Told of all trials, again and again while they are carried out."""

_LOOK_SECONDS = 1.0


def search(
    plan: Plan,
    folder: Path,
    *,
    data: str | None = None,
    storage: str | None = None,
    trials: int = 30,
    timeout: float | None = None,
    jobs: int = 1,
    watch: Watch = lambda trials: None,
) -> Outcome:
    """Carry out a study, or go on with it.

    Args:
        plan: what to search and how.
        folder: of the study, whose name is the study's; made if it is not there. ``best.toml``,
            ``trials.csv``, ``plots/`` and ``tensorboard/`` are written into it, and its database
            lies there by default.
        data: where the training set is; `None` for MNIST.
        storage: URL of the database, which several processes may share.
        trials: that the study shall have in the end, those of before and of others included.
        timeout: seconds after which no further trial begins.
        jobs: trials side by side.
        watch: told how it goes.

    Raises:
        TuningError: the study is another one, its database cannot be reached, no trial succeeded,
            or the folder cannot be written.
    """
    study_folder(folder)
    url = default_url(folder) if storage is None else storage
    order = Order(
        plan=plan,
        url=url,
        name=folder.resolve().name,
        folder=str(folder.resolve()),
        data=data,
        trials=plan.most_trials(trials),
        deadline=None if timeout is None else time.time() + timeout,
        threads=max(1, available_threads() // jobs),
    )
    with open_study(url, order.name, plan) as study:
        workers = Workers(order, jobs)
        try:
            _tend(study, order, workers, watch)
        except KeyboardInterrupt:
            workers.close()
            if done(study):
                write_outcome(study, plan, folder)
            raise
        finally:
            workers.close()
        return write_outcome(study, plan, folder)


def study_folder(folder: Path) -> None:
    """Make a study's folder, if it is not there.

    Raises:
        TuningError: the disk refuses.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TuningError(f"the folder {folder} cannot be made: {reason(error)}") from error


def train_best(
    outcome: Outcome, dataset: "Dataset", test: "Dataset | None", *, progress: bool = False
) -> "Run":
    """Train a study's best recipe for its full number of epochs, and only then measure it.

    A run that was cut off is gone on with; one that is finished stays as it is.

    Args:
        outcome: of the study.
        dataset: the training set.
        test: digits to measure on.
        progress: show a live bar, if the standard error is a terminal.

    Raises:
        RunError: the run cannot be written.
    """
    from filelock import FileLock

    from inkdigits.training import Run, resume, train

    folder = outcome.run_folder
    # Another process that shares the study may be training it.
    with FileLock(folder.with_name(f".{folder.name}.lock")):
        if not (folder / "recipe.json").exists():
            return train(outcome.recipe, dataset, test=test, folder=folder, progress=progress)
        if not Run(folder).finished:
            return resume(folder, dataset, test=test, progress=progress)
    return Run(folder)


def _tend(study: "Study", order: Order, workers: Workers, watch: Watch) -> None:
    from optuna.trial import TrialState

    lost = LostTrials(study)
    while True:
        lost.requeue()
        every = study.get_trials(deepcopy=False)
        watch(every)
        in_time = order.deadline is None or time.time() < order.deadline
        wanted = in_time and count_left(study, order.trials) > 0
        finished = sum(trial.state.is_finished() for trial in every)
        workers.tend(wanted=wanted, finished=finished)
        running = any(trial.state == TrialState.RUNNING for trial in every)
        if not wanted and not running and workers.is_idle:
            return
        time.sleep(_LOOK_SECONDS)
