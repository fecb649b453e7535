"""A process that reads, classifies and explains, apart from the one that answers requests.

Neither waits for the other's interpreter; work that takes too long can be ended; and a decoder that
crashes on a picture takes no other request along.
"""

import contextlib
import hashlib
import os
import pickle
import signal
import traceback
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkdigits.errors import InkDigitsError, ModelError
from inkdigits.reading.model_card import ModelCard
from inkdigits.reading.model_file import read_model
from inkdigits.reading.process import Process, pipes

if TYPE_CHECKING:
    from inkdigits.reading import Reader

__all__ = ["Call", "InferenceProcess", "Loaded", "serve"]

_MARKS_A_DIGIT = 4  # a digit may be in pieces, and there are specks
_MODELS = 2  # that a process holds: while one takes another's place, both are asked


@dataclass(frozen=True, eq=False)
class Call:
    """Something to do.

    Args:
        path: of the model to do it with.
        version: that the model must have; `None` for whichever it has.
        task: gets the model's reader, and what follows; one of `inkdigits.service.tasks`. `None` to
            load the model and no more.
        arguments: of the task.
    """

    path: Path
    version: str | None = None
    task: Callable[..., Any] | None = None
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Loaded:
    """A model that a process has loaded.

    Args:
        version: the first twelve hexadecimal digits of its file's SHA-256.
        card: what the file says of itself.
    """

    version: str
    card: ModelCard


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

    def load(self, path: Path) -> Loaded:
        """Have a model loaded.

        Raises:
            ModelError: missing, damaged, or not a model of digits.
            ProcessLostError: the process has ended.
        """
        self.send([Call(path)])
        loaded, error = self.receive()
        if error is not None:
            raise error
        assert isinstance(loaded, Loaded)  # noqa: S101
        return loaded


class _Models:
    """The models that this process holds, the last one used last."""

    def __init__(self, max_marks: int) -> None:
        self._max_marks = max_marks
        self._held: OrderedDict[Path, tuple[Reader, Loaded]] = OrderedDict()

    def get(self, call: Call) -> "tuple[Reader, Loaded]":
        if call.path not in self._held:
            self._held[call.path] = self._load(call.path)
            while len(self._held) > _MODELS:
                self._held.popitem(last=False)
        self._held.move_to_end(call.path)
        reader, loaded = self._held[call.path]
        if call.version not in (None, loaded.version):
            raise ModelError(f"{call.path} is another model now: start the service again")
        return reader, loaded

    def _load(self, path: Path) -> "tuple[Reader, Loaded]":
        from inkdigits.reading import Reader

        version = hashlib.sha256(read_model(path)).hexdigest()[:12]
        reader = Reader(path, threads=1, max_marks=self._max_marks)
        return reader, Loaded(version, reader.card)


def serve() -> None:
    """Do what comes in at the standard input until that ends: the process's own program."""
    import cv2

    # What a task imports, its first request shall not wait for.
    import inkdigits.reading.explain
    import inkdigits.reading.show
    import inkdigits.service.tasks  # noqa: F401
    from inkdigits.service.memory import give_memory_back

    # A system that stops the service may tell every process of it; what was accepted is done yet.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    cv2.setNumThreads(1)
    give_memory_back()
    requests, answers = pipes()
    with contextlib.suppress(OSError, EOFError):  # the caller has ended or wants no more
        models = _Models(pickle.load(requests))  # noqa: S301  (the caller is ours)
        while True:
            for call in pickle.load(requests):  # noqa: S301
                pickle.dump(_outcome(models, call), answers, pickle.HIGHEST_PROTOCOL)
                answers.flush()
    os._exit(0)  # nothing is left to tidy up, and nobody to tell if that went wrong


def _outcome(models: _Models, call: Call) -> tuple[Any, Exception | None]:
    """Do something; return what comes of it, or the error."""
    try:
        reader, loaded = models.get(call)
        return loaded if call.task is None else call.task(reader, *call.arguments), None
    except InkDigitsError as error:
        return None, error
    except Exception:  # noqa: BLE001  (a fault of ours; not every kind can be sent)
        return None, RuntimeError(traceback.format_exc())
