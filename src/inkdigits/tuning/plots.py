"""Plots of a study: its history, what mattered, all trials side by side, accuracy against cost."""

import warnings
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from inkdigits.evaluation.figures import ACCENT, INK, MUTED, figure, save, tidy
from inkdigits.tuning.axis import Axis, Choice, FloatRange, IntRange
from inkdigits.tuning.outcome import accuracy_of, done, front
from inkdigits.tuning.plan import Plan
from inkdigits.tuning.storage import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from optuna import Study
    from optuna.trial import FrozenTrial

__all__ = ["write_plots"]

_FEWEST = 6  # trials, to say what mattered
_BEST = 1 / 3  # of them, which are compared with all: a tenth of 30 would be three


def write_plots(study: "Study", plan: Plan, folder: Path) -> None:
    """Write ``history.png``, ``parallel.png``, ``importance.png`` where there are trials enough,
    and ``pareto.png`` where there are two objectives.

    Raises:
        OSError: the disk refuses.
    """
    folder.mkdir(exist_ok=True)
    every = [
        trial
        for trial in counted(study.get_trials(deepcopy=False))
        if trial.state.is_finished() and accuracy_of(trial) is not None
    ]
    save(_history(every, study), folder / "history.png")
    save(_parallel(every, plan, front(study)[0].number), folder / "parallel.png")
    importances = _importances(study)
    if importances:
        save(_importance(importances), folder / "importance.png")
    if plan.against is not None:
        save(_pareto(study, plan.against), folder / "pareto.png")


def _history(trials: "Sequence[FrozenTrial]", study: "Study") -> "Figure":
    from matplotlib.ticker import MaxNLocator

    plot = figure(7, 4)
    axes = plot.add_subplot()
    tidy(axes)
    finished = {trial.number for trial in done(study)}
    complete = [trial for trial in trials if trial.number in finished]
    pruned = [trial for trial in trials if trial.number not in finished]
    for some, colour, marker, label in (
        (complete, INK, "o", "went to its end"),
        (pruned, MUTED, "x", "ended early"),
    ):
        if some:
            accuracies = [100 * (accuracy_of(trial) or 0) for trial in some]
            numbers = [trial.number for trial in some]
            axes.scatter(
                numbers, accuracies, s=22, label=label, zorder=3, color=colour, marker=marker
            )
    numbers = [trial.number for trial in complete]
    best = list(accumulate((100 * trial.values[0] for trial in complete), max))
    axes.step(numbers, best, where="post", color=ACCENT, label="best so far")
    note = _leave_hopeless_out(axes, [100 * (accuracy_of(trial) or 0) for trial in trials])
    axes.set(xlabel="trial", ylabel="validation accuracy, %", title=f"Trials of the study{note}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    plot.legend(frameon=False, loc="outside lower center", ncols=3)  # trials lie everywhere
    return plot


def _leave_hopeless_out(axes: "Axes", accuracies: list[float], shown: float = 100) -> str:
    """End the axis where a hopeless trial would press all others together; say how many are out.

    Args:
        axes: whose vertical axis it is.
        accuracies: of all trials, in percent.
        shown: the lowest accuracy that must not be left out, in percent.
    """
    low, high = min(float(np.percentile(accuracies, 15)), shown), max(accuracies)
    margin = 0.15 * (high - low or 0.1)
    axes.set_ylim(low - margin, high + margin)
    below = sum(accuracy < low - margin for accuracy in accuracies)
    return f"; {below} lie further down" if below else ""


def _importances(study: "Study") -> dict[str, float]:
    """Return how much each hyperparameter sets the best third of the trials apart, adding to 1.

    Source: S. Watanabe, A. Bansal, F. Hutter, "PED-ANOVA: Efficiently Quantifying Hyperparameter
    Importance in Arbitrary Subspaces", 2023.
    """
    import optuna

    trials = done(study)
    varied = {
        name
        for name in trials[0].params
        if len({str(trial.params.get(name)) for trial in trials}) > 1
    }
    if len(trials) < _FEWEST or not varied:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return optuna.importance.get_param_importances(
            study,
            evaluator=optuna.importance.PedAnovaImportanceEvaluator(target_quantile=_BEST),
            target=(lambda trial: trial.values[0]) if len(study.directions) > 1 else None,
        )


def _importance(importances: dict[str, float]) -> "Figure":
    plot = figure(7, 1.2 + 0.3 * len(importances))
    axes = plot.add_subplot()
    tidy(axes)
    axes.grid(visible=False, axis="y")
    names = list(importances)[::-1]
    axes.barh(names, [importances[name] for name in names], color=INK)
    axes.set(
        xlabel="share of what sets the best third of the trials apart",
        title="Importance of the hyperparameters",
    )
    return plot


def _parallel(trials: "Sequence[FrozenTrial]", plan: Plan, best: int) -> "Figure":
    space = plan.search_space.axes
    plot = figure(max(7, 0.95 * len(space) + 1.5), 4.6)
    axes = plot.add_subplot()
    values = np.array([100 * (accuracy_of(trial) or 0) for trial in trials])
    low = float(np.percentile(values, 15))
    color_map, norm = _colours(low, float(values.max()))
    order = [int(index) for index in np.argsort(values)]  # the best are drawn last, on top
    for index in order:
        trial = trials[index]
        heights = [_height(axis, trial.params[axis.name]) for axis in space]
        is_best = trial.number == best
        colour = ACCENT if is_best else color_map(norm(values[index]))
        width = 2.4 if is_best else 1.0
        axes.plot(range(len(space)), heights, color=colour, linewidth=width, alpha=0.9)
    _scales(axes, space)
    from matplotlib.cm import ScalarMappable

    bar = plot.colorbar(ScalarMappable(norm, color_map), ax=axes, pad=0.02, extend="min")
    bar.set_label("validation accuracy, %")
    axes.set_title(f"All trials; the best, number {best}, in red")
    return plot


def _colours(low: float, high: float) -> tuple[Any, Any]:
    from matplotlib.colors import LinearSegmentedColormap, Normalize

    return (
        LinearSegmentedColormap.from_list("ink", ["#dfe5ec", INK]),
        Normalize(low, high if high > low else low + 0.1, clip=True),
    )


def _height(axis: Axis, param: Any) -> float:
    """Return where a parameter stands between the ends of its axis, 0 to 1."""
    if isinstance(axis, Choice):
        labels = axis.grid()
        return labels.index(param) / max(1, len(labels) - 1)
    low, high, value = float(axis.low), float(axis.high), float(param)
    if axis.log:
        low, high, value = np.log(low), np.log(high), np.log(value)
    return (value - low) / (high - low) if high > low else 0.5


def _scales(axes: "Axes", space: Sequence[Axis]) -> None:
    axes.set_xlim(-0.5, len(space) - 0.5)
    axes.set_ylim(-0.12, 1.12)
    axes.set_xticks(range(len(space)), [axis.name.replace(".", "\n.", 1) for axis in space])
    axes.tick_params(length=0, labelsize=8)
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    for position, axis in enumerate(space):
        axes.axvline(position, color=MUTED, linewidth=0.8, zorder=0, ymin=0.08, ymax=0.92)
        for height, label in _marks(axis):
            axes.annotate(
                label,
                (position, height),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
                fontsize=7,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.8},
            )


