"""The store: transactions over all tables, the board, and the mark that changes when somebody wrote."""

from __future__ import annotations

import copy
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from pulse_tui.domain.errors import StorageError
from pulse_tui.domain.member import concerns, until
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.domain.rollback import Rules
from pulse_tui.domain.room import Room
from pulse_tui.domain.scope import Scope
from pulse_tui.domain.views.board import Board, OfPeople, Review
from pulse_tui.domain.views.evals import Trend
from pulse_tui.domain.views.registry import CalendarRow, ReleaseRow
from pulse_tui.ports import Transaction
from pulse_tui.storage import plain_file
from pulse_tui.storage.advisories.advisories import AdvisoryTables
from pulse_tui.storage.advisories.coverage import CoverageTable
from pulse_tui.storage.advisories.exploitation import ExploitationTables
from pulse_tui.storage.advisories.reports import ReportTable
from pulse_tui.storage.advisories.settled import SettledTable
from pulse_tui.storage.advisories.waivers import WaiverTable
from pulse_tui.storage.alerts.decisions import (
    EnforcementTable,
    IncidentTables,
    LearningTables,
    NoticeTable,
    PolicyTable,
    SilenceTable,
)
from pulse_tui.storage.alerts.judgements import JudgementTables
from pulse_tui.storage.board import panes as boards
from pulse_tui.storage.board.calendar import read_calendar
from pulse_tui.storage.board.history import read_history
from pulse_tui.storage.board.touched import Touched
from pulse_tui.storage.board.trends import read_trends
from pulse_tui.storage.components.dependencies import DependencyTables
from pulse_tui.storage.components.loading import LoadingTable
from pulse_tui.storage.engine import (
    CLOCK,
    SIDE_FILES,
    check_schema,
    connect,
    lacks_room,
    normalize,
    oldest_of,
    pooled,
    refuse_missing,
    refuse_outdated,
    schema_version,
    shown,
    sqlite_file,
    translated,
)
from pulse_tui.storage.evals.runs import EvalTables
from pulse_tui.storage.plain_file import PlainFile
from pulse_tui.storage.plumbing.log import AuditTable
from pulse_tui.storage.plumbing.plumbing import PlumbingTables
from pulse_tui.storage.registry.estate import EstateTables, KeptEstate
from pulse_tui.storage.registry.inventory import InventoryTables
from pulse_tui.storage.rollback.plans import RollbackTables
from pulse_tui.storage.room import read_aside, room
from pulse_tui.storage.service.pruning import PrunedTable
from pulse_tui.storage.service.service import FrameTable, MemberTable
from pulse_tui.storage.signals.signals import SignalTable
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.plain import asked, one
from pulse_tui.storage.sql.protected import Protected
from pulse_tui.storage.turns import Turns
from pulse_tui.storage.vendors.vendors import VendorTables
from pulse_tui.storage.version import allows
from pulse_tui.storage.whole import Checked, quick_check, refuse_cut, restore

if TYPE_CHECKING:
    import tempfile

LOOK_S = 60.0
"""How often whoever only reads looks at the database's clock; two clocks part by seconds in a day."""
CHANNEL = "pulse_changed"
_NOTIFY = f"SELECT pg_notify('{CHANNEL}', '') WHERE pg_current_xact_id_if_assigned() IS NOT NULL"
"""A transaction that wrote nothing has no number, and is no news."""


