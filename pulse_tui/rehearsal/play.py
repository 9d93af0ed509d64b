"""Playing a scenario: each line at its moment, and between the lines whatever time brings, at its own moment."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.signal import Signal
from pulse_tui.enrich.variables import VARIABLES
from pulse_tui.policy.conditions import engine
from pulse_tui.rehearsal.acting import Stage, act
from pulse_tui.rehearsal.agenda import SOON, Agenda, Due
from pulse_tui.rehearsal.events import Event, Narrator
from pulse_tui.rehearsal.receivers import NoNetwork, Receivers, RehearsedActions
from pulse_tui.rehearsal.scenario import Doing, Known, Line, Over, Receiver, Scenario, read
from pulse_tui.rehearsal.summary import Summary
from pulse_tui.rehearsal.witness import Happening, Landed, Queued, WatchedStore
from pulse_tui.rounds.lanes import Lanes
from pulse_tui.rounds.work import REJUDGED, Keeping, chores
from pulse_tui.services.alerts.deliver import deliver, due_routes
from pulse_tui.services.signals.ingest import OVER, ingest
from pulse_tui.services.signals.respond import Responder
from pulse_tui.wiring import House

MEMORY = Path("/dev/shm")  # noqa: S108  a folder of one's own is made in it
UNREAD = datetime(2026, 1, 1, tzinfo=UTC)
"""When a configuration is read where no line of the scenario states a time."""
HOLDER = "rehearsal"
LEFT_OUT = frozenset(
    {"suites", "runs", "promotions", "advisories", "verdicts", "refused", "log", "deliveries", "calendars"}
)
"""Chores that look at the outside world or at what a scenario cannot change; messages are sent whenever one is due."""
_OF_THEIR_OWN = {Due.MUTES: "mutes", Due.DEADLINES: "deadlines", Due.DAYS: "days"}
"""Chores whose moment is known; the others are done at the next moment after :data:`OTHERS`."""
OTHERS = timedelta(hours=1)
"""How often what is due by days is looked at."""


class Clock:
    """The time of the scenario."""

    def __init__(self, now: datetime) -> None:
        """It stands until it is moved."""
        self.now = now

    def __call__(self) -> datetime:
        """The moment that is played."""
        return self.now


class Prepared(NamedTuple):
    """A configuration that a scenario can be played on, and the scenario."""

    house: House
    clock: Clock
    scenario: Scenario


@contextlib.contextmanager
def prepared(
    config: Path | None,
    at: datetime,
    lines: Callable[[House], Scenario],
    made: Callable[[Path], object] = lambda _path: None,
) -> Iterator[Prepared]:
    """The configuration over a scratch database that is gone afterwards, on a clock of its own. Raises ConfigError.

    ``lines`` reads the scenario against it; ``at`` is the moment at which the configuration is read; ``made`` may put an
    empty database of this version at the path, which saves making one.
    """
    clock = Clock(at)
    where = str(MEMORY) if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="pulse-rehearsal-", dir=where) as scratch:
        path = Path(scratch) / "scratch.db"
        made(path)
        house = House(config, database=f"sqlite:///{path}", clock=clock)
        house.__dict__["web"] = NoNetwork()  # before anything is made that would use the real one
        try:
            yield Prepared(house, clock, lines(house))
        finally:
            house.close()


def known(house: House) -> Known:
    """What a scenario on this configuration may name."""
    _ = house.policy  # with every problem, before a line is read
    return Known([route.id for route in house.settings.routes], engine(VARIABLES))


def scenario_of(file: str, lines: Sequence[tuple[int, bytes | None]], house: House) -> Scenario:
    """The scenario read against a configuration."""
    return read(file, lines, known(house))


def play(ready: Prepared, show: Callable[[Event], None]) -> dict[str, Any]:
    """Play all lines; ``show`` gets each event as it happens. Returns the summary."""
    return Player(ready, show).play(ready.scenario.lines)


class Player:
    """One rehearsal."""

    def __init__(self, ready: Prepared, show: Callable[[Event], None]) -> None:
        """Everything is opened and the estate is put into the scratch database."""
        lines = ready.scenario.lines
        self.clock = ready.clock
        self.clock.now = lines[0].at
        self.house = ready.house
        self._show = show
        self._quiet = True
        self.narrator = Narrator([])
        self.summary = Summary()
        self.receivers = Receivers()
        self._agenda = Agenda(self.clock.now, self.house.policy, self.house.settings.oncall)
        self._landings: dict[str, int] = {}
        self._unsent = False
        self._others = self.clock.now
        self._again = self.clock.now
        self.house.__dict__["store"] = WatchedStore(self.house.store, self._landed)
        judging = self.house.judging
        self.narrator = Narrator(judging.routes)
        self.parts = judging._replace(
            actions=RehearsedActions(judging.actions, self.receivers),
            outside=judging.outside._replace(anchor=lambda _line: None),
        )
        self.house.__dict__["judging"] = self.parts
        self.house.sync()
        self._chores = chores()
        self._quiet = False

    def play(self, lines: Sequence[Line]) -> dict[str, Any]:
        """Every line; returns the summary."""
        for at, together in groupby(lines, key=lambda line: line.at):
            self.pass_time(at)
            for signals, group in groupby(together, key=lambda line: isinstance(line.what, Signal)):
                if signals:
                    self._take([line.what for line in group if isinstance(line.what, Signal)])
                else:
                    for line in group:
                        self._do(line)
                self._send()
        return self.summary.as_dict(
            follow_ups=self.narrator.follow_ups,
            open=len(self.narrator.open()),
            undelivered=len(self._agenda.undelivered),
        )

    def pass_time(self, until: datetime) -> None:
        """Everything that happens by itself before ``until``, each at its own moment."""
        while (due := self._agenda.next(until)) is not None:
            moment, kinds = due
            self.clock.now = max(moment, self.clock.now)
            self._unsent = self._unsent or Due.DELIVERIES in kinds
            if kinds != {Due.DELIVERIES}:
                self._keep_house(kinds)
            self._send()
        self.clock.now = max(until, self.clock.now)

    def fail(self, why: str, alert: Alert | None = None, by: str | None = None) -> None:
        """Show that something could not be done."""
        self._tell(self.narrator.failed(why, self.clock.now, alert=alert, by=by))

    # ------------------------------------------------------------ lines

    def _take(self, signals: Sequence[Signal]) -> None:
        self.summary.signals += len(signals)
        tally = ingest(signals, (), self.parts, self.clock.now)
        if tally.rejected:
            self.fail(f"{tally.rejected} of {len(signals)} signals were refused: a name that cannot be shown")

    def _do(self, line: Line) -> None:
        match line.what:
            case Over():
                with self.parts.store.write() as tx:
                    Responder(tx, self.parts, self.clock.now).clear(line.what.fingerprint, OVER)
            case Receiver():
                (self.receivers.down.discard if line.what.up else self.receivers.down.add)(line.what.route)
            case Doing():
                stage = Stage(self.parts, self.narrator, self.clock.now, self.house.settings.acknowledge_for, self.fail)
                act(stage, line.what)

    # ------------------------------------------------------------ by the clock

    def _keep_house(self, kinds: frozenset[Due]) -> None:
        keeping = Keeping(self.house, Lanes(inline=True), REJUDGED, [])
        known = set(_OF_THEIR_OWN.values())
        if self.clock.now < self._others:
            known = set(self._chores)
        else:
            self._others = self.clock.now + OTHERS
        wanted = {_OF_THEIR_OWN[kind] for kind in kinds if kind in _OF_THEIR_OWN}
        for name, chore in self._chores.items():
            if name in LEFT_OUT or (name in known and name not in wanted):
                continue
            try:
                chore(keeping)
            except PulseError as error:
                self.fail(f"{name}: {error}")

    def _send(self) -> None:
        """Whatever is due to be sent, and what comes of that: a message that is lost opens an alert, which is sent in its turn."""
        if not self._unsent:
            return
        self._unsent = False
        tried = dict[str, int]()
        while routes := [r for r in due_routes(self.parts) if tried.get(r) != self._landings.get(r, 0)]:
            for route in routes:
                tried[route] = self._landings.get(route, 0)
                deliver(self.parts, HOLDER, route)
        # A route that is down: the others are not tried at once. One such moment at a time is enough.
        if self._again <= self.clock.now and self._left():
            self._again = self.clock.now + SOON
            self._agenda.at(self._again, Due.DELIVERIES)

    def _left(self) -> bool:
        """Whether the turn of a message has come. One that waits behind another one has that one's moment."""
        routes = due_routes(self.parts)
        with self.parts.store.read() as tx:
            return any(tx.plumbing.due_deliveries(self.clock.now, 1, route=route) for route in routes)

    # ------------------------------------------------------------ what happened

    def _landed(self, seen: Sequence[Happening]) -> None:
        self._agenda.take(seen, self.clock.now)
        for each in seen:
            if isinstance(each, Queued | Landed):
                self._unsent = True
                self._landings[each.delivery.route] = self._landings.get(each.delivery.route, 0) + 1
        for event in self.narrator.events(seen, self.clock.now):
            self._tell(event)

    def _tell(self, event: Event) -> None:
        if self._quiet:
            return
        self.summary.take(event)
        self._show(event)
