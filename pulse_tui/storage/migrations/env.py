"""Alembic's entrance: runs the migrations on the connection that storage.migrate hands over."""

from alembic import context

# No target_metadata: migrations import nothing of today's code. A test compares their schema with the tables'.
context.configure(connection=context.config.attributes["connection"], transaction_per_migration=False)
context.run_migrations()
