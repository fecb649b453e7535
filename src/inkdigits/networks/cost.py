"""What a network costs to run."""

from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

__all__ = ["count_multiply_adds"]


def count_multiply_adds(network: "keras.Model") -> int:
    """Count the multiply-adds of one image: those of convolutions and dense layers.

    Such a layer uses each of its weights once at every place of its output; what the other layers
    do is small beside it and by convention left out.
    """
    total = 0
    for layer in network.layers:
        if hasattr(layer, "layers"):  # a network within the network
            total += count_multiply_adds(layer)
            continue
        places = prod(layer.output.shape[1:-1])
        if hasattr(layer, "depthwise_kernel"):  # separable: depthwise, then pointwise
            total += places * prod(layer.depthwise_kernel.shape)
            total += places * prod(layer.pointwise_kernel.shape)
        elif hasattr(layer, "kernel"):
            total += places * prod(layer.kernel.shape)
    return total
