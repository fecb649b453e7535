"""Decode any picture into one upright grey page.

Pictures come from strangers: only formats on a list are opened, and size is checked before a pixel
is decoded.
"""

import io
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from inkdigits.errors import PictureError, reason

__all__ = ["FORMATS", "MAX_BYTES", "MAX_PIXELS", "MAX_SIDE", "Page", "Picture", "decode"]

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")

MAX_PIXELS = 89_000_000
"""A picture with more is refused before it is decoded. 89 megapixels is Pillow's own limit."""

MAX_SIDE = 65_535
"""A picture that is longer either way is refused. No JPEG can be."""

MAX_BYTES = 512 << 20
"""A file with more is refused before it is read."""

_STRIP_PIXELS = 2_000_000
_ORIENTATION = 0x0112  # the EXIF tag

_DAMAGE = (
    *(OSError, SyntaxError, ValueError, TypeError, EOFError),
    *(IndexError, KeyError, OverflowError, MemoryError, struct.error),
)
"""How Pillow's decoders report damage."""

Page: TypeAlias = npt.NDArray[np.uint8]
"""Grey pixels ``(height, width)``, upright, 0 black to 255 white."""

Picture: TypeAlias = "str | os.PathLike[str] | bytes | BinaryIO | npt.NDArray[Any] | Image.Image"


def decode(picture: Picture) -> Page:
    """Decode a picture of any kind into an upright grey page.

    EXIF orientation is applied, transparency is laid over white (over black where that would leave
    nothing to see), 16 bits become 8, and of an animation the first frame counts.

    Args:
        picture: path, encoded bytes, binary file, Pillow image, or array: bool, uint8 0…255,
            uint16 0…65535 or float 0…1, of shape ``(height, width)`` or ``(height, width, 1|3|4)``
            with the channels in the order red, green, blue, alpha.

    Returns:
        uint8 ``(height, width)``.

    Raises:
        PictureError: missing, unreadable, damaged, empty, of no known format, or past the limits.
        TypeError: the picture is none of the above.
    """
    if isinstance(picture, np.ndarray):
        return _grey(_from_array(picture))
    if isinstance(picture, Image.Image):
        _check_size(picture, "the image")
        try:
            return _grey(picture)
        except _DAMAGE as error:  # Pillow decodes late
            raise PictureError(f"the image is truncated or damaged: {error}") from error
    if isinstance(picture, bytes):
        return _decode_file(io.BytesIO(picture), "the picture")
    if isinstance(picture, str | os.PathLike):
        return _decode_path(Path(picture))
    if not hasattr(picture, "read"):
        raise TypeError(
            "a picture is a path, bytes, a binary file, a Pillow image or an array, not a "
            f"{type(picture).__name__}"
        )
    return _decode_file(picture, str(getattr(picture, "name", "the picture")))


def _decode_path(path: Path) -> Page:
    try:
        if path.is_dir():
            raise PictureError(f"{path} is a folder, not a picture")
        if path.stat().st_size > MAX_BYTES:
            raise PictureError(f"{path} is larger than {MAX_BYTES >> 20} MiB, which is not read")
        with path.open("rb") as file:
            return _decode_file(file, str(path))
    except FileNotFoundError as error:
        raise PictureError(f"{path} does not exist") from error
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte in it
        why = reason(error) if isinstance(error, OSError) else str(error)
        raise PictureError(f"{path} cannot be read: {why}") from error


def _decode_file(file: BinaryIO, name: str) -> Page:
    try:
        start = file.read(1)
        if not start:
            raise PictureError(f"{name} is empty")
        if file.seekable():
            file.seek(-1, os.SEEK_CUR)
        else:
            file = io.BytesIO(start + file.read(MAX_BYTES))
        with Image.open(file, formats=FORMATS) as image:
            _check_size(image, name)
            image.draft("L", image.size)  # a JPEG's colours need not even be decoded
            return _grey(image)
    except UnidentifiedImageError as error:
        known = ", ".join(FORMATS)
        raise PictureError(f"{name} is not a picture of a known format ({known})") from error
    except Image.DecompressionBombError as error:
        raise PictureError(_too_large(name)) from error
    except _DAMAGE as error:
        raise PictureError(f"{name} is truncated or damaged: {error}") from error


def _check_size(image: Image.Image, name: str) -> None:
    if max(image.size) > MAX_SIDE:
        raise PictureError(f"{name} is more than {MAX_SIDE:,} pixels long, which is not decoded")
    if image.width * image.height > MAX_PIXELS:
        raise PictureError(_too_large(name))
    if not image.width or not image.height:
        raise PictureError(f"{name} has no pixels ({image.width} × {image.height})")


def _too_large(name: str) -> str:
    return f"{name} has more than {MAX_PIXELS // 1_000_000} megapixels, which are not decoded"


def _grey(image: Image.Image) -> Page:
    if image.getexif().get(_ORIENTATION, 1) != 1:  # else it would only be copied
        image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I") or image.mode == "F":
        return _deep_to_grey(np.asarray(image))
    if image.has_transparency_data:
        return _flatten(image)
    return np.array(image.convert("L"), np.uint8)


def _deep_to_grey(values: npt.NDArray[Any]) -> Page:
    """Bring 16-bit grey (which Pillow may hold in 32 bits) or floats to 8 bits."""
    if values.dtype == np.uint16:
        white = 65535.0
    else:  # the file does not say
        top = values.max()
        white = 1.0 if top <= 1 else 255.0 if top <= 255 else 65535.0
    page = np.empty(values.shape, np.uint8)
    for rows in _strips(*values.shape):
        numbers = np.nan_to_num(values[rows].astype(np.float32), posinf=white, neginf=0.0)
        page[rows] = np.clip(numbers * (255 / white) + 0.5, 0, 255).astype(np.uint8)
    return page


def _flatten(image: Image.Image) -> Page:
    """Lay a picture with transparency over white, or over black if it is white itself."""
    width, height = image.size
    small = image.resize((min(width, 128), min(height, 128)), Image.Resampling.NEAREST)
    grey, alpha = _grey_and_alpha(small)
    visible = grey[alpha > 0.5]
    # White strokes on transparent would vanish on white paper.
    paper = 0.0 if visible.size and visible.min() > 230 and alpha.min() < 0.5 else 255.0
    page = np.empty((height, width), np.uint8)
    for rows in _strips(height, width):
        grey, alpha = _grey_and_alpha(image.crop((0, rows.start, width, rows.stop)))
        page[rows] = (grey * alpha + paper * (1 - alpha) + 0.5).astype(np.uint8)
    return page


def _grey_and_alpha(
    image: Image.Image,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    rgba = image.convert("RGBA")
    alpha = np.asarray(rgba.getchannel("A"), np.float32) * np.float32(1 / 255)
    return np.asarray(rgba.convert("L"), np.float32), alpha


def _strips(height: int, width: int) -> Iterator[slice]:
    """Cut a page into strips of rows, so that floats of a large one need not fit in memory."""
    step = max(1, _STRIP_PIXELS // width)
    for start in range(0, height, step):
        yield slice(start, min(start + step, height))


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
    if array.shape[0] * array.shape[1] > MAX_PIXELS:
        raise PictureError(_too_large("the array"))
    if array.dtype == np.bool_:
        array = array.astype(np.uint8) * 255
    elif array.dtype == np.uint16:
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
