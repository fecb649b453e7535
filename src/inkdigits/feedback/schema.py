"""Bring a database's tables up to date, by the migrations in this package."""

from sqlalchemy import Connection, Engine, inspect, text

from inkdigits.errors import FeedbackError
from inkdigits.feedback.tables import SCHEMA, VERSION_TABLE

__all__ = ["migrate"]

_LOCK = 0x1D161B
"""By this number PostgreSQL knows that it is InkDigits that migrates."""


def migrate(reader: Engine, writer: Engine, place: str) -> None:
    """Make the tables, or bring them up to date; of several programs that try at once, one does.

    Args:
        reader: the database.
        writer: the same, whose transactions have the right to write from their beginning.
        place: what to call it in an error.

    Raises:
        FeedbackError: the tables were made by a newer InkDigits.
    """
    with reader.connect() as connection:
        if _version(connection) == SCHEMA:
            return
    with writer.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        version = _version(connection)  # now that the others are done
        if version != SCHEMA:
            _upgrade(connection, version, place)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608
    return version


def _upgrade(connection: Connection, version: str | None, place: str) -> None:
    # Half a second to import, and hardly ever needed.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "inkdigits.feedback:migrations")
    config.set_main_option("path_separator", "os")
    steps = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in steps:
        raise FeedbackError(
            f"{place} was made by a newer InkDigits (its schema is {version}, this one's is "
            f"{SCHEMA}): upgrade this one"
        )
    command.upgrade(config, "head")
