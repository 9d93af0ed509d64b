"""Copies of an SQLite file that is in use: made page by page while others write, read back, and described beside them.

A copy is made under a name of its own (``….part``) and gets its place when it is whole; whatever fails leaves nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import msgspec
import sqlalchemy as sa

from pulse_tui.domain.audit import Anchor
from pulse_tui.domain.backup import FORMAT, Form, Manifest
from pulse_tui.domain.errors import StorageError
from pulse_tui.domain.moments import from_us
from pulse_tui.storage.engine import SIDE_FILES, connect, make_private, translated
from pulse_tui.storage.plumbing.log import AuditTable
from pulse_tui.storage.sql.protected import Protected
from pulse_tui.storage.version import HEAD, KNOWN
from pulse_tui.storage.whole import refuse_damaged

PART = ".part"
"""The end of the name of what is not whole yet."""
_PAGES = 2_000
"""Of one step: others' commits wait for the disk no longer than what one step left for it to write."""
_STALE_S = 3_600.0
_ENOUGH = 64 * 2**10
"""Bytes of a manifest; no real one is as long."""


class Facts(NamedTuple):
    """What a copy holds."""

    schema: str
    head: Anchor
    rows: dict[str, int]


def name_of(database: str, schema: str | None, at: datetime, end: str = ".bak") -> str:
    """``pulse.db.0019.20261130T051300.bak``."""
    return f"{database}.{schema or 'empty'}.{at:%Y%m%dT%H%M%S}{end}"


def free(folder: Path, name: str) -> Path:
    """That name in the folder, with a number where it is taken: two may be made within a second."""
    path, number = folder / name, 1
    while path.exists():
        number += 1
        first, dot, end = name.rpartition(".")
        path = folder / f"{first}-{number}{dot}{end}"
    return path


def manifest_of(backup: Path) -> Path:
    """Where its manifest stands."""
    return backup.with_name(backup.name + ".json")


def copy(source: Path, target: Path, url: sa.URL) -> None:
    """A consistent copy of a live SQLite file, for its owner alone, on the disk when this returns.

    One reading transaction lasts for the whole copy, so that it is of one moment; in a write-ahead log no writer waits
    for a reader. Raises StorageError when a page is damaged, or when there is no room; nothing is left of it then.
    """
    with translated(url):
        refuse_damaged(source)
    with translated(sa.URL.create("sqlite", database=str(target))), part_of(target) as part:
        address = f"file:{quote(str(source))}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as live:
            live.execute("BEGIN")
            live.execute("SELECT count(*) FROM sqlite_master").fetchone()
            with closing(sqlite3.connect(part, isolation_level=None)) as made, part.open("rb") as file:
                made.execute("PRAGMA journal_mode=OFF")  # one that fails is thrown away
                made.execute("PRAGMA synchronous=OFF")

                def step(*_: int) -> None:
                    # Little by little: a commit of somebody else must not wait until gigabytes are on the disk.
                    os.fdatasync(file.fileno())

                live.backup(made, pages=_PAGES, progress=step)
                made.execute("PRAGMA journal_mode=DELETE")  # the copy needs nothing beside it
        _on_disk(part)


@contextmanager
def part_of(target: Path) -> Iterator[Path]:
    """A file beside the target that takes its place at the end; it and what SQLite puts beside it are gone otherwise."""
    part = target.with_name(target.name + PART)
    if target.exists():
        raise StorageError(f"{target} is there already", todo="Name another file, or a folder")
    try:
        part.unlink(missing_ok=True)
        make_private(part)
        yield part
        part.replace(target)
        _on_disk(target.parent)
    except OSError as error:
        raise StorageError(
            f"{target} cannot be written: {error.strerror}", todo="Free space, or name another folder: --to PATH"
        ) from None
    finally:
        for end in ("", *SIDE_FILES, "-journal"):
            with contextlib.suppress(OSError):
                part.with_name(part.name + end).unlink(missing_ok=True)


def _on_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def facts(path: Path) -> Facts:
    """What an SQLite file that nobody has open holds: it is only read. Raises StorageError when its log is broken."""
    engine = connect(sa.URL.create("sqlite+pysqlite", database=str(path)), alone=True)
    try:
        with translated(engine.url), engine.connect() as connection:
            tables = sa.inspect(connection).get_table_names()
            if "alembic_version" not in tables:
                raise StorageError(f"{path} is no database of pulse_tui")
            schema = str(connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar())
            if schema not in KNOWN:
                raise StorageError(
                    f"{path} was written by a newer pulse_tui (schema {schema}, this one knows {HEAD})",
                    todo="Upgrade pulse_tui on this host, then restore",
                )
            rows = {
                table: int(connection.exec_driver_sql(f'SELECT count(*) FROM "{table}"').scalar_one())  # noqa: S608
                for table in sorted(tables)
            }
            walked = AuditTable(connection, Protected(connection)).walk() if "audit" in tables else None
    finally:
        engine.dispose()
    if walked is not None and walked.broken is not None:
        raise StorageError(f"the audit log of {path} is broken at line {walked.broken[0]}: {walked.broken[1]}")
    return Facts(schema, walked.end if walked is not None else Anchor(0, ""), rows)


