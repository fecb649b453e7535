"""A process that carries out trials of a study, one after the other, until there are enough."""

import os
import pickle
import shutil
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from filelock import FileLock

from inkdigits._text import abbreviated
from inkdigits.datasets import Dataset, load_mnist, load_parts
from inkdigits.errors import InkDigitsError, TuningError
from inkdigits.reading.process import pipes
from inkdigits.tuning.plan import Plan
from inkdigits.tuning.storage import count_left, first_number, open_study, renew_sampler

if TYPE_CHECKING:
    from optuna.trial import Trial

__all__ = ["Order", "serve"]

_TRIALS_A_PROCESS = 50
"""After which another one takes over: TensorFlow keeps some 10 MB of each network it compiled."""


@dataclass(frozen=True)
class Order:
    """What a process is to do.

    Args:
        plan: of the study.
        url: of the study's database.
        name: of the study.
        folder: to keep checkpoints in.
        data: where the training set is; `None` for MNIST.
        trials: that the study shall have.
        deadline: seconds since 1970 after which no trial begins, or `None`.
        threads: that TensorFlow may use.
    """

    plan: Plan
    url: str
    name: str
    folder: str
    data: str | None
    trials: int
    deadline: float | None
    threads: int


def serve() -> None:
    """Carry out the order that comes in; the process's own program."""
    requests, answers = pipes()
    order: Order = pickle.load(requests)  # noqa: S301  (from whoever started us)
    threading.Thread(target=_end_with, args=[requests], daemon=True).start()
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(order.threads)
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # there may be others beside
    trouble = None
    try:
        _work(order)
    except InkDigitsError as error:
        trouble = str(error)
    except Exception:  # noqa: BLE001  (said by whoever started us)
        trouble = traceback.format_exc()
    pickle.dump((trouble,), answers)
    answers.flush()


def _training_set(data: str | None) -> Dataset:
    """Load the digits that a study learns from and validates on."""
    return load_mnist()[0] if data is None else load_parts(data)[0]


def _end_with(requests: IO[bytes]) -> None:
    """End at once when whoever started us has ended: nothing more comes in."""
    requests.read()
    os._exit(1)


def _work(order: Order) -> None:
    dataset = _training_set(order.data)
    if dataset.fingerprint != order.plan.data_sha256:
        raise TuningError(f"the study {order.name} began with other digits than {dataset.name}")
    folder = Path(order.folder)
    beginning = FileLock(folder / ".begin.lock")  # two that count at once would begin one too many

    def objective(trial: "Trial") -> tuple[float, ...]:
        beginning.release()
        return _objective(trial, order.plan, dataset, folder)

    with open_study(order.url, order.name, order.plan) as study:
        for _ in range(_TRIALS_A_PROCESS):
            with beginning:
                late = order.deadline is not None and time.time() >= order.deadline
                if late or not count_left(study, order.trials):
                    return
                renew_sampler(study, order.plan)
                study.optimize(objective, n_trials=1, catch=Exception)


def _objective(trial: "Trial", plan: Plan, dataset: Dataset, folder: Path) -> tuple[float, ...]:
    """Carry a trial out; say in its attributes what it came to, or why it failed."""
    from optuna import TrialPruned

    place = folder / "checkpoints" / f"trial-{first_number(trial)}"
    try:
        return _carry_out(trial, plan, dataset, place)
    except TrialPruned:
        raise
    except Exception as error:
        sentence = str(error) if isinstance(error, InkDigitsError) else abbreviated(error)
        trial.set_user_attr("error", sentence)
        raise
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _carry_out(trial: "Trial", plan: Plan, dataset: Dataset, place: Path) -> tuple[float, ...]:
    from optuna import TrialPruned

    from inkdigits.tuning.trial import cost_of, run_trial

    def report(step: int, accuracy: float) -> None:
        if plan.against is None:  # Optuna's pruners go by one figure
            trial.report(accuracy, step)
            if step < plan.steps and trial.should_prune():
                raise TrialPruned

    params = plan.search_space.suggest(trial)
    cost = cost_of(plan.trial_recipe(params))
    for name, value in cost.items():
        trial.set_user_attr(name, value)
    result = run_trial(plan, params, dataset, place, report)
    trial.set_user_attr("seconds", result.seconds)
    return (result.accuracy, *([cost[plan.against]] if plan.against else []))
