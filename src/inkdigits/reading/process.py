"""A program of our own in a process of its own, with a pipe each way.

It is started as a program, and not by `multiprocessing`, which would run the caller's script again
in it, and would leave it waiting for ever if the caller is killed. Here the end of its pipe tells
the process that nobody wants it any more.
"""

import contextlib
import os
import pickle
import subprocess
import sys
from typing import IO, Any, cast

__all__ = ["Process", "ProcessLostError", "pipes"]

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


class Process:
    """The caller's end of a process that runs a module's function `serve`.

    What is sent and received is pickled: both ends are our own.

    Args:
        module: whose `serve` it is; that talks through `pipes`.

    Raises:
        ProcessLostError: this system starts no processes.
    """

    def __init__(self, module: str) -> None:
        if not sys.executable or getattr(sys, "frozen", False):
            raise ProcessLostError  # it would start the caller's program, not Python
        # With the caller's own path, it finds what the caller found and nothing else.
        path = [folder for folder in sys.path if isinstance(folder, str)]
        program = f"import sys; sys.path[:] = {path!r}; from {module} import serve; serve()"
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
            raise ProcessLostError from error
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
            return pickle.load(self._answers)  # noqa: S301  (the process is our own)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise ProcessLostError from error

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


def pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Return what comes from the caller and what goes there, in the process itself."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nothing else may get between the answers
    return sys.stdin.buffer, answers
