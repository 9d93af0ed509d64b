"""The schema of a database that has none, at once: as the migrations would leave it, without walking through all of them."""

from __future__ import annotations

import sqlalchemy as sa

from pulse_tui.storage.engine import MIGRATING, translated
from pulse_tui.storage.plumbing.tables import values
from pulse_tui.storage.sql import append_only
from pulse_tui.storage.tables import metadata
from pulse_tui.storage.version import HEAD, OLDEST, OLDEST_KEY

_VERSION = sa.Table("alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True))
"""As the migrations keep it."""


def make(engine: sa.Engine) -> None:
    """Every table, what protects them, and the version. Whoever comes second finds it made and does nothing."""
    with translated(engine.url), engine.execution_options(pulse_write=MIGRATING).begin() as connection:
        if sa.inspect(connection).has_table(_VERSION.name):
            return
        _VERSION.create(connection)
        metadata.create_all(connection, checkfirst=False)
        for statement in append_only.create(connection.dialect.name):
            connection.exec_driver_sql(statement)
        connection.execute(_VERSION.insert().values(version_num=HEAD))
        connection.execute(values.insert().values(key=OLDEST_KEY, value=OLDEST))
