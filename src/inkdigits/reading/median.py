"""The weighted median: half of the weight lies on either side of it."""

import numpy as np
import numpy.typing as npt

__all__ = ["weighted_median"]


def weighted_median(values: npt.ArrayLike, weights: npt.ArrayLike) -> float:
    """Return the least value that, with all lesser ones, has half of the weight.

    Args:
        values: ``(count,)``, at least one.
        weights: of each, not negative.
    """
    numbers, heavy = np.asarray(values), np.asarray(weights)
    order = np.argsort(numbers, kind="stable")
    below = np.cumsum(heavy[order])
    return float(numbers[order[np.searchsorted(below, below[-1] / 2)]])
