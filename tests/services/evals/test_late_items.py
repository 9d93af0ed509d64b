"""Items that come after their totals, in whatever order, and files that are read again."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pulse_tui.domain.evals import Basis, EvalRun, Verdict
from pulse_tui.domain.hold import HoldKind
from pulse_tui.services.evals.baselines import rejudge
from pulse_tui.services.parts import JudgeParts
from tests.fakes.clock import Clock
from tests.fakes.runs import GOLDEN, run_with_items, suited, take, without_items
from tests.services.said import asked, holds, standing, verdicts


@pytest.fixture
def suite(judge: JudgeParts) -> JudgeParts:
    """3.8.1 is the baseline with 914 of 1,000 right."""
    known = suited(judge, GOLDEN)
    take(known, run_with_items("r1", "3.8.1", 0.914))
    return known


TOTALS, ITEMS = without_items(run_with_items("r2", "3.8.2", 0.88)), run_with_items("r2", "3.8.2", 0.88)


@pytest.mark.parametrize("rounds", [[[TOTALS, ITEMS]], [[TOTALS], [ITEMS]], [[ITEMS], [TOTALS]]])
def test_items_and_totals_say_the_same_in_whatever_order_they_come(
    suite: JudgeParts, clock: Clock, rounds: Sequence[Sequence[EvalRun]]
) -> None:
    for runs in rounds:
        take(suite, *runs)
        clock.pass_(minutes=1)
    assert verdicts(suite, "r2") == [("qa", "", Verdict.FAIL, Basis.PAIRED)]
    assert standing(suite) == ["accuracy-regression"]
    assert holds(suite) == [(HoldKind.BLOCK, "3.8.2")]
    with suite.store.read() as tx:
        assert len(tx.evals.runs("support-bot", "golden")) == 2


def test_totals_alone_often_decide_nothing_and_say_so(suite: JudgeParts) -> None:
    take(suite, TOTALS)
    assert verdicts(suite, "r2") == [("qa", "", Verdict.INCONCLUSIVE, Basis.UNPAIRED)]
    assert standing(suite) == ["undecided"]


def test_a_file_that_is_read_again_is_no_news(suite: JudgeParts, clock: Clock) -> None:
    take(suite, ITEMS)
    before = _rows(suite)
    clock.pass_(hours=1)
    for again in (ITEMS, TOTALS, run_with_items("r2", "3.8.2", 0.2), run_with_items("r1", "3.8.1", 0.2)):
        assert take(suite, again).signals == 0
    assert _rows(suite) == before


def _rows(judge: JudgeParts) -> object:
    with judge.store.read() as tx:
        known = [tx.evals.get(i, sheets=True) for i in ("r1", "r2")]
        return known, tx.signals.count(), tx.log.head(), tx.evals.comparison("r2"), tx.judgements.alerts()


def test_items_of_an_older_run_do_not_speak_against_a_newer_one(suite: JudgeParts, clock: Clock) -> None:
    take(suite, TOTALS)
    clock.pass_(hours=1)
    take(suite, run_with_items("r3", "3.8.2", 0.92))
    assert standing(suite) == []
    take(suite, ITEMS)
    assert verdicts(suite, "r2")[0][2] is Verdict.FAIL, "the trend shows it"
    assert (standing(suite), holds(suite)) == ([], [])


def test_items_of_the_baseline_that_come_late_have_its_runs_judged_anew_in_their_order(
    judge: JudgeParts, clock: Clock
) -> None:
    known = suited(judge, GOLDEN)
    base = run_with_items("r1", "3.8.1", 0.914)
    take(known, without_items(base))
    for ident, share in (("r2", 0.88), ("r3", 0.91)):
        clock.pass_(hours=1)
        take(known, run_with_items(ident, "3.8.2", share))
    assert {verdicts(known, i)[0][3] for i in ("r2", "r3")} == {Basis.UNPAIRED}
    assert standing(known) == ["undecided"]
    tally = take(known, base)
    assert tally.remarks == ("the items of the baseline support-bot 3.8.1 came: 3 runs are judged again in a moment",)
    assert asked(known).status == "missing", "nobody goes by what was said without them"
    clock.pass_(minutes=1)
    assert rejudge(known) == 3, "the baseline itself is one"
    assert [verdicts(known, i)[0][2:] for i in ("r2", "r3")] == [
        (Verdict.FAIL, Basis.PAIRED),
        (Verdict.PASS, Basis.PAIRED),
    ]
    assert (standing(known), holds(known), asked(known).status) == ([], [], "ok")
    assert rejudge(known) == 0
