"""Pane 1's read model: every deployment with its state and what that rests on.

An estate may have thousands of deployments, and all of them are read after every change. So the row's parts
that are the same for an asset are read once, ``assets`` is joined here and not in SQL, and a deployment that
nothing is said about takes a short way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pulse_tui.domain.board import AlertRow, RegistryRow
from pulse_tui.domain.words import Environment, Priority, Severity
from pulse_tui.storage.trends import Execute

_ASSETS = "SELECT id, owner_team, tier, asset_type FROM assets"
_DEPLOYMENTS = """
SELECT d.asset_id, d.environment, d.version, r.iteration, d.since, d.traffic, d.production_critical, r.state,
       r.rollback_pointer, d.source, p.serving, p.version, p.valid
FROM deployments d
LEFT JOIN releases r ON r.asset_id = d.asset_id AND r.version = d.version
LEFT JOIN pointers p ON p.asset_id = d.asset_id AND p.environment = d.environment
"""
_RETESTS = "SELECT asset_id, why FROM retests WHERE done_at IS NULL"
_CONCERNS = "SELECT asset_id, environment, version, what, severity FROM concerns ORDER BY since, key"

STATES = (
    "FAIL", "risk", "paused", "frozen", "blocked", "quarantined", "retest", "doubt", "missing", "unknown", "watch",
    "ok",
)  # fmt: skip
"""The states of a deployment and of a workflow's stage, the most urgent first."""
STATE_RANK = {word: i for i, word in enumerate(STATES)}
ENVIRONMENT_RANK = {e.value: e.rank for e in Environment}
PRIORITY_RANK = {p.value: p.rank for p in Priority}
_SEVERITY_RANK = {s.value: s.rank for s in Severity}
_HOLD_WORDS = (("pause", "paused"), ("freeze", "frozen"), ("block", "blocked"))


class HoldRow(NamedTuple):
    """A standing hold, as far as the panes ask."""

    kind: str
    asset: str | None
    version: str | None
    environment: str | None
    why: str


class _Concern(NamedTuple):
    environment: str | None
    version: str | None
    what: str


def read_registry(execute: Execute, alerts: Sequence[AlertRow], holds: Sequence[HoldRow]) -> list[RegistryRow]:
    """Assets in the order of their worst row, each asset's rows side by side, production first.

    ``alerts`` come most urgent first.
    """
    worst: dict[tuple[str, str], AlertRow] = {}
    for alert in alerts:
        if alert.state != "suppressed":
            worst.setdefault((alert.asset, alert.environment), alert)
    by_asset: dict[str | None, list[HoldRow]] = {}
    for hold in holds:
        by_asset.setdefault(hold.asset, []).append(hold)
    everywhere = by_asset.pop(None, [])
    retests = {str(asset): str(why) for asset, why in execute(_RETESTS, {})}
    concerns = _concerns(execute)
    noted = {place[0] for place in worst} | by_asset.keys() | retests.keys() | concerns.keys()
    assets = {row[0]: row[1:] for row in execute(_ASSETS, {})}
    nobody = ("", "", "")

    places: dict[str, list[RegistryRow | None]] = {}
    urgent: dict[str, int] = {}
    make, ok = RegistryRow._make, STATE_RANK["ok"]
    for (
        asset, environment, version, iteration, since, traffic, critical, release, fallback, source, serving, target, valid,
    ) in execute(_DEPLOYMENTS, {}):  # fmt: skip
        if asset not in noted and not everywhere and release is not None and release != "quarantined":
            state, why, held, standing = "ok", "", "", 0
        else:
            hold_here = _standing([*by_asset.get(asset, ()), *everywhere], version, environment)
            about = _more_urgent(worst.get((asset, environment)), worst.get((asset, "")))
            here = [c for c in concerns.get(asset, ()) if c.environment in (None, environment)]
            doubt = next((c.what for c in here if c.version in (None, version)), None)
            state, why = _state(about, hold_here, release, retests.get(asset), doubt)
            held, standing = hold_here[0] if hold_here else "", len(here)
        pointer = _pointer(target, valid) if serving == version else fallback or ""
        owner, tier, kind = assets.get(asset, nobody)
        row = make(
            (
                asset, environment, version, iteration, state, why, since, owner, tier, float(traffic), bool(critical),
                held, release or "", pointer, source, standing, kind,
            )
        )  # fmt: skip
        slots = places.get(asset)
        if slots is None:
            slots = places[asset] = [None] * len(ENVIRONMENT_RANK)
            urgent[asset] = ok
        slots[ENVIRONMENT_RANK[environment]] = row
        if state != "ok" and STATE_RANK[state] < urgent[asset]:
            urgent[asset] = STATE_RANK[state]
    order = sorted(places, key=lambda name: (urgent[name], name))
    return [row for name in order for row in places[name] if row is not None]


def _concerns(execute: Execute) -> dict[str, list[_Concern]]:
    """By asset, the most severe first and of those the oldest."""
    found: dict[str, list[tuple[int, _Concern]]] = {}
    for asset, environment, version, what, severity in execute(_CONCERNS, {}):
        found.setdefault(asset, []).append((-_SEVERITY_RANK[severity], _Concern(environment, version, what)))
    return {asset: [c for _, c in sorted(rows, key=lambda r: r[0])] for asset, rows in found.items()}


def _pointer(target: str | None, valid: bool) -> str:
    """As the row shows it: ``!`` says that nobody should count on it."""
    return (target or "") if valid else f"!{target or ''}"


def _more_urgent(here: AlertRow | None, everywhere: AlertRow | None) -> AlertRow | None:
    """The alert that decides: one on the whole asset counts in each of its environments."""
    if here is None or everywhere is None:
        return here or everywhere
    return min(here, everywhere, key=lambda a: PRIORITY_RANK[a.priority])


def _standing(holds: Sequence[HoldRow], version: str, environment: str) -> tuple[str, str] | None:
    """The word and the reason of the widest hold that concerns this deployment."""
    for kind, word in _HOLD_WORDS:
        for hold in holds:
            if hold.kind == kind and hold.version in (None, version) and hold.environment in (None, environment):
                return word, hold.why
    return None


def _state(
    alert: AlertRow | None, hold: tuple[str, str] | None, release: str | None, retest: str | None, doubt: str | None
) -> tuple[str, str]:
    """The word of a deployment and what it rests on: the most urgent thing that is true of it."""
    if release == "quarantined":
        return "quarantined", "this release is quarantined and still serves"
    if alert is not None and PRIORITY_RANK[alert.priority] <= 1:
        word = "FAIL" if "regression" in alert.rule or "breach" in alert.rule else "risk"
        return word, alert.title
    if hold is not None:
        return hold
    if alert is not None and PRIORITY_RANK[alert.priority] <= 3:
        return "watch", alert.title
    if retest is not None:
        return "retest", retest
    if doubt is not None:
        return "doubt", doubt
    return ("ok", "") if release is not None else ("unknown", "this version is not in the registry")
