"""The bytes of a model file, whose size is checked before any work: it may come from a stranger."""

from pathlib import Path

from inkdigits.errors import ModelError, reason

__all__ = ["MAX_BYTES", "read_model"]

MAX_BYTES = 256 << 20
"""A model file larger than this is not read."""


def read_model(path: Path) -> bytes:
    """Read a model file whole.

    Raises:
        ModelError: missing, unreadable, or larger than 256 MiB.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)  # a device has no size to ask for
    except FileNotFoundError as error:
        raise ModelError(f"there is no model file {path}") from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {reason(error)}") from error
    if len(content) > MAX_BYTES:
        raise ModelError(f"{path} is larger than {MAX_BYTES >> 20} MiB, which is not read")
    return content
