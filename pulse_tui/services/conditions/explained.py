"""What an id means that somebody typed, and what was decided about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.decision import Decision
from pulse_tui.domain.effect import Response
from pulse_tui.domain.incident import Incident
from pulse_tui.domain.signal import Signal
from pulse_tui.policy.explain import explain
from pulse_tui.ports import Transaction

DECISIONS = 100
"""Of one signal: the last ones."""


class Judged(NamedTuple):
    """A decision with what came of it."""

    decision: Decision
    reasons: Sequence[str]
    """Of an advisory's priority."""
    responses: Sequence[Response]
    alert: Alert | None
    """The open one about the condition, of a rule that fired."""

    def lines(self, in_force: str) -> list[str]:
        """As text; ``in_force``: the digest of the policy that judges now."""
        done = [f"{r.action}: {r.what}" for r in self.responses]
        former = "" if self.decision.policy_digest == in_force else "judged by another policy than the one in force now"
        about = f"{self.decision.title} ({self.decision.at:%Y-%m-%d %H:%M})"
        lines = [about, *explain(self.decision, self.reasons), *done]
        lines += [former] if former else []
        return [*lines, *([f"alert {self.alert.id}, {self.alert.state.value}"] if self.alert is not None else [])]


class Meant(NamedTuple):
    """One of these, whichever the id is of."""

    alert: Alert | None = None
    incident: Incident | None = None
    members: Sequence[Alert] = ()
    """Alerts of the incident."""
    signal: Signal | None = None
    decisions: Sequence[Judged] = ()
    """The decision of this id, or those about the signal: the last first."""


def meant(tx: Transaction, name: str) -> Meant | None:
    """An alert, a decision, an incident or a signal by its id, or by a beginning that only one has (in this order); None when
    it is none of them."""
    if (alert := tx.judgements.alert(name)) is not None:
        return Meant(alert=alert)
    if (decision := tx.judgements.decision(name)) is not None:
        return Meant(decisions=[judged(tx, decision)])
    if (incident := tx.incidents.named(name)) is not None:
        members = [tx.judgements.alert(m.alert_id) for m in tx.incidents.members(incident.id)]
        return Meant(incident=incident, members=[m for m in members if m is not None])
    if (signal := tx.signals.named(name)) is not None:
        about = tx.judgements.decisions(signal_id=signal.id, limit=DECISIONS)
        return Meant(signal=signal, decisions=[judged(tx, decision) for decision in about])
    return None


def judged(tx: Transaction, decision: Decision) -> Judged:
    """The decision with what the policy saw and what was done."""
    reasons = tx.judgements.variables(decision.id).get("advisory.reasons", ())
    open_ = tx.judgements.open_alerts([decision.fingerprint]) if decision.acts else {}
    return Judged(decision, reasons, tx.judgements.responses(decision.id), open_.get(decision.fingerprint))
