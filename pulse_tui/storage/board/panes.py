"""The read model of the panes, in plain SQL that both databases understand.

The statements run through a small callable, so that the tower's first screen can read an SQLite
file with the standard library alone: SQLAlchemy is imported after that screen stands.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

import msgspec

from pulse_tui.domain.comparison import KEPT, LiveComparison, unpacked
from pulse_tui.domain.coverage import FILE_S, LEAST_S
from pulse_tui.domain.delivery import IN_VAIN
from pulse_tui.domain.health import ROUNDS_MISSED, Health, health
from pulse_tui.domain.moments import from_us, iso, to_us
from pulse_tui.domain.policy_change import PolicyState, PolicyVersion
from pulse_tui.domain.rollback import Rules
from pulse_tui.domain.scope import Scope
from pulse_tui.domain.silence import Silence
from pulse_tui.domain.standing import RISKY, Standing
from pulse_tui.domain.views.advisories import ROW_STATES, UNNAMED, AdvisoryRow
from pulse_tui.domain.views.alerts import AlertRow
from pulse_tui.domain.views.beginning import Beginning
from pulse_tui.domain.views.board import Board, Header, Review
from pulse_tui.domain.views.signals import SourceRow
from pulse_tui.domain.words import JUDGED, PRIORITY_RANK, SOFTWARE, URGENT, Environment, Priority
from pulse_tui.enrich.standing import StandingHold
from pulse_tui.storage.board.alerts import Alerts, read_alerts
from pulse_tui.storage.board.behind import behind
from pulse_tui.storage.board.deployments import Registry, read_registry, read_worst
from pulse_tui.storage.board.freshness import (
    RECENT_US,
    UNSENT_US,
    Rounds,
    Shown,
    alters,
    changes_us,
    shown_as,
    silence_of,
)
from pulse_tui.storage.board.rollbacks import Rollbacks, read_rollbacks
from pulse_tui.storage.board.touched import Touched
from pulse_tui.storage.board.trends import Execute, read_trends
from pulse_tui.storage.board.workflows import Workflows, read_workflows, stage_assets
from pulse_tui.storage.version import HEAD

AT_FIRST = 256
"""Rows of a table that are at hand on the first screen: more than any terminal shows."""
_NEVER_US = 2**63

_RANKS = sorted(Priority, key=lambda p: p.rank)
_RANK = "CASE {} " + " ".join(f"WHEN '{p}' THEN {p.rank}" for p in _RANKS) + f" ELSE {len(_RANKS)} END"
_STATE = {word: number for number, word in enumerate(ROW_STATES)}
_PLACES = (*(e.value for e in sorted(Environment, key=lambda e: e.rank)), "")
_JUDGED = "', '".join(sorted(JUDGED))
# What a waiver lifted stands again from its end on, also where nobody is there to record that.
_HOLDS = """
SELECT h.kind, h.asset_id, h.version, h.environment, h.why,
       CASE WHEN h.reviewed_until > :now THEN h.reviewed_by END, h.reviewed_until
FROM holds h
WHERE h.open_key IS NOT NULL
   OR (h.lifted_by = 'waiver' AND EXISTS (
       SELECT 1 FROM decisions d JOIN alerts a ON a.fingerprint = d.fingerprint
       WHERE d.id = h.decision_id AND a.open_key IS NOT NULL AND a.waived AND a.suppressed_until <= :now))
