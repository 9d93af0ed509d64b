"""What the passing of time does to a board: sources fall silent, and with them what was ok is no longer known to be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from typing import NamedTuple

from pulse_tui.domain.countdown import as_of, counts_down
from pulse_tui.domain.delivery import UNSENT
from pulse_tui.domain.health import AHEAD_S, late_after_s
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.domain.standing import STANDING_RANK, Standing
from pulse_tui.domain.views.alerts import AlertRow
from pulse_tui.domain.views.beginning import at_hand
from pulse_tui.domain.views.registry import RegistryRow
from pulse_tui.storage.board.alerts import Ahead
from pulse_tui.storage.board.deployments import PLACE, Registry, all_in_order
from pulse_tui.storage.board.rollbacks import Rollbacks
from pulse_tui.storage.board.trends import Execute

DAY_US = timedelta(days=1) // timedelta(microseconds=1)
RECENT_US = DAY_US
"""How long the header counts an indeterminate decision."""
AHEAD_US = int(AHEAD_S * 1e6)
UNSENT_US = UNSENT // timedelta(microseconds=1)
RUNNING_US = 10_000_000
"""How often a board on which a rollback is being carried out is read at least."""
_NEXT = """
SELECT (SELECT MIN(due_at) FROM retests WHERE done_at IS NULL AND due_at >= :now),
       (SELECT MIN(due_at) FROM vendor_tasks WHERE done_at IS NULL AND due_at >= :now),
       (SELECT MIN(CASE WHEN starts_at > :now THEN starts_at ELSE ends_at END) FROM silences
        WHERE ended_at IS NULL AND ends_at > :now),
       (SELECT MIN(reviewed_until) FROM holds WHERE open_key IS NOT NULL AND reviewed_until > :now),
       (SELECT MIN(review_at) FROM waivers WHERE ended_at IS NULL AND review_at > :now),
       (SELECT MIN(at) FROM decisions WHERE outcome = 'indeterminate' AND at > :since),
       (SELECT MIN(COALESCE(next_at, created_at)) FROM outbox
        WHERE state = 'queued' AND COALESCE(next_at, created_at) >= :unsent)
"""
_STALE = STANDING_RANK[Standing.STALE]


class Rounds(NamedTuple):
    """A source's rounds, as they are stored."""

    id: str
    kind: str
    every_s: float
    good_us: int | None
    """The last good one."""
    failures: int
    reason: str

    @property
    def late_us(self) -> int | None:
        """The last moment at which it is not late; None when it never had a good round."""
        return None if self.good_us is None else self.good_us + int(late_after_s(self.every_s) * 1e6)

    def silent(self, now_us: int) -> bool:
        """Whether nothing came from it for too long, or ever: whether its collector fails or is gone is the same here.

        A round that is yet to come was written under a clock that was set back since: it says nothing of now.
        """
        return self.late_us is None or now_us > self.late_us or self.ahead(now_us)

    def ahead(self, now_us: int) -> bool:
        """Whether its last good round is yet to come."""
        return self.good_us is not None and self.good_us > now_us + AHEAD_US


class Silence(NamedTuple):
    """Which sources are silent."""

    sources: frozenset[str]
    everywhere: bool
    """All of them are: nothing that would be reported would arrive."""
    words: Mapping[str, str]
    """By source, since when. "" is all of them together."""
    as_of: str
    """When the newest of all came, once nothing came for a while; else empty."""
    about: Mapping[str, tuple[str, ...]] = {}
    """By asset, the silent sources that report on it; "" are those that may report on any."""

    def why(self, row: RegistryRow) -> str:
        """Why the row is no longer known to be ok; empty when it is."""
        if not self.sources or self.everywhere:
            return self.words[row.source if row.source in self.sources else ""]
        behind = {*self.about.get(row.asset, ()), *self.about.get("", ())}
        first = row.source if row.source in self.sources else min(behind, default="")
        more = len(behind - {first})
        return self.words[first] + (f", nor from {more} more" if first and more else "")


class Shown(NamedTuple):
    """The registry as it is shown: a row that was ok when its sources fell silent is stale."""

    registry: Registry
    """What it was made from."""
    silence: Silence
    today: date
    """The day that counts of days are from."""
    rows: Sequence[RegistryRow]
    by_asset: Mapping[str, tuple[RegistryRow, ...]]
    counts: Counter[tuple[str, str]]


def silence_of(sources: Sequence[Rounds], now_us: int) -> Silence:
    """Which of the sources are silent at ``now_us``."""
    silent = {s.id: s.good_us for s in sources if s.silent(now_us)}
    good = [s.good_us for s in sources if s.good_us is not None]
    newest = max([us for us in good if us <= now_us + AHEAD_US] or good, default=None)
    late_us = int(late_after_s(min((s.every_s for s in sources), default=0.0)) * 1e6)
    quiet = newest is not None and not newest - AHEAD_US <= now_us <= newest + late_us
    everywhere = bool(sources) and len(silent) == len(sources)
    words = {name: f"nothing came from {name} {_since(good, now_us)}" for name, good in silent.items()}
    words[""] = f"nothing came from any source {_since(newest, now_us)}" if everywhere else ""
    return Silence(frozenset(silent), everywhere, words, _clock(newest, now_us) if quiet and newest is not None else "")


