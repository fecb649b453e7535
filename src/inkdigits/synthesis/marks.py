"""Simulate marks as the reader frames them: digits of any hand, and what is no digit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from inkdigits.datasets import Dataset
from inkdigits.reading.bounds import inked_rectangle
from inkdigits.reading.frame import frame
from inkdigits.reading.marks import Strokes
from inkdigits.synthesis.glyphs import latin_letters, other_glyphs
from inkdigits.synthesis.pen import Hand, decimate, redraw, roughen
from inkdigits.synthesis.scribbles import scribble
from inkdigits.synthesis.skeleton import Skeleton, usable_skeletons
from inkdigits.synthesis.styles import restyle
from inkdigits.synthesis.touching import (
    Layers,
    digit_cut_out,
    overlay,
    piece_cut_out,
    side_by_side,
)

__all__ = ["NOT_A_DIGIT", "Marks", "simulate"]

NOT_A_DIGIT = 10
"""The label of a mark that is no digit."""

_LOOKALIKE = 0.88
_LOOKS = 12_000
_NEGATIVES_AT_ONCE = 4_000
_LATIN = 0.22  # of the negatives
_DECIMATED = 0.06
_CUT_OUT = 0.2  # of the digits: cut out from between others that they touch
_TOUCHING = (-0.12, 0.03)  # gaps, in heights


@dataclass(frozen=True, eq=False)
class Marks:
    """Framed marks and what they are.

    Args:
        images: uint8 ``(count, 28, 28)``.
        labels: uint8 ``(count,)``, 0 to 9, or 10 for what is no digit.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.images)


def simulate(
    dataset: Dataset, *, originals: int = 1, copies: int, negatives: float, seed: int
) -> Marks:
    """Simulate what a reader frames on real pictures.

    Args:
        dataset: digits with labels.
        originals: how many times each comes as it is.
        copies: how many times each is drawn anew, by another hand each time.
        negatives: marks that are no digit, for each digit of the data set.
        seed: the same one gives the same marks.

    Raises:
        DataError: no labels, or no ink in any image.
        MissingExtraError: matplotlib is not installed.
    """
    # The two parts of a data set get different random numbers.
    rng = np.random.default_rng([seed, len(dataset)])
    labels = dataset.require_labels()
    paths, usable = usable_skeletons(dataset)
    drawn, shown = [dataset.images] * originals, [labels] * originals
    for _ in range(copies):
        drawn.append(np.stack([_digit(i, paths, labels, usable, rng) for i in usable]))
        shown.append(labels[usable])
    wanted = round(negatives * len(dataset))
    others = _unlike_digits(paths[usable], np.concatenate(drawn), wanted, rng)
    return Marks(
        np.concatenate([*drawn, others]),
        np.concatenate([*shown, np.full(len(others), NOT_A_DIGIT, np.uint8)]),
    )


def _digit(
    index: int,
    paths: Skeleton,
    labels: npt.NDArray[np.uint8],
    usable: npt.NDArray[np.intp],
    rng: np.random.Generator,
) -> npt.NDArray[np.uint8]:
    hand = Hand.random(rng)
    digit = int(labels[index])
    path = restyle(paths[index], digit, rng)
    if rng.random() < _CUT_OUT:
        others = [rng.choice(usable) for _ in range(rng.integers(1, 3))]
        styled = [restyle(paths[i], int(labels[i]), rng) for i in others]
        layers = _touching([path, *styled], hand, rng)
        cut = digit_cut_out(roughen(overlay(layers), rng), layers[0])
        if cut is not None:
            return _framed(cut)
    if digit == 1 and rng.random() < 0.25:  # a brush makes no other digit so fat
        hand = replace(hand, radius=float(rng.uniform(0.08, 0.19)))
    ink = _roughened(redraw(path, hand, rng), rng)
    if rng.random() < 0.1:
        ink = _with_remains(ink, rng)
    return _framed(ink)


def _touching(paths: Sequence[Skeleton], hand: Hand, rng: np.random.Generator) -> Layers:
    """Draw marks that touch their neighbours, in any order."""
    gap = float(rng.uniform(*_TOUCHING)) * hand.height
    order = rng.permutation(len(paths))
    layers = side_by_side([_trimmed(redraw(paths[i], hand, rng)) for i in order], gap, rng)
    result: Layers = layers[np.argsort(order)]
    return result


def _trimmed(ink: Strokes) -> Strokes:
    return ink[inked_rectangle(ink) or ()]


def _roughened(ink: Strokes, rng: np.random.Generator) -> Strokes:
    if rng.random() < _DECIMATED and min(ink.shape) > 24:
        ink = decimate(ink, rng)
    return roughen(ink, rng)


def _framed(ink: Strokes) -> npt.NDArray[np.uint8]:
    """Frame ink; what cannot be seen any more becomes a blot."""
    return frame(ink if ink.max() > 0.05 else np.ones((4, 4), np.float32))


def _with_remains(ink: Strokes, rng: np.random.Generator) -> Strokes:
    """Leave beside a digit what the finding of marks did not clear away."""
    height, width = ink.shape
    field = np.zeros((height, width), np.float32)
    if rng.random() < 0.5:  # a piece of a ruled line
        thick = max(1, round(rng.uniform(0.02, 0.06) * max(height, width)))
        begin, end = np.sort(rng.uniform(0, 1, 2))
        if rng.random() < 0.7:
            y = int(rng.uniform(0.5, 1) * (height - thick))
            field[y : y + thick, int(begin * width) : int(end * width)] = 1
        else:
            x = int(rng.uniform(0, 1) * (width - thick))
            field[int(begin * height) : int(end * height), x : x + thick] = 1
    else:  # specks, and the end of a neighbour's stroke
        for _ in range(rng.integers(1, 4)):
            side = max(1.0, rng.uniform(0.02, 0.1) * max(height, width))
            centre = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
            cv2.circle(field, centre, round(side / 2), 1.0, -1)
    both: Strokes = np.maximum(ink, field * np.float32(rng.uniform(0.5, 1)))
    return both


