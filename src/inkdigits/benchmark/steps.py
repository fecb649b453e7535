"""Time the steps in which a network is fitted."""

import time
from typing import Any

from inkdigits._keras import keras

__all__ = ["StepTimes"]

_WARM_UP = 0.1  # of the seconds


class StepTimes(keras.callbacks.Callback):
    """Times steps, and ends the training when that has gone on for long enough.

    Keras looks in between groups of steps. What comes before the first look of an epoch, and after
    the last, is not timed: compiling, shuffling, validating.

    Args:
        images: in what Keras counts as one: a step, or a group of them.
        seconds: to time steps for, besides a tenth of it for the warm-up; one group is timed even
            if it takes longer.

    Attributes:
        seconds_an_image: of each group of steps that was timed.
    """

    def __init__(self, images: int, seconds: float) -> None:
        super().__init__()
        self.seconds_an_image: list[float] = []
        self._images = images
        self._seconds = seconds
        self._began: float | None = None
        self._last: tuple[int, float] | None = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._last = None

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        now = time.perf_counter()
        if self._began is None:
            self._began = now
        warm = self._began + _WARM_UP * self._seconds
        # The last group of an epoch may be smaller.
        if self._last is not None and self._last[1] >= warm and batch + 1 < self.params["steps"]:
            step, then = self._last
            self.seconds_an_image.append((now - then) / (self._images * (batch - step)))
        if self.seconds_an_image and now - warm >= self._seconds:
            self.model.stop_training = True
        self._last = batch, now