class SqlTransaction:
    """Implements :class:`pulse_tui.ports.Transaction` over one connection."""

    def __init__(self, connection: sa.Connection, origin: str = "", estate: KeptEstate | None = None) -> None:
        """The connection's transaction is already begun; ``origin`` stands in every line of the log; ``estate`` as it was read last."""
        protected = Protected(connection)
        self.signals = SignalTable(connection)
        self.estate = EstateTables(connection, estate)
        self.dependencies = DependencyTables(connection)
        self.loading = LoadingTable(connection)
        self.inventory = InventoryTables(connection)
        self.evals = EvalTables(connection, protected)
        self.advisories = AdvisoryTables(connection)
        self.coverage = CoverageTable(connection)
        self.exploitation = ExploitationTables(connection)
        self.settled = SettledTable(connection)
        self.waivers = WaiverTable(connection)
        self.reports = ReportTable(connection)
        self.vendors = VendorTables(connection)
        self.judgements = JudgementTables(connection, protected)
        self.incidents = IncidentTables(connection)
        self.silences = SilenceTable(connection)
        self.notices = NoticeTable(connection)
        self.learning = LearningTables(connection)
        self.policies = PolicyTable(connection)
        self.enforcements = EnforcementTable(connection)
        self.rollbacks = RollbackTables(connection, protected)
        self.log = AuditTable(connection, protected, origin)
        self.plumbing = PlumbingTables(connection)
        self.frames = FrameTable(connection)
        self.members = MemberTable(connection)
        self.pruned = PrunedTable(connection)


