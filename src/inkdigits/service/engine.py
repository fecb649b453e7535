"""Have processes do the work of requests, and gather small pieces of it.

For each process a thread hands it what waits, and takes what comes back. Images to classify wait
apart: the thread that comes to the first of them takes all that wait by then, and the network
classifies them at once. Nothing waits for a batch to fill, and a batch is as large as the load
makes it.
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
from inkdigits.service.inference import Call, InferenceProcess
from inkdigits.service.metrics import Metrics

__all__ = ["Busy", "Engine", "LostError"]

_ENOUGH = 64  # images: with so many, a batch takes in no more requests
_PORTION = 8  # pieces of work that a process is handed at once
_SMALL = 16 << 10  # bytes: nothing is handed over behind what has more, and may take long
_PAUSE = 1.0  # seconds before another try to start a process

_log = logging.getLogger(__name__)


class Busy(Exception):  # noqa: N818  (it is no fault)
    """As much work waits as may wait."""


class LostError(Exception):
    """The process that did a piece of work has ended, and so did the next one."""


class _Sign(enum.Enum):
    """What stands in the queue beside jobs."""

    CLASSIFY = enum.auto()
    END = enum.auto()


class _Job:
    """A piece of work, and who waits for it."""

    def __init__(self, call: Call, waiting: "list[asyncio.Future[Any]]", size: int = 0) -> None:
        self.call = call
        self.waiting = waiting
        self.is_small = size <= _SMALL
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
        one = group[0].call
        images = np.concatenate([each.images for each in group])
        call = Call(one.path, one.version, one.task, (images,))
        super().__init__(call, [each.waiting for each in group])
        self.count = len(images)
        self._ends = np.cumsum([len(each.images) for each in group])[:-1]

    def shares(self, result: Any) -> Iterable[Any]:
        return np.split(result, self._ends)


class Engine:
    """Processes that do the work of one event loop's requests. Made within that loop.

    Args:
        start: starts a process.
        first: one that has been started.
        processes: how many there are to be.
        most: pieces of work that may be there at once, waiting ones included.
        metrics: told of the batches' sizes and the queue's depth.
    """

    def __init__(
        self,
        start: Callable[[], InferenceProcess],
        first: InferenceProcess,
        processes: int,
        most: int,
        metrics: Metrics,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._most = most
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

    @property
    def busy(self) -> bool:
        """Whether no more work is taken now."""
        return self._count >= self._most

    @property
    def works(self) -> bool:
        """Whether there is a process to do work."""
        return any(keeper.works for keeper in self._keepers)

    async def run(self, call: Call, size: int = 0) -> Any:
        """Have a process do something.

        Where nobody waits for it any more, it is left out, or the process that is at it is ended.

        Args:
            call: what to do.
            size: bytes of it.

        Raises:
            Busy: too much waits already.
            LostError: it ends the processes that do it.
        """
        job = _Job(call, [self._take()], size)
        self._queue.put(job)
        try:
            return await job.waiting[0]
        except asyncio.CancelledError:
            for keeper in self._keepers:
                keeper.leave(job)
            raise

    async def classify(self, call: Call, images: npt.NDArray[np.uint8]) -> Any:
        """Have images classified, together with others that wait.

        What nobody waits for any more is left out here, too.

        Args:
            call: with the task that classifies, and no arguments.
            images: uint8 ``(count, 28, 28)``, bright ink on black.

        Returns:
            float32 ``(count, 10)``: a row of probabilities an image.

        Raises:
            Busy: too much waits already.
            LostError: it ends the processes that do it.
        """
        waiting = self._take()
        self._images.append(_Images(call, images, waiting))
        self._queue.put(_Sign.CLASSIFY)
        return await waiting

    def close(self) -> None:
        """Let the processes end, after what waits for them."""
        self.is_closed = True
        for _ in self._keepers:
            self._queue.put(_Sign.END)

    def next_jobs(self) -> deque[_Job]:
        """Wait for work, and return a process's share of what is there; nothing at the end."""
        jobs: deque[_Job] = deque()
        most = min(_PORTION, 1 + self._queue.qsize() // len(self._keepers))
        entry = self._queue.get()
        while entry is not _Sign.END:
            if entry is _Sign.CLASSIFY:
                jobs += self._batches()
            else:
                jobs.append(entry)
            if len(jobs) >= most or not all(job.is_small for job in jobs):
                return jobs
            try:
                entry = self._queue.get(block=not jobs)
            except queue.Empty:
                return jobs
        if jobs:
            self._queue.put(_Sign.END)
        return jobs

    def tell(self, job: _Job, result: Any, error: Exception | None) -> None:
        """Tell those who wait for a job what has come of it."""
        shares = job.shares(result) if error is None else [None] * len(job.waiting)
        self._done.extend((waiting, share, error) for waiting, share in zip(job.waiting, shares))
        if not self._telling:  # one wake-up of the loop tells all who are done by then
            self._telling = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._tell_all)

    def _take(self) -> "asyncio.Future[Any]":
        if self.busy:
            raise Busy
        self._count += 1
        self._metrics.queue_depth.inc()
        return self._loop.create_future()

    def _batches(self) -> list[_Batch]:
        """Take the images that wait: a batch, or two just after a change of models."""
        groups: dict[str | None, list[_Images]] = {}
        count = 0
        while count < _ENOUGH:
            try:
                one = self._images.popleft()
            except IndexError:  # an earlier thread took it
                break
            groups.setdefault(one.call.version, []).append(one)
            count += len(one.images)
        batches = [_Batch(group) for group in groups.values()]
        for batch in batches:
            self._metrics.batch_size.observe(batch.count)
        return batches

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


