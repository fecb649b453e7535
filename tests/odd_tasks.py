"""Tasks for inference processes that no request has: they take long, end the process, or worse."""

import os
import time
from pathlib import Path
from typing import Any

from inkdigits import Reader


def sleep(_: Reader, seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def never(_: Reader, __: Any) -> None:
    time.sleep(1000)


def process_id(_: Reader) -> int:
    return os.getpid()


def environment(_: Reader) -> list[str]:
    return [name for name in os.environ if name.startswith("INKDIGITS_")]


def die(_: Reader, count: Path) -> None:
    """End the process, and count how often that was asked."""
    with count.open("a") as file:
        file.write("x")
    os._exit(1)


def fail(_: Reader) -> float:
    return 1 / 0


class _Touch:
    """What makes a file as it is loaded."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self._path),)


def pretend_to_be_data(_: Reader, path: Path) -> list[_Touch]:
    return [_Touch(path)]


class _TouchError(_Touch, Exception):
    pass


def pretend_to_be_an_error(_: Reader, path: Path) -> dict[str, Exception]:
    return {"error": _TouchError(path)}
