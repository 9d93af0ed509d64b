"""What a house says after runs came in: alerts, holds, retests, verdicts, and the gate's word."""

from __future__ import annotations

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.evals import Basis, Verdict
from pulse_tui.domain.hold import HoldKind
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Environment, SignalType
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.promotion.gate import Reason
from tests.fakes.house import gate


def alerts(judge: JudgeParts) -> list[Alert]:
    """Every alert, newest first."""
    with judge.store.read() as tx:
        return tx.judgements.alerts()


def standing(judge: JudgeParts) -> list[str]:
    """The rules of the alerts that are open."""
    return sorted(a.rule_id for a in alerts(judge) if a.open)


def holds(judge: JudgeParts) -> list[tuple[HoldKind, str | None]]:
    """(kind, version) of what holds."""
    with judge.store.read() as tx:
        return [(h.kind, h.version) for h in tx.judgements.holds()]


def retests(judge: JudgeParts) -> int:
    """How many are open."""
    with judge.store.read() as tx:
        return len(tx.judgements.retests())


def told(judge: JudgeParts, kind: SignalType) -> list[Signal]:
    """Signals of a type, newest first."""
    with judge.store.read() as tx:
        return [s for s in tx.signals.recent(500) if s.signal_type is kind]


def verdicts(judge: JudgeParts, run: str) -> list[tuple[str, str, Verdict, Basis]]:
    """(task, slice, verdict, basis) of each line of a run."""
    with judge.store.read() as tx:
        found = tx.evals.comparison(run)
    return [(v.task, v.slice, v.verdict, v.basis) for v in found.verdicts] if found else []


def asked(
    judge: JudgeParts,
    version: str = "3.8.2",
    name: str = "functional",
    environment: Environment = Environment.PRODUCTION,
) -> Reason:
    """One reason of the gate of support-bot."""
    (reason,) = [r for r in gate(judge, "support-bot", version, environment).reasons if r.name == name]
    return reason
