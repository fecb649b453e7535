"""Augment training images: bend each by its own random amount, in the graph.

All the bending is one resampling of the image, so it blurs once:

    where to look (output pixel p) = A · (p − centre) + centre − shift + elastic(p)

with A the inverse of rotation · shear · zoom. Stroke thickness goes first: towards the greatest (or
the least) of each pixel's 3×3 neighbours.

Source: P. Simard, D. Steinkraus, J. Platt, "Best Practices for Convolutional Neural Networks
Applied to Visual Document Analysis", 2003 (elastic distortions).
"""

from math import pi
from typing import Any

import numpy as np
import numpy.typing as npt

from inkdigits._keras import keras
from inkdigits.datasets import add_channel, scale
from inkdigits.training.recipe import Augmentation

__all__ = ["Augment", "augmented_copies"]

ops = keras.ops

_KNOTS = 5
"""Random displacements are drawn on a grid of this many points a side, and smoothed between."""


class Augment(keras.layers.Layer):
    """Bends images while training; leaves them alone otherwise.

    Takes and gives float32 ``(batch, height, width, 1)``, 0 to 1. Works under every Keras backend.

    Args:
        augmentation: how far.
        seed: of the random amounts.
    """

    def __init__(self, augmentation: Augmentation, seed: int) -> None:
        # bfloat16 cannot tell neighbouring pixels' coordinates apart.
        super().__init__(dtype="float32", name="augment")
        self._how = augmentation
        self._seeds = keras.random.SeedGenerator(seed)

    def call(self, images: Any, training: bool = False) -> Any:
        """Return the images, bent if `training`."""
        if not training:
            return images
        how = self._how
        if how.thickness:
            images = self._thicken(images)
        if any((how.rotation, how.shift, how.zoom, how.shear, how.elastic)):
            images = self._warp(images)
        return self._jitter(images) if how.jitter else images

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def _uniform(self, batch: Any, limit: float) -> Any:
        """Return one random number a picture from -limit to limit, ``(batch, 1)``."""
        return keras.random.uniform((batch, 1), -limit, limit, seed=self._seeds)

    def _thicken(self, images: Any) -> Any:
        thicker = ops.max_pool(images, 3, 1, padding="same")
        thinner = -ops.max_pool(-images, 3, 1, padding="same")
        # Thin strokes would fade instead of getting thinner: their peak is brought back.
        peak, thin_peak = (ops.max(x, axis=(1, 2, 3), keepdims=True) for x in (images, thinner))
        thinner = thinner * (peak / ops.maximum(thin_peak, 0.2))
        amount = self._uniform(ops.shape(images)[0], self._how.thickness)[:, :, None, None]
        return (
            images + ops.relu(amount) * (thicker - images) + ops.relu(-amount) * (thinner - images)
        )

    def _jitter(self, images: Any) -> Any:
        most = self._how.jitter
        padded = ops.pad(images, ((0, 0), (most, most), (most, most), (0, 0)))
        row, column = ops.unstack(
            keras.random.randint((2,), 0, 2 * most + 1, dtype="int32", seed=self._seeds)
        )
        return ops.slice(padded, (0, row, column, 0), ops.shape(images))

    def _warp(self, images: Any) -> Any:
        batch, height, width = ops.shape(images)[0], images.shape[1], images.shape[2]
        rows, columns = np.mgrid[0:height, 0:width].reshape(2, 1, -1).astype(np.float32)
        x, y = columns - (width - 1) / 2, rows - (height - 1) / 2  # from the centre, (1, pixels)

        angle = self._uniform(batch, self._how.rotation * pi / 180)
        slant = ops.tan(self._uniform(batch, self._how.shear * pi / 180))
        zoom_x = 1 / (1 + self._uniform(batch, self._how.zoom))
        zoom_y = 1 / (1 + self._uniform(batch, self._how.zoom))
        x_from = zoom_x * (ops.cos(angle) * x + ops.sin(angle) * y)
        y_from = zoom_y * (ops.cos(angle) * y - ops.sin(angle) * x)
        x_from = x_from + slant * y_from + self._uniform(batch, self._how.shift)
        y_from = y_from + self._uniform(batch, self._how.shift)
        if self._how.elastic:
            x_from = x_from + self._elastic(batch, height, width)
            y_from = y_from + self._elastic(batch, height, width)
        return _sample(images, x_from + (width - 1) / 2, y_from + (height - 1) / 2)

    def _elastic(self, batch: Any, height: int, width: int) -> Any:
        """Return a smooth random displacement of each pixel, ``(batch, height * width)``."""
        knots = keras.random.normal((batch, _KNOTS, _KNOTS), seed=self._seeds)
        smooth = ops.matmul(ops.matmul(_smoothing(height), knots), _smoothing(width).T)
        return self._how.elastic * ops.reshape(smooth, (batch, height * width))


def augmented_copies(
    image: npt.NDArray[np.uint8], augmentation: Augmentation, count: int, *, seed: int = 0
) -> npt.NDArray[np.uint8]:
    """Return augmented copies of one image, uint8 ``(28, 28)``, as uint8 ``(count, 28, 28)``."""
    augment, one = Augment(augmentation, seed), add_channel(scale(image[np.newaxis]))
    # Each is a batch of its own, because jitter moves a batch as one.
    batches = [ops.convert_to_numpy(augment(one, training=True)) for _ in range(count)]
    copies: npt.NDArray[np.uint8] = (np.concatenate(batches)[..., 0] * 255 + 0.5).astype(np.uint8)
    return copies


def _smoothing(length: int) -> npt.NDArray[np.float32]:
    """Return Gaussian weights ``(length, knots)`` that keep the variance of the knots."""
    knots = np.linspace(0, length - 1, _KNOTS)
    distance = np.arange(length)[:, None] - knots
    weights = np.exp(-0.5 * (distance / (knots[1] - knots[0])) ** 2)
    result: npt.NDArray[np.float32] = weights / np.sqrt((weights**2).sum(axis=1, keepdims=True))
    return result.astype(np.float32)


def _sample(images: Any, x: Any, y: Any) -> Any:
    """Look images ``(batch, height, width, 1)`` up between pixels, bilinearly; outside is black.

    `x` and `y` are ``(batch, height * width)``, in pixels.
    """
    batch, height, width = ops.shape(images)[0], images.shape[1], images.shape[2]
    # A black rim catches what looks outside.
    padded = ops.reshape(ops.pad(images[..., 0], ((0, 0), (1, 1), (1, 1))), (batch, -1))
    x = ops.clip(x + 1, 0.0, width + 0.999)
    y = ops.clip(y + 1, 0.0, height + 0.999)
    left, top = ops.floor(x), ops.floor(y)
    right, down = x - left, y - top
    corner = ops.cast(top * (width + 2) + left, "int32")

    def look(step: int) -> Any:
        return ops.take_along_axis(padded, corner + step, axis=1)

    upper = look(0) * (1 - right) + look(1) * right
    lower = look(width + 2) * (1 - right) + look(width + 3) * right
    return ops.reshape(upper * (1 - down) + lower * down, (batch, height, width, 1))
