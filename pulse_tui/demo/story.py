"""The night without a screen: play it, let policy decide, approve the rollback, report it from what was stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from pulse_tui.demo.night import OPERATOR, Night
from pulse_tui.domain.decision import Decision
from pulse_tui.domain.delivery import Delivery, DeliveryState
from pulse_tui.domain.effect import Did, Response
from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.notice import Withheld
from pulse_tui.domain.views.rollback import PlanStory
from pulse_tui.domain.words import Outcome
from pulse_tui.ports import Transaction
from pulse_tui.process import holder_name
from pulse_tui.services.alerts.deliver import deliver
from pulse_tui.services.desk import ServiceDesk
from pulse_tui.services.rollback.recorded import verified
from pulse_tui.services.signals.refresh import refresh
from pulse_tui.wiring import House


class Row(NamedTuple):
    """A row of the alert matrix: what it is called, the rule that stands for it, the actions it must lead to."""

    name: str
    rule: str
    actions: tuple[str, ...]


MATRIX = (
    Row("benchmark regression", "accuracy-regression", ("block", "notify")),
    Row("safety regression", "jailbreak-regression", ("pause", "review")),
    Row("critical CVE", "critical-cve-exposed", ("ticket", "freeze")),
    Row("vendor note", "vendor-deprecation", ("notify", "retest")),
    Row("latency breach", "latency-breach-canary", ("rollback",)),
    Row("low advisory", "low-cve-unused", ("note",)),
)

Say = Callable[[str], None]


def headless(night: Night, house: House, say: Say) -> bool:
    """Play it all; True only when every row decided and the approved rollback was verified at the target."""
    say(f"PULSE demo: one night at {house.settings.name}, served by {night.url}")
    for act in night.acts:
        night.play(act)
        failed = _round(house)
        say(f"  {act.says}")
        for reason in failed:
            say(f"    source failed: {reason}")
    decided = _matrix(house, say)
    rolled = _rollback(night, house, say)
    _next_window(house, say)
    with house.store.read() as tx:
        log = verified(tx, ())
    say("")
    say(f"AUDIT: {log.lines} lines, chain " + (f"BROKEN: {log.wrong[0]}" if log.wrong else "whole"))
    good = decided and rolled and not log.wrong
    say("RESULT: " + ("the night was handled, the rollback is verified" if good else "NOT verified"))
    return good


def _round(house: House) -> list[str]:
    rounds = [refresh(source, house.judging, holder_name()) for source in house.judging.sources]
    deliver(house.judging, holder_name())
    return [f"{r.source}: {r.message}" for r in rounds if not r.ok]


def _matrix(house: House, say: Say) -> bool:
    """Each row with the stored decision and what its actions did."""
    say("")
    say("WHAT POLICY DECIDED (from the stored decisions)")
    whole = True
    with house.store.read() as tx:
        fired = tx.judgements.decisions(outcome=Outcome.FIRED, limit=1_000)
        for row in MATRIX:
            decisions = [d for d in reversed(fired) if d.rule_id == row.rule]
            say(f"  {row.name}")
            if not decisions:
                say(f"    nothing: rule {row.rule} did not fire")
                whole = False
                continue
            for decision in decisions:
                responses = tx.judgements.responses(decision.id)
                whole &= _decided(decision, responses, row, say, _known(tx, decision))
    with house.store.read() as tx:
        deliveries = tx.plumbing.deliveries()
    say(f"  delivered: {', '.join(_counted(deliveries))}")
    return whole and all(d.state is DeliveryState.SENT for d in deliveries)


def _counted(deliveries: Sequence[Delivery]) -> list[str]:
    """``3 notify to oncall-ml sent`` for each route and state."""
    counts: dict[tuple[str, str, str], int] = {}
    for item in deliveries:
        key = (item.kind, item.route, item.state.value)
        counts[key] = counts.get(key, 0) + 1
    return [f"{n} {kind} to {route} {state}" for (kind, route, state), n in sorted(counts.items())]


def _known(tx: Transaction, decision: Decision) -> bool:
    """Whether those whom it concerns were notified of another alert of the same incident."""
    alert = tx.judgements.open_alerts([decision.fingerprint]).get(decision.fingerprint)
    return alert is not None and any(n.reason is Withheld.INCIDENT for n in tx.notices.of(alert.id))


def _decided(decision: Decision, responses: Sequence[Response], row: Row, say: Say, known: bool) -> bool:
    say(f"    {decision.priority.value:<4} {decision.title}  (rule {decision.rule_id}, decision {decision.id[:10]})")
    seen = ", ".join(f"{c.text} is true" for c in decision.comparisons if c.held)
    say(f"         because {seen}")
    for response in responses:
        say(f"         {response.action}: {response.what}")
    done = {r.action for r in responses if r.did is not Did.NOTHING or (known and r.action == "notify")}
    missing = [a for a in row.actions if a not in done]
    if missing:
        say(f"         MISSING: {', '.join(missing)}")
    return not missing


def _rollback(night: Night, house: House, say: Say) -> bool:
    """Plan for the alert whose rule proposes a rollback, approve as a named operator, run, and ask the target itself."""
    say("")
    say("THE ROLLBACK")
    with house.store.read() as tx:
        fired = tx.judgements.decisions(outcome=Outcome.FIRED, limit=1_000)
        asked = next((d for d in fired if "rollback" in d.actions and d.acts and d.asset_id and d.environment), None)
        alert = next(iter(tx.judgements.open_alerts([asked.fingerprint]).values()), None) if asked else None
    if asked is None or alert is None or asked.asset_id is None or asked.environment is None:
        say("  no decision asks for one: nothing is rolled back")
        return False
    desk = house.desk(OPERATOR)
    target = f"{asked.asset_id}/{asked.environment.value}"
    before = night.targets.get(target, "nothing")
    try:
        story = _carry_out(desk, asked, alert.id, say)
    except PulseError as error:
        say(f"  refused: {error}")
        return False
    after = night.targets.get(target, "nothing")
    say(f"  the target before: {before}, after: {after}; its own log:")
    for write in night.world.writes:
        say(f"    {write.target}: {write.before} -> {write.after}")
    moved = any((w.target, w.before, w.after) == (target, before, after) for w in night.world.writes)
    return story.state == "verified" and moved and after == story.to_version != before


def _next_window(house: House, say: Say) -> None:
    """A breach does not end by rolling back: the next window that is measured says whether it did."""
    _round(house)
    with house.store.read() as tx:
        fired = tx.judgements.decisions(outcome=Outcome.FIRED, limit=1_000)
        breaches = [d for d in fired if "rollback" in d.actions and d.acts]
        still = tx.judgements.open_alerts({d.fingerprint for d in breaches})
    say(f"  the next window: {len(breaches) - len(still)} of {len(breaches)} breaches ended")


def _carry_out(desk: ServiceDesk, asked: Decision, alert_id: str, say: Say) -> PlanStory:
    assert asked.asset_id is not None
    assert asked.environment is not None
    plan = desk.propose(asked.asset_id, asked.environment.value, alert_id)
    say(f"  plan {plan.hash[:12]}: {plan.headline}")
    for step in plan.steps:
        say(f"    {step.line}")
    for name, ok, blocking, detail in plan.checks:
        say(f"    {'ok  ' if ok else 'NO  ' if blocking else 'note'} {name}: {detail}")
    approved = desk.approve(plan.hash, "p95 breach on the canary, going back to what production serves")
    for vote in approved.votes:
        say(f"  {vote.line}")
    done = desk.execute(plan.hash)
    for line in done.run_lines():
        say(f"  {line}")
    return done
