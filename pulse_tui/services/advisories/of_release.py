"""What stored advisories mean for a release, by its own bill: whether or not it serves anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec

from pulse_tui.domain.advisory import Audit, Finding
from pulse_tui.domain.bill import ADDED
from pulse_tui.domain.claim import ESTATE
from pulse_tui.domain.decision import Decision
from pulse_tui.domain.estate import GROUP, Component, Dependency, Deployment, Estate
from pulse_tui.domain.evidence import AdvisoryEvidence
from pulse_tui.domain.hold import HoldKind
from pulse_tui.domain.release import Release
from pulse_tui.domain.waiver import Waiver
from pulse_tui.domain.words import ComponentKind, Environment, Outcome, Priority
from pulse_tui.enrich.advisories.matching import audit, condition, match
from pulse_tui.enrich.advisories.waived import excused, exposure_of, names_of, reaching, wider
from pulse_tui.enrich.lookups import component_key, keys_named, keys_of
from pulse_tui.ports import BillHead, Transaction
from pulse_tui.services.advisories.audits import Unaudited, unaudited
from pulse_tui.services.advisories.evidence import signals_of
from pulse_tui.services.advisories.records import touching
from pulse_tui.services.advisories.settled import holding
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.judge import judge
from pulse_tui.services.signals.waived import group_of


class Basis(StrEnum):
    """What the components of a release are taken from."""

    OWN = "its own bill"
    GENERAL = "a bill that is not tied to a release"
    IN_FORCE = "what serves now, because no bill of it is known"
    NONE = "no bill"


class Weakness(NamedTuple):
    """A vulnerability that reaches, or may reach, the release."""

    name: str
    """The CVE when there is one."""
    findings: tuple[Finding, ...]
    """At least one."""
    priority: Priority
    """What policy would say if the release served there."""
    holds: bool
    """Whether policy would freeze or block for it, or page at once."""
    fingerprint: str
    """Of its condition there."""
    waiver: Waiver | None = None
    """Under which all of it stands: it reaches the release all the same."""
    reasons: tuple[str, ...] = ()
    """Why it is so urgent."""
    fixed: tuple[str, ...] = ()
    """The version that all its records call free of it first."""

    @property
    def matched(self) -> bool:
        """False: it could not be audited whether it is reached."""
        return any(f.audit is Audit.MATCHED for f in self.findings)

    def __str__(self) -> str:
        finding = min(self.findings, key=lambda f: f.audit is not Audit.MATCHED)
        fixes = self.fixed or finding.fixed
        fixed = f", fixed in {fixes[0]}" if fixes else ""
        verb = "reaches" if self.matched else "may reach"
        return f"{self.name} {verb} {finding.component} ({self.priority.glyph}{fixed})"

    @property
    def detail(self) -> str:
        """The same with the reasons."""
        return f"{self}: {', '.join(self.reasons)}" if self.reasons else str(self)


class Audited(NamedTuple):
    """The answer for a release, the most urgent weakness first."""

    basis: Basis
    components: int
    weaknesses: tuple[Weakness, ...]
    refused: int = 0
    """Records of its bills that could not be read: what they name is not audited."""

    unkeyed: frozenset[str] = frozenset()
    """Names of packages that no advisory can be matched with: it is not known which package is meant."""
    unaudited: tuple[Unaudited, ...] = ()
    """What of it no stored advisory can judge."""
    software: int = 0
    """Components that advisories could name: packages and images, no models, and nothing that only holds others."""
    settled: tuple[str, ...] = ()
    """What some record calls affected, and an operator settled as fixed: in words."""

    def weakness(self, name: str, tx: Transaction) -> Weakness | None:
        """The vulnerability that this id means, whatever its group is called by now."""
        names = group_of(tx, name).names
        return next((w for w in self.weaknesses if w.name in names), None)

    def reaches(self, name: str, tx: Transaction) -> bool | None:
        """Whether the vulnerability of this name reaches the release; None when nobody can say."""
        if self.basis in (Basis.IN_FORCE, Basis.NONE) or not self.components:
            return None
        found = self.weakness(name, tx)
        if found is not None and found.matched:
            return True
        affected = {a.name.lower() for r in group_of(tx, name).records for a in r.affected}
        unsure = found is not None or self.refused or self.basis is not Basis.OWN or affected & self.unkeyed
        return None if unsure else False


def release_reached(tx: Transaction, release: Release, name: str) -> bool | None:
    """:meth:`Audited.reaches` of one vulnerability alone: a scan raises hundreds of alerts, and each asks it of its own."""
    components, basis = _made_of(tx, release)
    if basis in (Basis.IN_FORCE, Basis.NONE) or not components:
        return None
    records = group_of(tx, name).records
    keys = {key for r in records for a in r.affected for key in keys_named(a.ecosystem, a.name)}
    near = [c for c in components if not keys.isdisjoint(keys_of(c))]
    answers = {audit(r, c).audit for r in records if not r.withdrawn for c in near} - {Audit.CLEAN}
    if Audit.MATCHED in answers:
        return True
    refused = any(b.refused for b in own_bills(tx, release))
    affected = {a.name.lower() for r in records for a in r.affected}
    unsure = answers or refused or basis is not Basis.OWN or affected & _unkeyed(components)
    return None if unsure else False


def _unkeyed(components: Iterable[Component]) -> frozenset[str]:
    packaged = (c for c in components if c.kind is ComponentKind.PACKAGE)
    return frozenset(c.name.lower() for c in packaged if component_key(c) is None)


def advisories_of(tx: Transaction, parts: JudgeParts, release: Release, environment: Environment) -> Audited:
    """Match what the release is made of with every stored advisory, and judge it as if it served there."""
    components, basis = _made_of(tx, release)
    refused = sum(b.refused for b in own_bills(tx, release))
    uses = tuple(Dependency(asset_id=release.asset_id, component=c) for c in components)
    estate = tx.estate.load()
    serving = tx.estate.deployment(release.asset_id, environment)
    there = Deployment(
        asset_id=release.asset_id,
        environment=environment,
        version=release.version,
        since=parts.clock(),
        traffic=serving.traffic if serving is not None else 100.0,
        production_critical=serving is not None and serving.production_critical,
    )
    others = tuple(d for d in estate.deployments if d.asset_id != release.asset_id)
    estate = msgspec.structs.replace(estate, dependencies=uses, deployments=(*others, there))
    packages = {key for c in components for key in keys_of(c)}
    waivers = [w for w in tx.waivers.all(standing=True) if _as_seen(w, release.asset_id, estate)]
    found = []
    groups = touching(tx, packages)
    for name, records in groups.items():
        findings = [f for record in records for f in match(record, estate)]
        if findings:
            signals = signals_of(records, findings, estate, tx, parts.clock())
            judged = judge(signals, estate, parts)
            said = [d for _, decisions in judged for d in decisions]
            reasons = tuple(dict.fromkeys(r for fact, _ in judged for r in fact.variables.get("advisory.reasons", ())))
            mark = condition(name, release.asset_id, environment)
            priority = _priority(said)
            here = [w for w in waivers if w.advisory in names_of(records)]
            excuse = excused(reaching(findings), here, priority, parts.clock()) if here else None
            fixed = next((tuple(s.evidence.fixed) for s in signals if isinstance(s.evidence, AdvisoryEvidence)), ())
            grave = any(map(_holds, said))
            found.append(Weakness(name, tuple(findings), priority, grave, mark, excuse, reasons, fixed))
    found.sort(key=lambda w: (w.priority.rank, not w.matched, w.name))
    unkeyed = _unkeyed(components)
    open_ = unaudited(tx, components, (f for weakness in found for f in weakness.findings), parts.clock())
    software = sum(c.auditable and not c.id.startswith(GROUP) for c in components)
    settled = tuple(dict.fromkeys(_settled(groups, found, estate, tx)))
    return Audited(basis, len(components), tuple(found), refused, unkeyed, tuple(open_), software, settled)


def _settled(names: Iterable[str], found: Sequence[Weakness], estate: Estate, tx: Transaction) -> Iterator[str]:
    """What would be matched, had nobody settled which fix is right."""
    still = {(w.name, f.component) for w in found for f in w.findings}
    for name, group in tx.advisories.groups(tx.settled.of(names)).items():
        records = [r for r in group if not r.withdrawn]
        words = "; ".join(fix.words for fix in holding(name, records, tx).values())
        for finding in (f for r in records for f in match(r, estate)):
            if words and (name, finding.component) not in still:
                yield f"{name} on {finding.component}: {words}"


def _as_seen(waiver: Waiver, asset_id: str, estate: Estate) -> bool:
    """Whether it could excuse the asset as it would be exposed then: one of a canary was placed in view of no production."""
    asset = estate.assets.get(asset_id)
    if waiver.asset_id is None or asset is None:
        return waiver.asset_id is None
    same = waiver.asset_id == asset_id
    return same and not wider(waiver.exposure, exposure_of(asset, estate.deployments, waiver.environment))


def advisory_of_hold(tx: Transaction, decision_id: str | None) -> str | None:
    """The vulnerability that a hold was placed for; None for any other cause."""
    placed = tx.judgements.decision(decision_id) if decision_id else None
    signal = tx.signals.get(placed.signal_id) if placed is not None else None
    evidence = signal.evidence if signal is not None else None
    return evidence.advisory if isinstance(evidence, AdvisoryEvidence) else None


def _priority(said: Sequence[Decision]) -> Priority:
    """The most urgent of what enforced rules decided. Where none fired, one that could not decide makes it unknown."""
    fired = [d.priority for d in said if d.acts]
    if fired:
        return min(fired, key=lambda p: p.rank)
    return Priority.UNKNOWN if any(d.outcome is Outcome.INDETERMINATE for d in said) else Priority.NOTE


def _holds(decision: Decision) -> bool:
    return decision.acts and (decision.priority is Priority.P1 or any(a in set(HoldKind) for a in decision.actions))


def own_bills(tx: Transaction, release: Release) -> list[BillHead]:
    """The bills that are of this release and list all of it: made for its version, or of its content."""
    return [b for b in tx.dependencies.bills(release.asset_id) if not b.partial and _is_of(b, release)]


def _is_of(bill: BillHead, release: Release) -> bool:
    return bill.version == release.version or (bill.digest is not None and bill.digest == release.digest)


def _made_of(tx: Transaction, release: Release) -> tuple[list[Component], Basis]:
    """Its own bills, and of the general ones what its own do not name in another version.

    A package that only the configuration declares gives way to the release's own bill, as it does where that serves.
    """
    every = tx.dependencies.bills(release.asset_id)
    # What scanners found vulnerable counts beside any bill, and is none: it does not say what else there is.
    found = {b.origin for b in every if b.partial and (b.version is None or _is_of(b, release))}
    heads = [b for b in every if not b.partial]
    bills = own_bills(tx, release)
    own = {b.origin for b in bills}
    whole = any(b.components for b in bills) and not any(b.refused for b in bills)
    declared = {b.origin for b in heads if whole and b.source == ESTATE and not b.document.startswith(ADDED)}
    general = {b.origin for b in heads if b.version is None and b.digest in (None, release.digest)} - own
    edges = tx.dependencies.edges(release.asset_id, every=True)
    if own or general:
        mine = dict.fromkeys(e.child for e in edges if e.origin in own)
        named = {component_key(c) or c.id for c in mine}
        rest = dict.fromkeys(
            e.child
            for e in edges
            if e.origin in general
            and (component_key(e.child) or e.child.id) not in named
            and not (e.origin in declared and e.child.kind is ComponentKind.PACKAGE)
        )
        scanned = dict.fromkeys(
            e.child for e in edges if e.origin in found and e.child not in mine.keys() | rest.keys()
        )
        return [*mine, *rest, *scanned], Basis.OWN if own else Basis.GENERAL
    serving = dict.fromkeys((*_in_force(tx, release.asset_id), *(e.child for e in edges if e.origin in found)))
    return list(serving), Basis.IN_FORCE if serving else Basis.NONE


def _in_force(tx: Transaction, asset_id: str) -> Iterator[Component]:
    return (d.component for d in tx.dependencies.using(assets=[asset_id]) if d.asset_id == asset_id)
