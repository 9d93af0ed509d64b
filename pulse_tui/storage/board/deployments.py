"""Pane 1's read model: every deployment with its state and what that rests on.

An estate may have thousands of deployments. All are read once; after that only those of the assets that were written
to (:mod:`pulse_tui.storage.board.touched`) or of which alerts, holds and retests differ from before. Rows that did not
change are the same objects. ``assets`` is joined here and not in SQL, and a deployment without any of them
takes a short way.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from pulse_tui.domain.standing import STANDING_RANK, Standing
from pulse_tui.domain.vendor_task import TaskKind, VendorTask
from pulse_tui.domain.views.alerts import AlertRow
from pulse_tui.domain.views.beginning import Beginning
from pulse_tui.domain.views.registry import RegistryRow
from pulse_tui.domain.words import ENVIRONMENT_RANK, PRIORITY_RANK, SEVERITY_RANK, Severity
from pulse_tui.enrich.standing import Judged, OpenAlert, StandingHold, holds_here, standing
from pulse_tui.storage.board.touched import Mark, Touched
from pulse_tui.storage.board.trends import Execute

_ASSETS = "SELECT id, owner_team, tier, asset_type FROM assets"
_SOME_ASSETS = f"{_ASSETS} WHERE id {{some}}"
_DEPLOYMENTS = """
SELECT d.asset_id, d.environment, d.version, r.iteration, d.since, d.traffic, d.production_critical, r.state,
       r.rollback_pointer, d.source, p.serving, p.version, p.valid
FROM deployments d
LEFT JOIN releases r ON r.asset_id = d.asset_id AND r.version = d.version
LEFT JOIN pointers p ON p.asset_id = d.asset_id AND p.environment = d.environment
"""
_SOME_DEPLOYMENTS = f"{_DEPLOYMENTS}WHERE d.asset_id {{some}}"
_RETESTS = """
SELECT asset_id, why, CASE WHEN due_at < :now THEN due_at END
FROM retests WHERE done_at IS NULL ORDER BY due_at DESC, key
"""
_MIGRATIONS = """
SELECT asset_id, body FROM vendor_tasks WHERE done_at IS NULL AND due_at < :now ORDER BY due_at DESC, key
"""
# A run that stopped has a mark of its own, a failed drill and a broken glass an alert: none is a conflict about what serves.
_CONCERN_COLUMNS = """SELECT asset_id, environment, version, what, severity FROM concerns
WHERE key NOT LIKE 'run:%' AND key NOT LIKE 'drill:%' AND key NOT LIKE 'break-glass:%'
  AND key NOT LIKE 'by-itself:%'"""
_CONCERNS = f"{_CONCERN_COLUMNS} ORDER BY since, key"
_SOME_CONCERNS = f"{_CONCERN_COLUMNS} AND asset_id {{some}} ORDER BY since, key"
_ODD = """
SELECT d.asset_id FROM deployments d LEFT JOIN releases r ON r.asset_id = d.asset_id AND r.version = d.version
WHERE r.state IS NULL OR r.state = 'quarantined' OR NOT EXISTS (SELECT 1 FROM assets a WHERE a.id = d.asset_id)
"""
_PLACES = "SELECT environment, COUNT(*) FROM deployments GROUP BY environment"
_NEWEST = f"""
SELECT asset_id, environment FROM deployments
ORDER BY since DESC, asset_id, CASE environment {" ".join(f"WHEN '{e}' THEN {n}" for e, n in ENVIRONMENT_RANK.items())} END
LIMIT :most
"""  # noqa: S608  closed lists of our own
_EVERY = _DEPLOYMENTS, _ASSETS, _CONCERNS
_SOME = _SOME_DEPLOYMENTS, _SOME_ASSETS, _SOME_CONCERNS
PLACE = itemgetter(1, 4)
"""(environment, state) of a row."""
MANY = 400
"""Of more assets than these everything is read: it costs no more than asking for each."""
_FEW = 200
"""Rows that are put in their place one by one; with more of them all are sorted."""
_WELL = Judged(Standing.OK, "")


class _Concern(NamedTuple):
    environment: str | None
    version: str | None
    what: str
    serious: bool
    """One of low severity is shown and counted; it does not put what serves in conflict."""


class _Conditions(NamedTuple):
    """What is read whole each time, each by asset."""

    alerts: Mapping[str, Sequence[AlertRow]]
    """The most urgent first."""
    holds: Mapping[str, Sequence[StandingHold]]
    retests: Mapping[str, Sequence[tuple[str, int | None]]]
    """Why, and since when it is overdue; the one that was due first is the last."""
    migrations: Mapping[str, Sequence[str]]
    """What should have been done by now; the one that was due first is the last."""
    rollbacks: Mapping[str, Mapping[str, tuple[str, str]]]
    """In each environment: how a rollback stands, and the sentence about it."""
    everywhere: Sequence[StandingHold]
    """The holds on all assets."""

    def concerned(self) -> set[str]:
        """The assets of which anything is open."""
        return set().union(*self[:5])


class Registry(NamedTuple):
    """The rows as they were read, and what decides which of them have to be read again."""

    rows: Sequence[RegistryRow]
    by_asset: Mapping[str, tuple[RegistryRow, ...]]
    """Each asset's rows, production first."""
    counts: Counter[tuple[str, str]]
    """How many rows stand in each (environment, state)."""
    conditions: _Conditions
    mark: Mark | None


