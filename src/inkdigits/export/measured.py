"""Measure an exported file as it lies on the disk: does it answer as Keras does, and how well?"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from inkdigits.datasets import Dataset
from inkdigits.evaluation import evaluate
from inkdigits.export.calibration import some_digits
from inkdigits.export.formats import Format, exporter_of
from inkdigits.networks import as_classifier

if TYPE_CHECKING:
    import keras

__all__ = ["Measured", "measure"]

_SEED = 1  # hardly any of the digits that the activations were measured on


@dataclass(frozen=True)
class Measured:
    """What came of an export.

    Args:
        bytes: of the file, or of all files of the folder.
        weight_bytes: of the weights and biases in it.
        max_difference: the greatest between a probability of Keras' and one of the file's, on
            1,000 training digits.
        same_digit: share of those digits, 0 to 1, that both take for the same one.
        accuracy: of the file on the test set, 0 to 1.
        keras_accuracy: of the network on the test set, 0 to 1.
        digits: number of them in the test set.
    """

    bytes: int
    weight_bytes: int
    max_difference: float
    same_digit: float
    accuracy: float
    keras_accuracy: float
    digits: int

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain values, for JSON."""
        return asdict(self)


def measure(
    path: str | Path, form: Format, network: "keras.Model", dataset: Dataset, test: Dataset
) -> Measured:
    """Compare an exported file with the network that it was made of.

    Args:
        path: of the file or folder.
        form: its format.
        network: what it was made of.
        dataset: training digits, to compare probabilities on.
        test: digits with labels, to measure accuracy on.

    Raises:
        ModelError: the file is damaged.
        DataError: `test` has no labels.
    """
    path, exporter = Path(path), exporter_of(form)
    theirs, ours = as_classifier(network), exporter.load(path)
    images = some_digits(dataset, seed=_SEED)
    expected, given = theirs(images), ours(images)
    return Measured(
        bytes=_size(path),
        weight_bytes=sum(exporter.weights(path)),
        max_difference=float(np.abs(given - expected).max()),
        same_digit=float(np.mean(given.argmax(axis=1) == expected.argmax(axis=1))),
        accuracy=evaluate(ours, test).accuracy,
        keras_accuracy=evaluate(theirs, test).accuracy,
        digits=len(test),
    )


def _size(path: Path) -> int:
    files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)
