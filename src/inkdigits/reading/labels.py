"""Place labels beside boxes: not over ink, not over each other, each close to its own box."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from inkdigits.reading.bounds import inked_rectangle
from inkdigits.reading.result import Digit

__all__ = ["Rectangle", "Sheet"]

_LITTLE = 0.04  # of a label's area: as much ink or label under it does no harm


class Rectangle(NamedTuple):
    """The pixels from ``(left, top)`` up to, but without, ``(right, bottom)``."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def grown(self, by: int) -> "Rectangle":
        """Return the rectangle with its sides moved outwards."""
        return Rectangle(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def moved(self, right: int, down: int) -> "Rectangle":
        """Return the rectangle at another place."""
        return Rectangle(self.left + right, self.top + down, self.right + right, self.bottom + down)


class Sheet:
    """A page of known ink on which labels find their places.

    Args:
        page: its size in pixels: width, height.
        margin: how far labels may run out of it, at least their width and height.
        digits: whose ink is not to be covered.
        boxes: where on the page each of them is.
    """

    def __init__(
        self,
        page: tuple[int, int],
        margin: int,
        digits: Sequence[Digit],
        boxes: Sequence[Rectangle],
    ) -> None:
        self._width, self._height = page
        self._margin = margin
        self._taken = np.zeros((self._height + 2 * margin, self._width + 2 * margin), bool)
        for digit, box in zip(digits, boxes):
            self._at(box)[:] |= _ink_of(digit, box)

    def place(self, box: Rectangle, size: tuple[int, int]) -> tuple[Rectangle, bool]:
        """Find the best place around a box for its label.

        Args:
            size: of the label: width, height.

        Returns:
            The place, which may run out of the page, and whether nothing else is under it.
        """
        candidates = [
            (dislike, place, float(self._at(place).mean()))
            for place, dislike in _around(box, *size)
        ]
        _, place, covered = min(
            candidates,
            key=lambda one: one[0] + self._out(one[1]) + 20 * max(0.0, one[2] - _LITTLE),
        )
        return place, covered <= _LITTLE

    def take(self, place: Rectangle) -> None:
        """Keep other labels from a place."""
        self._at(place)[:] = True

    def _at(self, place: Rectangle) -> npt.NDArray[np.bool_]:
        left, top, right, bottom = (side + self._margin for side in place)
        return self._taken[top:bottom, left:right]

    def _out(self, place: Rectangle) -> float:
        """Return how much of a place's width lies beside the page.

        Above and below is as good as within: there, a label is where its neighbours' are.
        """
        out = max(0, -place.left) + max(0, place.right - self._width)
        return out / place.width


def _ink_of(digit: Digit, box: Rectangle) -> npt.NDArray[np.bool_]:
    """Return how a digit's ink lies in its box; where it is not known, it may lie anywhere."""
    crop = inked_rectangle(digit.image)
    if crop is None:
        return np.ones((box.height, box.width), bool)
    return (
        cv2.resize(digit.image[crop], (box.width, box.height), interpolation=cv2.INTER_LINEAR) > 50
    )


def _around(box: Rectangle, width: int, height: int) -> Iterator[tuple[Rectangle, float]]:
    """Yield the places around a box, and how much worse than above it each of them looks."""
    centre = (box.left + box.right - width) // 2
    middle = (box.top + box.bottom - height) // 2
    for y, dislike in (
        (box.top - height, 0.0),
        (box.bottom, 0.3),
        (box.top - height // 2, 0.4),
        (box.bottom - height // 2, 0.6),
    ):
        for rank, x in enumerate((centre, box.left, box.right - width)):
            yield Rectangle(x, y, x + width, y + height), dislike + 0.01 * rank
    for rank, x in enumerate((box.right, box.left - width)):
        yield Rectangle(x, middle, x + width, middle + height), 0.7 + 0.01 * rank