_Made = dict[str, tuple[RegistryRow, ...]]
"""Rows by asset, production first."""


def worst_first(row: RegistryRow) -> tuple[int, int, int, str, int]:
    """Sort key: by state, then by the priority of what is open on it, then what moved last first."""
    urgent = PRIORITY_RANK.get(row.priority, len(PRIORITY_RANK))
    return STANDING_RANK[row.state], urgent, -(row.since_us or 0), row.asset, ENVIRONMENT_RANK[row.environment]


def all_in_order(by_asset: Mapping[str, Sequence[RegistryRow]]) -> tuple[RegistryRow, ...]:
    """All rows, worst first, as a sort by :func:`worst_first` gives them.

    Of nearly all nothing is open: they come last, and are sorted by one number, which is a third of the time.
    """
    worse: list[RegistryRow] = []
    calm: list[RegistryRow] = []
    for name in sorted(by_asset):
        for row in by_asset[name]:
            (calm if _calm(row) else worse).append(row)
    worse.sort(key=worst_first)
    calm.sort(key=_since, reverse=True)  # which keeps the order of equal ones
    return (*worse, *calm)


def _calm(row: RegistryRow) -> bool:
    """Whether nothing is open on it."""
    return row[4] == Standing.OK and not row[20]


def _since(row: RegistryRow) -> int:
    return row[6] or 0


def in_order(rows: list[RegistryRow], new: Iterable[RegistryRow]) -> tuple[RegistryRow, ...]:
    """``rows``, which stand worst first, with the new ones in their places."""
    added = list(new)
    if len(added) > _FEW:
        rows += added
        rows.sort(key=worst_first)
    else:
        for row in added:
            insort(rows, row, key=worst_first)
    return tuple(rows)


def read_registry(
    execute: Execute,
    alerts: Sequence[AlertRow],
    holds: Sequence[StandingHold],
    now_us: int,
    touched: Touched | None = None,
    before: Registry | None = None,
    rollbacks: Sequence[tuple[str, str, str, str]] = (),
) -> Registry:
    """Row by row worst first.

    ``alerts`` come most urgent first, ``rollbacks`` (asset, environment, mark, why) last. With ``before``,
    only what may differ from it is read.
    """
    retests = execute(_RETESTS, {"now": now_us})
    migrations = [found for row in execute(_MIGRATIONS, {"now": now_us}) for found in _migration(*row)]
    conditions = _conditions(alerts, holds, retests, migrations, rollbacks)
    mark = touched.mark() if touched is not None else None
    if touched is not None and before is not None:
        names = _changed(touched, mark, conditions, before)
        if names is not None:
            made = _make(conditions, *(touched.some(sql, names) for sql in _SOME)) if names else {}
            return _merged(before, names, made)._replace(conditions=conditions, mark=mark)
    by_asset = _make(conditions, *(execute(sql, {}) for sql in _EVERY))
    if before is not None:
        known = before.by_asset
        by_asset = {name: known[name] if known.get(name) == rows else rows for name, rows in by_asset.items()}
    rows = all_in_order(by_asset)
    return Registry(rows, by_asset, Counter(map(PLACE, rows)), conditions, mark)


