"""A bar on the standard error while a benchmark is measured."""

from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from inkdigits.benchmark import STEPS

__all__ = ["StepBar"]


class StepBar:
    """A bar on the standard error, if that is a terminal: which thing is measured."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            console=console,
            # Drawn between the measurements only: the thread that would turn a spinner takes time
            # from what is measured.
            auto_refresh=False,
            disable=not console.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task("", total=STEPS)
        self._begun = 0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def begin(self, step: str) -> None:
        """Show the next step; all before it are done."""
        self._bar.update(self._task, completed=self._begun, description=step, refresh=True)
        self._begun += 1
