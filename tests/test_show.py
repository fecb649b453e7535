"""Showing the work: drawings on the picture, explanations, and what a terminal shows."""

import contextlib
import dataclasses
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inkdigits import Reader, load_mnist
from inkdigits.cli._reading import name_width, plain_line, preview_digits, table_row
from inkdigits.errors import PictureError
from inkdigits.reading import Box, Digit, Reading
from inkdigits.reading.explain import draw_explanation, explain_digit
from inkdigits.reading.labels import Rectangle, Sheet
from inkdigits.reading.look import TRUSTED, UNTRUSTED, WHITE, percent
from inkdigits.reading.picture import open_colours
from inkdigits.reading.result import Outcome
from inkdigits.reading.show import _tags, _with_margin, draw_reading

from .conftest import Cli

READER = Reader(threads=1)
TEST = load_mnist()[1]
DOUBTED = 8
PAPER, INK = (240, 230, 205), (30, 40, 120)


def classified(index: int, box: Box = Box(0, 0, 20, 20), line: int = 0) -> Digit:  # noqa: B008
    """A test digit with what the packaged network thinks of it; of one it shall be in doubt."""
    image = TEST.images[index]
    probabilities = READER.classify(image[np.newaxis])[0]
    if index == DOUBTED:
        probabilities = np.full(10, 0.24 / 9, np.float32)
        probabilities[TEST.require_labels()[index]] = 0.76
    best, confidence = int(probabilities.argmax()), float(probabilities.max())
    return Digit(best, confidence, box, line, confidence >= 0.9, image, probabilities)


