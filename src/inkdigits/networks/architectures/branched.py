"""The branched one: several answers from one network, which err on different digits."""

from typing import Annotated, Any

from pydantic import Field

from inkdigits._keras import keras
from inkdigits.networks.activations import Activation
from inkdigits.networks.sizes import Size


def network(
    *,
    filters: tuple[Size, Size, Size] = (32, 64, 128),
    activation: Activation = "relu",
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.3,
) -> keras.Model:
    """Three pairs of 3×3 convolutions with three heads, whose logits are averaged.

    One head, with a convolution of its own, branches off before the last pair. Of the two behind
    it, one sees which features are anywhere, the other where they are. Each learns by itself.

    Args:
        filters: of each pair.
        activation: Keras' name of one: `relu`, `elu`, `silu`, `tanh` …
        dropout: share of the features that is dropped before each head in training.

    Source: A. Byerly, T. Kalganova, I. Dear, "No Routing Needed Between Capsules", 2021, for
    branches that are merged; C.-Y. Lee et al., "Deeply-Supervised Nets", 2015, for their losses.
    """
    layers = keras.layers

    def convolve(x: Any, count: int, padding: str = "valid") -> Any:
        x = layers.Conv2D(count, 3, padding=padding, use_bias=False)(x)
        return layers.Activation(activation)(layers.BatchNormalization(momentum=0.97)(x))

    images = x = keras.Input((28, 28, 1), name="images")
    for count in filters[:-1]:
        x = layers.MaxPooling2D(2)(convolve(convolve(x, count), count))
    anywhere = layers.GlobalMaxPooling2D()
    early = anywhere(convolve(x, filters[-1]))
    x = convolve(convolve(x, filters[-1], "same"), filters[-1], "same")
    heads = [
        layers.Dense(10, dtype="float32", name=f"logits_{number}")(layers.Dropout(dropout)(seen))
        for number, seen in enumerate((early, anywhere(x), layers.Flatten()(x)), 1)
    ]
    mean = layers.Average(dtype="float32")(heads)
    logits = layers.Activation("linear", dtype="float32", name="logits")(mean)
    return keras.Model(images, logits, name="branched")
