"""Files here or in a cloud, by their path or URL: what pyarrow reaches, and fsspec otherwise."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from inkdigits._text import encodable
from inkdigits.errors import ClusterError, import_extra
from inkdigits.reading.limits import MAX_BYTES

__all__ = ["Place", "is_url"]

_TEMPORARY = "_writing-"  # whoever reads a folder of Parquet files leaves out what begins so


def is_url(text: str) -> bool:
    """Tell a URL from a path; Windows' ``C:\\`` is none."""
    return "://" in text


class Place:
    """A file system, and a path in it.

    Args:
        where: a path, or a URL such as ``s3://bucket/scans`` or ``gs://…``, ``az://…``, ``hdfs://…``.

    Raises:
        ClusterError: nothing that is installed reaches it.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        with plainly(where):
            self.system, self.path = _resolve(where)

    def __truediv__(self, name: str) -> "Place":
        child = object.__new__(Place)
        child.where = f"{self.where.rstrip('/')}/{name}"
        child.system, child.path = self.system, f"{self.path.rstrip('/')}/{name}"
        return child

    def exists(self) -> bool:
        """Whether there is a file or folder."""
        with plainly(self.where):
            kind: str = self.system.get_file_info(self.path).type.name
        return kind != "NotFound"

    def is_folder(self) -> bool:
        """Whether there is a folder."""
        with plainly(self.where):
            kind: str = self.system.get_file_info(self.path).type.name
        return kind == "Directory"

    def names(self) -> list[str]:
        """Return the names of what a folder holds."""
        return [path.rpartition("/")[2] for path in self._below(recursive=False)]

    def files(self) -> Iterator[str]:
        """Yield the paths of all files of a folder and those in it, sorted."""
        yield from sorted(self._below(recursive=True))

    def make_folder(self) -> None:
        """Make a folder, if it is not there."""
        with plainly(self.where):
            self.system.create_dir(self.path, recursive=True)

    def read(self) -> bytes:
        """Return a file's content, or the beginning of one that is larger than any picture."""
        with plainly(self.where), self.system.open_input_file(self.path) as file:
            content: bytes = file.read(MAX_BYTES + 1)
        return content

    def open(self) -> Any:
        """Open a file for reading at any position."""
        with plainly(self.where):
            return self.system.open_input_file(self.path)

    def write(self, write: Callable[[Any], object]) -> None:
        """Let `write` fill a file, which is there when it is whole, or not at all."""
        folder, _, name = self.path.rpartition("/")
        temporary = f"{folder}/{_TEMPORARY}{uuid.uuid4().hex}-{name}"
        with plainly(self.where):
            try:
                with self.system.open_output_stream(temporary) as stream:
                    write(stream)
                self.system.move(temporary, self.path)
            except BaseException:
                if self.system.get_file_info(temporary).type.name == "File":
                    self.system.delete_file(temporary)
                raise

    def sweep(self) -> None:
        """Remove what writing into this folder left behind when it was killed."""
        for path in self._below(recursive=False):
            if path.rpartition("/")[2].startswith(_TEMPORARY):
                with plainly(self.where):
                    self.system.delete_file(path)

    def _below(self, *, recursive: bool) -> list[str]:
        fs = import_extra("pyarrow.fs")
        with plainly(self.where):
            found = self.system.get_file_info(fs.FileSelector(self.path, recursive=recursive))
        return [info.path for info in found if info.is_file]


def _resolve(where: str) -> tuple[Any, str]:
    arrow, fs = import_extra("pyarrow"), import_extra("pyarrow.fs")
    if not is_url(where):
        return fs.LocalFileSystem(), Path(where).absolute().as_posix()
    try:
        system, path = fs.FileSystem.from_uri(where)
    except arrow.ArrowInvalid:  # a scheme that pyarrow does not know
        fsspec = import_extra("fsspec")
        inner, path = fsspec.core.url_to_fs(where)
        system = fs.PyFileSystem(fs.FSSpecHandler(inner))
    return system, path


@contextmanager
def plainly(where: str) -> Iterator[None]:
    """Say plainly what a file system refuses."""
    try:
        yield
    except ClusterError:
        raise
    except ImportError as error:  # fsspec's, of what reaches the scheme
        raise ClusterError(f"{where} needs what is not installed: {error}") from error
    except (OSError, ValueError) as error:
        why = encodable(str(error).splitlines()[0]) if str(error) else type(error).__name__
        raise ClusterError(f"{where} cannot be reached: {why}") from error