def written(
    *lines: list[int], size: int = 60, gap: int = 10, leading: int = 100, margin: int = 40
) -> tuple[Image.Image, Reading]:
    """A page with lines of test digits, and the reading that knows where they are."""
    width = 2 * margin + max(map(len, lines)) * (size + gap) - gap
    page = Image.new("RGB", (width, 2 * margin + (len(lines) - 1) * leading + size), PAPER)
    digits = []
    for line, indices in enumerate(lines):
        for place, index in enumerate(indices):
            image = Image.fromarray(TEST.images[index])
            ink = image.crop(image.getbbox())
            ink = ink.resize((ink.width * size // 20, ink.height * size // 20))
            x = margin + place * (size + gap) + (size - ink.width) // 2
            y = margin + line * leading + (size - ink.height) // 2
            page.paste(INK, (x, y), mask=ink)
            digits.append(classified(index, Box(x, y, *ink.size), line))
    return page, Reading(*page.size, tuple(digits))


def rectangles(digits: Sequence[Digit]) -> list[Rectangle]:
    """The boxes of digits as their corners."""
    boxes = (digit.box for digit in digits)
    return [Rectangle(x, y, x + width, y + height) for x, y, width, height in boxes]


def outline(drawing: Image.Image, box: Box) -> set[tuple[int, ...]]:
    """The colours just outside a box on a drawing of the picture's own size, along its sides."""
    x, y, width, height = box
    middle, centre = y + height // 2, x + width // 2
    spots = [(x - 2, middle), (x + width + 1, middle), (centre, y - 2), (centre, y + height + 1)]
    return {drawing.getpixel(spot) for spot in spots}


def test_boxes_stand_around_the_digits_in_the_pictures_own_colours() -> None:
    page, reading = written([0, 1, 8], [2, 3])
    drawing = draw_reading(page, reading)
    assert drawing.mode == "RGB"
    assert drawing.size == page.size
    assert [digit.trusted for digit in reading.digits] == [True, True, False, True, True]
    for digit in reading.digits:
        x, y, width, height = digit.box
        assert outline(drawing, digit.box) == {TRUSTED if digit.trusted else UNTRUSTED}
        ink = (x, y, x + width, y + height)
        np.testing.assert_array_equal(drawing.crop(ink), page.crop(ink))


def test_trusted_and_untrusted_differ_to_every_kind_of_colour_vision() -> None:
    """Matrices for full protanopia, deuteranopia and tritanopia: Machado et al., 2009."""
    kinds = [
        [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
        [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
        [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
    ]
    difference = (np.array(TRUSTED) / 255) ** 2.2 - (np.array(UNTRUSTED) / 255) ** 2.2
    for kind in kinds:
        assert np.abs(np.array(kind) @ difference).max() > 0.2


def test_a_large_picture_is_shrunk_and_the_boxes_with_it() -> None:
    page, reading = written([0, 1, 2], size=900, gap=200, margin=300)
    drawing = draw_reading(page, reading)
    assert max(drawing.size) == 1600
    scale = 1600 / max(page.size)
    for digit in reading.digits:
        x, y, width, height = (round(length * scale) for length in digit.box)
        column = [drawing.getpixel((x + width // 2, row)) for row in range(y - 6, y + 1)]
        assert TRUSTED in column
        assert TRUSTED not in [
            drawing.getpixel((x + width // 2, row)) for row in range(y + 1, y + height - 1)
        ]


def test_a_tiny_picture_is_enlarged_without_smoothing() -> None:
    image = Image.fromarray(TEST.images[0])
    x0, y0, x1, y1 = image.getbbox() or (0, 0, 0, 0)
    reading = Reading(28, 28, (classified(0, Box(x0, y0, x1 - x0, y1 - y0)),))
    drawing = draw_reading(TEST.images[0], reading)
    assert min(drawing.size) >= 400
    zoom = drawing.width // 28
    inside = (x0 * zoom, y0 * zoom, x1 * zoom, y1 * zoom)
    grey = np.asarray(drawing.crop(inside))[:, :, 0]
    np.testing.assert_array_equal(
        grey, np.kron(TEST.images[0][y0:y1, x0:x1], np.ones((zoom, zoom), np.uint8))
    )


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_drawn_upright(orientation: int) -> None:
    page, reading = written([0, 1, 2, 3], size=120, gap=40)
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = page.transpose(undo[orientation]) if orientation > 1 else page
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    stored.save(file, "PNG", exif=exif)
    np.testing.assert_array_equal(
        np.asarray(draw_reading(file.getvalue(), reading)), np.asarray(draw_reading(page, reading))
    )


@pytest.mark.parametrize("margin", [0, 1, 3])
def test_digits_at_the_border_get_whole_boxes_and_labels_on_a_margin(margin: int) -> None:
    page, reading = written([0, 1, 2], [3, 4, 8], leading=62, gap=0, margin=margin)
    pixels = np.asarray(draw_reading(page, reading))
    coloured = (pixels == TRUSTED).all(axis=2) | (pixels == UNTRUSTED).all(axis=2)
    paper = (pixels == PAPER).all(axis=2)
    rows, columns = np.flatnonzero(paper.any(axis=1)), np.flatnonzero(paper.any(axis=0))
    height, width = pixels.shape[:2]
    top, bottom = rows[0], height - 1 - rows[-1]
    # The first line's labels are above the picture, the second's below it.
    assert coloured[:top].any()
    assert coloured[height - bottom :].any()
    for edge in (coloured[:3, :], coloured[-3:, :]):
        assert not edge.any()
    zoom = round((rows[-1] - rows[0]) / page.height)
    assert rows[-1] - rows[0] == pytest.approx(page.height * zoom, abs=8)
    assert columns[-1] - columns[0] == pytest.approx(page.width * zoom, abs=8)
    assert width >= page.width * zoom


@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_labels_stay_in_the_drawing_and_off_other_digits_where_there_is_room(
    data: st.DataObject,
) -> None:
    number = st.integers
    boxes = data.draw(
        st.lists(
            st.builds(Box, number(0, 510), number(0, 310), number(4, 90), number(4, 90)),
            min_size=1,
            max_size=12,
        )
    )
    digits = tuple(
        classified(number, box, line=data.draw(st.integers(0, 2)))
        for number, box in enumerate(boxes)
    )
    page = Image.new("RGB", (600, 400), PAPER)
    tags = _tags(digits, rectangles(digits), Rectangle(0, 0, 600, 400))
    canvas, left, top = _with_margin(page, [tag for _, _, tag in tags])
    assert len(tags) == len(digits)
    for (text, height, tag), digit in zip(tags, digits, strict=True):
        assert str(digit.digit) in text
        assert ("?" in text) == (not digit.trusted)
        assert height >= 11
        place = tag.moved(left, top)
        assert 0 <= place.left < place.right <= canvas.width
        assert 0 <= place.top < place.bottom <= canvas.height
    assert draw_reading(page, Reading(600, 400, digits)).size >= page.size


def test_labels_of_a_page_with_room_cover_nothing() -> None:
    page, reading = written([0, 1, 8, 3, 4], [5, 6, 7], [9, 10], gap=30, leading=110)
    boxes = rectangles(reading.digits)
    tags = [tag for _, _, tag in _tags(reading.digits, boxes, Rectangle(0, 0, *page.size))]
    for number, tag in enumerate(tags):
        for other in [*boxes, *tags[:number]]:
            across = min(tag.right, other.right) - max(tag.left, other.left)
            down = min(tag.bottom, other.bottom) - max(tag.top, other.top)
            assert across <= 0 or down <= 0


def test_a_label_moves_where_ink_is_in_its_way() -> None:
    below, above = Rectangle(100, 100, 140, 160), Rectangle(60, 40, 180, 98)
    digits = [classified(0), dataclasses.replace(classified(0), image=np.zeros((28, 28), np.uint8))]
    alone = Sheet((300, 300), 60, digits[:1], [below])
    assert alone.place(below, (50, 20)) == (Rectangle(95, 80, 145, 100), True)
    crowded = Sheet((300, 300), 60, digits, [below, above])
    place, is_free = crowded.place(below, (50, 20))
    assert is_free
    assert place.top >= above.bottom
    crowded.take(place)
    assert crowded.place(below, (50, 20))[0] != place


def test_many_digits_get_labels_without_confidence() -> None:
    page, few = written(*[list(range(8))] * 5)
    page_of_many, many = written(*[list(range(9))] * 5)
    for image, reading, with_percents in ((page, few, True), (page_of_many, many, False)):
        assert max(draw_reading(image, reading).size) <= 1600
        page_of = Rectangle(0, 0, *image.size)
        texts = [text for text, _, _ in _tags(reading.digits, rectangles(reading.digits), page_of)]
        assert any("%" in text for text in texts) == with_percents


def test_labels_do_not_hide_a_page_of_tiny_digits() -> None:
    page, reading = written(*[list(range(60))] * 60, size=18, gap=6, leading=24, margin=8)
    drawing = draw_reading(page, reading)
    assert drawing.size == page.size
    for digit in reading.digits[::97]:
        x, y, width, height = digit.box
        ink = (x, y, x + width, y + height)
        np.testing.assert_array_equal(drawing.crop(ink), page.crop(ink))


def test_a_reading_without_digits_leaves_the_picture_as_it_is() -> None:
    page, _ = written([0, 1, 2])
    np.testing.assert_array_equal(draw_reading(page, Reading(*page.size)), page)


def test_what_is_transparent_is_shown_as_it_was_read() -> None:
    """Over white; or over black, if it is white itself."""
    for ink, paper in (((0, 0, 0), 255), ((255, 255, 255), 0)):
        page = Image.new("RGBA", (500, 500), (90, 90, 90, 0))
        page.paste((*ink, 255), (100, 100, 200, 200))
        colours = open_colours(page).pixels
        assert tuple(colours[150, 150]) == ink
        assert tuple(colours[300, 300]) == (paper,) * 3


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "LA", "I", "F", "I;16"])
@pytest.mark.parametrize("size", [(50, 30), (3001, 777), (40_000, 3)])
def test_every_mode_has_colours(mode: str, size: tuple[int, int]) -> None:
    ramp = np.linspace(0, 255, size[0]).astype(np.uint8)[np.newaxis].repeat(size[1], axis=0)
    image = (
        Image.fromarray(ramp.astype(np.uint16) * 257)
        if mode == "I;16"
        else Image.fromarray(ramp).convert(mode)
    )
    page = open_colours(image)
    height, width, channels = page.pixels.shape
    assert (page.width, page.height) == size
    assert (width, channels) == (min(1600, size[0]), 3)
    assert height == max(1, round(size[1] * width / size[0]))
    if mode != "1":
        middle = page.pixels[height // 2, :, 0]
        np.testing.assert_allclose(middle, np.linspace(0, 255, width), atol=6)


@pytest.mark.parametrize("kind", ["TIFF", "PDF"])
def test_any_page_of_a_file_is_drawn(cli: Cli, tmp_path: Path, kind: str) -> None:
    sheets = [written([0, 1, 2])[0], written([3, 4], size=90)[0], written([5], [6])[0]]
    path = tmp_path / f"sheets.{kind.lower()}"
    sheets[0].save(path, kind, save_all=True, append_images=sheets[1:], resolution=200)
    pages = [open_colours(path, number) for number in range(3)]
    for number, (page, sheet) in enumerate(zip(pages, sheets, strict=True)):
        assert page.number == number
        assert (page.width, page.height) == sheet.size
        difference = np.abs(page.pixels.astype(int) - np.asarray(sheet)).mean()
        assert difference < (6 if kind == "PDF" else 1e-9)
    with pytest.raises(PictureError, match="has no page 4"):
        open_colours(path, 3)
    with pytest.raises(PictureError, match="has no page 2"):
        open_colours(sheets[0], 1)

    assert cli("read", path, "--show", "drawn/").exit_code == 0
    assert sorted(drawing.name for drawing in (tmp_path / "drawn").iterdir()) == [
        "sheets-show-page-2.png", "sheets-show-page-3.png", "sheets-show.png"
    ]  # fmt: skip
    for number, reading in enumerate(READER.read_pages(path)):
        assert isinstance(reading, Reading)
        name = f"sheets-show-page-{number + 1}.png" if number else "sheets-show.png"
        expected = draw_reading(path, reading, number)
        np.testing.assert_array_equal(Image.open(tmp_path / "drawn" / name), expected)
    result = cli("read", path, "--show", "one.png")
    assert result.exit_code == 1
    assert "there are more pictures than one" in result.stderr

    sheets[0].save(tmp_path / f"{path.stem}-page-2.png")
    beside = [path, f"{path.stem}-page-2.png"]
    assert cli("read", *beside, "--show", "both/").exit_code == 0
    assert len(list((tmp_path / "both").iterdir())) == 4


def test_a_picture_that_is_not_the_readings_is_refused(tmp_path: Path) -> None:
    page, reading = written([0, 1])
    with pytest.raises(PictureError, match="and this one has"):
        draw_reading(page.rotate(90, expand=True), reading)
    with pytest.raises(PictureError, match=r"nowhere\.png does not exist"):
        draw_reading(tmp_path / "nowhere.png", reading)
    with pytest.raises(PictureError, match="is not a picture of a known format"):
        draw_reading(b"text", reading)
    file = io.BytesIO()
    page.save(file, "PNG")
    with pytest.raises(PictureError, match="truncated or damaged"):
        draw_reading(file.getvalue()[:500], reading)
    with pytest.raises(TypeError, match="not a int"):
        draw_reading(3, reading)  # type: ignore[arg-type]


@pytest.mark.parametrize(("changed", "share"), [(0, 0.2), (255, 0.03)], ids=["ink", "paper"])
def test_the_map_knows_what_counts(changed: int, share: float) -> None:
    """Changing what the map says counts most is worse for the answer than what counts least."""
    worse = []
    for index in range(100):
        digit = classified(index)
        evidence = explain_digit(READER.classify, digit)
        assert evidence.shape == (28, 28)
        assert evidence.dtype == np.float32
        rows, columns = np.nonzero(digit.image < 20 if changed else digit.image > 127)
        order = np.argsort(evidence[rows, columns])
        count = max(1, int(share * len(order)))
        copies = digit.image[np.newaxis].repeat(2, axis=0)
        for copy, chosen in zip(copies, (order[-count:], order[:count]), strict=True):
            copy[rows[chosen], columns[chosen]] = changed
        # What all others get is no rounded 0 where the digit itself gets 1.
        others = np.delete(READER.classify(copies).astype(float), digit.digit, axis=1).sum(axis=1)
        worse.append(others[0] > others[1])
    assert np.mean(worse) >= 0.85


def test_the_map_is_sound_where_probabilities_are_extreme() -> None:
    digit = classified(0)
    sure = np.zeros(10, np.float32)
    sure[digit.digit] = 1
    for row in (sure, np.zeros(10, np.float32), np.full(10, 0.05, np.float32)):
        evidence = explain_digit(lambda images, row=row: np.tile(row, (len(images), 1)), digit)
        np.testing.assert_allclose(evidence, 0, atol=1e-6)
    blank = dataclasses.replace(digit, image=np.zeros((28, 28), np.uint8))
    assert np.isfinite(explain_digit(READER.classify, blank)).all()


@pytest.mark.parametrize("is_sure", [True, False])
def test_what_is_lost_by_wiping_ink_is_put_down_where_it_was(is_sure: bool) -> None:
    """Of two classifiers that look at upper ink only: one stays all but sure, whatever is wiped.

    To the other a mark without that ink is less and less of a digit, of any.
    """
    digit = classified(0)
    upper = digit.image[:10].sum()

    def classify(images: np.ndarray) -> np.ndarray:
        share = np.minimum(images[:, :10].sum(axis=(1, 2)) / upper, 1).astype(np.float32)
        rows = np.full((len(images), 10), 1e-9 if is_sure else 0.02, np.float32)
        rows[:, digit.digit] = 1 if is_sure else 0.8
        if is_sure:
            rows[:, 5] = np.float32(1e-8) * (2 - share)
        else:
            rows *= share[:, np.newaxis]
        return rows

    evidence = explain_digit(classify, digit)
    ink = digit.image > 127
    assert evidence[:8][ink[:8]].min() > 0.01
    np.testing.assert_allclose(evidence[18:], 0, atol=1e-3)


@pytest.mark.parametrize("count", [0, 1, 2, 6, 7, 23, 50, 60])
def test_explanations_are_whole_and_on_white(count: int) -> None:
    digits = tuple(classified(index) for index in range(count))
    drawing = draw_explanation(READER.classify, Reading(100, 100, digits))
    pixels = np.asarray(drawing)
    edge = (
        np.concatenate([pixels[:3], pixels[-3:]]),
        np.concatenate([pixels[:, :3], pixels[:, -3:]]),
    )
    assert all((part == WHITE).all() for part in edge)
    assert (pixels != 255).any()
    assert max(drawing.size) <= 2000
    if count:
        # Each digit's image is there: black on white, framed.
        assert (pixels.max(axis=2) < 20).sum() > 100 * min(count, 50)


def test_bars_are_as_long_as_probabilities() -> None:
    def longest_run(probability: float) -> int:
        row = np.zeros(10, np.float32)
        row[3], row[5] = probability, 1 - probability
        digit = dataclasses.replace(
            classified(0), digit=3, probabilities=row, image=np.zeros((28, 28), np.uint8)
        )
        pixels = np.asarray(draw_explanation(READER.classify, Reading(9, 9, (digit,))))[120:]
        coloured = np.pad((pixels == TRUSTED).all(axis=2), ((0, 0), (1, 1))).astype(np.int8)
        changes = [np.flatnonzero(np.diff(line)) for line in coloured]
        return max(end - start for line in changes for start, end in pairwise(line))

    assert longest_run(1.0) == pytest.approx(4 * longest_run(0.25), abs=4)


def test_the_share_of_no_digit_gets_a_bar_where_it_is_notable() -> None:
    digit = classified(0)
    less = dataclasses.replace(digit, probabilities=digit.probabilities * np.float32(0.7))
    without, with_it = (
        draw_explanation(READER.classify, Reading(9, 9, (one,))) for one in (digit, less)
    )
    assert with_it.width > without.width


def test_percents_do_not_promise_too_much() -> None:
    assert [percent(p) for p in (0, 0.004, 0.29, 0.994, 0.996, 0.9994, 0.9996, 1)] == [
        "0%", "0%", "29%", "99%", "99%", "99%", "100%", "100%"
    ]  # fmt: skip


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    """Three pictures of a digit; two have the same name."""
    for number, name in enumerate(("seven.png", "more/seven.jpg", "more/one.png")):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        page, _ = written([number])
        page.save(path)
    return ["seven.png", os.path.join("more", "seven.jpg"), os.path.join("more", "one.png")]  # noqa: PTH118


@pytest.mark.parametrize("ending", ["png", "jpg", "jpeg", "webp", "tif", "tiff", "bmp", "PNG"])
def test_read_draws_into_files(cli: Cli, tmp_path: Path, pictures: list[str], ending: str) -> None:
    before = set(tmp_path.iterdir())
    result = cli("read", pictures[0], "--show", f"a.{ending}", "--explain", f"b.{ending}")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("seven.png: 7")
    assert set(tmp_path.iterdir()) - before == {tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"}
    reading = READER.read(tmp_path / pictures[0])
    for name, drawing in (
        ("a", draw_reading(tmp_path / pictures[0], reading)),
        ("b", draw_explanation(READER.classify_marks, reading)),
    ):
        with Image.open(tmp_path / f"{name}.{ending}") as image:
            is_lossy = ending in ("jpg", "jpeg", "webp")
            difference = np.abs(np.asarray(image.convert("RGB"), int) - np.asarray(drawing))
            assert difference.mean() < (4 if is_lossy else 1e-9)


def test_read_draws_many_pictures_into_a_folder(
    cli: Cli, tmp_path: Path, pictures: list[str]
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "text.png").write_text("not a picture")
    result = cli("read", "--json", *pictures, "text.png", "--show", "new/", "--explain", "there")
    assert result.exit_code == 1
    assert [json.loads(line)["error"] is None for line in result.stdout.splitlines()] == [
        True, True, True, False
    ]  # fmt: skip
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        "seven-show.png", "seven-2-show.png", "one-show.png"
    }  # fmt: skip
    assert {path.name for path in (tmp_path / "there").iterdir()} == {
        "seven-explain.png", "seven-2-explain.png", "one-explain.png"
    }  # fmt: skip
    for name, source in (("seven", pictures[0]), ("seven-2", pictures[1]), ("one", pictures[2])):
        path = tmp_path / source
        expected = draw_reading(path, READER.read(path))
        np.testing.assert_array_equal(Image.open(tmp_path / "new" / f"{name}-show.png"), expected)


def test_going_on_gives_drawings_the_names_they_had(
    cli: Cli, tmp_path: Path, pictures: list[str]
) -> None:
    words = ("read", *pictures, "--out", "out.jsonl", "--show", "drawn/")
    assert cli(*words).exit_code == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "drawn").iterdir()}
    out = tmp_path / "out.jsonl"
    out.write_text("".join(out.read_text("utf-8").splitlines(keepends=True)[:1]), "utf-8")
    for name in ("seven-2-show.png", "one-show.png"):
        (tmp_path / "drawn" / name).unlink()
    assert cli(*words, "--resume").exit_code == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "drawn").iterdir()} == before


@pytest.mark.skipif(os.name == "nt", reason="Windows has other limits of names")
@pytest.mark.parametrize("out", [[], ["--out", "out.csv"]])
def test_a_drawing_that_cannot_be_is_named_and_the_others_come(
    cli: Cli, tmp_path: Path, pictures: list[str], out: list[str]
) -> None:
    long = "n" * 248 + ".png"
    (tmp_path / long).write_bytes((tmp_path / "seven.png").read_bytes())
    result = cli("read", long, pictures[2], "--show", "drawn/", *out)
    assert result.exit_code == 1
    assert "ame too long" in result.stderr
    assert [path.name for path in (tmp_path / "drawn").iterdir()] == ["one-show.png"]


def test_drawing_again_replaces_the_drawings(cli: Cli, tmp_path: Path, pictures: list[str]) -> None:
    for _ in range(2):
        assert cli("read", pictures[0], "--show", "drawn/").exit_code == 0
    assert [path.name for path in (tmp_path / "drawn").iterdir()] == ["seven-show.png"]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["more", "--show", "a.png"], 1, "a.png is one file, and there are more pictures than one"),
        (["more", "--explain", "a.png"], 1, "--explain a.png is one file"),
        (["more", "--show", "a.png", "--out", "x.csv"], 1, "a.png is one file, and there are more"),
        (["seven.png", "--show", "a.txt"], 2, "end the file's name with one of .png"),
        (["seven.png", "--show", "a"], 2, "or name a folder that exists"),
        (["seven.png", "--show", "no/a.png"], 1, "there is no folder no; make it first"),
        (["seven.png", "--explain", "no/b/"], 1, "there is no folder no; make it first"),
        (["seven.png", "--show", "seven.png"], 1, "would take the place of a picture"),
        (["seven.png", "--show", "a.png", "--explain", "./a.png"], 2, "need a file each"),
        (["a.csv", "--show", "a.png"], 2, "a.csv holds digits: give --explain"),
        (["-", "--show", "a.png"], 2, "the standard input is read only once"),
    ],
)
def test_drawings_that_cannot_be_are_refused(
    cli: Cli, tmp_path: Path, pictures: list[str], arguments: list[str], code: int, sentence: str
) -> None:
    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    before = files()
    result = cli("read", *arguments)
    assert result.exit_code == code, result.output
    assert sentence in " ".join(result.stderr.replace("│", " ").split())
    assert "Traceback" not in result.stderr
    assert files() == before


def test_no_drawing_takes_the_place_of_another_picture(
    cli: Cli, tmp_path: Path, pictures: list[str]
) -> None:
    theirs = (tmp_path / "seven.png").read_bytes()
    (tmp_path / "seven-show.png").write_bytes(theirs)
    result = cli("read", "seven.png", "seven-show.png", "--show", ".")
    assert result.exit_code == 1
    assert "seven-show.png would take the place of a picture" in result.stderr
    assert (tmp_path / "seven-show.png").read_bytes() == theirs
    assert (tmp_path / "seven-show-show.png").is_file()

    # Nor under another name of the same file, as a spelling is on some systems.
    (tmp_path / "other.png").hardlink_to(tmp_path / "seven.png")
    assert cli("read", "seven.png", "--show", "other.png").exit_code == 1
    assert (tmp_path / "other.png").read_bytes() == theirs


def test_the_standard_input_can_be_explained(cli: Cli, tmp_path: Path, pictures: list[str]) -> None:
    content = (tmp_path / "seven.png").read_bytes()
    assert cli("read", "-", "--explain", "why.png", stdin=content).exit_code == 0
    assert cli("read", "-", "--explain", "there/", stdin=content).exit_code == 0
    assert (tmp_path / "there" / "standard-input-explain.png").exists()


def outcome(source: str, *lines: list[int]) -> Outcome:
    return Outcome(source, 0, written(*lines)[1] if lines else Reading(10, 10))


def test_rows_for_people() -> None:
    several = outcome("some.png", [0, 8], [2])
    assert plain_line(several) == "some.png: 7? / 1  (76.0% sure)"
    assert table_row(several, 10) == "some.png     76%  7? / 1"
    assert plain_line(outcome("blank.png")) == "blank.png: no digit"
    assert table_row(outcome("blank.png"), 10) == "blank.png      –  no digit"
    second = dataclasses.replace(several, page=1)
    assert plain_line(second).startswith("some.png, page 2: ")
    assert table_row(outcome("two\nlines.png"), 14) == "two\\nlines.png     –  no digit"


def test_long_and_wide_names_keep_the_columns() -> None:
    places = []
    for name in ("a.png", "folder/with/a/name/that/is/long.png", "数字.png", "数字" * 9 + ".png"):
        row = table_row(outcome(name), 14)
        places.append(sum(1 + (c > "\u2fff") for c in row[: row.index("–")]))
    assert len(set(places)) == 1
    assert table_row(outcome("folder/long-name.png"), 12).startswith("…ng-name.png ")


def test_the_column_of_names_is_known_before_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert name_width(["a.png", "seven.png"]) == 9
    assert name_width(["a.png", "x" * 90]) == 40
    assert name_width([str(tmp_path)]) == name_width(["*.png"]) == 40
    monkeypatch.setenv("COLUMNS", "60")
    assert name_width(["x" * 90]) == 30


def test_previews_wrap_to_the_terminal() -> None:
    reading = written([0, 1, 8, 3, 4])[1]
    text = preview_digits(reading, 50)
    lines = text.splitlines()
    assert len(lines) == 2 * 8
    assert max(map(len, lines)) <= 50
    assert re.search(r"\b7 (99|100)%", lines[7])
    assert "5? 76%" in lines[7]
    assert len(preview_digits(reading, 5).splitlines()) == 4 * 8 + 1
    assert preview_digits(reading, 5).endswith("… and 1 more")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_terminal_shows_a_table_and_what_the_network_saw(
    tmp_path: Path, pictures: list[str], encoding: str
) -> None:
    import pty

    def shown(*arguments: str) -> str:
        screen, terminal = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "inkdigits", "read", *arguments],
            cwd=tmp_path,
            stdout=terminal,
            env={**os.environ, "PYTHONIOENCODING": encoding, "COLUMNS": "80"},
        )
        os.close(terminal)
        text = b""
        with contextlib.suppress(OSError):  # how Linux says that the other end is closed
            while chunk := os.read(screen, 65536):
                text += chunk
        os.close(screen)
        assert process.wait() == 0
        return text.decode().replace("\r\n", "\n")

    alone, several = shown(pictures[0]), shown(*pictures)
    if encoding == "utf-8":
        assert re.match(r"seven\.png +(99|100)%  7\n⠀", alone)
        assert re.search(r"\b7 (99|100)%", alone.splitlines()[8])
        names = [name.ljust(max(map(len, pictures))) for name in pictures]
        assert [row[: len(names[0])] for row in several.splitlines()] == names
        assert "⠀" not in several
    else:
        assert alone.startswith("seven.png: 7  (")
        assert len(alone.splitlines()) == 1
