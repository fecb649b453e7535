"""Processes that carry out a study's trials side by side on this machine."""

import threading

from inkdigits.errors import TuningError
from inkdigits.reading.process import Process, ProcessLostError
from inkdigits.tuning import worker
from inkdigits.tuning.worker import Order

__all__ = ["Workers"]

_MOST_LOSSES = 3  # processes that may die without a trial being finished in between


class Workers:
    """Keeps processes at work on an order.

    Args:
        order: what each is to do.
        count: how many.
    """

    def __init__(self, order: Order, count: int) -> None:
        self._order = order
        self._count = count
        self._at_work: list[_Worker] = []
        self._finished = -1
        self._losses = 0

    @property
    def is_idle(self) -> bool:
        """Whether no process is at work."""
        return not self._at_work

    def tend(self, *, wanted: bool, finished: int) -> None:
        """Replace processes that have ended, while trials are wanted.

        Args:
            wanted: whether there is anything left to do.
            finished: trials so far.

        Raises:
            TuningError: a process could not do its work, or one after the other dies.
        """
        if finished != self._finished:
            self._finished, self._losses = finished, 0
        for one in [one for one in self._at_work if not one.thread.is_alive()]:
            self._at_work.remove(one)
            one.close()
            if one.trouble is not None:
                raise TuningError(one.trouble)
            if one.is_lost:
                self._losses += 1
        if self._losses >= _MOST_LOSSES:
            raise TuningError(
                "the processes that train end suddenly, one after the other; perhaps memory runs "
                "out: give fewer --jobs"
            )
        while wanted and len(self._at_work) < self._count:
            self._at_work.append(_Worker(self._order))

    def close(self) -> None:
        """End all processes."""
        while self._at_work:
            self._at_work.pop().close()


class _Worker:
    """A process, and a thread that waits for what it says at its end."""

    def __init__(self, order: Order) -> None:
        self.trouble: str | None = None
        self.is_lost = False
        try:
            self._process = Process(worker.__name__)
            self._process.send(order)
        except ProcessLostError as error:
            raise TuningError(f"a process that trains cannot be started: {error}") from error
        self.thread = threading.Thread(target=self._wait, daemon=True)
        self.thread.start()

    def _wait(self) -> None:
        try:
            (self.trouble,) = self._process.receive()
        except ProcessLostError:
            self.is_lost = True

    def close(self) -> None:
        self._process.kill()
        self.thread.join()
        self._process.close()
