"""Draw what is no digit: strokes, lines, ticks, crosses and invented letters, as skeletons."""

import cv2
import numpy as np
import numpy.typing as npt

from inkdigits.synthesis.skeleton import SIDE, Skeleton

__all__ = ["scribble"]

_SHIFT = 4  # OpenCV takes points in sixteenths of a pixel

_Points = npt.NDArray[np.float64]


def scribble(rng: np.random.Generator) -> Skeleton:
    """Return the skeleton of an invented mark, bool ``(56, 56)``."""
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    kind = rng.random()
    if kind < 0.15:
        strokes = [_garland(rng)]
    elif kind < 0.66:
        strokes = [
            _stroke(rng) for _ in range(rng.choice([1, 2, 3, 4, 5], p=[0.2, 0.3, 0.25, 0.15, 0.1]))
        ]
    elif kind < 0.83:
        strokes = _sign(rng)
    else:
        strokes = _frame(rng)
    drawn = np.vstack(strokes)
    low, high = drawn.min(axis=0), drawn.max(axis=0)
    zoom = 40 / max(float((high - low).max()), 1e-6)
    for points in strokes:
        placed = (points - (low + high) / 2) * zoom + SIDE / 2
        cv2.polylines(
            canvas, [np.round(placed * 2**_SHIFT).astype(np.int32)], False, 1, shift=_SHIFT
        )
    return canvas.astype(bool)


def _stroke(rng: np.random.Generator) -> _Points:
    """Return one movement of a pen, about the unit square: straight, bent, curled or angular."""
    start = rng.uniform(0, 1, 2)
    kind = rng.random()
    if kind < 0.3:  # straight, mostly along an axis, as in many scripts
        angle = rng.choice([0.0, np.pi / 2, np.pi / 4, -np.pi / 4]) + rng.normal(0, 0.12)
        return np.array([start, start + rng.uniform(0.2, 1) * _direction(angle)])
    if kind < 0.5:  # an arc, up to a full loop
        radius, begin = rng.uniform(0.12, 0.5), rng.uniform(0, 2 * np.pi)
        angles = begin + np.linspace(0, rng.uniform(1.2, 2 * np.pi), 24) * rng.choice([-1, 1])
        squeeze = np.array([1.0, rng.uniform(0.5, 1.5)])
        arc: _Points = start + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1) * squeeze
        return arc
    if kind < 0.7:  # angular
        corners = rng.integers(3, 6)
        return np.cumsum(np.vstack([start, rng.normal(0, 0.45, (corners - 1, 2))]), axis=0)
    # A pen that turns as it goes, now this way, now that.
    turns = rng.normal(0, 1.4, rng.integers(2, 5))
    turning = cv2.GaussianBlur(np.repeat(turns / 24, 24).reshape(1, -1), (0, 0), 5).ravel()
    angles = rng.uniform(0, 2 * np.pi) + np.cumsum(turning)
    way = np.cumsum(np.stack([np.cos(angles), np.sin(angles)], axis=1), axis=0)
    extent = max(float(np.ptp(way, axis=0).max()), 1e-6)
    result: _Points = start + way / extent * rng.uniform(0.3, 1)
    return result


def _garland(rng: np.random.Generator) -> _Points:
    """Return the humps, bowls and loops of a letter written in one go, as m, w, y and many more."""
    count = int(rng.integers(2, 5))
    pace = rng.uniform(0.1, 0.5)  # columns a hump, in heights; loops where the pen swings back
    swing = rng.uniform(0, 0.35)
    phase = rng.uniform(0, 2 * np.pi)
    turn = np.linspace(0, 2 * np.pi * (count - rng.uniform(0, 0.8)), 24 * count)
    tall = np.interp(turn, np.linspace(0, turn[-1], count + 1), rng.uniform(0.25, 0.5, count + 1))
    x = pace * turn / np.pi + swing * np.sin(turn + phase + rng.normal(0, 0.5))
    way: _Points = np.stack([x, tall * np.cos(turn + phase)], axis=1)
    return way


def _sign(rng: np.random.Generator) -> list[_Points]:
    """Return a sign that people write beside digits."""

    def jitter(points: list[tuple[float, float]]) -> _Points:
        return np.asarray(points, float) + rng.normal(0, 0.05, (len(points), 2))

    match int(rng.integers(10)):
        case 0 | 1:  # dash
            bend = rng.normal(0, 0.06)
            return [jitter([(0, 0.5), (0.5, 0.5 + bend), (1, 0.5)])]
        case 2 | 3:  # tick
            low = rng.uniform(0.2, 0.5)
            tick = jitter([(0, rng.uniform(0.4, 0.75)), (low, 1), (1, rng.uniform(0, 0.4))])
            tick[:, 0] *= rng.uniform(0.5, 1.1)
            return [tick * (-1, 1) if rng.random() < 0.4 else tick]
        case 4:  # cross
            return [jitter([(0, 0), (1, 1)]), jitter([(0, 1), (1, 0)])]
        case 5:  # plus
            return [jitter([(0, 0.5), (1, 0.5)]), jitter([(0.5, 0), (0.5, 1)])]
        case 6:  # equals
            gap = rng.uniform(0.2, 0.5)
            return [jitter([(0, 0), (1, 0)]), jitter([(0, gap), (1, gap)])]
        case 7:  # per cent, or a slash with dots
            loop = np.linspace(0, 2 * np.pi, 16)
            circle = 0.15 * np.stack([np.cos(loop), np.sin(loop)], axis=1)
            return [jitter([(0, 1), (1, 0)]), circle + 0.2, circle + 0.8]
        case 8:  # arrow
            return [jitter([(0, 0.5), (1, 0.5)]), jitter([(0.7, 0.2), (1, 0.5), (0.7, 0.8)])]
        case _:  # hash
            a, b = 0.33, 0.66
            across = [jitter([(0, at), (1, at)]) for at in (a, b)]
            return across + [jitter([(at, 0), (at, 1)]) for at in (a, b)]


def _frame(rng: np.random.Generator) -> list[_Points]:
    """Return remains of ruled paper and forms: corners, boxes, ladders, parallel lines."""
    wide = rng.uniform(0.3, 3)
    left, right = np.array([(0, 0), (0, 1.0)]), np.array([(wide, 0), (wide, 1.0)])
    top, bottom = np.array([(0, 0), (wide, 0.0)]), np.array([(0, 1), (wide, 1.0)])
    sides = [left, right, top, bottom]
    match int(rng.integers(4)):
        case 0:
            strokes = sides
        case 1:
            strokes = [sides[i] for i in rng.permutation(4)[: rng.integers(2, 4)]]
        case 2:
            strokes = [
                *sides,
                *(left + np.array([share * wide, 0]) for share in rng.uniform(0, 1, 2)),
            ]
        case _:
            strokes = [top + np.array([0, step]) for step in np.linspace(0, 1, rng.integers(2, 5))]
    return [points + rng.normal(0, 0.02, points.shape) for points in strokes]


def _direction(angle: float) -> _Points:
    return np.array([np.cos(angle), np.sin(angle)])
