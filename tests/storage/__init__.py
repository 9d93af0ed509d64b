"""The store, every behaviour on SQLite and on PostgreSQL."""
