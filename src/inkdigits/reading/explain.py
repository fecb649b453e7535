"""Explain an answer: which ink speaks for it, and which empty paper.

Source: M. Zeiler, R. Fergus, "Visualizing and Understanding Convolutional Networks", 2014, section
4.2: a part of the image is occluded, and the fall of the answer's score is put down where it was.
Here paper is inked, too, since a digit is also known by where it has no ink. No gradients are
needed, so any classifier can be asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from inkdigits.reading.classifier import Classify
from inkdigits.reading.look import (
    AGAINST,
    FOR,
    GREY,
    INK,
    PALE,
    TRUSTED,
    UNTRUSTED,
    WHITE,
    Colour,
    answer,
    percent,
    text_size,
    write,
)
from inkdigits.reading.result import Digit, Reading

__all__ = ["draw_explanation", "explain_digit"]

_Floats: TypeAlias = npt.NDArray[np.float32]

_SIDE = 28
_STRIDE = 2
_WIPE = 2.0  # a spot's radius in pixels: so wide that it breaks a stroke
_DAB = 1.5  # about as wide as a stroke
_ROUNDING = 1e-6  # ten float32 that should sum to 1 are off by less
_LEAST = 1e-12

_MOST_DIGITS = 50
_TOP = 3
_NOTABLE = 0.01  # a probability of "no digit" that is worth a bar
_FULL = 1.0  # nats: no less than this gets the full colour, so that next to nothing stays pale
_PLAIN_INK: Colour = (176, 182, 189)
_PAPER_TINT = 0.5  # of the full colour: paper stays lighter than ink


def explain_digit(classify: Classify, digit: Digit) -> _Floats:
    """Map what in a digit's image drives its answer.

    A soft spot slides over the image. Under it, ink is wiped out in one copy and paper is inked in
    another; the map holds how much the log-odds of the answer fall by it: on ink by wiping, on
    paper by inking, and on the soft edge of a stroke some of both.

    Args:
        classify: what gave the answer; rows may sum to less than 1, the rest being "not a digit".
        digit: with its image.

    Returns:
        float32 ``(28, 28)``, in nats: above 0 where the image as it is speaks for the answer,
        below 0 where it speaks against it.
    """
    ink = digit.image.astype(np.float32) / 255
    wipes, dabs = _spots(_WIPE), _spots(_DAB)
    copies = np.concatenate([ink[np.newaxis], ink * (1 - wipes), np.maximum(ink, dabs)])
    scores = _log_odds(classify((copies * 255 + 0.5).astype(np.uint8)), digit.digit)
    falls = scores[0] - scores[1:]
    by_wiping = _spread(falls[: len(wipes)], wipes)
    by_inking = _spread(falls[len(wipes) :], dabs)
    return (ink * by_wiping + (1 - ink) * by_inking).astype(np.float32)


def _spots(radius: float) -> _Floats:
    """Return soft discs, 1 in the middle and 0 outside, one at each stop of the spot."""
    y, x = np.mgrid[:_SIDE, :_SIDE]
    middles = np.arange(_STRIDE // 2, _SIDE, _STRIDE)
    rows, columns = (middle.reshape(-1, 1, 1) for middle in np.meshgrid(middles, middles))
    distance = np.hypot(y - rows, x - columns) / radius
    return np.asarray(np.exp(-(distance**4) / 4), np.float32)


def _spread(falls: npt.NDArray[np.float64], spots: _Floats) -> npt.NDArray[np.float64]:
    """Give each pixel the mean of the falls of the spots that cover it."""
    return np.asarray(np.tensordot(falls, spots, axes=1) / spots.sum(axis=0), np.float64)


def _log_odds(probabilities: _Floats, digit: int) -> npt.NDArray[np.float64]:
    """Return the log-odds of a digit against all else, which do not level off near 0 and 1."""
    rows = probabilities.astype(np.float64)
    no_digit = np.maximum(1 - rows.sum(axis=1) - _ROUNDING, 0)
    # One by one, since 1 less the digit's own would be lost in rounding.
    others = np.delete(rows, digit, axis=1).sum(axis=1) + no_digit
    return np.asarray(np.log(rows[:, digit] + _LEAST) - np.log(others + _LEAST), np.float64)


def draw_explanation(classify: Classify, reading: Reading) -> Image.Image:
    """Draw what the network saw of each digit, what of it drove the answer, and the top three.

    Args:
        classify: what gave the answers, as `explain_digit` takes it.
        reading: its digits, of which the first 50 are drawn.

    Returns:
        A picture of mode ``RGB``: a row a digit, in columns where there are many.
    """
    digits = reading.digits[:_MOST_DIGITS]
    grid = _Grid.of(digits)
    width = grid.columns * grid.cell_width - grid.gap
    note = ""
    if not digits:
        note = "There is no digit in this picture."
    elif len(digits) < len(reading.digits):
        note = f"The first {len(digits)} of {len(reading.digits)} digits."
    legend = _legend(width, grid.text)
    top = 2 * grid.gap + legend.height
    bottom = top + grid.rows * grid.cell_height
    end = bottom + (2 * grid.text if note else 0)
    sheet = Image.new("RGB", (width + 2 * grid.gap, end), WHITE)
    sheet.paste(legend, (grid.gap, grid.gap))
    for number, digit in enumerate(digits):
        column, row = divmod(number, grid.rows)
        x, y = grid.gap + column * grid.cell_width, top + row * grid.cell_height
        _draw_cell(sheet, x, y, digit, explain_digit(classify, digit), grid)
    write(sheet, grid.gap, bottom, note, grid.text, GREY, "lt")
    return sheet


@dataclass(frozen=True)
class _Grid:
    """How the digits of a drawing are laid out; lengths in pixels."""

    columns: int
    rows: int
    side: int  # of an enlarged image
    text: int  # height
    gap: int
    label: int  # width of what stands before the bars

    @classmethod
    def of(cls, digits: Sequence[Digit]) -> "_Grid":
        count = len(digits)
        columns = max(1, min(4, ceil(count / 6)))
        zoom = 8 if count <= 1 else 5 if count <= 6 else 4
        text = 2 * zoom + 2 if count <= 1 else 13
        longest = "no digit" if any(_no_digit(d) >= _NOTABLE for d in digits) else "8"
        return cls(
            columns,
            ceil(count / columns),
            _SIDE * zoom,
            text,
            gap=text + 3,
            label=text_size(longest, text)[0],
        )

    @property
    def bar(self) -> int:
        """The width of a bar of 100%."""
        return self.side * 3 // 4

    @property
    def cell_width(self) -> int:
        percents = text_size("100%", self.text)[0]
        return 2 * self.side + self.label + self.bar + percents + 4 * self.gap + self.gap // 2

    @property
    def cell_height(self) -> int:
        return self.side + self.gap


def _draw_cell(
    sheet: Image.Image, x: int, y: int, digit: Digit, evidence: _Floats, grid: _Grid
) -> None:
    for image in (_plain(digit), _coloured(digit, evidence)):
        sheet.paste(image.resize((grid.side, grid.side), Image.Resampling.NEAREST), (x, y))
        frame = (x, y, x + grid.side - 1, y + grid.side - 1)
        ImageDraw.Draw(sheet).rectangle(frame, outline=PALE)
        x += grid.side + grid.gap
    colour = TRUSTED if digit.trusted else UNTRUSTED
    large = 2 * grid.text
    write(sheet, x, y, answer(digit), large, colour, "lt")
    y += large + grid.gap // 2
    best = np.argsort(-digit.probabilities, kind="stable")[:_TOP]
    rows = [
        (str(d), float(digit.probabilities[d]), colour if d == digit.digit else GREY) for d in best
    ]
    if _no_digit(digit) >= _NOTABLE:
        rows.append(("no digit", _no_digit(digit), GREY))
    for row in rows:
        _draw_bar(sheet, x, y, *row, grid)
        y += round(1.5 * grid.text)


def _draw_bar(
    sheet: Image.Image, x: int, y: int, label: str, probability: float, colour: Colour, grid: _Grid
) -> None:
    height = text_size("8", grid.text)[1]
    write(sheet, x, y + height, label, grid.text, INK, "ls")
    x += grid.label + grid.gap // 2
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((x, y, x + grid.bar - 1, y + height), fill=PALE)
    filled = round(grid.bar * min(1.0, probability))
    if filled:
        draw.rectangle((x, y, x + filled - 1, y + height), fill=colour)
    x += grid.bar + grid.gap // 2
    write(sheet, x, y + height, percent(probability), grid.text, INK, "ls")


def _no_digit(digit: Digit) -> float:
    return 1.0 - float(digit.probabilities.sum())


def _plain(digit: Digit) -> Image.Image:
    return Image.fromarray(255 - digit.image).convert("RGB")


def _coloured(digit: Digit, evidence: _Floats) -> Image.Image:
    """Colour ink and paper by what they say."""
    ink = (digit.image.astype(np.float32) / 255)[..., np.newaxis]
    full = max(_FULL, float(np.percentile(np.abs(evidence), 99)))
    amount = np.minimum(np.abs(evidence) / np.float32(full), 1)[..., np.newaxis]
    colour = np.where(evidence[..., np.newaxis] > 0, _floats(FOR), _floats(AGAINST))
    # The root lets weaker evidence be seen on a thin stroke, too.
    stroke = _mixed(_floats(_PLAIN_INK), colour, np.sqrt(amount))
    paper = _mixed(_floats(WHITE), colour, _PAPER_TINT * amount)
    return Image.fromarray((_mixed(paper, stroke, ink) + 0.5).astype(np.uint8))


def _floats(colour: Colour) -> _Floats:
    return np.array(colour, np.float32)


def _mixed(none: _Floats, full: _Floats, amount: npt.NDArray[Any] | float) -> _Floats:
    return np.asarray(none * (1 - amount) + full * amount, np.float32)


def _legend(width: int, text: int) -> Image.Image:
    """Draw what the colours mean, in one row or two."""
    entries = (
        (FOR, "ink that speaks for the answer"),
        (_tint(FOR), "empty paper that speaks for it"),
        (AGAINST, "ink that speaks against it"),
        (_tint(AGAINST), "paper where ink is missing"),
    )
    indent = text + text // 2
    pitch = max(text_size(words, text)[0] for _, words in entries) + indent + 2 * text
    columns = 4 if 4 * pitch <= width else 2
    row_height = round(1.6 * text)
    legend = Image.new("RGB", (width, len(entries) // columns * row_height), WHITE)
    for number, (colour, words) in enumerate(entries):
        row, column = divmod(number, columns)
        x, y = column * pitch, row * row_height
        ImageDraw.Draw(legend).rectangle((x, y, x + text - 1, y + text - 1), fill=colour)
        base = y + (text + text_size(words, text)[1]) / 2
        write(legend, x + indent, base, words, text, INK, "ls")
    return legend


def _tint(colour: Colour) -> Colour:
    red, green, blue = _mixed(_floats(WHITE), _floats(colour), _PAPER_TINT).round().tolist()
    return int(red), int(green), int(blue)
