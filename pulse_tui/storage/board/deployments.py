"""Pane 1's read model: every deployment with its state and what that rests on.

An estate may have thousands of deployments. All are read once; after that only those of the assets that were written
to (:mod:`pulse_tui.storage.board.touched`) or of which alerts, holds and retests differ from before. Rows that did not
change are the same objects. ``assets`` is joined here and not in SQL, and a deployment without any of them
takes a short way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from pulse_tui.domain.standing import STANDING_RANK
from pulse_tui.domain.views.alerts import AlertRow
from pulse_tui.domain.views.registry import RegistryRow
from pulse_tui.domain.words import ENVIRONMENT_RANK, SEVERITY_RANK, Severity
from pulse_tui.enrich.standing import OpenAlert, StandingHold, most_urgent, standing, widest_hold
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
SELECT asset_id, CASE WHEN due_at < :now THEN 'overdue: ' || why ELSE why END
FROM retests WHERE done_at IS NULL ORDER BY due_at DESC, key
"""
_CONCERN_COLUMNS = "SELECT asset_id, environment, version, what, severity FROM concerns"
_CONCERNS = f"{_CONCERN_COLUMNS} ORDER BY since, key"
_SOME_CONCERNS = f"{_CONCERN_COLUMNS} WHERE asset_id {{some}} ORDER BY since, key"
_EVERY = _DEPLOYMENTS, _ASSETS, _CONCERNS
_SOME = _SOME_DEPLOYMENTS, _SOME_ASSETS, _SOME_CONCERNS
_PLACE = attrgetter("environment", "state")
MANY = 400
"""Of more assets than these everything is read: it costs no more than asking for each."""


class _Concern(NamedTuple):
    environment: str | None
    version: str | None
    what: str
    serious: bool
    """One of low severity is shown and counted; it does not put what serves in conflict."""


class _Open(NamedTuple):
    """An asset's alerts, holds and retests."""

    alerts: dict[str, OpenAlert]
    """The most urgent one in each environment; "" is the whole asset, "@1.2.0" a release that serves nowhere."""
    holds: list[StandingHold]
    retests: list[str]
    rollbacks: dict[str, tuple[str, str]]
    """In each environment: how a rollback stands, and the sentence about it."""


class _Conditions(NamedTuple):
    """What is read whole each time, and what it comes to for each asset."""

    alerts: Sequence[AlertRow]
    holds: Sequence[StandingHold]
    retests: Sequence[Sequence[str]]
    rollbacks: Sequence[tuple[str, str, str, str]]
    open_on: Mapping[str, _Open]
    everywhere: Sequence[StandingHold]
    """The holds on all assets."""


class Registry(NamedTuple):
    """The rows as they were read, and what decides which of them have to be read again."""

    rows: tuple[RegistryRow, ...]
    by_asset: Mapping[str, tuple[RegistryRow, ...]]
    """Each asset's rows, production first."""
    order: Sequence[tuple[int, str]]
    """(rank of the worst state, asset), as the rows stand."""
    counts: Counter[tuple[str, str]]
    """How many rows stand in each (environment, state)."""
    conditions: _Conditions
    mark: Mark | None


_Made = tuple[dict[str, tuple[RegistryRow, ...]], dict[str, int]]
"""Rows by asset, and the rank of each asset's worst state."""


def read_registry(
    execute: Execute,
    alerts: Sequence[AlertRow],
    holds: Sequence[StandingHold],
    now_us: int,
    touched: Touched | None = None,
    before: Registry | None = None,
    rollbacks: Sequence[tuple[str, str, str, str]] = (),
) -> Registry:
    """Assets in the order of their worst row, each asset's rows side by side, production first.

    ``alerts`` come most urgent first, ``rollbacks`` (asset, environment, mark, why) last. With ``before``,
    only what may differ from it is read.
    """
    retests = execute(_RETESTS, {"now": now_us})
    known_conditions = before.conditions if before is not None else None
    conditions = _conditions(alerts, holds, retests, rollbacks, known_conditions)
    mark = touched.mark() if touched is not None else None
    if touched is not None and before is not None:
        names = _changed(touched, mark, conditions, before)
        if names is not None:
            made = _make(conditions, *(touched.some(sql, names) for sql in _SOME)) if names else ({}, {})
            return _merged(before, names, made)._replace(conditions=conditions, mark=mark)
    by_asset, urgent = _make(conditions, *(execute(sql, {}) for sql in _EVERY))
    if before is not None:
        known = before.by_asset
        by_asset = {name: known[name] if known.get(name) == rows else rows for name, rows in by_asset.items()}
    order = sorted((urgent[name], name) for name in by_asset)
    rows = _flat(by_asset, order)
    return Registry(rows, by_asset, order, Counter(map(_PLACE, rows)), conditions, mark)