ORDER BY h.seq
"""
_QUIET = "SELECT body FROM silences WHERE ended_at IS NULL AND ends_at > :now ORDER BY ends_at, id"
_QUIET_OF = msgspec.json.Decoder(Silence)
_HITS = ", ".join(
    f"COUNT(DISTINCT CASE WHEN f.audit = 'matched' AND f.environment = '{e}' THEN f.asset_id END)" for e in _PLACES
)
# Each finding with each open alert of its condition: one that nobody has in hand counts before any waiver.
# COALESCE: the index of the fingerprints is used, not that of all episodes that ended.
_ADVISORIES = f"""
WITH s AS (
  SELECT f.advisory_id, f.component, f.component_id, f.asset_id, f.environment, f.audit, f.priority,
         CASE WHEN f.audit <> 'matched' THEN {_STATE["not audited"]}
              WHEN l.state = 'acknowledged' AND l.acknowledged_until > :now THEN {_STATE["acknowledged"]}
              WHEN l.state = 'suppressed' AND l.suppressed_until > :now
                THEN CASE WHEN l.waived THEN {_STATE["waived"]} ELSE {_STATE["silenced"]} END
              WHEN l.id IS NOT NULL THEN {_STATE["open"]}
              WHEN w.id IS NOT NULL THEN {_STATE["waived"]}
              WHEN f.priority = 'note' THEN {_STATE["note"]}
              WHEN EXISTS (SELECT 1 FROM alerts r WHERE r.signal_fingerprint = f.fingerprint
                           AND COALESCE(r.open_key, '') = '' AND r.cleared_at IS NULL) THEN {_STATE["settled"]}
              ELSE {_STATE["open"]} END AS state,
         CASE WHEN l.state = 'firing' OR COALESCE(l.acknowledged_until, l.suppressed_until, 0) <= :now
              THEN l.deadline END AS due,
         CASE WHEN l.state = 'firing' AND l.escalations > 0 THEN l.id END AS escalated,
         CASE WHEN l.state = 'acknowledged' THEN l.acknowledged_until
              WHEN l.state = 'suppressed' THEN l.suppressed_until ELSE w.review_at END AS until
  FROM findings f
  LEFT JOIN alerts l ON l.signal_fingerprint = f.fingerprint AND l.open_key IS NOT NULL
  LEFT JOIN waivers w ON w.id = f.waiver AND w.ended_at IS NULL AND w.review_at > :now
  WHERE f.audit <> 'clean')
SELECT a.name, MIN(f.advisory_id), f.component, MIN({_RANK.format("f.priority")}) AS rank, MIN(f.state), MIN(f.due), MIN(f.until),
       MIN(a.title), MAX(f.component_id),
       MAX(CASE WHEN a.id LIKE 'MAL-%' OR a.name LIKE 'MAL-%' OR a.aliases LIKE '%"MAL-%' THEN 1 ELSE 0 END),
       MIN(f.escalated), {_HITS}
FROM s f JOIN advisories a ON a.id = f.advisory_id
GROUP BY a.name, f.component
"""  # noqa: S608  closed lists of our own
_ALIKE = f"""
SELECT b.id FROM advisories b WHERE b.name IN (
  SELECT c.name FROM findings g JOIN advisories c ON c.id = g.advisory_id
  WHERE g.audit <> 'clean' AND {_RANK.format("g.priority")} <= :rank)
"""  # noqa: S608  closed lists of our own
_FIRST_ADVISORIES = _ADVISORIES.replace("<> 'clean')", f"<> 'clean' AND f.advisory_id IN ({_ALIKE}))")
"""With all rows of this rank and above; of those below not each finding."""
_RANKED = f"""
SELECT g.rank, COUNT(*) FROM (
  SELECT MIN({_RANK.format("f.priority")}) AS rank FROM findings f JOIN advisories a ON a.id = f.advisory_id
  WHERE f.audit <> 'clean' GROUP BY a.name, f.component) g
