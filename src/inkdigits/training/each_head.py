"""Have each head of a network learn by itself."""

from typing import Any

from inkdigits._keras import keras

__all__ = ["EachHead"]

ops = keras.ops


class EachHead(keras.layers.Layer):
    """Averages what several heads say, so that a loss on the mean is the mean of their losses.

    Takes a list of logits ``(batch, 10)``, gives logits ``(batch, 10)``: the mean m of the heads'
    log-probabilities. The mean of their cross-entropies with labels y is - Σ y · m; that of m is
    - Σ y · (m - log Σ exp m). The difference, - log Σ exp m, is what this layer adds to the loss:
    it is the more, the less the heads agree.

    Args:
        losses: cross-entropies that will be taken of what this layer gives.
    """

    def __init__(self, losses: int = 1) -> None:
        super().__init__(dtype="float32", name="each_head")
        self._count = losses

    def call(self, heads: list[Any], training: bool = False) -> Any:
        """Return the mean of the heads' log-probabilities."""
        mean = ops.mean(ops.stack([ops.log_softmax(head) for head in heads]), axis=0)
        if training:
            self.add_loss(-self._count * ops.mean(ops.logsumexp(mean, axis=1)))
        return mean

    def compute_output_shape(self, input_shape: list[Any]) -> Any:
        return input_shape[0]
