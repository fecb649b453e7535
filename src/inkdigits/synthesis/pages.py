"""Synthesise pages of handwriting whose digits are known: paper, light, lines, spacing, dirt."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from inkdigits.datasets import Dataset
from inkdigits.reading.result import Box
from inkdigits.synthesis.pen import Hand, redraw
from inkdigits.synthesis.skeleton import skeletons

__all__ = ["PageWriter", "SyntheticPage"]

_Grey = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class SyntheticPage:
    """A page and what is written on it.

    Args:
        pixels: uint8 ``(height, width)``, grey.
        text: its digits, a line of writing a line.
        boxes: of the digits, in reading order.
    """

    pixels: npt.NDArray[np.uint8]
    text: str
    boxes: tuple[Box, ...]


class PageWriter:
    """Writes pages with the digits of a data set.

    Args:
        dataset: digits with labels: training digits to train and choose by, test digits to measure.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._labels = dataset.require_labels()
        paths = skeletons(dataset.images)
        self._usable = np.flatnonzero(paths.any(axis=(1, 2)))
        self._paths = paths

    def write(self, rng: np.random.Generator) -> SyntheticPage:
        """Write a page: one to six lines of one to ten digits, on any paper, in any light."""
        height = float(np.exp(rng.uniform(np.log(22), np.log(110))))
        lines = int(rng.choice([1, 2, 3, 4, 6], p=[0.55, 0.2, 0.12, 0.08, 0.05]))
        longest = int(rng.integers(1, 11))
        near, far = [(-0.12, 0.1), (0.1, 0.5), (0.5, 1.6)][rng.choice(3, p=[0.25, 0.5, 0.25])]
        spacing = float(rng.uniform(near, far))
        hand = Hand.random(rng, height)
        radius = min(hand.radius, 0.09)
        climb = float(rng.normal(0, 0.03))
        leading = height * float(rng.uniform(1.5, 2.4))
        margin = height * float(rng.uniform(0.3, 1.6))
        width = int(longest * height * (0.95 + max(spacing, 0) * 1.1) + 2 * margin)
        tall = int(lines * leading + 2 * margin + abs(climb) * width)
        ink = np.zeros((tall, width), np.float32)
        text, boxes = [], []
        boxed = rng.random() < 0.08
        for line in range(lines):
            y = margin + leading * (line + 0.5) + (abs(climb) * width if climb < 0 else 0)
            count = longest if line == 0 else int(rng.integers(1, longest + 1))
            digits, placed = self._line(
                ink, rng, count, margin, y, climb, spacing if not boxed else 0.9, hand, radius
            )
            text.append(digits)
            boxes += placed
        extra = np.zeros_like(ink)
        self._rule(extra, rng, boxes, leading, margin, climb, boxed, radius * height)
        self._signs(extra, rng, boxes)
        return SyntheticPage(
            _photograph(np.maximum(ink, extra), rng), "\n".join(text), tuple(boxes)
        )

    def _line(
        self,
        ink: _Grey,
        rng: np.random.Generator,
        count: int,
        x: float,
        y: float,
        climb: float,
        spacing: float,
        hand: Hand,
        radius: float,
    ) -> tuple[str, list[Box]]:
        tall, width = ink.shape
        text, boxes = "", []
        for _ in range(count):
            index = int(rng.choice(self._usable))
            own = Hand(
                height=hand.height * float(np.exp(rng.normal(0, 0.1))),
                radius=radius,
                rotation=hand.rotation + float(rng.normal(0, 3)),
                slant=hand.slant,
                aspect=hand.aspect,
                tremor=hand.tremor,
                pressure=hand.pressure,
            )
            drawn = redraw(self._paths[index], own, rng)
            rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
            drawn = drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            h, w = drawn.shape
            top = round(y + climb * x - h / 2 + rng.normal(0, 0.05) * hand.height)
            left = round(x)
            if left < 0 or top < 0 or left + w > width or top + h > tall:
                break
            region = ink[top : top + h, left : left + w]
            np.maximum(region, drawn, out=region)
            boxes.append(Box(left, top, w, h))
            text += str(self._labels[index])
            x += w + max(spacing + float(rng.normal(0, 0.06)), -0.15) * hand.height
        return text, boxes

    def _rule(
        self,
        extra: _Grey,
        rng: np.random.Generator,
        boxes: list[Box],
        leading: float,
        margin: float,
        climb: float,
        boxed: bool,
        pen: float,
    ) -> None:
        tall, width = extra.shape
        thick = max(1, round(pen * float(rng.uniform(0.3, 1.2))))
        strength = float(rng.uniform(0.25, 0.9))
        chance = rng.random()
        if boxed:
            for box in boxes:
                edge = 0.2 * max(box.height, 1)
                p = (int(box.x - edge), int(box.y - edge))
                q = (int(box.x + box.width + edge), int(box.y + box.height + edge))
                cv2.rectangle(extra, p, q, strength, thick)
        elif chance < 0.12:  # ruled
            step = leading / int(rng.integers(1, 3))
            for y in np.arange(margin * float(rng.uniform(0, 1)), tall, step):
                p, q = (0, round(y)), (width, round(y + climb * width))
                cv2.line(extra, p, q, strength, thick, cv2.LINE_AA)
        elif chance < 0.2:  # squared
            step = max(8.0, leading * float(rng.uniform(0.2, 0.6)))
            faint = min(strength, 0.4)
            for y in np.arange(step / 2, tall, step):
                cv2.line(extra, (0, round(y)), (width, round(y)), faint, 1)
            for x in np.arange(step / 2, width, step):
                cv2.line(extra, (round(x), 0), (round(x), tall), faint, 1)

    def _signs(self, extra: _Grey, rng: np.random.Generator, boxes: list[Box]) -> None:
        """Put dots, commas and dashes between digits, where there is room, and dirt anywhere."""
        tall, width = extra.shape
        for before, after in pairwise(boxes):
            gap = after.x - before.x - before.width
            next_line = after.y > before.y + before.height
            if rng.random() > 0.06 or gap < 0.35 * before.height or next_line:
                continue
            x = before.x + before.width + gap // 2
            size = max(1, round(0.06 * before.height))
            if rng.random() < 0.5:
                cv2.circle(extra, (x, before.y + before.height - size), size, 1.0, -1, cv2.LINE_AA)
            else:
                half = round(min(0.3 * before.height, 0.4 * gap))
                y = before.y + before.height // 2
                cv2.line(extra, (x - half, y), (x + half, y), 1.0, max(1, size), cv2.LINE_AA)
        if rng.random() < 0.2:
            for _ in range(int(rng.integers(1, 8))):
                centre = (int(rng.uniform(0, width)), int(rng.uniform(0, tall)))
                cv2.circle(extra, centre, int(rng.integers(0, 2)), float(rng.uniform(0.3, 1)), -1)


