"""A process that reads pictures: its own interpreter, reader and memory, a pipe each way.

It is started as a program of its own, and not by `multiprocessing`, which would run the caller's
script again in it, and would leave it waiting for ever if the caller is killed. Here the end of its
pipe tells the process that nobody wants it any more.
"""

import contextlib
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any, TypeAlias, cast

from inkdigits.reading.outcomes import outcomes_of
from inkdigits.reading.picture import Picture
from inkdigits.reading.result import Outcome

if TYPE_CHECKING:
    from inkdigits.reading.reader import Reader

__all__ = ["Frame", "NamedPicture", "Worker", "WorkerLostError", "serve"]

NamedPicture: TypeAlias = "tuple[str, Picture]"
"""What a picture's outcomes shall call it, and the picture."""

Frame: TypeAlias = "list[Outcome | None]"
"""What is sent at once: outcomes, and `None` behind the last of each picture."""

_FRAME = 64  # outcomes: a picture may have many pages
_FRAME_SECONDS = 0.1

# The processes share the processors out among themselves; NumPy needs no threads besides.
_ENVIRONMENT = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

# Ctrl-C is for the caller, who ends the processes.
_APART: dict[str, Any]
if sys.platform == "win32":
    _APART = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
else:
    _APART = {"process_group": 0}


class WorkerLostError(Exception):
    """The process has ended or cannot be started."""


class Worker:
    """The caller's end of a process that reads pictures.

    Raises:
        WorkerLostError: this system starts no processes.
    """

    def __init__(self) -> None:
        if not sys.executable or getattr(sys, "frozen", False):
            raise WorkerLostError  # it would start the caller's program, not Python
        # With the caller's own path, it finds what the caller found and nothing else.
        path = [folder for folder in sys.path if isinstance(folder, str)]
        program = (
            f"import sys; sys.path[:] = {path!r}; from inkdigits.reading.worker import serve; "
            "serve()"
        )
        try:
            self._process = subprocess.Popen(  # noqa: S603  (our own program)
                [sys.executable, "-W", "ignore", "-c", program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # what decoders say of damage is in the outcomes
                env={**os.environ, **_ENVIRONMENT},
                **_APART,
            )
        except OSError as error:
            raise WorkerLostError from error
        self._requests = cast(IO[bytes], self._process.stdin)
        self._answers = cast(IO[bytes], self._process.stdout)

    def prepare(self, reader: "Reader") -> None:
        """Wait until the process has a reader like this one.

        Raises:
            WorkerLostError: it has ended.
        """
        self._send((reader.model, reader.min_confidence, reader.max_marks))
        self._receive()

    def read(self, pictures: Sequence[NamedPicture]) -> Iterator[Frame]:
        """Have pictures read; yield what comes of them as it comes.

        Raises:
            WorkerLostError: the process has ended before all were read.
        """
        self._send(pictures)
        left = len(pictures)
        while left:
            frame: Frame = self._receive()
            yield frame
            left -= frame.count(None)

    def kill(self) -> None:
        """End the process. Any thread may call this."""
        self._process.kill()

    def close(self) -> None:
        """End the process and forget it."""
        self._process.kill()
        with contextlib.suppress(OSError):  # there may be something in it that nobody takes
            self._requests.close()
        self._answers.close()
        self._process.wait()

    def _send(self, thing: object) -> None:
        try:
            pickle.dump(thing, self._requests, pickle.HIGHEST_PROTOCOL)
            self._requests.flush()
        except OSError as error:
            raise WorkerLostError from error

    def _receive(self) -> Any:
        try:
            return pickle.load(self._answers)  # noqa: S301  (the process is our own)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise WorkerLostError from error


def serve() -> None:
    """Read what comes in at the standard input until that ends: the process's own program."""
    import cv2

    from inkdigits.reading.reader import Reader

    # OpenCV's own threads would compete with the other processes. The setting is the whole
    # process's, which is ours here; the caller's we leave alone.
    cv2.setNumThreads(1)
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nothing else may get between the answers
    frame: Frame = []
    sent = 0.0

    def send() -> None:
        nonlocal frame, sent
        pickle.dump(frame, answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()
        frame, sent = [], time.monotonic()

    with contextlib.suppress(OSError, EOFError):  # the caller has ended or wants no more
        model, min_confidence, max_marks = pickle.load(requests)  # noqa: S301  (the caller is ours)
        reader = Reader(model, 1, min_confidence, max_marks)
        send()
        while True:
            sent = time.monotonic()
            for source, picture in pickle.load(requests):  # noqa: S301
                for outcome in outcomes_of(reader, source, picture):
                    frame.append(outcome)
                    if len(frame) >= _FRAME or time.monotonic() - sent > _FRAME_SECONDS:
                        send()
                frame.append(None)
            send()
    os._exit(0)  # nothing is left to tidy up, and nobody to tell if that went wrong
