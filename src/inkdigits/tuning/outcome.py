"""What came of a study, as files: the best recipe, a table of all trials, plots, TensorBoard's."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkdigits._files import write_text
from inkdigits._text import encodable
from inkdigits.errors import TuningError
from inkdigits.training.recipe import Recipe
from inkdigits.tuning.plan import Plan
from inkdigits.tuning.storage import counted

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

__all__ = ["Outcome", "accuracy_of", "done", "front", "write_outcome"]

_ATTRIBUTES = ("multiply-adds", "parameters", "seconds")


@dataclass(frozen=True)
class Outcome:
    """What came of a study.

    Args:
        folder: of the study.
        trials: that it has.
        number: of the best trial.
        accuracy: of that on the digits set aside, 0 to 1.
        recipe: the best one, for its full number of epochs.
    """

    folder: Path
    trials: int
    number: int
    accuracy: float
    recipe: Recipe

    @property
    def recipe_path(self) -> Path:
        """The file of the best recipe."""
        return self.folder / "best.toml"

    @property
    def run_folder(self) -> Path:
        """Where the best recipe is trained again."""
        return self.folder / f"trial-{self.number}"


def done(study: "Study") -> "list[FrozenTrial]":
    """Return the trials that went to their end."""
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])


def accuracy_of(trial: "FrozenTrial") -> float | None:
    """Return how accurate a trial is, so far or in the end."""
    if trial.values:
        return float(trial.values[0])
    if trial.last_step is None:
        return None
    return float(trial.intermediate_values[trial.last_step])


def front(study: "Study") -> "list[FrozenTrial]":
    """Return the best trials, the most accurate first: of two objectives, the Pareto front."""
    best = study.best_trials if len(study.directions) > 1 else [study.best_trial]
    return sorted(best, key=lambda trial: (-trial.values[0], trial.values[1:], trial.number))


def write_outcome(study: "Study", plan: Plan, folder: Path) -> Outcome:
    """Write all files of a study's outcome into its folder.

    Raises:
        TuningError: no trial went to its end.
        OSError: the disk refuses.
    """
    from inkdigits.tuning.plots import write_plots
    from inkdigits.tuning.tensorboard import write_trials

    every = counted(study.get_trials(deepcopy=False))
    if not done(study):
        errors = [trial.user_attrs["error"] for trial in every if "error" in trial.user_attrs]
        why = f"; the first said: {errors[0]}" if errors else ""
        raise TuningError(f"no trial of the study {study.study_name} went to its end{why}")
    best = front(study)
    write_text(folder / "trials.csv", _table(every, {trial.number for trial in best}))
    for trial in best if plan.against is not None else ():
        (folder / "pareto").mkdir(exist_ok=True)
        recipe = plan.search_space.recipe(trial.params)
        recipe.save(folder / "pareto" / f"trial-{trial.number}.toml")
    write_plots(study, plan, folder / "plots")
    write_trials(every, folder / "tensorboard")
    recipe = plan.search_space.recipe(best[0].params)
    outcome = Outcome(folder, len(every), best[0].number, best[0].values[0], recipe)
    recipe.save(outcome.recipe_path)
    return outcome


def _table(trials: "Sequence[FrozenTrial]", best: set[int]) -> str:
    names = sorted({name for trial in trials for name in trial.params})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    head = ["trial", "state", "best", "accuracy", "steps"]
    writer.writerow([*head, *_ATTRIBUTES, *names, "error"])
    for trial in trials:
        row: list[Any] = [
            trial.number,
            trial.state.name.lower(),
            "yes" if trial.number in best else "",
            accuracy_of(trial),
            trial.last_step,
            *(trial.user_attrs.get(name) for name in _ATTRIBUTES),
            *(trial.params.get(name) for name in names),
            trial.user_attrs.get("error"),
        ]
        writer.writerow([encodable(_plain(value)) for value in row])
    return text.getvalue()


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