def ends(path: Path) -> datetime:
    """When an SQLite copy without a manifest was taken, as far as it says: its newest line. Its file may be a copy of a copy, and newer."""
    engine = connect(sa.URL.create("sqlite+pysqlite", database=str(path)), alone=True)
    try:
        with translated(engine.url), engine.connect() as connection:
            has = sa.inspect(connection).has_table("audit")
            last = connection.execute(sa.text("SELECT max(at) FROM audit")).scalar() if has else None
    finally:
        engine.dispose()
    return from_us(last) if last else datetime.fromtimestamp(path.stat().st_mtime, UTC)


def describe(path: Path, estate: str, program: str, at: datetime) -> Manifest:
    """Read a copy back, page by page and line by line, and write its manifest. Both are gone when one cannot be made."""
    try:
        refuse_damaged(path)
        found = facts(path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return manifest(path, Form.SQLITE, found, estate, program, at)


def manifest(path: Path, form: Form, found: Facts, estate: str, program: str, at: datetime) -> Manifest:
    """Write the manifest of a copy beside it. Both are gone when it cannot be written."""
    schema, head, rows = found
    try:
        made = Manifest(
            file=path.name,
            form=form,
            sha256=checksum(path),
            size=path.stat().st_size,
            schema=schema,
            program=program,
            estate=estate,
            at=at,
            audit_seq=head.seq,
            audit_hash=head.hash,
            rows={table: count for table, count in rows.items() if count},
        )
        write_manifest(path, made)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return made


def write_manifest(backup: Path, manifest: Manifest) -> None:
    """Beside the backup, for its owner alone. Raises StorageError when there is no room."""
    text = msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=2) + b"\n"
    with part_of(manifest_of(backup)) as part:
        part.write_bytes(text)
        _on_disk(part)


def read_manifest(backup: Path) -> Manifest | None:
    """None where none stands beside it. Raises StorageError for one that cannot be read."""
    path = manifest_of(backup)
    try:
        if path.stat().st_size > _ENOUGH:
            raise StorageError(f"{path} is no manifest of a backup: it is too long")
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StorageError(f"{path} is no manifest of a backup: {error}", todo="Take another backup") from None
    if manifest.format != FORMAT:
        raise StorageError(
            f"{path} is of a format that this version does not know: {manifest.format!r}",
            todo="Upgrade pulse_tui on this host, then restore",
        )
    return manifest


def verify(backup: Path) -> Manifest | None:
    """That it is the file that was written. Raises StorageError when it is another one, cut, or of a newer schema."""
    if not backup.is_file():
        raise StorageError(f"backup {backup} does not exist", todo="pulse-tui db list shows those that lie there")
    manifest = read_manifest(backup)
    if manifest is None:
        return None
    if manifest.schema not in KNOWN:
        raise StorageError(
            f"backup {backup} was written by a newer pulse_tui (schema {manifest.schema}, this one knows {HEAD})",
            todo="Upgrade pulse_tui on this host, then restore",
        )
    size = backup.stat().st_size
    if size != manifest.size:
        raise StorageError(
            f"backup {backup} is not the file that was written: {size:,} bytes, its manifest says {manifest.size:,}",
            todo="Take another backup",
        )
    if (found := checksum(backup)) != manifest.sha256:
        raise StorageError(
            f"backup {backup} is not the file that was written: its SHA-256 is {found[:12]}…, its manifest says"
            f" {manifest.sha256[:12]}…",
            todo="Take another backup",
        )
    return manifest


def checksum(path: Path) -> str:
    """SHA-256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def backups(folder: Path, database: str) -> list[tuple[Path, Manifest]]:
    """Those of one database that have a manifest, the newest first; what cannot be read is none."""
    found = []
    for path in folder.glob(f"{database}.*"):
        if path.suffix in (".bak", ".dump") and path.is_file():
            with contextlib.suppress(StorageError):
                manifest = read_manifest(path)
                if manifest is not None and manifest.file == path.name:
                    found.append((path, manifest))
    return sorted(found, key=lambda one: one[1].at, reverse=True)


def sweep(folder: Path, database: str, now: datetime) -> None:
    """What a backup that was killed left behind; one that is being made is touched all the time."""
    for path in folder.glob(f"{database}.*{PART}*"):
        with contextlib.suppress(OSError):
            if now.timestamp() - path.stat().st_mtime > _STALE_S:
                path.unlink()


def keep(folder: Path, database: str, newest: int) -> list[Path]:
    """Take away all but the newest; returns what went. Copies without a manifest, as of an upgrade, are not counted."""
    gone = []
    for path, _ in backups(folder, database)[newest:]:
        manifest_of(path).unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        gone.append(path)
    return gone
