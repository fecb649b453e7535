"""Keras, imported quietly: every room that builds on Keras takes it from here.

TensorFlow writes about its own start to the terminal before Python can say no, so the first import
happens with the standard error closed off.
"""

import contextlib
import logging
import os
import sys

from inkdigits._allocator import keep_freed_memory
from inkdigits._quiet import silenced
from inkdigits.errors import InkDigitsError, import_extra

__all__ = ["keras"]

_BACKENDS = ("tensorflow", "jax", "torch")


def _import_keras() -> None:
    backend = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if backend not in _BACKENDS:
        raise InkDigitsError(f"KERAS_BACKEND is {backend}; it may be {', '.join(_BACKENDS)}")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    first = "keras" not in sys.modules
    keep_freed_memory()
    with silenced() if first else contextlib.nullcontext():
        module = import_extra("keras")
        if first:
            module.ops.zeros(())  # the backend starts, and talks, at its first operation
            # It warns of every network after the fourth, as if one would be compiled again.
            logging.getLogger("tensorflow").setLevel(logging.ERROR)


_import_keras()

import keras  # noqa: E402