def _marks(axis: Axis) -> list[tuple[float, str]]:
    if isinstance(axis, Choice):
        return [(_height(axis, label), str(label)) for label in axis.grid()]
    assert isinstance(axis, FloatRange | IntRange)  # noqa: S101  (for the type checker)
    return [(0.0, f"{axis.low:g}"), (1.0, f"{axis.high:g}")]


def _pareto(study: "Study", against: str) -> "Figure":
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

    plot = figure(7, 4.4)
    axes = plot.add_subplot()
    tidy(axes)
    best = sorted(front(study), key=lambda trial: trial.values[1])
    numbers = {trial.number for trial in best}
    rest = [trial for trial in done(study) if trial.number not in numbers]
    if rest:
        costs = [trial.values[1] for trial in rest]
        accuracies = [100 * trial.values[0] for trial in rest]
        axes.scatter(costs, accuracies, color=MUTED, s=22, label="trials")
    x, y = zip(*((trial.values[1], 100 * trial.values[0]) for trial in best))
    axes.step(x, y, where="post", color=ACCENT, linewidth=1)
    axes.scatter(x, y, color=ACCENT, s=34, zorder=3, label="Pareto front")
    for position, trial in enumerate(best):
        axes.annotate(
            f"{trial.number}",
            (x[position], y[position]),
            xytext=(4, -11 if position % 2 else 5),  # neighbours' numbers would lie on one another
            textcoords="offset points",
            fontsize=8,
        )
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(EngFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.margins(x=0.08)
    note = _leave_hopeless_out(axes, [100 * trial.values[0] for trial in done(study)], min(y))
    axes.set(
        xlabel=f"{against} of a digit" if against == "multiply-adds" else against,
        ylabel="validation accuracy, %",
        title=f"Accuracy against {against}{note}",
    )
    plot.legend(frameon=False, loc="outside lower center", ncols=3)
    return plot
