"""The bytes of a model file, whose size is checked before any work: it may come from a stranger."""

import stat
from pathlib import Path

from inkdigits.errors import ModelError, reason

__all__ = ["MAX_BYTES", "read_model"]

MAX_BYTES = 256 << 20
"""A model file larger than this is not read."""


def read_model(path: Path) -> bytes:
    """Read a model file whole.

    Raises:
        ModelError: missing, unreadable, no regular file, or larger than 256 MiB.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a device may have no end
            raise ModelError(f"{path} is no file")
        if status.st_size > MAX_BYTES:
            raise ModelError(f"{path} is larger than {MAX_BYTES >> 20} MiB, which is not read")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ModelError(f"there is no model file {path}") from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {reason(error)}") from error
