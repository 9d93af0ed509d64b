"""A run of a suite opened: the three questions, the gate table worst first, and which items flipped."""

from __future__ import annotations

import pytest

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.evals import EvalRun, Gate, SuiteRun, SuiteRunState, Task
from pulse_tui.domain.release import Lineage
from pulse_tui.domain.views.evals import BenchStory
from pulse_tui.services.evals.baselines import accept_risk, pin_baseline
from pulse_tui.services.evals.story import bench_story
from pulse_tui.services.parts import JudgeParts
from tests.fakes.clock import Clock
from tests.fakes.nouns import CANARY, PRODUCTION, changed, deployment, later, release
from tests.fakes.runs import (
    GOLDEN,
    names,
    run_of_sheets,
    run_with_items,
    sheet,
    suited,
    take,
)

(QA,) = GOLDEN.tasks


@pytest.fixture
def suite(judge: JudgeParts, clock: Clock) -> JudgeParts:
    """3.8.1 is the baseline with 914 of 1,000 right; 3.8.2 is in canary and has another prompt."""
    known = suited(judge, GOLDEN)
    with known.store.write() as tx:
        tx.estate.add_release(release("3.9.0", lineage=Lineage(prompt_template="refund-v9")))
        tx.estate.add_release(release("3.8.9", lineage=Lineage(prompt_template="refund-v8")))
    take(known, run_with_items("r1", "3.8.1", 0.914))
    clock.pass_(hours=1)
    return known


def opened(judge: JudgeParts, share: float, version: str = "3.8.2", ident: str = "r2") -> BenchStory:
    """The story of a run with this share of right answers."""
    take(judge, run_with_items(ident, version, share, at=judge.clock()))
    return bench_story(judge, "support-bot", "golden", ident)


# --------------------------------------------------------------------------- the three questions


def test_a_loss_says_what_fell_by_how_much_and_where_to_go_back_to(suite: JudgeParts) -> None:
    story = opened(suite, 0.862)
    assert (story.verdict, story.version, story.baseline_version, story.baseline_run) == (
        "FAIL",
        "3.8.2",
        "3.8.1",
        "r1",
    )
    assert story.changed == (
        "3.8.1 -> 3.8.2: the same lineage, as far as recorded",
        "support-bot 3.8.2 (iteration 3) was measured on golden 2026-11-23T04:10:00Z (run r2)",
    )
    assert story.risk == (
        "qa accuracy 0.914 -> 0.862: -5.2 pp [-6.5, -4.1], margin 2.0 pp: FAIL (1000 items, tango score)",
        "customer-facing · internal exposure · serves in canary (12 % of traffic)",
    )
    with suite.store.read() as tx:
        (alert,) = tx.judgements.alerts(asset_id="support-bot")
        signal = tx.signals.get(alert.signal_id)
        assert signal is not None
        assert story.todo == suite.advise(tx, suite, alert, signal, suite.clock()).lines, (
            "the words of the alert's page"
        )
    assert story.todo[0].startswith("roll canary back from 3.8.2 to 3.8.1")


def test_a_loss_whose_alert_was_closed_still_says_where_to_go_back_to(suite: JudgeParts) -> None:
    opened(suite, 0.862)
    with suite.store.write() as tx:
        for alert in tx.judgements.alerts(asset_id="support-bot"):
            tx.judgements.put_alert(alert.resolve(suite.clock(), "known"))
    assert bench_story(suite, "support-bot", "golden", "r2").todo == (
        "roll canary back to 3.8.1",
        "do not promote it: the gate is closed until it is fixed and measured again",
    )


def test_what_is_not_decided_says_how_much_more_would_decide_and_who_took_the_risk(suite: JudgeParts) -> None:
    story = opened(suite, 0.895)
    assert story.verdict == "INCONCLUSIVE"
    assert ": INCONCLUSIVE (1000 items, tango score); about " in story.risk[0]
    hold = story.todo[-1]
    assert hold.startswith("measure more (about ")
    assert "until then the gate holds 3.8.2, or somebody accepts the risk" in hold
    accept_risk(suite, "r2", PRODUCTION, Gate.FUNCTIONAL, 7, "ana", "the fix cannot wait")
    accepted = bench_story(suite, "support-bot", "golden")
    assert accepted.todo[-1] == "the risk is accepted until 2026-11-30 by ana"
    assert dict(accepted.facts)["Accepted risk"] == (
        "functional in production until 2026-11-30 by ana: the fix cannot wait"
    )


