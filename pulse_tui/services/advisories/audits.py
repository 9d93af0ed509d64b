"""What of an asset's components no stored advisory can judge: neither matched nor clean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pulse_tui.domain.advisory import Audit, Finding
from pulse_tui.domain.estate import Component
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.advisories.matching import not_audited
from pulse_tui.enrich.lookups import component_key
from pulse_tui.ports import Transaction


class Unaudited(NamedTuple):
    """A component that is not audited, and why."""

    component: Component
    reason: str
    own: bool = True
    """False: the whole ecosystem is not audited, for want of any advisory."""


def unaudited(tx: Transaction, components: Iterable[Component], findings: Iterable[Finding]) -> list[Unaudited]:
    """Those of the components that are packages and not audited, by label.

    No advisory can name them, none of their ecosystem is stored, or one names them and cannot be compared: as
    ``findings`` says.
    """
    doubtful = {f.component_id or f.component: f for f in findings if f.audit is Audit.NOT_AUDITED}
    packages = {(c.id, c.version): c for c in components if c.kind is ComponentKind.PACKAGE}
    keys = {place: component_key(c) for place, c in packages.items()}
    covered = tx.advisories.covered({key[0] for key in keys.values() if key is not None})
    out = []
    for place, component in packages.items():
        key = keys[place]
        reason, own = not_audited(component), True
        if key is not None and key[0] not in covered:
            own, reason = False, f"no advisory of {component.ecosystem or key[0]} is stored"
        elif key is not None and component.id in doubtful and doubtful[component.id].component == component.label:
            finding = doubtful[component.id]
            reason = f"{finding.advisory_id}: {finding.reason}"
        if reason:
            out.append(Unaudited(component, reason, own))
    return sorted(out, key=lambda u: (u.component.label, u.component.id))