def _conditions(
    alerts: Sequence[AlertRow],
    holds: Sequence[StandingHold],
    retests: Sequence[Sequence[str]],
    rollbacks: Sequence[tuple[str, str, str, str]],
    before: _Conditions | None,
) -> _Conditions:
    if before is not None and (alerts, holds, retests, rollbacks) == before[:4]:
        return before  # as nearly always: hundreds of small lists less
    open_on: dict[str, _Open] = {}
    everywhere: list[StandingHold] = []

    def about(asset: str) -> _Open:
        found = open_on.get(asset)
        if found is None:
            found = open_on[asset] = _Open({}, [], [], {})
        return found

    for alert in alerts:
        if alert.asset:  # muted or not: who is called has nothing to do with how it stands
            urgent = OpenAlert(alert.priority, alert.signal_type, alert.verdict, alert.title)
            place = alert.environment or (f"@{alert.version}" if alert.version else "")
            about(alert.asset).alerts.setdefault(place, urgent)
    for hold in holds:
        (everywhere if hold.asset is None else about(hold.asset).holds).append(hold)
    for asset, why in retests:
        about(asset).retests.append(why)
    for asset, environment, mark, why in rollbacks:
        about(asset).rollbacks[environment] = mark, why
    return _Conditions(alerts, holds, retests, rollbacks, open_on, everywhere)


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
    by_asset, urgent = made
    now, ranks = dict(before.by_asset), {name: rank for rank, name in before.order if name in names}
    moved: set[str] = set()
    for name in names:
        old, new = before.by_asset.get(name, ()), by_asset.get(name, ())
        if old == new and ranks.get(name) == urgent.get(name):
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
        counts.subtract(map(_PLACE, before.by_asset.get(name, ())))
        counts.update(map(_PLACE, now.get(name, ())))
    order = [place for place in before.order if place[1] not in moved]
    order.extend((urgent[name], name) for name in moved if name in by_asset)
    order.sort()
    return before._replace(rows=_flat(now, order), by_asset=now, order=order, counts=counts)


def _flat(by_asset: Mapping[str, tuple[RegistryRow, ...]], order: Sequence[tuple[int, str]]) -> tuple[RegistryRow, ...]:
    return tuple([row for _, name in order for row in by_asset[name]])


def _make(
    conditions: _Conditions,
    deployments: Sequence[Sequence[Any]],
    owners: Sequence[Sequence[Any]],
    concern_rows: Sequence[Sequence[Any]],
) -> _Made:
    open_on, everywhere = conditions.open_on, conditions.everywhere
    assets = {row[0]: row[1:] for row in owners}
    concerns = _concerns(concern_rows)
    nobody, nothing = ("", "", ""), _Open({}, [], [], {})
    by_asset: dict[str, list[RegistryRow | None]] = {}
    urgent: dict[str, int] = {}
    make, ok = RegistryRow._make, STANDING_RANK["ok"]
    for (
        asset, environment, version, iteration, since, traffic, critical, release, fallback, source, serving, target, valid,
    ) in deployments:  # fmt: skip
        if (
            asset not in open_on
            and asset not in concerns
            and not everywhere
            and release is not None
            and release != "quarantined"
        ):
            state, why, held, concerned, mark = "ok", "", "", 0, ""
        else:
            its = open_on.get(asset, nothing)
            hold_here = widest_hold([*its.holds, *everywhere], version, environment)
            about = most_urgent(its.alerts.get(place) for place in (environment, "", f"@{version}"))
            here = [c for c in concerns.get(asset, ()) if c.environment in (None, environment)]
            conflict = next((c.what for c in here if c.serious and c.version in (None, version)), None)
            retest = its.retests[-1] if its.retests else None
            mark, sentence = its.rollbacks.get(environment, ("", ""))
            stopped = sentence if mark == "stopped" else None
            state, why = standing(about, hold_here, release, retest, conflict, stopped)
            held, concerned = hold_here[0] if hold_here else "", len(here)
        checked = serving == version  # a check of what served before says nothing of this
        owner, tier, kind = assets.get(asset, nobody)
        row = make(
            (
                asset, environment, version, iteration, state, why, since, owner, tier, float(traffic), bool(critical),
                held, release or "", (target if checked else fallback) or "", source, concerned, kind,
                bool(valid) or not checked, mark,
            )
        )  # fmt: skip
        slots = by_asset.get(asset)
        if slots is None:
            slots = by_asset[asset] = [None] * len(ENVIRONMENT_RANK)
            urgent[asset] = ok
        slots[ENVIRONMENT_RANK[environment]] = row
        if state != "ok" and STANDING_RANK[state] < urgent[asset]:
            urgent[asset] = STANDING_RANK[state]
    return {name: tuple([row for row in slots if row is not None]) for name, slots in by_asset.items()}, urgent


def _concerns(rows: Sequence[Sequence[Any]]) -> dict[str, list[_Concern]]:
    """By asset, the most severe first and of those the oldest."""
    found: dict[str, list[tuple[int, _Concern]]] = {}
    for asset, environment, version, what, severity in rows:
        found.setdefault(asset, []).append(
            (-SEVERITY_RANK[severity], _Concern(environment, version, what, severity != Severity.LOW))
        )
    return {asset: [c for _, c in sorted(each, key=lambda r: r[0])] for asset, each in found.items()}
