"""Files of outcomes that a later run can go on with.

Rows are appended in batches, each by one write: a kill costs what was read since the last one, and
leaves at most one torn row at the end, which going on cuts off.
"""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from inkdigits.cli._formats import CSV, JSON_LINES, TEXT, Format, label
from inkdigits.errors import InkDigitsError

if TYPE_CHECKING:
    from inkdigits.reading import Outcome

__all__ = ["Done", "OutcomeFile", "foreign", "open_outcomes", "taken"]

_FORMATS = {".txt": TEXT, ".jsonl": JSON_LINES, ".csv": CSV}
_FLUSH_ROWS = 1000
_FLUSH_SECONDS = 0.5


def open_outcomes(path: Path, *, resume: bool, form: Format | None = None) -> "OutcomeFile":
    """Open a file for outcomes, in the format that its ending names.

    Args:
        path: of the file.
        resume: go on with it if it is there.
        form: the format, if the ending does not say it.

    Raises:
        InkDigitsError: an unknown ending; or the file is there and shall not or cannot be gone on
            with.
        OSError: it cannot be made.
        MissingExtraError: Parquet, without pyarrow.
    """
    suffix = path.suffix.lower()
    if path.exists() and not path.is_file():  # a device might have no end
        raise InkDigitsError(f"{path} is not a file; --out takes one")
    if form is None and suffix == ".parquet":
        from inkdigits.cli._parquet import ParquetOutcomes

        return ParquetOutcomes(path, resume=resume)
    form = form or _FORMATS.get(suffix)
    if form is None:
        raise InkDigitsError(f"--out takes a .txt, .jsonl, .csv or .parquet file, not {path}")
    return OutcomeFile(path, form, resume=resume)


def taken(path: Path) -> str:
    """Say that a file is there."""
    return f"{path} exists already; remove it, or go on with it by --resume"


def foreign(path: Path) -> str:
    """Say that a file is not one to go on with."""
    return f"{path} holds something else; remove it, or choose another --out"


class Done:
    """The pages that a file holds, so that they are not read again."""

    def __init__(self) -> None:
        self._left: Counter[str] = Counter()
        self._last = ""

    def __len__(self) -> int:
        return self._left.total()

    def add(self, page: str) -> None:
        """Note the label of the page that comes next in the file."""
        self._left[page] += 1
        self._last = page

    def covers(self, path: str) -> bool:
        """Say whether a source need not be read; one that is given twice is there twice.

        The last source of the file is always read again: it may have more pages.
        """
        first = label(path, 0)
        if not self._left[first] or self._last == first or self._last.startswith(f"{first}, page "):
            return False
        page = 0
        while self._left[label(path, page)]:
            self._left[label(path, page)] -= 1
            page += 1
        return True

    def holds(self, outcome: "Outcome") -> bool:
        """Say whether an outcome of a source that was read again is there."""
        page = label(outcome.source, outcome.page)
        if not self._left[page]:
            return False
        self._left[page] -= 1
        return True


class OutcomeFile:
    """A file that outcomes are appended to; a context that writes all when it is left.

    Args:
        path: of the file.
        form: how its rows are written.
        resume: go on with it if it is there.

    Raises:
        InkDigitsError: it is there, and shall not or cannot be gone on with.
        OSError: it cannot be made.
    """

    def __init__(self, path: Path, form: Format, *, resume: bool) -> None:
        self.path = path
        self.done = Done()
        self.failed = 0  # pages with an error
        self.count = 0
        self._form = form
        self._rows: list[str] = []
        self._flushed = time.monotonic()
        if resume and path.exists():
            end = self._scan()
            self._file = path.open("r+b", buffering=0)
            self._file.truncate(end)
            self._file.seek(end)
        else:
            try:
                self._file = path.open("xb", buffering=0)
            except FileExistsError as error:
                raise InkDigitsError(taken(path)) from error
            end = 0
        if not end:
            self._write(form.header)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._file:
            self._flush()
        if kind is not None and not self.count:
            self.path.unlink()  # it would only be in the way

    def append(self, outcome: "Outcome") -> None:
        """Append an outcome's row."""
        self._rows.append(self._form.row(outcome))
        self.count += 1
        self.failed += outcome.error is not None
        now = time.monotonic()
        if len(self._rows) >= _FLUSH_ROWS or now - self._flushed >= _FLUSH_SECONDS:
            self._flush()
            self._flushed = now

    def _flush(self) -> None:
        # Taken away first: Ctrl-C within the write may lose rows, which are then read again, but
        # never writes them twice.
        rows, self._rows = self._rows, []
        self._write("".join(rows))

    def _write(self, rows: str) -> None:
        # What a file's name holds that is no text, a row has escaped.
        left = memoryview(rows.encode(errors="backslashreplace"))
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path)) from error

    def _scan(self) -> int:
        """Note what the file holds; return where its last whole row ends."""
        end = 0
        with self.path.open("rb") as file:
            try:
                for row in _rows(file, is_quoted=self._form.is_quoted):
                    if end or not self._form.header:
                        page, is_error = self._form.parse(row.decode())
                        self.done.add(page)
                        self.count += 1
                        self.failed += is_error
                    elif row.decode() != self._form.header:
                        raise InkDigitsError(foreign(self.path))
                    end += len(row)
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise InkDigitsError(foreign(self.path)) from error
            if not end and not self._is_torn(file):  # perhaps somebody's only copy
                raise InkDigitsError(foreign(self.path))
        return end

    def _is_torn(self, file: BinaryIO) -> bool:
        """Whether a file without a whole row is empty, or begins as one of these does."""
        file.seek(0)
        start = (self._form.header or self._form.start).encode()
        beginning = file.read(max(1, len(start)))
        return start.startswith(beginning)


def _rows(file: BinaryIO, *, is_quoted: bool) -> Iterator[bytes]:
    """Yield the whole rows of a file; a torn one at the end is left out."""
    row, quotes = bytearray(), 0
    for line in file:
        row += line
        quotes += line.count(b'"')
        # Within quotes a quote is doubled, so that their number is even behind a whole row.
        if line.endswith(b"\n") and not (is_quoted and quotes % 2):
            yield bytes(row)
            row.clear()
            quotes = 0
