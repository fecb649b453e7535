"""The digits that tell how large a network's activations become."""

import numpy as np

from inkdigits.datasets import Dataset, load_mnist
from inkdigits.datasets.dataset import Images

__all__ = ["some_digits"]

_COUNT = 1_000


def some_digits(dataset: Dataset | None, *, seed: int = 0) -> Images:
    """Return 1,000 digits of a data set, or all if it has fewer: uint8 ``(count, 28, 28)``.

    They are drawn, because a data set may stand in the order of its labels.

    Args:
        dataset: MNIST's training set if `None`.
        seed: another one draws others.
    """
    if dataset is None:
        dataset = load_mnist()[0]
    rng = np.random.default_rng(seed)
    count = min(_COUNT, len(dataset))
    return dataset.images[np.sort(rng.choice(len(dataset), count, replace=False))]
