"""Synthesise pages of handwriting whose digits are known: lines, signs, ruled paper, boxes."""

from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from inkdigits.datasets import Dataset
from inkdigits.reading.bounds import inked_rectangle
from inkdigits.reading.result import Box
from inkdigits.synthesis.paper import photograph
from inkdigits.synthesis.pen import Hand, redraw
from inkdigits.synthesis.skeleton import usable_skeletons
from inkdigits.synthesis.styles import restyle

__all__ = ["PageWriter", "SyntheticPage"]

_FATTEST = 0.09  # of a digit's height: a fatter pen makes blots of small digits
_SPACINGS = {"touching": (-0.1, 0.06), "near": (0.06, 0.5), "wide": (0.5, 1.6)}  # in heights


@dataclass(frozen=True, eq=False)
class SyntheticPage:
    """A page and what is written on it.

    Args:
        pixels: uint8 ``(height, width)``, grey.
        text: its digits, a line of writing a line.
        boxes: of the digits, in reading order.
        traits: what is special about it: touching, near, wide, ruled, squared, boxed, signs, lit,
            shadow, inverted.
    """

    pixels: npt.NDArray[np.uint8]
    text: str
    boxes: tuple[Box, ...]
    traits: frozenset[str]


@dataclass(frozen=True)
class _Layout:
    """How a page is written, in pixels where nothing else is said."""

    hand: Hand
    lines: int
    longest: int  # digits
    spacing: float  # in heights
    climb: float  # rows a column
    leading: float
    margin: float

    @classmethod
    def random(cls, rng: np.random.Generator, spacing: float) -> "_Layout":
        height = float(np.exp(rng.uniform(np.log(22), np.log(110))))
        hand = Hand.random(rng, height)
        return cls(
            hand=replace(hand, radius=min(hand.radius, _FATTEST)),
            lines=int(rng.choice([1, 2, 3, 4, 6], p=[0.55, 0.2, 0.12, 0.08, 0.05])),
            longest=int(rng.integers(1, 11)),
            spacing=spacing,
            climb=float(rng.normal(0, 0.03)),
            leading=height * float(rng.uniform(1.5, 2.4)),
            margin=height * float(rng.uniform(0.3, 1.6)),
        )

    def canvas(self) -> npt.NDArray[np.float32]:
        advance = self.hand.height * (0.95 + 1.1 * max(self.spacing, 0))
        width = int(self.longest * advance + 2 * self.margin)
        height = int(self.lines * self.leading + 2 * self.margin + abs(self.climb) * width)
        return np.zeros((height, width), np.float32)


