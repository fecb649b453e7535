"""Decode any picture into upright grey pages.

Pictures come from strangers: only formats on a list are opened, and size is checked before a pixel
is decoded.
"""

import contextlib
import io
import math
import os
import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, TypeGuard, cast

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from inkdigits.errors import MissingExtraError, PictureError, reason
from inkdigits.reading.heic import is_heic, open_heic
from inkdigits.reading.limits import MAX_BYTES, MAX_PAGES, check_size, too_large
from inkdigits.reading.page import DAMAGE, MAX_SIDE_DECODED, Page, Tone, make_page
from inkdigits.reading.pdf import is_pdf, pdf_pages

__all__ = [
    "FORMATS",
    "FileInMemory",
    "Page",
    "Picture",
    "decode",
    "in_memory",
    "open_colours",
    "pages",
]

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF")
"""What Pillow may open. HEIC and PDF have libraries of their own."""

_MAX_SLOW_PIXELS = 2_000_000  # Pillow decodes some PPMs in Python, a microsecond a pixel
_MAX_SCANS = 200  # no camera makes more than a dozen

# Width, height and, but for P4, what white is; with blanks and comments, in the first kilobyte.
_PPM_GAP = rb"(?:\s|#[^\r\n]*[\r\n])+"
_PPM_HEADER = re.compile(rb"P4(?:%b\d+){2}\s|P\w+(?:%b[-+.\w]+){3}\s" % (_PPM_GAP, _PPM_GAP))
_SUBFILE = 254  # the TIFF tag that says what a frame is
_NO_PAGE = 1 | 4  # a smaller copy of another frame, or a mask for one

Picture: TypeAlias = "str | os.PathLike[str] | bytes | BinaryIO | npt.NDArray[Any] | Image.Image"


def decode(picture: Picture, *, by_colour: bool = False) -> Page:
    """Decode a picture of any kind, or the first page of it, into an upright grey page.

    EXIF orientation is applied, transparency is laid over white (over black where that would leave
    nothing to see), 16 bits become 8, and of an animation the first frame counts.

    Args:
        picture: path, encoded bytes, binary file, Pillow image, or array: bool, uint8 0…255,
            uint16 0…65535 or float 0…1, of shape ``(height, width)`` or ``(height, width, 1|3|4)``
            with the channels in the order red, green, blue, alpha.
        by_colour: make grey of the colours alone and not of their brightness, for ink that is as
            bright as its paper.

    Raises:
        PictureError: missing, unreadable, damaged, empty, of no known format, past the limits, or
            of a format whose extra is not installed.
        TypeError: the picture is none of the above.
    """
    return _one_page(picture, Tone.HUE if by_colour else Tone.BRIGHTNESS, 0)


def open_colours(picture: Picture, number: int = 0) -> Page:
    """Decode one page of a picture in its own colours.

    Args:
        picture: as `decode` takes it.
        number: of the page, counted from 0.

    Returns:
        A page whose pixels are uint8 ``(height, width, 3)``: red, green, blue.

    Raises:
        PictureError: as `decode` raises it; or there is no such page.
        TypeError: the picture is not one.
    """
    return _one_page(picture, Tone.COLOURS, number)


def pages(picture: Picture, start: int = 0) -> Generator[Page | PictureError, None, None]:
    """Decode the pages of a picture one by one: of a PDF or TIFF all, of any other the only one.

    Args:
        picture: as `decode` takes it.
        start: number of the page to begin with, counted from 0.

    Yields:
        A page; or, where one cannot be decoded, the error that says why, so that the pages after
        it still come. After `MAX_PAGES` comes an error that says that the rest is not read.

    Raises:
        PictureError: the picture as a whole cannot be opened.
        TypeError: the picture is not one.
    """
    return _pages(picture, Tone.BRIGHTNESS, start)


class FileInMemory(io.BytesIO):
    """What was in a file of the caller's, under the same name."""

    name: str


def in_memory(file: BinaryIO) -> FileInMemory:
    """Read a file from its start, or on from where it stands if it cannot be turned back."""
    if _is_seekable(file):
        file.seek(0)
    content = bytearray()
    # An unbuffered file gives what there is, not what was asked for.
    while len(content) <= MAX_BYTES and (part := file.read(MAX_BYTES + 1 - len(content))):
        content += part
    copy = FileInMemory(content)
    copy.name = _name_of(file)
    return copy


def _is_seekable(file: BinaryIO) -> bool:
    return hasattr(file, "seekable") and file.seekable()


def _is_file(picture: Picture) -> TypeGuard[BinaryIO]:
    return hasattr(picture, "read") and not isinstance(picture, io.TextIOBase)


