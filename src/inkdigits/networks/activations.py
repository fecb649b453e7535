"""Which activations the networks may have."""

from typing import Literal, TypeAlias

__all__ = ["Activation"]

Activation: TypeAlias = Literal[
    "celu",
    "elu",
    "gelu",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
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
    "swish",
    "tanh",
]
"""Keras' names of those whose exports are tested."""
