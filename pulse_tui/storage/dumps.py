"""Backups of a PostgreSQL database: its own ``pg_dump`` and ``pg_restore`` move the bytes, this says what they hold."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from pulse_tui.domain.audit import GENESIS, Anchor
from pulse_tui.domain.backup import Form, Manifest
from pulse_tui.domain.errors import NotFound, StorageError
from pulse_tui.ports import Processes
from pulse_tui.storage.copies import Facts, manifest, part_of
from pulse_tui.storage.engine import connect, shown, translated

LONGEST_S = 12 * 3_600.0
"""A tool is ended after so long."""
_QUOTED = 400
"""Characters of what a tool printed that are quoted."""


def tool(name: str) -> str:
    """Its path. Raises NotFound where PostgreSQL's client programs are not installed."""
    found = shutil.which(name)
    if found is None:
        raise NotFound(f"{name} is not on PATH", todo="Install PostgreSQL's client programs, or run it elsewhere")
    return found


def words(url: sa.URL, target: Path) -> str:
    """The command that makes the same file on another host; libpq asks for the password, or reads ``~/.pgpass``."""
    return shlex.join(["pg_dump", "--format=custom", f"--file={target}", f"--dbname={_plain(url)}"])


def back(url: sa.URL, backup: Path) -> str:
    """The command that puts it back into an empty database."""
    return shlex.join(["pg_restore", *_RESTORE, f"--dbname={_plain(url)}", str(backup)])


_RESTORE = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")


def dump(url: sa.URL, target: Path, estate: str, program: str, at: datetime, processes: Processes) -> Manifest:
    """``pg_dump`` of the moment that the manifest describes, read back by ``pg_restore --list``.

    Raises StorageError when the server or the tool refuses, or when there is no room; nothing is left then.
    """
    dumping, listing = tool("pg_dump"), tool("pg_restore")
    engine = connect(url).execution_options(isolation_level="REPEATABLE READ")
    try:
        with translated(url), engine.connect() as connection, part_of(target) as part:
            moment = str(connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one())
            found = _facts(connection)
            _run([dumping, "--format=custom", f"--file={part}", f"--snapshot={moment}"], url, processes)
            _run([listing, "--list", str(part)], url, processes)
    finally:
        engine.dispose()
    return manifest(target, Form.PG_DUMP, found, estate, program, at)


def is_empty(url: sa.URL) -> bool:
    """Whether the database has no table at all."""
    engine = connect(url)
    try:
        with translated(url), engine.connect() as connection:
            return not sa.inspect(connection).get_table_names()
    finally:
        engine.dispose()


def put_back(url: sa.URL, backup: Path, processes: Processes) -> None:
    """Into an empty database, all of it or nothing. Raises StorageError when the tool refuses."""
    _run([tool("pg_restore"), *_RESTORE, f"--dbname={url.database}", str(backup)], url, processes)


def _facts(connection: sa.Connection) -> Facts:
    tables = sorted(sa.inspect(connection).get_table_names())
    if "alembic_version" not in tables:
        raise StorageError(f"database {shown(connection.engine.url)} is no database of pulse_tui")
    schema = str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())
    last = connection.exec_driver_sql("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").first()
    rows = {t: int(connection.exec_driver_sql(f'SELECT count(*) FROM "{t}"').scalar_one()) for t in tables}  # noqa: S608
    return Facts(schema, Anchor(last.seq, last.hash) if last else Anchor(0, GENESIS), rows)


def _run(command: Sequence[str], url: sa.URL, processes: Processes) -> None:
    """A tool, with the address in its environment: a password on a command line is seen by everybody on the host."""
    done = processes.run(
        command, folder=Path.cwd(), environment=_environment(url), mark="pg", timeout_s=LONGEST_S, stop=lambda: False
    )
    if done.code != 0:
        why = " ".join(done.output.split())[-_QUOTED:]
        secret = str(url.password or "")
        raise StorageError(
            f"{Path(command[0]).name} ended with {done.code}: {why.replace(secret, '***') if secret else why}",
            todo="Its version must not be older than the server's; free space if the disk is full",
        )


def _environment(url: sa.URL) -> Mapping[str, str]:
    given = {
        "PGHOST": url.host or url.query.get("host"),
        "PGPORT": str(url.port) if url.port else url.query.get("port"),
        "PGUSER": url.username,
        "PGPASSWORD": str(url.password) if url.password else None,
        "PGDATABASE": url.database,
        "PGSSLMODE": url.query.get("sslmode"),
        "PGSSLROOTCERT": url.query.get("sslrootcert"),
    }
    return {name: str(value) for name, value in given.items() if value}


def _plain(url: sa.URL) -> str:
    """As libpq reads it, without the password."""
    plain = url.set(drivername="postgresql", password=None)
    return plain.render_as_string(hide_password=True)
