"""Schema upgrades: Alembic run in-process, with a copy of an SQLite file taken first."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import exc

from pulse_tui.storage.copies import copy, free, name_of
from pulse_tui.storage.engine import MIGRATING, schema_version, translated
from pulse_tui.storage.plumbing.tables import values
from pulse_tui.storage.sql.upsert import upsert
from pulse_tui.storage.version import OLDEST, OLDEST_KEY

_TRIES = 20
_PAUSE_S = 0.5
"""Between two tries to change tables that others read: they go on meanwhile."""


def upgrade(engine: sa.Engine, revision: str = "head") -> Path | None:
    """Bring the schema to ``revision``; returns the copy that was taken, if one was.

    Others may work on the database meanwhile: on PostgreSQL a change that waits for a table for more than a second is tried
    again a little later, so that nobody waits behind it. Raises StorageError when that does not help.
    """
    before = schema_version(engine)
    kept = backup(engine, before) if before is not None and engine.dialect.name == "sqlite" else None
    config = Config()
    config.set_main_option("script_location", "pulse_tui.storage:migrations")
    config.set_main_option("path_separator", "os")
    with translated(engine.url):
        for left in range(_TRIES, 0, -1):
            try:
                with engine.execution_options(pulse_write=MIGRATING).begin() as connection:
                    config.attributes["connection"] = connection
                    command.upgrade(config, revision)
                    if revision == "head":
                        upsert(connection, values, [{"key": OLDEST_KEY, "value": OLDEST}])
            except exc.OperationalError as error:
                if left == 1 or "lock timeout" not in str(error.orig):
                    raise
                time.sleep(_PAUSE_S)
            else:
                break
    return kept


def backup(engine: sa.Engine, label: str | None, now: datetime | None = None) -> Path:
    """A consistent copy of a live SQLite file beside it, named by schema and time.

    Raises StorageError when a page of it is damaged, or when there is no room for the copy; nothing is left of it then.
    """
    source = Path(engine.url.database or "")
    target = free(source.parent, name_of(source.name, label, now or datetime.now(UTC)))
    copy(source, target, engine.url)
    return target
