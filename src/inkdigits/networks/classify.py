"""A network as what evaluation takes: a function from images to probabilities."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from inkdigits.datasets import add_channel, scale

if TYPE_CHECKING:
    import keras

__all__ = ["as_classifier"]

_BATCH = 500


def as_classifier(
    network: "keras.Model",
) -> Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]:
    """Return a function from images uint8 ``(count, 28, 28)`` to probabilities ``(count, 10)``."""

    def classify(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        probabilities: npt.NDArray[np.float32] = network.predict(
            add_channel(scale(images)), batch_size=_BATCH, verbose=0
        )
        return probabilities

    return classify
