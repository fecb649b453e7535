"""The reference: the small CNN that everybody starts with."""

from typing import Annotated

from pydantic import Field

from inkdigits._keras import keras
from inkdigits.networks.activations import Activation
from inkdigits.networks.sizes import Size


def network(
    *,
    filters: tuple[Size, Size] = (32, 64),
    dense: Size = 128,
    activation: Activation = "relu",
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5,
) -> keras.Model:
    """Two pairs of convolution and pooling, a dense layer, dropout, softmax.

    Args:
        filters: of the first and the second convolution.
        dense: units of the dense layer.
        activation: Keras' name of one: `relu`, `elu`, `silu`, `tanh` …
        dropout: share of the dense layer's outputs that is dropped in training.
    """
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="images"),
            layers.Conv2D(filters[0], 3, activation=activation),
            layers.MaxPooling2D(2),
            layers.Conv2D(filters[1], 3, activation=activation),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(dense, activation=activation),
            layers.Dropout(dropout),
            # Probabilities need more than the 8 bits of bfloat16, whatever the other layers use.
            layers.Dense(10, activation="softmax", dtype="float32", name="probabilities"),
        ],
        name="reference",
    )
