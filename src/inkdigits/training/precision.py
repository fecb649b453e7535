"""The numbers that layers compute in."""

from inkdigits._keras import keras
from inkdigits._processor import has_bfloat16
from inkdigits.training.recipe import Recipe

__all__ = ["POLICIES", "settle_precision"]

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
"""Keras' dtype policy for each precision. Mixed: bfloat16 in the layers, float32 weights."""


def settle_precision(recipe: Recipe) -> Recipe:
    """Return the recipe with ``auto`` replaced by what it comes to on this machine.

    That is bfloat16 where the processor multiplies it in hardware, and float32 elsewhere: emulated,
    bfloat16 is slower.
    """
    if recipe.precision != "auto":
        return recipe
    settled = "bfloat16" if _bfloat16_pays() else "float32"
    return recipe.model_copy(update={"precision": settled})


def _bfloat16_pays() -> bool:
    # Only of TensorFlow's kernels is it measured that it pays.
    return bool(keras.backend.backend() == "tensorflow") and has_bfloat16()
