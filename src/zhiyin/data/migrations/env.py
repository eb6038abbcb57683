"""What Alembic runs for every command: one connection, handed over by `zhiyin.data.migrations`."""

from alembic import context

from zhiyin.data.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
