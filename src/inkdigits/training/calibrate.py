"""Make a fitted network say how sure it is, and find out how sure it must be."""

from dataclasses import dataclass

import numpy as np

from inkdigits._keras import keras
from inkdigits.datasets import Dataset, add_channel, scale
from inkdigits.datasets.dataset import DIGITS
from inkdigits.evaluation import choose_threshold, fit_temperature
from inkdigits.networks import gives_logits, heads
from inkdigits.reading.classifier import softmax
from inkdigits.synthesis import Marks

__all__ = ["Calibration", "calibrate"]

_BATCH = 500
_LEAST_PROBABILITY = np.finfo(np.float32).tiny  # that of a certain mistake is 0


@dataclass(frozen=True)
class Calibration:
    """What calibrating found.

    Args:
        temperature: what the logits were divided by.
        threshold: the confidence above which at most one answer in 200 is wrong.
    """

    temperature: float
    threshold: float


def calibrate(network: keras.Model, validation: Dataset | Marks) -> Calibration:
    """Divide a network's logits by the temperature that fits validation data, for good.

    The weights of its heads take the division: whoever runs the network gets calibrated
    probabilities, and no accuracy changes. A network without heads stays as it is.

    Args:
        network: in float32; its heads are changed.
        validation: digits, or simulated marks, that it was not fitted to.
    """
    outputs = network.predict(
        add_channel(scale(validation.images)), batch_size=_BATCH, verbose=0
    ).astype(np.float32)
    logits = outputs if gives_logits(network) else np.log(np.maximum(outputs, _LEAST_PROBABILITY))
    if isinstance(validation, Marks):
        logits, labels = np.pad(logits, ((0, 0), (0, 1))), validation.labels
    else:
        labels = validation.require_labels()
    temperature = fit_temperature(logits, labels) if heads(network) else 1.0
    for head in heads(network):
        head.set_weights([weights / temperature for weights in head.get_weights()])

    probabilities = softmax(logits / np.float32(temperature))
    # The threshold parts sure from unsure digits; what is none, the network says itself.
    digits = probabilities[labels < DIGITS, :DIGITS]
    right = digits.argmax(axis=1) == labels[labels < DIGITS]
    return Calibration(temperature, choose_threshold(digits.max(axis=1), right))
