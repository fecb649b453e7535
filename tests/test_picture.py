"""Decoding pictures: every kind that people have, and every kind that should be refused."""

import io
import struct
import subprocess
import sys
import time
import warnings
import zlib
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, UnidentifiedImageError

from inkdigits.errors import PictureError
from inkdigits.reading import decode
from inkdigits.reading.page import MAX_SIDE_DECODED

from .conftest import block_imports


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


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "TIFF", "PPM", "WEBP", "JPEG", "AVIF"])
def test_every_format(kind: str) -> None:
    lossy = kind in ("JPEG", "AVIF")
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95} if lossy else {}
    page = decode(encoded(gradient(), kind, **options))
    np.testing.assert_allclose(page.pixels, np.asarray(gradient()), atol=4 if lossy else 0)
    assert page.pixels.dtype == np.uint8
    assert (page.width, page.height, page.number, page.scale) == (40, 30, 0, 1)


def heic(image: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    pillow_heif.from_pillow(image).save(file, **options)
    return file.getvalue()


def test_heic(tmp_path: Path) -> None:
    content = heic(gradient(), quality=95)
    path = tmp_path / "photo.heic"
    path.write_bytes(content)
    for picture in (content, path, io.BytesIO(content)):
        page = decode(picture)
        np.testing.assert_allclose(page.pixels, np.asarray(gradient()), atol=6)
        assert (page.width, page.height) == (40, 30)
    for mode in ("RGB", "RGBA", "L"):
        page = decode(heic(gradient().convert(mode), quality=95))
        np.testing.assert_allclose(page.pixels, np.asarray(gradient()), atol=8)


def test_heic_is_turned_upright_once() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = gradient().transpose(Image.Transpose.ROTATE_90)
    page = decode(heic(stored, quality=95, exif=exif.tobytes()))
    np.testing.assert_allclose(page.pixels, np.asarray(gradient()), atol=6)


def test_opening_a_heic_leaves_pillow_as_it_was() -> None:
    content = heic(gradient())
    decode(content)
    with pytest.raises(UnidentifiedImageError):
        Image.open(io.BytesIO(content))


def test_a_missing_extra_is_named(tmp_path: Path) -> None:
    path = tmp_path / "photo.heic"
    path.write_bytes(heic(gradient()))
    with (
        block_imports("pillow_heif", "_pillow_heif"),
        pytest.raises(PictureError, match=r'photo.heic.*: pip install "inkdigits\[heic\]"$'),
    ):
        decode(path)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "I;16", "F"])
