"""Make the README's page with a seven, and copy the plots of a run.

inkdigits train
python docs/make_pictures.py runs/reference
"""

import shutil
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from inkdigits import load_mnist

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


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    seven = load_mnist()[1].images[0]
    page = photograph(seven, (235, 228, 205), (35, 45, 110), side=150, seed=1)
    page.save(PICTURES / "seven.png")
    for name in ("history", "confusion", "misread"):
        shutil.copy(Path(sys.argv[1]) / "plots" / f"{name}.png", PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
