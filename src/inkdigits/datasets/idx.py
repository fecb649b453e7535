"""IDX, the format of MNIST's files: a magic number, sizes, then the numbers.

Source: Y. LeCun, C. Cortes, "The MNIST database of handwritten digits", section "File formats".
"""

import gzip
import io
import struct
import zlib
from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inkdigits.datasets.dataset import Dataset
from inkdigits.errors import DataError, reason

__all__ = [
    "find_idx_pairs",
    "is_idx",
    "load_idx_pair",
    "parse_idx",
    "partner",
    "read_idx",
    "unpacked",
]

_GZIP_MAGIC = b"\x1f\x8b"
_UNSIGNED_BYTES = 0x08

_MAX_BYTES = 4 << 30
"""What a gzipped file may unpack to: 85 times MNIST."""


def is_idx(path: Path) -> bool:
    """Tell by the name whether `path` is meant to be an IDX file, plain or gzipped."""
    name = path.name.lower().removesuffix(".gz")
    return name.endswith(("-ubyte", ".idx", ".idx1", ".idx3"))


def read_idx(path: Path) -> npt.NDArray[np.uint8]:
    """Read one IDX file of unsigned bytes, plain or gzipped.

    Returns:
        uint8, read-only, of the shape that the file's header gives.

    Raises:
        DataError: missing, truncated, too long, damaged, or not IDX of unsigned bytes.
    """
    return parse_idx(unpacked(path), path)


def unpacked(path: Path) -> bytes:
    """Return the bytes of `path`, gunzipped if they are gzipped.

    Raises:
        DataError: missing, unreadable, or damaged as gzip.
    """
    try:
        content = path.read_bytes()
        if not content.startswith(_GZIP_MAGIC):
            return content
        with gzip.open(io.BytesIO(content)) as file:
            plain = file.read(_MAX_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is truncated or damaged as gzip; get it again") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {reason(error)}") from error
    if len(plain) > _MAX_BYTES:
        raise DataError(f"{path} unpacks to more than {_MAX_BYTES >> 30} GiB, which is not read")
    return plain


def parse_idx(content: bytes, path: Path) -> npt.NDArray[np.uint8]:
    """Read the numbers of an IDX file from its bytes; `path` is what errors call it."""
    if len(content) < 4:
        raise DataError(f"{path} is truncated: {len(content)} bytes do not hold an IDX header")
    zeros, kind, axes = struct.unpack(">HBB", content[:4])
    if zeros or kind != _UNSIGNED_BYTES or not 1 <= axes <= 4:
        raise DataError(
            f"{path} is not an IDX file of unsigned bytes: it starts with {content[:4].hex()}, "
            "where images have 00000803 and labels 00000801"
        )
    start = 4 + 4 * axes
    if len(content) < start:
        raise DataError(f"{path} is truncated: {len(content)} bytes do not hold its header")
    shape = struct.unpack(f">{axes}I", content[4:start])
    found, promised = len(content) - start, prod(shape)
    if found < promised:
        raise DataError(
            f"{path} is truncated: its header promises {promised:,} values, {found:,} are there"
        )
    if found > promised:
        raise DataError(f"{path} has {found - promised:,} bytes more than its header promises")
    if not promised:
        raise DataError(f"{path} is empty: its header promises the sizes {shape}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def find_idx_pairs(folder: Path) -> dict[str, tuple[Path, Path]]:
    """Find the image and label files of a folder of IDX files.

    Returns:
        ``{"train": (images, labels), "test": (images, labels)}``, with the parts that are there. A
        pair whose name says neither counts as "train".

    Raises:
        DataError: images without labels or labels without images, or two pairs for one part.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file() and is_idx(path))
    pairs: dict[str, tuple[Path, Path]] = {}
    for images in (path for path in files if "images" in path.name):
        part = "test" if "t10k" in images.name or "test" in images.name else "train"
        if part in pairs:
            raise DataError(
                f"{folder} holds {pairs[part][0].name} and {images.name}; name the one to load"
            )
        pairs[part] = images, partner(images)
    for labels in (path for path in files if "labels" in path.name):
        if all(labels != pair[1] for pair in pairs.values()):
            raise DataError(f"{labels} has no images beside it")
    return pairs


def partner(path: Path) -> Path:
    """Return the file that goes with `path`: the labels of images, the images of labels.

    Raises:
        DataError: it is not there, or the name does not say which of the two `path` is.
    """
    name = path.name
    if "images" in name:
        other = name.replace("images", "labels").replace("idx3", "idx1")
    elif "labels" in name:
        other = name.replace("labels", "images").replace("idx1", "idx3")
    else:
        raise DataError(
            f"{path}: name an IDX pair …-images-idx3-ubyte and …-labels-idx1-ubyte, so that each "
            "finds the other"
        )
    plain = other.removesuffix(".gz")
    for candidate in (path.with_name(other), path.with_name(plain), path.with_name(f"{plain}.gz")):
        if candidate.is_file():
            return candidate
    raise DataError(f"{path} needs {other} beside it, which is not there")


def load_idx_pair(images: Path, labels: Path) -> Dataset:
    """Load an IDX pair as a data set.

    Raises:
        DataError: as `read_idx`, or counts that differ, or images that are not 28×28.
    """
    pixels, digits = read_idx(images), read_idx(labels)
    if pixels.ndim != 3:
        raise DataError(f"{images} holds {pixels.ndim} axes, where images have 3")
    if digits.ndim != 1:
        raise DataError(f"{labels} holds {digits.ndim} axes, where labels have 1")
    return Dataset(pixels, digits, images.name)
