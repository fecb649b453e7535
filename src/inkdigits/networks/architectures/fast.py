"""The fast one: as few multiplications as 99 % need."""

from typing import Annotated

from pydantic import Field

from inkdigits._keras import keras
from inkdigits.networks.activations import Activation
from inkdigits.networks.sizes import Size


def network(
    *,
    filters: tuple[Size] = (32,),
    dense: Size = 96,
    activation: Activation = "relu",
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0,
) -> keras.Model:
    """One convolution, at every other pixel of the middle 24×24, pooling, a dense layer, softmax.

    Args:
        filters: of the convolution.
        dense: units of the dense layer.
        activation: Keras' name of one: `relu`, `elu`, `silu`, `tanh` …
        dropout: share of the dense layer's outputs that is dropped in training.
    """
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="images"),
            layers.Cropping2D(2),  # hardly any framed digit has ink there
            layers.Conv2D(filters[0], 5, strides=2, use_bias=False),
            layers.MaxPooling2D(2),
            layers.Activation(activation),  # here of a quarter of the pixels; ReLU is the same
            layers.Flatten(),
            layers.Dense(dense, activation=activation),
            layers.Dropout(dropout),
            layers.Dense(10, activation="softmax", dtype="float32", name="probabilities"),
        ],
        name="fast",
    )
