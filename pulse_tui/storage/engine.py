"""Opening a database: pragmas, locks, schema version, and errors an operator can act on."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pulse_tui.domain.errors import Busy, NoDatabase, StorageError
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.plain import one
from pulse_tui.storage.version import HEAD, KNOWN, OLDEST_KEY, allows, goes_on
from pulse_tui.storage.whole import restore

_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph", "glusterfs"}
_WRITE_LOCK = 0x70756C7365  # "pulse": the advisory lock that makes PostgreSQL writers take turns
BUSY_MS = 5_000
SIDE_FILES = ("-wal", "-shm")
"""What SQLite puts beside a database."""
CONNECTIONS = 40
"""At most, of one process: rounds and lanes that read at the same time, and whoever looks."""
_FREE = "Free space, then try again; until then everything can be read: pulse-tui --read-only, pulse-tui status"


def normalize(url: str, base: Path) -> sa.URL:
    """A database URL with a relative SQLite path put under ``base`` and psycopg 3 for PostgreSQL."""
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):  # of a port that is no number
        raise StorageError(
            f"database: {re.split('[:@]', url, maxsplit=1)[0]!r} is no database URL",
            todo="Write sqlite:///pulse.db or postgresql://user:${PASSWORD}@host:5432/name (special characters are encoded)",
        ) from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise StorageError("database: an in-memory SQLite keeps nothing", todo="Name a file: sqlite:///pulse.db")
        path = Path(parsed.database).expanduser()
        return parsed.set(drivername="sqlite+pysqlite", database=str(path if path.is_absolute() else base / path))
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    raise StorageError(f"database: {backend} is not supported", todo="Use sqlite:// or postgresql://")


_OLDEST = f"SELECT value FROM settings_values WHERE key = '{OLDEST_KEY}'"  # noqa: S608  a constant of ours
CLOCK = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS bigint)"
"""PostgreSQL's own clock in microseconds, as it is now and not as the transaction began."""
_BEGIN = (
    f"SET LOCAL lock_timeout = {BUSY_MS}; SELECT pg_advisory_xact_lock({_WRITE_LOCK}); "
    f"SELECT {CLOCK}, ({_OLDEST})"  # a statement of its own: it sees what was committed while the lock was waited for
)
QUEUE_S = 60.0
"""At most, behind writers that get on."""
_HANGS = f"""SELECT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND l.classid = {_WRITE_LOCK >> 32} AND l.objid = {_WRITE_LOCK & 0xFFFFFFFF} AND l.objsubid = 1
AND a.state_change < clock_timestamp() - interval '{BUSY_MS * 0.9:.0f} ms')"""  # noqa: S608  constants of ours
"""Whether the writer whose turn it is has begun and ended no statement for that long."""
_MIGRATE_MS = 1_000
"""Whoever changes a table waits no longer for those who read it: everybody else waits behind."""
_BEGIN_MIGRATING = f"SET LOCAL lock_timeout = {_MIGRATE_MS}; SELECT pg_advisory_xact_lock({_WRITE_LOCK})"
MIGRATING = "migrating"
"""As the option ``pulse_write``: the schema is about to be changed, so that nothing of it is asked."""


def connect(url: sa.URL, *, alone: bool = False, on_time: Callable[[int], None] = lambda _us: None) -> sa.Engine:
    """An engine with the house's settings. Raises StorageError when the file or server cannot be used.

    ``alone``: an SQLite file that nobody else has open is only read, and nothing is put beside it. ``on_time`` is given
    PostgreSQL's clock in microseconds whenever something is about to be written.
    """
    if url.get_backend_name() == "sqlite":
        return _alone(url) if alone else _sqlite(url)
    try:
        engine = sa.create_engine(url, pool_pre_ping=True, pool_size=4, max_overflow=CONNECTIONS - 4)
    except ModuleNotFoundError:
        raise StorageError(
            "database: the PostgreSQL driver is not installed", todo="pip install 'pulse_tui[postgres]'"
        ) from None

    @sa.event.listens_for(engine, "connect")
    def _connect(raw: Any, _record: Any) -> None:
        if pooled(raw):  # a statement is prepared in one session, and would be asked for in another
            raw.prepare_threshold = None

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        if mode := connection.get_execution_options().get("pulse_write"):
            # A writer that hangs must not make everybody hang: as on SQLite, the wait ends with a sentence.
            if mode == MIGRATING:
                _several(connection, _BEGIN_MIGRATING)
            else:
                found = _in_turn(connection)
                on_time(found[0])
                refuse_outdated(url, found[1])

    return engine


def pooled(raw: Any) -> bool:
    """Whether something stands between a psycopg connection and its server that hands sessions on (PgBouncer): it has
    numbers of its own for the sessions of its clients.
    """
    with raw.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()", prepare=False)
        different: bool = cursor.fetchone()[0] != raw.info.backend_pid
    if not raw.autocommit:
        raw.rollback()
    return different


