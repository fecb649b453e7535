"""Draw skeletons again with another pen, hand and paper.

A skeleton gives each pixel's distance to the path of the pen; a pen of radius r leaves ink where
that distance is below r. So one drawing becomes a hairline, a ball pen or a marker, slanted,
squeezed, shaken, at any size, and always with smooth edges.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from inkdigits.reading.marks import Strokes
from inkdigits.synthesis.skeleton import SIDE, Skeleton, distance_to

__all__ = ["Hand", "decimate", "redraw", "roughen"]

_KNOTS = 4


@dataclass(frozen=True)
class Hand:
    """How somebody writes one mark.

    Args:
        height: of the mark's longer side, in pixels.
        radius: of the pen, as a share of `height`.
        rotation: degrees.
        slant: sideways lean, as the tangent of its angle.
        aspect: how much wider than in the original.
        tremor: standard deviation of the smooth displacement of the path, as a share of `height`.
        pressure: how much the radius changes along the path, 0 to 1.
    """

    height: float
    radius: float
    rotation: float = 0.0
    slant: float = 0.0
    aspect: float = 1.0
    tremor: float = 0.0
    pressure: float = 0.0

    @classmethod
    def random(cls, rng: np.random.Generator, height: float | None = None) -> "Hand":
        """Return anybody's: hairline to marker, upright or slanted, squeezed or wide."""
        if height is None:
            height = float(np.exp(rng.uniform(np.log(10), np.log(60))))
        return cls(
            height=height,
            radius=float(np.exp(rng.uniform(np.log(0.014), np.log(0.12)))),
            rotation=float(rng.normal(0, 6)),
            slant=float(rng.normal(0, 0.17)),
            aspect=float(np.exp(rng.normal(0, 0.17))),
            tremor=float(abs(rng.normal(0, 0.016))),
            pressure=float(max(0.0, rng.uniform(-0.3, 0.4))),
        )


def redraw(skeleton: Skeleton, hand: Hand, rng: np.random.Generator) -> Strokes:
    """Draw a skeleton with a hand.

    Args:
        skeleton: bool ``(56, 56)``, with at least one pixel set.
        hand: how.
        rng: of tremor and pressure.

    Returns:
        float32 ``(height, width)``, 0 to 1; large enough for the ink, with an empty margin.
    """
    rows, columns = np.nonzero(skeleton)
    # Bend the path's own box, so that the canvas fits whatever comes out.
    angle = np.deg2rad(hand.rotation)
    lean = np.array([[hand.aspect, -hand.slant], [0.0, 1.0]])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    bend = turn @ lean
    points = bend @ np.stack([columns, rows]).astype(np.float64)
    low, high = points.min(axis=1), points.max(axis=1)
    pen = max(hand.radius * hand.height, 0.5)
    scale = max(hand.height - 2 * pen, 2.0) / max(float((high - low).max()), 1.0)
    margin = pen * (1 + hand.pressure) + 2 + 3 * hand.tremor * hand.height
    size = np.ceil((high - low) * scale + 2 * margin + 1).astype(int)
    width, height = int(size[0]), int(size[1])

    # Where each pixel of the canvas looks in the skeleton.
    back = np.linalg.inv(bend) / scale
    x = np.arange(width, dtype=np.float32) - np.float32(margin) + np.float32(low[0] * scale)
    y = np.arange(height, dtype=np.float32) - np.float32(margin) + np.float32(low[1] * scale)
    x_from = (back[0, 0] * x)[None, :] + (back[0, 1] * y)[:, None]
    y_from = (back[1, 0] * x)[None, :] + (back[1, 1] * y)[:, None]
    if hand.tremor:
        shake = hand.tremor * hand.height / scale
        x_from = x_from + _smooth(rng, height, width, shake)
        y_from = y_from + _smooth(rng, height, width, shake)
    distance = cv2.remap(
        distance_to(skeleton),
        x_from.astype(np.float32),
        y_from.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=float(SIDE),
    )
    # Lengths grow by the scale, and by how much the bending stretches areas.
    growth = scale * np.sqrt(abs(np.linalg.det(bend)))
    radius: npt.NDArray[np.float32] | float = pen
    if hand.pressure:
        radius = pen * (1 + _smooth(rng, height, width, hand.pressure / 2))
    ink: Strokes = np.clip(radius + 0.5 - distance * growth, 0, 1).astype(np.float32)
    return ink


def _smooth(
    rng: np.random.Generator, height: int, width: int, deviation: float
) -> npt.NDArray[np.float32]:
    knots = rng.normal(0, deviation, (_KNOTS, _KNOTS)).astype(np.float32)
    return np.asarray(cv2.resize(knots, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def decimate(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """Keep every second pixel, as careless programs shrink: thin strokes get stairs and gaps."""
    y, x = rng.integers(0, 2, 2)
    return np.ascontiguousarray(strokes[y::2, x::2])


def roughen(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """Do to ink what paper, lens, sensor, file format and thresholds do to it.

    Args:
        strokes: float32 ``(height, width)``, 0 to 1.
        rng: of what happens, and how much.
    """
    ink: npt.NDArray[Any] = strokes
    chance = rng.random(6)
    if chance[0] < 0.35:  # out of focus
        blur = float(rng.uniform(0.3, 0.035 * max(ink.shape) + 0.3))
        ink = cv2.GaussianBlur(ink, (0, 0), blur)
    if chance[1] < 0.25:  # faint: noise stands out against it
        noise = rng.normal(0, rng.uniform(0.02, 0.16), ink.shape).astype(np.float32)
        ink = np.clip(ink + cv2.GaussianBlur(noise, (0, 0), 0.6) * 1.5, 0, 1)
        ink = np.where(ink < 0.25, 0, ink)
    if chance[2] < 0.15:
        ink = _through_jpeg(ink, rng)
    if chance[3] < 0.08:  # dry pen: gaps in the stroke
        gaps = rng.random([max(2, side // 3) for side in ink.shape]).astype(np.float32)
        gaps_at = cv2.resize(gaps, ink.shape[::-1], interpolation=cv2.INTER_LINEAR)
        ink = ink * (gaps_at > rng.uniform(0.1, 0.22))
    if chance[4] < 0.3:  # somebody's threshold
        ink = ink > rng.uniform(0.25, 0.75) * ink.max()
    elif chance[5] < 0.3:  # somebody's contrast
        low, high = rng.uniform(0, 0.3), rng.uniform(0.6, 1)
        ink = np.clip((ink - low) / (high - low), 0, 1)
    return ink.astype(np.float32)


def _through_jpeg(strokes: npt.NDArray[Any], rng: np.random.Generator) -> npt.NDArray[Any]:
    quality = int(rng.integers(8, 60))
    paper = rng.uniform(90, 255)
    page = paper - (paper - 20) * rng.uniform(0.4, 1) * strokes
    _, file = cv2.imencode(
        ".jpg", np.clip(page, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    decoded = np.asarray(cv2.imdecode(file, cv2.IMREAD_GRAYSCALE), np.float32)
    contrast = max(paper - float(page.min()), 1.0)
    ink = np.clip((paper - decoded) / contrast, 0, 1)
    return np.where(ink < 0.2, 0, ink)
