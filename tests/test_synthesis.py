"""Synthesis: thinning, drawing anew, marks and pages, measured by what they must keep true."""

import cv2
import numpy as np
import pytest

from inkdigits import Dataset, Reader
from inkdigits.errors import DataError, MissingExtraError
from inkdigits.reading.frame import frame
from inkdigits.synthesis import NOT_A_DIGIT, Marks, PageWriter, SyntheticPage, simulate
from inkdigits.synthesis.glyphs import draw_glyphs, latin_letters, other_glyphs
from inkdigits.synthesis.pen import Hand, redraw, roughen
from inkdigits.synthesis.scribbles import scribble
from inkdigits.synthesis.skeleton import SIDE, distance_to, skeletons, thin, thin_each
from inkdigits.synthesis.styles import restyle
from tests.conftest import block_imports

Mnist = tuple[Dataset, Dataset]


@pytest.fixture(scope="module")
def digits(mnist: Mnist) -> Dataset:
    """300 digits whose ink tells the pen's path: nine in ten do."""
    first = mnist[0].take(np.arange(400))
    usable = np.flatnonzero(skeletons(first.images).any(axis=(1, 2)))
    assert 300 < len(usable) < 390
    return first.take(usable[:300], "a few digits")


@pytest.fixture(scope="module")
def paths(digits: Dataset) -> np.ndarray:
    return skeletons(digits.images)


@pytest.fixture(scope="module")
def marks(digits: Dataset) -> Marks:
    return simulate(digits, originals=2, copies=1, negatives=2, seed=0)


@pytest.fixture(scope="module")
def pages(digits: Dataset) -> list[SyntheticPage]:
    writer = PageWriter(digits)
    return [writer.write(np.random.default_rng(seed)) for seed in range(60)]


def pieces(drawing: np.ndarray) -> tuple[int, np.ndarray]:
    count, labels = cv2.connectedComponents(drawing.astype(np.uint8), connectivity=8)
    return count - 1, labels


def holes(drawing: np.ndarray) -> int:
    return cv2.connectedComponents((~drawing).astype(np.uint8), connectivity=4)[0] - 2


def looks(images: np.ndarray) -> np.ndarray:
    """Rows whose products are the correlations of images, at half the size."""
    small = images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(len(images), -1)
    small -= small.mean(axis=1, keepdims=True)
    return small / np.linalg.norm(small, axis=1, keepdims=True)


def rows(glyphs: np.ndarray) -> set[bytes]:
    return {glyph.tobytes() for glyph in glyphs}


def thin_slowly(ink: np.ndarray) -> np.ndarray:
    """Zhang and Suen's paper, word by word, a pixel at a time."""
    left = np.pad(ink.astype(int), 1)
    around = [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)]  # P2 … P9
    while True:
        gone = 0
        for first, second in (((0, 2, 4), (2, 4, 6)), ((0, 2, 6), (0, 4, 6))):
            going = []
            for y, x in np.argwhere(left):
                p = [left[y + dy, x + dx] for dy, dx in around]
                rises = sum(a == 0 and b == 1 for a, b in zip(p, p[1:] + p[:1], strict=True))
                zeros = any(p[i] == 0 for i in first) and any(p[i] == 0 for i in second)
                if 2 <= sum(p) <= 6 and rises == 1 and zeros:
                    going.append((y, x))
            for place in going:
                left[place] = 0
            gone += len(going)
        if not gone:
            return left[1:-1, 1:-1].astype(bool)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.95])
def test_thinning_is_zhang_and_suens(share: float) -> None:
    rng = np.random.default_rng(0)
    for shape in ((1, 1), (2, 9), (14, 11), (16, 16)):
        ink = rng.random(shape) < share
        np.testing.assert_array_equal(thin(ink), thin_slowly(ink))