def test_a_large_picture_is_shrunk_by_averaging(mode: str) -> None:
    """Its pixels are few, its width and height are those of the picture."""
    rng = np.random.default_rng(0)
    grey = cv2.resize(rng.integers(0, 256, (60, 80), np.uint8), (3001, 2301))
    expected = cv2.resize(grey, (1600, 1227), interpolation=cv2.INTER_AREA)
    if mode == "I;16":
        image = Image.fromarray(grey.astype(np.uint16) * 257)
    else:
        image = Image.fromarray(grey).convert(mode)
    page = decode(encoded(image, "TIFF"))
    assert (page.width, page.height) == (3001, 2301)
    assert page.scale == pytest.approx(3001 / 1600)
    np.testing.assert_allclose(page.pixels, expected, atol=2)


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("by_colour", [False, True])
@pytest.mark.parametrize("width", [2047, 4000, 4095, 4096, 9001, 16_000])
def test_a_large_jpeg_is_decoded_small(width: int, orientation: int, by_colour: bool) -> None:
    height = width // 4
    image = Image.new("RGB", (width, height), "white")
    image.paste("red", (width // 2, 0, width, height // 2))
    exif = Image.Exif()
    exif[0x0112] = orientation
    page = decode(encoded(image, "JPEG", exif=exif), by_colour=by_colour)
    pixels = page.pixels if orientation == 1 else np.rot90(page.pixels)
    expected = (width, height) if orientation == 1 else (height, width)
    assert (page.width, page.height) == expected
    longer = min(width, MAX_SIDE_DECODED)
    assert pixels.shape == (round(longer / width * height), longer)
    dark = np.abs(pixels.astype(int) - pixels[-1, 0]) > 50
    rows, columns = dark.nonzero()
    assert columns.min() == pytest.approx(longer / 2, abs=2)
    assert rows.max() == pytest.approx(longer / 8, abs=2)


def test_one_row_of_pixels_stays_one() -> None:
    page = decode(Image.new("L", (60_000, 1), 80))
    assert (page.width, page.height) == (60_000, 1)
    assert page.pixels.shape == (1, MAX_SIDE_DECODED)
    assert (page.pixels == 80).all()


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


@pytest.mark.parametrize("by_colour", [False, True])
@pytest.mark.parametrize(
    "mode",
    [
        *"1LPIF",
        "RGB",
        "RGBA",
        "RGBX",
        "RGBa",
        "LA",
        "La",
        "PA",
        "CMYK",
        "YCbCr",
        "LAB",
        "HSV",
        "I;16",
        "I;16L",
        "I;16B",
    ],
)
def test_every_mode_that_pillow_has(mode: str, by_colour: bool) -> None:
    assert decode(Image.new(mode, (5, 4)), by_colour=by_colour).pixels.shape == (4, 5)


def test_lab_tiffs_are_read() -> None:
    image = Image.merge("LAB", [gradient(), *[Image.new("L", (40, 30), 128)] * 2])
    page = decode(encoded(image, "TIFF"))
    assert np.corrcoef(page.pixels.ravel(), np.asarray(gradient()).ravel())[0, 1] > 0.98


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


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(orientation: int, kind: str) -> None:
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
    options = {"lossless": True} if kind == "WEBP" else {}
    page = decode(encoded(stored, kind, exif=exif, **options))
    np.testing.assert_array_equal(page.pixels, np.asarray(gradient()))
    assert (page.width, page.height) == (40, 30)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_whose_exif_is_damaged_is_read_as_it_stands(kind: str) -> None:
    broken = b"Exif\0\0XX not EXIF at all"
    page = decode(encoded(gradient(), kind, exif=broken, quality=95))
    np.testing.assert_allclose(page.pixels, np.asarray(gradient()), atol=8)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_colours_are_not_mixed_up(kind: str) -> None:
    for mode in ("P", "RGB", "RGBA", "CMYK") if kind == "TIFF" else ("P", "RGB", "RGBA"):
        for colour in ("red", "lime", "blue", "white", "black"):
            image = Image.new("RGB", (8, 8), colour)
            expected = np.asarray(image.convert("L"))
            page = decode(encoded(image.convert(mode), kind))
            np.testing.assert_allclose(page.pixels, expected, atol=1)


def test_a_cmyk_jpeg_of_adobes_is_not_inverted() -> None:
    """Adobe stores CMYK inverted, and says so in a segment of its own; Pillow writes it too."""
    content = encoded(Image.new("CMYK", (16, 16), (0, 0, 0, 255)), "JPEG", quality=95)
    assert b"Adobe" in content
    assert decode(content).pixels.max() < 20
    paper = encoded(Image.new("CMYK", (16, 16), (0, 0, 0, 0)), "JPEG", quality=95)
    assert decode(paper).pixels.min() > 235


def test_a_palette_with_many_degrees_of_transparency() -> None:
    image = Image.new("P", (4, 1))
    image.putpalette([0, 0, 0] * 4)
    image.putdata([0, 1, 2, 3])
    page = decode(encoded(image, "PNG", transparency=bytes([0, 85, 170, 255])))
    np.testing.assert_allclose(page.pixels[0], [255, 170, 85, 0], atol=1)


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
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "I;16", "L"])
def test_a_large_picture_takes_little_more_memory_than_its_decoder(
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
    assert kilobytes < 500_000  # Pillow holds 81 megapixels in 4 bytes each


def large_webp(width: int, height: int) -> bytes:
    """An animation of small frames on a canvas of this size."""
    frames = [Image.new("L", (2, 2), 0), Image.new("L", (2, 2), 255)]
    content = bytearray(encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]))
    assert content[12:16] == b"VP8X"
    content[24:30] = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return bytes(content)


