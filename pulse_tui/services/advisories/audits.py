"""What of an asset's components no stored advisory can judge: neither matched nor clean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pulse_tui.domain.advisory import Advisory, Audit, Finding
from pulse_tui.domain.estate import Component
from pulse_tui.domain.words import SOFTWARE
from pulse_tui.enrich.advisories.matching import audit, not_audited
from pulse_tui.enrich.lookups import component_key, keys_named, keys_of
from pulse_tui.ports import Transaction


class Unaudited(NamedTuple):
    """A component that is not audited, and why."""

    component: Component
    reason: str
    own: bool = True
    """False: the whole ecosystem is not audited, for want of any advisory."""


def unaudited(tx: Transaction, components: Iterable[Component], findings: Iterable[Finding]) -> list[Unaudited]:
    """Those of the components that are packages or images and not audited, by label.

    The one answer for an asset, a gate, a file and the pane (whose SQL counts the same). No advisory can name them, none of their ecosystem is stored, or one names them and cannot be compared: as
    ``findings`` says.
    """
    doubtful = {(f.component_id, f.component): f for f in findings if f.audit is Audit.NOT_AUDITED}
    packages = {(c.id, c.version): c for c in components if c.kind in SOFTWARE}
    keys = {place: component_key(c) for place, c in packages.items()}
    covered = tx.advisories.covered({key[0] for key in keys.values() if key is not None})
    out = []
    for place, component in packages.items():
        key = keys[place]
        reason, own = not_audited(component), True
        if key is not None and key[0] not in covered:
            own, reason = False, f"no advisory of {component.ecosystem or key[0]} is stored"
        elif key is not None and (finding := doubtful.get((component.id, component.label))) is not None:
            reason = f"{finding.advisory_id}: {finding.reason}"
        if reason:
            out.append(Unaudited(component, reason, own))
    return sorted(out, key=lambda u: (u.component.label, u.component.id))


class Answer(NamedTuple):
    """What the stored advisories say of a component."""

    component: str
    """Its id."""
    label: str
    audit: Audit
    advisories: tuple[str, ...] = ()
    """Ids of the records that reach it, sorted."""
    reason: str = ""
    fixed: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """The same by the name that people use; the most severe first."""
    unsettled: tuple[str, ...] = ()
    """Ids of the records that name it and could not be judged, sorted."""


def answers(tx: Transaction, components: Iterable[Component]) -> list[Answer]:
    """One answer for each package and image, whether or not it runs anywhere: matched first, then what is not audited."""
    packages = {(c.id, c.version): c for c in components if c.kind in SOFTWARE}
    found: list[Finding] = []
    named: dict[str, Advisory] = {}
    by_key: dict[tuple[str, str], list[Component]] = {}
    for component in packages.values():
        for key in keys_of(component):
            by_key.setdefault(key, []).append(component)
    for advisory in tx.advisories.touching(by_key):
        named[advisory.id] = advisory
        keys = {key for a in advisory.affected for key in keys_named(a.ecosystem, a.name)}
        touched = {(c.id, c.version): c for key in keys for c in by_key.get(key, ())}
        for component in touched.values():
            verdict = audit(advisory, component)
            if verdict.audit is not Audit.CLEAN:
                found.append(verdict.finding(advisory.id, "", component, None))
    by_component: dict[tuple[str | None, str], list[Finding]] = {}
    for one in found:
        by_component.setdefault((one.component_id, one.component), []).append(one)
    open_ = {(u.component.id, u.component.version): u.reason for u in unaudited(tx, packages.values(), found)}
    out = []
    for place, component in packages.items():
        here = by_component.get((component.id, component.label), [])
        matched = [f for f in here if f.audit is Audit.MATCHED]
        unsettled = tuple(sorted({f.advisory_id for f in here if f.audit is Audit.NOT_AUDITED}))
        matched.sort(key=lambda f: (-(named[f.advisory_id].cvss or 0.0), f.advisory_id))
        if matched:
            names = tuple(dict.fromkeys(named[f.advisory_id].name for f in matched))
            fixed = tuple(dict.fromkeys(v for f in matched for v in f.fixed))
            ids, reason = tuple(sorted({f.advisory_id for f in matched})), matched[0].reason
            out.append(Answer(component.id, component.label, Audit.MATCHED, ids, reason, fixed, names, unsettled))
        elif place in open_:
            reason = open_[place]
            out.append(Answer(component.id, component.label, Audit.NOT_AUDITED, reason=reason, unsettled=unsettled))
        else:
            out.append(Answer(component.id, component.label, Audit.CLEAN))
    order = {Audit.MATCHED: 0, Audit.NOT_AUDITED: 1, Audit.CLEAN: 2}
    return sorted(out, key=lambda a: (order[a.audit], a.label, a.component))
