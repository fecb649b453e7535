"""After ResNet: blocks that learn what to add to their input."""

from typing import Annotated

from pydantic import Field

from inkdigits._keras import keras
from inkdigits.networks.activations import Activation
from inkdigits.networks.sizes import Size


def network(
    *,
    filters: Annotated[tuple[Size, ...], Field(min_length=1, max_length=4)] = (16, 32, 64),
    blocks: Annotated[int, Field(ge=1, le=32)] = 2,
    activation: Activation = "relu",
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2,
) -> keras.Model:
    """ResNet-like: residual blocks of two 3×3 convolutions, then global average pooling.

    Args:
        filters: of each stage, one to four of them; each stage after the first halves the image.
        blocks: residual blocks a stage.
        activation: Keras' name of one: `relu`, `elu`, `silu`, `tanh` …
        dropout: share of the pooled features that is dropped in training.

    Source: K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", 2016.
    """
    layers = keras.layers

    def convolve(x: keras.KerasTensor, count: int, size: int, stride: int) -> keras.KerasTensor:
        x = layers.Conv2D(count, size, strides=stride, padding="same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    images = keras.Input((28, 28, 1), name="images")
    x = layers.Activation(activation)(convolve(images, filters[0], 3, 1))
    for stage, count in enumerate(filters):
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            residual = layers.Activation(activation)(convolve(x, count, 3, stride))
            residual = convolve(residual, count, 3, 1)
            shortcut = x if stride == 1 else convolve(x, count, 1, stride)
            x = layers.Activation(activation)(layers.Add()([residual, shortcut]))
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(dropout)(x)
    probabilities = layers.Dense(10, activation="softmax", dtype="float32", name="probabilities")(x)
    return keras.Model(images, probabilities, name="resnet")
