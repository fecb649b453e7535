"""Many training steps in one compiled loop, which is what makes small networks train fast.

Keras' own loop fetches a batch in Python before each step. A small network learns from a batch in
two milliseconds, and fetching takes as long. Here the digits lie in TensorFlow's memory, as bytes,
and Python only says which ones make a batch, for many steps at once.
"""

import weakref
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from inkdigits._keras import keras
from inkdigits.datasets import one_hot
from inkdigits.training.batches import Batches

__all__ = ["LoopedModel", "Steps"]

_LARGEST_PIXEL = 255.0


class Steps(keras.utils.PyDataset):
    """The numbers of the digits of many batches at once: int32 ``(steps * size,)``.

    Args:
        batches: whose order is followed, for as long as someone else keeps them.
        steps: batches at once; at the end of an epoch there may be fewer.
    """

    def __init__(self, batches: Batches, steps: int) -> None:
        super().__init__()
        # TensorFlow never lets go of what it has fetched batches from: not of the digits, too.
        self._batches = weakref.proxy(batches)
        self._digits = steps * batches.size

    def __len__(self) -> int:
        return ceil(len(self._batches.order) / self._digits)

    def __getitem__(self, index: int) -> tuple[npt.NDArray[np.int32]]:
        return (self._batches.order[index * self._digits : (index + 1) * self._digits],)


class LoopedModel(keras.Model):
    """A functional model whose training step is a loop of steps. TensorFlow only.

    Args:
        batches: holds the digits; `Steps` of it are what the model is fitted to.
        inputs: symbolic images float32 ``(batch, 28, 28, 1)``.
        outputs: symbolic, as of any Keras model.
    """

    def __init__(self, batches: Batches, *, inputs: Any, outputs: Any) -> None:
        super().__init__(inputs=inputs, outputs=outputs)
        self._size = batches.size
        labels = one_hot(batches.labels, batches.classes)
        self._images = tf.Variable(batches.images, trainable=False, shape=(None, 28, 28))
        self._labels = tf.Variable(labels, trainable=False, shape=(None, batches.classes))

    def release(self) -> None:
        """Give the digits' memory back: TensorFlow keeps what it compiled, and what that holds."""
        for held in (self._images, self._labels):
            held.assign(tf.zeros((0, *held.shape[1:]), held.dtype))

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """As of any Keras model."""
        super().compile(*args, **kwargs)
        # Metrics make their variables when they are first used. If that were within the loop,
        # TensorFlow would compile it twice.
        nothing = tf.zeros((1, self._labels.shape[1]))
        self.compute_metrics(None, nothing, nothing)
        self.reset_metrics()

    def train_step(self, data: tuple[Any]) -> Any:
        """Take a step for each batch of numbers, and return the metrics so far."""
        (numbers,) = data
        digits, labels = self._images.read_value(), self._labels.read_value()
        take_step = super().train_step

        def step(start: Any) -> tuple[Any]:
            batch = numbers[start : start + self._size]
            images = tf.cast(tf.gather(digits, batch), tf.float32)[..., tf.newaxis]
            take_step((images / _LARGEST_PIXEL, tf.gather(labels, batch)))
            return (start + self._size,)

        count = tf.shape(numbers)[0]
        # One after the other: a step begins with the weights of the one before.
        tf.while_loop(lambda start: start < count, step, (0,), parallel_iterations=1)
        return self.get_metrics_result()
