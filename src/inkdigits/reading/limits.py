"""How large a picture may be: it comes from a stranger, so its size is checked before any work."""

from inkdigits.errors import PictureError

__all__ = [
    "MAX_BYTES",
    "MAX_PAGES",
    "MAX_PIXELS",
    "MAX_PIXELS_OF",
    "MAX_SIDE",
    "check_size",
    "too_large",
]

MAX_PIXELS = 89_000_000
"""A picture with more is refused before it is decoded. 89 megapixels is Pillow's own limit."""

MAX_PIXELS_OF = {"WEBP": 25_000_000, "AVIF": 51_000_000, "HEIF": 51_000_000}
"""Formats whose decoders hold several copies of the whole picture: these bounds keep every one of
them near half a gigabyte, and photos of 50 megapixels are still read."""

MAX_SIDE = 65_535
"""A picture that is longer either way is refused. No JPEG can be."""

MAX_BYTES = 512 << 20
"""A file with more is refused before it is read."""

MAX_PAGES = 1000
"""The pages after these are not read."""


def check_size(width: int, height: int, name: str, kind: str | None = None) -> None:
    """Refuse a picture that is too large to decode, or empty.

    Args:
        name: what the picture is called in the sentence.
        kind: its format, as Pillow calls it.

    Raises:
        PictureError: it is past the limits.
    """
    if max(width, height) > MAX_SIDE:
        raise PictureError(f"{name} is more than {MAX_SIDE:,} pixels long, which is not decoded")
    if width * height > MAX_PIXELS_OF.get(kind or "", MAX_PIXELS):
        raise too_large(name, kind)
    if width < 1 or height < 1:
        raise PictureError(f"{name} has no pixels ({width} × {height})")


def too_large(name: str, kind: str | None = None) -> PictureError:
    """Say that a picture has too many pixels."""
    if kind in MAX_PIXELS_OF:
        return PictureError(
            f"{name} has more than {MAX_PIXELS_OF[kind] // 1_000_000} megapixels, which are not "
            f"decoded from {kind}: save it smaller, or as JPEG or PNG"
        )
    return PictureError(
        f"{name} has more than {MAX_PIXELS // 1_000_000} megapixels, which are not decoded"
    )
