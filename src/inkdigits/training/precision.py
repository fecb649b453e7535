"""The numbers that layers compute in."""

from importlib import import_module

from inkdigits._keras import keras

__all__ = ["choose_precision"]


def choose_precision(wanted: str) -> str:
    """Return the Keras dtype policy for a recipe's `precision`.

    ``auto`` is mixed bfloat16 (weights in float32, layers in bfloat16) where the processor
    multiplies bfloat16 in hardware, and float32 elsewhere: emulated, bfloat16 is slower.
    """
    if wanted == "bfloat16" or (wanted == "auto" and _has_bfloat16()):
        return "mixed_bfloat16"
    return "float32"


def _has_bfloat16() -> bool:
    if keras.backend.backend() != "tensorflow":
        return False  # only of TensorFlow's kernels is it measured that it pays
    try:
        numpy_core = import_module("numpy._core._multiarray_umath")
    except ImportError:
        return False
    features = getattr(numpy_core, "__cpu_features__", {})
    return bool(features.get("AVX512BF16") or features.get("AVX512_SPR"))
