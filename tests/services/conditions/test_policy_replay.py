"""A proposed policy against the stored history: what it would have done, by what was seen then."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Priority, SignalType
from pulse_tui.policy.judge import Policy, View
from pulse_tui.services.conditions import policy_replay
from pulse_tui.services.conditions.policy_replay import Replay, differing, plain, replay
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
    priority: P2
    actions: [freeze, notify]
    all: [service.ratio > 1.15]
  - id: costly
    owner: ml-platform
    review: 2027-05-01
    on: [cost_change]
    priority: P3
    actions: [notify]
    all: [cost.ratio > 1.3]
rollback: {automatic: []}
"""


def policy(*moves: tuple[str, str]) -> Policy:
    text = RULES
    for old, new in moves:
        assert old in text
        text = text.replace(old, new)
    return load(text)


def breach(number: int, ratio: float, at: datetime = NOW, condition: str = "") -> Signal:
    proof = evidence(SignalType.LATENCY_BREACH, value=1000.0 * ratio)
    fields: dict[str, Any] = {"asset_id": "support-bot", "environment": CANARY, "evidence": proof}
    return signal(number, **fields, fingerprint=condition or f"p95-{number}", observed_at=at, occurred_at=at)


@pytest.fixture
def history(judge: JudgeParts) -> JudgeParts:
    """Three breaches of 1.10, 1.20 and (twice) 1.40."""
    parts = judge._replace(policy=policy())
    given = [breach(1, 1.1), breach(2, 1.2), breach(3, 1.4), breach(4, 1.4, later(minutes=1), "p95-3")]
    ingest(given, [], parts, later(minutes=2))
    return parts


def played(parts: JudgeParts, proposed: Policy, **more: Any) -> Replay:
    with parts.store.read() as tx:
        return replay(tx, policy(), proposed, later(days=-30), later(minutes=5), **more)


def test_a_lower_threshold_alerts_newly_and_a_higher_one_no_longer(history: JudgeParts) -> None:
    lower = played(history, policy(("> 1.15", "> 1.05")))
    assert (lower.newly, lower.no_longer, lower.total, lower.signals) == (1, 0, 1, 4)
    assert [(c.rule, c.before.words(), c.after.words()) for c in lower.changed] == [
        ("slow", "does not fire", "P2, holds")
    ]
    higher = played(history, policy(("> 1.15", "> 1.3")))
    assert (higher.newly, higher.no_longer, higher.before.holds, higher.after.holds) == (0, 1, 2, 1)


def test_one_condition_that_is_reported_twice_counts_once(history: JudgeParts) -> None:
    found = played(history, policy(("priority: P2", "priority: P1")))
    assert (found.before.pages, found.after.pages) == (0, 2)
    assert sorted(c.signals for c in found.changed) == [1, 2]


def test_a_phase_a_mode_and_what_rolls_back_by_itself_are_differences_of_what_is_done(history: JudgeParts) -> None:
    calm = played(history, policy(("rollback:", "phase: visibility\nrollback:")))
    assert (calm.before.holds, calm.after.holds, calm.after.alerts) == (2, 0, 2)
    assert played(history, policy(("priority: P2", "priority: P2\n    mode: observe"))).no_longer == 2
    eager = played(history, policy(("automatic: []", "automatic: [{rule: slow, when: service.ratio > 1.3}]")))
    assert (eager.rules, eager.before.rollbacks, eager.after.rollbacks) == (("slow",), 0, 1)


def test_only_rules_that_differ_are_judged_and_only_signals_of_their_types(history: JudgeParts) -> None:
    assert differing(policy(), policy(("> 1.3]", "> 1.5]"))) == ["costly"]
    found = played(history, policy(("> 1.3]", "> 1.5]")))
    assert (found.signals, found.words()) == (0, "over 30 days (0 signals): 0 conditions would newly alert, 0 no longer; "
                                              "pages 0 -> 0; holds 0 -> 0; rollbacks by themselves 0 -> 0")  # fmt: skip
    assert played(history, policy()).words() == "no rule decides otherwise"


def test_a_signal_that_no_rule_was_asked_about_is_judged_by_the_estate_as_it_is_now(judge: JudgeParts) -> None:
    silent = judge._replace(policy=policy(("[latency_breach]", "[error_rate_breach]")))
    ingest([breach(1, 1.4)], [], silent, NOW)
    with judge.store.read() as tx:
        found = replay(tx, silent.policy, policy(), later(days=-1), later(days=1))  # type: ignore[arg-type]
    assert (found.rebuilt, found.newly) == (1, 1)


def test_what_was_undecided_under_the_proposed_policy_alone_is_counted(history: JudgeParts) -> None:
    found = played(history, policy(("> 1.15]", "> 1.15, service.requests > 10]")))
    assert (found.undecided, found.no_longer) == (3, 2), "1.1 decides it without"
    assert "3 facts would leave a rule undecided" in found.words()


def test_when_its_time_is_up_the_last_signals_were_judged_and_the_answer_says_so(
    history: JudgeParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy_replay, "BATCH", 1)
    found = played(history, policy(("> 1.15", "> 1.3")), ends=lambda: True)
    assert (found.signals, found.no_longer) == (1, 0), "the first batch is judged whatever the time"
    assert "1 signal, the last ones: the time was up" in found.words()


def test_the_list_is_bounded_and_has_the_total(history: JudgeParts) -> None:
    found = played(history, policy(("> 1.15", "> 2.0")), listed=1)
    assert (len(found.changed), found.total) == (1, 2)
    assert plain(found)["changed"][0]["before"] == {
        "fires": True, "priority": Priority.P2.value, "holds": True, "rolls_back": False,
    }  # fmt: skip


def test_it_agrees_with_what_was_decided(history: JudgeParts) -> None:
    """The present policy over what was seen decides as it did when the signals came."""
    with history.store.read() as tx:
        stored = {(d.signal_id, d.rule_id): d.outcome for d in tx.judgements.decisions(limit=100)}
        for seen in tx.judgements.seen([s for s, _ in stored]):
            view = View(policy().engine, seen.variables)
            ruling = policy().compiled[0].rule_on(view)
            assert stored[seen.signal_id, "slow"] is ruling.outcome