class SqlStore:
    """Implements :class:`pulse_tui.ports.Store` on SQLite or PostgreSQL."""

    def __init__(
        self,
        url: str,
        base: Path,
        *,
        read_only: bool = False,
        dead: Callable[[str], bool] = lambda _holder: False,
        rules: Callable[[], Rules | None] = lambda: None,
        paged: Callable[[str], bool] = lambda _owner: True,
        reviews: Callable[[], Sequence[Review]] = tuple,
        scopes: Callable[[], Mapping[str, Scope]] = dict,
        people: Callable[[Transaction, datetime], OfPeople] = lambda _tx, _at: OfPeople(),
        origin: str = "",
        on_time: Callable[[datetime], None] = lambda _at: None,
    ) -> None:
        """Open the database, bringing its schema up to date unless ``read_only``. ``dead`` says whether the process
        behind a lease's holder certainly no longer lives; ``rules`` are those that a plan must have been made under; ``paged``
        says whether somebody is paged when something urgent of this owner opens; ``reviews`` are when each rule is to be reviewed; ``scopes`` is on what each source reports, where its options say so; ``people`` is who is on call and how many reviews are overdue; ``origin`` is the account, host and terminal
        that the log records beside whoever acts; ``on_time`` is given the time by PostgreSQL's clock, at opening and whenever
        something is written.

        Raises StorageError when it is locked, read-only, damaged, unreachable or from a newer
        version; a SQLite file is copied beside itself before its schema is changed.
        """
        self._given, self._base = url, base
        self._file = file = sqlite_file(url, base) or self._other_file()
        if file is not None:
            refuse_cut(file)
        new = file is not None and not file.exists()
        self._made: sa.Engine | None = None
        self._plain: PlainFile | None = None
        self._alone: Path | None = None
        self._aside: tempfile.TemporaryDirectory[str] | None = None
        self._on_time = on_time
        self._turns = Turns()
        self._mark: _Mark | None = None
        self._marking = threading.Lock()
        self._kept: boards.Kept | None = None
        self._estate = KeptEstate()
        self._dead, self._rules, self._paged, self._origin = dead, rules, paged, origin
        self._reviews, self._scopes, self._people = reviews, scopes, people
        self._first: Callable[[], None] | None = None
        self._looked = 0.0
        self.on_queued: Callable[[frozenset[str]], None] = lambda _routes: None
        """Called after a transaction of this process landed that queued messages, with their routes; must not block."""
        try:
            self._open(read_only)
        except StorageError:
            if new and file is not None and file.exists() and file.stat().st_size == 0:
                file.unlink()  # nothing could be written: it would be taken for one that was lost
            raise

    @cached_property
    def url(self) -> sa.URL:
        """The database's address."""
        return normalize(self._given, self._base)

    def _other_file(self) -> Path | None:
        return Path(self.url.database or "") if self.url.get_backend_name() == "sqlite" else None

    @property
    def _engine(self) -> sa.Engine:
        if self._made is None:
            self._made = connect(self.url, on_time=lambda us: self._on_time(from_us(us)))
        return self._made

    @cached_property
    def _writer(self) -> sa.Engine:
        return self._engine.execution_options(pulse_write=True)

    def _open(self, read_only: bool) -> None:
        if read_only and self._file is not None:
            self._plain = plain_file.opened(self._file)
            if self._plain is not None:
                return
        with translated(self.url):
            if read_only:
                refuse_missing(self.url)
            if not self._is_current(read_only):
                if read_only:
                    raise StorageError(
                        f"database {self.shown} has an older schema, or none",
                        todo="pulse-tui db upgrade brings it up to date",
                    )
                if schema_version(self._engine) is None:
                    from pulse_tui.storage import fresh  # noqa: PLC0415  it makes all tables

                    fresh.make(self._engine)
                if not check_schema(self._engine):
                    from pulse_tui.storage.migrate import upgrade  # noqa: PLC0415  alembic costs 0.3 s

                    upgrade(self._engine)
        self.look_at_clock()

    def look_at_clock(self) -> None:
        """What time it is by PostgreSQL's clock, for ``on_time``; SQLite has none of its own."""
        if not self.is_sqlite:
            self._looked = time.monotonic()
            with translated(self.url), self._engine.connect() as connection:
                self._on_time(from_us(connection.exec_driver_sql(f"SELECT {CLOCK}").scalar_one()))

    def _is_current(self, read_only: bool) -> bool:
        try:
            return check_schema(self._engine)
        except StorageError as error:
            if not read_only or not self.is_sqlite or not lacks_room(error):
                raise
            # On a full disk nothing can be put beside the file. It is whole without where whoever closed it last left no log.
            self._alone = self._whole_file()
            self._made = connect(self.url.set(database=str(self._alone)), alone=True)
            return check_schema(self._engine)

    def _whole_file(self) -> Path:
        path = self._file or Path()
        log = path.with_name(path.name + SIDE_FILES[0])
        if not log.exists() or not log.stat().st_size:
            return path
        self._aside = read_aside(path, log)
        return Path(self._aside.name) / path.name

    @contextmanager
    def write(self, *, quiet: bool = False) -> Iterator[SqlTransaction]:
        """One unit of work under the write lock; other watchers are notified when it lands.

        ``quiet``: what it writes stands on no board, so that on PostgreSQL nobody is notified. Raises StorageError also when
        the database was brought to a schema meanwhile that this code cannot work on.
        """
        with self._turns.mine(), translated(self.url), self._writer.begin() as connection:
            first, self._first = self._first, None
            if first is not None:
                first()
            transaction = SqlTransaction(connection, self._origin, self._estate)
            yield transaction
            transaction.log.seal()
            if connection.dialect.name == "postgresql" and not quiet:
                connection.exec_driver_sql(_NOTIFY)
        if transaction.plumbing.awake:
            self.on_queued(frozenset(transaction.plumbing.awake))

    def acting(self, check: Callable[[], None]) -> SqlStore:
        """This store for one action: ``check`` is called once the first write lock is held, and may refuse."""
        store = copy.copy(self)
        store._first = check
        return store

    @contextmanager
    def read(self) -> Iterator[SqlTransaction]:
        """A view of one moment."""
        with self._reading() as connection:
            yield SqlTransaction(connection, estate=self._estate)

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        if self._plain is None:
            with translated(self.url), self._reader().begin() as connection:
                yield connection
            return
        try:
            with self._plain.reading() as plain:
                yield cast("sa.Connection", plain)
        except Exception as error:
            if isinstance(error, sqlite3.Error) or "sqlalchemy" in sys.modules:
                with translated(self.url):
                    raise
            raise

    def board(self, estate_name: str, asset: str | None, now: datetime) -> Board:
        """The panes' read model. What nobody touched since the last one is not read again.

        Threads may ask at the same time: each reads on from a board that was finished before it began.
        """
        if time.monotonic() - self._looked > LOOK_S:
            self.look_at_clock()
        before = self._kept
        with self._reading() as connection:
            if (oldest := oldest_of(connection)) is not None and not allows(oldest):
                refuse_outdated(self.url, oldest)
            execute = partial(asked, connection)
            touched = Touched(execute, connection.dialect.name)
            kept = boards.read_kept(
                execute,
                estate_name,
                asset,
                now,
                touched,
                before,
                self._dead,
                self._rules,
                self._paged,
                self._reviews,
                self._scopes,
            )
        self._kept = kept
        with self.read() as tx:
            found = self._people(tx, now)
            members = [m for m in tx.members.all() if not self._dead(m.id)]
        board = kept.board
        wrong = concerns(members, now)
        room = self.room()
        header = board.header._replace(
            on_call=found.on_call,
            late_reviews=found.late_reviews,
            members=wrong,
            disk=room.words() if room is not None else "",
        )
        ends = to_us(min(until(m, now) for m in members)) if wrong else None
        moments = [us for us in (board.changes_us, found.changes_us, ends) if us is not None]
        return board._replace(header=header, changes_us=min(moments, default=None))

    def trends(self, asset: str) -> tuple[Trend, ...]:
        """One asset's trends."""
        with self._reading() as connection:
            return read_trends(partial(asked, connection), asset)

    def history(self, asset: str) -> tuple[ReleaseRow, ...]:
        """An asset's releases as rows, newest iteration first."""
        with self._reading() as connection:
            return read_history(partial(asked, connection), asset)

    def calendar(self, since: datetime, until: datetime) -> tuple[CalendarRow, ...]:
        """What was or will be released, promoted, rolled back or ended between two moments, newest first."""
        with self._reading() as connection:
            return read_calendar(partial(asked, connection), to_us(since), to_us(until))

    def change_mark(self) -> object:
        """Differs after anybody's commit; a microsecond question on SQLite, a poll of LISTEN on PostgreSQL."""
        with self._marking:  # one for all threads: each counts for itself, and one of two would stay open
            if self._mark is None:
                self._mark = (
                    _FileMark(self._alone or self._file, alone=self._alone is not None)
                    if self._file is not None
                    else _server_mark(self.url)
                )
        with translated(self.url):
            return self._mark.value()

    @property
    def shown(self) -> str:
        """The database's name without a password."""
        return str(self._file) if self._file is not None else shown(self.url)

    @property
    def schema(self) -> str:
        """The migration it is at."""
        return schema_version(self._engine) or "empty"

    def backup(self, at: datetime) -> Path:
        """A consistent copy of the SQLite file beside it. Raises StorageError when it is damaged, or there is no room."""
        from pulse_tui.storage.migrate import backup  # noqa: PLC0415

        return backup(self._engine, self.schema, at)

    def size(self) -> int | None:
        """Bytes that it takes: the SQLite file with what is not yet written back into it; None where it cannot be known."""
        if (file := self._file) is not None:
            try:
                return sum(f.stat().st_size for f in (file, file.with_name(f"{file.name}-wal")) if f.exists())
            except OSError:
                return None
        with self._reading() as connection:
            return int(one(connection, "SELECT pg_database_size(current_database())"))

    def check(self, within_s: float) -> Checked | None:
        """Whether every page of the SQLite file is whole, as far as the time allows; None of another database."""
        if self._file is None:
            return None
        with translated(self.url):
            return quick_check(self._file, within_s)

    def room(self) -> Room | None:
        """Of the disk that holds the SQLite file; None of another database, or where that cannot be asked."""
        return room(self._file) if self._file is not None else None

    @property
    def full(self) -> bool:
        """Whether nothing can be stored for want of room: the disk of the SQLite file is full, or takes no more of this account."""
        found, file = self.room(), self._file
        if found is not None and found.full:
            return True
        return self._alone is not None and file is not None and os.access(file.parent, os.W_OK)

    @property
    def restore(self) -> str:
        """How a backup takes the SQLite file's place."""
        return restore(Path(self.url.database or ""))

    def close(self) -> None:
        """Give back every connection."""
        if self._mark is not None:
            self._mark.close()
        if self._plain is not None:
            self._plain.close()
        if self._made is not None:
            self._made.dispose()
        if self._aside is not None:
            self._aside.cleanup()

    @property
    def is_sqlite(self) -> bool:
        """Whether it is the embedded database."""
        return self._file is not None

    def _reader(self) -> sa.Engine:
        return self._engine if self.is_sqlite else self._engine.execution_options(isolation_level="REPEATABLE READ")


