"""What a network costs to run."""

from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

__all__ = ["count_multiply_adds"]


def count_multiply_adds(network: "keras.Model") -> int:
    """Count the multiply-adds of one image: those of convolutions and dense layers.

    Every output value of such a layer takes as many as it has weights per output channel; what the
    other layers do is small beside it and by convention left out.
    """
    total = 0
    for layer in network.layers:
        if hasattr(layer, "kernel"):
            kernel = layer.kernel.shape  # the last axis is the output channels
            total += prod(kernel[:-1]) * prod(layer.output.shape[1:])
    return total
