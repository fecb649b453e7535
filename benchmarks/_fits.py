"""A run of ours, and plain Keras to set beside it."""

import tempfile
import time
from pathlib import Path

from inkdigits import Dataset, Recipe, build, evaluate
from inkdigits._keras import keras
from inkdigits.networks import as_classifier
from inkdigits.training.fit import fit

__all__ = ["accuracy", "plain_keras", "time_ours"]


def accuracy(network: keras.Model, test: Dataset) -> float:
    return evaluate(as_classifier(network), test).accuracy


def plain_keras(seed: int) -> keras.Model:
    """Return the reference CNN as Keras' own examples compile it, in float32."""
    keras.utils.set_random_seed(seed)
    network = build("reference")
    network.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return network


def time_ours(
    recipe: Recipe, fitting: Dataset, validation: Dataset, test: Dataset
) -> tuple[float, float]:
    """Return the seconds that all of `fit` takes, and the test accuracy it ends with."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        network, _ = fit(recipe, fitting, validation, Path(folder))
        seconds = time.perf_counter() - start
    return seconds, accuracy(network, test)