def _name_of(file: BinaryIO) -> str:
    name = getattr(file, "name", None)
    return name if isinstance(name, str) and name else "the picture"  # or a file's number


def _one_page(picture: Picture, tone: Tone, number: int) -> Page:
    with contextlib.closing(_pages(picture, tone, start=number)) as the_pages:
        page = next(the_pages, None)
    if page is None:
        raise PictureError(f"the picture has no page {number + 1}")
    return _sound(page)


def _pages(
    picture: Picture, tone: Tone, start: int = 0
) -> Generator[Page | PictureError, None, None]:
    if isinstance(picture, np.ndarray | Image.Image):
        if start:
            return
        image = picture if isinstance(picture, Image.Image) else _from_array(picture)
        yield _page(image, "the image", tone=tone)
        return
    with _opened(picture) as (file, name):
        try:
            for number, page in enumerate(
                _pages_of_file(file, name, tone=tone, start=start), start
            ):
                if number == MAX_PAGES:
                    yield PictureError(f"{name} has more pages than {MAX_PAGES:,}: no more is read")
                    return
                yield page
        except MissingExtraError as error:
            raise PictureError(f"{name} cannot be read: {error}") from error


@contextlib.contextmanager
def _opened(picture: str | os.PathLike[str] | bytes | BinaryIO) -> Iterator[tuple[BinaryIO, str]]:
    """Give the file of a picture, at its start, and what to call it."""
    with contextlib.ExitStack() as stack:
        if isinstance(picture, bytes):
            file: BinaryIO = io.BytesIO(picture)
            name = "the picture"
        elif isinstance(picture, str | os.PathLike):
            file = stack.enter_context(_open_path(Path(picture)))
            name = str(Path(picture))
        elif _is_file(picture):
            file, name = picture, _name_of(picture)
        else:
            raise TypeError(
                "a picture is a path, bytes, a binary file, a Pillow image or an array, not a "
                f"{type(picture).__name__}"
            )
        try:
            if not _is_seekable(file):  # a path, too, may be a pipe's
                file = in_memory(file)
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
        except (OSError, ValueError) as error:
            if getattr(file, "closed", False):
                raise PictureError(f"{name} is closed") from error
            raise PictureError(f"{name} cannot be read: {_why(error)}") from error
        if size > MAX_BYTES:
            raise PictureError(f"{name} is larger than {MAX_BYTES >> 20} MiB, which is not read")
        yield file, name


def _open_path(path: Path) -> BinaryIO:
    try:
        if path.is_dir():
            raise PictureError(f"{path} is a folder, not a picture")
        return path.open("rb")
    except FileNotFoundError as error:
        raise PictureError(f"{path} does not exist") from error
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte in it
        raise PictureError(f"{path} cannot be read: {_why(error)}") from error


def _why(error: Exception) -> str:
    return reason(error) if isinstance(error, OSError) and error.strerror else str(error)


def _pages_of_file(
    file: BinaryIO, name: str, *, tone: Tone, start: int
) -> Iterator[Page | PictureError]:
    try:
        head = file.read(1024)
        file.seek(0)
        if not head:
            raise PictureError(f"{name} is empty")
        image = None if is_pdf(head) else _open_image(file, head)
    except DAMAGE as error:
        raise _told(error, name) from error
    if image is None:
        yield from pdf_pages(file.read(), name, tone=tone, start=start)
        return
    with image:
        if image.format == "TIFF":
            yield from _frames(image, name, tone=tone, start=start)
        elif not start:
            _check_work(image, file, name)
            size = _draft(image, tone=tone)

            def by_colour() -> Page:  # a draft of the brightness has none
                file.seek(0)
                with _open_image(file, head) as again:
                    size = _draft(again, tone=Tone.HUE)
                    return _sound(_page(again, name, tone=Tone.HUE, size=size))

            yield _page(image, name, tone=tone, size=size, by_colour=by_colour if size else None)


def _open_image(file: BinaryIO, start: bytes) -> Image.Image:
    if is_heic(start):
        return open_heic(file)
    if start[:2] in (b"P1", b"P2", b"P3"):
        # Pillow takes minutes to skip the comments and blanks of a hostile PPM.
        file = io.BytesIO(re.sub(rb"\s{64,}", b" ", re.sub(rb"#[^\r\n]*", b"", file.read())))
    elif start[:1] == b"P" and not _PPM_HEADER.match(start):
        raise UnidentifiedImageError
    return Image.open(file, formats=FORMATS)


