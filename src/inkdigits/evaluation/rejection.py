"""Choose how sure a network must be before it is believed."""

import numpy as np
import numpy.typing as npt

__all__ = ["choose_threshold"]

_ERROR_TO_ACCEPT = 0.005


def choose_threshold(confidences: npt.NDArray[np.float32], correct: npt.NDArray[np.bool_]) -> float:
    """Return the lowest confidence at which at most one answer in 200 is wrong.

    Args:
        confidences: of each answer on validation data (never the test set), ``(count,)``.
        correct: whether it is right.

    Returns:
        A confidence above 0, up to just above 1 where no answer can be believed. It is never below
        the least confidence of the validation data: nothing is known of answers less sure.
    """
    descending = np.argsort(-confidences, kind="stable")
    confidences = confidences[descending]
    errors = np.cumsum(~correct[descending])
    accepted = np.arange(1, len(descending) + 1)
    # A threshold cannot part answers that are equally sure.
    parts = np.append(confidences[1:] < confidences[:-1], True)
    good = np.flatnonzero(parts & (errors <= _ERROR_TO_ACCEPT * accepted))
    return float(confidences[good[-1]]) if good.size else float(np.nextafter(1.0, 2.0))
