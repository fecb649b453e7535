"""Decoding pictures: every kind that people have, and every kind that should be refused."""

import io
import struct
import subprocess
import sys
import time
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inkdigits.errors import PictureError
from inkdigits.reading import decode


def gradient(width: int = 40, height: int = 30) -> Image.Image:
    """A grey picture that is not the same turned, mirrored or inverted."""
    values = np.linspace(0, 255, width * height).reshape(height, width)
    return Image.fromarray(values.astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)  # type: ignore[arg-type]
    return file.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises a size and holds no pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "TIFF", "PPM", "WEBP", "JPEG"])
def test_every_format(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "JPEG" else {}
    page = decode(encoded(gradient(), kind, **options)).pixels
    np.testing.assert_allclose(page, np.asarray(gradient()), atol=4 if kind == "JPEG" else 0)


def test_every_way_to_hand_a_picture_over(tmp_path: Path) -> None:
    expected = np.asarray(gradient())
    path = tmp_path / "picture.png"
    gradient().save(path)
    for picture in (
        path,
        str(path),
        path.read_bytes(),
        io.BytesIO(path.read_bytes()),
        gradient(),
        expected,
        expected[..., None],
        np.repeat(expected[..., None], 3, axis=2),
        expected.astype(np.uint16) * 257,
        expected / 255.0,
        (expected / 255.0).astype(np.float32),
    ):
        np.testing.assert_allclose(decode(picture).pixels, expected, atol=1)
    with path.open("rb") as file:
        np.testing.assert_array_equal(decode(file).pixels, expected)
    assert decode(expected > 100).pixels.max() == 255


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "LA", "YCbCr"])
def test_every_mode(mode: str) -> None:
    kind = "TIFF" if mode in ("CMYK", "YCbCr") else "PNG"
    image = gradient().convert(mode)
    page = decode(encoded(image, kind)).pixels
    np.testing.assert_allclose(page, np.asarray(image.convert("L")), atol=2)


def test_16_bit_grey() -> None:
    values = np.linspace(0, 65535, 1200).reshape(30, 40).astype(np.uint16)
    page = decode(encoded(Image.fromarray(values), "PNG")).pixels
    np.testing.assert_allclose(page, values / 257, atol=1)


def test_transparency_is_laid_over_white() -> None:
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (5, 5, 15, 15))
    page = decode(image).pixels
    assert page[0, 0] == 255
    assert page[10, 10] == 0


def test_white_strokes_on_nothing_stay_visible() -> None:
    image = Image.new("RGBA", (20, 20), (255, 255, 255, 0))
    image.paste((255, 255, 255, 255), (5, 5, 15, 15))
    page = decode(image).pixels
    assert page[10, 10] > page[0, 0] + 200


def test_a_palette_with_a_transparent_colour() -> None:
    image = gradient().convert("P")
    page = decode(encoded(image, "PNG", transparency=int(np.asarray(image)[0, 0]))).pixels
    assert page[0, 0] == 255


def test_of_an_animation_the_first_frame_counts() -> None:
    frames = [gradient(), Image.new("L", (40, 30), 255)]
    animation = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)
    np.testing.assert_array_equal(decode(animation).pixels, np.asarray(gradient()))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(orientation: int) -> None:
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = gradient().transpose(turn[orientation]) if orientation in turn else gradient()
    exif = Image.Exif()
    exif[0x0112] = orientation
    page = decode(encoded(stored, "PNG", exif=exif)).pixels
    np.testing.assert_array_equal(page, np.asarray(gradient()))


