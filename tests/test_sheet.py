"""A page on a desk, or within the black border that a scanner leaves."""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from inkdigits import Reader
from inkdigits.reading.sheet import find_sheet

from .test_pages_of_digits import page_of

Pixels = npt.NDArray[np.uint8]

READER = Reader(threads=1)
PAGE = page_of("3141\n5926", size=56, gap=24)


@pytest.mark.parametrize("grey", [0, 60, 128, 180, 220])
@pytest.mark.parametrize("wide", [12, 40, 150])
def test_a_border_around_the_paper_hides_no_digit(grey: int, wide: int) -> None:
    reading = READER.read(np.pad(PAGE, wide, constant_values=grey))
    assert reading.text == "3141\n5926"
    plain = READER.read(PAGE)
    for there, here in zip(reading.digits, plain.digits, strict=True):
        assert abs(there.box.x - wide - here.box.x) <= 2
        assert abs(there.box.y - wide - here.box.y) <= 2


@pytest.mark.parametrize("grey", [0, 110])
@pytest.mark.parametrize("sides", [(0, 400), (400, 0), (0, 2), (0, 4), (4, 0), (6, 6), (30, 12)])
def test_a_strip_along_a_side_is_no_one(grey: int, sides: tuple[int, int]) -> None:
    top, left = sides
    beside = np.pad(PAGE, ((top, 0), (left, 0)), constant_values=grey)
    assert READER.read(beside).text == "3141\n5926"


def on_wood(page: Pixels) -> Pixels:
    rng = np.random.default_rng(1)
    height, width = page.shape
    grain = (
        90 + 20 * np.sin(np.arange(width + 200) / 9) + rng.normal(0, 6, (height + 160, width + 200))
    )
    grain[80 : 80 + height, 100 : 100 + width] = page
    return grain.clip(0, 255).astype(np.uint8)


def turned(page: Pixels) -> Pixels:
    height, width = page.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 5, 1)
    turn[:, 2] += 60
    return np.asarray(cv2.warpAffine(page, turn, (width + 120, height + 120), borderValue=30))


@pytest.mark.parametrize("put", [on_wood, turned])
def test_a_sheet_on_a_desk_is_read(put: Callable[[Pixels], Pixels]) -> None:
    assert READER.read(put(PAGE)).text == "3141\n5926"


def test_light_and_writing_are_no_sheet() -> None:
    assert find_sheet(PAGE) is None
    assert find_sheet(255 - PAGE) is None
    falling = np.linspace(0.3, 1, PAGE.shape[1])
    assert find_sheet((PAGE * falling).astype(np.uint8)) is None
    blob = np.full((200, 200), 255, np.uint8)
    cv2.ellipse(blob, (100, 100), (60, 80), 0, 0, 360, 0, -1)
    assert find_sheet(blob) is None
    assert find_sheet(np.zeros((20, 400), np.uint8)) is None
    assert find_sheet(np.zeros((300, 300), np.uint8)) is None
