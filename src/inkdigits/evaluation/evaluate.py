"""Measure a classifier on digits whose labels are known."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from inkdigits.datasets import Dataset
from inkdigits.datasets.dataset import DIGITS, Images

__all__ = ["CALIBRATION_BINS", "CalibrationBin", "Classify", "Evaluation", "PerDigit", "evaluate"]

Classify: TypeAlias = Callable[[Images], npt.NDArray[np.float32]]
"""Any function from images uint8 ``(count, 28, 28)`` to probabilities float32 ``(count, 10)``."""

CALIBRATION_BINS = 15

_LEAST_PROBABILITY = 1e-7  # as Keras clips it: one wrong certainty must not make the loss infinite


class PerDigit(NamedTuple):
    """How well one digit is told from the others."""

    digit: int
    precision: float
    recall: float
    f1: float
    support: int


class CalibrationBin(NamedTuple):
    """The digits whose confidence fell into one bin: how sure, and how often right."""

    bin: int
    confidence: float
    accuracy: float
    digits: int


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a classifier said of a data set.

    Args:
        dataset: digits with labels.
        probabilities: float32 ``(count, 10)``, one row a digit.
    """

    dataset: Dataset
    probabilities: npt.NDArray[np.float32]

    @cached_property
    def predictions(self) -> npt.NDArray[np.int64]:
        """The most probable digit of each image, ``(count,)``."""
        digits: npt.NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return digits

    @cached_property
    def confidences(self) -> npt.NDArray[np.float32]:
        """The probability of each prediction, ``(count,)``."""
        confidences: npt.NDArray[np.float32] = self.probabilities.max(axis=1)
        return confidences

    @cached_property
    def correct(self) -> npt.NDArray[np.bool_]:
        """Whether each prediction is right, ``(count,)``."""
        correct: npt.NDArray[np.bool_] = self.predictions == self.dataset.require_labels()
        return correct

    @property
    def accuracy(self) -> float:
        """Share of the digits that are predicted right."""
        return float(self.correct.mean())

    @property
    def loss(self) -> float:
        """Mean categorical cross-entropy, in nats."""
        labels = self.dataset.require_labels()
        given = self.probabilities[np.arange(len(labels)), labels].astype(np.float64)
        return float(-np.log(np.maximum(given, _LEAST_PROBABILITY)).mean())

    @cached_property
    def confusion_matrix(self) -> npt.NDArray[np.int64]:
        """How often the digit of a row was taken for that of a column, ``(10, 10)``."""
        pairs = self.dataset.require_labels().astype(np.int64) * DIGITS + self.predictions
        return np.bincount(pairs, minlength=DIGITS**2).reshape(DIGITS, DIGITS)

    @property
    def per_digit(self) -> list[PerDigit]:
        """Precision, recall and F1 of each digit; 0 where there is nothing to divide by."""
        right = self.confusion_matrix.diagonal()
        predicted, actual = self.confusion_matrix.sum(axis=0), self.confusion_matrix.sum(axis=1)
        return [
            PerDigit(
                digit,
                _share(right[digit], predicted[digit]),
                _share(right[digit], actual[digit]),
                _share(2 * right[digit], predicted[digit] + actual[digit]),
                int(actual[digit]),
            )
            for digit in range(DIGITS)
        ]

    @cached_property
    def calibration(self) -> list[CalibrationBin]:
        """The digits binned by confidence, empty bins left out."""
        bins = np.minimum((self.confidences * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
        return [
            CalibrationBin(
                number,
                float(self.confidences[inside].mean()),
                float(self.correct[inside].mean()),
                int(inside.sum()),
            )
            for number in range(CALIBRATION_BINS)
            if (inside := bins == number).any()
        ]

    @property
    def expected_calibration_error(self) -> float:
        """Mean distance between confidence and accuracy, over 15 bins of equal width.

        Source: C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On Calibration of Modern Neural
        Networks", 2017.
        """
        off = sum(b.digits * abs(b.accuracy - b.confidence) for b in self.calibration)
        return float(off / len(self.dataset))

    def misread(self, at_most: int) -> npt.NDArray[np.int64]:
        """Return the indices of misread digits, the most confidently misread first."""
        wrong = np.flatnonzero(~self.correct)
        return wrong[np.argsort(-self.confidences[wrong], kind="stable")][:at_most]

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain types."""
        return {
            "data": self.dataset.name,
            "digits": len(self.dataset),
            "accuracy": self.accuracy,
            "loss": self.loss,
            "expected_calibration_error": self.expected_calibration_error,
            "per_digit": [row._asdict() for row in self.per_digit],
            "confusion_matrix": self.confusion_matrix.tolist(),
        }


def evaluate(classify: Classify, dataset: Dataset) -> Evaluation:
    """Classify a data set and compare with its labels.

    Args:
        classify: any function from images uint8 ``(count, 28, 28)`` to probabilities float32
            ``(count, 10)``: `Reader.classify`, or your own.
        dataset: digits with labels.

    Raises:
        DataError: the data set has no labels.

    Example:
        >>> evaluate(Reader().classify, load_mnist()[1]).accuracy > 0.98
        True
    """
    dataset.require_labels()
    return Evaluation(dataset, classify(dataset.images))


def _share(part: np.int64, whole: np.int64) -> float:
    return float(part / whole) if whole else 0.0
