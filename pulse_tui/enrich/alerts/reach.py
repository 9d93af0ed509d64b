"""Whether a candidate reaches the asset that has a symptom, and by what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from functools import lru_cache
from typing import NamedTuple

from pulse_tui.domain.evidence import HealthEvidence, SuiteEvidence, VersionEvidence
from pulse_tui.domain.incident import Footing
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Environment, SignalType
from pulse_tui.enrich.alerts.footing import names_of, platforms_of
from pulse_tui.enrich.alerts.kinds import CauseKind, cause_kind
from pulse_tui.enrich.alerts.priors import OURS
from pulse_tui.enrich.alerts.relate import platform_of


class Reach(NamedTuple):
    """How closely a candidate is related to a symptom, 0 to 1, and by what."""

    score: float
    why: str


class Candidate(NamedTuple):
    """A signal that may be a cause, and what it names: read once, and compared with each symptom of each incident."""

    signal: Signal
    kind: CauseKind
    names: tuple[str, ...]
    platforms: tuple[str, ...]


_BY_ASSET = OURS | {CauseKind.DEPENDENCY, CauseKind.UPSTREAM}


def candidate(signal: Signal) -> Candidate | None:
    """The signal as a cause; None: it can be none."""
    kind = cause_kind(signal)
    return Candidate(signal, kind, names_of(signal), platforms_of(signal)) if kind is not None else None


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

    def exposed(self, one: Candidate) -> set[str]:
        """Assets that have the candidate."""
        signal, kind, names, platforms = one
        if kind in OURS or kind is CauseKind.UPSTREAM:
            return set()
        if kind is CauseKind.DEPENDENCY and isinstance(signal.evidence, VersionEvidence):
            return set(self.changed.get(tuple(signal.evidence.changed), ()))
        if not names and not platforms:
            return set()
        found = {asset for asset, used in self.uses.items() if _named_in(names, _by_name(used))}
        if not found and not names:
            found = {asset for asset, used in self.uses.items() if _first_in(platforms, map(platform_of, used))}
        return found


class Near:
    """Which symptoms a candidate can reach at all: of a storm with twenty of them, most of what happened reaches one or two."""

    def __init__(self, symptoms: Sequence[Footing]) -> None:
        """Their places are those of the sequence."""
        self._all = range(len(symptoms))
        self._of: dict[str | None, list[int]] = {}
        self._named = set[str]()
        for n, symptom in enumerate(symptoms):
            for asset in dict.fromkeys((symptom.asset_id, *symptom.upstream)):
                self._of.setdefault(asset, []).append(n)
            self._named.update(symptom.names, _models(symptom.names), _models(symptom.uses), _platforms(symptom.uses))

    def to(self, one: Candidate) -> Sequence[int]:
        """The places of all that it reaches, perhaps of others too."""
        if one.kind not in _BY_ASSET:
            by_name = not self._named.isdisjoint(one.names) or not self._named.isdisjoint(one.platforms)
            if by_name or isinstance(one.signal.evidence, HealthEvidence):
                return self._all
        return self._of.get(one.signal.asset_id, ())


def reach(one: Candidate, symptom: Footing) -> Reach | None:
    """How a candidate is related to a symptom; None: not at all, and it is no candidate for it."""
    signal, kind = one.signal, one.kind
    if isinstance(signal.evidence, SuiteEvidence):
        same = one.names[0] in symptom.names
        return Reach(0.95, f"the symptom was measured with the suite {signal.evidence.suite}") if same else None
    if isinstance(signal.evidence, HealthEvidence):
        about = signal.evidence.subject.removeprefix("source ")
        return Reach(0.8, f"the symptom is reported by {about}") if about and about == symptom.source else None
    if kind is CauseKind.UPSTREAM:
        return _upstream(signal, symptom, 0.9)
    if kind in _BY_ASSET:
        return _ours(signal, symptom)
    return _theirs(one, symptom)


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


def _theirs(one: Candidate, symptom: Footing) -> Reach | None:
    signal, names = one.signal, one.names
    who = symptom.asset_id or "the asset"
    if names and (used := _named_in(names, _models(symptom.uses)) or _named_in(names, _models(symptom.names))):
        return Reach(0.95, f"{who} uses {used}")
    if signal.asset_id is not None and signal.asset_id == symptom.asset_id:
        return Reach(0.92, f"it concerns {who}")
    if signal.asset_id is not None and signal.asset_id in symptom.upstream:
        return Reach(0.8, f"it concerns {signal.asset_id}, which {who} depends on")
    if platform := _first_in(one.platforms, _platforms(symptom.uses)):
        if names and one.kind is not CauseKind.INCIDENT:
            return None  # another model of the same vendor
        return Reach(0.6 if names else 0.8, f"{who} uses {platform}")
    return None


def _named_in(names: Iterable[str], there: Mapping[str, str]) -> str:
    """The first of the names that is one of what is used."""
    return next((there[n] for n in names if n and n in there), "")


def _by_name(used: Iterable[str]) -> Mapping[str, str]:
    """What is used, by each of its names; a vendor writes a model without its platform."""
    there = {u: u for u in used}
    return there | {u.partition("/")[2]: u for u in there if "/" in u and ":" not in u.partition("/")[0]}


@lru_cache(1_024)
def _models(used: tuple[str, ...]) -> Mapping[str, str]:
    return _by_name(used)


@lru_cache(1_024)
def _platforms(used: tuple[str, ...]) -> Set[str]:
    return frozenset(map(platform_of, used))


def _first_in(platforms: Iterable[str], there: Iterable[str]) -> str:
    known = frozenset(there)
    return next((p for p in platforms if p in known), "")