def _in_turn(connection: sa.Connection) -> Any:
    """Begin to write. Whoever waits behind many hosts' writers waits on while they get on; behind one that does nothing for as
    long as anybody waits, the wait ends."""
    end = time.monotonic() + QUEUE_S
    while True:
        try:
            return _several(connection, _BEGIN)
        except sa.exc.OperationalError as error:
            raw: Any = connection.connection.driver_connection
            if "lock timeout" not in str(error.orig) or time.monotonic() > end:
                raise
            raw.rollback()
            hangs = _several(connection, _HANGS)[0]
            raw.rollback()
            if hangs:
                raise


def _several(connection: sa.Connection, sql: str) -> Any:
    """The last row of several statements in one round trip: SQLAlchemy's own way would take three."""
    import psycopg  # noqa: PLC0415  only on PostgreSQL

    raw: Any = connection.connection.driver_connection
    try:
        with raw.cursor() as cursor:
            cursor.execute(sql)
            while cursor.nextset():
                pass
            return cursor.fetchone()
    except psycopg.Error as error:
        raise sa.exc.OperationalError(sql, None, error) from error


def _sqlite(url: sa.URL) -> sa.Engine:
    path = Path(url.database or "")
    refuse_network(path)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"database {path}: its folder cannot be made ({error.strerror})") from None
    patient = {"timeout": BUSY_MS / 1000, "check_same_thread": False}
    engine = sa.create_engine(url, connect_args=patient, max_overflow=CONNECTIONS - 5)

    @sa.event.listens_for(engine, "do_connect")
    def _private(*_: Any) -> None:
        make_private(path)

    @sa.event.listens_for(engine, "connect")
    def _connect(raw: sqlite3.Connection, _record: Any) -> None:
        settle(raw, path)

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        if mode := connection.get_execution_options().get("pulse_write"):
            raw = _take_turn(connection)
            if mode != MIGRATING:
                row = raw.execute(_OLDEST).fetchone()
                refuse_outdated(url, row[0] if row is not None else None)
        else:
            connection.exec_driver_sql("BEGIN")

    return engine


def settle(raw: sqlite3.Connection, path: Path) -> None:
    """What every connection to the file is set to, whoever opened it."""
    raw.isolation_level = None  # the driver's own BEGINs would come too late for IMMEDIATE
    cursor = raw.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=FULL")  # an intent must be on disk before anything is sent
    cursor.execute("PRAGMA journal_mode")
    if cursor.fetchone()[0] != "wal" and os.access(path, os.W_OK):
        cursor.execute("PRAGMA journal_mode=WAL")
    cursor.close()


def lacks_room(error: StorageError) -> bool:
    """Whether an SQLite file could not be opened for want of room beside it."""
    cause = error.__cause__.orig if isinstance(error.__cause__, sa.exc.DBAPIError) else None
    return getattr(cause, "sqlite_errorname", "").split("_")[1:2] in (["IOERR"], ["CANTOPEN"], ["FULL"])


def _alone(url: sa.URL) -> sa.Engine:
    """What SQLite needs beside the file to read it (``-shm``) finds no room on a full disk."""
    address = f"file:{quote(url.database or '')}?immutable=1"
    return sa.create_engine(
        url, creator=lambda: sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
    )


def make_private(path: Path) -> None:
    """Where there is no file, an empty one that only its owner reads: SQLite's would be as the umask says. SQLite gives its
    ``-wal`` and ``-shm`` the mode of the database, so a team that shares one by a group changes one mode.

    A file of ours that everybody can read or write is closed to them, and to its group unless the group can write, which
    somebody meant.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        for file in (path, *(path.with_name(path.name + end) for end in SIDE_FILES)):
            with contextlib.suppress(OSError):
                there = file.stat()
                if there.st_mode & stat.S_IRWXO and there.st_uid == os.geteuid():
                    shared = stat.S_IRWXG if there.st_mode & stat.S_IWGRP else 0
                    file.chmod(stat.S_IMODE(there.st_mode) & (stat.S_IRWXU | shared))
    except OSError:
        return  # SQLite says what is wrong


def _take_turn(connection: sa.Connection) -> sqlite3.Connection:
    """Begin to write. SQLite's own waiting sleeps up to 0.1 s between two tries, so that one of several busy writers
    may never find a free moment within the time; trying often, at odd moments, gives everybody a turn."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    import random  # noqa: PLC0415  whoever only reads waits for nobody

    raw.execute("PRAGMA busy_timeout=0")
    try:
        end = time.monotonic() + BUSY_MS / 1000
        while time.monotonic() < end:
            try:
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    break
                time.sleep(random.uniform(0.001, 0.008))  # noqa: S311  no secret
            else:
                return raw
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return raw
    finally:
        raw.execute(f"PRAGMA busy_timeout={BUSY_MS}")


