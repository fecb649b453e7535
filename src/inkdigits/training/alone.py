"""Let one process at a time train in a run folder."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from inkdigits.errors import RunError

__all__ = ["alone_in"]


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other processes from training in a run folder, until it is finished.

    A kill gives the folder free, too.

    Raises:
        RunError: another process is training in it.
        OSError: the disk refuses.
    """
    path = folder / ".lock"
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise RunError(f"{folder} is being trained by another process; let it end") from error
    try:
        yield
        # Whoever has it open already will find the run finished. Windows removes no open file.
        with contextlib.suppress(OSError):
            path.unlink()
    finally:
        lock.release()
