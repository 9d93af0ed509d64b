"""The database: SQLAlchemy Core on SQLite (WAL) and PostgreSQL, a folder for each wing with its tables.

Only one writer at a time on either database (``BEGIN IMMEDIATE``, an advisory lock), so that a
action and its audit line are one transaction and a counter never hands out a number twice.
"""
