"""Write digits so near that they touch, and part them as the reader does.

The reader cuts a mark that may hold several digits, and asks the network what each run of
neighbouring pieces is. So these are what the network must know: digits that lack the tip which
went to a neighbour or keep a tip of his, and pieces that are no digit although they look clean.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from inkdigits.reading.bounds import inked_rectangle
from inkdigits.reading.cuts import LONGEST_RUN, cut
from inkdigits.reading.marks import Mark, Strokes, merge
from inkdigits.reading.result import Box

__all__ = ["digit_cut_out", "overlay", "piece_cut_out", "side_by_side"]

_INKED = 0.3
_WHOLE, _CLEAN = 0.86, 0.82  # a run that is a digit: of the digit's ink, of the run's own
_NO_DIGIT = 0.6  # of both, at most, in a run that is none

Layers = npt.NDArray[np.float32]
"""Inks on one field, ``(count, height, width)``."""


def side_by_side(inks: Sequence[Strokes], gap: float, rng: np.random.Generator) -> Layers:
    """Place inks from left to right.

    Args:
        inks: of any size, with margins or without.
        gap: between them, in pixels; below 0 they overlap.
        rng: of how far each stands above or below the others.
    """
    height = max(len(ink) for ink in inks) + 8
    width = sum(ink.shape[1] for ink in inks) + 3 * abs(int(gap)) + 8
    layers = np.zeros((len(inks), height, width), np.float32)
    x = 0.0
    for layer, ink in zip(layers, inks):
        top = int(np.clip((height - len(ink)) / 2 + rng.normal(0, 3), 0, height - len(ink)))
        left = int(np.clip(x, 0, width - ink.shape[1]))
        layer[top : top + len(ink), left : left + ink.shape[1]] = ink
        x += ink.shape[1] + gap
    return layers


def overlay(layers: Layers) -> Strokes:
    """Return all ink of a field."""
    ink: Strokes = layers.max(axis=0)
    return ink


def digit_cut_out(strokes: Strokes, digit: Strokes) -> Strokes | None:
    """Return the run of pieces of a mark that is a digit, if cutting finds it.

    Args:
        strokes: the mark, as the reader would find it.
        digit: its share of them, on the same field.
    """
    best, found = 0.0, None
    for run in _runs(strokes):
        whole, clean = _shares(run, digit)
        if whole > _WHOLE and clean > _CLEAN and whole * clean > best:
            best, found = whole * clean, run.strokes
    return found


def piece_cut_out(strokes: Strokes, digits: Layers, rng: np.random.Generator) -> Strokes | None:
    """Return a run of pieces of a mark that is no digit, if there is one.

    Args:
        strokes: the mark, as the reader would find it.
        digits: each digit's share of them, on the same field; none if the mark is no digit.
        rng: of which.
    """
    runs = _runs(strokes)
    for i in rng.permutation(len(runs)):
        run = runs[int(i)]
        if all(min(_shares(run, digit)) < _NO_DIGIT for digit in digits):
            return run.strokes
    return None


def _runs(strokes: Strokes) -> list[Mark]:
    """Return the runs of neighbouring pieces that the reader would cut out of a mark."""
    crop = inked_rectangle(strokes > 0.1)
    if crop is None:
        return []
    height, width = strokes[crop].shape
    mark = Mark(Box(crop[1].start, crop[0].start, width, height), strokes[crop])
    atoms = cut(mark, usual=height)
    return [
        merge(atoms[start:stop])
        for start in range(len(atoms))
        for stop in range(start + 1, min(start + LONGEST_RUN, len(atoms)) + 1)
        if stop - start < len(atoms)
    ]


def _shares(run: Mark, digit: Strokes) -> tuple[float, float]:
    """Return how much of a digit's ink a run holds, and which share of the run's ink that is."""
    wanted = digit > _INKED
    held = run.strokes > _INKED
    x, y, width, height = run.box
    shared = int((held & wanted[y : y + height, x : x + width]).sum())
    return shared / max(int(wanted.sum()), 1), shared / max(int(held.sum()), 1)
