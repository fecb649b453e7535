"""Reading pages of several digits: lines, touching digits, pieces, rules, boxes, stray strokes."""

from collections.abc import Sequence
from difflib import SequenceMatcher

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits import Reader, load_mnist
from inkdigits.reading import Box
from inkdigits.reading.cuts import cut
from inkdigits.reading.ink import find_ink
from inkdigits.reading.lines import write_in_lines
from inkdigits.reading.marks import Mark, find_marks, merge
from inkdigits.reading.pieces import part
from inkdigits.reading.rules import clear_rules
from inkdigits.synthesis import PageWriter

Pixels = npt.NDArray[np.uint8]

READER = Reader(threads=1)
TEST = load_mnist()[1]
LABELS = TEST.require_labels()
SURE = [
    np.flatnonzero(
        (LABELS[:2000] == digit) & (READER.classify(TEST.images[:2000]).max(axis=1) > 0.98)
    )
    for digit in range(10)
]
"""Test digits, by what they are, that the network has no doubt about."""


def page_of(
    text: str, *, size: int = 56, gap: int = 10, climb: float = 0.0, choice: int = 0
) -> Pixels:
    """Write lines of test digits, black on white."""
    lines = text.split("\n")
    step = size * 20 // 28 + gap  # a digit fills 20 of the 28 pixels
    width = max(map(len, lines)) * step + 2 * size
    drop = int(abs(climb) * width)
    page = np.zeros((len(lines) * size * 3 // 2 + size + 2 * drop, width), np.uint8)
    for row, line in enumerate(lines):
        for column, digit in enumerate(line):
            own = SURE[int(digit)]
            image = TEST.images[own[(choice + row * 7 + column) % len(own)]]
            large = cv2.resize(image, (size, size), interpolation=cv2.INTER_CUBIC)
            x = size // 2 + column * step
            y = drop + size // 2 + row * size * 3 // 2 + int(climb * x)
            region = page[y : y + size, x : x + size]
            np.maximum(region, large, out=region)
    return 255 - page


@pytest.mark.parametrize("text", ["2024", "0123456789", "12\n34\n56", "404\n1000", "7\n8\n9", "11"])
def test_digits_come_in_reading_order(text: str) -> None:
    assert READER.read(page_of(text)).text == text


@given(
    text=st.text("0123456789", min_size=2, max_size=8),
    climb=st.floats(-0.12, 0.12),
    scale=st.floats(0.5, 4),
    greys=st.sampled_from([(255, 0), (0, 255), (230, 60), (70, 200)]),
    choice=st.integers(0, 50),
)
@settings(deadline=None, max_examples=60)
def test_slant_size_and_greys_do_not_matter(
    text: str, climb: float, scale: float, greys: tuple[int, int], choice: int
) -> None:
    page = page_of(text, climb=climb, gap=16, choice=choice)
    paper, ink = greys
    shaded = (ink + (page / 255.0) * (paper - ink)).astype(np.uint8)
    size = (round(page.shape[1] * scale), round(page.shape[0] * scale))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    reading = READER.read(np.asarray(cv2.resize(shaded, size, interpolation=interpolation)))
    assert len(reading.text) == len(text)
    # Shrunk to 14 pixels, one digit in a line may be in doubt.
    assert sum(a != b for a, b in zip(reading.text, text)) <= (1 if scale < 0.7 else 0)


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=40)
def test_boxes_lie_inside_the_page_and_hold_ink(seed: int) -> None:
    page = PAGES.write(np.random.default_rng(seed))
    height, width = page.pixels.shape
    contrast = find_ink(page.pixels).contrast
    for digit in READER.read(page.pixels).digits:
        x, y, w, h = digit.box
        assert x >= 0
        assert y >= 0
        assert w > 0
        assert h > 0
        assert x + w <= width
        assert y + h <= height
        assert contrast[y : y + h, x : x + w].any()
        assert 0 <= digit.confidence <= 1


PAGES = PageWriter(TEST.take(np.arange(500)))


def test_most_synthesised_pages_are_read_whole() -> None:
    """The oracle in short; benchmarks/pages.py reads thousands."""
    rng = np.random.default_rng(5)
    whole: list[bool] = []
    digits = errors = 0
    while len(whole) < 60:
        page = PAGES.write(rng)
        if not page.traits & {"touching", "ruled", "squared", "boxed", "shadow"}:
            text = READER.read(page.pixels).text
            whole.append(text == page.text)
            alike = SequenceMatcher(None, text, page.text, autojunk=False).get_matching_blocks()
            digits += len(page.text)
            errors += max(len(text), len(page.text)) - sum(block.size for block in alike)
    assert np.mean(whole) >= 0.55
    assert errors / digits <= 0.08


@pytest.mark.parametrize(("slope", "grey", "thickness"), [(0.01, 120, 2), (0.11, 60, 3)])
def test_ruled_lines_are_cleared(slope: float, grey: int, thickness: int) -> None:
    page = page_of("31415926", size=84, gap=12)
    height, width = page.shape
    for y in range(20 - int(slope * width) // 60 * 60, height, 60):
        cv2.line(page, (0, y), (width, y + int(slope * width)), grey, thickness)
    assert len(READER.read(page).digits) >= 6


@pytest.mark.parametrize("margin", [0, 20])
def test_squared_paper_is_cleared_whether_or_not_its_edges_are_seen(margin: int) -> None:
    page = page_of("72104", size=56, gap=12)
    page = page[: len(page) // 40 * 40 + 1, : page.shape[1] // 40 * 40 + 1]
    page[::40] = np.minimum(page[::40], 150)
    page[:, ::40] = np.minimum(page[:, ::40], 150)
    assert READER.read(np.pad(page, margin, constant_values=255)).text == "72104"


def test_bits_of_a_grid_that_jpeg_broke_are_no_digits() -> None:
    page = page_of("3862", size=84, gap=20)
    page[10::20] = np.minimum(page[10::20], 180)
    page[:, 10::20] = np.minimum(page[:, 10::20], 180)
    encoded = cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    assert READER.read(encoded.tobytes()).text == "3862"


def test_boxes_are_cleared() -> None:
    page = page_of("2580", size=84, gap=40)
    step = 84 * 20 // 28 + 40
    for column in range(4):
        x = 42 + column * step
        cv2.rectangle(page, (x - 4, 30), (x + 90, 140), 60, 2)
    assert READER.read(page).text == "2580"


def test_the_bar_of_a_seven_is_no_rule() -> None:
    page = np.full((90, 60), 255, np.uint8)
    cv2.line(page, (2, 6), (57, 6), 0, 4)
    cv2.line(page, (55, 6), (22, 86), 0, 4)
    assert READER.read(page).text == "7"


LETTERS = {
    "E": [[(90, 20), (30, 20), (30, 110), (90, 110)], [(30, 62), (80, 62)]],
    "P": [[(34, 112), (34, 20), (76, 20), (86, 30), (86, 56), (76, 66), (34, 66)]],
    "U": [[(30, 20), (30, 100), (40, 110), (80, 110), (90, 100), (90, 20)]],
}


@pytest.mark.parametrize("letter", LETTERS)
def test_straight_strokes_of_a_lone_letter_are_no_rules(letter: str) -> None:
    page = np.full((64, 64), 255, np.uint8)
    for stroke in LETTERS[letter]:
        points = (np.array(stroke) / 2).round().astype(np.int32)
        cv2.polylines(page, [points], False, 0, 2, cv2.LINE_AA)
    assert len(find_marks(find_ink(page), lambda _: False)) == 1


def test_a_line_ends_where_its_ink_does() -> None:
    drawing = np.zeros((120, 120), np.uint8)
    drawing[30:33, 8:112] = 255
    drawing[60:95, 20:100:20] = 255  # strokes a third as high as the page is wide
    before = drawing.copy()
    assert not clear_rules(drawing, part(drawing), drawing)
    assert np.array_equal(drawing, before)


def test_a_fat_slanted_stroke_is_no_rule() -> None:
    page = np.full((48, 60), 255, np.uint8)
    cv2.circle(page, (52, 10), 5, 0, -1)  # so that no piece is alone
    tick = np.array([(8, 3), (12, 3), (30, 32), (41, 26), (42, 28), (29, 41), (26, 41)], np.int32)
    cv2.fillPoly(page, [tick], 0, cv2.LINE_AA)
    assert len(find_marks(find_ink(page), lambda _: False)) == 2


def test_a_dash_and_a_dot_are_no_digits() -> None:
    page = page_of("1984", size=84, gap=40)
    cv2.line(page, (100, 100), (118, 100), 0, 5)
    cv2.circle(page, (300, 122), 4, 0, -1)
    assert READER.read(page).text == "1984"


def test_a_comma_and_a_slash_are_no_ones() -> None:
    page = page_of("5600", size=84, gap=40)
    cv2.line(page, (207, 112), (200, 132), 0, 5)
    cv2.line(page, (480, 20), (440, 135), 0, 6)
    page = np.hstack([page, np.full((len(page), 80), 255, np.uint8)])
    assert READER.read(page).text == "5600"


def test_a_digit_in_pieces_is_one_digit() -> None:
    five = page_of("5", size=112)
    rows = np.flatnonzero((five < 128).any(axis=1))
    five[rows[0] + 26 : rows[0] + 29] = 255  # the bar comes apart
    assert READER.read(five).text == "5"


def test_what_a_picture_cuts_off_is_no_digit() -> None:
    page = page_of("85", size=112, gap=30)
    columns = np.flatnonzero((page < 128).any(axis=0))
    gap = np.flatnonzero(np.diff(columns) > 1)[0]
    first_ends = columns[gap]
    assert READER.read(page[:, first_ends - 14 :]).text == "5"


def test_touching_digits_are_parted() -> None:
    right = 0
    texts = ["36", "80", "25", "09", "52", "63", "85", "20"]
    for choice, text in enumerate(texts):
        right += READER.read(page_of(text, size=84, gap=-12, choice=choice)).text == text
    assert right >= 6


def test_equal_brightness_is_told_by_colour() -> None:
    page = page_of("42", size=84)
    ink = page < 128
    colours = np.empty((*page.shape, 3), np.uint8)
    colours[...] = (60, 140, 60)
    colours[ink] = (190, 72, 60)  # as bright as the paper
    assert READER.read(colours).text == "42"


def test_scribbles_are_left_out() -> None:
    rng = np.random.default_rng(3)
    read = 0
    for _ in range(30):
        page = np.full((200, 200), 255, np.uint8)
        points = rng.integers(30, 170, (9, 2)).astype(np.int32)
        cv2.polylines(page, [points], False, 0, 5)
        read += any(digit.trusted for digit in READER.read(page).digits)
    assert read <= 6


@pytest.mark.parametrize("page", [-1, 0.5])
def test_pages_are_counted_from_0(page: int) -> None:
    with pytest.raises(ValueError, match=f"page must be a whole number from 0 on, not {page}"):
        Reader(threads=1).read(page_of("2024"), page)


def test_confidence_that_is_asked_for_moves_trust() -> None:
    page = page_of("2024")
    everything = Reader(threads=1, min_confidence=0.0).read(page)
    nothing = Reader(threads=1, min_confidence=1.0).read(page)
    assert everything.text == "2024"
    assert nothing.text == "????"
    assert [d.digit for d in nothing.digits] == [2, 0, 2, 4]
    with pytest.raises(ValueError, match=r"min_confidence must be from 0 to 1, not 1\.5"):
        Reader(min_confidence=1.5)


def boxes_at(*corners: tuple[int, int], width: int = 20, height: int = 30) -> list[Box]:
    return [Box(x, y, width, height) for x, y in corners]


@pytest.mark.parametrize(
    ("boxes", "lines"),
    [
        (boxes_at((100, 0), (0, 0), (50, 4)), [[1, 2, 0]]),
        (boxes_at((0, 60), (0, 0), (40, 0), (40, 60)), [[1, 2], [0, 3]]),
        (boxes_at(*((40 * i, 8 * i) for i in range(8))), [list(range(8))]),
        (boxes_at((0, 0), (0, 50), (0, 100)), [[0], [1], [2]]),
        ([*boxes_at((0, 0), (60, 0)), Box(30, 26, 4, 4)], [[0, 2, 1]]),
        ([], []),
    ],
)
def test_lines_of_writing(boxes: Sequence[Box], lines: list[list[int]]) -> None:
    assert write_in_lines(boxes) == lines


def test_pieces_are_what_hangs_together() -> None:
    drawing = np.zeros((20, 30), np.uint8)
    drawing[2:5, 3:9] = drawing[5, 9] = 255  # a corner joins
    drawing[10:18, 20] = 255
    pieces = part(drawing)
    assert len(pieces) == 2
    boxes = {tuple(map(int, box)) for box in pieces.boxes}
    assert boxes == {(3, 2, 7, 4), (20, 10, 1, 8)}
    assert sorted(pieces.areas) == [8, 19]
    assert len(part(np.zeros((5, 5), np.uint8))) == 0


def test_clearing_rules_keeps_the_strokes_that_cross_them() -> None:
    drawing = np.zeros((200, 400), np.uint8)
    for y in (40, 90, 140):
        drawing[y : y + 2] = 255
    for x in range(60, 360, 40):
        drawing[60:120, x : x + 4] = 255
    strokes = drawing.copy()
    strokes[40:42] = strokes[90:92] = strokes[140:142] = 0
    assert clear_rules(drawing, part(drawing), drawing)
    assert not drawing[40:42].any()
    assert (drawing[60:120, 60:64] > 0).mean() > 0.95


def squared_paper(shape: tuple[int, int], *, step: int, grey: int) -> Pixels:
    """Squared paper in light that falls off to one side."""
    paper = np.full(shape, 235.0)
    paper[:, ::step] = paper[::step] = grey
    paper *= np.linspace(1.0, 0.7, shape[1])
    noise = np.random.default_rng(0).normal(0, 1.0, shape)
    return np.clip(paper + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("step", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("shape", [(1000, 1000), (1200, 1600)])
def test_a_fine_grid_is_read_like_anything_else(step: int, shape: tuple[int, int]) -> None:
    """Sampled at its own pitch, it may seem to be nothing but ink."""
    page = np.full(shape, 255, np.uint8)
    page[::step] = page[:, ::step] = 0
    assert READER.read(page).height == shape[0]


@pytest.mark.parametrize("step", [17, 31, 52])
def test_squared_paper_fainter_than_the_writing_takes_nothing_from_it(step: int) -> None:
    page = page_of("3141\n5926", size=84, gap=20)
    paper = squared_paper(page.shape, step=step, grey=180)
    assert READER.read(np.minimum(page, paper)).text == "3141\n5926"


@pytest.mark.parametrize("step", [17, 31, 52])
@pytest.mark.parametrize("grey", [120, 180, 205])
def test_blank_squared_paper_holds_no_digits(step: int, grey: int) -> None:
    assert READER.read(squared_paper((260, 420), step=step, grey=grey)).text == ""


def test_a_cut_parts_two_blobs_and_loses_no_ink() -> None:
    strokes = np.zeros((60, 110), np.float32)
    cv2.circle(strokes, (28, 30), 24, 1.0, 6)
    cv2.circle(strokes, (81, 30), 24, 1.0, 6)
    mark = Mark(Box(5, 7, 110, 60), strokes)
    pieces = cut(mark, usual=60)
    assert 3 <= len(pieces) <= 5
    # Some cut lies where they touch.
    assert min(abs(piece.right - 5 - 55) for piece in pieces) < 8
    assert sum(float(p.strokes.sum()) for p in pieces) == pytest.approx(
        float(strokes.sum()), rel=0.02
    )
    assert merge(pieces).box.width >= 105


def test_a_faint_mark_beside_a_bold_one_is_found() -> None:
    page = np.full((120, 240), 240, np.uint8)
    cv2.circle(page, (60, 60), 30, 10, 8)
    cv2.circle(page, (170, 60), 30, 150, 4)
    marks = find_marks(find_ink(page))
    assert len(marks) == 2
    assert all(mark.strokes.max() == pytest.approx(1.0) for mark in marks)


@pytest.mark.parametrize("shape", [(1, 768), (2, 1536), (3, 1536), (4, 3200), (10, 10_000)])
def test_pages_of_a_few_rows_are_read_like_any_other(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    for page in (np.full(shape, 255, np.uint8), noise):
        assert READER.read(page).width == shape[1]
        assert READER.read(page.T.copy()).height == shape[1]


def test_ornaments_take_no_more_memory_than_pages() -> None:
    """Each chevron's box holds all those within."""
    page = np.full((800, 800), 255, np.uint8)
    for step in range(0, 400, 8):
        points = np.array([(step, 799), (400, step), (799 - step, 799)], np.int32)
        cv2.polylines(page, [points], False, 0, 2)
    marks = find_marks(find_ink(page))
    assert 0 < sum(mark.strokes.size for mark in marks) < 5 * page.size


def test_digits_cut_out_of_one_mark_are_trusted_together() -> None:
    together = 0
    for choice in range(120):
        text = ("38", "56", "20", "09")[choice % 4]
        page = page_of(text, size=112, gap=-10 - choice % 11, choice=choice)
        digits = READER.read(page).digits
        if len(find_marks(find_ink(page))) == 1 and len(digits) == 2:
            together += 1
            assert digits[0].confidence == pytest.approx(digits[1].confidence)
    assert together > 3
