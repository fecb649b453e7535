"""Time a call, as often as some seconds allow."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["Timing", "time_calls"]

_WARM_UP = 0.1  # of the seconds
_FEWEST = 3  # calls, however long they take


@dataclass(frozen=True)
class Timing:
    """What a call takes.

    Args:
        median: seconds.
        percentile_95: seconds; 95 of 100 calls take no longer.
        n: calls that were timed.
    """

    median: float
    percentile_95: float
    n: int


def time_calls(call: Callable[[], object], seconds: float) -> Timing:
    """Time a call again and again, once it is warm.

    Args:
        call: what to time.
        seconds: to spend, besides a tenth of it for the warm-up; three calls are timed even if they
            take longer.
    """
    _repeat(call, _WARM_UP * seconds, fewest=1)
    times = _repeat(call, seconds, fewest=_FEWEST)
    median, percentile_95 = np.percentile(times, [50, 95])
    return Timing(float(median), float(percentile_95), len(times))


def _repeat(call: Callable[[], object], seconds: float, *, fewest: int) -> list[float]:
    times: list[float] = []
    began = now = time.perf_counter()
    while len(times) < fewest or now - began < seconds:
        before = now
        call()
        now = time.perf_counter()
        times.append(now - before)
    return times
