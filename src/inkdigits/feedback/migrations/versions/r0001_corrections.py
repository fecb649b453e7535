"""Keep corrections."""

import sqlalchemy as sa
from alembic import op

__all__ = ["downgrade", "upgrade"]

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "corrections",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("image", sa.LargeBinary, nullable=False),
        sa.Column("digit", sa.SmallInteger, nullable=False),
        sa.Column("answer", sa.SmallInteger),
        sa.Column("confidence", sa.Double),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("id", name="corrections_id"),
        sa.CheckConstraint("length(image) = 784", name="corrections_image"),
        sa.CheckConstraint("digit BETWEEN 0 AND 9", name="corrections_digit"),
        sa.CheckConstraint("answer BETWEEN 0 AND 9", name="corrections_answer"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("corrections")
