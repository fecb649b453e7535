"""Find the marks on a page: connected ink, each cut out of the page and cleared of all other."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inkdigits.reading.ink import Ink
from inkdigits.reading.result import Box
from inkdigits.reading.rules import clear_rules

__all__ = ["Mark", "Strokes", "find_marks", "merge"]

Strokes = npt.NDArray[np.float32]
"""How much ink each pixel of a mark holds, ``(height, width)``, 0 none to 1 full."""

_MOST_MARKS = 3_000  # more is texture; the largest are kept
_SPECK = 0.18  # of the height of the marks that matter: smaller is dirt, or a dot


@dataclass(frozen=True, eq=False)
class Mark:
    """Ink that may be a digit: its place on the page and the ink in it, without its neighbours'."""

    box: Box
    strokes: Strokes

    @property
    def right(self) -> int:
        return self.box.x + self.box.width

    @property
    def bottom(self) -> int:
        return self.box.y + self.box.height

    @property
    def size(self) -> int:
        """The longer side."""
        return max(self.box.width, self.box.height)


def find_marks(ink: Ink) -> list[Mark]:
    """Find the marks of a page; specks are left out.

    Ink is what stands out from the paper's grain and is not faint beside the strokes it hangs
    together with: so a bold stroke does not swell, and pencil beside it is still found.
    """
    if not ink.full:
        return []
    contrast = ink.contrast
    low = max(3.5 * ink.noise, 0.14 * ink.full, 5.0)
    _, weak = cv2.threshold(contrast, low, 255, cv2.THRESH_BINARY)
    count, labels = cv2.connectedComponents(weak, connectivity=8, ltype=cv2.CV_32S)
    if count < 2:
        return []
    where = np.flatnonzero(weak)
    label = labels.ravel()[where]
    value = contrast.ravel()[where].astype(np.float32)
    # Each piece's own full contrast: the mean, weighted by contrast.
    full = np.bincount(label, value * value, count) / np.maximum(
        np.bincount(label, value, count), 1
    )
    strong = np.zeros(contrast.size, np.uint8)
    strong[where] = value > np.maximum(0.45 * full[label], low)
    strong = strong.reshape(contrast.shape)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(strong, connectivity=8)
    if clear_rules(strong, labels, stats):
        _, labels, stats, _ = cv2.connectedComponentsWithStats(strong, connectivity=8)
    return _cut_out(contrast, labels, stats, low, ink.full)


def _cut_out(
    contrast: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.int32],
    stats: npt.NDArray[np.int32],
    low: float,
    typical: float,
) -> list[Mark]:
    height, width = contrast.shape
    sizes = stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    areas = stats[1:, cv2.CC_STAT_AREA]
    # Half of the ink lies in marks of at least this size.
    largest = np.argsort(-sizes, kind="stable")
    spread = np.cumsum(areas[largest])
    usual = sizes[largest[np.searchsorted(spread, spread[-1] / 2)]]
    keep = largest[:_MOST_MARKS]
    keep = keep[(sizes[keep] >= max(2, _SPECK * usual)) & (areas[keep] >= 3)]
    marks = []
    for piece in np.sort(keep) + 1:
        x, y, w, h, _ = (int(v) for v in stats[piece])
        # The soft edge of a stroke lies just outside of what hangs together.
        x0, y0, x1, y1 = max(x - 1, 0), max(y - 1, 0), min(x + w + 1, width), min(y + h + 1, height)
        region = (slice(y0, y1), slice(x0, x1))
        own = (labels[region] == piece).astype(np.uint8)
        values = contrast[region].astype(np.float32)
        inside = values[own.view(bool)]
        level = float(inside @ inside / max(inside.sum(), 1.0))
        if level < 0.3 * typical and w * h < 4 * usual * usual and level < 2.2 * low:
            continue  # the paper's own marks: creases, stains, print shining through
        none = max(0.2 * level, 0.6 * low)
        strokes = np.clip((values - none) / max(0.9 * level - none, 1.0), 0, 1)
        strokes *= cv2.dilate(own, np.ones((3, 3), np.uint8))
        marks.append(Mark(Box(x0, y0, x1 - x0, y1 - y0), strokes))
    return marks


def merge(marks: Sequence[Mark]) -> Mark:
    """Return several marks as one."""
    if len(marks) == 1:
        return marks[0]
    x0, y0 = min(m.box.x for m in marks), min(m.box.y for m in marks)
    x1, y1 = max(m.right for m in marks), max(m.bottom for m in marks)
    strokes = np.zeros((y1 - y0, x1 - x0), np.float32)
    for mark in marks:
        part = strokes[mark.box.y - y0 : mark.bottom - y0, mark.box.x - x0 : mark.right - x0]
        np.maximum(part, mark.strokes, out=part)
    return Mark(Box(x0, y0, x1 - x0, y1 - y0), strokes)
