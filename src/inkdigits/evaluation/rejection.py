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
        A confidence above 0, up to just above 1 where no answer can be believed. It is never below
        the least confidence of the validation data: nothing is known of answers less sure.
    """
    descending = np.argsort(-validated.confidences, kind="stable")
    confidences = validated.confidences[descending]
    errors = np.cumsum(~validated.correct[descending])
    accepted = np.arange(1, len(descending) + 1)
    # A threshold cannot part answers that are equally sure.
    parts = np.append(confidences[1:] < confidences[:-1], True)
    good = np.flatnonzero(parts & (errors <= _ERROR_TO_ACCEPT * accepted))
    return float(confidences[good[-1]]) if good.size else float(np.nextafter(1.0, 2.0))
