"""A bar on the standard error while many pictures are read."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from inkdigits.reading import Outcome

__all__ = ["Bar", "counted"]

_REFRESH_SECONDS = 0.1


class Bar:
    """How many pictures are done, how many a second, and how long the rest will take.

    Args:
        count: says how many sources there are in all, or `None`; asked in a thread of its own,
            since a large folder takes long to count.
        shown: whether anybody would see it.
    """

    def __init__(self, count: Callable[[], int | None], *, shown: bool) -> None:
        self._count = count
        self._shown = shown
        self._pages = self._sources = self._skipped = 0
        self._total: int | None = None

    def __enter__(self) -> Self:
        self._start = self._drawn = time.monotonic()
        if self._shown:
            self._bar = _new_bar()
            self._task = self._bar.add_task("", total=None, done=counted(0), pace="")
            self._bar.start()
            threading.Thread(target=self._learn_total, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._bar.stop()

    def _learn_total(self) -> None:
        self._total = self._count()

    def skip(self) -> None:
        """Leave out a source that was read before."""
        self._skipped += 1

    def advance(self, outcome: "Outcome") -> None:
        """Count an outcome."""
        self.add(outcome.page == 0, 1)

    def add(self, sources: int, pages: int) -> None:
        """Count sources, and the pages that they have."""
        self._pages += pages
        self._sources += sources
        now = time.monotonic()
        if self._shown and now - self._drawn >= _REFRESH_SECONDS:
            self._drawn = now
            total = None if self._total is None else self._total - self._skipped
            elapsed = now - self._start
            pace = f"{self._pages / elapsed:,.0f} a second"
            if total is not None and self._sources:
                left = elapsed * max(0, total / self._sources - 1)
                pace += f" · {timedelta(seconds=round(left))} left"
            done = counted(self._pages)
            self._bar.update(self._task, total=total, completed=self._sources, done=done, pace=pace)


def counted(pictures: int) -> str:
    """Say how many pictures."""
    return "1 picture" if pictures == 1 else f"{pictures:,} pictures"


def _new_bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    return Progress(
        TextColumn("{task.fields[done]}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[pace]}"),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # rows go where they were sent
    )
