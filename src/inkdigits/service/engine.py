"""Do the work of requests off the event loop, and gather small ones into batches.

A few threads take jobs from one queue. Images to classify wait apart: the thread that comes to the
first of them takes all that wait by then and has the network classify them at once. Nothing waits
for a batch to fill, and a batch is as large as the load makes it.
"""

import asyncio
import contextlib
import enum
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from inkdigits.service.metrics import Metrics
from inkdigits.service.model import Model

__all__ = ["Busy", "Engine"]

_T = TypeVar("_T")

_ENOUGH = 64  # images: with so many, a batch takes in no more requests


class Busy(Exception):  # noqa: N818  (it is no fault)
    """As much work waits as may wait."""


class _Sign(enum.Enum):
    """What stands in the queue beside jobs."""

    CLASSIFY = enum.auto()
    END = enum.auto()


@dataclass(eq=False)
class _Job:
    """A piece of work, and who waits for it."""

    work: Callable[[], Any]
    waiting: asyncio.Future[Any]


@dataclass(eq=False)
class _Images:
    """Images to classify, and who waits for their probabilities."""

    model: Model
    images: npt.NDArray[np.uint8]
    waiting: asyncio.Future[npt.NDArray[np.float32]]


class Engine:
    """Threads that do the work of one event loop's requests. Made within that loop.

    Args:
        threads: that work at once.
        most: pieces of work that may be there at once, waiting ones included.
        metrics: told of the batches' sizes and the queue's depth.
    """

    def __init__(self, threads: int, most: int, metrics: Metrics) -> None:
        self._loop = asyncio.get_running_loop()
        self._most = most
        self._metrics = metrics
        self._jobs: queue.SimpleQueue[_Job | _Sign] = queue.SimpleQueue()
        self._images: deque[_Images] = deque()
        self._done: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._telling = False
        self._count = 0
        self._since: list[float | None] = [None] * threads
        self._threads = [
            threading.Thread(target=self._work, args=(number,), daemon=True, name=f"work-{number}")
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def busy(self) -> bool:
        """Whether no more work is taken now."""
        return self._count >= self._most

    def stuck(self, seconds: float) -> bool:
        """Tell whether every thread has been at one piece of work for longer than that."""
        now = time.monotonic()
        return all(since is not None and now - since > seconds for since in self._since)

    async def run(self, work: Callable[[], _T]) -> _T:
        """Have a thread do a piece of work.

        Work that nobody waits for any more is left out, if it has not begun.

        Raises:
            Busy: too much waits already.
        """
        waiting: asyncio.Future[_T] = self._take()
        self._jobs.put(_Job(work, waiting))
        return await waiting

    async def classify(
        self, model: Model, images: npt.NDArray[np.uint8]
    ) -> npt.NDArray[np.float32]:
        """Classify images as `Reader.classify` does, together with others that wait.

        Args:
            model: the one to ask.
            images: uint8 ``(count, 28, 28)``, bright ink on black.

        What nobody waits for any more is left out here, too.

        Returns:
            float32 ``(count, 10)``: a row of probabilities an image.

        Raises:
            Busy: too much waits already.
        """
        waiting: asyncio.Future[npt.NDArray[np.float32]] = self._take()
        self._images.append(_Images(model, images, waiting))
        self._jobs.put(_Sign.CLASSIFY)
        return await waiting

    def close(self) -> None:
        """Let the threads end, after what waits for them."""
        for _ in self._threads:
            self._jobs.put(_Sign.END)

    def _take(self) -> asyncio.Future[Any]:
        if self.busy:
            raise Busy
        self._count += 1
        self._metrics.queue_depth.inc()
        return self._loop.create_future()

    def _work(self, number: int) -> None:
        while (job := self._jobs.get()) is not _Sign.END:
            self._since[number] = time.monotonic()
            if job is _Sign.CLASSIFY:
                self._classify_waiting()
            else:
                self._tell(job.waiting, *_outcome(job))
            self._since[number] = None

    def _classify_waiting(self) -> None:
        batch: list[_Images] = []
        count = 0
        while count < _ENOUGH:
            try:
                one = self._images.popleft()
            except IndexError:  # an earlier thread took it
                break
            if one.waiting.cancelled():
                self._tell(one.waiting, None, None)
                continue
            batch.append(one)
            count += len(one.images)
        by_model: dict[int, list[_Images]] = {}
        for one in batch:  # just after a change of models there may be two
            by_model.setdefault(id(one.model), []).append(one)
        for group in by_model.values():
            self._classify_group(group)

    def _classify_group(self, group: list[_Images]) -> None:
        try:
            images = np.concatenate([one.images for one in group])
            self._metrics.batch_size.observe(len(images))
            probabilities = group[0].model.reader.classify(images)
        except Exception as error:  # noqa: BLE001  (each who waits is told)
            for one in group:
                self._tell(one.waiting, None, error)
            return
        start = 0
        for one in group:
            self._tell(one.waiting, probabilities[start : start + len(one.images)], None)
            start += len(one.images)

    def _tell(self, waiting: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
        self._done.append((waiting, result, error))
        if not self._telling:  # one wake-up of the loop tells all who are done by then
            self._telling = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._tell_all)

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


def _outcome(job: _Job) -> tuple[Any, BaseException | None]:
    if job.waiting.cancelled():
        return None, None
    try:
        return job.work(), None
    except Exception as error:  # noqa: BLE001  (who waits is told)
        return None, error
