"""Connections to the two kinds of database, each set up to lose nothing."""

import contextlib
import logging
import os
import sqlite3
import ssl
import threading
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from inkdigits.errors import FeedbackError, import_extra, reason
from inkdigits.feedback.address import Address

__all__ = ["MOST_BYTES", "connect", "writing"]

MOST_BYTES = 1 << 30
"""What a SQLite database may grow to, so that strangers cannot fill the disk."""

_PATIENCE = 15
"""Seconds to wait for another program, or for a server."""

_ENDED = ("57P01", "57P02", "57P03")
"""PostgreSQL's codes for a server that stops, crashed or starts."""

_creating = threading.Lock()


def connect(address: Address) -> Engine:
    """Return an engine for the database; SQLite's file is made, with the folder that it lies in.

    Raises:
        FeedbackError: there can be no such file.
        MissingExtraError: the database's driver is not installed.
    """
    return _postgresql(address) if address.file is None else _sqlite(address, address.file)


def writing(engine: Engine) -> Engine:
    """Return the engine for transactions that write.

    SQLite must know that as a transaction begins: one that reads first may find later that another
    has written, and would have to be given up.
    """
    return engine.execution_options(writing=True)


def _sqlite(address: Address, file: Path) -> Engine:
    _create(file)
    engine = create_engine(address.url, connect_args={"timeout": _PATIENCE}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        record.info["file"] = _identity(file)
        connection.isolation_level = None  # transactions begin below, not where Python guesses
        _use_wal(connection)
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA max_page_count = {MOST_BYTES // page_bytes}")

    @event.listens_for(engine, "checkout")
    def check_file(_: object, record: ConnectionPoolEntry, __: object) -> None:
        # SQLite would write on into a file that is gone, or elsewhere.
        if record.info["file"] != _identity(file):
            raise FeedbackError(f"{file} was moved, deleted or replaced since it was opened")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _create(file: Path) -> None:
    """Make an empty file that only its owner may read; SQLite's other files follow its mode."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists() and not file.is_file():
            raise FeedbackError(f"{file} is no file; name one that is, or is to be, a database")
        # Closing a file frees all locks that the process has on it: none may have it open yet.
        with _creating, contextlib.suppress(FileExistsError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise FeedbackError(f"{file} cannot be made: {reason(error)}") from error


def _use_wal(connection: sqlite3.Connection) -> None:
    """Have writes appended to a log; while another program does so, SQLite refuses at once."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _postgresql(address: Address) -> Engine:
    import_extra("pg8000")
    arguments: dict[str, Any] = {"timeout": _PATIENCE, "ssl_context": _tls(address.tls)}
    if address.socket is not None:
        arguments["unix_sock"] = address.socket
    # What the pool would log is a traceback of what is raised as well.
    logging.getLogger("sqlalchemy.pool.impl.QueuePool.inkdigits").setLevel(logging.CRITICAL)
    engine = create_engine(
        address.url,
        connect_args=arguments,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_logging_name="inkdigits",
    )

    @event.listens_for(engine, "handle_error")
    def notice_end(context: ExceptionContext) -> None:
        answer = context.original_exception.args[:1]
        if answer and isinstance(answer[0], dict) and answer[0].get("C") in _ENDED:
            context.is_disconnect = True  # so that the next call gets a new connection

    return engine


def _tls(mode: str) -> ssl.SSLContext | bool | None:
    if mode == "verify-full":
        return ssl.create_default_context()
    return {"disable": False, "prefer": None, "require": True}[mode]
