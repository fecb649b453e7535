"""Measure how fast this machine classifies, reads and trains."""

from collections.abc import Callable
from functools import partial
from typing import Any

from inkdigits.benchmark.machine import machine, versions
from inkdigits.benchmark.pictures import DIGITS, drawing, encode, photo
from inkdigits.benchmark.timing import Timing, time_calls
from inkdigits.benchmark.training import measure_training
from inkdigits.datasets import Dataset, load_mnist
from inkdigits.reading import Reader

__all__ = ["STEPS", "measure_speed"]

_BATCHES = (1, 8, 64, 512, 4096)
_TRAINING = 4  # times the seconds of the others: its epochs take longer than their calls

STEPS = len(_BATCHES) + 2 + 1
"""How many things are measured."""


def measure_speed(
    reader: Reader,
    seconds: float = 2.0,
    announce: Callable[[str], object] = lambda step: None,
) -> dict[str, Any]:
    """Measure a reader, and the training of the reference CNN, on this machine.

    OpenCV runs on as many threads as `cv2.setNumThreads` was last told, which is for the caller to
    say; `inkdigits read` gives it the reader's.

    Args:
        reader: whose network classifies and reads.
        seconds: for each thing that is measured; for training four times that, and its start.
        announce: told each thing that is measured next, in a few words; `STEPS` times in all.

    Returns:
        What `inkdigits benchmark --json` prints: ``model``, ``threads``, ``classifying``,
        ``reading``, ``training``, ``machine`` and ``versions``. Every figure is a median, beside
        its n; units are in the names.
    """
    test = load_mnist()[1]
    # In an order in which nothing disturbs what comes after it. A digit at a time comes first: it
    # runs in this thread alone. Batches of more than 64 start threads, which end with the call.
    # Reading starts OpenCV's, which stay and wait busily. Keras and TensorFlow start most of all,
    # so training comes last, and in a process of its own.
    return {
        "model": {"name": reader.card.name, "parameters": reader.card.parameters},
        "threads": reader.threads,
        "classifying": [_classifying(reader, test, n, seconds, announce) for n in _BATCHES],
        "reading": _reading(reader, test, seconds, announce),
        "training": _training(seconds, announce),
        "machine": machine(),
        "versions": versions(),
    }


def _classifying(
    reader: Reader, test: Dataset, batch: int, seconds: float, announce: Callable[[str], object]
) -> dict[str, Any]:
    announce(f"classifying, {batch:,} at once")
    images = test.images[:batch]
    timing = time_calls(partial(reader.classify, images), seconds)
    return {
        "batch": batch,
        **_in("microseconds", 1e6, timing),
        "digits_per_second": batch / timing.median,
        "n": timing.n,
    }


def _reading(
    reader: Reader, test: Dataset, seconds: float, announce: Callable[[str], object]
) -> list[dict[str, Any]]:
    rows = []
    for name, pixels, digits, kind in (
        ("drawing", drawing(test), 1, "PNG"),
        ("photo", photo(test), DIGITS, "JPEG"),
    ):
        announce(f"reading a {name}")
        file = encode(pixels, kind)
        timing = time_calls(partial(reader.read, file), seconds)
        height, width = pixels.shape
        rows.append(
            {
                "picture": name,
                "width": width,
                "height": height,
                "digits": digits,
                **_in("milliseconds", 1e3, timing),
                "n": timing.n,
            }
        )
    return rows


def _training(seconds: float, announce: Callable[[str], object]) -> dict[str, Any]:
    announce("training")
    return measure_training(_TRAINING * seconds)


def _in(unit: str, a_second: float, timing: Timing) -> dict[str, float]:
    return {
        f"median_{unit}": a_second * timing.median,
        f"percentile_95_{unit}": a_second * timing.percentile_95,
    }
