"""Start the real service on a free port, as a program of its own."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

_SECONDS = 60.0


class Server:
    """A running service.

    Args:
        command: starts it.
        options: of `subprocess.Popen`.

    Attributes:
        url: where it is.
        process: its process, of which workers are children.
        log: the lines that it has written so far.
    """

    def __init__(self, command: list[str], **options: Any) -> None:
        # It leads a group of its own, with which its workers can be ended.
        group = {} if sys.platform == "win32" else {"process_group": 0}
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, encoding="utf-8", **group, **options
        )
        self.log: list[str] = []
        self.url = ""
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                if found := re.match(r"InkDigits is at (\S+)", line):
                    self.url = found[1]
                self.log.append(line)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                self._reader.join(5)
                raise RuntimeError("the service ended: " + "".join(self.log[-5:]))
            with contextlib.suppress(httpx.TransportError):
                if self.url and httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200:
                    return
            time.sleep(0.05)
        raise TimeoutError("the service did not get ready: " + "".join(self.log[-5:]))

    def close(self) -> None:
        """End it and its workers, however it is, and read its log to the end."""
        if sys.platform == "win32":
            self.process.kill()
        else:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(_SECONDS)
        self._reader.join(_SECONDS)

    def stop(self) -> int:
        """Stop it as a system does, and return its exit status."""
        self.process.terminate()
        return self.process.wait(_SECONDS)


def children(server: Server, program: str) -> list[int]:
    """Return the processes of a service whose command line names a program, by Linux' /proc."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            command = (status.parent / "cmdline").read_text("utf-8", "replace")
        except OSError:  # it ended meanwhile
            continue
        if int(fields[1]) == server.process.pid and program in command and fields[0] != "Z":
            found.append(int(status.parent.name))
    return found


def without_settings() -> dict[str, str]:
    """Return the environment without what whoever runs the tests tells a service of theirs."""
    return {name: value for name, value in os.environ.items() if not name.startswith("INKDIGITS_")}


@contextlib.contextmanager
def serving(
    home: Path,
    *arguments: str,
    environment: dict[str, str] | None = None,
    may_lose_processes: bool = False,
) -> Iterator[Server]:
    """Run ``inkdigits serve`` with its data in `home`, until the end of the block.

    Args:
        home: folder for the database and promoted models.
        arguments: more of them.
        environment: variables beside those of the tests.
        may_lose_processes: whether processes that read may end, and others take their place.
    """
    command = [sys.executable, "-m", "inkdigits", "serve", "--port", "0", *arguments]
    settings = {**without_settings(), "INKDIGITS_HOME": str(home), **(environment or {})}
    server = Server(command, env=settings)
    try:
        server.wait_until_ready()
        yield server
        if server.process.poll() is None:
            server.stop()
        wrong = ["a fault of the service"]
        if not may_lose_processes:
            wrong.append("a process that reads")
        faults = [line for line in server.log if any(words in line for words in wrong)]
        assert not faults, faults
    finally:
        server.close()