def test_exif_and_cmyk_in_jpeg() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = gradient().transpose(Image.Transpose.ROTATE_90)
    page = decode(encoded(stored, "JPEG", exif=exif, quality=95)).pixels
    np.testing.assert_allclose(page, np.asarray(gradient()), atol=6)
    cmyk = gradient().convert("RGB").convert("CMYK")
    page = decode(encoded(cmyk, "JPEG", quality=95)).pixels
    np.testing.assert_allclose(page, np.asarray(gradient()), atol=8)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_animations_and_single_pixels_in_every_format(kind: str) -> None:
    frames = [Image.new("L", (9, 9), 80), Image.new("L", (9, 9), 255)]
    options = {"lossless": True} if kind == "WEBP" else {}
    film = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=9, **options)
    np.testing.assert_allclose(decode(film).pixels, np.full((9, 9), 80), atol=1)
    assert decode(encoded(Image.new("L", (1, 1), 80), kind, **options)).pixels.shape == (1, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process is read from /proc")
@pytest.mark.parametrize("mode", ["RGBA", "I;16", "L"])
def test_a_large_picture_takes_little_more_memory_than_its_pixels(
    mode: str, tmp_path: Path
) -> None:
    path = tmp_path / "large.png"
    Image.new(mode, (9000, 9000)).save(path)
    probe = (
        "import sys; from inkdigits.reading import decode; decode(sys.argv[1]);"
        "print(*[line for line in open('/proc/self/status') if line.startswith('VmHWM')])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", probe, str(path)], check=True, capture_output=True, text=True
    ).stdout
    kilobytes = int(answer.split()[1])
    assert kilobytes < 1_000_000  # RGBA: 81 megapixels of 4 bytes, and as much again to decode them


def bad_pictures() -> dict[str, tuple[bytes, str]]:
    jpeg = encoded(gradient(400, 300), "JPEG")
    png = encoded(gradient(400, 300), "PNG")
    return {
        "one pixel wide": (encoded(Image.new("1", (1, 70_000)), "PNG"), "more than 65,535 pixels"),
        "empty": (b"", "is empty"),
        "text": (b"this is a text file called .png", "not a picture of a known format"),
        "truncated jpeg": (jpeg[: len(jpeg) // 2], "truncated or damaged"),
        "truncated png": (png[: len(png) // 2], "truncated or damaged"),
        "png header alone": (png[:30], "not a picture|truncated or damaged"),
        "no pixels": (png_header(0, 0), "no pixels|not a picture|truncated or damaged"),
        "bomb": (png_header(60_000, 60_000), "more than 89 megapixels"),
        "smaller bomb": (png_header(10_000, 10_000), "more than 89 megapixels"),
        "broken checksum": (png[:60] + b"\0\0\0\0" + png[64:], "truncated or damaged"),
        "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
    }


@pytest.mark.parametrize("name", bad_pictures())
def test_every_bad_picture_gets_its_sentence_at_once(name: str, tmp_path: Path) -> None:
    content, sentence = bad_pictures()[name]
    path = tmp_path / f"{name}.png"
    path.write_bytes(content)
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # Pillow says so too
        with pytest.raises(PictureError, match=sentence) as caught:
            decode(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros((0, 0), np.uint8), "no pixels"),
        (np.zeros((5,), np.uint8), "is no picture"),
        (np.zeros((5, 5, 2), np.uint8), "is no picture"),
        (np.zeros((5, 5), np.int64), "is no picture"),
        (np.full((5, 5), np.nan), "finite values"),
        (np.full((5, 5), 7.0), "finite values"),
    ],
)
def test_arrays_that_are_no_pictures(array: np.ndarray, sentence: str) -> None:
    with pytest.raises(PictureError, match=sentence):
        decode(array)


def test_other_things_are_a_type_error() -> None:
    with pytest.raises(TypeError, match="not a list"):
        decode([1, 2, 3])  # type: ignore[arg-type]


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="does not exist"):
        decode(tmp_path / "nowhere.png")
    with pytest.raises(PictureError, match="is a folder"):
        decode(tmp_path)
    with pytest.raises(PictureError, match="cannot be read"):
        decode("a\0b.png")


@given(
    kind=st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"]),
    cut=st.floats(0, 1),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8),
)
@settings(deadline=None, max_examples=300)
@pytest.mark.filterwarnings("ignore")  # Pillow warns of damage that it can live with
def test_mutated_files_are_decoded_or_refused(
    kind: str, cut: float, changes: list[tuple[float, int]]
) -> None:
    content = bytearray(encoded(gradient(), kind))
    for where, value in changes:
        content[int(where * len(content))] = value
    try:
        page = decode(bytes(content[: int(cut * len(content)) + 1])).pixels
    except PictureError:
        return
    assert page.dtype == np.uint8
    assert page.ndim == 2
