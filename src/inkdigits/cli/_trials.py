"""A live table of a study's trials on the standard error; where nobody watches, a line a trial."""

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from inkdigits.tuning import Plan

__all__ = ["Trials"]

_ROWS = 12
_COLUMNS = {"trial": 5, "accuracy": 8, "step": 5, "state": 11}
"""And how wide each is at least."""


class Trials:
    """The newest trials, the best one among them in bold, and how many are done.

    Args:
        plan: of the study.
        count: of trials that it shall have.
    """

    def __init__(self, plan: "Plan", count: int) -> None:
        self._plan = plan
        self._count = plan.most_trials(count)
        self._told: set[int] | None = None
        self._live: Any = None

    def __enter__(self) -> Self:
        from rich.console import Console
        from rich.live import Live

        self._start = time.monotonic()
        console = Console(stderr=True)
        if console.is_terminal:
            self._live = Live(console=console, refresh_per_second=4, redirect_stdout=False)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, trials: "Sequence[FrozenTrial]") -> None:
        """Show how the trials stand."""
        if self._live is not None:
            self._live.update(self._table(trials))
        else:
            self._tell(trials)

    def _tell(self, trials: "Sequence[FrozenTrial]") -> None:
        finished = {trial.number for trial in trials if trial.state.is_finished()}
        if self._told is None:  # what was there before is no news
            self._told = finished
        for trial in trials:
            if trial.number in finished - self._told:
                print(f"trial {trial.number}: {_state(trial)} {_accuracy(trial)}", file=sys.stderr)
        self._told |= finished

    def _table(self, trials: "Sequence[FrozenTrial]") -> Any:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        from inkdigits.tuning.outcome import accuracy_of
        from inkdigits.tuning.storage import counted

        shown = [trial for trial in counted(trials) if trial.state.name != "WAITING"]
        complete = [trial for trial in shown if trial.state.name == "COMPLETE"]
        best = max(complete, key=lambda trial: trial.values[0], default=None)
        width = self._live.console.width
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), expand=True)
        for name, least in _COLUMNS.items():
            right = name in ("trial", "accuracy", "step")
            table.add_column(
                name, justify="right" if right else "left", no_wrap=True, min_width=least
            )
        table.add_column("hyperparameters", no_wrap=True, overflow="ellipsis", ratio=1)
        rows = shown[-_ROWS:]
        if best is not None and best not in rows:
            rows = [best, *rows[1:]]
        for trial in rows:
            style = "bold" if trial is best else "dim" if trial.state.name == "PRUNED" else ""
            table.add_row(
                str(trial.number),
                _accuracy(trial) if "error" not in trial.user_attrs else "",
                f"{trial.last_step or 0}/{self._plan.steps}",
                _state(trial) + (", best" if trial is best else ""),
                str(trial.user_attrs.get("error", _parameters(trial))),
                style=style,
            )
        finished = sum(trial.state.is_finished() for trial in shown)
        bar = Table.grid(padding=(0, 1))
        elapsed = time.monotonic() - self._start
        told = f"{min(finished, self._count)} of {self._count} trials · {_minutes(elapsed)}"
        if best is not None:
            told += f" · best {accuracy_of(best):.2%}"
        bar.add_row(ProgressBar(self._count, finished, width=min(24, width // 4)), Text(told))
        return Group(table, bar)


def _state(trial: "FrozenTrial") -> str:
    words = {"RUNNING": "trains", "COMPLETE": "done", "PRUNED": "ended early", "FAIL": "failed"}
    return words.get(trial.state.name, trial.state.name.lower())


def _accuracy(trial: "FrozenTrial") -> str:
    from inkdigits.tuning.outcome import accuracy_of

    accuracy = accuracy_of(trial)
    if "error" in trial.user_attrs:
        return str(trial.user_attrs["error"])
    return "" if accuracy is None else f"{accuracy:.2%}"


def _parameters(trial: "FrozenTrial") -> str:
    return " ".join(
        f"{name.rpartition('options.')[2]}={value:.3g}"
        if isinstance(value, float)
        else f"{name.rpartition('options.')[2]}={value}"
        for name, value in trial.params.items()
    )


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
