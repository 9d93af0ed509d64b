"""Baselines that are moved by an act, what is judged again then, and risks that somebody accepts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.evals import Basis, Gate, Task, Verdict
from pulse_tui.domain.hold import HoldKind
from pulse_tui.domain.words import Environment, SignalType
from pulse_tui.services.desk import ServiceDesk
from pulse_tui.services.evals.baselines import (
    NEWEST,
    accept_risk,
    judge_for_gate,
    pin_baseline,
    rejudge,
    undecided_runs,
)
from pulse_tui.services.parts import JudgeParts, RollbackParts
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.nouns import CANARY, PRODUCTION, changed, deployment, later, release
from tests.fakes.runs import GOLDEN, names, run_of_sheets, run_with_items, sheet, suited, take
from tests.services.said import alerts, asked, holds, standing, told, verdicts

(QA,) = GOLDEN.tasks
FUNCTIONAL = Gate.FUNCTIONAL


@pytest.fixture
def suite(judge: JudgeParts, clock: Clock) -> JudgeParts:
    """3.8.0 has 862 of 1,000 right, 3.8.1 is pinned with 914, 3.8.2 has 870: it failed."""
    known = suited(judge, GOLDEN)
    for ident, version, share in (("r0", "3.8.0", 0.862), ("r1", "3.8.1", 0.914), ("r2", "3.8.2", 0.870)):
        take(known, run_with_items(ident, version, share))
        clock.pass_(hours=1)
    pin_baseline(known, "r1", "ana", "six healthy days")
    clock.pass_(hours=1)
    return known


def log(judge: JudgeParts, action: str) -> list[tuple[str, str, dict[str, str]]]:
    with judge.store.read() as tx:
        return [(e.actor, e.subject, dict(e.detail)) for e in tx.log.entries() if e.action == action]


# --------------------------------------------------------------------------- pinning


def test_a_baseline_is_moved_by_an_act_with_a_reason(suite: JudgeParts) -> None:
    said = pin_baseline(suite, "r0", "ben", "the old\x1b[31m items are back")
    assert said == (
        "pinned by ben: support-bot on golden is compared with 3.8.0, run r0 (was 3.8.1, run r1); 3 runs judged again"
    )
    assert log(suite, "baseline.pinned")[-1] == (
        "ben",
        "support-bot/golden",
        {"run": "r0", "version": "3.8.0", "before": "r1", "why": "the old items are back"},
    )
    with pytest.raises(Refused, match="is the baseline of support-bot on golden already"):
        pin_baseline(suite, "r0", "ben", "again")
    with pytest.raises(WrongUse, match="a reason is missing"):
        pin_baseline(suite, "r1", "ben", " ")
    with pytest.raises(NotFound, match="there is no run 'r9'"):
        pin_baseline(suite, "r9", "ben", "x")


def test_alerts_follow_the_baseline_there_and_back(suite: JudgeParts, clock: Clock) -> None:
    assert (standing(suite), holds(suite)) == (["accuracy-regression"], [(HoldKind.BLOCK, "3.8.2")])
    assert asked(suite).status == "failed"
    for _ in range(2):
        clock.pass_(hours=1)
        pin_baseline(suite, "r0", "ana", "accepted")
        assert (standing(suite), holds(suite), asked(suite).status) == ([], [], "ok")
        clock.pass_(hours=1)
        pin_baseline(suite, "r1", "ana", "not accepted")
        assert (standing(suite), holds(suite)) == (["accuracy-regression"], [(HoldKind.BLOCK, "3.8.2")])
        assert asked(suite).status == "failed"


def test_the_screen_pins_and_the_next_housekeeping_judges(suite: JudgeParts) -> None:
    said = pin_baseline(suite, "r0", "ana", "accepted", judge_now=False)
    assert said.endswith("the others are judged again in a moment")
    assert asked(suite).status == "missing"
    assert rejudge(suite) == 3
    assert asked(suite).status == "ok"


def test_a_run_of_new_content_that_is_pinned_is_no_longer_a_changed_suite(suite: JudgeParts, clock: Clock) -> None:
    with suite.store.write() as tx:
        tx.estate.add_release(release("3.9.0"))
        tx.estate.deploy(deployment("3.9.0", CANARY, since=clock()))
    take(suite, run_of_sheets("n1", "3.9.0", [sheet(0.9, items=names(1_000, "new"))]))
    assert "suite-changed" in standing(suite)
    clock.pass_(hours=1)
    pin_baseline(suite, "n1", "ana", "the suite was renewed")
    assert [(a.environment, a.version) for a in alerts(suite) if a.open and a.rule_id == "suite-changed"] == [
        (PRODUCTION, "3.8.1")
    ], "what serves in production was not measured with the new content"


def test_a_loss_does_not_go_away_by_pinning_it(suite: JudgeParts) -> None:
    pin_baseline(suite, "r2", "ana", "we live with it")
    assert (standing(suite), holds(suite)) == (["accuracy-regression"], [(HoldKind.BLOCK, "3.8.2")])
    take(suite, run_with_items("r3", "3.8.2", 0.871))
    assert (standing(suite), holds(suite)) == ([], [])


def test_a_doubt_about_what_is_pinned_is_over_until_another_is_pinned(suite: JudgeParts, clock: Clock) -> None:
    take(suite, run_with_items("r3", "3.8.2", 0.914))
    take(suite, run_with_items("r4", "3.8.2", 0.895))
    assert standing(suite) == ["undecided"]
    for at_once in (True, False):
        for pinned, rules in (("r4", []), ("r1", ["undecided"])):
            clock.pass_(hours=1)
            pin_baseline(suite, pinned, "ana", "to and fro", judge_now=at_once)
            if pinned == "r1":
                rejudge(suite)
            assert standing(suite) == rules, (pinned, at_once)


# --------------------------------------------------------------------------- judging anew


def test_another_margin_has_every_run_judged_anew_and_alerts_follow(suite: JudgeParts, clock: Clock) -> None:
    wide = suited(suite, changed(GOLDEN, tasks=(changed(QA, margin=0.1),)))
    assert rejudge(wide) == 3, "the baseline itself is one"
    assert (standing(wide), holds(wide), asked(wide).status) == ([], [], "ok")
    clock.pass_(minutes=1)
    assert rejudge(suite) == 3
    assert (standing(suite), asked(suite).status) == (["accuracy-regression"], "failed")
    assert rejudge(suite) == 0


def test_what_the_suite_no_longer_asks_for_is_over(suite: JudgeParts, clock: Clock) -> None:
    narrow = suited(suite, changed(GOLDEN, tasks=(Task(name="refunds", metric="accuracy"),)))
    rejudge(narrow)
    assert (set(standing(narrow)), holds(narrow)) == ({"registry-doubt"}, []), "it asks for what no run has"
    rejudge(suite)
    assert "registry-doubt" not in standing(suite), "the runs have what is asked for again"


def test_only_the_newest_run_of_what_serves_or_is_newer_is_told(suite: JudgeParts, clock: Clock) -> None:
    take(suite, run_with_items("r3", "3.8.2", 0.92))
    clock.pass_(hours=1)
    assert standing(suite) == []
    strict = suited(suite, changed(GOLDEN, tasks=(changed(QA, margin=0.021),)))
    assert rejudge(strict) == 4
    assert verdicts(strict, "r2")[0][2:] == (Verdict.FAIL, Basis.PAIRED)
    assert verdicts(strict, "r0")[0][2:] == (Verdict.FAIL, Basis.PAIRED)
    assert standing(strict) == [], "3.8.0 serves nowhere and r2 has a successor"


def test_two_towers_that_judge_anew_tell_it_once(suite: JudgeParts, clock: Clock) -> None:
    wide = suited(suite, changed(GOLDEN, tasks=(changed(QA, margin=0.025),)))
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: rejudge(wide), range(4))) == 3
    assert len(told(wide, SignalType.BENCHMARK_REGRESSION)) == 2  # by the run, and anew
    assert [a.count for a in alerts(wide) if a.rule_id == "accuracy-regression"] == [2]


def test_nothing_to_do_costs_one_statement_however_many_baselines_are_pinned(
    judge: JudgeParts, store: SqlStore
) -> None:
    known = suited(judge, GOLDEN)
    for n in range(12):
        asset = f"bot-{n}"
        take(known, *(run_with_items(f"{asset}-{i}", "1", 0.9, 20, asset_id=asset) for i in range(3)))
    statements: list[str] = []

    def seen(_c: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    sa.event.listen(store._engine, "before_cursor_execute", seen)
    try:
        assert rejudge(known) == 0
    finally:
        sa.event.remove(store._engine, "before_cursor_execute", seen)
    assert len([s for s in statements if not s.startswith("BEGIN")]) == 1


def test_older_runs_than_the_newest_are_left_as_they_are(suite: JudgeParts) -> None:
    take(suite, *(run_with_items(f"s{i}", "3.8.2", 0.92, 20) for i in range(NEWEST)))
    wide = suited(suite, changed(GOLDEN, tasks=(changed(QA, margin=0.1),)))
    assert rejudge(wide) == NEWEST + 1, "and the baseline, however old it is"
    assert verdicts(wide, "r2")[0][2] is Verdict.FAIL


# --------------------------------------------------------------------------- accepting a risk


@pytest.fixture
def doubtful(suite: JudgeParts) -> JudgeParts:
    """3.8.2 was measured again: nobody can say."""
    take(suite, run_with_items("r3", "3.8.2", 0.895))
    return suite


def accept(judge: JudgeParts, run: str = "r3", days: int = 7, environment: Environment = PRODUCTION) -> str:
    return accept_risk(judge, run, environment, FUNCTIONAL, days, "ana", "the fix \x1b[2Jcannot wait")


def test_an_accepted_risk_lifts_the_hold_there_until_its_day_and_is_told(doubtful: JudgeParts, clock: Clock) -> None:
    until = later(days=7, hours=4)
    assert clock() == later(hours=4)
    assert accept(doubtful) == (
        f"risk accepted by ana until {until:%Y-%m-%d}: support-bot 3.8.2 may go to production"
        " with its functional verdict undecided (run r3)"
    )
    reason = asked(doubtful)
    assert (reason.status, reason.blocking) == ("accepted", False)
    assert reason.detail.endswith(f"; risk accepted by ana until {until:%Y-%m-%d}: the fix cannot wait")
    assert asked(doubtful, environment=CANARY).status == "undecided", "it was accepted for production"
    (entry,) = log(doubtful, "risk.accepted")
    assert entry[:2] == ("ana", "support-bot@3.8.2")
    assert (entry[2]["run"], entry[2]["environment"], entry[2]["why"]) == ("r3", "production", "the fix cannot wait")
    clock.pass_(days=6, hours=23, minutes=59)
    assert asked(doubtful).status == "accepted"
    clock.pass_(minutes=1)
    assert (asked(doubtful).status, asked(doubtful).blocking) == ("undecided", True)
    assert asked(doubtful).detail.endswith(f"; the risk was accepted by ana until {until:%Y-%m-%d}: expired")


def test_a_later_run_is_not_covered(doubtful: JudgeParts, clock: Clock) -> None:
    accept(doubtful)
    clock.pass_(hours=1)
    take(doubtful, run_with_items("r4", "3.8.2", 0.895))
    assert asked(doubtful).status == "undecided"
    assert undecided_runs(doubtful, "support-bot", "3.8.2", FUNCTIONAL) == ["r4"]


def test_a_fail_a_pass_and_a_run_that_was_not_compared_are_no_risk(suite: JudgeParts) -> None:
    with pytest.raises(Refused, match=r"the functional verdict of run r2 is FAIL: a FAIL cannot be accepted"):
        accept(suite, "r2")
    take(suite, run_with_items("r3", "3.8.2", 0.914))
    with pytest.raises(Refused, match=r"is PASS: there is nothing to accept"):
        accept(suite, "r3")
    with pytest.raises(Refused, match=r"the safety verdict of run r3 is nothing"):
        accept_risk(suite, "r3", PRODUCTION, Gate.SAFETY, 7, "ana", "x")
    with pytest.raises(Refused, match=r"verdict of run r1 is nothing: there is nothing to accept"):
        accept(suite, "r1")
    take(suite, run_of_sheets("r4", "3.8.2", [sheet(0.895, items=names(1_000, "other"))]))
    with pytest.raises(Refused, match="was not compared"):
        accept(suite, "r4")
    assert log(suite, "risk.accepted") == []
    with pytest.raises(Refused, match=r"no functional verdict of support-bot 3\.8\.2 is undecided"):
        undecided_runs(suite, "support-bot", "3.8.2", FUNCTIONAL)


def test_a_number_that_is_lacking_is_no_risk_but_a_gap(judge: JudgeParts) -> None:
    known = suited(judge, changed(GOLDEN, tasks=(QA, changed(QA, name="refunds"))))
    take(known, run_with_items("r1", "3.8.1", 0.914), run_with_items("r2", "3.8.2", 0.914))
    with pytest.raises(Refused, match="run r2 has no value for refunds accuracy"):
        accept(known, "r2")


def test_an_accepted_risk_does_not_outlive_the_loss_that_is_proven_later(doubtful: JudgeParts) -> None:
    accept(doubtful)
    strict = suited(doubtful, changed(GOLDEN, tasks=(changed(QA, margin=0.005),)))
    rejudge(strict)
    assert (asked(strict).status, asked(strict).blocking) == ("failed", True)


@pytest.mark.parametrize("days", [0, -1, 91])
def test_a_risk_is_accepted_for_days_and_not_for_good(doubtful: JudgeParts, days: int) -> None:
    with pytest.raises(WrongUse, match=f"a risk cannot be accepted for {days} days"):
        accept(doubtful, days=days)


def test_at_the_desk_only_operators_who_may_decide(doubtful: JudgeParts, parts: RollbackParts) -> None:
    cyd = changed(parts.operators["ana"], name="cyd", environments=(CANARY,))
    whole = parts._replace(judging=doubtful, operators={"ana": parts.operators["ana"], "cyd": cyd})

    def desk(operator: str, *, read_only: bool = False) -> ServiceDesk:
        return ServiceDesk(
            whole, estate_name="x", operator=operator, holder="h", acknowledge_for=60.0, read_only=read_only
        )

    for who, why in (("mallory", "not in the operators' file"), ("cyd", "cyd may not act in production")):
        with pytest.raises(Refused, match=why):
            desk(who).accept_risk("r3", "production", "functional", 7, "now")
    with pytest.raises(Refused, match="not in the operators' file"):
        desk("mallory").pin_baseline("r0", "now")
    watching = desk("ana", read_only=True)
    with pytest.raises(Refused, match="read-only"):
        watching.accept_risk("r3", "canary", "functional", 7, "now")
    with pytest.raises(Refused, match="read-only"):
        watching.pin_baseline("r0", "now")
    with pytest.raises(WrongUse, match="did you mean 'functional'"):
        desk("ana").accept_risk("r3", "canary", "functonal", 7, "now")
    assert desk("cyd").accept_risk("r3", "canary", "functional", 7, "now").startswith("risk accepted by cyd")
    assert desk("ana").pin_baseline("r0", "now").endswith("in a moment")


def test_an_accepted_risk_is_void_when_the_baseline_or_the_question_is_another_one(
    doubtful: JudgeParts, clock: Clock
) -> None:
    accept(doubtful)
    assert asked(doubtful).status == "accepted"
    wider = doubtful._replace(suites={"golden": changed(GOLDEN, tasks=(changed(QA, margin=0.021),))})
    rejudge(wider)
    assert asked(wider).status == "undecided"


def test_an_expired_risk_is_told_with_who_took_it(doubtful: JudgeParts, clock: Clock) -> None:
    accept(doubtful, days=2)
    clock.pass_(days=3)
    assert asked(doubtful).status == "undecided"
    assert "accepted by ana until" in asked(doubtful).detail
    assert "expired" in asked(doubtful).detail


def test_of_two_processes_with_different_configurations_one_judges_anew(suite: JudgeParts) -> None:
    wider = suite._replace(suites={"golden": changed(GOLDEN, tasks=(changed(QA, margin=0.2),))})
    assert rejudge(wider, holder="jump-1:1:1", most=1) == 1
    assert rejudge(suite, holder="jump-2:1:1") == 0
    assert rejudge(wider, holder="jump-1:1:1") == 2
    assert rejudge(wider, holder="jump-1:1:1") == 0


def test_a_run_that_is_older_than_the_newest_is_judged_when_the_gate_asks_about_it(
    suite: JudgeParts, clock: Clock
) -> None:
    for n in range(NEWEST + 1):
        clock.pass_(hours=1)
        take(suite, run_with_items(f"n{n}", "3.9.0", 0.914, at=clock()))
    wider = suite._replace(suites={"golden": changed(GOLDEN, tasks=(changed(QA, margin=0.2),))})
    rejudge(wider)
    assert asked(wider).status == "missing"
    judge_for_gate(wider, "support-bot", "3.8.2")
    assert asked(wider).status == "ok"
