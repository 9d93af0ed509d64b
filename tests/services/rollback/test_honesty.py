"""What is said is what is so: ways back, comparisons, a no that counts, clocks, secrets."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pulse_tui.domain.errors import Refused, SourceError
from pulse_tui.domain.rollback import PlanState
from pulse_tui.environment import redact, secret
from pulse_tui.services.parts import JudgeParts, RollbackParts
from pulse_tui.services.registry.known_good import rollback_target
from pulse_tui.services.rollback import approve as approvals
from pulse_tui.services.rollback.approve import find
from pulse_tui.services.rollback.execute import execute
from pulse_tui.services.rollback.plan import propose
from pulse_tui.web import Web
from tests.fakes.clock import Clock
from tests.fakes.house import gate
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, changed, deployment, later, release, run_of
from tests.fakes.runs import GOLDEN
from tests.servers.loopback import Loopback, Reply
from tests.services.signals.test_ingest import breach, take


def test_a_pointer_that_was_unhealthy_there_is_passed_over_for_one_that_was_not(judge: JudgeParts) -> None:
    with judge.store.write() as tx:
        for version in ("1", "2"):
            tx.estate.add_release(release(version, "bot"))
        tx.estate.add_release(release("3", "bot", rollback_pointer="2"))
        for day, version in enumerate(("1", "2", "3")):
            tx.estate.deploy(deployment(version, PRODUCTION, asset_id="bot", since=later(days=day - 9)))
            if version == "2":
                tx.estate.mark_unhealthy("bot", PRODUCTION, "2")
        back = rollback_target(tx, "bot", PRODUCTION, "3")
    assert back.release is not None
    assert (back.release.version, back.proof) == ("1", "was healthy here")
    assert back.tried == ("2 is named by the release, but was NOT healthy here",)


def test_a_run_without_a_baseline_to_compare_it_with_is_no_evaluation(judge: JudgeParts) -> None:
    suite = changed(GOLDEN, baselines={"support-bot": "3.8.1"})
    parts = judge._replace(suites={"golden": suite})
    tally = take(parts, run_of("r1", "3.8.2", 0.10))
    assert tally.remarks == ("support-bot 3.8.2 was recorded, not judged: its baseline 3.8.1 has no run of golden",)
    assert "not judged" in tally.sentence()
    answer = gate(parts, "support-bot", "3.8.2", PRODUCTION)
    functional = next(r for r in answer.reasons if r.name == "functional")
    assert not functional.ok
    assert functional.blocking
    assert "was not compared: baseline 3.8.1 has no run" in functional.detail


def test_a_run_of_a_suite_nobody_configured_says_so_and_names_the_nearest(judge: JudgeParts) -> None:
    parts = judge._replace(suites={"golden": GOLDEN})
    told = take(parts, run_of("r1", "3.8.2", 0.10, suite="goldne")).remarks
    assert told == (
        "support-bot 3.8.2 was recorded, not judged: suite 'goldne' is not configured (did you mean 'golden'?)",
    )


def test_a_no_stops_an_approved_plan_also_from_who_said_yes(parts: RollbackParts) -> None:
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="slow")
    assert approvals.approve(parts, plan.hash, "ana", "") is PlanState.APPROVED
    approvals.reject(parts, plan.hash, "ana", "wait")
    with parts.store.read() as tx:
        assert find(tx, plan.hash)[1] is PlanState.REJECTED
    with pytest.raises(Refused):
        execute(parts, plan.hash, "ana", "h:1")


def test_a_record_from_far_ahead_is_refused_and_kept_in_the_quarantine(judge: JudgeParts) -> None:
    ahead = NOW + timedelta(days=400)
    tally = take(judge, breach(1, at=ahead), breach(2))
    assert (tally.signals, tally.rejected) == (1, 1)
    with judge.store.read() as tx:
        ((_, refused),) = tx.signals.quarantined(5)
    assert refused.problem.where == "observed_at"


def test_an_error_page_that_repeats_a_token_does_not_pass_it_on(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setenv("PULSE_TEST_BEARER", "t0k-very-secret")
    with Loopback() as server:
        server.on(
            "GET", "/x", lambda asked: Reply.json({"message": f"bad {asked.headers['authorization']}"}, status=403)
        )
        web = Web(clock=clock, redact=redact)
        with pytest.raises(SourceError) as caught:
            web.get_json(f"{server.url}/x", headers={"Authorization": secret("Bearer ${PULSE_TEST_BEARER}")})
        web.close()
    assert "403" in str(caught.value)
    assert "t0k" not in str(caught.value)
