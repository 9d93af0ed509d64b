"""The gate: every reason by name, what is missing, and what policy makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from pulse_tui.domain.advisory import Advisory, Affected
from pulse_tui.domain.concern import Concern
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.estate import Component
from pulse_tui.domain.release import Interface, Lineage, ReleaseState
from pulse_tui.domain.views.registry import GateMark
from pulse_tui.domain.words import ComponentKind, Environment, Severity
from pulse_tui.policy.gate import GateReason, GateSection, GateWord
from pulse_tui.services.evals.baselines import rejudge
from pulse_tui.services.parts import JudgeParts, RollbackParts
from pulse_tui.services.promotion.decide import approve
from pulse_tui.services.promotion.gate import GateAnswer, Reason, gate, gate_story
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.settings.shapes import SuiteShape
from tests.fakes.bills import bill, package
from tests.fakes.clock import Clock
from tests.fakes.house import rollback
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, asset, changed, deployment, hold, later, release
from tests.fakes.prepared import drill, prepared
from tests.fakes.runs import GOLDEN as ANY_GOLDEN
from tests.fakes.runs import REDTEAM as ANY_REDTEAM
from tests.fakes.runs import jailbreaks, measured_well, run_with_items
from tests.fakes.target import Places

GOLDEN: SuiteShape = changed(ANY_GOLDEN, baselines={"support-bot": "3.8.1"})
REDTEAM: SuiteShape = changed(ANY_REDTEAM, baselines={"support-bot": "3.8.1"})


@pytest.fixture
def undrilled(judge: JudgeParts, target: Places, clock: Clock) -> RollbackParts:
    """A house in which nothing was drilled and nothing pre-authorised."""
    return rollback(judge, target, clock)


@pytest.fixture
def parts(undrilled: RollbackParts) -> RollbackParts:
    """A rollback of production is drilled and pre-authorised."""
    return prepared(undrilled)


def ask(parts: RollbackParts, version: str = "3.8.2", environment: Environment = PRODUCTION) -> GateAnswer:
    return gate(parts, "support-bot", version, environment)


def found(answer: GateAnswer, name: str) -> Reason:
    (reason,) = [r for r in answer.reasons if r.name == name]
    return reason


def suited(parts: RollbackParts, *suites: SuiteShape) -> RollbackParts:
    return parts._replace(judging=parts.judging._replace(suites={s.id: s for s in suites}))


def measured(parts: RollbackParts) -> RollbackParts:
    """3.8.1 and 3.8.2 have a functional and a safety verdict that say PASS."""
    return parts._replace(judging=measured_well(parts.judging, "3.8.1", "3.8.2"))


def take(parts: RollbackParts, *items: Any) -> None:
    ingest(items, [], parts.judging, parts.clock())


def concern(key: str, **fields: Any) -> Concern:
    values: dict[str, Any] = {"asset_id": "support-bot", "key": key, "what": "it is odd", "todo": "look", "source": "x"}
    return Concern(**{**values, "severity": Severity.MEDIUM, "since": NOW, **fields})


def test_every_reason_that_policy_asks_for_is_told_and_what_does_not_exist_is_missing_by_name(
    parts: RollbackParts,
) -> None:
    answer = ask(parts)
    assert [r.name for r in answer.reasons] == [r.value for r in GateReason]
    missing = {r.name for r in answer.reasons if r.status == "missing"}
    assert missing == {"approval", "functional", "safety", "lineage"}
    assert [r.name for r in answer.reasons if r.blocking] == ["functional", "safety"]
    assert ask(measured(parts)).go
    assert answer.policy == parts.judging.policy.digest
    assert all(r.todo for r in answer.reasons if r.name in ("functional", "safety", "lineage"))


def test_production_is_closed_until_a_rollback_is_drilled_and_pre_authorised(undrilled: RollbackParts) -> None:
    bare = measured(undrilled)
    closed = ask(bare)
    assert [(r.name, r.status) for r in closed.reasons if r.blocking] == [
        ("drilled", "missing"),
        ("authorised", "missing"),
    ]
    assert found(closed, "drilled").todo == "Drill it: pulse-tui rollback drill support-bot --env production"
    assert found(closed, "authorised").todo.startswith("pulse-tui rollback authorise support-bot --env production")
    assert ask(bare, environment=CANARY).go
    drill(bare)
    assert [r.name for r in ask(bare).reasons if r.blocking] == ["authorised"]
    prepared(bare)
    opened = ask(bare)
    assert opened.go
    assert "accuracy-regression by" in found(opened, "authorised").detail
    changed_since = bare._replace(operators_digest="another")
    assert "is void: the operators' file changed" in found(ask(changed_since), "authorised").detail


def test_the_first_release_anywhere_has_no_rollback_to_drill_and_is_not_blocked(undrilled: RollbackParts) -> None:
    with undrilled.store.write() as tx:
        tx.estate.put_assets([asset("newborn")])
        tx.estate.add_release(release("1.0", "newborn", state=ReleaseState.EVALUATED))
    answer = gate(undrilled, "newborn", "1.0", PRODUCTION)
    notes = [(r.name, r.blocking) for r in answer.reasons if r.name in ("drilled", "authorised")]
    assert notes == [("drilled", False), ("authorised", False)]
    assert "no other release has served in production" in found(answer, "drilled").detail
    with undrilled.store.write() as tx:
        tx.estate.add_release(release("1.1", "newborn", state=ReleaseState.EVALUATED))
        tx.estate.deploy(deployment("1.0", PRODUCTION, asset_id="newborn"))
    second = gate(undrilled, "newborn", "1.1", PRODUCTION)
    assert {"drilled", "authorised"} <= {r.name for r in second.reasons if r.blocking}


def test_what_policy_turns_off_is_not_shown_and_what_it_makes_blocking_closes(parts: RollbackParts) -> None:
    class Strict:
        """The policy with another gate section."""

        def __init__(self, section: GateSection) -> None:
            self.gate = section

        def __getattr__(self, name: str) -> Any:
            return getattr(parts.judging.policy, name)

    section = GateSection(production={GateReason.BILL: GateWord.OFF, GateReason.DRILLED: GateWord.BLOCKING})
    strict: Any = Strict(section)
    other = (changed(parts.playbooks[0], digest="e" * 64),)
    answer = ask(parts._replace(judging=parts.judging._replace(policy=strict), playbooks=other))
    assert "bill" not in {r.name for r in answer.reasons}
    assert [r.name for r in answer.reasons if r.blocking] == ["drilled"]
    assert not answer.go


def test_a_suite_that_names_the_asset_and_was_not_run_closes_production_and_not_canary(parts: RollbackParts) -> None:
    suite = suited(parts, GOLDEN, REDTEAM)
    take(suite, *(jailbreaks(f"r-{version}", version, 0.01) for version in ("3.8.1", "3.8.2")))
    closed = ask(suite)
    assert [r.name for r in closed.reasons if r.blocking] == ["functional"]
    functional = found(closed, "functional")
    assert (functional.status, functional.blocking) == ("missing", True)
    assert "golden was not run on 3.8.2" in functional.detail
    assert ask(suite, environment=CANARY).go


def test_production_needs_both_kinds_of_verdict_also_when_no_suite_names_the_asset(parts: RollbackParts) -> None:
    others = suited(parts, changed(GOLDEN, baselines={"gateway": "1"}))
    closed = ask(others)
    assert [(r.name, r.status, r.detail) for r in closed.reasons if r.blocking] == [
        ("functional", "missing", "no functional suite names support-bot"),
        ("safety", "missing", "no safety suite names support-bot"),
    ]
    assert found(closed, "safety").todo == "Name support-bot in the baselines of a safety suite and run it"
    assert ask(others, environment=CANARY).go


def test_each_suite_must_have_been_run_and_be_well(parts: RollbackParts) -> None:
    both = suited(parts, GOLDEN, REDTEAM)
    take(both, run_with_items("g1", "3.8.1", 0.91), jailbreaks("r1", "3.8.1", 0.03))
    take(both, run_with_items("g2", "3.8.2", 0.92))
    answer = ask(both)
    assert found(answer, "functional").ok
    assert found(answer, "safety").blocking
    take(both, jailbreaks("r2", "3.8.2", 0.01))
    assert ask(both).go


def test_jailbreaks_that_succeed_more_often_fail_the_safety_verdict(parts: RollbackParts) -> None:
    both = suited(parts, GOLDEN, REDTEAM)
    take(both, *(run_with_items(f"g{i}", v, 0.9) for i, v in enumerate(("3.8.1", "3.8.2"))))
    take(both, jailbreaks("r1", "3.8.1", 0.01), jailbreaks("r2", "3.8.2", 0.05))
    safety = found(ask(both), "safety")
    assert (safety.status, safety.blocking) == ("failed", True)
    assert "jailbreak jailbreak_success 0.01 -> 0.05: +4.0 pp [" in safety.detail


def test_a_run_that_fell_stays_a_failure_when_somebody_lifts_the_hold(parts: RollbackParts) -> None:
    from pulse_tui.services.alerts import operate

    suite = suited(parts, GOLDEN)
    take(suite, run_with_items("g1", "3.8.1", 0.91))
    take(suite, run_with_items("g2", "3.8.2", 0.80))
    with suite.store.read() as tx:
        standing = [h.id for h in tx.judgements.holds("support-bot")]
    for ident in standing:
        operate.lift(suite.store, ident, "ana", "measured by hand", NOW)
    answer = ask(suite)
    assert found(answer, "holds").ok
    functional = found(answer, "functional")
    assert (functional.status, functional.blocking) == ("failed", True)
    assert "qa accuracy 0.91 -> 0.8: -11.0 pp [-12.7, -9.5], margin 2.0 pp: FAIL (1000 items" in functional.detail


def test_worse_within_the_rules_margin_is_no_failure(parts: RollbackParts) -> None:
    suite = suited(parts, GOLDEN)
    take(suite, run_with_items("g1", "3.8.1", 0.91))
    take(suite, run_with_items("g2", "3.8.2", 0.90))
    assert found(ask(suite), "functional").ok


def test_what_nobody_can_say_yet_holds_production_and_says_how_much_more_would_decide(parts: RollbackParts) -> None:
    suite = suited(parts, GOLDEN)
    take(suite, run_with_items("g1", "3.8.1", 0.91), run_with_items("g2", "3.8.2", 0.893))
    functional = found(ask(suite), "functional")
    assert (functional.status, functional.blocking) == ("undecided", True)
    assert "INCONCLUSIVE (1000 items" in functional.detail
    assert "more items would decide" in functional.detail
    assert functional.todo == (
        "Measure more, or accept the risk: pulse-tui release accept-risk support-bot 3.8.2 "
        "--env production --gate functional --days 7 --why REASON"
    )
    assert found(ask(suite, environment=Environment.SHADOW), "functional").blocking is False


def test_a_diagnostic_that_fell_closes_nothing(parts: RollbackParts) -> None:
    (task,) = GOLDEN.tasks
    suite = suited(parts, changed(GOLDEN, tasks=(changed(task, must_pass=False),)))
    take(suite, run_with_items("g1", "3.8.1", 0.91), run_with_items("g2", "3.8.2", 0.80))
    functional = found(ask(suite), "functional")
    assert functional.ok
    assert functional.detail.endswith("only diagnostics, nothing must pass")


def test_an_old_baseline_closes_the_gate_however_well_the_run_is(parts: RollbackParts, clock: Clock) -> None:
    suite = suited(parts, changed(GOLDEN, max_age=7 * 86_400.0))
    take(suite, run_with_items("g1", "3.8.1", 0.91, at=later(days=-6)))
    take(suite, run_with_items("g2", "3.8.2", 0.91))
    assert found(ask(suite), "functional").ok
    clock.pass_(days=2)
    old = found(ask(suite), "functional")
    assert (old.status, old.blocking) == ("failed", True)
    assert old.detail.startswith("the baseline 3.8.1 of golden was run 8 days ago, more than the 7 allowed; run g2")
    assert old.todo == "Run golden on 3.8.1 again and pin that run: pulse-tui suite pin"
    assert found(ask(suite, "3.8.1"), "functional").ok, "the baseline is compared with nothing"


def test_one_failure_of_an_item_that_must_never_fail_closes_the_gate(parts: RollbackParts) -> None:
    (task,) = GOLDEN.tasks
    suite = suited(parts, changed(GOLDEN, tasks=(changed(task, zero_tolerance=("item-00909", "item-00000")),)))
    take(suite, run_with_items("g1", "3.8.1", 0.91), run_with_items("g2", "3.8.2", 0.909))
    functional = found(ask(suite), "functional")
    assert (functional.status, functional.blocking) == ("failed", True)
    assert "qa accuracy in zero tolerance: FAIL, must never fail, but failed: item-00909" in functional.detail
    take(suite, run_with_items("g3", "3.8.2", 0.91))
    assert found(ask(suite), "functional").ok


def test_a_run_that_lacks_a_must_pass_number_closes_the_gate_and_names_it(parts: RollbackParts) -> None:
    (task,) = GOLDEN.tasks
    tasks = (task, changed(task, name="refunds"), changed(task, name="style", must_pass=False))
    suite = suited(parts, changed(GOLDEN, tasks=tasks))
    take(suite, run_with_items("g1", "3.8.1", 0.91), run_with_items("g2", "3.8.2", 0.91))
    for version, side in (("3.8.2", "run g2 of golden"), ("3.8.1", "run g1, the baseline of golden itself,")):
        lacking = found(ask(suite, version), "functional")
        assert (lacking.status, lacking.blocking) == ("failed", True)
        assert lacking.detail == f"{side} has no value for refunds accuracy"


def test_what_was_not_judged_as_the_suite_is_defined_now_is_missing_until_the_next_round(parts: RollbackParts) -> None:
    (task,) = GOLDEN.tasks
    take(suited(parts, GOLDEN), run_with_items("g1", "3.8.1", 0.91), run_with_items("g2", "3.8.2", 0.91))
    stricter = suited(parts, changed(GOLDEN, tasks=(changed(task, margin=0.001),)))
    missing = found(ask(stricter), "functional")
    assert (missing.status, missing.blocking) == ("missing", True)
    assert missing.detail == "run g2 of golden is not judged by the suite's present definition"
    rejudge(stricter.judging)
    assert found(ask(stricter), "functional").status == "undecided"


def test_a_content_that_is_not_what_was_evaluated_closes_the_gate(parts: RollbackParts) -> None:
    suite = suited(parts, GOLDEN)
    with suite.store.write() as tx:
        tx.estate.add_release(release("4", digest="sha256:first"))
    take(suite, run_with_items("g1", "3.8.1", 0.91), run_with_items("g2", "4", 0.92))
    assert "as evaluated by g2" in found(ask(suite, "4"), "digest").detail
    with suite.store.write() as tx:
        tx.inventory.put_concern(concern("digest:4", version="4", what="registry has sha256:other for 4"))
    other = found(ask(suite, "4"), "digest")
    assert (other.status, other.blocking, other.detail) == ("failed", True, "registry has sha256:other for 4")


def test_a_release_without_a_digest_is_told(parts: RollbackParts) -> None:
    with parts.store.write() as tx:
        tx.estate.add_release(release("4", digest=None))
    assert found(ask(parts, "4"), "digest").status == "missing"


@pytest.mark.parametrize(
    ("fields", "closed"),
    [
        ({"key": "dispute:production:version", "environment": PRODUCTION, "version": "3.8.1"}, True),
        ({"key": "dispute:canary:version", "environment": CANARY}, False),
        ({"key": "deleted:3.8.2", "version": "3.8.2"}, True),
        ({"key": "deleted:3.8.0", "version": "3.8.0"}, False),
        ({"key": "no-semver", "severity": Severity.LOW}, False),
    ],
)
def test_a_concern_about_this_release_or_place_closes_production(
    parts: RollbackParts, fields: dict[str, Any], closed: bool
) -> None:
    with parts.store.write() as tx:
        tx.inventory.put_concern(concern(**fields))
    answer = ask(measured(parts))
    assert answer.go is not closed
    if fields.get("severity") is Severity.LOW:
        assert (found(answer, "concerns").status, found(answer, "concerns").blocking) == ("failed", False)


def test_the_first_release_has_nowhere_to_go_back_to_and_may_go_all_the_same(parts: RollbackParts) -> None:
    with parts.store.write() as tx:
        tx.estate.put_assets([asset("newcomer")])
        tx.estate.add_release(release("1", "newcomer"))
    pointer = found(gate(parts, "newcomer", "1", PRODUCTION), "pointer")
    assert (pointer.status, pointer.blocking) == ("missing", False)


def test_a_way_back_that_callers_cannot_use_closes_the_gate(parts: RollbackParts) -> None:
    with parts.store.write() as tx:
        tx.estate.add_release(release("4", interface=Interface(prompt_format="chatml-2", schema="s1", tooling="t")))
        tx.estate.add_release(release("5", interface=Interface(prompt_format="chatml-3", schema="s1", tooling="t")))
        tx.estate.deploy(deployment("4", PRODUCTION, since=later(hours=-1)))
    pointer = found(ask(parts, "5"), "pointer")
    assert (pointer.status, pointer.blocking) == ("failed", True)
    assert "prompt format chatml-2, not chatml-3" in pointer.detail


def test_no_healthy_release_to_go_back_to_closes_the_gate(parts: RollbackParts) -> None:
    with parts.store.write() as tx:
        tx.estate.mark_unhealthy("support-bot", PRODUCTION, "3.8.1")
    pointer = found(ask(parts), "pointer")
    assert (pointer.status, pointer.blocking) == ("failed", True)


def test_lineage_that_the_release_before_stated_is_missed_and_a_name_that_leads_nowhere_fails(
    parts: RollbackParts,
) -> None:
    with parts.store.write() as tx:
        tx.estate.add_release(release("4", lineage=Lineage(base_model="llama-3", retrieval_corpus="gateway@1.9.3")))
        tx.estate.deploy(deployment("4", PRODUCTION, since=later(hours=-1)))
        tx.estate.record_promotion("support-bot", "4", PRODUCTION, by="ci", at=NOW, decision_id=None, why="")
        tx.estate.add_release(release("5", lineage=Lineage(base_model="llama-3")))
        tx.estate.add_release(release("6", lineage=Lineage(retrieval_corpus="gateway@7", base_model="llama@2")))
        tx.estate.add_release(release("7", lineage=Lineage(base_model="support-bot@8")))
        tx.estate.add_release(release("8", lineage=Lineage(base_model="support-bot@7")))
    lost = found(ask(parts, "5"), "lineage")
    assert (lost.status, lost.blocking) == ("missing", False)
    assert "4 has its retrieval corpus recorded, 5 does not" in lost.detail
    unknown = found(ask(parts, "6"), "lineage")
    assert (unknown.status, unknown.blocking) == ("failed", True)
    assert "gateway@7 is not known" in unknown.detail
    assert "llama" not in unknown.detail
    assert "cyclic: support-bot@7 from support-bot@8 from support-bot@7" in found(ask(parts, "7"), "lineage").detail


def test_a_bill_of_another_release_is_none_of_this_one(parts: RollbackParts) -> None:
    with parts.store.write() as tx:
        tx.dependencies.drop_bill("support-bot", "estate", NOW)
        tx.dependencies.put_bill(changed(bill(package("vllm")), version="3.8.1"))
    assert "there is one for 3.8.1" in found(ask(parts), "bill").detail
    with parts.store.write() as tx:
        tx.dependencies.put_bill(changed(bill(package("vllm"), document="b"), digest="sha256:3.8.2", version="x"))
    assert found(ask(parts), "bill").ok


CONDA = Component(id="pkg:conda/pytorch", kind=ComponentKind.PACKAGE, name="pytorch", version="2")
UNNAMED = Component(id="name:torch", kind=ComponentKind.PACKAGE, name="torch", version="2")


def billed(parts: RollbackParts, *components: Component, refused: int = 0) -> Reason:
    with parts.store.write() as tx:
        tx.dependencies.drop_bill("support-bot", "estate", NOW)
        tx.dependencies.put_bill(changed(bill(*components), version="3.8.2", refused=refused))
    return found(ask(parts), "bill")


def test_a_bill_says_how_many_of_its_components_no_advisory_can_judge(parts: RollbackParts) -> None:
    take(
        parts, Advisory(id="X-1", source="osv", modified=NOW, title="x", affected=(Affected("PyPI", "vllm", ("0.1",)),))
    )
    assert "not audited" not in billed(parts, package("vllm")).detail
    said = billed(parts, package("vllm"), CONDA, UNNAMED)
    assert (said.status, "(3 components); 2 components not audited" in said.detail) == ("ok", True)
    npm = Component(id="pkg:npm/x", kind=ComponentKind.PACKAGE, name="x", version="1", ecosystem="npm")
    assert "1 component not audited" in billed(parts, npm).detail  # no advisory of npm is stored


def test_a_bill_that_is_empty_or_could_not_be_read_whole_is_never_ok(parts: RollbackParts) -> None:
    assert (said := billed(parts, package("vllm"), refused=2)).status == "undecided"
    assert "2 records refused: what they name is not audited" in said.detail
    assert billed(parts, refused=1).status == "missing"
    empty = billed(parts)
    assert (empty.status, "an empty bill proves nothing" in empty.detail) == ("missing", True)


def test_what_could_not_be_read_of_a_bill_is_not_free_of_every_advisory(parts: RollbackParts) -> None:
    take(
        parts, Advisory(id="X-1", source="osv", modified=NOW, title="x", affected=(Affected("PyPI", "vllm", ("0.1",)),))
    )
    billed(parts, package("vllm"))
    assert found(ask(parts), "advisories").ok
    billed(parts, package("vllm"), refused=2)
    said = found(ask(parts), "advisories")
    assert (said.status, "2 records of its bills could not be read" in said.detail) == ("missing", True)


def test_without_a_playbook_the_plan_is_missing(parts: RollbackParts) -> None:
    assert found(ask(parts), "plan").ok
    plan = found(ask(parts._replace(playbooks=())), "plan")
    assert (plan.status, plan.blocking) == ("missing", False)


def test_an_unapproved_release_is_told_and_not_held_back(parts: RollbackParts) -> None:
    with parts.store.write() as tx:
        tx.estate.add_release(release("4", state=ReleaseState.EVALUATED))
    approval = found(ask(parts, "4"), "approval")
    assert (approval.status, approval.blocking) == ("missing", False)
    assert "pulse-tui release approve support-bot 4" in approval.todo


def test_who_approved_a_release_is_named_and_an_edited_environment_is_nobody(parts: RollbackParts) -> None:
    with parts.store.write() as tx:
        for version in ("4", "5"):
            tx.estate.add_release(release(version, state=ReleaseState.PROMOTED, provenance={"source": "estate"}))
        tx.estate.record_promotion("support-bot", "5", PRODUCTION, by="estate", at=NOW, decision_id=None, why="edited")
    assert found(ask(parts, "4"), "approval").detail == "4 is promoted, as the configuration states"
    assert found(ask(parts, "5"), "approval").detail == "nobody has approved 5: it was promoted past this gate"
    approve(parts, "support-bot", "5", "ana", "seen")
    assert found(ask(parts, "5"), "approval").detail == "5 is promoted, by ana"


def test_what_is_misspelt_names_the_nearest(parts: RollbackParts) -> None:
    with pytest.raises(NotFound, match="did you mean 'support-bot'"):
        gate(parts, "suport-bot", "3.8.2", PRODUCTION)
    with pytest.raises(NotFound, match=r"did you mean '3\.8\.2'"):
        gate(parts, "support-bot", "3.8.22", PRODUCTION)


def test_the_answer_has_a_digest_that_changes_with_it(parts: RollbackParts) -> None:
    parts = measured(parts)
    before = ask(parts)
    assert before.digest == ask(parts).digest
    assert ask(parts, environment=CANARY).digest != before.digest


def test_the_screen_gets_every_reason_with_what_it_does(parts: RollbackParts) -> None:
    answer = ask(measured(parts))
    story = gate_story(answer)
    assert (story.go, story.word) == (answer.go, "GO")
    assert [line.name for line in story.reasons] == [reason.name for reason in answer.reasons]
    assert {line.mark for line in story.reasons} == {GateMark.OK, GateMark.ADVISORY}
    lineage = next(line for line in story.reasons if line.name == "lineage")
    assert lineage.mark is GateMark.ADVISORY
    assert lineage.text.startswith("missing, advisory: no lineage is recorded")
    closed = gate_story(answer._replace(go=False, reasons=(Reason("holds", "failed", True, "GO is not in sight", "wait"),)))  # fmt: skip
    assert closed.word == "BLOCKED"
    assert closed.reasons[0] == ("holds", GateMark.BLOCKING, "failed, blocking: GO is not in sight -> wait")


def test_each_of_several_holds_is_named_with_its_reason_and_the_command_that_lifts_it(parts: RollbackParts) -> None:
    with parts.store.write() as tx:
        tx.judgements.put_hold(hold("h1", why="the quarter ends"))
        tx.judgements.put_hold(hold("h2", why="an audit runs"))
    todo = gate_story(gate(parts, "support-bot", "3.8.2", PRODUCTION)).todo
    for name, why in (("h1", "the quarter ends"), ("h2", "an audit runs")):
        (line,) = [t for t in todo if f" {name} " in t and t.startswith("block")]
        assert f"({why})" in line
        assert line.endswith(f"pulse-tui freeze {name} --lift --why REASON")


def test_nothing_found_in_what_could_not_be_audited_is_not_ok(parts: RollbackParts) -> None:
    vllm = Advisory(id="X-1", source="osv", modified=NOW, title="x", affected=(Affected("PyPI", "vllm", ("0.1",)),))
    take(parts, vllm)
    billed(parts, package("vllm"), CONDA)
    some = found(ask(parts), "advisories")
    assert (some.status, "(2 components, 1 of them not audited)" in some.detail) == ("missing", True)
    billed(parts, CONDA, UNNAMED)
    none = found(ask(parts), "advisories")
    assert (none.status, "(2 components, 2 of them not audited)" in none.detail) == ("missing", True)
    assert "components unaudited support-bot" in none.todo
