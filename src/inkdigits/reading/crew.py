"""Processes that read pictures side by side, and the order of what they have read.

A thread of the caller's keeps each process at work. If a process dies on a picture (a decoder's
crash, no memory), that picture has an error, and a new process goes on.
"""

import contextlib
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np
from PIL import Image

from inkdigits.reading.outcomes import outcomes_of
from inkdigits.reading.picture import FileInMemory, Picture, in_memory
from inkdigits.reading.process import ProcessLostError
from inkdigits.reading.result import Outcome, Reading
from inkdigits.reading.worker import Frame, NamedPicture, Worker

if TYPE_CHECKING:
    from inkdigits.reading.reader import Reader

__all__ = ["Crew"]

_PORTION = 16  # pictures handed out at once, at most
_PORTION_SECONDS = 0.02  # what a portion should take to read: large pictures go one by one
_PORTION_BYTES = 1 << 20  # of pictures that are in memory already
_FRAMES_AHEAD = 4  # that wait for a caller who has not asked for them yet

_LOST = "{} cannot be read: the process that read it ended suddenly; perhaps memory ran out"


class Crew:
    """As many processes as the reader may use; they start up as soon as this is made.

    Whoever makes it closes it.
    """

    def __init__(self, reader: "Reader") -> None:
        self.portions: queue.SimpleQueue[_Portion | None] = queue.SimpleQueue()
        self.is_closed = False
        self._portion = 1
        self._keepers = [_Keeper(self, reader) for _ in range(reader.processes)]
        for keeper in self._keepers:
            keeper.start()

    def is_ready(self) -> bool:
        """Whether all processes have started."""
        return all(keeper.is_ready.is_set() for keeper in self._keepers)

    def read(self, pictures: Iterator[NamedPicture]) -> Iterator[Outcome]:
        """Read pictures; yield their outcomes in the order given."""
        waiting: deque[_Portion] = deque()
        for portion in self._cut(pictures):
            waiting.append(portion)
            self.portions.put(portion)
            # One for each process to work on, and one to go on with.
            while waiting and (len(waiting) >= 2 * len(self._keepers) or waiting[0].is_done):
                yield from waiting.popleft().outcomes()
        for portion in waiting:
            yield from portion.outcomes()

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        self.is_closed = True
        for keeper in self._keepers:
            self.portions.put(None)
            keeper.end_worker()
        for keeper in self._keepers:
            keeper.join(timeout=1)  # one that reads a picture itself may take longer

    def learn(self, seconds_a_picture: float) -> None:
        """Adapt how many pictures are handed out at once."""
        fitting = int(_PORTION_SECONDS / max(seconds_a_picture, 1e-6))
        self._portion = max(1, min(_PORTION, 2 * self._portion, fitting))

    def _cut(self, pictures: Iterator[NamedPicture]) -> "Iterator[_Portion]":
        """Cut into portions of few seconds and bytes; what comes slowly is not waited for."""
        start, named, size = time.monotonic(), list[NamedPicture](), 0
        trouble: Exception | None = None
        try:
            for source, picture in pictures:
                sendable = _sendable(picture)
                named.append((source, sendable))
                size += _bytes_in_memory(sendable)
                late = time.monotonic() - start > _PORTION_SECONDS
                if late or len(named) >= self._portion or size > _PORTION_BYTES:
                    yield _Portion(named)
                    start, named, size = time.monotonic(), [], 0
        except Exception as error:  # noqa: BLE001  (raised when those before it have been read)
            trouble = error
        if named or trouble:
            yield _Portion(named, trouble)


class _DismissedError(Exception):
    """The crew was closed."""


class _Portion:
    """Pictures that are handed out together, and what has become of them so far.

    Args:
        pictures: with their names.
        trouble: what came in the place of the next picture.
    """

    def __init__(self, pictures: list[NamedPicture], trouble: Exception | None = None) -> None:
        self.pictures = pictures
        self.trouble = trouble
        self.is_done = False
        self._frames: queue.Queue[Frame] = queue.Queue(_FRAMES_AHEAD)

    def put(self, frame: Frame, crew: Crew) -> None:
        """Hand over outcomes as soon as there is room for them; an empty frame is the last.

        Raises:
            _DismissedError: nobody wants them.
        """
        while not crew.is_closed:
            with contextlib.suppress(queue.Full):
                self._frames.put(frame, timeout=0.1)
                return
        raise _DismissedError

    def outcomes(self) -> Iterator[Outcome]:
        """Yield outcomes as they come."""
        while frame := self._frames.get():
            yield from (outcome for outcome in frame if outcome is not None)
        if self.trouble is not None:
            raise self.trouble