def test_a_risk_that_expired_is_told_as_such(suite: JudgeParts, clock: Clock) -> None:
    opened(suite, 0.895)
    accept_risk(suite, "r2", PRODUCTION, Gate.FUNCTIONAL, 7, "ana", "the fix cannot wait")
    clock.pass_(days=8)
    story = bench_story(suite, "support-bot", "golden")
    assert not any(line.startswith("the risk is accepted") for line in story.todo)
    assert "(expired)" in dict(story.facts)["Accepted risk"]


def test_a_pass_says_so_and_sends_to_the_gate(suite: JudgeParts) -> None:
    story = opened(suite, 0.914)
    assert story.verdict == "PASS"
    assert story.risk[0] == "none was found: 1 of 1 lines pass, none is proven worse"
    assert story.todo == ("nothing: by golden it may be promoted; the gate has the other checks",)


def test_what_cannot_be_compared_says_what_differs_and_what_to_do(suite: JudgeParts) -> None:
    take(suite, run_of_sheets("r2", "3.8.2", [sheet(0.9, items=names(1_000, "other"))]))
    story = bench_story(suite, "support-bot", "golden")
    assert story.verdict == "refused"
    assert story.changed[0].startswith("it was not compared: qa: the items differ: 1000 only in the baseline")
    assert story.risk[0] == "unknown: numbers of different content cannot be compared"
    assert story.todo == ("run the same items on both, or pin a run of the new content as the baseline",)
    assert story.rows == ()
    assert story.runs[0].detail.startswith("qa: the items differ")


def test_the_baseline_is_compared_with_nothing(suite: JudgeParts) -> None:
    story = bench_story(suite, "support-bot", "golden")
    assert (story.verdict, story.rows) == ("baseline", ())
    assert len(story.changed) == 1
    assert story.risk[0] == "unknown: nothing was compared"
    assert story.todo[0].startswith("nothing: later runs are compared with this one")
    assert dict(story.facts)["Pinned"] == "2026-11-23T03:10:00Z by pulse-tui: first run of the suite"


def test_a_suite_that_is_not_configured_is_the_first_thing_to_do(suite: JudgeParts) -> None:
    take(suite, run_with_items("x1", "3.8.2", 0.9, suite="goldne"))
    story = bench_story(suite, "support-bot", "goldne")
    assert story.verdict == ""
    assert story.todo == ("configure the suite: goldne is not in the configuration, so nothing is judged",)
    assert dict(story.facts)["Suite"] == "goldne is not configured"


def test_a_run_without_a_baseline_asks_for_one(judge: JudgeParts) -> None:
    known = suited(judge, changed(GOLDEN, baselines={"support-bot": "3.8.1"}))
    story = opened(known, 0.9)
    assert story.verdict == ""
    assert story.todo == ("run golden on 3.8.1, or pin this run as the baseline",)


def test_what_is_not_judged_as_the_suite_is_defined_now_waits(suite: JudgeParts) -> None:
    opened(suite, 0.862)
    strict = suited(suite, changed(GOLDEN, tasks=(changed(QA, margin=0.001),)))
    story = bench_story(strict, "support-bot", "golden")
    assert (story.verdict, story.rows) == ("", ())
    assert story.todo == ("wait for the next round: it is not judged by the suite's present definition",)


def test_what_the_releases_are_made_of_is_compared(judge: JudgeParts, suite: JudgeParts) -> None:
    opened(suite, 0.914, "3.8.9")
    pin_baseline(suite, "r2", "ana", "the next line")
    story = opened(suite, 0.914, "3.9.0", "r3")
    assert story.changed[0] == "3.8.9 -> 3.9.0: prompt template refund-v8 -> refund-v9"
    assert story.risk[1].endswith("serves nowhere yet")


def test_a_loss_in_two_places_has_an_answer_for_each(suite: JudgeParts, clock: Clock) -> None:
    with suite.store.write() as tx:
        tx.estate.deploy(deployment("3.8.2", PRODUCTION, since=clock()))
        for version in ("3.8.0", "3.8.1"):
            tx.estate.mark_unhealthy("support-bot", CANARY, version)
    story = opened(suite, 0.8)
    assert story.todo[0].startswith("canary has no release to go back to: fix it forward")
    assert story.todo[2].startswith("roll production back from 3.8.2 to 3.8.1")


def test_what_does_not_exist_names_the_nearest(suite: JudgeParts) -> None:
    with pytest.raises(NotFound, match="did you mean 'golden'"):
        bench_story(suite, "support-bot", "goldne")
    with pytest.raises(NotFound, match="there is no run 'r9' of golden on support-bot"):
        bench_story(suite, "support-bot", "golden", "r9")
    with pytest.raises(NotFound, match="Ingest a result first"):
        bench_story(suite, "nobody", "golden")