GROUP BY g.rank ORDER BY g.rank
"""  # noqa: S608  closed lists of our own
_COUNTS_FOR = f"""CASE WHEN s.id IS NULL THEN {int(FILE_S * 1e6)} WHEN s.every_s * {ROUNDS_MISSED} > {LEAST_S}
   THEN s.every_s * {int(ROUNDS_MISSED * 1e6)} ELSE {int(LEAST_S * 1e6)} END"""
"""As ``domain/coverage.holds_s``."""
_FRESH = f"FROM coverage v LEFT JOIN sources s ON s.id = v.source WHERE v.read_at >= :now - {_COUNTS_FOR}"
_COVERED = f"""
SELECT v.ecosystem, MAX(CASE WHEN v.package = '' THEN 1 ELSE 0 END), MIN(v.read_at + {_COUNTS_FOR}) {_FRESH}
GROUP BY v.ecosystem
"""
_ASKED = f"SELECT v.ecosystem || '/' || v.package {_FRESH} AND v.package <> ''"
"""Of each component at a time it would be read as often as there are components."""
_UNNAMED = f"""
SELECT COUNT(*) FROM components c
WHERE (c.kind IN ({", ".join(f"'{kind}'" for kind in sorted(SOFTWARE))}) OR c.known_as <> '[]') AND c.id NOT LIKE 'group:%'
  AND (c.package IS NULL OR NOT c.readable
    OR NOT ({{covered}} OR c.package IN ({_ASKED}) OR COALESCE(c.source, '') IN ({_ASKED}))
    OR (c.id, CASE WHEN c.version = '' THEN c.name ELSE c.name || ' ' || c.version END) IN (
      SELECT f.component_id, f.component FROM findings f WHERE f.audit = 'not audited'))
  AND EXISTS (SELECT 1 FROM dependencies d JOIN bills b ON b.num = d.bill WHERE d.child = c.num
    AND (b.version IS NULL OR EXISTS (
      SELECT 1 FROM deployments p WHERE p.asset_id = b.asset_id AND p.version = b.version
         AND (d.environments = '[]' OR d.environments LIKE '%"' || p.environment || '"%'))))
"""  # noqa: S608  closed lists of our own
"""As ``services/advisories/audits.unaudited`` of what serves: a test holds the two together."""
_SOURCES = "SELECT id, kind, every_s, last_good_at, failures, reason FROM sources ORDER BY id"
_COMPARED = f"""
SELECT s.id, v.value FROM sources s JOIN settings_values v ON v.key = '{KEPT}' || s.id
"""  # noqa: S608  a word of our own
_COUNTS = """
SELECT (SELECT COUNT(*) FROM outbox o
        WHERE (o.state = 'queued' AND (o.attempts >= :vain OR COALESCE(o.next_at, o.created_at) < :unsent))
           OR o.state = 'dead'),
       (SELECT COUNT(*) FROM decisions WHERE outcome = 'indeterminate' AND at > :since)
