"""A process that reads, classifies and explains, apart from the one that answers requests.

Neither waits for the other's interpreter; work that takes too long can be ended; and a decoder that
crashes on a picture takes no other request along.
"""

import contextlib
import hashlib
import os
import pickle
import signal
import threading
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkdigits.errors import InkDigitsError, ModelError, ServiceError
from inkdigits.reading.model_card import ModelCard
from inkdigits.reading.model_file import read_model
from inkdigits.reading.process import Process, pipes
from inkdigits.service import tasks

if TYPE_CHECKING:
    from inkdigits.reading import Reader

__all__ = ["Call", "InferenceProcess", "serve", "version_of"]

_MARKS_A_DIGIT = 4  # a digit may be in pieces, and there are specks
_START = 60.0  # seconds that it may take until there is a model: a busy machine may take a while
_MODELS = 2  # that a process holds: while one takes another's place, both are asked


@dataclass(frozen=True, eq=False)
class Call:
    """Something to do.

    Args:
        path: of the model to do it with.
        version: that the model must have, see `version_of`.
        task: gets the model's reader, and the arguments; one of `inkdigits.service.tasks`.
        arguments: of the task.
    """

    path: Path
    version: str
    task: Callable[..., Any]
    arguments: tuple[Any, ...] = ()

    def with_arguments(self, *arguments: Any) -> "Call":
        """Return the same with other arguments."""
        return replace(self, arguments=arguments)


class InferenceProcess(Process):
    """The caller's end of the process. It starts up while the caller does other things.

    Args:
        max_digits: pages of so many digits are read, and not of many more marks.

    Raises:
        ProcessLostError: this system starts no processes.
    """

    def __init__(self, max_digits: int) -> None:
        super().__init__(__name__)
        self.send(_MARKS_A_DIGIT * max_digits)

    def do(self, call: Call) -> tuple[Any, Exception | None]:
        """Have something done; return what comes of it, or the error.

        Raises:
            ProcessLostError: the process has ended.
        """
        self.send(call)
        outcome: tuple[Any, Exception | None] = self.receive()
        return outcome

    def load(self, path: Path, version: str) -> ModelCard:
        """Have a model loaded, and wait until it is.

        Args:
            path: of its file.
            version: that it must have.

        Raises:
            ModelError: missing, damaged, not a model of digits, or of another version.
            ServiceError: the process cannot do what it is for.
            ProcessLostError: it has ended, or takes longer than a minute.
        """
        watchdog = threading.Timer(_START, self.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            card, error = self.do(Call(path, version, tasks.describe))
        finally:
            watchdog.cancel()
        if isinstance(error, InkDigitsError):
            raise error
        if error is not None:
            why = str(error).rstrip().rpartition("\n")[2]
            raise ServiceError(f"pictures cannot be read here: {why}") from error
        assert isinstance(card, ModelCard)  # noqa: S101
        return card


def version_of(path: Path) -> str:
    """Return the first twelve hexadecimal digits of a model file's SHA-256.

    Raises:
        ModelError: missing, or no file that can be read.
    """
    return hashlib.sha256(read_model(path)).hexdigest()[:12]


def serve() -> None:
    """Do what comes in at the standard input until that ends: the process's own program."""
    # A system that stops the service may tell every process of it; what was accepted is done yet.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    requests, answers = pipes()
    try:
        _prepare()
        failure = None
    except Exception:  # noqa: BLE001  (such as a library that is not there: whoever asks is told)
        failure = RuntimeError(traceback.format_exc())
    with contextlib.suppress(OSError, EOFError):  # the caller has ended or wants no more
        models = _Models(pickle.load(requests))  # noqa: S301  (the caller is ours)
        while True:
            call = pickle.load(requests)  # noqa: S301
            outcome = (None, failure) if failure else _outcome(models, call)
            pickle.dump(outcome, answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
    os._exit(0)  # nothing is left to tidy up, and nobody to tell if that went wrong


def _end_with(parent: int) -> None:
    """End this process in the middle of its work, if who waits for it has been killed."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _prepare() -> None:
    """Import what tasks need, so that no request waits for it, and set up what it uses."""
    import cv2

    import inkdigits.reading.explain
    import inkdigits.reading.reader
    import inkdigits.reading.show  # noqa: F401
    from inkdigits.service.memory import give_memory_back

    cv2.setNumThreads(1)
    give_memory_back()


def _outcome(models: "_Models", call: Call) -> tuple[Any, Exception | None]:
    """Do something; return what comes of it, or the error."""
    try:
        return call.task(models.get(call.path, call.version), *call.arguments), None
    except InkDigitsError as error:
        return None, error
    except Exception:  # noqa: BLE001  (a fault of ours; not every kind can be sent)
        return None, RuntimeError(traceback.format_exc())


class _Models:
    """The models that this process holds, the last one used last."""

    def __init__(self, max_marks: int) -> None:
        self._max_marks = max_marks
        self._held: OrderedDict[str, Reader] = OrderedDict()

    def get(self, path: Path, version: str) -> "Reader":
        """Return what reads with a model; load it if it is not held."""
        if version not in self._held:
            self._held[version] = self._load(path, version)
            while len(self._held) > _MODELS:
                self._held.popitem(last=False)
        self._held.move_to_end(version)
        return self._held[version]

    def _load(self, path: Path, version: str) -> "Reader":
        from inkdigits.reading import Reader

        reader = Reader(path, threads=1, max_marks=self._max_marks)
        if version_of(path) != version:
            raise ModelError(f"{path} is another model now: start the service again")
        return reader
