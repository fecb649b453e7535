"""The heads of a network: the dense layers that say which digit it is."""

from inkdigits._keras import keras

__all__ = ["heads"]


def heads(network: keras.Model) -> list[keras.layers.Dense]:
    """Return the dense layer that a network ends in, or those whose mean it gives, or none.

    Several heads are called ``logits_1``, ``logits_2`` and so on.
    """
    last = network.layers[-1]
    if isinstance(last, keras.layers.Dense):
        return [last]
    return [layer for layer in network.layers if layer.name.startswith("logits_")]