class _Keeper(threading.Thread):
    """Keeps one process at work."""

    def __init__(self, crew: Crew, reader: "Reader") -> None:
        super().__init__(name="inkdigits-keeper", daemon=True)
        self.is_ready = threading.Event()
        self._crew = crew
        self._reader = reader
        self._worker: Worker | None = None
        self._lock = threading.Lock()  # a process is started or ended, not both at once

    def run(self) -> None:
        with contextlib.suppress(_DismissedError):
            self._hire()
            self.is_ready.set()
            while (portion := self._crew.portions.get()) is not None:
                self._read(portion)
        self._let_go()

    def end_worker(self) -> None:
        """End the process; for other threads."""
        with self._lock:
            if self._worker is not None:
                self._worker.kill()

    def _hire(self) -> None:
        with self._lock:
            if self._crew.is_closed:
                raise _DismissedError
            with contextlib.suppress(ProcessLostError):
                self._worker = Worker()
        if self._worker is not None:
            try:
                self._worker.prepare(self._reader)
            except ProcessLostError:
                self._let_go()

    def _let_go(self) -> None:
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()

    def _read(self, portion: _Portion) -> None:
        start = time.monotonic()
        try:
            if all(_can_be_sent(picture) for _, picture in portion.pictures):
                self._have_read(portion)
            else:
                self._read_here(portion, portion.pictures)
        except _DismissedError:
            raise
        except Exception as error:  # noqa: BLE001  (else the caller would wait for ever)
            portion.trouble = error
        portion.is_done = True
        portion.put([], self._crew)
        self._crew.learn((time.monotonic() - start) / max(1, len(portion.pictures)))

    def _read_here(self, portion: _Portion, pictures: Sequence[NamedPicture]) -> None:
        """Read in this thread what cannot be sent, or cannot be sent any more."""
        for source, picture in pictures:
            for outcome in outcomes_of(self._reader, source, picture):
                portion.put([outcome], self._crew)

    def _have_read(self, portion: _Portion) -> None:
        """Have the process read a portion; one that dies on a picture is replaced."""
        left = deque(portion.pictures)
        one_by_one = False
        while left and self._worker is not None:
            pages = 0
            try:
                for frame in self._worker.read([left[0]] if one_by_one else list(left)):
                    portion.put(frame, self._crew)
                    for outcome in frame:
                        if outcome is None:
                            left.popleft()
                        pages = 0 if outcome is None else pages + 1
            except ProcessLostError:
                self._let_go()
                known = pages or one_by_one  # which picture it died on
                one_by_one = True
                self._hire()
                # Where no other can be started, the likeliest one is not tried in this process.
                if known or self._worker is None:
                    source, _ = left.popleft()
                    lost = Outcome(source, pages, Reading(0, 0), _LOST.format(source))
                    portion.put([lost], self._crew)
        self._read_here(portion, left)


def _sendable(picture: Picture) -> Picture:
    """Turn a picture into what can be sent to a process, if there is a way."""
    # Of the plain class: a process knows none that the caller's program made.
    if isinstance(picture, str | os.PathLike):
        return str(os.fspath(picture))
    if isinstance(picture, bytes):
        return bytes(picture)
    if isinstance(picture, np.ndarray):
        return np.asarray(picture)
    if not hasattr(picture, "read"):
        return picture
    try:
        return in_memory(cast(BinaryIO, picture))
    except (OSError, ValueError, TypeError):  # reading it as a picture will say what is wrong
        return picture


def _can_be_sent(picture: Picture) -> bool:
    if isinstance(picture, np.ndarray):
        return not picture.dtype.hasobject
    return isinstance(picture, str | bytes | FileInMemory)


def _bytes_in_memory(picture: Picture) -> int:
    if isinstance(picture, np.ndarray):
        return picture.nbytes
    if isinstance(picture, Image.Image):
        return picture.width * picture.height
    if isinstance(picture, FileInMemory):
        return picture.getbuffer().nbytes
    return len(picture) if isinstance(picture, bytes) else 0
