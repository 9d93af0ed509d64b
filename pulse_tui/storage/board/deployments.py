"""Pane 1's read model: every deployment with its state and what that rests on.

An estate may have thousands of deployments. All are read once; after that only those of the assets that were written
to (:mod:`pulse_tui.storage.board.touched`) or of which alerts, holds and retests differ from before. Rows that did not
change are the same objects. ``assets`` is joined here and not in SQL, and a deployment without any of them
takes a short way.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from pulse_tui.domain.standing import STANDING_RANK, Standing
from pulse_tui.domain.vendor_task import TaskKind, VendorTask
from pulse_tui.domain.views.alerts import AlertRow
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


class _Open(NamedTuple):
    """An asset's alerts, holds and retests."""

    alerts: dict[str, list[OpenAlert]]
    """In each environment, most urgent first; "" is the whole asset, "@1.2.0" a release that serves nowhere."""
    holds: list[StandingHold]
    retests: list[tuple[str, int | None]]
    """Why, and since when it is overdue; the one that was due first is the last."""
    migrations: list[str]
    """What should have been done by now; the one that was due first is the last."""
    rollbacks: dict[str, tuple[str, str]]
    """In each environment: how a rollback stands, and the sentence about it."""


class _Conditions(NamedTuple):
    """What is read whole each time, and what it comes to for each asset."""

    alerts: Sequence[AlertRow]
    holds: Sequence[StandingHold]
    retests: Sequence[Sequence[Any]]
    migrations: Sequence[tuple[str, str]]
    rollbacks: Sequence[tuple[str, str, str, str]]
    open_on: Mapping[str, _Open]
    everywhere: Sequence[StandingHold]
    """The holds on all assets."""


class Registry(NamedTuple):
    """The rows as they were read, and what decides which of them have to be read again."""

    rows: tuple[RegistryRow, ...]
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
            (calm if row[4] == Standing.OK and not row[20] else worse).append(row)
    worse.sort(key=worst_first)
    calm.sort(key=_since, reverse=True)  # which keeps the order of equal ones
    return (*worse, *calm)


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
    known_conditions = before.conditions if before is not None else None
    conditions = _conditions(alerts, holds, retests, migrations, rollbacks, known_conditions)
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


def _conditions(
    alerts: Sequence[AlertRow],
    holds: Sequence[StandingHold],
    retests: Sequence[Sequence[Any]],
    migrations: Sequence[tuple[str, str]],
    rollbacks: Sequence[tuple[str, str, str, str]],
    before: _Conditions | None,
) -> _Conditions:
    if before is not None and (alerts, holds, retests, migrations, rollbacks) == before[:5]:
        return before  # as nearly always: hundreds of small lists less
    open_on: dict[str, _Open] = {}
    everywhere: list[StandingHold] = []

    def about(asset: str) -> _Open:
        found = open_on.get(asset)
        if found is None:
            found = open_on[asset] = _Open({}, [], [], [], {})
        return found

    for alert in alerts:
        if alert.asset:  # muted or not: who is called has nothing to do with how it stands
            urgent = OpenAlert(alert.priority, alert.signal_type, alert.verdict, alert.title)
            place = alert.environment or (f"@{alert.version}" if alert.version else "")
            about(alert.asset).alerts.setdefault(place, []).append(urgent)
    for hold in holds:
        (everywhere if hold.asset is None else about(hold.asset).holds).append(hold)
    for asset, why, overdue in retests:
        about(asset).retests.append((why, overdue))
    for asset, what in migrations:
        about(asset).migrations.append(what)
    for asset, environment, mark, why in rollbacks:
        about(asset).rollbacks[environment] = mark, why
    return _Conditions(alerts, holds, retests, migrations, rollbacks, open_on, everywhere)


def _migration(asset: str, body: str) -> Iterator[tuple[str, str]]:
    task = msgspec.json.decode(body, type=VendorTask)
    if task.kind is TaskKind.MIGRATION and task.due_at is not None:
        yield asset, f"{task.component} was to be left by {task.due_at:%Y-%m-%d}, before its vendor shuts it down"


def _changed(touched: Touched, mark: Mark | None, conditions: _Conditions, before: Registry) -> list[str] | None:
    """The assets whose rows may differ; None when everything must be read."""
    open_on, known = conditions.open_on, before.conditions.open_on
    if mark is None or before.mark is None or mark.position < before.mark.position:
        return None
    if conditions.everywhere != before.conditions.everywhere:
        return None
    names = touched.since(before.mark, MANY + 1)
    if open_on is not known:
        names.update(name for name in open_on.keys() | known.keys() if open_on.get(name) != known.get(name))
    return sorted(names) if len(names) <= MANY else None


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
    open_on, everywhere = conditions.open_on, conditions.everywhere
    assets = {row[0]: row[1:] for row in owners}
    concerns = _concerns(concern_rows)
    nobody, nothing = ("", "", ""), _Open({}, [], [], [], {})
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
            its = open_on.get(asset, nothing)
            held_by = holds_here([*its.holds, *everywhere], version, environment)
            open_here = (alert for place in (environment, "", f"@{version}") for alert in its.alerts.get(place, ()))
            about = sorted(open_here, key=_urgency)
            here = [c for c in concerns.get(asset, ()) if c.environment in (None, environment)]
            conflict = next((c.what for c in here if c.serious and c.version in (None, version)), None)
            retest, overdue = its.retests[-1] if its.retests else (None, None)
            if retest is not None and overdue is not None:
                retest = f"overdue: {retest}"
            mark, sentence = its.rollbacks.get(environment, ("", ""))
            stopped = sentence if mark == "stopped" else None
            migrate = its.migrations[-1] if its.migrations else None
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
