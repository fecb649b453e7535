"""The tiny one: few weights, for microcontrollers and web pages."""

from typing import Annotated

from pydantic import Field

from inkdigits._keras import keras
from inkdigits.networks.activations import Activation
from inkdigits.networks.sizes import Size

_POOLED = (1, 3)
"""After which convolutions, counted from 0."""


def network(
    *,
    filters: Annotated[tuple[Size, ...], Field(min_length=1, max_length=16)] = (
        *(12, 12),
        *(16, 16),
        *(20, 20),
    ),
    activation: Activation = "relu",
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0,
) -> keras.Model:
    """Narrow 3×3 convolutions, batch normalised, and the maximum over all places.

    The maximum needs no weights where a dense layer would need most of them. Batch normalisation
    becomes part of the convolutions when the network is exported.

    Args:
        filters: of each convolution; the second and the fourth are pooled.
        activation: Keras' name of one: `relu`, `elu`, `silu`, `tanh` …
        dropout: share of the features that is dropped in training.
    """
    layers = keras.layers
    images = x = keras.Input((28, 28, 1), name="images")
    for place, count in enumerate(filters):
        # The margin of a framed digit is empty; what is left after the second pooling is not.
        padding = "valid" if place <= _POOLED[-1] else "same"
        x = layers.Conv2D(count, 3, padding=padding, use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.95)(x)
        x = layers.Activation(activation)(x)
        if place in _POOLED:
            x = layers.MaxPooling2D(2)(x)
    x = layers.GlobalMaxPooling2D()(x)
    x = layers.Dropout(dropout)(x)
    probabilities = layers.Dense(10, activation="softmax", dtype="float32", name="probabilities")(x)
    return keras.Model(images, probabilities, name="tiny")
