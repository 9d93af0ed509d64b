"""Pane 1's read model: every deployment with its state and what that rests on.

An estate may have thousands of deployments. All are read once; after that only those of the assets that were written
to (:mod:`pulse_tui.storage.board.touched`) or of which alerts, holds and retests say something else than before. Rows that are
as they were are the same objects. ``assets`` is joined here and not in SQL, and a deployment that nothing is said about
takes a short way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from pulse_tui.domain.standing import STANDING_RANK
from pulse_tui.domain.views.panes import AlertRow, RegistryRow
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
    """One of low severity is told and counted; what serves is in no conflict because of it."""


class _Said(NamedTuple):
    """What alerts, holds and retests say of an asset."""

    alerts: dict[str, OpenAlert]
    """The most urgent one in each environment; "" is the whole asset, "@1.2.0" a release that serves nowhere."""
    holds: list[StandingHold]
    retests: list[str]


class _Heard(NamedTuple):
    """What is read whole each time, and what it comes to for each asset."""

    alerts: Sequence[AlertRow]
    holds: Sequence[StandingHold]
    retests: Sequence[Sequence[str]]
    said: Mapping[str, _Said]
    everywhere: Sequence[StandingHold]
    """The holds on all assets."""


class Registry(NamedTuple):
    """The rows as they were read, and what tells which of them have to be read again."""

    rows: tuple[RegistryRow, ...]
    places: Mapping[str, tuple[RegistryRow, ...]]
    """Each asset's rows, production first."""
    order: Sequence[tuple[int, str]]
    """(rank of the worst state, asset), as the rows stand."""
    counts: Counter[tuple[str, str]]
    """How many rows stand in each (environment, state)."""
    heard: _Heard
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
) -> Registry:
    """Assets in the order of their worst row, each asset's rows side by side, production first.

    ``alerts`` come most urgent first. With ``before``, only what may differ from it is read.
    """
    heard = _hear(alerts, holds, execute(_RETESTS, {"now": now_us}), before.heard if before is not None else None)
    mark = touched.mark() if touched is not None else None
    if touched is not None and before is not None:
        names = _changed(touched, mark, heard, before)
        if names is not None:
            made = _make(heard, *(touched.some(sql, names) for sql in _SOME)) if names else ({}, {})
            return _merged(before, names, made)._replace(heard=heard, mark=mark)
    places, urgent = _make(heard, *(execute(sql, {}) for sql in _EVERY))
    if before is not None:
        known = before.places
        places = {name: known[name] if known.get(name) == rows else rows for name, rows in places.items()}
    order = sorted((urgent[name], name) for name in places)
    rows = _flat(places, order)
    return Registry(rows, places, order, Counter(map(_PLACE, rows)), heard, mark)


def _hear(
    alerts: Sequence[AlertRow],
    holds: Sequence[StandingHold],
    retests: Sequence[Sequence[str]],
    before: _Heard | None,
) -> _Heard:
    if before is not None and (alerts, holds, retests) == before[:3]:
        return before  # as nearly always: hundreds of small lists less
    said: dict[str, _Said] = {}
    everywhere: list[StandingHold] = []

    def about(asset: str) -> _Said:
        found = said.get(asset)
        if found is None:
            found = said[asset] = _Said({}, [], [])
        return found

    for alert in alerts:
        if alert.state != "suppressed" and alert.asset:
            urgent = OpenAlert(alert.priority, alert.signal_type, alert.verdict, alert.title)
            place = alert.environment or (f"@{alert.version}" if alert.version else "")
            about(alert.asset).alerts.setdefault(place, urgent)
    for hold in holds:
        (everywhere if hold.asset is None else about(hold.asset).holds).append(hold)
    for asset, why in retests:
        about(asset).retests.append(why)
    return _Heard(alerts, holds, retests, said, everywhere)


def _changed(touched: Touched, mark: Mark | None, heard: _Heard, before: Registry) -> list[str] | None:
    """The assets whose rows may differ; None when everything must be read."""
    said, known = heard.said, before.heard.said
    if mark is None or before.mark is None or mark.position < before.mark.position:
        return None
    if heard.everywhere != before.heard.everywhere:
        return None
    names = touched.since(before.mark, MANY + 1)
    if said is not known:
        names.update(name for name in said.keys() | known.keys() if said.get(name) != known.get(name))
    return sorted(names) if len(names) <= MANY else None


