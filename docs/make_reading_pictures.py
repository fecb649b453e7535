"""Make the pictures of docs/reading.md and of the README's example.

The handwriting is MNIST's test digits, drawn anew; everything else is what the reader makes of it.

    python docs/make_reading_pictures.py
"""

import json
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from inkdigits import Reader, load_mnist
from inkdigits.evaluation.figures import ACCENT, INK, MUTED, figure, save, tidy
from inkdigits.reading.explain import draw_explanation
from inkdigits.reading.ink import find_ink
from inkdigits.reading.marks import find_marks
from inkdigits.reading.picture import decode
from inkdigits.reading.show import draw_reading
from inkdigits.synthesis import PageWriter, simulate
from inkdigits.synthesis.pen import Hand, redraw
from inkdigits.synthesis.skeleton import skeletons

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
RESULTS = HERE.parent / "benchmarks" / "results"

SIZE = (900, 600)
LINES = ("30 5 2026", "427,80", "1 9 6 4 0 8")


def note() -> Image.Image:
    """Write a note on ruled paper, and take its picture under a lamp."""
    test = load_mnist()[1]
    labels = test.require_labels()[:400]
    paths = skeletons(test.images[:400])
    rng = np.random.default_rng(11)
    width, height = SIZE
    ink, rules = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    for y in range(90, height, 75):
        cv2.line(rules, (0, y), (width, y + 8), 0.35, 2, cv2.LINE_AA)
    for row, line in enumerate(LINES):
        x, base = 90.0, 165 + 150 * row
        for sign in line:
            if sign == " ":
                x += 45
                continue
            foot = base + 8 * x / width
            if sign == ",":
                cv2.line(ink, (int(x) + 6, int(foot) - 4), (int(x), int(foot) + 14), 1.0, 4)
                x += 26
                continue
            hand = Hand(height=78 + rng.normal(0, 5), radius=0.032, slant=0.12, tremor=0.008)
            digit = redraw(paths[rng.choice(np.flatnonzero(labels == int(sign)))], hand, rng)
            rows, columns = (np.flatnonzero(digit.any(axis=axis)) for axis in (1, 0))
            digit = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            h, w = digit.shape
            top, left = int(foot - h), int(x)
            region = ink[top : top + h, left : left + w]
            np.maximum(region, digit, out=region)
            x += w + rng.uniform(4, 16)
    return photograph(ink, rules, rng)


def photograph(
    ink: npt.NDArray[np.float32], rules: npt.NDArray[np.float32], rng: np.random.Generator
) -> Image.Image:
    height, width = ink.shape
    paper, blue, pen = (
        np.array(rgb, float) for rgb in [(240, 234, 214), (120, 150, 200), (28, 38, 96)]
    )
    page = paper + (blue - paper) * rules[..., None]
    page += (pen - page) * ink[..., None]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    shadow = 1 / (1 + np.exp((x + 0.5 * y - 0.9) / 0.12))  # a hand's, in the corner
    light = (1.02 - 0.16 * ((x + 0.4) ** 2 + (y + 0.5) ** 2)) * (0.68 + 0.32 * shadow)
    page = cv2.GaussianBlur(page * light[..., None], (0, 0), 0.8)
    return Image.fromarray((page + rng.normal(0, 3, page.shape)).clip(0, 255).astype(np.uint8))


