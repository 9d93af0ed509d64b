"""Runs with their items, comparisons, accepted risks and suites' own runs come back as they were put in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pulse_tui.domain.evals import Acceptance, Basis, Comparison, Gate, Measure, Sheet, SuiteRun, SuiteRunState, Verdict
from pulse_tui.ports import RunHead
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW, changed, later, run_of, score
from tests.fakes.runs import comparison, names, run_of_sheets, run_with_items, sheet, verdict_line, without_items

WHOLE = Sheet(
    task="übersetzung/日本語",
    items=("doc-\u00e9", "doc-\U0001f600", "doc-\u202e", ""),
    scores={"accuracy": ((1.0, 0.0), (0.5,), (), (1e-300,)), "f1": ((0.1 + 0.2,), (1 / 3,), (0.0,), (1.0,))},
    clusters=("", "a", "a", "b"),
    slices={"long context": (0, 3), "leer": ()},
    prompts=("p1", "p2", "p3", "p4"),
    latencies=(12.5, 1e6),
    costs=(0.0, 0.001, 0.002, 0.003),
    probabilities=(0.0, 0.5, 0.999, 1.0),
    answers=(("x", "y"), ("z",), (), ("x",)),
)
BARE = Sheet(task="bare", items=("1", "2"), scores={})


def test_items_come_back_as_they_were_put_in_and_only_when_asked_for(store: SqlStore) -> None:
    run = changed(run_of("r1", "1", 0.9), sheets=(BARE, WHOLE))
    with store.write() as tx:
        assert tx.evals.add(run, 7)
    with store.read() as tx:
        assert tx.evals.get("r1", sheets=True) == run
        assert tx.evals.get("r1") == without_items(run)
        assert tx.evals.runs("support-bot", "golden") == [(7, without_items(run))]
        assert tx.evals.heads("support-bot", "golden") == [RunHead(7, "r1", "1", NOW)]
        assert tx.evals.versions("support-bot", "golden") == {"1"}
        assert tx.evals.suites_of("support-bot") == ["golden"]
        assert (tx.evals.iteration("r1"), tx.evals.iteration("r2")) == (7, None)
        assert tx.evals.get("r2", sheets=True) is None


def test_a_run_of_an_id_that_is_there_changes_nothing(store: SqlStore) -> None:
    run = run_with_items("r1", "1", 0.9, 10)
    with store.write() as tx:
        assert tx.evals.add(run, 1)
        assert not tx.evals.add(run_with_items("r1", "2", 0.1, 10), 2)
        assert tx.evals.get("r1", sheets=True) == run


def test_items_are_attached_once_a_task_with_the_numbers_that_only_they_tell(store: SqlStore) -> None:
    totals = without_items(run_with_items("r1", "1", 0.9, 10))
    qa, refunds = sheet(0.9, 10), sheet(0.5, 10, "refunds")
    consistency, lying = score(0.8, metric="consistency"), score(0.1)
    with store.write() as tx:
        assert not tx.evals.attach(run_of_sheets("r1", "1", [qa])), "the run is not there"
        tx.evals.add(totals, 1)
        assert not tx.evals.attach(totals)
        assert tx.evals.attach(changed(totals, sheets=(qa,), scores=(lying, consistency)))
        assert not tx.evals.attach(changed(totals, sheets=(sheet(0.1, 10),)))
        assert tx.evals.attach(run_of_sheets("r1", "1", [sheet(0.1, 10), refunds]))
        found = tx.evals.get("r1", sheets=True)
    assert found is not None
    assert found.sheets == (qa, refunds)
    assert [(s.task, s.metric, s.value) for s in found.scores] == [
        ("qa", "accuracy", 0.9),  # what the results file stated stands
        ("qa", "consistency", 0.8),
        ("refunds", "accuracy", 0.5),
    ]


def test_runs_go_by_iteration_and_belong_to_one_asset_and_suite(store: SqlStore) -> None:
    with store.write() as tx:
        for ident, iteration in (("late", 9), ("early", 2), ("middle", 5)):
            tx.evals.add(run_of(ident, ident, 0.9), iteration)
        tx.evals.add(run_of("other", "1", 0.9, asset_id="gateway"), 3)
        tx.evals.add(run_of("suite", "1", 0.9, suite="redteam"), 4)
        assert [r.id for _, r in tx.evals.runs("support-bot", "golden")] == ["early", "middle", "late"]
        assert [h.id for h in tx.evals.heads("support-bot", "golden")] == ["early", "middle", "late"]
        assert tx.evals.suites_of("support-bot") == ["golden", "redteam"]


def test_the_pinned_run_is_one_and_is_moved(store: SqlStore) -> None:
    run = run_with_items("r1", "1", 0.9, 10)
    with store.write() as tx:
        assert tx.evals.baseline("support-bot", "golden") is None
        tx.evals.add(run, 1)
        tx.evals.add(run_of("r2", "2", 0.9), 2)
        for ident in ("r2", "r1"):
            tx.evals.pin("support-bot", "golden", ident)
        assert tx.evals.baseline("support-bot", "golden") == without_items(run)
        assert tx.evals.baseline("support-bot", "golden", sheets=True) == run
        assert tx.evals.baselines() == [("support-bot", "golden", "r1")]
        tx.evals.pin("support-bot", "redteam", "gone")
        assert tx.evals.baseline("support-bot", "redteam") is None


EVERY = verdict_line(
    Verdict.INCONCLUSIVE, slice="käse", gate=Gate.SAFETY, must_pass=False, weight=0.0, scale=1.0, higher_is_better=False,
    basis=Basis.UNPAIRED, baseline=None, current=None, delta=None, low=None, high=None, margin=0.0, n=0, repeats=5,
    clusters=41.25, p_worse=1.0, more_items=None, more_repeats=3, note="nobody can say", objective=800.0,
)  # fmt: skip


def test_a_comparison_comes_back_in_its_order_and_is_replaced_whole(store: SqlStore) -> None:
    measures = (Measure(task="qa", name="p95 latency", unit="ms", baseline=None, current=812.5, note="500 requests"),)
    first = comparison("r2", "r1", verdict_line(task="z"), EVERY, verdict_line(more_items=0), measures=measures)
    with store.write() as tx:
        tx.evals.put_comparison(first)
    with store.write() as tx:
        assert tx.evals.comparison("r2") == first
        second = comparison("r2", "r0", verdict_line(Verdict.PASS), definition="e")
        tx.evals.put_comparison(second)
        assert tx.evals.comparison("r2") == second
        refused = Comparison(run_id="r2", baseline_id="r0", definition="e", refused="the items differ ¶")
        tx.evals.put_comparison(refused)
        assert tx.evals.comparison("r2") == refused
        assert tx.evals.comparison("r3") is None


def test_what_was_said_against_a_baseline_is_opened_again(store: SqlStore) -> None:
    with store.write() as tx:
        for run, baseline in (("a", "r1"), ("b", "r1"), ("c", "r0")):
            tx.evals.put_comparison(comparison(run, baseline, verdict_line()))
        assert tx.evals.reopen("r1") == 2
        found = [tx.evals.comparison(run) for run in "abc"]
    assert [f.definition for f in found if f] == ["", "", "d"]
    assert all(f is not None and f.verdicts == (verdict_line(),) for f in found), "the trend still shows it"


def test_the_newest_runs_that_answer_another_question_are_found_oldest_first(store: SqlStore) -> None:
    """The pinned run is held against itself: objectives and items that must never fail need no other."""
    with store.write() as tx:
        for asset in ("a", "b"):
            for suite in ("golden", "redteam", "unknown"):
                for i in range(6):
                    tx.evals.add(run_of(f"{asset}-{suite}-{i}", str(i), 0.9, asset_id=asset, suite=suite), i + 1)
                tx.evals.pin(asset, suite, f"{asset}-{suite}-1")
        tx.evals.add(run_of("c-golden-0", "0", 0.9, asset_id="c"), 1)  # nothing is pinned
        for i in range(6):
            for asset in ("a", "b"):
                tx.evals.put_comparison(comparison(f"{asset}-golden-{i}", f"{asset}-golden-1", definition="g"))
            tx.evals.put_comparison(comparison(f"a-redteam-{i}", "a-redteam-1", definition="r"))
        tx.evals.put_comparison(comparison("a-golden-5", "a-golden-0", definition="g"))  # another baseline
        tx.evals.put_comparison(comparison("a-golden-3", "a-golden-1", definition="old"))  # another question
    asked = {"golden": "g", "redteam": "r"}
    with store.read() as tx:
        found = tx.evals.unjudged(asked, 4)
        assert found == [
            ("a", "golden", "a-golden-3"),
            ("a", "golden", "a-golden-5"),
            *(("b", "redteam", f"b-redteam-{i}") for i in (1, 2, 3, 4, 5)),
        ]
        assert tx.evals.unjudged(asked, 1) == [
            ("a", "golden", "a-golden-5"),
            ("b", "redteam", "b-redteam-1"),
            ("b", "redteam", "b-redteam-5"),
        ]
        assert len(tx.evals.unjudged(asked, 100)) == 8
        assert tx.evals.unjudged(asked, 4, "a") == found[:2]
        assert tx.evals.unjudged({}, 4) == []


def acceptance(ident: str, **fields: object) -> Acceptance:
    values: dict[str, object] = {"asset_id": "support-bot", "version": "3.8.2", "environment": "production"}
    values |= {
        "gate": Gate.FUNCTIONAL,
        "run_id": "r1",
        "baseline_id": "r0",
        "definition": "d",
        "accepted_by": "ana",
        "why": "über Nacht",
        "at": NOW,
    }
    return Acceptance(**{"id": ident, **values, "until": NOW + timedelta(days=7), **fields})  # type: ignore[arg-type]


def test_accepted_risks_are_told_newest_first_expired_ones_too(store: SqlStore) -> None:
    old = acceptance("old", until=NOW)
    new, other = acceptance("new", at=later(hours=1)), acceptance("other", version="3.9.0", at=later(hours=2))
    with store.write() as tx:
        for one in (new, old, other, acceptance("else", asset_id="gateway")):
            tx.evals.put_acceptance(one)
        assert tx.evals.acceptances("support-bot", "3.8.2") == [new, old]
        assert tx.evals.acceptances("support-bot") == [other, new, old]
        assert tx.evals.acceptances("nobody") == []
        tx.evals.put_acceptance(changed(new, why="again"))
        assert tx.evals.acceptances("support-bot", "3.8.2") == [changed(new, why="again"), old]


def test_a_suites_own_run_is_updated_in_its_place(store: SqlStore) -> None:
    started = SuiteRun(
        id="s1", suite="golden", asset_id="support-bot", version="3.8.2", why="new release",
        state=SuiteRunState.RUNNING, started_at=NOW,
    )  # fmt: skip
    done = changed(
        started, state=SuiteRunState.FAILED, ended_at=later(minutes=4), exit_code=-9, detail="Traceback …", run_id="r1",
        iteration=12,
    )  # fmt: skip
    later_one = changed(started, id="s2", started_at=later(hours=1))
    other = changed(started, id="s3", suite="redteam", asset_id="gateway", started_at=later(hours=2))
    with store.write() as tx:
        for one in (started, later_one, other, done):
            tx.evals.put_suite_run(one)
        assert tx.evals.suite_runs() == [other, later_one, done]
        assert tx.evals.suite_runs("golden") == [later_one, done]
        assert tx.evals.suite_runs(asset_id="gateway") == [other]
        assert tx.evals.suite_runs("golden", "support-bot", limit=1) == [later_one]


@pytest.mark.parametrize("n", [1, 20_000])
def test_a_large_sheet_is_kept_small(store: SqlStore, n: int) -> None:
    run = run_of_sheets("r1", "1", [Sheet(task="qa", items=names(n), scores={"accuracy": ((1.0,),) * n})])
    with store.write() as tx:
        tx.evals.add(run, 1)
    with store.read() as tx:
        found = tx.evals.get("r1", sheets=True)
        size = int(tx.evals._c.exec_driver_sql("SELECT length(data) FROM eval_sheets").scalar() or 0)
    assert found == run
    assert 0 < size < 200 + 5 * n