# --------------------------------------------------------------------------- the table and what it rests on


def test_rows_are_worst_first_in_the_unit_of_their_metric(judge: JudgeParts) -> None:
    tasks = (
        changed(QA, slices=("edge",)),
        changed(QA, name="style", must_pass=False),
        Task(name="jailbreak", metric="jailbreak_success", gate=Gate.SAFETY, higher_is_better=False),
        Task(name="qa", metric="p95_latency", slo=800.0),
        Task(name="refunds", metric="accuracy"),
    )
    known = suited(judge, changed(GOLDEN, tasks=tasks))

    def of(ident: str, version: str, qa: float, style: float, attacks: float) -> EvalRun:
        edge = {"edge": tuple(range(500))}
        return run_of_sheets(
            ident,
            version,
            [
                sheet(qa, slices=edge, latencies=(500.0,) * 900),
                sheet(style, task="style"),
                sheet(attacks, task="jailbreak", metric="jailbreak_success"),
                sheet(0.9, task="refunds"),
            ],
        )

    take(known, of("r1", "3.8.1", 0.914, 0.9, 0.01), of("r2", "3.8.2", 0.895, 0.8, 0.05))
    story = bench_story(known, "support-bot", "golden")
    rows = [
        (r.verdict, r.must_pass, r.task, r.metric, r.slice, r.unit) for r in story.rows if r.task != "weighted mean"
    ]
    assert rows == [
        ("FAIL", True, "jailbreak", "jailbreak_success", "", "pp"),
        ("FAIL", False, "style", "accuracy", "", "pp"),
        ("INCONCLUSIVE", True, "qa", "accuracy", "", "pp"),
        ("PASS", True, "qa", "accuracy", "edge", "pp"),
        ("PASS", True, "qa", "p95_latency", "", "ms"),
        ("PASS", True, "refunds", "accuracy", "", "pp"),
    ]
    attack = story.rows[0]
    assert attack.delta == pytest.approx(4.0)
    assert (attack.margin, attack.higher_is_better) == (1.0, False)
    assert story.risk[0].startswith("jailbreak jailbreak_success 0.01 -> 0.05: +4.0 pp [")
    assert dict(story.measures)["qa p95 latency"] == "500 ms -> 500 ms  (900 requests)"
    assert "weighted mean score" in dict(story.facts)["Weighted mean"]


def test_more_than_three_losses_are_counted(judge: JudgeParts) -> None:
    known = suited(judge, changed(GOLDEN, tasks=tuple(changed(QA, name=f"t{i}") for i in range(5))))
    for ident, version, share in (("r1", "3.8.1", 0.9), ("r2", "3.8.2", 0.8)):
        take(known, run_of_sheets(ident, version, [sheet(share, task=f"t{i}") for i in range(5)]))
    story = bench_story(known, "support-bot", "golden")
    assert story.risk[3] == "and 3 more lines, see the table"  # the weighted mean is one


def test_every_run_is_listed_newest_first_with_its_word(suite: JudgeParts) -> None:
    opened(suite, 0.895)
    opened(suite, 0.8, ident="r3")
    story = opened(suite, 0.92, ident="r4")
    assert [(r.run, r.verdict) for r in story.runs] == [
        ("r4", "PASS"),
        ("r3", "FAIL"),
        ("r2", "INCONCLUSIVE"),
        ("r1", "baseline"),
    ]
    assert story.runs[0].detail == "qa accuracy 0.92"
    assert [r.iteration for r in story.runs] == [3, 3, 3, 2], "of the release that was measured"


def test_what_it_rests_on_is_told(suite: JudgeParts) -> None:
    frozen = suited(
        suite, changed(GOLDEN, digest="sha256:aa", command=("python", "-m", "evals"), schedule="30 2 * * *")
    )
    with frozen.store.write() as tx:
        tx.evals.put_suite_run(
            SuiteRun(
                id="s1", suite="golden", asset_id="support-bot", version="3.8.2", why="new release",
                state=SuiteRunState.FAILED, started_at=later(hours=2), detail="exit code 3",
            )
        )  # fmt: skip
    facts = dict(bench_story(frozen, "support-bot", "golden").facts)
    assert facts["Suite"] == "golden, 1 tasks, frozen as sha256:aa"
    assert facts["Runs itself"] == "python -m evals, 30 2 * * *"
    assert facts["Own run"] == "2026-11-23T05:10:00Z on 3.8.2, new release: failed exit code 3"
    assert facts["Baseline"] == "3.8.1, run r1, 2026-11-23T03:10:00Z"