def refuse_network(path: Path) -> None:
    """SQLite's locks do not work over a network file system. Raises StorageError there."""
    kind = file_system(path)
    if kind in _NETWORK_FILE_SYSTEMS:
        raise StorageError(
            f"database {path} is on a network file system ({kind}), where SQLite can lose data",
            todo="Use a local path, or PostgreSQL for more than one host",
        )


def sqlite_file(url: str, base: Path) -> Path | None:
    """The file that ``sqlite:///FILE`` names, as :func:`normalize` finds it; None of everything that is written otherwise."""
    file = url.removeprefix("sqlite:///")
    if not file or file in (url, ":memory:") or not {"?", "%"}.isdisjoint(file):
        return None
    path = Path(file).expanduser()
    return path if path.is_absolute() else base / path


def refuse_missing(url: sa.URL) -> None:
    """Reading must not make a file. Raises NoDatabase when there is none."""
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        raise NoDatabase(
            f"database {url.database} does not exist", todo="Check the path; pulse-tui refresh makes a new one"
        )


def file_system(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """The type of the file system that holds ``path``; an empty string where it is unknown."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    real = os.path.realpath(path)
    best, kind = "", ""
    for line in lines:
        fields = line.split()
        if len(fields) < 3:
            continue
        mount = fields[1].replace("\\040", " ")
        if (real == mount or real.startswith(mount.rstrip("/") + "/")) and len(mount) > len(best):
            best, kind = mount, fields[2]
    return kind


def schema_version(engine: sa.Engine) -> str | None:
    """The migration the database is at; None for an empty one."""
    with translated(engine.url), engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def check_schema(engine: sa.Engine) -> bool:
    """True when this code can work on the schema, False when it must be upgraded. Raises StorageError when it is newer and
    does not allow this code beside it.
    """
    version = schema_version(engine)
    if version == HEAD:
        return True
    if version is not None and version not in KNOWN:
        with translated(engine.url), engine.connect() as connection:
            if goes_on(version, oldest_of(connection)):
                return True
        raise StorageError(
            f"database {shown(engine.url)} was written by a newer pulse_tui (schema {version}, this one knows {HEAD})",
            todo="Upgrade pulse_tui on this host",
        )
    return False


def oldest_of(connection: sa.Connection) -> str | None:
    """The oldest version that may work on it, as whoever migrated it last wrote down; None: it does not say."""
    found: str | None = one(connection, _OLDEST)
    return found


def refuse_outdated(url: sa.URL, oldest: str | None) -> None:
    """A database that was migrated under our feet, by a version that this one cannot work beside. Raises StorageError."""
    if oldest is not None and not allows(oldest):
        raise StorageError(
            f"this pulse_tui is too old for its database now (it takes schema {oldest} and later, this one knows {HEAD}): "
            f"nothing is written to {shown(url)} or read from it any more",
            todo="Upgrade pulse_tui on this host, then start it again",
        )


@contextmanager
def translated(url: sa.URL) -> Iterator[None]:
    """Driver errors as StorageError: locked, read-only, full, damaged, unreachable."""
    try:
        yield
    except (sa.exc.DBAPIError, sqlite3.Error) as error:
        text = str(error.orig if isinstance(error, sa.exc.DBAPIError) else error)
        what, todo = _words(url, text)
        raise (Busy if _LOCKED.search(text) else StorageError)(what, todo=todo) from error


_LOCKED = re.compile("lock timeout|locked", re.IGNORECASE)


def _words(url: sa.URL, message: str) -> tuple[str, str]:
    name = shown(url)
    low = message.lower()
    hints = [
        ("lock timeout", "is locked by another process for more than 5 s", "Close the other program or try again"),
        ("locked", "is locked by another process for more than 5 s", "Close the other program or try again"),
        ("readonly", "is read-only", "Check the file's and its folder's permissions, or use --read-only"),
        ("read-only", "is read-only", "Check the file's and its folder's permissions, or use --read-only"),
        ("full", "cannot grow: the disk is full", _FREE),
        ("disk i/o error", "cannot be written or read: a full disk, a quota or a broken disk", _FREE),
        ("malformed", "is damaged", restore(Path(url.database or ""))),
        ("not a database", "is not a database file", "Point `database` at another file"),
        ("unable to open", "cannot be opened", "Check the path and its permissions"),
        ("connection", "cannot be reached", "Check that the server runs and the URL is right"),
    ]
    for word, what, todo in hints:
        if word in low:
            return f"database {name} {what}", todo
    first = message.strip().splitlines()[0] if message.strip() else "unknown error"
    return f"database {name}: {first}", ""


def shown(url: sa.URL) -> str:
    """The URL without its password."""
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
