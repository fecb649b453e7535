"""The swift one: what gets furthest in half a minute."""

from typing import Annotated

from pydantic import Field

from inkdigits._keras import keras
from inkdigits.networks.activations import Activation
from inkdigits.networks.sizes import Size


def network(
    *,
    filters: tuple[Size, Size, Size, Size] = (32, 64, 96, 96),
    activation: Activation = "relu",
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2,
) -> keras.Model:
    """Four batch-normalised convolutions, of which the first takes every other pixel.

    Args:
        filters: of each convolution.
        activation: Keras' name of one: `relu`, `elu`, `silu`, `tanh` …
        dropout: share of the features that is dropped in training.
    """
    layers = keras.layers
    images = keras.Input((28, 28, 1), name="images")

    def convolve(x: keras.KerasTensor, count: int, size: int = 3, **how: object) -> object:
        x = layers.Conv2D(count, size, use_bias=False, **how)(x)
        x = layers.BatchNormalization(momentum=0.95)(x)
        return layers.Activation(activation)(x)

    x = layers.Cropping2D(2)(images)  # hardly any framed digit has ink there
    x = convolve(x, filters[0], 5, strides=2)
    x = convolve(x, filters[1])
    x = layers.MaxPooling2D(2)(x)
    x = convolve(x, filters[2], padding="same")
    x = convolve(x, filters[3])
    x = layers.Dropout(dropout)(layers.Flatten()(x))
    probabilities = layers.Dense(10, activation="softmax", dtype="float32", name="probabilities")(x)
    return keras.Model(images, probabilities, name="swift")
