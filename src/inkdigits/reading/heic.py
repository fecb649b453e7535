"""Open HEIC pictures, as phones write them."""

from typing import BinaryIO

from PIL import Image

from inkdigits.errors import import_extra

__all__ = ["is_heic", "open_heic"]

_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}


def is_heic(start: bytes) -> bool:
    """Say whether a file that starts so is HEIC, and not AVIF in the same box (ISO 23008-12)."""
    if start[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(start[:4], "big"), len(start))
    brands = {start[at : at + 4] for at in (8, *range(16, end, 4))}
    return bool(brands & _BRANDS) and not brands & _AVIF_BRANDS


def open_heic(file: BinaryIO) -> Image.Image:
    """Open the main picture of a HEIC file; like Pillow's own, it is decoded when it is needed.

    Pillow's list of formats is left as it is: what this program opens elsewhere does not change.

    Raises:
        MissingExtraError: the extra ``heic`` is not installed.
        SyntaxError: the file is damaged.
    """
    image: Image.Image = import_extra("pillow_heif").HeifImageFile(file)
    return image
