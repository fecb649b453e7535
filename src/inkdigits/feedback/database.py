"""The database of corrections."""

import contextlib
import threading
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from sqlalchemy import Delete, Row, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from inkdigits._text import abbreviated
from inkdigits.datasets.dataset import SIDE
from inkdigits.errors import FeedbackError
from inkdigits.feedback.address import parse
from inkdigits.feedback.correction import Correction
from inkdigits.feedback.engine import connect, writing
from inkdigits.feedback.files import write_corrections
from inkdigits.feedback.schema import migrate
from inkdigits.feedback.tables import corrections
from inkdigits.feedback.trouble import plainly

__all__ = ["Feedback"]

_BATCH = 500
_COLUMNS = [
    corrections.c[name]
    for name in ("number", "image", "digit", "answer", "confidence", "model", "given_at")
]


class Feedback:
    """A database of corrections, in a SQLite file or in PostgreSQL.

    Safe to share between threads, and between programs. Opening makes its tables or brings them up
    to date. Close it, or use it in a ``with`` statement.

    Args:
        url: ``sqlite:///path``, or ``postgresql://user:password@host/database`` with the options
            ``sslmode`` and ``unix_sock``.

    Attributes:
        place: what to call the database in a sentence.

    Raises:
        FeedbackError: no such URL, or a database that cannot be reached, is damaged, or was made
            by a newer InkDigits. Every other method raises it, too, when the database fails.
        MissingExtraError: what talks to PostgreSQL is not installed.
    """

    def __init__(self, url: str) -> None:
        address = parse(url)
        self.place = address.place
        self._engine = connect(address)
        self._writer = writing(self._engine)
        self._is_sqlite = address.file is not None
        # SQLite has one writer at a time, and lets the others of this program wait less fairly.
        self._turn: contextlib.AbstractContextManager[object] = (
            threading.Lock() if self._is_sqlite else contextlib.nullcontext()
        )
        try:
            with plainly(self.place):
                migrate(self._engine, self._writer, self.place)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def add(self, correction: Correction) -> bool:
        """Keep a correction; of an image that is there already the last word counts.

        When this returns, not even a power cut loses it.

        Returns:
            Whether the image is new.
        """
        said: dict[str, Any] = {
            "digit": int(correction.digit),
            "answer": None if correction.answer is None else int(correction.answer),
            "confidence": None if correction.confidence is None else float(correction.confidence),
            "model": correction.model,
            "given_at": correction.given_at,
        }
        insert = (sqlite if self._is_sqlite else postgresql).insert(corrections)
        new = insert.values(id=correction.id, image=correction.image.tobytes(), **said)
        last_word = update(corrections).where(corrections.c.id == correction.id).values(**said)
        with plainly(self.place), self._turn, self._writer.begin() as connection:
            while True:
                if connection.execute(new.on_conflict_do_nothing()).rowcount:
                    return True
                if connection.execute(last_word).rowcount:
                    return False
                # Between the two, somebody deleted it.

    def count(self) -> int:
        """Return how many corrections there are."""
        with plainly(self.place), self._engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(corrections)) or 0

    def each(self) -> Iterator[Correction]:
        """Yield all corrections, in the order in which their images first came.

        They are read as they are asked for, some hundreds at a time: there may be any number, and
        nobody else has to wait.
        """
        last = 0
        while True:
            page = select(*_COLUMNS).where(corrections.c.number > last)
            page = page.order_by(corrections.c.number).limit(_BATCH)
            with plainly(self.place), self._engine.connect() as connection:
                rows = connection.execute(page).all()
            if not rows:
                return
            yield from map(_correction, rows)
            last = rows[-1].number

    def find(self, beginning: str) -> str:
        """Return the one id that begins so.

        Raises:
            FeedbackError: none does, or several do.
        """
        matches = corrections.c.id.startswith(beginning.lower(), autoescape=True)
        with plainly(self.place), self._engine.connect() as connection:
            ids = connection.scalars(select(corrections.c.id).where(matches).limit(2)).all()
        if not ids:
            raise FeedbackError(f"there is no correction {abbreviated(beginning)} in {self.place}")
        if len(ids) > 1:
            raise FeedbackError(
                f"several corrections begin with {abbreviated(beginning)}; give more of the id"
            )
        return str(ids[0])

    def delete(self, ids: Iterable[str]) -> int:
        """Delete the corrections with these ids, such that a SQLite file holds no trace of them.

        Returns:
            How many there were.
        """
        remaining = iter(ids)
        parts = iter(lambda: list(islice(remaining, _BATCH)), [])
        return self._delete(delete(corrections).where(corrections.c.id.in_(part)) for part in parts)

    def delete_all(self) -> int:
        """Delete all corrections, likewise; return how many there were."""
        return self._delete([delete(corrections)])

    def export(self, path: Path, *, held_out: bool = False) -> tuple[int, int]:
        """Write corrections to a file of digits, which `inkdigits train --data` takes.

        Args:
            path: ``.npz``, with Keras' names, or ``.csv``. It is written whole or not at all.
            held_out: the fifth that is held out, see `is_held_out`: to measure on, since whoever
                learns from it cannot be measured any more. Otherwise the others.

        Returns:
            How many were written, and how many left out.

        Raises:
            FeedbackError: another ending, or there are none to write.
            OSError: the disk refuses.
        """
        return write_corrections(self.each(), Path(path), held_out=held_out)

    def _delete(self, statements: Iterable[Delete]) -> int:
        with plainly(self.place), self._turn:
            with self._writer.begin() as connection:
                count = sum(connection.execute(statement).rowcount for statement in statements)
            if self._is_sqlite:
                self._empty_log()
        return count

    def _empty_log(self) -> None:
        """Have SQLite move its log, in which deleted bytes still stand, into the file."""
        with contextlib.closing(self._engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            ((busy, *_),) = cursor.fetchall()
        if busy:
            raise FeedbackError(
                f"the corrections are deleted, but another program is reading {self.place}: "
                "until it ends, their bytes stay in the log beside it"
            )


def _correction(row: Row[Any]) -> Correction:
    image = np.frombuffer(row.image, np.uint8).reshape(SIDE, SIDE)
    return Correction(image, row.digit, row.answer, row.confidence, row.model, row.given_at)
