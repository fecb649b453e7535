"""Pictures of every format, and damage done to them: what `fuzz.py` and the tests read.

File number `n` of a seed is always the same, as long as the libraries that write the whole pictures
are.
"""

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache

import numpy as np
import pillow_heif
from PIL import Image

__all__ = ["damaged", "mutated", "whole_pictures"]

Random = np.random.Generator

_EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
"""Numbers at which programs go wrong."""


def mutated(number: int, seed: int) -> tuple[str, bytes]:
    """Return the format and the content of one damaged picture."""
    random = np.random.default_rng((seed, number))
    pictures = whole_pictures()
    name = sorted(pictures)[random.integers(len(pictures))]
    content = pictures[name]
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        content = damaged(content, random)
    # Without this every change of a PNG is found by its checksum.
    if name.startswith("png") and random.random() < 0.8:
        content = _with_checksums(content)
    return name.split()[0], content


def damaged(content: bytes, random: Random) -> bytes:
    """Do one kind of damage to bytes of any kind."""
    change = _CHANGES[random.integers(len(_CHANGES))]
    return change(content, random)


@cache
def whole_pictures() -> dict[str, bytes]:
    """Encode a small picture in every format and in many of its variants."""
    colour, grey, clear = _drawing("RGB"), _drawing("L"), _drawing("RGBA")
    more = [colour.rotate(90), colour.rotate(180)]
    film = {"save_all": True, "append_images": more, "duration": 50}
    sheets = {"save_all": True, "append_images": more}
    exif = Image.Exif()
    exif[0x0112] = 6
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    return {
        "png colour": _encoded(colour, "PNG", exif=exif),
        "png palette": _encoded(colour.convert("P"), "PNG", transparency=3),
        "png clear": _encoded(clear, "PNG"),
        "png 16 bit": _encoded(deep, "PNG"),
        "png film": _encoded(colour, "PNG", **film),
        "jpeg": _encoded(colour, "JPEG", exif=exif),
        "jpeg progressive": _encoded(colour, "JPEG", progressive=True, subsampling=0),
        "jpeg cmyk": _encoded(colour.convert("CMYK"), "JPEG"),
        "jpeg large": _encoded(colour.resize((2600, 60)), "JPEG"),
        "webp": _encoded(colour, "WEBP", exif=exif),
        "webp lossless": _encoded(clear, "WEBP", lossless=True),
        "webp film": _encoded(colour, "WEBP", **film),
        "gif": _encoded(grey, "GIF"),
        "gif film": _encoded(colour, "GIF", **film),
        "bmp": _encoded(colour, "BMP"),
        "bmp palette": _encoded(grey, "BMP"),
        "bmp 1 bit": _encoded(grey.convert("1"), "BMP"),
        "tiff": _encoded(colour, "TIFF", exif=exif),
        "tiff 16 bit": _encoded(deep, "TIFF"),
        "tiff fax": _encoded(grey.convert("1"), "TIFF", compression="group4"),
        "tiff pages": _encoded(colour, "TIFF", compression="tiff_lzw", **sheets),
        "tiff jpeg": _encoded(colour, "TIFF", compression="jpeg"),
        "tiff deflate": _encoded(clear, "TIFF", compression="tiff_deflate"),
        "avif": _encoded(colour, "AVIF", exif=exif),
        "heic": _heic(colour, exif=exif.tobytes()),
        "heic clear": _heic(clear),
        "heic tiles": _heic(colour.resize((200, 120)), tile_size=64),
        "pdf scan": _encoded(colour, "PDF", **sheets),
        "pdf fax": _encoded(grey.convert("1"), "PDF"),
        "pdf drawing": _PDF_DRAWING,
        "ppm": _encoded(colour, "PPM"),
        "ppm 16 bit": b"P5 3 2 65535\n" + bytes(range(12)),
        "ppm text": b"P3 # a picture\n2 2 255\n" + b"0 128 255 7 " * 3,
        "ppm text of bits": b"P1 4 2\n10 01 1100",
    }


def _drawing(mode: str) -> Image.Image:
    image = Image.new(mode, (64, 48), "white" if mode != "RGBA" else (255, 255, 255, 0))
    image.paste("black", (28, 8, 34, 40))
    image.paste("gray", (10, 30, 20, 36))
    return image