def _merged(before: Registry, names: Collection[str], made: _Made) -> Registry:
    """``before`` with the rows of these assets as they are now."""
    places, urgent = made
    now, ranks = dict(before.places), {name: rank for rank, name in before.order if name in names}
    moved: set[str] = set()
    for name in names:
        old, new = before.places.get(name, ()), places.get(name, ())
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
        counts.subtract(map(_PLACE, before.places.get(name, ())))
        counts.update(map(_PLACE, now.get(name, ())))
    order = [place for place in before.order if place[1] not in moved]
    order.extend((urgent[name], name) for name in moved if name in places)
    order.sort()
    return before._replace(rows=_flat(now, order), places=now, order=order, counts=counts)


def _flat(places: Mapping[str, tuple[RegistryRow, ...]], order: Sequence[tuple[int, str]]) -> tuple[RegistryRow, ...]:
    return tuple([row for _, name in order for row in places[name]])


def _make(
    heard: _Heard,
    deployments: Sequence[Sequence[Any]],
    owners: Sequence[Sequence[Any]],
    concern_rows: Sequence[Sequence[Any]],
) -> _Made:
    said, everywhere = heard.said, heard.everywhere
    assets = {row[0]: row[1:] for row in owners}
    concerns = _concerns(concern_rows)
    nobody, nothing = ("", "", ""), _Said({}, [], [])
    places: dict[str, list[RegistryRow | None]] = {}
    urgent: dict[str, int] = {}
    make, ok = RegistryRow._make, STANDING_RANK["ok"]
    for (
        asset, environment, version, iteration, since, traffic, critical, release, fallback, source, serving, target, valid,
    ) in deployments:  # fmt: skip
        if (
            asset not in said
            and asset not in concerns
            and not everywhere
            and release is not None
            and release != "quarantined"
        ):
            state, why, held, concerned = "ok", "", "", 0
        else:
            here_said = said.get(asset, nothing)
            hold_here = widest_hold([*here_said.holds, *everywhere], version, environment)
            about = most_urgent(here_said.alerts.get(place) for place in (environment, "", f"@{version}"))
            here = [c for c in concerns.get(asset, ()) if c.environment in (None, environment)]
            conflict = next((c.what for c in here if c.serious and c.version in (None, version)), None)
            retest = here_said.retests[-1] if here_said.retests else None
            state, why = standing(about, hold_here, release, retest, conflict)
            held, concerned = hold_here[0] if hold_here else "", len(here)
        pointer = _pointer(target, valid) if serving == version else fallback or ""
        owner, tier, kind = assets.get(asset, nobody)
        row = make(
            (
                asset, environment, version, iteration, state, why, since, owner, tier, float(traffic), bool(critical),
                held, release or "", pointer, source, concerned, kind,
            )
        )  # fmt: skip
        slots = places.get(asset)
        if slots is None:
            slots = places[asset] = [None] * len(ENVIRONMENT_RANK)
            urgent[asset] = ok
        slots[ENVIRONMENT_RANK[environment]] = row
        if state != "ok" and STANDING_RANK[state] < urgent[asset]:
            urgent[asset] = STANDING_RANK[state]
    return {name: tuple([row for row in slots if row is not None]) for name, slots in places.items()}, urgent


def _concerns(rows: Sequence[Sequence[Any]]) -> dict[str, list[_Concern]]:
    """By asset, the most severe first and of those the oldest."""
    found: dict[str, list[tuple[int, _Concern]]] = {}
    for asset, environment, version, what, severity in rows:
        found.setdefault(asset, []).append(
            (-SEVERITY_RANK[severity], _Concern(environment, version, what, severity != Severity.LOW))
        )
    return {asset: [c for _, c in sorted(each, key=lambda r: r[0])] for asset, each in found.items()}


def _pointer(target: str | None, valid: bool) -> str:
    """As the row shows it: ``!`` says that nobody should count on it."""
    return (target or "") if valid else f"!{target or ''}"
