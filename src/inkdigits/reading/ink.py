"""Find the ink: how much each pixel of a page stands out from its paper, whatever the light.

Paper is found in three steps, each on a small copy of the page. A quadratic surface, fitted to
the border first and then again and again to whatever lies close to the last fit, tells dark ink on
light paper from light on dark. A closing (the brightest nearby, then the darkest of that) fills
what is narrow and dark: it follows shadows that no smooth surface does. Last, the paper is averaged
from the pixels around that hold no ink.
"""

import functools
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from inkdigits.reading.median import median

__all__ = ["Ink", "find_ink"]

_FIT_SIDE = 96  # the paper's trend is smooth, so it is fitted on a copy no larger than this
_FITS = 6
_PAPER_SIDE = 192  # shadows have edges: they are followed on a copy no larger than this
_TINY = 64  # pixels
_EVEN = 3.0  # grey levels of noise around the trend
_WIDEST_STROKE = 0.3  # of the page's shorter side; wider is shadow
_MIN_CONTRAST = 9.0  # grey levels: less is the paper's grain
_MIN_SIGNAL_TO_NOISE = 4.5

_Surface = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Ink:
    """The ink of a page.

    Args:
        contrast: how far each pixel stands out from its paper, uint8 ``(height, width)``.
        full: the contrast of a typical stroke; 0 on a blank page.
        noise: standard deviation of the contrast of paper.
    """

    contrast: npt.NDArray[np.uint8]
    full: float
    noise: float


def find_ink(pixels: npt.NDArray[np.uint8]) -> Ink:
    """Find the ink of a page, dark on light or light on dark.

    Args:
        pixels: uint8 ``(height, width)``, grey.
    """
    small = _shrunk(pixels, _PAPER_SIDE)
    trend, noise, sign = _trend(_shrunk(small, _FIT_SIDE))
    if sign > 0:  # light on dark: from here on ink is dark
        pixels, small, trend = ~pixels, 255 - small, 255 - trend
    paper = np.clip(_paper(small, trend, noise) + 0.5, 0, 255).astype(np.uint8)
    height, width = pixels.shape
    surface = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    contrast = np.asarray(cv2.subtract(surface, pixels), np.uint8)

    step = max(1, int(np.sqrt(contrast.size / 100_000)))
    sample = contrast[::step, ::step]
    grain = cv2.absdiff(surface[::step, ::step].copy(), pixels[::step, ::step].copy())
    threshold, _ = cv2.threshold(sample.copy(), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    # A fine grid may fill the whole sample with ink.
    noise = max(0.7, 1.4826 * median(grain[sample <= max(threshold, sample.min())]))
    strokes = sample[sample > max(threshold, 3 * noise)]
    full = median(strokes) if strokes.size else 0.0
    if full < max(_MIN_CONTRAST, _MIN_SIGNAL_TO_NOISE * noise):
        full = 0.0
    return Ink(contrast, full, noise)


def _shrunk(pixels: npt.NDArray[Any], side: int) -> _Surface:
    # Halving is fast, and as good a mean.
    while max(pixels.shape) >= 4 * side and min(pixels.shape) > 1:
        height, width = pixels.shape
        pixels = cv2.resize(
            pixels[: height // 2 * 2, : width // 2 * 2],
            (width // 2, height // 2),
            interpolation=cv2.INTER_AREA,
        )
    shrink = min(1.0, side / max(pixels.shape))
    size = (max(1, round(pixels.shape[1] * shrink)), max(1, round(pixels.shape[0] * shrink)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float32)


def _trend(page: _Surface) -> tuple[_Surface, float, int]:
    """Fit a quadratic surface to the paper of a page.

    Returns:
        The surface (of a small copy of the page), the noise around it (standard deviation), and 1
        where ink is brighter than paper, else -1.
    """
    height, width = page.shape
    if min(height, width) < 8:
        paper, noise = np.full_like(page, median(page.ravel())), 1.0
    else:
        paper, noise = _fit_quadratic(page)
    difference = page - paper
    brighter = np.maximum(difference - 3 * noise, 0).sum()
    darker = np.maximum(-difference - 3 * noise, 0).sum()
    return paper, noise, 1 if brighter > darker else -1


def _fit_quadratic(page: _Surface) -> tuple[_Surface, float]:
    height, width = page.shape
    terms = _terms(height, width)
    values = page.ravel()

    rim = max(1, min(height, width) // 10)
    border = np.ones(page.shape, bool)
    border[rim:-rim, rim:-rim] = False
    paper = np.full_like(values, median(page[border]))
    likely = border.ravel()
    noise = 1.0
    for _ in range(_FITS):
        # Twice the median distance keeps half the pixels at least, however the light falls.
        distance = np.abs(values - paper)
        usual = median(distance[likely])
        noise = max(1.0, 1.4826 * usual)
        if not usual:  # as even as a drawing's
            break
        before, likely = likely, distance < max(3 * noise, 4.0)
        if np.array_equal(likely, before) or likely.sum() < 6 * terms.shape[1]:
            break
        # Six unknowns: the normal equations take a tenth of the time of a general solver.
        known = terms[likely]
        try:
            coefficients = np.linalg.solve(known.T @ known, known.T @ values[likely])
        except np.linalg.LinAlgError:  # the likely paper lies in a line or two
            break
        paper = (terms @ coefficients).astype(np.float32)
    return paper.reshape(page.shape), noise


@functools.lru_cache(maxsize=8)  # of a folder of scans, all pages have one shape
def _terms(height: int, width: int) -> npt.NDArray[np.float64]:
    """Return the six terms of a quadratic at each pixel, ``(height * width, 6)``."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).reshape(-1, 6)
    terms.flags.writeable = False
    return terms


def _paper(page: _Surface, trend: _Surface, noise: float) -> _Surface:
    """Return the brightness of the paper under dark ink, on a small copy of the page."""
    height, width = page.shape
    trend = np.asarray(
        cv2.resize(trend, (width, height), interpolation=cv2.INTER_LINEAR), np.float32
    )
    flat = page - trend
    if min(height, width) < 8 or (max(height, width) <= _TINY and noise <= _EVEN):
        return trend  # a stroke may be as wide as a shadow here, and is likelier
    # The trend goes first: a closing overestimates where brightness falls towards the border.
    kernel = max(3, round(_WIDEST_STROKE * min(height, width)) | 1)
    filled = cv2.morphologyEx(flat, cv2.MORPH_CLOSE, np.ones((kernel, kernel), np.uint8))
    depth = filled - flat
    deepest = float(np.percentile(depth, 99.5))
    inked = (depth > max(3 * noise, 0.25 * deepest)).astype(np.uint8)
    blank = 1 - cv2.dilate(inked, np.ones((3, 3), np.uint8)).astype(np.float32)
    radius = max(1.0, max(height, width) / 32)
    weight = cv2.GaussianBlur(blank, (0, 0), radius)
    around = cv2.GaussianBlur(flat * blank, (0, 0), radius)
    known = weight > 0.02
    return trend + np.where(known, around / np.maximum(weight, 0.02), filled)
