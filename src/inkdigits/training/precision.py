"""The numbers that layers compute in."""

from importlib import import_module

from inkdigits._keras import keras
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
    settled = "bfloat16" if _has_bfloat16() else "float32"
    return recipe.model_copy(update={"precision": settled})


def _has_bfloat16() -> bool:
    if keras.backend.backend() != "tensorflow":
        return False  # only of TensorFlow's kernels is it measured that it pays
    try:
        numpy_core = import_module("numpy._core._multiarray_umath")
    except ImportError:
        return False
    features = getattr(numpy_core, "__cpu_features__", {})
    return bool(features.get("AVX512BF16") or features.get("AVX512_SPR"))
