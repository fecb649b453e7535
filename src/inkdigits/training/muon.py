"""Muon: steps in which all directions of a layer's kernel count alike."""

from typing import Any

from inkdigits._keras import keras

__all__ = ["Muon"]

ops = keras.ops

_HEADS = ["logits", "probabilities"]
"""What a network's heads are called: they, and all vectors, take Adam's steps instead."""


class Muon(keras.optimizers.Muon):
    """Keras' Muon, which only knows dense layers, for convolutions too.

    A kernel ``(height, width, from, to)`` is taken for a matrix ``(height * width * from, to)``. In
    few epochs this learns more than Adam: docs/research.md has the figures.

    Args:
        learning_rate: of all weights, or its schedule. A good one is about ten times Adam's.
        weight_decay: of the kernels.
        kwargs: of any Keras optimizer.

    Source: K. Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024.
    """

    def __init__(
        self, learning_rate: Any, weight_decay: float | None = None, **kwargs: Any
    ) -> None:
        super().__init__(
            learning_rate,
            weight_decay=weight_decay,
            adam_weight_decay=None,
            adam_beta_2=0.99,
            momentum=0.9,
            ns_steps=3,  # five, as is usual, take longer and learn no better here
            **kwargs,
        )

    def _should_use_adamw(self, variable: Any) -> bool:
        return len(variable.shape) < 2 or any(name in variable.path for name in _HEADS)

    def _muon_update_step(self, gradient: Any, variable: Any, lr: Any, m: Any) -> None:
        self.assign_add(m, gradient + m * (self.momentum - 1))
        ahead = gradient + self.momentum * m
        matrix = ops.reshape(ahead, (-1, variable.shape[-1]))
        step = self.lr_adjust(lr * self.zeropower_via_newtonschulz5(matrix, self.ns_steps))
        self.assign_sub(variable, ops.reshape(step, variable.shape))
