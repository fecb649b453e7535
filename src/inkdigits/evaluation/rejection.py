"""Choose how sure a network must be before it is believed."""

import numpy as np

from inkdigits.evaluation.evaluate import Evaluation

__all__ = ["choose_threshold"]

_ERROR_TO_ACCEPT = 0.005


def choose_threshold(validated: Evaluation) -> float:
    """Return the lowest confidence at which at most one answer in 200 is wrong.

    Args:
        validated: an evaluation on validation data; never on the test set.

    Returns:
        A confidence from 0 (every answer is believed) to 1.
    """
    descending = np.argsort(-validated.confidences, kind="stable")
    confidences = validated.confidences[descending]
    errors = np.cumsum(~validated.correct[descending])
    accepted = np.arange(1, len(descending) + 1)
    good = np.flatnonzero(errors <= _ERROR_TO_ACCEPT * accepted)
    if not good.size:
        return 1.0
    if good[-1] == len(descending) - 1:
        return 0.0
    return float(confidences[good[-1]])
