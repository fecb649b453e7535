"""After VGG: stacks of 3×3 convolutions, more filters as the image shrinks."""

from typing import Annotated

from pydantic import Field

from inkdigits._keras import keras
from inkdigits.networks.activations import Activation
from inkdigits.networks.sizes import Size


def network(
    *,
    filters: Annotated[tuple[Size, ...], Field(min_length=1, max_length=4)] = (32, 64, 128),
    dense: Size = 128,
    activation: Activation = "relu",
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.4,
) -> keras.Model:
    """VGG-like: blocks of two 3×3 convolutions and a pooling, then dense layers.

    Batch normalisation, which VGG itself did not have yet, stands after each convolution.

    Args:
        filters: of each block, one to four of them.
        dense: units of the dense layer.
        activation: Keras' name of one: `relu`, `elu`, `silu`, `tanh` …
        dropout: share of the dense layer's outputs that is dropped in training.

    Source: K. Simonyan, A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
    Recognition", 2015.
    """
    layers = keras.layers
    images = keras.Input((28, 28, 1), name="images")
    x = images
    for count in filters:
        for _ in range(2):
            x = layers.Conv2D(count, 3, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization()(x)
            x = layers.Activation(activation)(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(dense, activation=activation)(x)
    x = layers.Dropout(dropout)(x)
    probabilities = layers.Dense(10, activation="softmax", dtype="float32", name="probabilities")(x)
    return keras.Model(images, probabilities, name="vgg")
