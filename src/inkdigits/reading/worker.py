"""A process that reads pictures: its own interpreter, reader and memory."""

import contextlib
import os
import pickle
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from inkdigits.reading.outcomes import outcomes_of
from inkdigits.reading.picture import Picture
from inkdigits.reading.process import Process, pipes
from inkdigits.reading.result import Outcome

if TYPE_CHECKING:
    from inkdigits.reading.reader import Reader

__all__ = ["Frame", "NamedPicture", "Worker", "serve"]

NamedPicture: TypeAlias = "tuple[str, Picture]"
"""What a picture's outcomes shall call it, and the picture."""

Frame: TypeAlias = "list[Outcome | None]"
"""What is sent at once: outcomes, and `None` behind the last of each picture."""

_FRAME = 64  # outcomes: a picture may have many pages
_FRAME_SECONDS = 0.1


class Worker(Process):
    """The caller's end of a process that reads pictures.

    Raises:
        ProcessLostError: this system starts no processes.
    """

    def __init__(self) -> None:
        super().__init__(__name__)

    def prepare(self, reader: "Reader") -> None:
        """Wait until the process has a reader like this one.

        Raises:
            ProcessLostError: it has ended.
        """
        self.send((reader.model, reader.min_confidence, reader.max_marks))
        self.receive()

    def read(self, pictures: Sequence[NamedPicture]) -> Iterator[Frame]:
        """Have pictures read; yield what comes of them as it comes.

        Raises:
            ProcessLostError: the process has ended before all were read.
        """
        self.send(pictures)
        left = len(pictures)
        while left:
            frame: Frame = self.receive()
            yield frame
            left -= frame.count(None)


def serve() -> None:
    """Read what comes in at the standard input until that ends: the process's own program."""
    import cv2

    from inkdigits.reading.reader import Reader

    # OpenCV's own threads would compete with the other processes. The setting is the whole
    # process's, which is ours here; the caller's we leave alone.
    cv2.setNumThreads(1)
    requests, answers = pipes()
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
