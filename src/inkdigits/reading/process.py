"""A program of our own in a process of its own, with a pipe each way.

It is started as a program, and not by `multiprocessing`, which would run the caller's script again
in it, and would leave it waiting for ever if the caller is killed. Here the end of its pipe tells
the process that nobody wants it any more.
"""

import contextlib
import dataclasses
import os
import pickle
import subprocess
import sys
from typing import IO, Any, cast

from inkdigits.errors import reason

__all__ = ["Process", "ProcessLostError", "pipes"]

_NUMPY = ("ndarray", "dtype", "_reconstruct", "_frombuffer", "scalar")

# The processes share the processors out among themselves; NumPy needs no threads besides.
_ENVIRONMENT = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

# Ctrl-C is for the caller, who ends the processes.
_APART: dict[str, Any]
if sys.platform == "win32":
    _APART = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
else:
    _APART = {"process_group": 0}


class ProcessLostError(Exception):
    """The process has ended or cannot be started."""

    def __init__(self, why: str = "the process has ended") -> None:
        super().__init__(why)


class Process:
    """The caller's end of a process that runs a module's function `serve`.

    What is sent and received is pickled. The process decodes strangers' pictures, and one might
    take it over: of what it sends, nothing is called but what holds data.

    Args:
        module: whose `serve` it is; that talks through `pipes`.

    Raises:
        ProcessLostError: this system starts no processes.
    """

    def __init__(self, module: str) -> None:
        if not sys.executable or getattr(sys, "frozen", False):
            # It would start the caller's program, not Python.
            raise ProcessLostError("there is no Python to start")
        # With the caller's own path, it finds what the caller found and nothing else.
        path = [folder for folder in sys.path if isinstance(folder, str)]
        program = f"import sys; sys.path[:] = {path!r}; from {module} import serve; serve()"
        try:
            self._process = subprocess.Popen(  # noqa: S603  (our own program)
                [sys.executable, "-W", "ignore", "-c", program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # what decoders say of damage is in the outcomes
                env=_environment(),
                **_APART,
            )
        except OSError as error:
            raise ProcessLostError(reason(error)) from error
        self._requests = cast(IO[bytes], self._process.stdin)
        self._answers = cast(IO[bytes], self._process.stdout)

    def send(self, thing: object) -> None:
        """Send something to the process.

        Raises:
            ProcessLostError: it has ended.
        """
        try:
            pickle.dump(thing, self._requests, pickle.HIGHEST_PROTOCOL)
            self._requests.flush()
        except OSError as error:
            raise ProcessLostError from error

    def receive(self) -> Any:
        """Wait for what the process sends next.

        Raises:
            ProcessLostError: it has ended.
        """
        try:
            return _Data(self._answers).load()
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise ProcessLostError from error

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process. Any thread may call this."""
        self._process.kill()

    def close(self) -> int:
        """End the process and forget it; return its exit status, below 0 for a signal's number."""
        self._process.kill()
        with contextlib.suppress(OSError):  # there may be something in it that nobody takes
            self._requests.close()
        self._answers.close()
        return self._process.wait()


class _Data(pickle.Unpickler):
    """Loads what holds data: arrays, errors, data classes and named tuples of this package."""

    def find_class(self, module: str, name: str) -> Any:
        """Return a class by its name.

        Raises:
            UnpicklingError: it does more than to hold data.
        """
        if module.partition(".")[0] == "numpy" and name in _NUMPY:
            return super().find_class(module, name)
        if module.partition(".")[0] in ("inkdigits", "builtins", "pathlib"):
            found = super().find_class(module, name)
            if isinstance(found, type) and (
                dataclasses.is_dataclass(found)
                or issubclass(found, Exception | tuple | os.PathLike)
            ):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not to be sent")


def _environment() -> dict[str, str]:
    """Return the caller's environment, without keys and addresses that reading does not need."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INKDIGITS_")}
    return {**kept, **_ENVIRONMENT}


def pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Return what comes from the caller and what goes there, in the process itself."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nothing else may get between the answers
    return sys.stdin.buffer, answers