def _since(us: int | None, now_us: int) -> str:
    if us is not None and us > now_us + AHEAD_US:
        return f"since the clock was set back from {_clock(us, now_us)}"
    return "yet" if us is None else f"since {_clock(us, now_us)}"


def _clock(us: int, now_us: int) -> str:
    then = from_us(us)
    return f"{then:%H:%M:%S}" if then.date() == from_us(now_us).date() else f"{then:%Y-%m-%d %H:%M}"


def shown_as(registry: Registry, silence: Silence, now: datetime, before: Shown | None) -> Shown:
    """The rows with what silence and the date make of them; the same objects while nothing differs from ``before``."""
    today = now.date()
    if (
        before is not None
        and before.registry.rows is registry.rows
        and (silence, today) == (before.silence, before.today)
    ):
        return before
    if not alters(silence, registry.rows):
        return Shown(registry, silence, today, registry.rows, registry.by_asset, registry.counts)
    by_asset = {name: tuple([_row(row, silence, now) for row in rows]) for name, rows in registry.by_asset.items()}
    if before is not None:
        known = before.by_asset
        by_asset = {name: known[name] if known.get(name) == rows else rows for name, rows in by_asset.items()}
    rows = all_in_order(by_asset)
    return Shown(registry, silence, today, rows, by_asset, Counter(map(PLACE, rows)))


def alters(silence: Silence, rows: Sequence[RegistryRow]) -> bool:
    """Whether silence or the date make anything else of the rows, which stand worst first: what is explained is at hand."""
    return bool(silence.sources) or any(counts_down(row.why) for row in takewhile(_explained, at_hand(rows)))


def _explained(row: RegistryRow) -> bool:
    """Rows stand worst first: from the first that is ok on, none says why."""
    return row.state != Standing.OK


def _row(row: RegistryRow, silence: Silence, now: datetime) -> RegistryRow:
    if counts_down(row.why):
        row = row._replace(why=as_of(row.why, now))
    why = silence.why(row)
    if not why:
        return row
    if STANDING_RANK[row.state] > _STALE:
        also = () if row.state == Standing.OK else (row.state, *row.also)
        return row._replace(state=Standing.STALE, why=why, also=also)
    return row._replace(also=tuple(sorted((*row.also, Standing.STALE), key=STANDING_RANK.__getitem__)))


def changes_us(
    execute: Execute,
    sources: Sequence[Rounds],
    now_us: int,
    alerts: Sequence[AlertRow],
    ahead: Ahead,
    rollbacks: Rollbacks,
    due: Iterable[date] = (),
    until: Iterable[int] = (),
) -> int | None:
    """The next moment at which a board would read otherwise though nobody writes; None when there is none.

    ``due``: days that something is due on, overdue from the next one on; ``until``: the last moments of other things.
    """
    late = (to_us(datetime.combine(day + timedelta(days=1), time(), UTC)) for day in due)
    moments = [*_moments(execute, sources, now_us, alerts, ahead, rollbacks), *(us for us in late if us > now_us)]
    moments += [us + 1 for us in until if us >= now_us]
    return min(moments, default=None)


def _moments(
    execute: Execute,
    sources: Sequence[Rounds],
    now_us: int,
    alerts: Sequence[AlertRow],
    ahead: Ahead,
    rollbacks: Rollbacks,
) -> Iterator[int]:
    ((due, asked, window, reviewed, waived, undecided, unsent),) = execute(
        _NEXT, {"now": now_us, "since": now_us - RECENT_US, "unsent": now_us - UNSENT_US}
    )
    lates = [s.late_us for s in sources if s.late_us is not None]
    newest = max((s.good_us for s in sources if s.good_us is not None), default=None)
    if newest is not None:
        lates.append(newest + int(late_after_s(min(s.every_s for s in sources)) * 1e6))
    if unsent is not None:
        lates.append(int(unsent) + UNSENT_US)
    for source in sources:
        if source.good_us is not None and source.ahead(now_us):
            lates.append(source.good_us - AHEAD_US - 1)  # its hour comes again
    # Each of these is the last moment at which things are still as they are.
    yield from (int(last) + 1 for last in (*lates, ahead.deadline, due, asked) if last is not None and last >= now_us)
    yield from (
        int(until) for until in (ahead.silenced, window, ahead.acknowledged, reviewed, waived) if until is not None
    )
    yield from (plan.expires_us for plan in rollbacks.plans if plan.expires_us > now_us)
    if any(not run.stopped for run in rollbacks.runs):
        yield now_us + RUNNING_US  # its process may be gone
    if undecided is not None:
        yield int(undecided) + RECENT_US
    if any(counts_down(alert.title) for alert in alerts):
        yield (now_us // DAY_US + 1) * DAY_US