def many_scans(scans: int) -> bytes:
    """A JPEG that goes over its pixels again and again, at ten bytes a time."""
    content = encoded(gradient(400, 300), "JPEG", progressive=True)
    last = content.rfind(b"\xff\xda")
    (length,) = struct.unpack_from(">H", content, last + 2)
    return content[:-2] + content[last : last + 2 + length] * scans + b"\xff\xd9"


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def bad_pictures() -> dict[str, tuple[bytes, str]]:
    jpeg = encoded(gradient(400, 300), "JPEG")
    png = encoded(gradient(400, 300), "PNG")
    return {
        "one pixel wide": (encoded(Image.new("1", (1, 70_000)), "PNG"), "more than 65,535 pixels"),
        "empty": (b"", "is empty"),
        "text": (b"this is a text file called .png", "not a picture of a known format"),
        "truncated jpeg": (half(jpeg), "truncated or damaged"),
        "truncated png": (half(png), "truncated or damaged"),
        "png header alone": (png[:30], "not a picture|truncated or damaged"),
        "no pixels": (png_header(0, 0), "no pixels|not a picture|truncated or damaged"),
        "bomb": (png_header(60_000, 60_000), "more than 89 megapixels"),
        "smaller bomb": (png_header(10_000, 10_000), "more than 89 megapixels"),
        "broken checksum": (png[:60] + b"\0\0\0\0" + png[64:], "truncated or damaged"),
        "large webp": (large_webp(8000, 8000), "more than 25 megapixels.* from WEBP: save it"),
        "text of a large ppm": (b"P3 2000 2000 255\n" + b"1 " * 4_000_000, "save it as PNG"),
        "odd levels of a large ppm": (b"P5 2000 2000 254\n" + bytes(4_000_000), "save it as PNG"),
        "many scans": (many_scans(5000), "more than 200 scans"),
        "heic header": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "truncated or damaged"),
        "half a heic": (half(heic(gradient(400, 300))), "truncated or damaged"),
        "film": (b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + bytes(99), "not a picture"),
        "pdf header": (b"%PDF-1.7\n", "truncated or damaged PDF"),
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


def test_comments_of_a_text_ppm_cost_nothing() -> None:
    content = b"P2 #\n 2 1 # size\n255\n" + b"#\n" * 1_000_000 + b"0 255"
    start = time.perf_counter()
    assert decode(content).pixels.tolist() == [[0, 255]]
    assert time.perf_counter() - start < 2


def test_ordinary_progressive_jpegs_are_read_whatever_hangs_on_them() -> None:
    content = encoded(gradient(400, 300), "JPEG", progressive=True, quality=95)
    film = np.random.default_rng(0).bytes(20_000_000)
    page = decode(content + film)
    np.testing.assert_allclose(page.pixels, np.asarray(gradient(400, 300)), atol=6)


def test_a_picture_in_text_mode_is_a_type_error(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    gradient().save(path)
    with path.open(encoding="latin-1") as file, pytest.raises(TypeError, match="binary file"):
        decode(file)  # type: ignore[arg-type]


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


@pytest.mark.parametrize(
    "header",
    [
        b"P5 #" + b"x" * 3_000_000 + b"\n2 2 255 abcd",
        b"P5 " + b" " * 3_000_000 + b"2 2 255 abcd",
        b"P6 2 " + b"\n" * 3_000_000 + b"2 255 abcdabcdabcd",
    ],
)
def test_a_header_without_end_is_no_picture(header: bytes) -> None:
    start = time.perf_counter()
    with pytest.raises(PictureError, match="not a picture of a known format"):
        decode(header)
    assert time.perf_counter() - start < 0.5


def test_blanks_of_a_text_ppm_cost_nothing() -> None:
    start = time.perf_counter()
    page = decode(b"P2 " + b" " * 10_000_000 + b"2 1 255 0 255")
    assert page.pixels.tolist() == [[0, 255]]
    assert time.perf_counter() - start < 1


def test_what_is_given_bit_by_bit_is_read_whole() -> None:
    """As an unbuffered pipe gives it."""

    class Dripping(io.RawIOBase):
        def __init__(self, content: bytes) -> None:
            self._rest = io.BytesIO(content)

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            part = self._rest.read(min(1000, len(buffer)))
            buffer[: len(part)] = part
            return len(part)

    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 80)).astype(np.uint8)).save(
        file, "PNG"
    )
    page = decode(cast(Any, Dripping(file.getvalue())))
    assert (page.width, page.height) == (80, 90)


def test_a_file_that_cannot_be_read_gets_its_sentence(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        name = "tape"

        def read(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(PictureError, match="tape"):
        decode(Broken(b"abc"))
    with (tmp_path / "new.png").open("wb") as file, pytest.raises(PictureError, match=r"new\.png"):
        decode(cast(Any, file))


def test_numbers_in_another_byte_order_are_the_same() -> None:
    array = np.array([[0, 65535], [257, 514]], np.uint16)
    np.testing.assert_array_equal(decode(array).pixels, decode(array.astype(">u2")).pixels)
