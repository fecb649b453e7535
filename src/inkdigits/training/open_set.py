"""Teach a network of ten logits that there are marks that are no digit."""

from typing import Any

from inkdigits._keras import keras

__all__ = ["AppendNotADigit"]


class AppendNotADigit(keras.layers.Layer):
    """Appends the logit of "not a digit", which is 0, while the network is fitted.

    Takes logits ``(batch, 10)`` and gives logits ``(batch, 11)``. Where the ten are negative, the
    eleventh wins: nothing but their size has to be learned, and the network keeps its ten outputs.
    """

    def __init__(self) -> None:
        super().__init__(dtype="float32", name="append_not_a_digit")

    def call(self, logits: Any) -> Any:
        return keras.ops.pad(logits, ((0, 0), (0, 1)))