def test_skeletons_lie_in_the_ink_and_hang_together_as_it_does(
    digits: Dataset, paths: np.ndarray
) -> None:
    assert paths.shape == (300, SIDE, SIDE)
    assert paths.dtype == bool
    blocks = 0
    for image, path in zip(digits.images, paths, strict=True):
        large = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        assert large[path].min() > 100
        ink = large > 150
        ink[[0, -1]] = ink[:, [0, -1]] = False
        count, labels = pieces(ink)
        assert holes(path) == holes(ink)
        assert pieces(path)[0] == np.unique(labels[path]).size
        lost = set(range(1, count + 1)) - set(np.unique(labels[path]))
        assert all((labels == piece).sum() <= 12 for piece in lost)  # dots vanish
        blocks += (path[1:, 1:] & path[:-1, 1:] & path[1:, :-1] & path[:-1, :-1]).sum()
    assert blocks <= 0.001 * paths.sum()  # it is one pixel wide


def test_drawings_are_thinned_each_by_itself(mnist: Mnist) -> None:
    wide = np.ones((2, 20, 8), bool)  # would touch, one below the other
    wide[1, :, 5:] = False
    inside = np.zeros((20, 8), bool)
    inside[1:-1, 1:-1] = True
    np.testing.assert_array_equal(thin_each(wide), [thin(inside), thin(inside & wide[1])])
    assert wide[0].all()  # what was given stays
    many = mnist[0].images[:2100]  # more than are thinned at once
    np.testing.assert_array_equal(
        skeletons(many)[[0, 999, 1000, 2099]], skeletons(many[[0, 999, 1000, 2099]])
    )


def test_distances_are_those_to_the_nearest_pixel(paths: np.ndarray) -> None:
    y, x = np.nonzero(paths[0])
    rows, columns = np.mgrid[:SIDE, :SIDE]
    exact = np.hypot(rows[..., None] - y, columns[..., None] - x).min(axis=2)
    np.testing.assert_allclose(distance_to(paths[0]), exact, rtol=0.06)


@pytest.mark.parametrize(
    "bend",
    [{}, {"rotation": 25.0}, {"slant": 0.3}, {"aspect": 0.7, "rotation": -10.0, "slant": -0.2}],
)
@pytest.mark.parametrize("height", [20.0, 70.0])
def test_a_redrawn_digit_has_the_height_that_was_asked_for(
    bend: dict[str, float], height: float, paths: np.ndarray
) -> None:
    rng = np.random.default_rng(0)
    for path in paths[:40]:
        for radius in (0.02, 0.08):
            ink = redraw(path, Hand(height, radius, **bend), rng)
            assert ink.dtype == np.float32
            assert 0 <= ink.min() < ink.max() <= 1
            y, x = np.nonzero(ink >= 0.5)
            assert max(np.ptp(y), np.ptp(x)) + 1 == pytest.approx(height, abs=0.03 * height + 1)
            for side in (ink[0], ink[-1], ink[:, 0], ink[:, -1]):
                assert not side.any()  # nothing was cut off


