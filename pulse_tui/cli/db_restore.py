"""A backup takes the place of the database, while nobody has that open; what is gone and what to check is printed."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pulse_tui.cli.db_copies import url_of
from pulse_tui.cli.output import emit
from pulse_tui.domain.audit import Anchor
from pulse_tui.domain.backup import Form, Manifest
from pulse_tui.domain.errors import NotFound, PulseError, Refused, StorageError, WrongUse
from pulse_tui.domain.lock import shown
from pulse_tui.domain.moments import iso
from pulse_tui.environment import secret_url
from pulse_tui.process import is_dead, operator_name, origin
from pulse_tui.wiring import House

if TYPE_CHECKING:
    from pulse_tui.ports import Transaction
    from pulse_tui.services.rollback.restored import Restored
    from pulse_tui.storage.store import SqlStore

UNSEEN = 3
"""Times its interval: a member that was not seen for so long no longer has the database open."""


def restore(options: argparse.Namespace, house: House) -> int:
    """0 when the backup has taken the place of the database."""
    from pulse_tui.storage import copies  # noqa: PLC0415

    if options.path is None:
        raise WrongUse("db restore needs the backup", todo="pulse-tui db list shows those that lie there")
    path, url = Path(options.path).expanduser(), url_of(house)
    manifest = copies.verify(path)
    sqlite = url.get_backend_name() == "sqlite"
    if manifest is not None and (manifest.form is Form.SQLITE) is not sqlite:
        mine, its = ("an SQLite file", "a PostgreSQL database")[:: 1 if sqlite else -1]
        what = f"{path.name} is a backup of {its}, and the database here is {mine}"
        raise WrongUse(what, todo="Name one of its kind: --database")
    warnings = _warnings(path, manifest, house)
    for warning in warnings:
        print(shown(f"pulse-tui: warning: {warning}"), file=sys.stderr)
    if sqlite:
        _refuse(path, Path(str(url.database)))
    if manifest is not None:
        at = manifest.at
    else:
        at = copies.ends(path) if sqlite else datetime.fromtimestamp(path.stat().st_mtime, UTC)
    if sqlite:
        done, kept = _into_file(path, at, Path(str(url.database)), house)
    else:
        done, kept = _into_server(path, at, manifest, url, house)
    _anchor(house)
    lines = [f"restored from {path.name}, a backup of {iso(at)}: {done.lost.words()}"]
    lines += [f"what was there before is kept: {kept}"] if kept else []
    lines += ["CHECK NOW", *(f"  {line}" for line in done.checks(at)), "Then start the towers and agents again"]
    data = {
        "backup": str(path),
        "of": iso(at),
        "kept": kept,
        "warnings": warnings,
        "lost": done.lost._asdict(),
        "uncertain": done.uncertain,
        "runs": done.runs,
        "plans": done.plans,
        "holds": done.holds,
        "check": done.checks(at),
    }
    emit(options, data, lines)
    return 0


def _warnings(path: Path, manifest: Manifest | None, house: House) -> list[str]:
    if manifest is None:
        return [f"{path.name} has no manifest: nothing says whether it is the file that was written"]
    if manifest.estate and manifest.estate != house.settings.name:
        return [f"it is a backup of estate {manifest.estate!r}, and this configuration is of {house.settings.name!r}"]
    return []


def _refuse(backup: Path, path: Path) -> None:
    """Raises for a backup that cannot take the place of that file, or not now."""
    from pulse_tui.storage import copies, restoring  # noqa: PLC0415
    from pulse_tui.storage.whole import quick_check  # noqa: PLC0415

    beside = backup.with_name(backup.name + "-wal")
    if backup.resolve() == path.resolve():
        raise WrongUse(f"{backup} is the database itself", todo="pulse-tui db list shows the backups")
    if beside.exists() and beside.stat().st_size:
        raise Refused(f"{backup} has a log of its own ({beside.name}): it is in use, and no backup")
    restoring.refuse_open(path)
    if problem := quick_check(backup).problem:
        raise StorageError(f"backup {backup} is damaged ({problem})", todo="pulse-tui db list shows the others")
    copies.facts(backup)


def _into_file(backup: Path, at: datetime, path: Path, house: House) -> tuple[Restored, str]:
    from pulse_tui.storage import copies, restoring  # noqa: PLC0415

    kept = copies.free(path.parent, f"{path.name}.replaced.{house.clock():%Y%m%dT%H%M%S}")
    with _former(path, house) as former:
        staged = restoring.stage(backup, path)
        try:
            with closing(restoring.opened(staged, origin=origin())) as store:
                try:
                    done = _settled(store, former, at, backup.name, kept.name, house)
                except (
                    StorageError
                ) as error:  # a page of the former one is damaged: what is in the others is not enough
                    if former is None:
                        raise
                    _unread(error)
                    done = _settled(store, None, at, backup.name, kept.name, house)
            last = _last(former)
        except BaseException:
            restoring.unstage(path)
            raise
    there = path.exists()
    try:
        with restoring.alone(path) as now:
            if last is not None and now is not None and now != last:
                raise Refused(f"somebody wrote to {path} just now: nothing was replaced", todo="Restore again")
            restoring.swap(staged, path, kept)
    finally:
        restoring.unstage(path)
    return done, str(kept) if there else ""


def _unread(error: StorageError) -> None:
    print(shown(f"pulse-tui: what is there now cannot be read: {error}"), file=sys.stderr)


def _last(former: Transaction | None) -> int | None:
    """The number of the last line of its log, as far as that can be read."""
    try:
        return former.log.head().seq if former is not None else None
    except Exception:  # a damaged page, in the driver's own words
        return None


@contextmanager
def _former(path: Path, house: House) -> Iterator[Transaction | None]:
    """What the database knows that is about to be replaced; None where it cannot be read any more."""
    stack = contextlib.ExitStack()
    try:
        yield _opened(path, house, stack)
    finally:
        with contextlib.suppress(StorageError):  # of one that is damaged, the end of a look may fail too
            stack.close()


def _opened(path: Path, house: House, stack: contextlib.ExitStack) -> Transaction | None:
    from pulse_tui.storage import restoring  # noqa: PLC0415

    if not path.is_file() or not path.stat().st_size:
        return None
    try:
        store = stack.enter_context(closing(restoring.opened(path, read_only=True)))
        former = stack.enter_context(store.read())
        _refuse_members(former, house)
    except StorageError as error:
        _unread(error)
        return None
    return former


def _refuse_members(former: Transaction, house: House) -> None:
    """Towers and agents of other hosts and containers are seen by what they write down alone."""
    now = house.clock()
    there = [
        f"{m.kind.value} on {m.host}, seen {m.seen_at:%H:%M:%S} UTC"
        for m in former.members.all()
        if abs(now - m.seen_at) < timedelta(seconds=UNSEEN * m.every_s) and not is_dead(m.id)
    ]
    if there:
        raise Refused(
            "the database is in use", there, todo="Stop every tower and agent, wait two minutes, then restore again"
        )


def _settled(
    store: SqlStore, former: Transaction | None, at: datetime, backup: str, kept: str, house: House
) -> Restored:
    """Verify what came back, and make it safe to be opened."""
    from pulse_tui.services.rollback.recorded import verified  # noqa: PLC0415
    from pulse_tui.services.rollback.restored import settle  # noqa: PLC0415

    with store.read() as tx:
        wrong = verified(tx, ()).wrong
    if wrong:
        raise Refused(
            f"the audit log of {backup} does not hold", wrong[:5], todo="Take another backup: pulse-tui db list"
        )
    with store.write() as tx:
        return settle(tx, former, at, backup, kept, _anchors(house), operator_name(), house.clock())


def _anchors(house: House) -> Sequence[Anchor]:
    try:
        return house.anchors()
    except PulseError as error:
        print(shown(f"pulse-tui: warning: {error}"), file=sys.stderr)
        return ()


def _into_server(backup: Path, at: datetime, manifest: Manifest | None, url: Any, house: House) -> tuple[Restored, str]:
    from pulse_tui.running import SystemProcesses  # noqa: PLC0415
    from pulse_tui.storage import dumps  # noqa: PLC0415
    from pulse_tui.storage.engine import normalize  # noqa: PLC0415
    from pulse_tui.storage.engine import shown as name  # noqa: PLC0415
    from pulse_tui.storage.store import SqlStore  # noqa: PLC0415

    address = secret_url(house.database)
    if dumps.is_empty(url):
        try:
            dumps.put_back(url, backup, SystemProcesses())
        except NotFound as error:
            again = f"{dumps.back(url, backup)}; then the same pulse-tui db restore again"
            raise NotFound(str(error), todo=f"On a host that has it: {again}") from None
    elif not _put_back_by_hand(address, manifest, house):
        raise Refused(
            f"database {name(url)} is not empty, and nothing in it is replaced",
            todo="Make an empty one beside it, name that with --database here and in the configuration: createdb NAME",
        )
    configured = house.settings.database
    former_url = normalize(secret_url(configured), house.base) if configured else None
    with contextlib.ExitStack() as stack:
        former: Transaction | None = None
        if former_url is not None and former_url != url and former_url.get_backend_name() == "postgresql":
            with contextlib.suppress(StorageError):
                old = stack.enter_context(closing(SqlStore(secret_url(configured or ""), house.base, read_only=True)))
                former = stack.enter_context(old.read())
                _refuse_members(former, house)
        kept = name(former_url) if former is not None and former_url is not None else ""
        with closing(SqlStore(address, house.base, origin=origin())) as store:
            return _settled(store, former, at, backup.name, kept, house), kept


def _put_back_by_hand(address: str, manifest: Manifest | None, house: House) -> bool:
    """Whether the database is as the backup has it, and no restore has been written down yet."""
    from pulse_tui.storage.store import SqlStore  # noqa: PLC0415

    if manifest is None:
        return False
    with (
        contextlib.suppress(StorageError),
        closing(SqlStore(address, house.base, read_only=True)) as store,
        store.read() as tx,
    ):
        return tx.log.head() == manifest.head
    return False


def _anchor(house: House) -> None:
    """The log goes on from here: kept elsewhere, too."""
    from pulse_tui.anchors import Anchors  # noqa: PLC0415
    from pulse_tui.services.rollback.anchor import anchor_line  # noqa: PLC0415

    places = house.settings.approvals.anchors
    if places:
        try:
            with house.store.read() as tx:
                head = tx.log.head()
            Anchors(places, house.base).write(anchor_line(head, house.clock(), "database.restored"))
        except PulseError as error:
            print(shown(f"pulse-tui: warning: {error}"), file=sys.stderr)