class _Mark:
    def value(self) -> object:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class _FileMark(_Mark):
    """``PRAGMA data_version`` on a connection of its own: it moves when any other connection commits."""

    def __init__(self, path: Path, *, alone: bool) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._last: object = None
        address = f"file:{quote(str(path))}?{'immutable=1' if alone else 'mode=ro'}"
        try:
            self._connection = sqlite3.connect(address, uri=True, timeout=0, check_same_thread=False)
        except sqlite3.Error as error:
            raise StorageError(f"database {path}: {error}") from None

    def value(self) -> object:
        with self._lock:
            try:
                self._last = self._connection.execute("PRAGMA data_version").fetchone()[0]
            except sqlite3.OperationalError as error:
                # Busy for a moment: the next poll sees what this one missed.
                if "locked" not in str(error):
                    raise StorageError(f"database {self._path}: {error}") from None
            return self._last

    def close(self) -> None:
        with self._lock:  # a statement of another thread must not lose its connection under it: that ends the process
            self._connection.close()


def _server_mark(url: sa.URL) -> _Mark:
    """Notifications; behind a pooler, which hands the session that listens to others, a cheap question now and then."""
    listening = _ListenMark(url)
    if not listening.pooled:
        return listening
    listening.close()
    return _PolledMark(url)