def draw_the_way(path: Path) -> None:
    """Draw what each step of reading makes of a picture."""
    page = decode(path)
    ink = find_ink(page.pixels)
    reader = Reader()
    reading = reader.read(path)
    plot = figure(10, 7.4)
    grid = plot.add_gridspec(3, 1, height_ratios=(3.2, 3.2, 0.8))
    upper, lower = grid[0].subgridspec(1, 2), grid[1].subgridspec(1, 2)
    titles = ("1  the page, decoded", "2  the ink found on it", "3  rules cleared, marks parted")
    panels = [plot.add_subplot(cell) for cell in (upper[0], upper[1], lower[0], lower[1])]
    contrast = np.clip(ink.contrast * (255 / ink.full), 0, 255)
    marks = np.zeros_like(ink.contrast, np.float32)
    for mark in find_marks(ink, lambda _: False):
        region = marks[mark.box.y : mark.bottom, mark.box.x : mark.right]
        np.maximum(region, mark.strokes, out=region)
    for axes, title, image in zip(
        panels,
        (*titles, "5  digits, in reading order"),
        (page.pixels, 255 - contrast, 1 - marks, None),
    ):
        axes.set_title(title, fontsize=11, loc="left")
        axes.set_axis_off()
        if image is None:
            axes.imshow(draw_reading(path, reading))
        else:
            axes.imshow(image, cmap="gray")
    strip = plot.add_subplot(grid[2])
    strip.imshow(255 - np.hstack([digit.image for digit in reading.digits]), cmap="gray")
    strip.set_title("4  marks, framed as the network sees them", fontsize=11, loc="left")
    strip.set_axis_off()
    save(plot, PICTURES / "way.png")


def draw_simulated_marks() -> None:
    """Draw marks that the reader's network learns from."""
    digits = load_mnist()[0].take(np.arange(400))
    marks = simulate(digits, copies=1, negatives=0.5, seed=4)
    rows = (("MNIST", 0), ("drawn anew", 400), ("no digit", len(marks) - 190))
    plot = figure(10, 3.4)
    axes = plot.subplots(len(rows), 1)
    for (title, start), panel in zip(rows, axes):
        images = marks.images[start : start + 60].reshape(2, 30, 28, 28)
        panel.imshow(images.transpose(0, 2, 1, 3).reshape(56, 840), cmap="gray_r")
        panel.set_axis_off()
        panel.set_title(title, fontsize=10, loc="left")
    save(plot, PICTURES / "simulated.png")


def draw_pages() -> None:
    """Draw synthesised pages, as the oracle reads them."""
    writer, rng = PageWriter(load_mnist()[1].take(np.arange(1000))), np.random.default_rng(12)
    plot = figure(10, 4.6)
    for axes in plot.subplots(2, 5).flat:
        page = writer.write(rng)
        axes.imshow(page.pixels, cmap="gray", vmin=0, vmax=255)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_title(", ".join(sorted(page.traits)), fontsize=8)
    save(plot, PICTURES / "pages.png")


def draw_coverage() -> None:
    """Draw accuracy against coverage, from benchmarks/results/confidence.json."""
    figures = json.loads((RESULTS / "confidence.json").read_text(encoding="utf-8"))
    plot = figure(9, 3.6)
    left, right = plot.subplots(1, 2)
    for name, label, colour in (
        ("mnist_test", "MNIST test set", INK),
        ("drawn_anew", "drawn anew by other hands", ACCENT),
    ):
        curve = figures[name]["curve"]
        coverage = [100 * point["coverage"] for point in curve]
        left.plot(coverage, [100 * point["accuracy"] for point in curve], color=colour, label=label)
        asked = [point["min_confidence"] for point in curve]
        right.plot(asked, coverage, color=colour, label=f"answered: {label}")
    none = figures["no_digit"]["taken_for_a_digit"]
    right.plot(
        np.linspace(0, 1, len(none)),
        100 * np.array(none),
        color=MUTED,
        label="no digit, taken for one",
    )
    right.axvline(figures["threshold"], color=MUTED, linestyle=":", label="the model's threshold")
    left.set_xlabel("digits answered (%)")
    left.set_ylabel("of these right (%)")
    right.set_xlabel("least confidence asked for")
    right.set_ylabel("%")
    for axes, place in ((left, "lower left"), (right, "center left")):
        tidy(axes)
        axes.legend(fontsize=8, frameon=False, loc=place)
    save(plot, PICTURES / "coverage.png")


def main() -> None:
    path = PICTURES / "note.jpg"
    note().save(path, quality=88)
    reader = Reader()
    reading = reader.read(path)
    draw_reading(path, reading).save(PICTURES / "note-read.png")
    draw_explanation(reader.classify_marks, reading).save(PICTURES / "note-explained.png")
    draw_the_way(path)
    draw_simulated_marks()
    draw_pages()
    draw_coverage()
    print(reading.text)


if __name__ == "__main__":
    main()
