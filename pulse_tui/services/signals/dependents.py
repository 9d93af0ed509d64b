"""What an asset depends on changed: a retriever, a plugin, a driver, an asset it is built on, a stage before it.

Each change is a signal that asks for a re-test of what depends on it, and a condition of its own: a run that began before
the second of two changes answers the first alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from pulse_tui.domain.bill import DependencyChange
from pulse_tui.domain.estate import Estate, Workflow
from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.words import Change, ComponentKind, Environment, Recommended, Severity, SignalType
from pulse_tui.enrich.tree import ASSET
from pulse_tui.ports import Transaction

_MOVES = frozenset({Change.DEPLOYMENT, Change.PROMOTION, Change.ROLLBACK})
_LIBRARIES = frozenset({ComponentKind.PACKAGE, ComponentKind.IMAGE})
"""Of these a bill lists hundreds, and their changes come with a release of the asset, which is evaluated anyway."""
_DRIVER = "pkg:generic/"
"""What a driver, firmware or appliance is declared as."""
LISTED = 50
"""Changes that a signal lists."""


def parts_changed(
    asset_id: str,
    origin: str,
    changes: Iterable[DependencyChange],
    source: str,
    at: datetime,
    estate: Estate,
    now: datetime,
) -> list[Signal]:
    """A signal where parts of an asset that decide how it behaves changed; none for libraries alone."""
    asked = [c for c in changes if c.kind not in _LIBRARIES or c.component_id.startswith(_DRIVER)]
    if not asked:
        return []
    words = [c.words() for c in asked]
    more = f" and {len(words) - 2} more" if len(words) > 2 else ""
    kinds = ", ".join(dict.fromkeys(_kind(c) for c in asked[:2]))
    title = f"{kinds} under {asset_id} changed: {', '.join(words[:2])}{more}"
    about = fingerprint("dependent", asset_id, origin, *words)
    return [_signal(asset_id, None, title, about, (origin, now.isoformat()), words, source, at, estate, now)]


def assets_moved(signals: Iterable[Signal], tx: Transaction, estate: Estate, now: datetime) -> list[Signal]:
    """A signal for everything that depends on an asset of which another version serves now."""
    found: list[Signal] = []
    for signal in signals:
        before, after = signal.baseline_version, signal.current_version
        moves = signal.signal_type is SignalType.VERSION_EVENT and signal.change in _MOVES
        if moves and signal.asset_id and signal.environment and before and after and before != after:
            found += asset_moved(
                signal.asset_id, signal.environment, before, after, signal.source, signal.id, tx, estate, now
            )
    return found


def asset_moved(
    asset_id: str,
    environment: Environment,
    before: str,
    after: str,
    source: str,
    event: str,
    tx: Transaction,
    estate: Estate,
    now: datetime,
) -> list[Signal]:
    """A signal for each asset that depends on this one, at any remove: built on it, or a later stage of its workflow.

    What serves in production is what other environments may lean on too; what moves elsewhere concerns only who is there.
    """
    out = []
    places: dict[str, set[Environment]] = {}
    for deployment in estate.deployments:
        places.setdefault(deployment.asset_id, set()).add(deployment.environment)
    for dependent, way in dependents_of(tx, asset_id).items():
        there = places.get(dependent, set())
        if (
            dependent not in estate.assets
            or not there
            or not (environment in there or environment is Environment.PRODUCTION)
        ):
            continue
        where = environment if environment in there else None
        title = f"{asset_id} under {dependent} moved: {before} -> {after} ({way})"
        about = fingerprint("dependent", asset_id, dependent, after)
        words = [f"{asset_id} {before} -> {after}"]
        out.append(_signal(dependent, where, title, about, (event, dependent), words, source, now, estate, now))
    return out


def dependents_of(tx: Transaction, asset_id: str) -> dict[str, str]:
    """Each asset that depends on this one, with the way it does. A cycle ends where it began."""
    workflows = tx.inventory.workflows()
    found: dict[str, str] = {}
    frontier = [asset_id]
    while frontier:
        built = [(a, c.removeprefix(ASSET)) for a, c in tx.dependencies.made_of(ASSET + f for f in frontier)]
        ways = [(outer, f"built on {inner}") for outer, inner in built]
        ways += [
            (later, f"after {stage} in {flow.id}")
            for stage in frontier
            for flow in workflows
            for later in _later(flow, stage)
        ]
        frontier = []
        for outer, way in ways:
            if outer != asset_id and outer not in found:
                found[outer] = way
                frontier.append(outer)
    return found


def _later(flow: Workflow, asset_id: str) -> Iterator[str]:
    """The stages behind the first one that this asset does."""
    names = [stage.asset_id for stage in flow.stages]
    if asset_id in names:
        yield from (name for name in names[names.index(asset_id) + 1 :] if name != asset_id)


def _kind(change: DependencyChange) -> str:
    return "driver" if change.component_id.startswith(_DRIVER) else change.kind.value.replace("_", " ")


def _signal(
    asset_id: str,
    environment: Environment | None,
    title: str,
    about: str,
    event: Sequence[str],
    words: Sequence[str],
    source: str,
    at: datetime,
    estate: Estate,
    now: datetime,
) -> Signal:
    return observed(
        SignalType.DEPENDENCY_CHANGE,
        source=source,
        event=("dependent", asset_id, environment, *event),
        fingerprint=about,
        asset_id=asset_id,
        asset=estate.assets.get(asset_id),
        environment=environment,
        severity=Severity.MEDIUM,
        confidence=0.9,
        recommended=Recommended.RETEST,
        at=at,
        now=now,
        title=title,
        evidence=VersionEvidence(changed=list(words[:LISTED])),
    )