def read_worst(
    execute: Execute,
    alerts: Sequence[AlertRow],
    holds: Sequence[StandingHold],
    now_us: int,
    rollbacks: Sequence[tuple[str, str, str, str]],
    besides: Iterable[str],
    least: int,
    whole: Callable[[], Sequence[RegistryRow]],
) -> Registry | None:
    """As :func:`read_registry` of an SQLite file, with all counts, but of the rows only those of which anything is open, at
    ``least`` so many, and those of the assets ``besides``; ``whole`` reads all of them. None where that would be no less.
    """
    retests = execute(_RETESTS, {"now": now_us})
    migrations = [found for row in execute(_MIGRATIONS, {"now": now_us}) for found in _migration(*row)]
    conditions = _conditions(alerts, holds, retests, migrations, rollbacks)
    totals = {environment: int(count) for environment, count in execute(_PLACES, {})}
    every = sum(totals.values())
    names = conditions.concerned() | {row[0] for row in execute(_CONCERNS, {})} | {row[0] for row in execute(_ODD, {})}
    if conditions.everywhere or 2 * max(least, len(names)) > every:
        return None
    touched = Touched(execute, "sqlite")

    def made(assets: Iterable[str]) -> _Made:
        wanted = sorted(assets)
        return _make(conditions, *(touched.some(sql, wanted) for sql in _SOME))

    by_asset = made(names.union(besides))
    first = [row for row in all_in_order(by_asset) if not _calm(row)]
    if len(first) < least:
        # So many of the newest hold at least so many of which nothing is open, and those are the first of all such.
        newest = execute(_NEWEST, {"most": least + len(first)})
        by_asset |= made({row[0] for row in newest} - by_asset.keys())
        keys = {(asset, environment) for asset, environment in newest}
        first += [row for row in all_in_order(by_asset) if _calm(row) and row[:2] in keys]
    counts = Counter(map(PLACE, chain.from_iterable(by_asset.values())))
    for environment, count in totals.items():
        counts[environment, Standing.OK] += count - sum(n for (e, _), n in counts.items() if e == environment)
    return Registry(Beginning(tuple(first), every, whole), by_asset, counts, conditions, None)


def _conditions(
    alerts: Sequence[AlertRow],
    holds: Sequence[StandingHold],
    retests: Sequence[Sequence[Any]],
    migrations: Sequence[tuple[str, str]],
    rollbacks: Sequence[tuple[str, str, str, str]],
) -> _Conditions:
    opened: defaultdict[str, list[AlertRow]] = defaultdict(list)
    for alert in alerts:
        if alert.asset:  # muted or not: who is called has nothing to do with how it stands
            opened[alert.asset].append(alert)
    held: defaultdict[str, list[StandingHold]] = defaultdict(list)
    everywhere: list[StandingHold] = []
    for hold in holds:
        (everywhere if hold.asset is None else held[hold.asset]).append(hold)
    tested: defaultdict[str, list[tuple[str, int | None]]] = defaultdict(list)
    for asset, why, overdue in retests:
        tested[asset].append((why, overdue))
    left: defaultdict[str, list[str]] = defaultdict(list)
    for asset, what in migrations:
        left[asset].append(what)
    run: defaultdict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for asset, environment, mark, why in rollbacks:
        run[asset][environment] = mark, why
    return _Conditions(dict(opened), dict(held), dict(tested), dict(left), dict(run), everywhere)


def _migration(asset: str, body: str) -> Iterator[tuple[str, str]]:
    task = msgspec.json.decode(body, type=VendorTask)
    if task.kind is TaskKind.MIGRATION and task.due_at is not None:
        yield asset, f"{task.component} was to be left by {task.due_at:%Y-%m-%d}, before its vendor shuts it down"


def _changed(touched: Touched, mark: Mark | None, conditions: _Conditions, before: Registry) -> list[str] | None:
    """The assets whose rows may differ; None when everything must be read."""
    if mark is None or before.mark is None or mark.position < before.mark.position:
        return None
    known = before.conditions
    if conditions.everywhere != known.everywhere:
        return None
    names = touched.since(before.mark, MANY + 1)
    for now, then in zip(conditions[1:5], known[1:5], strict=True):
        names.update(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))
    names.update(_differ(conditions.alerts, known.alerts))
    return sorted(names) if len(names) <= MANY else None


def _differ(now: Mapping[str, Sequence[AlertRow]], then: Mapping[str, Sequence[AlertRow]]) -> Iterator[str]:
    """The assets whose alerts say anything else to their rows: not who has them in hand."""
    for name in now.keys() | then.keys():
        ours, theirs = now.get(name, ()), then.get(name, ())
        if ours != theirs and [(_place(a), _open(a)) for a in ours] != [(_place(a), _open(a)) for a in theirs]:
            yield name


def _place(alert: AlertRow) -> str:
    """The environment that it is about; "" is the whole asset, "@1.2.0" a release that serves nowhere."""
    return alert.environment or (f"@{alert.version}" if alert.version else "")


