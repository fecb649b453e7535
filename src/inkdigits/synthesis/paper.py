"""Lay ink on paper, light it, and take its picture."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["photograph"]


def photograph(
    ink: npt.NDArray[np.float32], rng: np.random.Generator
) -> tuple[npt.NDArray[np.uint8], set[str]]:
    """Return what a camera, a scanner or a drawing program makes of ink.

    Args:
        ink: float32 ``(height, width)``, 0 to 1.
        rng: of paper, pen, light, lens, sensor and file format.

    Returns:
        uint8 of the same shape, grey; and which of lit, shadow and inverted it is.
    """
    traits = set()
    paper, pen = 255.0, float(rng.choice([0.0, rng.uniform(0, 120)]))
    lit = rng.random() < 0.65
    if lit:
        traits.add("lit")
        paper, pen = float(rng.uniform(150, 255)), float(rng.uniform(0, 110))
    page: npt.NDArray[Any] = paper + (pen - paper) * ink
    if lit:
        shadow = rng.random() < 0.25
        if shadow:
            traits.add("shadow")
        page = page * _light(ink.shape, rng, shadow=shadow)
        if rng.random() < 0.5:
            page = cv2.GaussianBlur(page, (0, 0), float(rng.uniform(0.4, 1.3)))
        page = page + rng.normal(0, float(rng.uniform(0, 6)), page.shape)
    if rng.random() < 0.2:
        traits.add("inverted")
        page = 255 - page
    pixels = np.clip(page, 0, 255).astype(np.uint8)
    if lit and rng.random() < 0.5:
        quality = int(rng.integers(40, 95))
        _, file = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        pixels = np.asarray(cv2.imdecode(file, cv2.IMREAD_GRAYSCALE), np.uint8)
    return pixels, traits


def _light(
    shape: tuple[int, ...], rng: np.random.Generator, *, shadow: bool
) -> npt.NDArray[np.float32]:
    """Return how bright the light is at each pixel: from one side, darker at the corners."""
    height, width = shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    light = 1 + float(rng.normal(0, 0.12)) * x + float(rng.normal(0, 0.12)) * y
    light -= float(max(0, rng.normal(0, 0.12))) * (x * x + y * y)
    if shadow:  # with a more or less soft edge
        angle, offset = float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(-0.7, 0.7))
        depth, softness = float(rng.uniform(0.15, 0.5)), float(rng.uniform(0.02, 0.4))
        far = np.cos(angle) * x + np.sin(angle) * y - offset
        light *= 1 - depth / (1 + np.exp(-far / softness))
    return np.asarray(np.clip(light, 0.25, 1.3), np.float32)