def test_a_pen_of_twice_the_radius_leaves_about_twice_the_ink(paths: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    for path in paths[:40]:
        inks = [redraw(path, Hand(60, radius), rng).sum() for radius in (0.01, 0.02, 0.04, 0.08)]
        assert inks == sorted(inks)
        assert inks[2] / inks[1] == pytest.approx(2, rel=0.25)


def test_hands_squeeze_lean_turn_and_shake() -> None:
    cross = np.zeros((SIDE, SIDE), bool)
    cross[8:48, 28] = cross[28, 8:48] = True
    rng = np.random.default_rng(0)

    def size(**how: float) -> tuple[int, int]:
        y, x = np.nonzero(redraw(cross, Hand(60, 0.02, **how), rng) >= 0.5)
        return int(np.ptp(x)), int(np.ptp(y))

    wide, tall = size(aspect=2.0)
    assert wide / tall == pytest.approx(2, rel=0.05)
    wide, tall = size(rotation=45.0)
    assert wide == pytest.approx(tall, abs=2)
    leaning = redraw(cross, Hand(60, 0.02, slant=0.5), rng)
    top, bottom = (leaning[row].argmax() for row in np.flatnonzero(leaning.any(axis=1))[[3, -4]])
    assert top > bottom + 15  # its head is to the right of its foot
    still = redraw(cross, Hand(60, 0.05), rng)
    shaken = [
        redraw(cross, Hand(60, 0.05, tremor=0.03), np.random.default_rng(i)) for i in (1, 1, 2)
    ]
    np.testing.assert_array_equal(shaken[0], shaken[1])
    assert (shaken[0] != shaken[2]).any()
    pressed = redraw(cross, Hand(60, 0.05, pressure=0.5), rng)
    # Along the horizontal bar the stroke is as thick everywhere, or is not.
    thickness = [np.ptp(ink[:, ink.any(axis=0)].sum(axis=0)[4:18]) for ink in (still, pressed)]
    assert thickness[0] < 0.1 < thickness[1]


def test_hands_are_all_of_sensible_size() -> None:
    rng = np.random.default_rng(0)
    hands = [Hand.random(rng) for _ in range(300)]
    assert all(10 <= hand.height <= 60 and 0.014 <= hand.radius <= 0.12 for hand in hands)
    assert all(hand.tremor >= 0 and 0 <= hand.pressure <= 0.4 for hand in hands)
    assert Hand.random(rng, 33.0).height == 33.0


def test_roughened_ink_is_still_ink(paths: np.ndarray) -> None:
    changed = 0
    for seed, path in enumerate(paths[:150]):
        rng = np.random.default_rng(seed)
        ink = redraw(path, Hand.random(rng), rng)
        before = ink.copy()
        rough = roughen(ink, rng)
        np.testing.assert_array_equal(ink, before)
        assert rough.shape == ink.shape
        assert rough.dtype == np.float32
        assert 0 <= rough.min() <= rough.max() <= 1
        assert np.corrcoef(rough.ravel(), ink.ravel())[0, 1] > 0.4
        changed += (rough != ink).any()
    assert 75 < changed < 150  # some are left as they are


def test_scribbles_fill_their_square_and_hardly_repeat() -> None:
    rng = np.random.default_rng(0)
    drawn = [scribble(rng) for _ in range(200)]
    for path in drawn:
        assert path.shape == (SIDE, SIDE)
        assert path.dtype == bool
        y, x = np.nonzero(path)
        assert max(np.ptp(y), np.ptp(x)) == pytest.approx(40, abs=1)
        assert abs(y.min() + y.max() - SIDE) <= 3  # in the middle
    assert len(rows(np.stack(drawn))) > 190


def test_letters_that_pass_for_digits_are_absent() -> None:
    letters = rows(latin_letters())
    assert len(latin_letters()) > 200
    assert letters.isdisjoint(rows(draw_glyphs("0123456789bgiloqszBDGIOQSZ")))
    assert letters >= rows(draw_glyphs("acdefhjkmnptuvwxyACEFHJKLMNPRTUVWXY"))
    assert not latin_letters()[:, [0, -1]].any()


def test_other_scripts_have_many_letters() -> None:
    assert len(other_glyphs()) > 5000
    assert other_glyphs().sum(axis=(1, 2)).min() > 12
    assert rows(other_glyphs()) >= rows(draw_glyphs("Жש→∑"))
    assert rows(other_glyphs()).isdisjoint(rows(draw_glyphs("²٣④Ⅷ")))


def test_without_matplotlibs_fonts_the_extra_is_named() -> None:
    with block_imports("matplotlib"), pytest.raises(MissingExtraError, match=r"inkdigits\[train\]"):
        draw_glyphs("a")


def test_styles_change_some_digits_and_keep_their_path(paths: np.ndarray, digits: Dataset) -> None:
    rng = np.random.default_rng(0)
    labels = digits.require_labels()
    shares = {}
    for digit in (0, 1, 5, 7):
        path = paths[np.flatnonzero(labels == digit)[0]]
        styled = [restyle(path, digit, rng) for _ in range(400)]
        shares[digit] = np.mean([(other != path).any() for other in styled])
        if digit in (0, 7):  # a bar through the very digit
            struck = [
                other
                for other in styled
                if (other != path).any() and (other & path).sum() == path.sum()
            ]
            assert len(struck) > 10
            assert all(pieces(other)[0] <= pieces(path)[0] + 1 for other in struck)
    assert shares[5] == pytest.approx(0.05, abs=0.03)  # printed forms
    assert shares[0] == pytest.approx(0.11, abs=0.04)
    assert shares[7] == pytest.approx(0.25, abs=0.06)
    assert shares[1] == pytest.approx(0.5, abs=0.07)


def test_a_flagged_one_is_no_seven() -> None:
    """Its flag falls, and its stem is upright."""
    rng = np.random.default_rng(0)
    nothing = np.zeros((SIDE, SIDE), bool)
    flagged = [one for _ in range(200) if (one := restyle(nothing, 1, rng)).any()]
    for one in flagged:
        y, x = np.nonzero(one)
        if np.ptp(y) < 38:  # a printed one
            continue
        assert y[x.argmin()] > y.min() + 1


def test_marks_are_what_was_asked_for(digits: Dataset, marks: Marks) -> None:
    assert len(marks) == 2 * 300 + 300 + 600
    assert marks.images.shape == (1500, 28, 28)
    assert marks.images.dtype == marks.labels.dtype == np.uint8
    np.testing.assert_array_equal(marks.images[:600], np.tile(digits.images, (2, 1, 1)))
    np.testing.assert_array_equal(marks.labels[:900], np.tile(digits.require_labels(), 3))
    assert (marks.labels[900:] == NOT_A_DIGIT).all()


def test_marks_are_framed_as_mnist_is(marks: Marks) -> None:
    drawn = marks.images[600:].astype(float)
    assert drawn.max(axis=(1, 2)).min() >= 254
    mass = drawn.sum(axis=(1, 2))
    for axis in (1, 2):
        centre = drawn.sum(axis=3 - axis) @ np.arange(28) / mass
        assert np.quantile(abs(centre - 14), 0.99) <= 0.51
        assert abs(centre - 14).max() < 5  # what is too long stays in the field
    sides = [np.ptp(np.argwhere(image), axis=0).max() + 1 for image in drawn]
    assert min(sides) >= 15
    assert max(sides) <= 20
    assert np.mean(np.array(sides) == 20) > 0.9


def test_the_same_seed_gives_the_same_marks(digits: Dataset) -> None:
    few = digits.take(np.arange(40))
    one, same, other = (simulate(few, copies=1, negatives=1, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.images, same.images)
    for part in (slice(40, 80), slice(80, None)):
        different = (one.images[part] != other.images[part]).any(axis=(1, 2))
        assert different.mean() > 0.9


def test_redrawn_digits_still_show_their_digit(marks: Marks) -> None:
    """A network that never saw one reads most of them."""
    read = Reader().classify(marks.images[600:900]).argmax(axis=1)
    assert (read == marks.labels[600:900]).mean() > 0.8
    # And yet none is a copy.
    alike = (looks(marks.images[600:900]) * looks(marks.images[:300])).sum(axis=1)
    assert alike.max() < 0.995
    assert 0.5 < np.median(alike) < 0.95


def test_what_is_no_digit_is_no_near_copy_of_one(marks: Marks) -> None:
    nearest = (looks(marks.images[900:]) @ looks(marks.images[:900]).T).max(axis=1)
    assert (nearest > 0.85).mean() < 0.04  # without a second look it would be one in nine
    assert nearest.max() < 0.97  # letters are left out by name
    assert len(rows(marks.images[900:])) > 590


def test_digits_alone_can_be_simulated(digits: Dataset) -> None:
    few = digits.take(np.arange(5))
    plain = simulate(few, copies=0, negatives=0, seed=0)
    np.testing.assert_array_equal(plain.images, few.images)
    np.testing.assert_array_equal(plain.labels, few.require_labels())


def test_an_empty_image_is_passed_over(digits: Dataset) -> None:
    images = digits.images[:4].copy()
    images[1] = 0
    few = Dataset(images, digits.require_labels()[:4])
    marks = simulate(few, copies=2, negatives=0, seed=0)
    labels = few.require_labels()
    np.testing.assert_array_equal(marks.labels, [*labels, *labels[[0, 2, 3]], *labels[[0, 2, 3]]])
    assert PageWriter(few).write(np.random.default_rng(0)).text


def test_what_cannot_be_drawn_anew_gets_its_sentence(digits: Dataset) -> None:
    for empty in (np.zeros((3, 28, 28), np.uint8), np.ones((3, 28, 28), np.uint8)):
        blank = Dataset(empty, np.arange(3), "pale")
        with pytest.raises(DataError, match=r"pale has no ink to draw anew: images must be black"):
            simulate(blank, copies=1, negatives=1, seed=0)
        with pytest.raises(DataError, match="pale has no ink"):
            PageWriter(blank)
    unknown = Dataset(digits.images, None, "unknown")
    with pytest.raises(DataError, match="unknown has no labels"):
        simulate(unknown, copies=1, negatives=1, seed=0)
    with pytest.raises(DataError, match="unknown has no labels"):
        PageWriter(unknown)


def test_a_page_knows_what_is_written_on_it_and_where(pages: list[SyntheticPage]) -> None:
    for page in pages:
        height, width = page.pixels.shape
        assert page.pixels.dtype == np.uint8
        lines = page.text.split("\n")
        assert 1 <= len(lines) <= 6
        assert all(1 <= len(line) <= 10 and line.isdigit() for line in lines)
        assert sum(map(len, lines)) == len(page.boxes)
        boxes = iter(page.boxes)
        for line in lines:
            places = [next(boxes) for _ in line]
            assert [box.x for box in places] == sorted(box.x for box in places)
        for box in page.boxes:
            assert 0 <= box.x < box.x + box.width <= width
            assert 0 <= box.y < box.y + box.height <= height


def test_boxes_hold_the_ink_of_the_digits_that_the_text_names(pages: list[SyntheticPage]) -> None:
    images, shown = [], []
    for page in pages:
        if page.traits & {"lit", "ruled", "squared", "boxed", "signs"}:
            continue
        ink = abs(page.pixels - page.pixels[0, 0].astype(float)) / 255
        outside = ink.copy()
        for box, digit in zip(page.boxes, page.text.replace("\n", ""), strict=True):
            place = (slice(box.y, box.y + box.height), slice(box.x, box.x + box.width))
            outside[place] = 0
            rows, columns = np.nonzero(ink[place])
            assert rows.min() <= 1
            assert columns.min() <= 1
            assert rows.max() >= box.height - 2
            assert columns.max() >= box.width - 2
            if "touching" not in page.traits:
                images.append(frame(ink[place].astype(np.float32)))
                shown.append(int(digit))
        assert outside.sum() <= 0.01 * ink.sum()  # a little dirt
    assert len(shown) > 50
    assert (Reader().classify(np.stack(images)).argmax(axis=1) == shown).mean() > 0.85


def test_a_page_says_what_is_special_about_it(pages: list[SyntheticPage]) -> None:
    seen = {trait for page in pages for trait in page.traits}
    paper, light = {"ruled", "squared", "boxed", "signs"}, {"lit", "shadow", "inverted"}
    assert seen == {"touching", "near", "wide"} | paper | light
    for page in pages:
        assert len(page.traits & {"touching", "near", "wide"}) == 1
        assert len(page.traits & {"ruled", "squared", "boxed"}) <= 1
        assert "lit" in page.traits or "shadow" not in page.traits
        if "lit" not in page.traits:
            assert page.pixels[0, 0] in (0, 255) or page.traits & {"ruled", "squared"}
            assert ("inverted" in page.traits) == (np.median(page.pixels) < 128)


def test_the_same_numbers_write_the_same_page(digits: Dataset) -> None:
    one, same, other = (PageWriter(digits).write(np.random.default_rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.pixels, same.pixels)
    assert (one.text, one.boxes, one.traits) == (same.text, same.boxes, same.traits)
    assert one.text != other.text