class _Keeper(threading.Thread):
    """Keeps one process at work."""

    def __init__(
        self, engine: Engine, start: Callable[[], InferenceProcess], first: InferenceProcess | None
    ) -> None:
        super().__init__(name="keeper", daemon=True)
        self.works = first is not None
        self._engine = engine
        self._start_process = start
        self._process = first
        self._job: _Job | None = None

    def run(self) -> None:
        if self._process is None:
            self._hire()
        while jobs := self._engine.next_jobs():
            while jobs:
                self._have_done(jobs)
        if self._process is not None:
            self._process.close()

    def leave(self, job: _Job) -> None:
        """End the process if it is at this job; for other threads.

        If it has just gone on to the next one, that one is done again.
        """
        if self._job is job and self._process is not None:
            self._process.kill()

    def _have_done(self, jobs: deque[_Job]) -> None:
        """Have jobs done, one after the other, until the process is lost."""
        for job in [job for job in jobs if not job.is_wanted]:
            jobs.remove(job)
            self._engine.tell(job, None, LostError())
        if not jobs:
            return
        try:
            if self._process is None:  # and there will be no other
                raise ProcessLostError
            self._job = jobs[0]  # a large one is at work before it is sent whole
            self._process.send([job.call for job in jobs])
            while jobs:
                self._job = jobs[0]
                if not self._job.is_wanted:
                    self._process.kill()
                outcome = self._process.receive()
                self._engine.tell(jobs.popleft(), *outcome)
        except Exception as error:  # noqa: BLE001  (such as no memory: who waits is told)
            jobs[0].losses += 1
            if jobs[0].losses > 1:  # before, it may have been another's fault
                lost = isinstance(error, ProcessLostError)
                self._engine.tell(jobs.popleft(), None, LostError() if lost else error)
            self._hire()
        finally:
            self._job = None

    def _hire(self) -> None:
        """Start a process in the place of one that is lost."""
        self.works = False
        if self._process is not None:
            self._process.close()
            self._process = None
            _log.warning("a process that reads was lost; another one takes its place")
        while self._process is None and not self._engine.is_closed:
            try:
                self._process = self._start_process()
                self.works = True
            except ProcessLostError:
                _log.error("no process that reads can be started")
                time.sleep(_PAUSE)
