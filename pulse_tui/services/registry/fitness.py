"""What speaks against a release that is known good: its own advisories, alerts and verdicts."""

from __future__ import annotations

from collections.abc import Iterator

from pulse_tui.domain.alert import OPEN
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.words import URGENT, Environment, Priority, SignalType
from pulse_tui.policy.gate import GateStatus
from pulse_tui.ports import Transaction
from pulse_tui.services.advisories.of_release import Audited, Basis, Weakness, advisories_of
from pulse_tui.services.parts import JudgeParts, SuiteVerdict
from pulse_tui.services.registry.helped import did_not_help

FITNESS = frozenset({"advisories", "alerts", "verdict", "helped before"})
"""The names of these checks."""
_SHOWN = 3
_PASSED = (GateStatus.OK, GateStatus.ACCEPTED)


def fitness(tx: Transaction, parts: JudgeParts, target: Release, environment: Environment) -> Iterator[Check]:
    """The checks of a rollback target that never block: in an emergency it may still be the lesser evil, and says so."""
    audited = advisories_of(tx, parts, target, environment)
    basis = "" if audited.basis is Basis.OWN else f" (judged by {audited.basis.value})"
    grave = _grave(audited)
    known = bool(audited.components) and audited.basis is not Basis.IN_FORCE
    ok = known and not grave and not audited.unaudited and not audited.refused
    if grave:
        detail = _named([f"{w}; waived {w.waiver.words}" if w.waiver is not None else str(w) for w in grave])
    elif known:
        lesser = f", but for {len(audited.weaknesses)} less urgent" if audited.weaknesses else ""
        open_ = len(audited.unaudited)
        unknown = f"; {open_} component{'' if open_ == 1 else 's'} of it not audited" if open_ else ""
        unread = f"; {audited.refused} of its bills' records could not be read" if audited.refused else ""
        detail = f"no stored advisory reaches {target.version}{lesser}{unknown}{unread}"
    else:
        detail = f"no bill of {target.version} is known: which advisories reach it is not known"
    yield Check(name="advisories", ok=ok, blocking=False, detail=detail + basis)
    alerts = _alerts(tx, target)
    detail = (
        f"{target.version} has open alerts of its own: {_named(alerts)}" if alerts else "no P1 or P2 of its own is open"
    )
    yield Check(name="alerts", ok=not alerts, blocking=False, detail=detail)
    for verdict in parts.verdicts(tx, parts, target, environment):
        words = _worded(tx, parts, target, environment, verdict)
        yield Check(name="verdict", ok=verdict.status in _PASSED, blocking=False, detail=words)
    if (before := did_not_help(tx, target.asset_id, environment, target.version)) is not None:
        yield Check(name="helped before", ok=False, blocking=False, detail=str(before))


def faults(tx: Transaction, parts: JudgeParts, target: Release, environment: Environment) -> list[str]:
    """What is known to speak against the target, in words; what is not known is no fault."""
    audited = advisories_of(tx, parts, target, environment)
    grave = (w for w in _grave(audited) if w.waiver is None)
    known = [str(w) for w in grave if w.matched and audited.basis is not Basis.IN_FORCE]
    failed = [
        f"its own verdict: {_worded(tx, parts, target, environment, v)}"
        for v in parts.verdicts(tx, parts, target, environment)
        if v.status is GateStatus.FAILED
    ]
    return [*known, *(f"its own {alert}" for alert in _alerts(tx, target)), *failed]


def _worded(
    tx: Transaction, parts: JudgeParts, target: Release, environment: Environment, verdict: SuiteVerdict
) -> str:
    """With what serves beside it where that passes: a target that is worse than what is left behind says so."""
    words = f"{verdict.gate} {verdict.status.value}: {verdict.detail}"
    if verdict.status is not GateStatus.FAILED:
        return words
    here = tx.estate.deployment(target.asset_id, environment)
    serving = tx.estate.release(target.asset_id, here.version) if here is not None else None
    if serving is None or serving.version == target.version:
        return words
    own = [v.status for v in parts.verdicts(tx, parts, serving, environment) if v.gate == verdict.gate]
    better = bool(own) and all(status in _PASSED for status in own)
    return f"{words}; {serving.version}, which serves, passes it" if better else words


def _grave(audited: Audited) -> list[Weakness]:
    return [w for w in audited.weaknesses if w.holds or w.priority in URGENT or w.priority is Priority.UNKNOWN]


def _alerts(tx: Transaction, target: Release) -> list[str]:
    return [
        f"{a.priority.value} {a.title} ({a.id})"
        for a in tx.judgements.alerts(list(OPEN), 100_000, target.asset_id)
        if a.version == target.version and a.priority in URGENT and not _of_advisory(tx, a.signal_id)
    ]


def _named(words: list[str]) -> str:
    return "; ".join(words[:_SHOWN]) + (f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else "")


def _of_advisory(tx: Transaction, signal_id: str) -> bool:
    """Judged by the release's own bill instead."""
    signal = tx.signals.get(signal_id)
    return signal is not None and signal.signal_type is SignalType.CVE
