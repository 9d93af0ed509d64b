"""What speaks against a release that is known good: its own advisories, its own open alerts."""

from __future__ import annotations

from collections.abc import Iterator

from pulse_tui.domain.alert import OPEN
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.words import URGENT, Environment, Priority, SignalType
from pulse_tui.ports import Transaction
from pulse_tui.services.advisories.of_release import Basis, advisories_of
from pulse_tui.services.parts import JudgeParts

FITNESS = frozenset({"advisories", "alerts"})
"""The names of these checks."""
_SHOWN = 3


def fitness(tx: Transaction, parts: JudgeParts, target: Release, environment: Environment) -> Iterator[Check]:
    """The checks of a rollback target that never block: in an emergency it may still be the lesser evil, and says so."""
    yield _advisories(tx, parts, target, environment)
    alerts = [
        a
        for a in tx.judgements.alerts(list(OPEN), 100_000, target.asset_id)
        if a.version == target.version and a.priority in URGENT and not _of_advisory(tx, a.signal_id)
    ]
    told = "; ".join(f"{a.priority.value} {a.title} ({a.id})" for a in alerts[:_SHOWN])
    more = f" and {len(alerts) - _SHOWN} more" if len(alerts) > _SHOWN else ""
    detail = (
        f"{target.version} has open alerts of its own: {told}{more}" if alerts else "no P1 or P2 of its own is open"
    )
    yield Check(name="alerts", ok=not alerts, blocking=False, detail=detail)


def _advisories(tx: Transaction, parts: JudgeParts, target: Release, environment: Environment) -> Check:
    audited = advisories_of(tx, parts, target, environment)
    basis = "" if audited.basis is Basis.OWN else f" (judged by {audited.basis.value})"
    grave = [w for w in audited.weaknesses if w.holds or w.priority in URGENT or w.priority is Priority.UNKNOWN]
    if grave:
        more = f" and {len(grave) - _SHOWN} more" if len(grave) > _SHOWN else ""
        detail = "; ".join(map(str, grave[:_SHOWN])) + more
    elif not audited.components or audited.basis is Basis.IN_FORCE:
        detail = f"no bill of {target.version} is known: which advisories reach it is not known"
    else:
        lesser = f", but for {len(audited.weaknesses)} less urgent" if audited.weaknesses else ""
        detail = f"no stored advisory reaches {target.version}{lesser}"
        return Check(name="advisories", ok=True, blocking=False, detail=detail + basis)
    return Check(name="advisories", ok=False, blocking=False, detail=detail + basis)


def _of_advisory(tx: Transaction, signal_id: str) -> bool:
    """Judged by the release's own bill instead."""
    signal = tx.signals.get(signal_id)
    return signal is not None and signal.signal_type is SignalType.CVE
