"""Validate, and keep, the moving average of the weights instead of the last weights."""

from typing import Any

from inkdigits._keras import keras

__all__ = ["AverageWeights"]


class AverageWeights(keras.callbacks.Callback):
    """Puts the optimizer's averaged weights into the model while it is validated.

    Keras has `SwapEMAWeights` for this, which under TensorFlow swaps by adding and subtracting:
    each validation would round the weights a little, and so change the training.
    """

    def on_test_begin(self, logs: Any = None) -> None:
        self._swap()

    def on_test_end(self, logs: Any = None) -> None:
        self._swap()

    def _swap(self) -> None:
        averages = self.model.optimizer._model_variables_moving_average  # noqa: SLF001
        for weight, average in zip(self.model.trainable_variables, averages):
            kept = keras.ops.convert_to_numpy(weight).copy()
            weight.assign(average)
            average.assign(kept)
