"""What a phase keeps back is written down where somebody looks for it, and does not stand."""

from __future__ import annotations

import pytest

from pulse_tui.domain.effect import Did
from pulse_tui.domain.notice import NoticeOutcome, Withheld
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import SignalType
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.nouns import CANARY, NOW, evidence, later, signal
from tests.policy.build import load

RULES = """
rules:
  - id: slow
    owner: ml-platform
    review: 2027-05-01
    on: [latency_breach]
    priority: P1
    actions: [freeze, page, ticket, notify]
    all: [service.ratio > 1.15]
"""


def breach(number: int, ratio: float = 1.31) -> Signal:
    proof = evidence(SignalType.LATENCY_BREACH, value=1000.0 * ratio)
    at = later(minutes=number)
    return signal(
        number,
        asset_id="support-bot",
        environment=CANARY,
        fingerprint="p95",
        evidence=proof,
        observed_at=at,
        occurred_at=at,
    )


def under(judge: JudgeParts, phase: str) -> JudgeParts:
    return judge._replace(policy=load(f"{RULES}phase: {phase}\n"))


def test_in_visibility_nothing_is_frozen_paged_or_ticketed_and_the_decision_names_the_phase(judge: JudgeParts) -> None:
    ingest([breach(1)], [], under(judge, "visibility"), NOW)
    with judge.store.read() as tx:
        (alert,) = tx.judgements.alerts()
        done = {r.action: (r.what, r.did) for r in tx.judgements.responses(alert.decision_id)}
        early = "nothing done: the estate is in phase visibility: "
        assert done["freeze"] == (early + "nothing is frozen", Did.NOTHING)
        assert done["page"] == (early + "nobody is paged", Did.NOTHING)
        assert done["ticket"] == (early + "no ticket is written", Did.NOTHING)
        assert done["notify"] == ("notify to page queued", Did.QUEUED)
        assert tx.judgements.holds() == []
        assert {d.kind for d in tx.plumbing.deliveries()} == {"notify"}
        kept = [n for n in tx.notices.of(alert.id) if n.outcome is NoticeOutcome.WITHHELD]
        assert {n.reason for n in kept} == {Withheld.PHASE}


@pytest.mark.parametrize("phase", ["policy", "automation", "learning"])
def test_from_phase_policy_on_the_release_is_frozen(judge: JudgeParts, phase: str) -> None:
    ingest([breach(1)], [], under(judge, phase), NOW)
    with judge.store.read() as tx:
        assert len(tx.judgements.holds()) == 1


def test_what_was_begun_in_another_phase_is_ended_all_the_same(judge: JudgeParts) -> None:
    ingest([breach(1)], [], under(judge, "policy"), NOW)
    ingest([breach(2, 0.9)], [], under(judge, "visibility"), later(minutes=2))
    with judge.store.read() as tx:
        assert not tx.judgements.holds()
        ticket = [d for d in tx.plumbing.deliveries() if d.kind == "ticket"]
        assert len(ticket) == 2, "the ticket and its last line"
