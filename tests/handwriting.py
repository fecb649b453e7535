"""Digits as strokes of a pen, to be drawn on anything."""

from itertools import pairwise

from PIL import Image, ImageDraw

Point = tuple[float, float]

# Where the pen goes, in a frame of 1 × 1 with y downwards. Strokes are rounded where the pen turns
# little, as a hand rounds them.
_GLYPHS: dict[str, list[list[Point]]] = {
    "0": [[(0.5, 0.03), (0.22, 0.2), (0.14, 0.55), (0.3, 0.92), (0.6, 0.95), (0.84, 0.65),
           (0.8, 0.22), (0.5, 0.03)]],
    "1": [[(0.3, 0.22), (0.52, 0.03)], [(0.52, 0.03), (0.49, 0.97)]],
    "2": [[(0.14, 0.3), (0.24, 0.1), (0.5, 0.03), (0.78, 0.14), (0.78, 0.36), (0.5, 0.66),
           (0.12, 0.96)], [(0.12, 0.96), (0.5, 0.93), (0.9, 0.96)]],
    "4": [[(0.58, 0.03), (0.36, 0.36), (0.1, 0.66)], [(0.1, 0.66), (0.92, 0.63)],
          [(0.7, 0.38), (0.67, 0.97)]],
    "7": [[(0.1, 0.07), (0.5, 0.08), (0.88, 0.05)], [(0.88, 0.05), (0.62, 0.5), (0.42, 0.97)]],
    # What is neither a 0 nor a 4, and no reader should be sure of.
    "?": [[(0.55, 0.03), (0.41, 0.12), (0.3, 0.26), (0.23, 0.45), (0.21, 0.63), (0.26, 0.76),
           (0.39, 0.8), (0.56, 0.74), (0.68, 0.6), (0.73, 0.47), (0.73, 0.37), (0.69, 0.32)]],
}  # fmt: skip
_STEPS = 2  # between two points of a glyph


def strokes(
    text: str, left: float, top: float, height: float, gap: float = 0.3
) -> list[list[Point]]:
    """Return the strokes of a line of digits, as points.

    Args:
        left: where the line begins.
        top: likewise.
        height: of a digit; its width is two thirds of it.
        gap: between digits, in widths.
    """
    width = height * 2 / 3
    drawn = []
    for place, character in enumerate(text):
        x0 = left + place * width * (1 + gap)
        drawn += [
            [(x0 + width * x, top + height * y) for x, y in _rounded(glyph)]
            for glyph in _GLYPHS[character]
        ]
    return drawn


def draw(text: str, size: tuple[int, int], height: int) -> Image.Image:
    """Write a line of digits in the middle of a page, dark on white; lengths in pixels."""
    page = Image.new("RGB", size, (250, 248, 240))
    width = round(height * 2 / 3 * (1.3 * len(text) - 0.3))
    left, top = (size[0] - width) / 2, (size[1] - height) / 2
    pen = ImageDraw.Draw(page)
    for stroke in strokes(text, left, top, height):
        pen.line(stroke, fill=(25, 30, 70), width=max(3, height // 14), joint="curve")
    return page


def _rounded(points: list[Point]) -> list[Point]:
    """Round a stroke off: a Catmull-Rom spline through its points."""
    ends = [points[0], *points, points[-1]]
    rounded = [points[0]]
    for place, (b, c) in enumerate(pairwise(points)):
        a, d = ends[place], ends[place + 3]
        for step in range(1, _STEPS + 1):
            t = step / _STEPS
            rounded.append(
                (_between(a[0], b[0], c[0], d[0], t), _between(a[1], b[1], c[1], d[1], t))
            )
    return rounded


def _between(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
