"""Make the pictures of the README: pages that are read, and the plots of a run.

inkdigits train
python docs/make_pictures.py runs/reference
"""

import shutil
import sys
from pathlib import Path

import numpy as np
from matplotlib.patches import Rectangle
from PIL import Image, ImageFilter

from inkdigits import Reader, load_mnist
from inkdigits.evaluation.figures import ACCENT, INK, MUTED, figure, save, show_digit, tidy
from inkdigits.reading import frame_picture

PICTURES = Path(__file__).parent / "pictures"

Grey = tuple[int, int, int]


def photograph(digit: np.ndarray, paper: Grey, ink: Grey, *, side: int, seed: int) -> Image.Image:
    """Write a digit (28, 28) somewhere on a page of 320×240 pixels, in uneven light, with noise."""
    rng = np.random.default_rng(seed)
    width, height = 320, 240
    mask = Image.new("L", (width, height))
    place = int(rng.integers(width - side)), int(rng.integers(height - side))
    mask.paste(Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC), place)
    page = Image.new("RGB", (width, height), paper)
    page.paste(Image.new("RGB", page.size, ink), mask=mask)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = 1 - 0.18 * ((x - rng.uniform(-1, 1)) ** 2 + (y - rng.uniform(-1, 1)) ** 2)
    noise = rng.normal(0, 4, (height, width, 3))
    pixels = np.asarray(page.filter(ImageFilter.GaussianBlur(0.7))) * light[..., None] + noise
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def pages() -> list[Image.Image]:
    images = load_mnist()[1].images
    return [
        photograph(images[0], (235, 228, 205), (35, 45, 110), side=150, seed=1),
        photograph(images[18], (245, 245, 245), (120, 120, 125), side=110, seed=2),
        photograph(images[15], (38, 60, 48), (235, 235, 225), side=190, seed=6),
        photograph(images[84], (250, 215, 120), (20, 20, 20), side=90, seed=4),
    ]


def draw_readings(pictures: list[Image.Image]) -> None:
    """Draw each page with the box, what the network saw of it, and the probabilities."""
    reader = Reader()
    plot = figure(10, 5.6)
    above, middle, below = plot.subplots(3, len(pictures), height_ratios=(3, 2, 1.5))
    for picture, page, digit, bars in zip(pictures, above, middle, below, strict=True):
        reading = reader.read(picture)
        page.imshow(picture)
        page.set_axis_off()
        for found in reading.digits:
            x, y, width, height = found.box
            box = Rectangle((x, y), width, height, fill=False, edgecolor=ACCENT, linewidth=2)
            page.add_patch(box)
        page.set_title(f"{reading.text}  ({reading.confidence:.1%} sure)", fontsize=11)
        image = frame_picture(picture)
        assert image is not None
        show_digit(digit, image)
        probabilities = reader.classify(image[np.newaxis])[0]
        colours = np.where(probabilities == probabilities.max(), INK, MUTED)
        bars.bar(range(10), probabilities, color=colours)
        bars.set_xticks(range(10))
        bars.set_yticks([0, 1])
        bars.set_ylim(0, 1.05)
        tidy(bars)
    for axes, label in (
        (middle[0], "what the\nnetwork sees"),
        (below[0], "probability"),
    ):
        axes.set_ylabel(label, fontsize=9)
    save(plot, PICTURES / "reading.png")


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    pictures = pages()
    pictures[0].save(PICTURES / "seven.png")
    draw_readings(pictures)
    for name in ("history", "confusion", "misread", "reliability"):
        shutil.copy(Path(sys.argv[1]) / "plots" / f"{name}.png", PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
