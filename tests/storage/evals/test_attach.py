"""Items that come after the totals of a run, task by task."""

from __future__ import annotations

import msgspec

from pulse_tui.domain.evals import EvalRun, Sheet
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import run_of


def with_items(run: EvalRun, *tasks: str) -> EvalRun:
    sheets = tuple(Sheet(task=task, items=("q1",), scores={"acc": ((1.0,),)}) for task in tasks)
    return msgspec.structs.replace(run, sheets=sheets)


def test_items_of_tasks_that_are_written_one_after_the_other_are_all_kept(store: SqlStore) -> None:
    run = run_of("r1", "1", 0.9)
    with store.write() as tx:
        tx.evals.add(run, 1)
        assert not tx.evals.attach(run), "no items yet"
        assert tx.evals.attach(with_items(run, "arc"))
        assert tx.evals.attach(with_items(run, "arc", "gsm"))
        assert not tx.evals.attach(with_items(run, "arc", "gsm")), "nothing new"
        kept = tx.evals.get("r1", sheets=True)
    assert kept is not None
    assert [sheet.task for sheet in kept.sheets] == ["arc", "gsm"]


def test_items_of_a_run_that_is_not_there_are_none(store: SqlStore) -> None:
    with store.write() as tx:
        assert not tx.evals.attach(with_items(run_of("r1", "1", 0.9), "arc"))
