"""What a run that came in means: verdicts that open and close alerts, holds, retests; and runs that cannot be compared."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.evals import Basis, EvalRun, Gate, Sheet, Task, Verdict
from pulse_tui.domain.hold import HoldKind
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.words import SignalType
from pulse_tui.services.evals.baselines import rejudge
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import Tally, ingest
from pulse_tui.settings.shapes import SuiteShape
from tests.fakes.clock import Clock
from tests.fakes.nouns import CANARY, PRODUCTION, changed, deployment, release
from tests.fakes.runs import (
    GOLDEN,
    REDTEAM,
    jailbreaks,
    names,
    run_of_sheets,
    run_with_items,
    sheet,
    suited,
    take,
    without_items,
)
from tests.services.said import alerts, asked, holds, retests, standing, told, verdicts

FIRING, RESOLVED = AlertState.FIRING, AlertState.RESOLVED
(QA,) = GOLDEN.tasks


@pytest.fixture
def suite(judge: JudgeParts) -> JudgeParts:
    """3.8.1 is the baseline with 914 of 1,000 right."""
    known = suited(judge, GOLDEN)
    take(known, run_with_items("r1", "3.8.1", 0.914))
    return known


# --------------------------------------------------------------------------- what a verdict does


def test_a_proven_loss_opens_an_alert_blocks_the_version_and_keeps_its_verdict(suite: JudgeParts) -> None:
    assert take(suite, run_with_items("r2", "3.8.2", 0.862)).alerts == 1
    (alert,) = alerts(suite)
    assert (alert.rule_id, alert.environment, alert.version) == ("accuracy-regression", CANARY, "3.8.2")
    assert alert.title == "accuracy -5.2 pp on support-bot canary (qa)"
    assert holds(suite) == [(HoldKind.BLOCK, "3.8.2")]
    assert verdicts(suite, "r2") == [("qa", "", Verdict.FAIL, Basis.PAIRED)]
    assert asked(suite).status == "failed"


def test_what_is_not_decided_asks_for_a_retest_and_holds_the_gate_without_a_block(suite: JudgeParts) -> None:
    take(suite, run_with_items("r2", "3.8.2", 0.895))
    assert standing(suite) == ["undecided"]
    assert (holds(suite), retests(suite)) == ([], 1)
    assert asked(suite).status == "undecided"
    assert "more items would decide" in asked(suite).detail


def test_a_doubt_closes_no_loss_and_a_pass_closes_both(suite: JudgeParts, clock: Clock) -> None:
    take(suite, run_with_items("r2", "3.8.2", 0.862))
    clock.pass_(hours=1)
    take(suite, run_with_items("r3", "3.8.2", 0.895))
    assert standing(suite) == ["accuracy-regression", "undecided"]
    assert holds(suite) == [(HoldKind.BLOCK, "3.8.2")]
    clock.pass_(hours=1)
    take(suite, run_with_items("r4", "3.8.2", 0.91))
    assert (standing(suite), holds(suite)) == ([], [])
    assert asked(suite).status == "ok"


def test_a_doubt_that_is_decided_the_wrong_way_becomes_a_loss(suite: JudgeParts, clock: Clock) -> None:
    take(suite, run_with_items("r2", "3.8.2", 0.895))
    clock.pass_(hours=1)
    take(suite, run_with_items("r3", "3.8.2", 0.862))
    assert standing(suite) == ["accuracy-regression"]


def test_better_than_the_baseline_is_no_news(suite: JudgeParts) -> None:
    take(suite, run_with_items("r2", "3.8.2", 0.95))
    assert told(suite, SignalType.BENCHMARK_REGRESSION) == []
    assert asked(suite).status == "ok"


@pytest.mark.parametrize(("share", "rules"), [(0.05, ["jailbreak-regression"]), (0.02, ["undecided"]), (0.0, [])])
def test_jailbreaks_are_worse_when_they_rise(judge: JudgeParts, share: float, rules: list[str]) -> None:
    known = suited(judge, REDTEAM)
    take(known, jailbreaks("j1", "3.8.1", 0.01), jailbreaks("j2", "3.8.2", share))
    assert standing(known) == rules
    assert holds(known) == ([(HoldKind.PAUSE, None)] if share == 0.05 else [])


def test_the_suite_says_which_way_is_better_whatever_the_file_says(judge: JudgeParts) -> None:
    (task,) = REDTEAM.tasks
    known = suited(judge, changed(REDTEAM, tasks=(changed(task, higher_is_better=False),)))
    for ident, version, share in (("j1", "3.8.1", 0.05), ("j2", "3.8.2", 0.01)):
        take(known, jailbreaks(ident, version, share, higher_is_better=True))
    assert standing(known) == []


def test_a_slice_has_a_verdict_of_its_own(judge: JudgeParts) -> None:
    known = suited(judge, changed(GOLDEN, tasks=(changed(QA, slices=("long context",)),)))
    part = {"long context": tuple(range(850, 914))}
    for ident, version, share in (("r1", "3.8.1", 0.914), ("r2", "3.8.2", 0.910)):
        take(known, run_of_sheets(ident, version, [sheet(share, slices=part)]))
    take(known, run_of_sheets("r3", "3.8.2", [sheet(0.88, slices=part)]))
    assert verdicts(known, "r2")[0] == ("qa", "", Verdict.PASS, Basis.PAIRED)
    assert verdicts(known, "r3")[1] == ("qa", "long context", Verdict.FAIL, Basis.PAIRED)
    assert "accuracy in long context -53.1 pp on support-bot canary (qa)" in [a.title for a in alerts(known)]


def test_sixty_diagnostics_page_nobody_for_the_worst_of_their_noise(judge: JudgeParts) -> None:
    tasks = tuple(Task(name=f"d{i}", metric="accuracy", gate=Gate.DIAGNOSTIC, must_pass=False) for i in range(60))
    known = suited(judge, changed(GOLDEN, tasks=tasks))

    def of(ident: str, version: str, *shares: float) -> EvalRun:
        return run_of_sheets(ident, version, [sheet(s, 200, f"d{i}") for i, s in enumerate(shares)])

    take(known, of("r1", "3.8.1", *[0.9] * 60), of("r2", "3.8.2", *[0.84], *[0.9] * 59))
    assert standing(known) == []
    take(known, of("r3", "3.8.2", *[0.6], *[0.9] * 59))
    assert standing(known) == ["diagnostic-regression"]
    assert holds(known) == []


def test_bare_numbers_block_nothing_and_ask_to_be_measured(judge: JudgeParts) -> None:
    known = suited(judge, GOLDEN)
    for ident, version, share in (("r1", "3.8.1", 0.914), ("r2", "3.8.2", 0.8)):
        bare = without_items(run_with_items(ident, version, share))
        take(known, changed(bare, scores=tuple(changed(s, n=None) for s in bare.scores)))
    assert standing(known) == ["raw-regression"]
    assert (holds(known), retests(known)) == ([], 1)
    assert asked(known).status == "undecided"


def test_what_only_items_tell_is_kept_as_a_number_of_the_run(judge: JudgeParts) -> None:
    tasks = (QA, Task(name="qa", metric="p95_latency", slo=800.0), Task(name="qa", metric="consistency"))
    known = suited(judge, changed(GOLDEN, tasks=tasks))
    rows = ((1.0, 1.0), (1.0, 0.0)) * 50
    made = Sheet(task="qa", items=names(100), scores={"accuracy": rows}, latencies=(500.0,) * 94 + (2_000.0,) * 6)
    take(known, run_of_sheets("r1", "3.8.1", [made]))
    with known.store.read() as tx:
        run = tx.evals.get("r1")
    assert run is not None
    assert {s.metric: s.value for s in run.scores} == {"accuracy": 0.75, "consistency": 0.5, "p95_latency": 2_000.0}


# --------------------------------------------------------------------------- runs that cannot be compared


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ({"suite_digest": "sha256:aaaa"}, {"suite_digest": "sha256:bbbb"}, "aaaa in 3.8.1, bbbb in 3.8.2"),
        ({}, {"items": names(1_000, "other")}, "1000 only in the baseline (item-00000, item-00001, item-00002 and 997"),
        ({"prompts": ("p",) * 1_000}, {"prompts": ("p",) * 999 + ("q",)}, "1 of 1000 items had another prompt"),
    ],
)
def test_numbers_of_another_content_are_refused_with_the_difference(
    judge: JudgeParts, clock: Clock, before: dict[str, Any], after: dict[str, Any], why: str
) -> None:
    def of(ident: str, version: str, share: float, fields: dict[str, Any]) -> EvalRun:
        of_run = {k: v for k, v in fields.items() if k == "suite_digest"}
        of_sheet = {k: v for k, v in fields.items() if k != "suite_digest"}
        return run_of_sheets(ident, version, [sheet(share, **of_sheet)], **of_run)

    known = suited(judge, GOLDEN)
    take(known, of("r1", "3.8.1", 0.914, before), of("r2", "3.8.2", 0.862, before))
    clock.pass_(hours=1)
    tally = take(known, of("r3", "3.8.2", 0.95, after))
    assert tally.remarks[0].startswith("support-bot 3.8.2 was not compared: ")
    assert why in tally.remarks[0]
    (news,) = told(known, SignalType.SUITE_CHANGED)
    assert why in str(news.summary)
    assert standing(known) == ["accuracy-regression", "suite-changed"], "what was measured before stands"
    assert asked(known).status == "failed"
    assert why in asked(known).detail
    clock.pass_(hours=1)
    take(known, of("r4", "3.8.2", 0.914, before))
    assert (standing(known), asked(known).status) == ([], "ok")


def test_what_is_frozen_binds_both_runs(judge: JudgeParts) -> None:
    known = suited(judge, changed(GOLDEN, digest="sha256:cccc"))
    take(known, run_with_items("r1", "3.8.1", 0.914, suite_digest="sha256:aaaa"))
    take(known, run_with_items("r2", "3.8.2", 0.914, suite_digest="sha256:aaaa"))
    assert {(a.rule_id, a.environment) for a in alerts(known)} == {
        ("suite-changed", PRODUCTION),
        ("suite-changed", CANARY),
    }
    assert asked(known).detail.endswith("was of the content aaaa, frozen is cccc")


def test_a_suite_that_is_not_configured_is_recorded_and_the_nearest_is_named(suite: JudgeParts) -> None:
    tally = take(suite, run_with_items("g1", "3.8.2", 0.2, suite="goldne"))
    assert tally.remarks == (
        "support-bot 3.8.2 was recorded, not judged: suite 'goldne' is not configured (did you mean 'golden'?)",
    )
    with suite.store.read() as tx:
        assert tx.evals.has("g1")
        assert tx.evals.baseline("support-bot", "goldne") is None
    assert standing(suite) == []


def test_a_run_before_its_named_baseline_waits_and_is_judged_when_that_comes(judge: JudgeParts) -> None:
    known = suited(judge, changed(GOLDEN, baselines={"support-bot": "3.8.1"}))
    tally = take(known, run_with_items("r2", "3.8.2", 0.862))
    assert tally.remarks[0].endswith("its baseline 3.8.1 has no run of golden")
    assert standing(known) == []
    take(known, run_with_items("r1", "3.8.1", 0.914))
    rejudge(known)
    assert verdicts(known, "r2") == [("qa", "", Verdict.FAIL, Basis.PAIRED)]
    assert standing(known) == ["accuracy-regression"], "it serves in canary"


# --------------------------------------------------------------------------- where it serves


def test_what_was_said_of_a_run_that_served_nowhere_is_over_where_it_serves(suite: JudgeParts, clock: Clock) -> None:
    with suite.store.write() as tx:
        tx.estate.add_release(release("3.9.0"))
    take(suite, run_of_sheets("n1", "3.9.0", [sheet(0.91, items=names(1_000, "other"))]))
    take(suite, run_with_items("n2", "3.9.0", 0.862))
    assert {(a.rule_id, a.environment, a.state) for a in alerts(suite)} == {
        ("accuracy-regression", None, FIRING),
        ("suite-changed", None, RESOLVED),
    }
    clock.pass_(hours=1)
    take(suite, run_of_sheets("n3", "3.9.0", [sheet(0.91, items=names(1_000, "other"))]))
    with suite.store.write() as tx:
        tx.estate.deploy(deployment("3.9.0", CANARY, since=clock()))
    clock.pass_(hours=1)
    take(suite, run_with_items("n4", "3.9.0", 0.862))
    assert [(a.rule_id, a.environment) for a in alerts(suite) if a.open] == [("accuracy-regression", CANARY)]
    assert holds(suite) == [(HoldKind.BLOCK, "3.9.0")]
    clock.pass_(hours=1)
    take(suite, run_with_items("n5", "3.9.0", 0.914))
    assert (standing(suite), holds(suite)) == ([], [])


def test_a_run_speaks_for_every_place_where_its_release_serves(suite: JudgeParts, clock: Clock) -> None:
    with suite.store.write() as tx:
        tx.estate.deploy(deployment("3.8.2", PRODUCTION, since=clock()))
    take(suite, run_with_items("r2", "3.8.2", 0.862))
    assert {(a.environment, a.rule_id) for a in alerts(suite)} == {
        (CANARY, "accuracy-regression"),
        (PRODUCTION, "accuracy-regression"),
    }


def test_a_draft_that_was_measured_is_evaluated(suite: JudgeParts) -> None:
    with suite.store.write() as tx:
        tx.estate.add_release(release("3.9.0", state=ReleaseState.DRAFT))
    take(suite, run_with_items("r2", "3.9.0", 0.92))
    with suite.store.read() as tx:
        found = tx.estate.release("support-bot", "3.9.0")
    assert found is not None
    assert found.state is ReleaseState.EVALUATED


def test_two_towers_that_read_the_same_file_judge_it_once(suite: JudgeParts) -> None:
    def once(_: int) -> Tally:
        return ingest([run_with_items("r2", "3.8.2", 0.88)], [], suite, suite.clock())

    with ThreadPoolExecutor(4) as pool:
        tallies = list(pool.map(once, range(4)))
    assert sorted(t.alerts for t in tallies) == [0, 0, 0, 1]
    assert [(a.rule_id, a.count) for a in alerts(suite)] == [("accuracy-regression", 1)]
    with suite.store.read() as tx:
        assert len(tx.evals.runs("support-bot", "golden")) == 2


def test_one_suite_says_nothing_of_another(suite: JudgeParts) -> None:
    other: SuiteShape = changed(GOLDEN, id="other")
    both = suited(suite, GOLDEN, other)
    take(both, run_with_items("o1", "3.8.1", 0.9, suite="other"), run_with_items("o2", "3.8.2", 0.8, suite="other"))
    take(both, run_with_items("r2", "3.8.2", 0.92))
    assert standing(both) == ["accuracy-regression"]


# --------------------------------------------------------------------------- which run counts, and for what


def test_an_old_run_that_is_uploaded_late_neither_opens_the_gate_nor_closes_the_alert(
    suite: JudgeParts, clock: Clock
) -> None:
    take(suite, run_with_items("r2", "3.8.2", 0.862, at=clock()))
    clock.pass_(hours=1)
    tally = take(suite, run_with_items("r0", "3.8.2", 0.914, at=clock() - timedelta(days=3)))
    assert "a later run of support-bot 3.8.2 on golden counts, not this one" in tally.sentence()
    assert standing(suite) == ["accuracy-regression"]
    assert asked(suite).status == "failed"


def test_candidates_that_serve_nowhere_have_alerts_of_their_own_that_name_them(suite: JudgeParts, clock: Clock) -> None:
    for version, share in (("4.0.0", 0.862), ("4.0.1", 0.85)):
        take(suite, run_with_items(f"r{version}", version, share))
        clock.pass_(hours=1)
    lost = [a for a in alerts(suite) if a.rule_id == "accuracy-regression"]
    assert sorted((a.version, a.title) for a in lost) == [
        ("4.0.0", "accuracy -5.2 pp on support-bot 4.0.0 (qa)"),
        ("4.0.1", "accuracy -6.4 pp on support-bot 4.0.1 (qa)"),
    ]
    take(suite, run_with_items("good", "4.0.2", 0.914))
    assert len([a for a in alerts(suite) if a.rule_id == "accuracy-regression" and a.open]) == 2


def test_a_candidate_that_serves_nowhere_does_not_make_what_serves_look_bad(suite: JudgeParts) -> None:
    take(suite, run_with_items("r4", "4.0.0", 0.80))
    board = suite.store.board("x", None, suite.clock())
    assert {r.state for r in board.registry if r.asset == "support-bot" and r.version != "4.0.0"} <= {"ok", "unknown"}


def test_a_run_of_a_release_or_an_asset_that_nobody_knows_is_told(suite: JudgeParts) -> None:
    unknown = take(suite, run_with_items("r5", "9.9.9", 0.914)).sentence()
    assert "support-bot has no release '9.9.9' yet" in unknown
    misspelt = take(suite, run_with_items("r6", "3.8.1", 0.914, asset_id="suport-bot")).sentence()
    assert "did you mean 'support-bot'?" in misspelt


def test_a_candidate_that_was_measured_before_its_baseline_is_told_once_that_has_a_run(judge: JudgeParts) -> None:
    known = suited(judge, changed(GOLDEN, baselines={"support-bot": "3.8.1"}))
    with known.store.write() as tx:
        tx.estate.add_release(release("4.0.0"))  # after 3.8.1, which the estate has
    take(known, run_with_items("r4", "4.0.0", 0.80))
    assert standing(known) == []
    take(known, run_with_items("r1", "3.8.1", 0.914))
    rejudge(known)
    assert standing(known) == ["accuracy-regression"]


def test_a_run_from_the_future_is_refused_and_a_clock_that_runs_ahead_counts_as_now(
    suite: JudgeParts, clock: Clock
) -> None:
    ahead = take(suite, run_with_items("far", "3.8.2", 0.914, at=clock() + timedelta(days=400)))
    assert ahead.rejected == 1
    take(suite, run_with_items("fast", "3.8.2", 0.914, at=clock() + timedelta(hours=8)))
    clock.pass_(hours=1)
    take(suite, run_with_items("r2", "3.8.2", 0.5, at=clock()))
    assert asked(suite).status == "failed"
    assert standing(suite) == ["accuracy-regression"]


def test_a_file_that_turns_the_direction_is_not_compared(suite: JudgeParts) -> None:
    turned = take(suite, run_with_items("r2", "3.8.2", 0.5, higher_is_better=False))
    assert "do not agree which way is better for qa accuracy" in turned.sentence()
    assert asked(suite).status == "failed"
