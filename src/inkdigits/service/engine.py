"""Have processes do the work of requests, and classify together what waits at once.

For each process a thread hands it one piece of work after the other. Images to classify wait apart:
the thread that comes to the first of them takes all that wait by then, and the network classifies
them at once. Nothing waits for a batch to fill, and a batch is as large as the load makes it.
"""

import asyncio
import contextlib
import enum
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from inkdigits.reading.process import ProcessLostError
from inkdigits.service.inference_process import Call, InferenceProcess
from inkdigits.service.metrics import Metrics

__all__ = ["BusyError", "Engine", "LostError", "UnavailableError"]

_ENOUGH = 64  # images: with so many, a batch takes in no more requests
_PAUSE = 1.0  # seconds before another try to start a process
_REST = 1.0  # seconds without work, after which a process is looked at

_log = logging.getLogger(__name__)


class BusyError(Exception):
    """As much work waits as may wait."""


class UnavailableError(Exception):
    """No process can be started to do work."""


class LostError(Exception):
    """The process that did a piece of work has ended, and so did the next one."""


class _Sign(enum.Enum):
    """What a keeper may come to instead of a job."""

    CLASSIFY = enum.auto()  # images wait
    REST = enum.auto()  # nothing waits for now
    END = enum.auto()  # there will be no more


class _Job:
    """A piece of work, and who waits for it."""

    def __init__(self, call: Call, waiting: "list[asyncio.Future[Any]]") -> None:
        self.call = call
        self.waiting = waiting
        self.losses = 0  # of processes that were at it

    @property
    def is_wanted(self) -> bool:
        return not all(waiting.cancelled() for waiting in self.waiting)

    def shares(self, result: Any) -> Iterable[Any]:
        """Return what each who waits gets."""
        return [result]


@dataclass(eq=False)
class _Images:
    """Images to classify with a task, and who waits for their probabilities."""

    call: Call
    images: npt.NDArray[np.uint8]
    waiting: "asyncio.Future[npt.NDArray[np.float32]]"


class _Batch(_Job):
    """Images of several requests."""

    def __init__(self, group: list[_Images]) -> None:
        images = np.concatenate([one.images for one in group])
        super().__init__(group[0].call.with_arguments(images), [one.waiting for one in group])
        self.count = len(images)
        self._ends = np.cumsum([len(one.images) for one in group])[:-1]

    def shares(self, result: Any) -> Iterable[Any]:
        return np.split(result, self._ends)


class Engine:
    """Processes that do the work of one event loop's requests. Made within that loop.

    Args:
        start: starts a process and waits until it is ready.
        first: one that is ready.
        processes: how many there are to be.
        most: pieces of work that may be there at once, waiting ones included.
        longest: seconds that a process may be at one piece of work; then it is ended.
        metrics: told of the batches' sizes and the queue's depth.
    """

    def __init__(
        self,
        start: Callable[[], InferenceProcess],
        first: InferenceProcess,
        processes: int,
        most: int,
        longest: float,
        metrics: Metrics,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._most = most
        self._longest = longest
        self._metrics = metrics
        self._queue: queue.SimpleQueue[_Job | _Sign] = queue.SimpleQueue()
        self._images: deque[_Images] = deque()
        self._done: deque[tuple[asyncio.Future[Any], Any, Exception | None]] = deque()
        self._telling = False
        self._count = 0
        self.is_closed = False
        self._keepers = [
            _Keeper(self, start, None if number else first) for number in range(processes)
        ]
        for keeper in self._keepers:
            keeper.start()
        self._look_after_keepers()

    @property
    def busy(self) -> bool:
        """Whether no more work is taken now."""
        return self._count >= self._most

    @property
    def works(self) -> bool:
        """Whether there is a process to do work, or one that may be expected to start."""
        return any(keeper.works for keeper in self._keepers)

    async def run(self, call: Call) -> Any:
        """Have a process do something. Where nobody waits for it any more, it is left out.

        Raises:
            BusyError: too much waits already.
            UnavailableError: no process can be started.
            LostError: it ends the processes that do it, or takes too long.
        """
        waiting = self._take()
        self._queue.put(_Job(call, [waiting]))
        return await waiting

    async def classify(self, call: Call, images: npt.NDArray[np.uint8]) -> Any:
        """Have images classified, together with others that wait.

        Args:
            call: with the task that classifies, and no arguments.
            images: uint8 ``(count, 28, 28)``, bright ink on black.

        Returns:
            float32 ``(count, 10)``: a row of probabilities an image.

        Raises:
            As `run`.
        """
        waiting = self._take()
        self._images.append(_Images(call, images, waiting))
        self._queue.put(_Sign.CLASSIFY)
        return await waiting

    def close(self) -> None:
        """Let the processes end, after what waits for them."""
        self.is_closed = True
        for keeper in self._keepers:
            self._queue.put(_Sign.END)
            keeper.end_unwanted()

    def next_job(self) -> _Job | _Sign:
        """Wait for work that somebody waits for, and take it, or say that there is none."""
        while True:
            try:
                entry = self._queue.get(timeout=_REST)
            except queue.Empty:
                return _Sign.REST
            if entry is _Sign.END:
                return entry
            job = self._next_batch() if isinstance(entry, _Sign) else entry
            if job is not None and job.is_wanted:
                return job
            if job is not None:
                self.tell(job, error=LostError())

    def again(self, job: _Job) -> None:
        """Have a job done by whichever process comes to it."""
        self._queue.put(job)

    def tell(self, job: _Job, result: Any = None, error: Exception | None = None) -> None:
        """Tell those who wait for a job what has come of it."""
        shares = job.shares(result) if error is None else [None] * len(job.waiting)
        self._done.extend((waiting, share, error) for waiting, share in zip(job.waiting, shares))
        if not self._telling:  # one wake-up of the loop tells all who are done by then
            self._telling = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._tell_all)

    def _take(self) -> "asyncio.Future[Any]":
        if not self.works:
            raise UnavailableError("no process that reads can be started")
        if self.busy:
            raise BusyError("there is too much to do")
        self._count += 1
        self._metrics.queue_depth.inc()
        return self._loop.create_future()

    def _next_batch(self) -> _Batch | None:
        """Take the images that wait for the same model; none if an earlier thread took them."""
        group: list[_Images] = []
        count = 0
        while count < _ENOUGH:
            try:
                one = self._images.popleft()
            except IndexError:
                break
            if group and one.call.version != group[0].call.version:
                self._images.appendleft(one)  # just after a change of models
                self._queue.put(_Sign.CLASSIFY)
                break
            group.append(one)
            count += len(one.images)
        if not group:
            return None
        self._metrics.batch_size.observe(count)
        return _Batch(group)

    def _tell_all(self) -> None:
        self._telling = False
        while self._done:
            waiting, result, error = self._done.popleft()
            self._count -= 1
            self._metrics.queue_depth.dec()
            if waiting.cancelled():
                continue
            if error is None:
                waiting.set_result(result)
            else:
                waiting.set_exception(error)

    def _look_after_keepers(self) -> None:
        """End processes that take too long, now and then."""
        if not self.is_closed:
            for keeper in self._keepers:
                keeper.end_if_late(self._longest)
            self._loop.call_later(min(1.0, self._longest / 4), self._look_after_keepers)