def _open(alert: AlertRow) -> OpenAlert:
    return OpenAlert(alert.priority, alert.signal_type, alert.verdict, alert.title)


def _merged(before: Registry, names: Collection[str], made: _Made) -> Registry:
    """``before`` with the rows of these assets as they are now."""
    now = dict(before.by_asset)
    moved: set[str] = set()
    for name in names:
        old, new = before.by_asset.get(name, ()), made.get(name, ())
        if old == new:
            continue
        moved.add(name)
        if new:
            now[name] = tuple(next((was for was in old if was == row), row) for row in new)
        else:
            now.pop(name, None)
    if not moved:
        return before
    counts = Counter(before.counts)
    for name in moved:
        counts.subtract(map(PLACE, before.by_asset.get(name, ())))
        counts.update(map(PLACE, now.get(name, ())))
    stayed = [row for row in before.rows if row.asset not in moved]
    rows = in_order(stayed, (row for name in moved for row in now.get(name, ())))
    return before._replace(rows=rows, by_asset=now, counts=counts)


def _make(
    conditions: _Conditions,
    deployments: Sequence[Sequence[Any]],
    owners: Sequence[Sequence[Any]],
    concern_rows: Sequence[Sequence[Any]],
) -> _Made:
    everywhere, open_on = conditions.everywhere, conditions.concerned()
    assets = {row[0]: row[1:] for row in owners}
    concerns = _concerns(concern_rows)
    nobody = "", "", ""
    by_asset: dict[str, list[RegistryRow | None]] = {}
    make = tuple.__new__  # not _make, a call of Python for each of thousands
    for (
        asset, environment, version, iteration, since, traffic, critical, release, fallback, source, serving, target, valid,
    ) in deployments:  # fmt: skip
        if (
            asset not in open_on
            and asset not in concerns
            and not everywhere
            and asset in assets
            and release is not None
            and release != "quarantined"
        ):
            judged, held, concerned, mark, overdue = _WELL, "", 0, "", None
        else:
            held_by = holds_here([*conditions.holds.get(asset, ()), *everywhere], version, environment)
            its = conditions.alerts.get(asset, ())
            open_here = [_open(a) for p in (environment, "", f"@{version}") for a in its if _place(a) == p]
            about = sorted(open_here, key=_urgency)
            here = [c for c in concerns.get(asset, ()) if c.environment in (None, environment)]
            conflict = next((c.what for c in here if c.serious and c.version in (None, version)), None)
            tests, left = conditions.retests.get(asset), conditions.migrations.get(asset)
            retest, overdue = tests[-1] if tests else (None, None)
            if retest is not None and overdue is not None:
                retest = f"overdue: {retest}"
            mark, sentence = conditions.rollbacks.get(asset, {}).get(environment, ("", ""))
            stopped = sentence if mark == "stopped" else None
            migrate = left[-1] if left else None
            judged = standing(
                about, held_by, release, retest, conflict, stopped, migrate=migrate, declared=asset in assets
            )
            held, concerned = held_by[0][0] if held_by else "", len(here)
        checked = serving == version  # a check of what served before says nothing of this
        owner, tier, kind = assets.get(asset, nobody)
        row = make(
            RegistryRow,
            (
                asset, environment, version, iteration, judged.state, judged.why, since, owner, tier, float(traffic), bool(critical),
                held, release or "", (target if checked else fallback) or "", source, concerned, kind,
                bool(valid) or not checked, mark, judged.also, judged.priority, overdue,
            ),
        )  # fmt: skip
        slots = by_asset.get(asset)
        if slots is None:
            slots = by_asset[asset] = [None] * len(ENVIRONMENT_RANK)
        slots[ENVIRONMENT_RANK[environment]] = row
    return {name: tuple([row for row in slots if row is not None]) for name, slots in by_asset.items()}


def _urgency(alert: OpenAlert) -> int:
    return PRIORITY_RANK[alert.priority]


def _concerns(rows: Sequence[Sequence[Any]]) -> dict[str, list[_Concern]]:
    """By asset, the most severe first and of those the oldest."""
    found: dict[str, list[tuple[int, _Concern]]] = {}
    for asset, environment, version, what, severity in rows:
        found.setdefault(asset, []).append(
            (-SEVERITY_RANK[severity], _Concern(environment, version, what, severity != Severity.LOW))
        )
    return {asset: [c for _, c in sorted(each, key=lambda r: r[0])] for asset, each in found.items()}
