"""Whether a candidate reaches the asset that has a symptom, and by what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import NamedTuple

from pulse_tui.domain.evidence import HealthEvidence, SuiteEvidence, VersionEvidence
from pulse_tui.domain.incident import Footing
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Environment, SignalType
from pulse_tui.enrich.alerts.footing import names_of, platforms_of
from pulse_tui.enrich.alerts.kinds import CauseKind
from pulse_tui.enrich.alerts.priors import OURS
from pulse_tui.enrich.alerts.relate import platform_of


class Reach(NamedTuple):
    """How closely a candidate is related to a symptom, 0 to 1, and by what."""

    score: float
    why: str


class World(NamedTuple):
    """What of the estate the ranking looks at."""

    uses: Mapping[str, Set[str]] = {}
    """Hosted models and endpoints that each asset uses, by id, whoever uses one of a candidate's among them."""
    dependents: Mapping[str, Set[str]] = {}
    """Who depends on an asset, at any remove."""
    failing: Set[tuple[str, SignalType]] = frozenset()
    """(asset, kind) of the symptoms that are open anywhere."""
    measured: Set[tuple[str, SignalType]] = frozenset()
    """(asset, kind) of what was measured in the window, well or not."""
    changed: Mapping[tuple[str, ...], Set[str]] = {}
    """Assets by the same change of a dependency, in the window."""

    def exposed(self, signal: Signal, kind: CauseKind) -> set[str]:
        """Assets that have the candidate."""
        if kind in OURS or kind is CauseKind.UPSTREAM:
            return set()
        if kind is CauseKind.DEPENDENCY and isinstance(signal.evidence, VersionEvidence):
            return set(self.changed.get(tuple(signal.evidence.changed), ()))
        names, platforms = names_of(signal), platforms_of(signal)
        if not names and not platforms:
            return set()
        found = {asset for asset, used in self.uses.items() if named_in(names, used)}
        if not found and not names:
            found = {asset for asset, used in self.uses.items() if _on(platforms, used)}
        return found


def reach(signal: Signal, kind: CauseKind, symptom: Footing, world: World) -> Reach | None:
    """How a candidate is related to a symptom; None: not at all, and it is no candidate for it."""
    del world
    if isinstance(signal.evidence, SuiteEvidence):
        same = names_of(signal)[0] in symptom.names
        return Reach(0.95, f"the symptom was measured with the suite {signal.evidence.suite}") if same else None
    if isinstance(signal.evidence, HealthEvidence):
        about = signal.evidence.subject.removeprefix("source ")
        return Reach(0.8, f"the symptom is reported by {about}") if about and about == symptom.source else None
    if kind is CauseKind.UPSTREAM:
        return _upstream(signal, symptom, 0.9)
    if kind in OURS or kind is CauseKind.DEPENDENCY:
        return _ours(signal, symptom)
    return _theirs(signal, kind, symptom)


def _ours(signal: Signal, symptom: Footing) -> Reach | None:
    asset = signal.asset_id
    if asset is None:
        return None
    if asset != symptom.asset_id:
        return _upstream(signal, symptom, 0.85)
    here, there = signal.environment, symptom.environment
    name = asset if here is None else f"{asset} {here.short}"
    if here is None or there is None:
        score, why = 0.92, f"it happened to {name}"
    elif here is there:
        score, why = 1.0, f"it happened to {name}, where it shows"
    elif here is Environment.PRODUCTION:
        score, why = 0.3, f"it happened to {name}, and shows on {there.short}"
    else:
        return None  # what is on the canary alone does not explain production
    measured = signal.signal_type is SignalType.VERSION_EVENT and symptom.version and signal.current_version
    if measured and symptom.version != signal.current_version:
        return Reach(score * 0.5, f"{why}; but {symptom.version} was measured, and this is {signal.current_version}")
    if measured:
        return Reach(min(score * 1.1, 1.0), f"{why}; {symptom.version} is what was measured")
    return Reach(score, why)


def _upstream(signal: Signal, symptom: Footing, near: float) -> Reach | None:
    asset = signal.asset_id
    if asset is None or asset not in symptom.upstream:
        return None
    here, there = signal.environment, symptom.environment
    if here is not None and there is not None and here is not there and here is not Environment.PRODUCTION:
        return None
    return Reach(near if symptom.upstream[0] == asset else near - 0.05, f"{symptom.asset_id} depends on {asset}")


def _theirs(signal: Signal, kind: CauseKind, symptom: Footing) -> Reach | None:
    names, platforms = names_of(signal), platforms_of(signal)
    who = symptom.asset_id or "the asset"
    if used := named_in(names, symptom.uses) or named_in(names, symptom.names):
        return Reach(0.95, f"{who} uses {used}")
    if signal.asset_id is not None and signal.asset_id == symptom.asset_id:
        return Reach(0.92, f"it concerns {who}")
    if signal.asset_id is not None and signal.asset_id in symptom.upstream:
        return Reach(0.8, f"it concerns {signal.asset_id}, which {who} depends on")
    if platform := _on(platforms, symptom.uses):
        if names and kind is not CauseKind.INCIDENT:
            return None  # another model of the same vendor
        return Reach(0.6 if names else 0.8, f"{who} uses {platform}")
    return None


def named_in(names: Iterable[str], used: Iterable[str]) -> str:
    """The first of the names that is one of what is used; a vendor writes a model without its platform."""
    there = {u: u for u in used}
    there |= {u.partition("/")[2]: u for u in used if "/" in u and ":" not in u.partition("/")[0]}
    return next((there[n] for n in names if n and n in there), "")


def _on(platforms: Iterable[str], used: Iterable[str]) -> str:
    there = {platform_of(u) for u in used}
    return next((p for p in platforms if p in there), "")