def _encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)  # type: ignore[arg-type]
    return file.getvalue()


def _heic(image: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    pillow_heif.from_pillow(image).save(file, **options)
    return file.getvalue()


_PDF_DRAWING = b"""%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 90 60]/Contents 4 0 R/Rotate 90
/Resources<</XObject<</F 5 0 R/I 6 0 R>>/Font<</A<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>
/Pattern<</P <</PatternType 2/Shading<</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 9 9]
/Function<</FunctionType 2/Domain[0 1]/C0[0]/C1[1]/N 1>>>>>>>>>>>> endobj
4 0 obj <</Length 190>> stream
q 2 w 10 10 m 40 50 l 60 20 70 20 80 50 c S Q
q /F Do Q q 20 0 0 20 60 5 cm /I Do Q
BT /A 20 Tf 20 20 Td (47) Tj ET
/Pattern cs /P scn 0 0 9 9 re f
[3 1] 0 d 1 0 0 RG 5 5 20 20 re s
endstream endobj
5 0 obj <</Type/XObject/Subtype/Form/BBox[0 0 90 60]/Length 20>> stream
0 0 m 9 9 l 9 0 l b*
endstream endobj
6 0 obj <</Type/XObject/Subtype/Image/Width 4/Height 4/BitsPerComponent 8/ColorSpace/DeviceGray
/Filter/ASCIIHexDecode/Length 33>> stream
00ff00ff11ee11ee22dd22dd33cc33cc>
endstream endobj
trailer <</Root 1 0 R/Size 7>>
%%EOF
"""


def _flip_bits(content: bytes, random: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(random.integers(1, 17)):
        if changed:
            changed[random.integers(len(changed))] ^= 1 << random.integers(8)
    return bytes(changed)


def _break_off(content: bytes, random: Random) -> bytes:
    return content[: random.integers(len(content) + 1)]


def _splice(content: bytes, random: Random) -> bytes:
    """Put a piece of another picture in the place of a piece of this one."""
    others = list(whole_pictures().values())
    other = others[random.integers(len(others))]
    start, end = _piece(content, random)
    from_, to = _piece(other, random)
    return content[:start] + other[from_:to] + content[end:]


def _edit_number(content: bytes, random: Random) -> bytes:
    """Write a number at which programs go wrong, most often into the header."""
    width = int(random.choice([1, 2, 4]))
    reach = min(len(content), 128) if random.random() < 0.7 else len(content)
    if reach < width:
        return content
    place = random.integers(reach - width + 1)
    value = int(random.choice(_EDGES)) % (1 << 8 * width)
    written = value.to_bytes(width, "big" if random.random() < 0.5 else "little")
    return content[:place] + written + content[place + width :]


def _edit_digit(content: bytes, random: Random) -> bytes:
    """Change a number that is written in digits, as PDF and PPM have them."""
    places = [place for place, byte in enumerate(content[:4096]) if 48 <= byte <= 57]
    if not places:
        return content
    place = places[random.integers(len(places))]
    written = (b"", b"0", b"-1", b"9", b"99", b"9999999999", b"0.00001", b"65536")
    return content[:place] + written[random.integers(len(written))] + content[place + 1 :]


def _repeat(content: bytes, random: Random) -> bytes:
    start, end = _piece(content, random)
    return content[:end] + content[start:end] * int(random.integers(1, 4)) + content[end:]


def _leave_out(content: bytes, random: Random) -> bytes:
    start, end = _piece(content, random)
    return content[:start] + content[end:]


def _piece(content: bytes, random: Random) -> tuple[int, int]:
    start = int(random.integers(len(content) + 1))
    return start, min(len(content), start + int(2 ** random.uniform(0, 10)))


_CHANGES: tuple[Callable[[bytes, Random], bytes], ...] = (
    *(_flip_bits, _break_off, _splice, _edit_number, _edit_number),
    *(_edit_digit, _repeat, _leave_out),
)


def _with_checksums(png: bytes) -> bytes:
    changed, place = bytearray(png), 8
    while place + 12 <= len(changed):
        (length,) = struct.unpack_from(">I", changed, place)
        end = place + 8 + length
        if end + 4 > len(changed):
            break
        struct.pack_into(">I", changed, end, zlib.crc32(changed[place + 4 : end]))
        place = end + 4
    return bytes(changed)
