"""Say in a plain sentence what a database refuses."""

import contextlib
import sqlite3
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from inkdigits.errors import FeedbackError, reason

__all__ = ["plainly"]

_FULL = (
    "is full, or its disk is: inkdigits feedback export, with and without --held-out, keeps the "
    "corrections elsewhere, inkdigits feedback delete makes room"
)
_IN_USE = "is in use by another program for too long; try again when that has ended"
_DAMAGED = (
    "is damaged, or no database of corrections; move it away, and an empty one takes its place"
)
_SQLITE = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_BUSY: _IN_USE,
    sqlite3.SQLITE_LOCKED: _IN_USE,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_READONLY: "may not be written; its file and folder must be this user's",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; its file and folder must be this user's",
}
_POSTGRESQL = {
    "28000": "does not let this user in",
    "28P01": "refuses the user or the password",
    "3D000": "does not exist; PostgreSQL's createdb makes it",
    "42501": "does not let this user do that; it must own its tables",
    "53100": _FULL,
    "53300": "has too many connections; try again later",
}


@contextlib.contextmanager
def plainly(place: str) -> Iterator[None]:
    """Turn every failure of a database into a `FeedbackError` of one sentence.

    Args:
        place: what to call the database.
    """
    try:
        yield
    except NoConnectionError as error:
        raise FeedbackError(f"{place} {_IN_USE}") from error
    except DBAPIError as error:
        raise FeedbackError(f"{place} {_why(error.orig or error)}") from error
    except SQLAlchemyError as error:
        raise FeedbackError(f"{place} fails: {_first_line(error)}") from error
    except sqlite3.Error as error:
        raise FeedbackError(f"{place} {_why(error)}") from error
    except (OSError, UnicodeError, OverflowError) as error:  # of a network, host or port
        raise FeedbackError(f"{place} cannot be reached: {_first_line(error)}") from error


def _why(error: BaseException) -> str:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return _SQLITE.get(code) or f"fails: {_first_line(error)}"
    answer = error.args[0] if error.args else ""
    if isinstance(answer, dict):  # what the server said, by PostgreSQL's letters for its fields
        return _POSTGRESQL.get(answer.get("C", "")) or f"fails: {answer.get('M', 'unknown')}"
    return f"cannot be reached: {_first_line(error.__cause__ or error)}"


def _first_line(error: BaseException) -> str:
    text = reason(error) if isinstance(error, OSError) else str(error)
    return text.split("\n", 1)[0] or type(error).__name__
