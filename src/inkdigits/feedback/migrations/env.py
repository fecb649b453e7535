"""What Alembic runs to migrate, on a connection whose transaction is somebody else's."""

from alembic import context

from inkdigits.feedback.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
context.run_migrations()
