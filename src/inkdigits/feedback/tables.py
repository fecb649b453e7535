"""The tables of the database, as the newest migration leaves them."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Double,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
)

from inkdigits.feedback.correction import LONGEST_MODEL

__all__ = ["SCHEMA", "VERSION_TABLE", "Utc", "corrections", "metadata"]

SCHEMA = "0001"
"""The newest migration: a database that is there needs none."""

VERSION_TABLE = "inkdigits_version"
"""Not Alembic's own name: a PostgreSQL database may be shared with a program that uses that."""

metadata = MetaData()


class Utc(TypeDecorator[datetime]):
    """A time with its zone, which SQLite does not keep."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


corrections = Table(
    "corrections",
    metadata,
    # The order in which images first came. SQLite numbers only what it calls INTEGER.
    Column("number", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
    Column("id", String(64), nullable=False),
    Column("image", LargeBinary, nullable=False),
    Column("digit", SmallInteger, nullable=False),
    Column("answer", SmallInteger),
    Column("confidence", Double),
    Column("model", String(LONGEST_MODEL), nullable=False),
    Column("given_at", Utc, nullable=False),
    UniqueConstraint("id", name="corrections_id"),
    CheckConstraint("length(image) = 784", name="corrections_image"),
    CheckConstraint("digit BETWEEN 0 AND 9", name="corrections_digit"),
    CheckConstraint("answer BETWEEN 0 AND 9", name="corrections_answer"),
)
