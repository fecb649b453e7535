"""Files that are either the old one or the new one, never half of each."""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

__all__ = ["sweep", "write_bytes", "write_folder", "write_text", "write_through"]

_PREFIX = ".writing-"


def write_through(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file, then put it in the place of `path` at once.

    A kill, a full disk or an error at any moment leaves what stood at `path` untouched. The
    temporary file has the ending of `path`: Keras, NumPy and matplotlib go by it.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=path.parent) as folder:
            temporary = Path(folder) / path.name
            write(temporary)
            _sync(temporary)
            temporary.replace(path)
    except OSError as error:
        # Nobody knows the temporary file's name.
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def write_folder(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a temporary folder, then put it in the place of `path` at once.

    No system puts a folder in the place of a full one at once, so that is refused.

    Raises:
        FileExistsError: `path` exists and is not an empty folder.
    """
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    try:
        with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=path.parent) as folder:
            temporary = Path(folder) / path.name
            write(temporary)
            for file in temporary.rglob("*"):
                if file.is_file():
                    _sync(file)
            if path.exists():
                path.rmdir()  # Windows moves nothing onto a folder
            temporary.rename(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sweep(folder: Path) -> None:
    """Remove what writing left behind in a folder when it was killed."""
    for leftover in folder.rglob(f"{_PREFIX}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all."""
    write_through(path, lambda temporary: temporary.write_bytes(content))


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8 with ``\\n`` line ends, whole or not at all."""
    write_bytes(path, text.encode())
