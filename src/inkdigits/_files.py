"""Files that are either the old one or the new one, never half of each."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

__all__ = ["write_bytes", "write_text", "write_through"]


def write_through(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file, then put it in the place of `path` at once.

    A kill, a full disk or an error at any moment leaves what stood at `path` untouched. The
    temporary file has the ending of `path`: Keras, NumPy and matplotlib go by it.
    """
    with tempfile.TemporaryDirectory(prefix=f".{path.stem}-", dir=path.parent) as folder:
        temporary = Path(folder) / path.name
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all."""
    write_through(path, lambda temporary: temporary.write_bytes(content))


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8 with ``\\n`` line ends, whole or not at all."""
    write_bytes(path, text.encode())
