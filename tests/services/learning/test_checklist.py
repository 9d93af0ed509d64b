"""The launch checklist: each line stands on evidence, names what lacks it, and unknown is not in order."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from pulse_tui.domain.delivery import Delivery, DeliveryState
from pulse_tui.domain.oncall import OnCall, Rotation, Schedule, Team
from pulse_tui.domain.views.learning import Checklist, ChecklistLine
from pulse_tui.policy.judge import CompiledRule, Policy
from pulse_tui.policy.phase import Phase
from pulse_tui.services.learning.launch import checklist
from pulse_tui.services.parts import RollbackParts
from pulse_tui.settings.shapes import GovernanceShape, SuiteShape
from tests.fakes.nouns import NOW, later


def line(found: Checklist, ident: str) -> ChecklistLine:
    return next(one for one in found.lines if one.id == ident)


def test_a_bare_estate_fails_line_by_line_and_says_what_lacks_it_and_what_to_do(parts: RollbackParts) -> None:
    found = checklist(parts)
    wrong = {one.id for one in found.lines if one.ok is False}
    assert {"accountable_owner", "suites", "notes", "advisories", "oncall", "drilled"} <= wrong
    assert line(found, "oncall").missing == ("ml-support (no schedule)", "platform (no schedule)")
    assert all(one.todo and one.evidence for one in found.lines)
    assert found.sentence.startswith(f"{sum(one.ok is True for one in found.lines)} of {len(found.lines)} in order")
    assert line(found, "inventory").missing == ("support-bot (no package of it is known)",)


def test_the_accountable_owner_is_a_line_that_only_a_name_puts_in_order(parts: RollbackParts) -> None:
    assert line(checklist(parts), "accountable_owner").mark == "FAIL"
    named = parts._replace(governance=GovernanceShape(accountable_owner="Ana Example", system="support"))
    found = checklist(named)
    assert line(found, "accountable_owner").evidence == "Ana Example answers for support"
    assert (found.owner, found.system) == ("Ana Example", "support")


def test_an_alias_of_a_hosted_model_is_no_immutable_version(parts: RollbackParts) -> None:
    missing = line(checklist(parts), "immutable").missing
    assert "support-bot uses openai/gpt-4.1 (an alias: its vendor moves it)" in missing


def test_a_schedule_with_somebody_on_it_and_a_message_that_arrived_put_their_lines_in_order(
    parts: RollbackParts,
) -> None:
    day = Rotation(members=("ana",), start=later(days=-1), every=timedelta(days=7))
    teams = {name: Team(id=name, schedule="all") for name in ("ml-support", "platform")}
    oncall = OnCall(teams=teams, schedules={"all": Schedule(id="all", rotation=day)})
    parts = parts._replace(judging=parts.judging._replace(oncall=oncall))
    assert line(checklist(parts), "oncall").evidence == "2 of 2 teams (ml-support: ana, platform: ana)"
    before = line(checklist(parts), "routes")
    assert before.ok is False
    with parts.store.write() as tx:
        for route in parts.judging.routes:
            one = Delivery(key=f"k-{route.id}", kind=route.kind, route=route.id, payload={}, created_at=NOW)
            tx.plumbing.enqueue(one)
            tx.plumbing.put_delivery(msgspec.structs.replace(one, state=DeliveryState.SENT))
    assert line(checklist(parts), "routes").ok is True
    parts.clock.pass_(days=31)  # type: ignore[attr-defined]
    assert line(checklist(parts), "routes").ok is False


def test_a_suite_that_is_frozen_and_not_run_by_itself_is_not_enough(parts: RollbackParts) -> None:
    suite = SuiteShape(id="golden", digest="aa", baselines={"support-bot": "3.8.1", "gateway": "1.9.3"})
    parts = parts._replace(judging=parts.judging._replace(suites={"golden": suite}))
    assert line(checklist(parts), "suites").missing == (
        "gateway (nothing runs its suites by itself)", "support-bot (nothing runs its suites by itself)",
    )  # fmt: skip


def test_reviews_stand_in_a_calendar_with_the_overdue_first(parts: RollbackParts) -> None:
    policy = parts.judging.policy
    assert isinstance(policy, Policy)
    late = msgspec.structs.replace(policy.rules[5], review=date(2026, 1, 1))
    rules = (*policy.compiled[:5], CompiledRule(late, (), (), (), {}), *policy.compiled[6:])
    old = parts._replace(judging=parts.judging._replace(policy=Policy(rules, policy.engine, "x")))
    found = checklist(old)
    assert (found.reviews[0].rule, found.reviews[0].overdue) == (late.id, True)
    assert [r.due for r in found.reviews] == sorted(r.due for r in found.reviews)
    assert line(found, "reviews").ok is False


def test_a_policy_that_pages_nobody_yet_has_no_threshold_that_calls(parts: RollbackParts) -> None:
    policy = parts.judging.policy
    assert isinstance(policy, Policy)
    assert line(checklist(parts), "thresholds").ok is True
    early = Policy(policy.compiled, policy.engine, "x", phase=Phase.VISIBILITY)
    seen = line(checklist(parts._replace(judging=parts.judging._replace(policy=early))), "thresholds")
    assert (seen.ok, seen.missing) == (False, ("pages, in phase visibility",))
    held = [CompiledRule(msgspec.structs.replace(c.rule, actions=("block",)), (), (), (), {}) for c in policy.compiled]
    mute = Policy(tuple(held), policy.engine, "x")
    seen = line(checklist(parts._replace(judging=parts.judging._replace(policy=mute))), "thresholds")
    assert "latency_breach" in seen.missing


@pytest.mark.parametrize("ident", ["inventory", "immutable", "suites", "drilled"])
def test_where_nothing_serves_a_line_is_unknown_and_never_in_order(parts: RollbackParts, ident: str) -> None:
    with parts.store.write() as tx:
        for one in list(tx.estate.load().deployments):
            tx.estate.undeploy(one.asset_id, one.environment, NOW)
    assert (line(checklist(parts), ident).ok, line(checklist(parts), ident).mark) == (None, "?")
