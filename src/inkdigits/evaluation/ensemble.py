"""Several classifiers as one."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from inkdigits.evaluation.evaluate import Classify

__all__ = ["averaged"]


def averaged(classifiers: Sequence[Classify]) -> Classify:
    """Return the classifier that gives the mean of the probabilities of all `classifiers`."""

    def classify(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        mean: npt.NDArray[np.float32] = np.mean(
            [classify(images) for classify in classifiers], axis=0, dtype=np.float32
        )
        return mean

    return classify
