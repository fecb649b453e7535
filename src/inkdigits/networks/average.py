"""Several networks as one that gives the mean of their probabilities."""

from inkdigits._keras import keras
from inkdigits.networks.classify import gives_logits

__all__ = ["average"]


def average(networks: list[keras.Model], *, open_set: bool = False) -> keras.Model:
    """Put networks side by side in one that averages what they say.

    Args:
        networks: from images ``(batch, 28, 28, 1)`` to logits or probabilities ``(batch, 10)``.
        open_set: average the logits, which are relative to "not a digit", and keep them so.

    Returns:
        A network of the same input that gives probabilities, or logits if `open_set`.
    """
    layers = keras.layers
    images = keras.Input(networks[0].input_shape[1:], name="images")
    outputs = []
    for number, network in enumerate(networks, 1):
        network.name = f"member_{number}"  # layers of one model must not share a name
        output = network(images)
        if gives_logits(network) and not open_set:
            output = layers.Softmax(dtype="float32")(output)
        outputs.append(output)
    mean = layers.Average(dtype="float32")(outputs)
    if open_set:
        mean = layers.Activation("linear", dtype="float32", name="logits")(mean)
    return keras.Model(images, mean, name="average")