def _unlike_digits(
    paths: Skeleton,
    digits: npt.NDArray[np.uint8],
    wanted: int,
    rng: np.random.Generator,
) -> npt.NDArray[np.uint8]:
    """Return marks that are no digit, without those that could be taken for one."""
    if not wanted:
        return np.empty((0, 28, 28), np.uint8)
    known = _looks(digits[rng.permutation(len(digits))[:_LOOKS]])
    # The letters that pass for digits are left out by name.
    letters = round(_LATIN * wanted)
    kept = [np.stack([_framed(_letter(rng)) for _ in range(letters)])] if letters else []
    while sum(map(len, kept)) < wanted:
        count = min(wanted, _NEGATIVES_AT_ONCE)
        batch = np.stack([_framed(_no_digit(paths, rng)) for _ in range(count)])
        nearest = (_looks(batch) @ known.T).max(axis=1)
        kept.append(batch[nearest < _LOOKALIKE])
    return np.concatenate(kept)[:wanted]


def _looks(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return what images look like from afar, as rows of length 1."""
    small = np.stack(
        [
            cv2.resize(cv2.GaussianBlur(i, (0, 0), 1.0), (14, 14), interpolation=cv2.INTER_AREA)
            for i in images
        ]
    )
    rows: npt.NDArray[Any] = small.reshape(len(images), -1).astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True)
    result: npt.NDArray[np.float32] = rows / np.maximum(
        np.linalg.norm(rows, axis=1, keepdims=True), 1
    )
    return result


def _letter(rng: np.random.Generator) -> Strokes:
    path = _any_of(latin_letters(), rng)
    return _roughened(redraw(path, Hand.random(rng), rng), rng)


def _no_digit(paths: Skeleton, rng: np.random.Generator) -> Strokes:
    kind = rng.random()
    if kind < 0.22:
        ink = redraw(_any_of(other_glyphs(), rng), Hand.random(rng), rng)
    elif kind < 0.55:
        ink = redraw(scribble(rng), Hand.random(rng), rng)
    elif kind < 0.68:
        ink = _several(paths, rng)
    elif kind < 0.9:
        return _piece(paths, rng)
    elif kind < 0.97:
        ink = _part(paths, rng)
    else:
        return _grain(rng)
    return _roughened(ink, rng)


def _any_of(paths: Skeleton, rng: np.random.Generator) -> Skeleton:
    chosen: Skeleton = paths[rng.integers(len(paths))]
    return chosen


def _letter_like(rng: np.random.Generator) -> Skeleton:
    """Return a letter of ours, a scribble, or a letter of another script."""
    if rng.random() < 0.35:
        return _any_of(latin_letters(), rng)
    return _any_of(other_glyphs(), rng) if rng.random() < 0.35 else scribble(rng)


def _piece(paths: Skeleton, rng: np.random.Generator) -> Strokes:
    """Return what cutting makes of digits that touch, of a letter, of a word: no digit."""
    hand = Hand.random(rng)
    if rng.random() < 0.45:
        count = int(rng.integers(2, 4))
        layers = _touching([_any_of(paths, rng) for _ in range(count)], hand, rng)
        strokes, digits = overlay(layers), layers
    else:
        count = int(rng.choice([1, 2], p=[0.7, 0.3]))
        strokes = overlay(_touching([_letter_like(rng) for _ in range(count)], hand, rng))
        digits = np.empty((0, *strokes.shape), np.float32)
    strokes = roughen(strokes, rng)
    piece = piece_cut_out(strokes, digits, rng)
    return strokes if piece is None else piece


def _several(paths: Skeleton, rng: np.random.Generator) -> Strokes:
    """Return two or three digits taken for one mark: side by side, or one over the other."""
    hand = Hand.random(rng)
    stacked = rng.random() < 0.15
    inks = [redraw(_any_of(paths, rng), hand, rng) for _ in range(rng.choice([2, 3], p=[0.8, 0.2]))]
    if stacked:  # lying, side by side, until the whole is turned
        inks = [ink.T for ink in inks]
    ink = overlay(side_by_side(inks, rng.uniform(-0.25, 0.15) * hand.height, rng))
    return ink.T.copy() if stacked else ink


def _part(paths: Skeleton, rng: np.random.Generator) -> Strokes:
    """Return a piece of a digit, cut off somewhere in its middle."""
    ink = redraw(_any_of(paths, rng), Hand.random(rng), rng)
    whole = inked_rectangle(ink)
    if whole is None:
        return ink
    cut = rng.uniform(0.3, 0.65)
    piece = ink.copy()
    across = rng.random() < 0.5
    side = whole[0] if across else whole[1]
    middle = int(side.start + cut * (side.stop - 1 - side.start))
    if across:
        piece[middle:] = 0
    else:
        piece[:, middle:] = 0
    return ink - piece if rng.random() < 0.5 else piece


def _grain(rng: np.random.Generator) -> Strokes:
    """Return what a threshold leaves of blank paper, dirt and shadows."""
    shape = tuple(rng.integers(8, 60, 2))
    noise: npt.NDArray[Any] = rng.normal(0, 1, shape).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), float(np.exp(rng.uniform(-1, 2))))
    level = np.quantile(noise, rng.uniform(0.3, 0.97))
    grain: Strokes = np.clip((noise - level) / max(float(noise.max() - level), 1e-6), 0, 1)
    return grain.astype(np.float32)
