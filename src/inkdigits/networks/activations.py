"""Which activations the networks may have."""

from typing import Literal, TypeAlias

__all__ = ["Activation"]

Activation: TypeAlias = Literal[
    "celu",
    "elu",
    "gelu",
    "hard_sigmoid",
    "hard_silu",
    "leaky_relu",
    "linear",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softplus",
    "softsign",
    "tanh",
]
"""Keras' names of those that make sense within a network; glu, for one, halves its channels."""
