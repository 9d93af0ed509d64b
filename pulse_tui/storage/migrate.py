"""Schema upgrades: Alembic run in-process, with a copy of an SQLite file taken first."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from pulse_tui.storage.copies import copy, free, name_of
from pulse_tui.storage.engine import schema_version, translated


def upgrade(engine: sa.Engine, revision: str = "head") -> Path | None:
    """Bring the schema to ``revision``; returns the copy that was taken, if one was."""
    before = schema_version(engine)
    kept = backup(engine, before) if before is not None and engine.dialect.name == "sqlite" else None
    config = Config()
    config.set_main_option("script_location", "pulse_tui.storage:migrations")
    config.set_main_option("path_separator", "os")
    with translated(engine.url), engine.execution_options(pulse_write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    return kept


def backup(engine: sa.Engine, label: str | None, now: datetime | None = None) -> Path:
    """A consistent copy of a live SQLite file beside it, named by schema and time.

    Raises StorageError when a page of it is damaged, or when there is no room for the copy; nothing is left of it then.
    """
    source = Path(engine.url.database or "")
    target = free(source.parent, name_of(source.name, label, now or datetime.now(UTC)))
    copy(source, target, engine.url)
    return target
