"""The reader: small and quick, and able to say that a mark is no digit."""

from typing import Annotated

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
    """Three pairs of 3×3 convolutions, batch normalised, and the maximum over all places.

    It gives logits. "Not a digit" has the logit 0, always: so a softmax over the ten logits tells
    digits apart, and one over the logits and a 0 also tells them from what is none.

    Args:
        filters: of each pair.
        activation: Keras' name of one: `relu`, `elu`, `silu`, `tanh` …
        dropout: share of the features that is dropped in training.
    """
    layers = keras.layers
    images = keras.Input((28, 28, 1), name="images")
    x = images
    for place, count in enumerate(filters):
        # The margin of a framed digit is empty: it is not worth padding, nor computing.
        last = place == len(filters) - 1
        for _ in range(2):
            x = layers.Conv2D(count, 3, padding="same" if last else "valid", use_bias=False)(x)
            x = layers.BatchNormalization(momentum=0.97)(x)
            x = layers.Activation(activation)(x)
        if not last:
            x = layers.MaxPooling2D(2)(x)
    x = layers.GlobalMaxPooling2D()(x)
    x = layers.Dropout(dropout)(x)
    logits = layers.Dense(10, dtype="float32", name="logits")(x)
    return keras.Model(images, logits, name="reader")
