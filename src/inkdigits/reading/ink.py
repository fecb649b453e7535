"""Find the ink: how much of it each pixel of a page holds, whatever the paper and the light.

The paper is a smooth surface of brightness. A quadratic surface is fitted to it by least squares,
first to the border, where paper is likeliest, then again and again to whatever lies close to the
last fit. Ink is what stands out on one side of that surface.
"""

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Ink", "find_ink"]

Ink: TypeAlias = npt.NDArray[np.float32]
"""How much ink each pixel holds, ``(height, width)``, 0 none to 1 full."""

_FIT_SIDE = 96  # the paper is smooth, so it is fitted on a copy no larger than this
_FITS = 6
_MIN_CONTRAST = 10.0  # grey levels: less is the paper's grain
_MIN_SIGNAL_TO_NOISE = 4.0


def find_ink(page: npt.NDArray[np.uint8]) -> Ink:
    """Find the ink of a page, dark on light or light on dark.

    Args:
        page: uint8 ``(height, width)``.

    Returns:
        float32 ``(height, width)``: 0 on paper, 1 in the middle of a stroke; all 0 on a blank page.
    """
    shrink = min(1.0, _FIT_SIDE / max(page.shape))
    size = (max(1, round(page.shape[1] * shrink)), max(1, round(page.shape[0] * shrink)))
    small = cv2.resize(page, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    paper, noise = _fit_paper(small)

    difference = small - paper
    brighter = np.maximum(difference - 3 * noise, 0).sum()
    darker = np.maximum(-difference - 3 * noise, 0).sum()
    sign = 1.0 if brighter > darker else -1.0

    full_size = (page.shape[1], page.shape[0])
    surface = cv2.resize(paper, full_size, interpolation=cv2.INTER_LINEAR)
    contrast = np.clip(sign * (page - surface), 0, 255)
    # Compared in whole grey levels, as the threshold is: on a page of two levels it is 0, and the
    # paper differs from its fit by a little more than that.
    levels = contrast.astype(np.uint8)
    threshold, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    strokes = contrast[levels > threshold]
    if not strokes.size:
        return np.zeros(page.shape, np.float32)
    full = float(np.median(strokes))
    if full < max(_MIN_CONTRAST, _MIN_SIGNAL_TO_NOISE * noise):
        return np.zeros(page.shape, np.float32)
    none = min(max(2.5 * noise, 0.15 * full), 0.5 * full)
    ink: Ink = np.clip((contrast - none) / (full - none), 0, 1).astype(np.float32)
    return ink


def _fit_paper(page: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], float]:
    """Fit the paper's brightness; return it with the noise around it (standard deviation)."""
    height, width = page.shape
    if min(height, width) < 8:
        return np.full_like(page, np.median(page)), 1.0
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).reshape(-1, 6)
    values = page.ravel()

    rim = max(1, min(height, width) // 10)
    border = np.ones(page.shape, bool)
    border[rim:-rim, rim:-rim] = False
    paper = np.full_like(values, np.median(page[border]))
    likely = border.ravel()
    noise = 1.0
    for _ in range(_FITS):
        # Twice the median distance keeps half the pixels at least, however the light falls.
        distance = np.abs(values - paper)
        noise = max(1.0, 1.4826 * float(np.median(distance[likely])))
        likely = distance < max(3 * noise, 4.0)
        if likely.sum() < 6 * terms.shape[1]:
            break
        # Six unknowns: the normal equations take a tenth of the time of a general solver.
        known = terms[likely]
        try:
            coefficients = np.linalg.solve(known.T @ known, known.T @ values[likely])
        except np.linalg.LinAlgError:  # the likely paper lies in a line or two
            break
        paper = (terms @ coefficients).astype(np.float32)
    return paper.reshape(page.shape), noise