class _PolledMark(_Mark):
    """Asks which transactions there were, twice a second, from a thread of its own: behind a pooler nobody can listen.

    Another database of the same server that is written to counts as a change, too: then a board is read once more.
    """

    EVERY_S = 0.5
    _ASK = "SELECT CAST(pg_current_snapshot() AS text)"

    def __init__(self, url: sa.URL) -> None:
        self._address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._left = threading.Event()
        self._count, self._seen = 0, ""
        threading.Thread(target=self._poll, name="changes", daemon=True).start()

    def value(self) -> object:
        return self._count

    def close(self) -> None:
        self._left.set()

    def _poll(self) -> None:
        import psycopg  # noqa: PLC0415  only on PostgreSQL

        connection: Any = None
        while not self._left.is_set():
            try:
                if connection is None:
                    connection = psycopg.connect(self._address, autocommit=True, connect_timeout=5)
                    connection.prepare_threshold = None
                (seen,) = connection.execute(self._ASK).fetchone()
            except psycopg.Error:
                connection, seen = None, ""  # what it missed is a change
            if seen != self._seen:
                self._count, self._seen = self._count + 1, seen
            self._left.wait(self.EVERY_S)
        if connection is not None:
            connection.close()


class _ListenMark(_Mark):
    """Counts notifications on a connection of its own; a lost connection counts as a change.

    The first connection is made by the caller's thread. A lost one is made again in a thread of its own:
    the tower asks from its event loop, which must not wait for a server that is gone.
    """

    def __init__(self, url: sa.URL) -> None:
        self._address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._lock = threading.Lock()
        self._count = 0
        self._again: threading.Thread | None = None
        self._left = False
        self._connection: Any = self._connect()
        self.pooled = self._connection is not None and pooled(self._connection)

    def value(self) -> object:
        import psycopg  # noqa: PLC0415  only on PostgreSQL

        with self._lock:
            if self._connection is None:
                self._reconnect()
                return self._count
            try:
                for _ in self._connection.notifies(timeout=0):
                    self._count += 1
            except psycopg.OperationalError:
                self._connection = None
                self._count += 1
            return self._count

    def close(self) -> None:
        with self._lock:
            self._left = True
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _connect(self) -> Any:
        """A listening connection, or None when the server does not answer within 5 s."""
        import psycopg  # noqa: PLC0415

        try:
            connection = psycopg.connect(self._address, autocommit=True, connect_timeout=5)
            connection.execute(f"LISTEN {CHANNEL}")
        except psycopg.OperationalError:
            return None
        return connection

    def _reconnect(self) -> None:
        if not self._left and (self._again is None or not self._again.is_alive()):
            self._again = threading.Thread(target=self._try_again, daemon=True)
            self._again.start()

    def _try_again(self) -> None:
        connection = self._connect()
        if connection is not None:
            with self._lock:
                if self._left:
                    connection.close()
                    return
                self._connection = connection
                self._count += 1
