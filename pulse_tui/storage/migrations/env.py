"""Alembic's entrance: runs the migrations on the connection that storage.migrate hands over."""

from alembic import context

from pulse_tui.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=False,
    render_as_batch=True,
)
context.run_migrations()
