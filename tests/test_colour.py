"""Ink that is as bright as its paper: grey from the colours alone."""

import io
import os
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from inkdigits import Reader, load_mnist
from inkdigits.reading import Page, decode

INKS = {
    "red on green": ((60, 160, 60), (230, 72, 90)),
    "blue on sand": ((200, 180, 150), (150, 195, 205)),
    "pink on grey": ((200, 200, 200), (215, 190, 208)),
}
"""Paper and ink of the same brightness (ITU-R BT.601), within three levels."""

IMAGES = load_mnist()[1].images
READER = Reader(threads=1)


def written(
    paper: tuple[int, int, int], ink: tuple[int, int, int], digit: int, shade: float = 0.0
) -> Image.Image:
    """A test digit on paper, with a camera's noise, and with less light on the right."""
    strokes = cv2.resize(IMAGES[digit], (280, 280), interpolation=cv2.INTER_CUBIC) / 255
    strokes = np.pad(strokes, ((60, 60), (90, 90)))[..., np.newaxis]
    page = np.array(paper) * (1 - strokes) + np.array(ink) * strokes
    page *= 1 - shade * np.linspace(0, 1, page.shape[1])[:, np.newaxis]
    page += np.random.default_rng(digit).normal(0, 2, page.shape)
    return Image.fromarray(page.clip(0, 255).astype(np.uint8))


def jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90)
    return file.getvalue()


@pytest.mark.parametrize("name", INKS)
@pytest.mark.parametrize("shade", [0, 0.4])
def test_ink_as_bright_as_its_paper_is_found_by_its_colour(name: str, shade: float) -> None:
    paper, ink = INKS[name]
    brightness = np.array([0.299, 0.587, 0.114])
    assert abs(paper @ brightness - ink @ brightness) < 3
    for digit, label in enumerate("7210"):
        content = jpeg(written(paper, ink, digit, shade))
        page = decode(content, by_colour=True)
        assert (page.width, page.height) == (460, 400)
        assert READER.read(page.pixels).text == label


def test_the_range_of_colours_is_stretched() -> None:
    page = decode(written(*INKS["red on green"], digit=0), by_colour=True)
    assert page.pixels.min() == 0
    assert page.pixels.max() == 255
    pale = decode(written(*INKS["pink on grey"], digit=0), by_colour=True)
    assert 60 < np.ptp(pale.pixels) < 200


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "F", "RGB", "RGBA", "CMYK"])
def test_a_page_without_colour_is_flat(mode: str) -> None:
    grey = np.linspace(0, 255, 4000).reshape(50, 80).astype(np.uint8)
    if mode == "I;16":
        image = Image.fromarray(grey.astype(np.uint16) * 257)
    else:
        image = Image.fromarray(grey).convert(mode)
    assert np.ptp(decode(image, by_colour=True).pixels) == 0


def test_noise_stays_noise() -> None:
    rng = np.random.default_rng(0)
    for deviation in (1, 4, 8):
        noise = rng.normal(200, deviation, (400, 300, 3)).clip(0, 255).astype(np.uint8)
        page = decode(jpeg(Image.fromarray(noise)), by_colour=True)
        assert page.pixels.std() < 2 * deviation
        assert READER.read(page.pixels).text == ""


def test_every_kind_of_file_has_colour() -> None:
    image = written(*INKS["red on green"], digit=0)
    expected = decode(image, by_colour=True).pixels.astype(int)
    for kind in ("PNG", "TIFF", "WEBP", "AVIF", "PDF"):
        file = io.BytesIO()
        image.save(file, kind)
        page = decode(file.getvalue(), by_colour=True)
        assert isinstance(page, Page)
        found = cv2.resize(page.pixels, (460, 400), interpolation=cv2.INTER_AREA)
        # Which end of the axis is dark is left open.
        distance = min(np.abs(found - expected).mean(), np.abs(255 - found - expected).mean())
        assert distance < 8


def test_colours_under_transparency_do_not_show() -> None:
    image = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    image.paste((0, 90, 0, 255), (10, 10, 20, 20))
    page = decode(image, by_colour=True)
    assert page.pixels[15, 15] != page.pixels[0, 0]
    assert len(np.unique(page.pixels)) == 2


def test_each_page_is_read_by_its_colours_however_it_comes(tmp_path: Path) -> None:
    """A path, a file, and a pipe that cannot be turned back; the second page, too."""
    path = tmp_path / "two.tiff"
    one, other = (written(*INKS["red on green"], digit=digit) for digit in (0, 1))
    one.save(path, save_all=True, append_images=[other])
    content = path.read_bytes()
    assert [reading.text for reading in READER.read_pages(path)] == ["7", "2"]
    assert [reading.text for reading in READER.read_pages(io.BytesIO(content))] == ["7", "2"]
    with path.open("rb") as file:
        assert [reading.text for reading in READER.read_pages(file)] == ["7", "2"]
    ends = os.pipe()

    def write() -> None:
        with os.fdopen(ends[1], "wb") as into:
            into.write(content)

    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(ends[0], "rb") as pipe:
        assert [reading.text for reading in READER.read_pages(pipe)] == ["7", "2"]
    writer.join()