def _check_work(image: Image.Image, file: BinaryIO, name: str) -> None:
    """Refuse a picture that is soon sent and takes minutes to decode."""
    check_size(*image.size, name, image.format)
    if image.format == "PPM":
        slow = cast(Any, image).tile[0].codec_name != "raw"
        if slow and image.width * image.height > _MAX_SLOW_PIXELS:
            raise PictureError(
                f"{name} is a PPM of more than {_MAX_SLOW_PIXELS // 1_000_000} megapixels as text "
                "or with odd levels, which are not decoded: save it as PNG"
            )
    elif image.format in ("JPEG", "MPO"):
        # Each scan goes over every pixel, and may take no more than ten bytes. The same two bytes
        # also stand by chance in what phones hang on at the end, such as a film.
        size, scans = file.seek(0, os.SEEK_END), 0
        file.seek(0)
        while block := file.read(1 << 20):
            scans += block.count(b"\xff\xda")
        if scans > _MAX_SCANS + size // 32_768:
            raise PictureError(f"{name} has more than {_MAX_SCANS} scans, which are not decoded")


def _frames(
    image: Image.Image, name: str, *, tone: Tone, start: int
) -> Iterator[Page | PictureError]:
    """Decode the frames of a TIFF."""
    tiff = cast(Any, image)
    number = 0
    for frame in range(MAX_PAGES + 1):
        where = f"page {number + 1} of {name}" if tiff.is_animated else name
        try:
            tiff.seek(frame)
            kind = tiff.tag_v2.get(_SUBFILE, 0)
        except EOFError:
            return
        except DAMAGE as error:
            yield _told(error, where)
            return
        if not (frame and isinstance(kind, int) and kind & _NO_PAGE):
            if number >= start:
                yield _page(image, where, tone=tone, number=number)
            number += 1


def _draft(image: Image.Image, *, tone: Tone) -> tuple[int, int] | None:
    """Have a JPEG decoded at a half, a quarter or an eighth where that does; give its full size."""
    if image.format not in ("JPEG", "MPO"):
        return None
    width, height = image.size
    shrink = min(1.0, MAX_SIDE_DECODED / max(width, height))
    least = (math.ceil(width * shrink), math.ceil(height * shrink))
    image.draft("L" if tone is Tone.BRIGHTNESS else None, least)
    return width, height


def _page(
    image: Image.Image,
    name: str,
    *,
    tone: Tone,
    number: int = 0,
    size: tuple[int, int] | None = None,
    by_colour: Callable[[], Page] | None = None,
) -> Page | PictureError:
    try:
        check_size(*image.size, name, image.format)
        image.load()
    except PictureError as error:
        return error
    except DAMAGE as error:
        return _told(error, name)
    page = make_page(image, tone=tone, number=number, size=size)
    if tone is not Tone.BRIGHTNESS:
        return page
    again = by_colour or (lambda: make_page(image, tone=Tone.HUE, number=number))
    return replace(page, by_colour=again)


def _sound(page: Page | PictureError) -> Page:
    if isinstance(page, PictureError):
        raise page
    return page


def _told(error: Exception, name: str) -> PictureError:
    """Say plainly what a decoder met."""
    if isinstance(error, UnidentifiedImageError):
        known = ", ".join((*FORMATS, "HEIC", "PDF"))
        return PictureError(f"{name} is not a picture of a known format ({known})")
    if isinstance(error, Image.DecompressionBombError):
        return too_large(name)
    if isinstance(error, MemoryError):
        return PictureError(f"{name} needs more memory than there is")
    why = " ".join(str(error).split()) or type(error).__name__
    return PictureError(f"{name} is truncated or damaged: {why}")


def _from_array(array: npt.NDArray[Any]) -> Image.Image:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise PictureError(
            f"an array of shape {array.shape} is no picture: pass (height, width), or that with "
            "1, 3 or 4 channels last"
        )
    if not array.size:
        raise PictureError(f"the array has no pixels (its shape is {array.shape})")
    check_size(array.shape[1], array.shape[0], "the array")
    if array.dtype == np.bool_:
        array = array.astype(np.uint8) * 255
    elif array.dtype.newbyteorder("=") == np.uint16:
        array = (array // 257).astype(np.uint8)
    elif np.issubdtype(array.dtype, np.floating):
        if not np.isfinite(array).all() or array.min() < 0 or array.max() > 1:
            raise PictureError("an array of floats must hold finite values from 0 to 1")
        array = (array * 255 + 0.5).astype(np.uint8)
    elif array.dtype != np.uint8:
        raise PictureError(
            f"an array of {array.dtype} is no picture: pass bool, uint8, uint16, or floats 0 to 1"
        )
    return Image.fromarray(array)
