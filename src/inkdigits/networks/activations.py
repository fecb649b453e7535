"""Which activations the networks may have."""

from typing import Literal, TypeAlias

__all__ = ["Activation"]

# gelu and celu have no form in the ONNX that TensorFlow's networks are exported to; glu halves the
# channels, and threshold has no threshold by itself.
Activation: TypeAlias = Literal[
    "elu",
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
"""Keras' names of those that train and can be exported."""
