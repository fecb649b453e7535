"""Digits that touch, parted as the reader parts them."""

import numpy as np
import pytest

from inkdigits.reading.marks import Strokes
from inkdigits.synthesis.touching import digit_cut_out, overlay, piece_cut_out, side_by_side


def ring(size: int = 40, thick: float = 5.0) -> Strokes:
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    away = np.abs(np.hypot(x, y) - (size / 2 - thick))
    return np.clip(thick / 2 + 0.5 - away, 0, 1).astype(np.float32)


def test_inks_side_by_side_keep_their_order_and_their_ink() -> None:
    rng = np.random.default_rng(0)
    inks = [ring(), ring(30), ring()]
    layers = side_by_side(inks, -4.0, rng)
    assert len(layers) == 3
    assert [layer.sum() for layer in layers] == pytest.approx([ink.sum() for ink in inks])
    middles = [np.average(np.arange(layers.shape[2]), weights=one.sum(axis=0)) for one in layers]
    assert middles == sorted(middles)
    assert overlay(layers).sum() <= layers.sum()


def test_digits_that_touch_are_cut_out_whole() -> None:
    layers = side_by_side([ring(), ring()], -5.5, np.random.default_rng(1))
    both = overlay(layers)
    assert both.sum() < layers.sum()  # they do touch
    for layer in layers:
        cut = digit_cut_out(both, layer)
        assert cut is not None
        assert cut.sum() == pytest.approx(layer.sum(), rel=0.15)


def test_what_is_no_digit_is_most_of_no_digit() -> None:
    rng = np.random.default_rng(2)
    layers = side_by_side([ring(), ring()], -7.0, rng)
    both = overlay(layers)
    pieces = [piece_cut_out(both, layers, rng) for _ in range(20)]
    found = [piece for piece in pieces if piece is not None]
    assert found
    for piece in found:
        assert not 0.9 < piece.sum() / ring().sum() < 1.1
    # Of a mark that is no digit every piece is none.
    assert piece_cut_out(both, layers[:0], rng) is not None


def test_what_cannot_be_cut_gives_no_pieces() -> None:
    rng = np.random.default_rng(3)
    bar = np.ones((40, 6), np.float32)
    assert piece_cut_out(bar, bar[None], rng) is None
    assert digit_cut_out(bar, bar) is None
    assert piece_cut_out(np.zeros((5, 5), np.float32), np.empty((0, 5, 5), np.float32), rng) is None
