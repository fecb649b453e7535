"""Where the database is: what the URL says, and what to call the place."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from inkdigits._home import home
from inkdigits.errors import FeedbackError

__all__ = ["Address", "default_url", "parse"]

_EXPECTED = "write sqlite:///corrections.db or postgresql://user:password@host/database"
_DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+pysqlite": "sqlite+pysqlite",
    "postgres": "postgresql+pg8000",  # as libpq takes it, too
    "postgresql": "postgresql+pg8000",
    "postgresql+pg8000": "postgresql+pg8000",
}
_TLS_MODES = ("disable", "prefer", "require", "verify-full")


@dataclass(frozen=True)
class Address:
    """A database's address.

    Args:
        url: with the driver, and without options.
        place: what to call it in a sentence: never with a password.
        file: the database's own, if it is SQLite's.
        tls: how sure of its server to be, in libpq's words for ``sslmode``.
        socket: the Unix socket, if it is PostgreSQL's by one.
    """

    url: URL
    place: str
    file: Path | None = None
    tls: str = "prefer"
    socket: str | None = None


def default_url() -> str:
    """Return ``$INKDIGITS_DATABASE``, or else the URL of ``feedback.db`` in the user's data folder.

    ``$INKDIGITS_HOME`` takes the place of that folder.
    """
    chosen = os.environ.get("INKDIGITS_DATABASE")
    if chosen:
        return chosen
    path = str(home() / "feedback.db")
    return "sqlite:///" + path.replace("%", "%25").replace("?", "%3F")


def parse(text: str) -> Address:
    """Understand a database's URL.

    Raises:
        FeedbackError: it is none, or of a database that is not supported. The sentence quotes no
            more than the scheme: a password may be anywhere in what is wrong.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # The cause would quote it all.
        raise FeedbackError(f"that is no URL of a database: {_EXPECTED}") from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise FeedbackError(f"corrections are not kept in {url.drivername}: {_EXPECTED}")
    return _sqlite(text) if driver.startswith("sqlite") else _postgresql(url.set(drivername=driver))


def _sqlite(text: str) -> Address:
    # SQLAlchemy 2.0 and 2.1 differ in what a percent sign in a path means.
    _, _, quoted = text.partition(":///")
    path = unquote(quoted)
    if "?" in quoted or "\0" in path or path in ("", ":memory:"):
        raise FeedbackError(f"the URL of a SQLite database names a file and no more: {_EXPECTED}")
    try:
        file = Path(path).expanduser().absolute()
    except RuntimeError as error:
        raise FeedbackError(f"{path} begins with no user's home folder") from error
    return Address(URL.create("sqlite+pysqlite", database=str(file)), str(file), file=file)


def _postgresql(url: URL) -> Address:
    options = dict(url.query)
    tls, socket = options.pop("sslmode", "prefer"), options.pop("unix_sock", None)
    if options or tls not in _TLS_MODES or isinstance(socket, tuple):
        raise FeedbackError(
            "the URL of a PostgreSQL database may have the options unix_sock, and sslmode with one "
            f"of {', '.join(_TLS_MODES)}"
        )
    if not url.username or not url.database:
        raise FeedbackError(
            f"the URL of a PostgreSQL database must name user and database: {_EXPECTED}"
        )
    server = socket or (f"{url.host or 'localhost'}:{url.port or 5432}")
    place = f"the database {url.database} at {server}"
    return Address(url.set(query={}), place, tls=str(tls), socket=socket)
