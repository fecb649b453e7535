"""Time the training of the reference CNN, in a process of its own.

There no threads that this process has started are in its way, a TensorFlow that crashes on an old
processor costs this one figure, and a Ctrl-C reaches this process, which TensorFlow cannot swallow.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from inkdigits.datasets import load_mnist
from inkdigits.errors import InkDigitsError
from inkdigits.training import Recipe

__all__ = ["measure_training", "print_figures"]

_MOST_EPOCHS = 100  # a fast machine may do some in the time
_VALIDATED = 100  # digits: `fit` validates, and nobody asks how well


def measure_training(seconds: float) -> dict[str, Any]:
    """Time some steps of the reference recipe, and work out from them what an epoch takes.

    Args:
        seconds: to time steps for, besides the start and the warm-up.

    Returns:
        ``network``, ``backend``, ``precision``; ``images``, that an epoch trains on;
        ``images_per_second``, the median; ``epoch_seconds``, of an epoch without its validation;
        ``n``, how many groups of steps were timed. Or only ``not_measured``, which says why.
    """
    # With our own path it finds what we found.
    path = [folder for folder in sys.path if isinstance(folder, str)]
    program = (
        f"import sys; sys.path[:] = {path!r}; "
        f"from inkdigits.benchmark import training; training.print_figures({seconds!r})"
    )
    process = subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-W", "ignore", "-c", program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if process.returncode:
        last = (process.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        return {"not_measured": f"the training ended with exit code {process.returncode}: {last}"}
    figures: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
    return figures


def print_figures(seconds: float) -> None:
    """Print the figures as JSON: the process's own program."""
    try:
        figures = _measure(seconds)
    except InkDigitsError as error:  # such as a missing extra
        figures = {"not_measured": str(error)}
    print(json.dumps(figures))


def _measure(seconds: float) -> dict[str, Any]:
    from inkdigits._keras import keras
    from inkdigits.benchmark.steps import StepTimes
    from inkdigits.training.fit import fit
    from inkdigits.training.precision import settle_precision

    recipe = settle_precision(Recipe(epochs=_MOST_EPOCHS))
    fitting, validation = recipe.split(load_mnist()[0])
    validation = validation.take(np.arange(_VALIDATED))
    # What Keras counts as one is a group of steps under TensorFlow, whose loop is ours.
    steps = recipe.steps_per_execution if keras.backend.backend() == "tensorflow" else 1
    times = StepTimes(recipe.batch * steps, seconds)
    with tempfile.TemporaryDirectory() as folder:
        fit(recipe, fitting, validation, Path(folder), (times,))
    seconds_an_image = statistics.median(times.seconds_an_image)
    return {
        "network": recipe.network,
        "backend": keras.backend.backend(),
        "precision": recipe.precision,
        "images": len(fitting),
        "images_per_second": 1 / seconds_an_image,
        "epoch_seconds": len(fitting) * seconds_an_image,
        "n": len(times.seconds_an_image),
    }
