"""Tasks for inference processes that no request has: they take long, or end the process."""

import os
import time
from pathlib import Path

from inkdigits import Reader


def sleep(_: Reader, seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def process_id(_: Reader) -> int:
    return os.getpid()


def die(_: Reader, count: Path) -> None:
    """End the process, and count how often that was asked."""
    with count.open("a") as file:
        file.write("x")
    os._exit(1)


def fail(_: Reader) -> float:
    return 1 / 0
