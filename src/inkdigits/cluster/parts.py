"""Pictures are cut into parts: what one worker reads at a time, and what one file holds."""

import fnmatch
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from inkdigits._text import to_json
from inkdigits.cluster.files import Place, is_url, plainly
from inkdigits.errors import ClusterError, import_extra

__all__ = ["Item", "Part", "fingerprint", "items_of_url", "parts_of"]

PICTURES = 500
"""That a part holds: some seconds of work, and a file of some hundred kilobytes."""

_MAGIC = re.compile(r"[*?\\[]")
_BYTES_COLUMNS = ("bytes", "image", "picture", "content", "data")
_NAME_COLUMNS = ("path", "name", "file_name", "filename", "id")


@dataclass(frozen=True)
class Item:
    """One picture, or some rows of a Parquet file of pictures.

    Args:
        where: its path or URL.
        trouble: why it cannot even be tried.
        start: of the rows, counted from 0.
        count: of rows; 0 for a picture.
    """

    where: str
    trouble: str | None = None
    start: int = 0
    count: int = 0


@dataclass(frozen=True)
class Part:
    """What one worker reads at a time.

    Args:
        number: counted from 0.
        items: to read, in this order.
    """

    number: int
    items: tuple[Item, ...]

    @property
    def name(self) -> str:
        """The file that its readings are written to."""
        return f"part-{self.number:08d}.parquet"

    @property
    def pictures(self) -> int:
        """How many there are to read."""
        return sum(item.count or 1 for item in self.items)

    def to_row(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"number": self.number, "items": [asdict(item) for item in self.items]}

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> "Part":
        """Return the part that `to_row` made plain values of."""
        return cls(int(row["number"]), tuple(Item(**item) for item in row["items"]))


def parts_of(items: Iterable[Item]) -> list[Part]:
    """Cut pictures into parts; the same pictures give the same parts."""
    parts: list[Part] = []
    some: list[Item] = []

    def close() -> None:
        if some:
            parts.append(Part(len(parts), tuple(some)))
            some.clear()

    for item in items:
        if _is_table(item.where):
            close()
            parts += [Part(len(parts) + i, (rows,)) for i, rows in enumerate(_rows_of(item))]
            continue
        some.append(item)
        if len(some) == PICTURES:
            close()
    close()
    return parts


def fingerprint(parts: list[Part], **more: Any) -> str:
    """Return a hash of what is to be read, and of how."""
    digest = hashlib.sha256(to_json(more).encode())
    for part in parts:
        digest.update(to_json(part.to_row()).encode())
    return digest.hexdigest()


def items_of_url(url: str, is_picture: Any) -> Iterator[Item]:
    """Yield what stands behind a URL: a file, all pictures of a folder, or what a pattern matches.

    Args:
        url: a ``*`` in it also matches slashes.
        is_picture: tells by its name whether a folder's file is one.

    Raises:
        ClusterError: nothing is there, or it cannot be reached.
    """
    # fsspec chains file systems: zip://scans::s3://bucket/scans.zip is a folder in a file.
    inner, chained, outer = url.partition("::")
    magic = _MAGIC.search(inner, inner.index("://"))
    # Up to the last slash before the pattern: that of :// stays with the folder.
    folder = inner if magic is None else inner[: inner.rindex("/", 0, magic.start()) + 1]
    place = Place(f"{folder}{chained}{outer}")
    if magic is None and not place.is_folder():
        if not place.exists():
            raise ClusterError(f"{url} does not exist")
        yield Item(url)
        return
    pattern = inner[len(folder) :]
    prefix, found = place.path.rstrip("/"), False
    for path in place.files():
        inside = path[len(prefix) :].lstrip("/")
        if magic is None:
            wanted = is_picture(inside.rpartition("/")[2])
        else:
            wanted = fnmatch.fnmatchcase(inside, pattern)
        if wanted:
            found = True
            yield Item(f"{_joined(folder, inside)}{chained}{outer}")
    if not found:
        raise ClusterError(f"{url} holds no pictures")


def _joined(folder: str, inside: str) -> str:
    return f"{folder}{inside}" if folder.endswith("/") else f"{folder}/{inside}"


def pictures_of(item: Item) -> Iterator[tuple[str, bytes]]:
    """Yield the pictures of some rows of a Parquet file, each with its name.

    Raises:
        ClusterError: the file cannot be read.
    """
    parquet = import_extra("pyarrow.parquet")
    with plainly(item.where), Place(item.where).open() as source:
        file = parquet.ParquetFile(source)
        column, inner, names = _columns(file, item.where)
        row = 0
        for group in range(file.num_row_groups):
            count = file.metadata.row_group(group).num_rows
            first, last = max(item.start, row), min(item.start + item.count, row + count)
            if first < last:
                wanted = [column, *([names] if names else [])]
                table = file.read_row_group(group, columns=wanted).slice(first - row, last - first)
                for position, fields in enumerate(table.to_pylist(), first):
                    content = fields[column]
                    picture = content[inner] if inner and content is not None else content
                    name = fields.get(names) if names else None
                    yield str(name or f"{item.where}, row {position + 1}"), picture or b""
            row += count


def _is_table(where: str) -> bool:
    return where.lower().endswith((".parquet", ".pq"))


def _rows_of(item: Item) -> Iterator[Item]:
    """Cut a Parquet file into runs of rows that never reach over the end of a row group."""
    if item.trouble is not None:
        yield item
        return
    parquet = import_extra("pyarrow.parquet")
    with plainly(item.where), Place(item.where).open() as source:
        file = parquet.ParquetFile(source)
        _columns(file, item.where)
        start = 0
        for group in range(file.num_row_groups):
            count = file.metadata.row_group(group).num_rows
            for first in range(0, count, PICTURES):
                yield Item(item.where, None, start + first, min(PICTURES, count - first))
            start += count


def _columns(file: Any, where: str) -> tuple[str, str | None, str | None]:
    """Return the column of the pictures, its field if it is a struct, and the column of names."""
    arrow = import_extra("pyarrow")
    types = {field.name: field.type for field in file.schema_arrow}
    names = next((name for name in _NAME_COLUMNS if name in types), None)

    def is_binary(kind: Any) -> bool:
        return bool(arrow.types.is_binary(kind) or arrow.types.is_large_binary(kind))

    for column in [*(name for name in _BYTES_COLUMNS if name in types), *types]:
        kind = types[column]
        if is_binary(kind):
            return column, None, names
        # As Hugging Face keeps pictures.
        if arrow.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
            return column, "bytes", names
    raise ClusterError(
        f"{where} has no column with the bytes of picture files; it has {', '.join(types)}"
    )


def picture_of(item: Item) -> Any:
    """Return what a reader takes for a picture: a path, or a URL's content."""
    return Place(item.where).read() if is_url(item.where) else item.where