class PageWriter:
    """Writes pages with the digits of a data set.

    Args:
        dataset: digits with labels: training digits to train and choose by, test digits to measure.

    Raises:
        DataError: no labels, or no ink in any image.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._labels = dataset.require_labels()
        self._paths, self._usable = usable_skeletons(dataset)

    def write(self, rng: np.random.Generator) -> SyntheticPage:
        """Write a page: one to six lines of one to ten digits, on any paper, in any light."""
        boxed = rng.random() < 0.08
        kind = "wide" if boxed else str(rng.choice(list(_SPACINGS), p=[0.2, 0.5, 0.3]))
        layout = _Layout.random(rng, float(rng.uniform(*_SPACINGS[kind])))
        ink = layout.canvas()
        text, boxes = [], []
        for line in range(layout.lines):
            drop = abs(layout.climb) * ink.shape[1] if layout.climb < 0 else 0.0
            y = layout.margin + layout.leading * (line + 0.5) + drop
            count = layout.longest if line == 0 else int(rng.integers(1, layout.longest + 1))
            digits, placed = self._line(ink, rng, layout, count, y)
            text.append(digits)
            boxes += placed
        traits = {kind}
        if boxed:
            _draw_boxes(ink, rng, layout, boxes)
            traits.add("boxed")
        else:
            traits |= _draw_rules(ink, rng, layout)
        traits |= _draw_signs(ink, rng, boxes)
        pixels, how = photograph(ink, rng)
        lines = "\n".join(line for line in text if line)
        return SyntheticPage(pixels, lines, tuple(boxes), frozenset(traits | how))

    def _line(
        self,
        ink: npt.NDArray[np.float32],
        rng: np.random.Generator,
        layout: _Layout,
        count: int,
        y: float,
    ) -> tuple[str, list[Box]]:
        x, text, boxes = layout.margin, "", []
        for _ in range(count):
            index = int(rng.choice(self._usable))
            digit = int(self._labels[index])
            hand = replace(
                layout.hand,
                height=layout.hand.height * float(np.exp(rng.normal(0, 0.1))),
                rotation=layout.hand.rotation + float(rng.normal(0, 3)),
            )
            drawn = redraw(restyle(self._paths[index], digit, rng), hand, rng)
            drawn = drawn[inked_rectangle(drawn) or ()]
            h, w = drawn.shape
            top = round(y + layout.climb * x - h / 2 + rng.normal(0, 0.05) * hand.height)
            left = round(x)
            if left < 0 or top < 0 or left + w > ink.shape[1] or top + h > ink.shape[0]:
                break
            region = ink[top : top + h, left : left + w]
            np.maximum(region, drawn, out=region)
            boxes.append(Box(left, top, w, h))
            text += str(digit)
            gap = max(layout.spacing + float(rng.normal(0, 0.05)), -0.12)
            x += w + gap * layout.hand.height
        return text, boxes


def _draw_boxes(
    ink: npt.NDArray[np.float32], rng: np.random.Generator, layout: _Layout, boxes: list[Box]
) -> None:
    strength, thick = _line_of(rng, layout)
    drawn = np.zeros_like(ink)
    for box in boxes:
        edge = 0.2 * box.height
        corner = (int(box.x - edge), int(box.y - edge))
        opposite = (int(box.x + box.width + edge), int(box.y + box.height + edge))
        cv2.rectangle(drawn, corner, opposite, strength, thick)
    np.maximum(ink, drawn, out=ink)


def _draw_rules(
    ink: npt.NDArray[np.float32], rng: np.random.Generator, layout: _Layout
) -> set[str]:
    tall, width = ink.shape
    strength, thick = _line_of(rng, layout)
    rules = np.zeros_like(ink)
    chance = rng.random()
    if chance < 0.12:
        step = layout.leading / int(rng.integers(1, 3))
        for y in np.arange(layout.margin * float(rng.uniform(0, 1)), tall, step):
            end = (width, round(y + layout.climb * width))
            cv2.line(rules, (0, round(y)), end, strength, thick, cv2.LINE_AA)
        traits = {"ruled"}
    elif chance < 0.2:
        strength = min(strength, 0.4)
        step = max(8.0, layout.leading * float(rng.uniform(0.2, 0.6)))
        for y in np.arange(step / 2, tall, step):
            cv2.line(rules, (0, round(y)), (width, round(y)), strength, 1)
        for x in np.arange(step / 2, width, step):
            cv2.line(rules, (round(x), 0), (round(x), tall), strength, 1)
        traits = {"squared"}
    else:
        return set()
    np.maximum(ink, rules, out=ink)
    return traits


def _line_of(rng: np.random.Generator, layout: _Layout) -> tuple[float, int]:
    """Return how dark and how thick printed lines are."""
    pen = layout.hand.radius * layout.hand.height
    return float(rng.uniform(0.25, 0.9)), max(1, round(pen * float(rng.uniform(0.3, 1.2))))


def _draw_signs(
    ink: npt.NDArray[np.float32], rng: np.random.Generator, boxes: list[Box]
) -> set[str]:
    """Put dots and dashes between digits, where there is room, and dirt anywhere."""
    tall, width = ink.shape
    signs = np.zeros_like(ink)
    traits = set()
    for before, after in pairwise(boxes):
        gap = after.x - before.x - before.width
        next_line = after.y > before.y + before.height
        if rng.random() > 0.06 or gap < 0.35 * before.height or next_line:
            continue
        traits.add("signs")
        x = before.x + before.width + gap // 2
        size = max(1, round(0.06 * before.height))
        if rng.random() < 0.5:
            centre = (x, before.y + before.height - size)
            cv2.circle(signs, centre, size, 1.0, -1, cv2.LINE_AA)
        else:
            half = round(min(0.3 * before.height, 0.4 * gap))
            y = before.y + before.height // 2
            cv2.line(signs, (x - half, y), (x + half, y), 1.0, size, cv2.LINE_AA)
    if rng.random() < 0.2:
        for _ in range(int(rng.integers(1, 8))):
            centre = (int(rng.uniform(0, width)), int(rng.uniform(0, tall)))
            cv2.circle(signs, centre, int(rng.integers(0, 2)), float(rng.uniform(0.3, 1)), -1)
    np.maximum(ink, signs, out=ink)
    return traits
