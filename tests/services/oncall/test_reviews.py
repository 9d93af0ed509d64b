"""A review has an owner, a day and an end; one that is overdue is an alert of its owner."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pulse_tui.domain.concern import Concern
from pulse_tui.domain.delivery import Retest
from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.evals import Basis, Verdict
from pulse_tui.domain.review_task import ReviewTask
from pulse_tui.domain.scorecard import Scorecard, VendorScore
from pulse_tui.domain.views.board import Review
from pulse_tui.domain.words import Environment, Severity, SignalType
from pulse_tui.services.alerts import operate
from pulse_tui.services.alerts.reviews import collect, finish, rows, take
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.clock import Clock
from tests.fakes.nouns import NOW, evidence, later, signal
from tests.services.said import alerts


def task(judge: JudgeParts, **fields: object) -> ReviewTask:
    made = ReviewTask(
        **{"key": "review-1", "kind": "alert", "what": "look at it", "owner": "safety", "opened_at": NOW, **fields}  # type: ignore[arg-type]
    )
    with judge.store.write() as tx:
        tx.learning.put_review(made)
    return made


def open_(judge: JudgeParts) -> list[str]:
    with judge.store.read() as tx:
        return [r.kind for r in rows(tx, judge.clock())]


def test_a_rule_that_asks_for_a_review_makes_one_and_the_end_of_the_alert_ends_it(judge: JudgeParts) -> None:
    proof = evidence(
        SignalType.SAFETY_REGRESSION,
        metric="jailbreak_success",
        must_pass=True,
        baseline=0.01,
        current=0.05,
        higher_is_better=False,
        verdict=Verdict.FAIL,
        basis=Basis.PAIRED,
    )
    bad = signal(
        1, SignalType.SAFETY_REGRESSION, asset_id="support-bot", environment=Environment.CANARY, evidence=proof
    )
    ingest([bad], [], judge, NOW)
    with judge.store.read() as tx:
        found = tx.learning.reviews()
    assert {t.kind for t in found} == {"alert"}
    assert all(t.owner and t.due_at is not None for t in found)
    operate.resolve(judge, str(found[0].alert_id), "ana", "it was the test data", NOW)
    with judge.store.read() as tx:
        after = tx.learning.review(found[0].key)
    assert after is not None
    assert after.how == "the alert has ended: it was the test data"


def test_what_has_to_be_reviewed_is_collected_once_and_ends_when_it_is_not_asked_any_more(judge: JudgeParts) -> None:
    rules = [Review("slow", "sre", later(days=-1).date())]
    with judge.store.write() as tx:
        concern = Concern(
            asset_id="support-bot", key="break-glass:run-1", what="ana alone approved run-1", todo="review it", source="x",
            severity=Severity.HIGH, since=NOW, environment=Environment.PRODUCTION,
        )  # fmt: skip
        tx.inventory.put_concern(concern)
        tx.judgements.put_retest(Retest(key="t", asset_id="support-bot", owner="ml-support", why="a note", due_at=NOW))
    collect(judge, rules, None)
    collect(judge, rules, None)
    assert sorted(open_(judge)) == ["retest", "rule", "run"]
    with judge.store.write() as tx:
        tx.inventory.drop_concern("support-bot", "break-glass:run-1")
        tx.judgements.finish_retest("t", NOW)
    collect(judge, [Review("slow", "sre", later(days=90).date())], None)
    assert open_(judge) == []
    with judge.store.read() as tx:
        assert {r.state for r in rows(tx, NOW, every=True)} == {"done by pulse-tui"}


def test_the_reviews_of_a_policy_that_cannot_be_read_stay(judge: JudgeParts) -> None:
    collect(judge, [Review("slow", "sre", later(days=-1).date())], None)
    collect(judge, [], None)
    assert open_(judge) == ["rule"]


def test_one_that_is_overdue_is_an_alert_of_its_owner_which_ends_with_it(judge: JudgeParts, clock: Clock) -> None:
    task(judge, due_at=later(days=1))
    assert collect(judge, [], None) == 0
    clock.pass_(days=2)
    assert collect(judge, [], None) == 1
    [alert] = alerts(judge)
    assert (alert.rule_id, alert.owner, alert.title) == ("review-overdue", "safety", "review overdue: look at it")
    assert collect(judge, [], None) == 1
    assert len(alerts(judge)) == 1
    finish(judge, "review-1", "ben", "nothing was wrong", clock())
    assert not [a for a in alerts(judge) if a.open]


def test_somebody_takes_it_and_nobody_else_does_then(judge: JudgeParts) -> None:
    task(judge)
    assert take(judge, "revi", "ana", NOW) == "review review-1 is with ana: look at it"
    with pytest.raises(Refused, match="ana works on review review-1"):
        take(judge, "review-1", "ben", NOW)
    finish(judge, "review-1", "ben", "found nothing", NOW)
    with pytest.raises(Refused, match="done already"):
        finish(judge, "review-1", "ben", "again", NOW)
    with judge.store.read() as tx:
        logged = [(e.actor, e.action) for e in tx.log.entries(subject="review-1")]
    assert logged == [("ana", "review.taken"), ("ben", "review.done")]


def test_one_that_ends_by_what_it_asks_for_does_not_end_by_a_word(judge: JudgeParts) -> None:
    task(judge, kind="rule")
    with pytest.raises(Refused, match="does not end by a word"):
        finish(judge, "review-1", "ana", "fine", NOW)
    with pytest.raises(NotFound, match="there is no review 'x'"):
        finish(judge, "x", "ana", "fine", NOW)


def test_a_new_line_against_a_vendor_in_use_is_a_review_and_what_stood_before_is_none(judge: JudgeParts) -> None:
    def card(*concerns: str) -> Scorecard:
        score = VendorScore(
            "openai", ("support-bot",), ("news",), 1, (), 0, 0, (), 0, 0, 0, 0, True, 0, 0, (), concerns=concerns
        )
        return Scorecard(0, 1, (score,))

    collect(judge, [], card("short notice"))
    assert open_(judge) == []
    collect(judge, [], card("short notice", "2 silent changes"))
    assert open_(judge) == ["vendor"]
    with judge.store.read() as tx:
        [row] = rows(tx, judge.clock())
    assert row.what == "the scorecard of openai changed: 2 silent changes; used by support-bot"
    finish(judge, row.key, "ana", "we move away", judge.clock() + timedelta(hours=1))
    collect(judge, [], card("short notice", "2 silent changes"))
    assert open_(judge) == []
