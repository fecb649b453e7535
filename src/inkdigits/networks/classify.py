"""A network as what evaluation takes: a function from images to probabilities."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from inkdigits.datasets import add_channel, scale
from inkdigits.reading.classifier import softmax

if TYPE_CHECKING:
    import keras

__all__ = ["as_classifier", "gives_logits"]

_BATCH = 500


def as_classifier(
    network: "keras.Model",
) -> Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]:
    """Return a function from images uint8 ``(count, 28, 28)`` to probabilities ``(count, 10)``."""
    logits = gives_logits(network)

    def classify(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        probabilities: npt.NDArray[np.float32] = network.predict(
            add_channel(scale(images)), batch_size=_BATCH, verbose=0
        )
        return softmax(probabilities) if logits else probabilities

    return classify


def gives_logits(network: "keras.Model") -> bool:
    """Return whether a network ends in a layer with a linear activation: without a softmax."""
    # A Softmax layer, or an average of probabilities, has no activation at all.
    return bool(network.layers[-1].get_config().get("activation") == "linear")