"""
_MARKS = "SELECT name, CAST(SUM(value) AS BIGINT) FROM marks GROUP BY name"
_KEEPS_BACK = ("visibility", "policy")
_POLICIES = "SELECT body FROM policies WHERE state <> 'replaced' ORDER BY seen_at DESC"
_POLICY = msgspec.json.Decoder(PolicyVersion)
RowT = TypeVar("RowT")


class Kept(NamedTuple):
    """A board with what the next one is made from. Nothing of it ever changes, so any thread may read on from it."""

    board: Board
    registry: Registry
    shown: Shown
    workflows: Workflows
    now_us: int
    marks: Mapping[str, int] | None
    """None where they were not asked for. As of :mod:`pulse_tui.storage.board.marks`."""
    opened: Alerts
    reached: tuple[AdvisoryRow, ...]
    """The advisories without what could not be audited."""
    missed: Mapping[str, int | None]
    """By alert of an advisory that was escalated, its first deadline that passed."""

    def stands(self, mark: str, marks: Mapping[str, int] | None, now_us: int) -> bool:
        """Whether what the mark is about would be read as it was: nobody wrote, and no moment came that changes it."""
        # One that nobody raised has no row.
        same = self.marks is not None and marks is not None and self.marks.get(mark) == marks.get(mark)
        return same and self.still(now_us)

    def still(self, now_us: int) -> bool:
        """Whether no moment came since at which anything of it reads otherwise though nobody wrote."""
        until = self.board.changes_us
        return self.now_us <= now_us and (until is None or now_us < until)


def read_board(execute: Execute, estate: str, asset: str | None, now: datetime) -> Board:
    """Everything the panes draw. ``asset`` chooses whose trends (None: the first row's)."""
    return read_kept(execute, estate, asset, now).board


def read_kept(
    execute: Execute,
    estate: str,
    asset: str | None,
    now: datetime,
    touched: Touched | None = None,
    before: Kept | None = None,
    dead: Callable[[str], bool] = lambda _holder: False,
    rules: Callable[[], Rules | None] = lambda: None,
    paged: Callable[[str], bool] = lambda _owner: True,
    reviews: Callable[[], Sequence[Review]] = tuple,
    scopes: Callable[[], Mapping[str, Scope]] = dict,
    at_first: int = 0,
) -> Kept:
    """As :func:`read_board`. What is as it was ``before`` is not read again, and its rows are the same objects.

    ``at_first`` (of an SQLite file): where there are many more rows than these, only the first are read, as a :class:`Beginning`.
    ``before`` must have been at hand before this transaction began: it must not know more than that.
    """
    now_us = to_us(now)
    every = cache(lambda: read_board(execute, estate, "", now))
    seen = {row[0]: int(row[1]) for row in execute(_MARKS, {})} if touched is not None else None
    if before is not None and before.stands("alerts", seen, now_us):
        opened = before.opened
    elif before is not None:
        opened = read_alerts(execute, now, touched, before.opened, before.still(now_us))
    else:
        opened = read_alerts(execute, now)
    alerts = opened.rows
    standing = [_hold(*row) for row in execute(_HOLDS, {"now": now_us})]
    rollbacks = read_rollbacks(execute, now, dead, rules, {a.id for a in alerts})
    marks = list(rollbacks.marks())
    known = before.registry if before else None
    rounds = [Rounds(*row) for row in execute(_SOURCES, {})]
    sources = tuple(_source(row, now_us) for row in rounds)
    silence = silence_of(rounds, now_us)
    if silence.sources and not silence.everywhere:
        silence = silence._replace(about=behind(execute, silence.sources, scopes()))
    registry = None
    if at_first and not silence.sources:
        stages = stage_assets(execute)
        registry = read_worst(execute, alerts, standing, now_us, marks, stages, at_first, lambda: every().registry)
        if registry is not None and alters(silence, registry.rows):
            registry = None
    if registry is None:
        registry = read_registry(execute, alerts, standing, now_us, touched, known, marks)
    shown = shown_as(registry, silence, now, before.shown if before else None)
    times = {"since": now_us - RECENT_US, "unsent": now_us - UNSENT_US, "vain": IN_VAIN}
    ((undelivered, indeterminate),) = execute(_COUNTS, times)
    chosen = asset if asset is not None else (shown.rows[0].asset if shown.rows else None)
    workflows = read_workflows(execute, shown.by_asset, before.workflows if before else None)
    missed = {a.id: a.missed_us for a in alerts if a.missed_us is not None}
    covered = execute(_COVERED, {"now": now_us})
    ((unnamed,),) = _count_unaudited(execute, [row[0] for row in covered if row[1]], now_us)
    beside = [_unnamed(int(unnamed))] if unnamed else []
    reached: tuple[AdvisoryRow, ...] = ()
    escalated: Mapping[str, int | None] = {}
    advisories: Sequence[AdvisoryRow] | None = None
    if at_first:
        advisories = _first_advisories(execute, missed, beside, at_first, now_us, lambda: every().advisories)
    if advisories is None:
        reached, escalated = _reached(execute, missed, before, seen, now_us)
        advisories = tuple(sorted((*reached, *beside), key=advisory_urgency)) if beside else reached
    to_review, (waits, phase) = reviews(), _policy(execute)
    board = Board(
        header=_header(
            estate,
            shown.counts,
            alerts,
            standing,
            sources,
            int(indeterminate),
            int(undelivered),
            rollbacks,
            silence.as_of,
            paged,
        )._replace(
            reviews=tuple(r for r in to_review if r.due < now.date()),
            policy=waits,
            phase=phase,
            quiet=_quiet(execute, now),
        ),
        registry=shown.rows,
        advisories=advisories,
        alerts=alerts,
        trends=read_trends(execute, chosen) if chosen is not None else (),
        sources=sources,
        comparisons=_compared(execute, sources),
        incidents=opened.incidents,
        workflows=workflows.rows,
        runs=rollbacks.runs,
        plans=rollbacks.plans,
        glass=rollbacks.glass,
        changes_us=changes_us(
            execute,
            rounds,
            now_us,
            alerts,
            opened.ahead,
            rollbacks,
            [r.due for r in to_review],
            [int(row[2]) for row in covered],
        ),
    )
    return Kept(board, registry, shown, workflows, now_us, seen, opened, reached, escalated)


def _first_advisories(
    execute: Execute,
    missed: Mapping[str, int],
    beside: Sequence[AdvisoryRow],
    least: int,
    now_us: int,
    whole: Callable[[], Sequence[AdvisoryRow]],
) -> Sequence[AdvisoryRow] | None:
    """All rows of the most urgent priorities, ``least`` in all at least; None where that would be most of them."""
    ranked = [(int(rank), int(count)) for rank, count in execute(_RANKED, {})]
    total = sum(count for _, count in ranked)
    sums = zip((rank for rank, _ in ranked), accumulate(count for _, count in ranked), strict=True)
    upto, some = next(((rank, some) for rank, some in sums if some >= least), (0, total))
    if 2 * some >= total:
        return None
    found = execute(_FIRST_ADVISORIES, {"now": now_us, "rank": upto})
    rows = [_advisory(row, missed) for row in found if row[3] <= upto]
    rows += (row for row in beside if PRIORITY_RANK[row.priority] <= upto)
    return Beginning(tuple(sorted(rows, key=advisory_urgency)), total + len(beside), whole)


def _reached(
    execute: Execute, missed: Mapping[str, int], before: Kept | None, seen: Mapping[str, int] | None, now_us: int
) -> tuple[tuple[AdvisoryRow, ...], Mapping[str, int | None]]:
    """The advisories, and what of the deadlines that passed they rest on."""
    if (
        before is not None
        and before.stands("advised", seen, now_us)
        and all(missed.get(alert) == us for alert, us in before.missed.items())
    ):
        return before.reached, before.missed
    found = execute(_ADVISORIES, {"now": now_us})
    rows = sorted((_advisory(row, missed) for row in found), key=advisory_urgency)
    return _same(rows, before.reached if before else ()), {row[10]: missed.get(row[10]) for row in found if row[10]}


def _quiet(execute: Execute, now: datetime) -> tuple[str, ...]:
    """The silences and windows that stand, what ends first on top."""
    found = [_QUIET_OF.decode(row[0]) for row in execute(_QUIET, {"now": to_us(now)})]
    return tuple(f"{s.kind.value} {s.id} until {iso(s.ends_at)}" for s in found if s.stands(now))


def _policy(execute: Execute) -> tuple[str, str]:
    """What of the policy is not as the files have it, and the phase that keeps a part of it back."""
    versions = [_POLICY.decode(row[0]) for row in execute(_POLICIES, {})]
    waits = next((v.words for v in versions if v.unsettled), "")
    phase = next((v.phase for v in versions if v.state is PolicyState.IN_FORCE), "")
    return waits, phase if phase in _KEEPS_BACK else ""


def _count_unaudited(execute: Execute, ecosystems: Sequence[str], now_us: int) -> Sequence[Sequence[Any]]:
    releases = {f"r{i}": kind for i, kind in enumerate(ecosystems) if ":" in kind}
    kinds = {f"k{i}": f"{kind}/" for i, kind in enumerate(ecosystems) if ":" not in kind}
    places = ("c.package", "COALESCE(c.source, '')")
    tests = [f"substr({p}, 1, {len(kind)}) = :{name}" for name, kind in kinds.items() for p in places]
    tests += [f"COALESCE(lower(c.ecosystem), '') = :{name}" for name in releases]
    return execute(_UNNAMED.format(covered=" OR ".join(tests) or "1 = 0"), {**kinds, **releases, "now": now_us})


def _same(rows: Sequence[RowT], before: Sequence[RowT]) -> tuple[RowT, ...]:
    """The rows, those that stood there before as the objects that they were."""
    known = {row: row for row in before}
    return tuple([known.get(row, row) for row in rows])


def advisory_urgency(row: AdvisoryRow) -> tuple[int, int, int, int, int, bool, str, str]:
    """Sort key: by priority, what nobody has in hand first, then by deadline, then by how much of production it reaches.

    Within one priority what reaches stands before what could not be audited.
    """
    due = row.due_us if row.due_us is not None else _NEVER_US
    reach = _STATE[row.state], due, -row.production_hits, -row.reach
    return PRIORITY_RANK[row.priority], *reach, row.id == UNNAMED, row.id, row.component


def _advisory(row: Sequence[Any], missed: Mapping[str, int]) -> AdvisoryRow:
    """``missed``: by alert, the first deadline that passed. What was escalated is late, though it has time again."""
    name, record, component, rank, state, due, until, title, provider, malicious, escalated, *hits = row
    due = missed.get(escalated, due)
    word = ROW_STATES[int(state)]
    return AdvisoryRow(
        name,
        record,
        _RANKS[int(rank)].value,
        component,
        tuple((place, int(count)) for place, count in zip(_PLACES, hits, strict=True) if count),
        word,
        title,
        provider or "",
        due_us=None if due is None else int(due),
        until_us=int(until) if until is not None and word in ("acknowledged", "silenced", "waived") else None,
        malicious=bool(malicious),
    )


def _unnamed(count: int) -> AdvisoryRow:
    """Components of what serves that no stored advisory can judge, as one row: they are in no other."""
    counted = f"{count} component{'' if count == 1 else 's'}"
    title = "No feed answers for them, or they cannot be compared: neither matched nor clean"
    return AdvisoryRow(UNNAMED, "", Priority.UNKNOWN.value, counted, (), "not audited", title)


def _source(row: Rounds, now_us: int) -> SourceRow:
    silent = None if row.good_us is None else (now_us - row.good_us) / 1e6
    state = health(row.failures, silent, row.every_s, refused=bool(row.reason))
    return SourceRow(row.id, row.kind, state, row.reason, row.good_us)


def _compared(execute: Execute, sources: Sequence[SourceRow]) -> tuple[LiveComparison, ...]:
    """Those of sources that are configured; of one that says nothing of now with that."""
    there = {source.id: source for source in sources}
    rows = [
        row
        for ident, text in execute(_COMPARED, {})
        for row in unpacked(text, ident, there[ident].health, there[ident].reason)
    ]
    return tuple(sorted(rows, key=lambda row: row.order))


def _hold(*row: Any) -> StandingHold:
    kind, asset, version, environment, why, by, until_us = row
    review = f"reviewed by {by} until {from_us(until_us):%Y-%m-%d %H:%M}" if by is not None else ""
    return StandingHold(kind, asset, version, environment, why, review)


def _frozen(holds: Iterable[StandingHold], kind: str) -> tuple[str, ...]:
    """``gateway``, ``gateway canary`` where only that is held, ``everything``; ``(reviewed)`` where each hold of it is."""
    open_now: dict[str, bool] = {}
    for hold in holds:
        if hold.kind == kind:
            scope = "everything" if hold.asset is None else " ".join(filter(None, (hold.asset, hold.environment)))
            open_now[scope] = open_now.get(scope, True) and bool(hold.review)
    return tuple(f"{scope} (reviewed)" if reviewed else scope for scope, reviewed in sorted(open_now.items()))


def _header(
    estate: str,
    places: Counter[tuple[str, str]],
    alerts: Sequence[AlertRow],
    holds: Sequence[StandingHold],
    sources: Sequence[SourceRow],
    indeterminate: int,
    undelivered: int,
    rollbacks: Rollbacks,
    as_of: str,
    paged: Callable[[str], bool],
) -> Header:
    serving: Counter[str] = Counter()
    risky: Counter[str] = Counter()
    for (environment, state), count in places.items():
        serving[environment] += count
        risky[environment] += count if state in RISKY else 0
    live = [a.priority for a in alerts]
    ok, stale = places["production", Standing.OK], places["production", Standing.STALE]
    return Header(
        estate=estate,
        production_ok=ok,
        production_risk=risky["production"],
        canary=serving["canary"],
        shadow=serving["shadow"],
        p1=live.count("P1"),
        p2=live.count("P2"),
        p4=sum(p in ("P3", "P4", "unknown") for p in live),
        frozen=_frozen(holds, "freeze"),
        paused=_frozen(holds, "pause"),
        sources_good=sum(s.health == Health.GOOD for s in sources),
        sources_total=len(sources),
        indeterminate=indeterminate,
        undelivered=undelivered,
        unpaged=sum(not paged(a.owner) for a in alerts if a.priority in URGENT and a.state == "firing"),
        running=sum(not r.stopped for r in rollbacks.runs),
        stopped=sum(r.stopped for r in rollbacks.runs),
        waiting=len(rollbacks.plans),
        muted=sum(a.muted for a in alerts),
        production_stale=stale,
        production_other=serving["production"] - ok - risky["production"] - stale,
        canary_risk=risky["canary"],
        undeclared=sum(n for (_, state), n in places.items() if state == Standing.UNDECLARED),
        as_of=as_of,
        glass=sum(not row.by_itself for row in rollbacks.glass),
        by_itself=sum(row.by_itself for row in rollbacks.glass),
    )


def quick_board(path: Path, estate: str, now: datetime, at_first: int = AT_FIRST) -> Board | None:
    """The board of an SQLite file read with the standard library; None when it must be opened properly.

    Of tables of many rows the first are at hand, ``at_first`` at least, and all counts; the others are read when somebody asks
    for them, as of the same moment. Reads only, and never makes a file: a missing, foreign, older, newer or locked one is left to
    the storage that can explain it.
    """
    if not path.is_file():
        return None
    try:
        address = f"file:{quote(str(path))}?mode=ro"
        connection = sqlite3.connect(address, uri=True, timeout=0.5, check_same_thread=False, isolation_level=None)
    except sqlite3.Error:
        return None

    def execute(sql: str, params: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        return connection.execute(sql, dict(params)).fetchall()

    weakref.finalize(execute, connection.close)  # with the last rows that could ask for more
    try:
        connection.execute("BEGIN")  # what is read later is of this moment too
        if connection.execute("SELECT version_num FROM alembic_version").fetchone() != (HEAD,):
            return None
        board = read_kept(execute, estate, None, now, at_first=at_first).board
    except sqlite3.Error:
        return None
    return board._replace(advisories=_beginning(board.advisories, at_first), alerts=_beginning(board.alerts, at_first))


def _beginning(rows: Sequence[RowT], least: int) -> Sequence[RowT]:
    """Many rows so that nobody looks at all of them at once."""
    many = not isinstance(rows, Beginning) and len(rows) > least
    return Beginning(tuple(rows[:least]), len(rows), lambda: rows) if many else rows