class _Keeper(threading.Thread):
    """Keeps one process at work."""

    def __init__(
        self, engine: Engine, start: Callable[[], InferenceProcess], first: InferenceProcess | None
    ) -> None:
        super().__init__(name="keeper", daemon=True)
        self.works = True
        self._engine = engine
        self._start_process = start
        self._process = first
        # What the process is at, and since when. Other threads look at it, so it changes at once.
        self._at_work: tuple[InferenceProcess, _Job, float] | None = None

    def run(self) -> None:
        while self._has_process() and (job := self._engine.next_job()) is not _Sign.END:
            if isinstance(job, _Job):
                self._have_done(job)
        if self._process is not None:
            self._process.close()

    def end_if_late(self, longest: float) -> None:
        """End the process if it has been at one piece of work for so many seconds."""
        at_work = self._at_work
        if at_work is not None and time.monotonic() - at_work[2] > longest:
            _log.warning("a process that reads takes too long, and is ended")
            at_work[0].kill()

    def end_unwanted(self) -> None:
        """End the process if it is at what nobody waits for any more."""
        at_work = self._at_work
        if at_work is not None and not at_work[1].is_wanted:
            at_work[0].kill()

    def _has_process(self) -> bool:
        """Start a process if there is none, however long that takes; `False` at the end."""
        if self._process is not None and not self._process.is_alive:
            self._let_go()
        while self._process is None:
            if self._engine.is_closed:
                return False
            try:
                self._process = self._start_process()
            except Exception as error:  # noqa: BLE001  (whatever it is, it may pass)
                self.works = False
                _log.error("no process that reads can be started", extra={"reason": str(error)})
                time.sleep(_PAUSE)
        self.works = True
        return True

    def _have_done(self, job: _Job) -> None:
        assert self._process is not None  # noqa: S101
        if not self._process.is_alive:  # it has ended while there was nothing to do
            self._engine.again(job)
            return
        self._at_work = self._process, job, time.monotonic()
        try:
            result, error = self._process.do(job.call)
        except Exception as lost:  # noqa: BLE001  (such as no memory)
            self._at_work = None
            self._let_go()
            job.losses += 1
            if not isinstance(lost, ProcessLostError):
                self._engine.tell(job, error=lost)
            elif job.losses > 1 or not job.is_wanted:  # the first may have been killed from outside
                self._engine.tell(job, error=LostError("the process that did this ended"))
            else:
                self._engine.again(job)
        else:
            self._at_work = None
            self._engine.tell(job, result, error)

    def _let_go(self) -> None:
        assert self._process is not None  # noqa: S101
        status = self._process.close()
        self._process = None
        _log.warning("a process that reads was lost", extra={"exit_status": status})
