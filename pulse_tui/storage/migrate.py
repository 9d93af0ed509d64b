"""Schema upgrades: Alembic run in-process, with a copy of an SQLite file taken first."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from pulse_tui.storage.engine import make_private, schema_version, translated
from pulse_tui.storage.whole import refuse_damaged


def upgrade(engine: sa.Engine, revision: str = "head") -> Path | None:
    """Bring the schema to ``revision``; returns the copy that was taken, if one was."""
    before = schema_version(engine)
    copy = backup(engine, before) if before is not None and engine.dialect.name == "sqlite" else None
    config = Config()
    config.set_main_option("script_location", "pulse_tui.storage:migrations")
    config.set_main_option("path_separator", "os")
    with translated(engine.url), engine.execution_options(pulse_write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    return copy


def backup(engine: sa.Engine, label: str | None, now: datetime | None = None) -> Path:
    """A consistent copy of a live SQLite file beside it, named by schema and time.

    Raises StorageError when a page of it is damaged, or when there is no room for the copy; nothing is left of it then.
    """
    source = Path(engine.url.database or "")
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%S")
    target = source.with_name(f"{source.name}.{label or 'empty'}.{stamp}.bak")
    with translated(engine.url):
        refuse_damaged(source)
        make_private(target)
        try:
            with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
                live.backup(copy)
        except sqlite3.Error:
            target.unlink()
            raise
    return target
