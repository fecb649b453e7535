"""Files that are either the old one or the new one, never half of each."""

import contextlib
import errno
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = [
    "make_first_free",
    "scratch",
    "sweep",
    "write_bytes",
    "write_folder",
    "write_text",
    "write_through",
]

_PREFIX = ".writing-"
_OF_DISKS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def make_first_free(folder: Path) -> Path:
    """Make the first of FOLDER, FOLDER-2, … that does not exist, and the one that it lies in.

    Raises:
        OSError: the disk refuses.
    """
    folder.parent.mkdir(exist_ok=True)
    for number in itertools.count(1):
        path = folder if number == 1 else folder.with_name(f"{folder.name}-{number}")
        try:
            path.mkdir()  # of two programs that try at once, one makes it
        except FileExistsError:
            continue
        return path
    raise AssertionError("the count has no end")


def write_through(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file, then put it in the place of `path` at once.

    A kill, a full disk or an error at any moment leaves what stood at `path` untouched. The
    temporary file has the ending of `path`: Keras, NumPy and matplotlib go by it.

    Raises:
        FileExistsError: `path` is a device, a pipe or a folder.
        OSError: the disk refuses, whichever way `write` says so.
    """
    if path.exists() and not path.is_file():
        raise FileExistsError(errno.EEXIST, "exists and is no regular file", str(path))
    with _naming(path), tempfile.TemporaryDirectory(prefix=_PREFIX, dir=path.parent) as folder:
        temporary = Path(folder) / path.name
        write(temporary)
        _sync(temporary)
        temporary.replace(path)


def write_folder(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a temporary folder, then put it in the place of `path` at once.

    No system puts a folder in the place of a full one at once, so that is refused.

    Raises:
        FileExistsError: `path` is a folder with something in it.
        NotADirectoryError: `path` exists and is no folder.
        OSError: the disk refuses, whichever way `write` says so.
    """
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "exists and is no folder", str(path))
    if path.is_dir() and any(path.iterdir()):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    with _naming(path), tempfile.TemporaryDirectory(prefix=_PREFIX, dir=path.parent) as folder:
        temporary = Path(folder) / path.name
        write(temporary)
        for file in temporary.rglob("*"):
            if file.is_file():
                _sync(file)
        if path.exists():
            path.rmdir()  # Windows moves nothing onto a folder
        temporary.rename(path)


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """Lend a folder for what is only on its way, where the system keeps such things.

    Raises:
        OSError: the disk refuses, whichever way whoever writes there says so.
    """
    place = Path(tempfile.gettempdir())
    with _naming(place), tempfile.TemporaryDirectory(prefix=_PREFIX, dir=place) as folder:
        yield Path(folder)


@contextlib.contextmanager
def _naming(place: Path) -> Iterator[None]:
    """Name the place in what the disk refuses: nobody knows a temporary file's name."""
    try:
        yield
    except OSError as error:
        if error.filename is not None and _PREFIX not in str(error.filename):
            raise
        raise OSError(error.errno, error.strerror or str(error), str(place)) from error
    except Exception as error:
        # TensorFlow and ONNX Runtime raise kinds of their own that only quote the system.
        known = [code for code in _OF_DISKS if not os.strerror(code).startswith("Unknown")]
        code = next((code for code in known if os.strerror(code) in str(error)), None)
        if code is None:
            raise
        raise OSError(code, os.strerror(code), str(place)) from error


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
