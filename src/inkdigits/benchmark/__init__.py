"""A *machine* is *timed*: its *speed* in classifying digits, reading *pictures* and *training*."""

from inkdigits.benchmark.machine import machine, versions
from inkdigits.benchmark.speed import STEPS, measure_speed
from inkdigits.benchmark.timing import Timing, time_calls

__all__ = ["STEPS", "Timing", "machine", "measure_speed", "time_calls", "versions"]