def _photograph(ink: _Grey, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Lay ink on paper, light it, and take its picture."""
    height, width = ink.shape
    paper, pen = float(rng.uniform(150, 255)), float(rng.uniform(0, 110))
    plain = rng.random() < 0.35
    if plain:
        paper, pen = 255.0, float(rng.choice([0.0, rng.uniform(0, 120)]))
    page: npt.NDArray[Any] = paper + (pen - paper) * ink
    if not plain:
        y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
        light = 1 + float(rng.normal(0, 0.12)) * x + float(rng.normal(0, 0.12)) * y
        light -= float(max(0, rng.normal(0, 0.12))) * (x * x + y * y)
        if rng.random() < 0.25:  # a shadow with a more or less soft edge
            angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(-0.7, 0.7)
            far = np.cos(angle) * x + np.sin(angle) * y - offset
            depth, softness = float(rng.uniform(0.15, 0.5)), float(rng.uniform(0.02, 0.4))
            light *= 1 - depth / (1 + np.exp(-far / softness))
        page = page * np.clip(light, 0.25, 1.3)
        if rng.random() < 0.5:
            page = cv2.GaussianBlur(page.astype(np.float32), (0, 0), float(rng.uniform(0.4, 1.3)))
        page = page + rng.normal(0, float(rng.uniform(0, 6)), page.shape)
    if rng.random() < 0.2:
        page = 255 - page
    pixels: npt.NDArray[np.uint8] = np.clip(page, 0, 255).astype(np.uint8)
    if not plain and rng.random() < 0.5:
        quality = int(rng.integers(40, 95))
        _, file = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        pixels = np.asarray(cv2.imdecode(file, cv2.IMREAD_GRAYSCALE), np.uint8)
    return pixels
