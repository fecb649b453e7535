"""Calibrate: find the temperature at which confidence says how often an answer is right."""

import numpy as np
import numpy.typing as npt

__all__ = ["fit_temperature"]

_STEPS = 60
_RANGE = (0.05, 20.0)


def fit_temperature(logits: npt.NDArray[np.float32], labels: npt.NDArray[np.uint8]) -> float:
    """Return the temperature that makes validation labels most likely: logits are divided by it.

    Args:
        logits: float32 ``(count, classes)``.
        labels: which column is right, ``(count,)``.

    Returns:
        A temperature from 0.05 to 20: where every answer is right, none is low enough.

    Source: C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On Calibration of Modern Neural Networks",
    2017.
    """
    rows = np.arange(len(labels))
    wide = logits.astype(np.float64)

    def loss(logarithm: float) -> float:
        scaled = wide / np.exp(logarithm)
        top = scaled.max(axis=1, keepdims=True)
        normaliser = np.log(np.exp(scaled - top).sum(axis=1)) + top[:, 0]
        return float((normaliser - scaled[rows, labels]).mean())

    # In the inverse temperature the loss is convex, so a golden-section search finds its least.
    low, high = np.log(_RANGE)
    golden = (np.sqrt(5) - 1) / 2
    for _ in range(_STEPS):
        a, b = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, b) if loss(a) < loss(b) else (a, high)
    return float(np.exp((low + high) / 2))
