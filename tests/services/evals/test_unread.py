"""Results that could not be used: their release shows it until one lands, with the reason and the nearest names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.collectors import lm_eval
from pulse_tui.domain.errors import Problem, ResultOf
from pulse_tui.domain.evals import EvalRun, Score, Task
from pulse_tui.domain.health import Health
from pulse_tui.domain.source import Rejected
from pulse_tui.domain.standing import Standing
from pulse_tui.domain.words import Severity
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.services.signals.refresh import refresh
from pulse_tui.services.signals.sources import keep_sources
from pulse_tui.settings.shapes import SourceShape
from tests.fakes.clock import Clock
from tests.fakes.nouns import CANARY, NOW, changed
from tests.fakes.runs import GOLDEN, run_with_items, suited, take
from tests.services.said import asked, standing

(QA,) = GOLDEN.tasks


@pytest.fixture
def suite(judge: JudgeParts) -> JudgeParts:
    known = suited(judge, GOLDEN)
    take(known, run_with_items("r1", "3.8.1", 0.914))
    return known


def refuse(judge: JudgeParts, version: str = "3.8.2", suite_id: str = "golden") -> None:
    about = (ResultOf("support-bot", version, suite_id),)
    whole = Rejected(source="evals", problem=Problem("drop/r.json", "is nan", ""), raw=b"", about=about)
    ingest([], [whole], judge, judge.clock())


def concerns(judge: JudgeParts) -> list[tuple[str, Severity]]:
    with judge.store.read() as tx:
        return [(c.key, c.severity) for c in tx.inventory.concerns("support-bot")]


def row(judge: JudgeParts) -> tuple[str, str]:
    board = judge.store.board("acme", None, judge.clock())
    (found,) = [r for r in board.registry if (r.asset, r.environment) == ("support-bot", "canary")]
    return found.state, found.why


@pytest.mark.parametrize("suite_id", ["golden", ""])
def test_a_refused_result_stands_in_the_gate_and_the_row_until_one_lands(
    suite: JudgeParts, clock: Clock, suite_id: str
) -> None:
    refuse(suite, suite_id=suite_id)
    said = asked(suite, environment=CANARY)
    assert (said.status, said.blocking) == ("failed", True)
    assert "was refused: drop/r.json: is nan" in said.detail
    assert row(suite)[0] == Standing.CONFLICT
    assert "was refused: drop/r.json" in row(suite)[1]
    clock.pass_(hours=1)
    take(suite, run_with_items("r2", "3.8.2", 0.914))
    assert (concerns(suite), row(suite)[0], asked(suite).status) == ([], Standing.OK, "ok")


def test_what_was_never_run_is_missing_and_not_refused(suite: JudgeParts) -> None:
    refuse(suite, "3.8.1")
    assert asked(suite).detail == "golden was not run on 3.8.2"


def test_a_result_that_is_refused_beside_a_good_one_is_said_and_holds_nothing(suite: JudgeParts) -> None:
    take(suite, run_with_items("r2", "3.8.2", 0.914))
    refuse(suite)
    assert concerns(suite) == [("refused:golden:3.8.2", Severity.LOW)]
    assert (row(suite)[0], asked(suite).status) == (Standing.OK, "ok")


def test_a_result_of_an_asset_that_nobody_knows_concerns_nobody(suite: JudgeParts) -> None:
    about = (ResultOf("nobody", "1", "golden"),)
    whole = Rejected(source="evals", problem=Problem("r.json", "is nan", ""), raw=b"", about=about)
    assert ingest([], [whole], suite, suite.clock()).signals == 0


def test_a_must_pass_metric_that_the_file_spells_otherwise_is_named_and_the_row_is_not_ok(
    suite: JudgeParts, clock: Clock
) -> None:
    told = take(suite, spelt("r2", "acc", "f1"))
    what = "run r2 of golden on support-bot 3.8.2 has no accuracy of qa, which must pass (of qa it has acc, f1)"
    assert told.remarks == (what,)
    assert row(suite) == (Standing.CONFLICT, what)
    assert asked(suite).detail == "run r2 of golden has no value for qa accuracy"
    clock.pass_(hours=1)
    take(suite, run_with_items("r3", "3.8.2", 0.914))
    assert (concerns(suite), row(suite)[0], standing(suite)) == ([], Standing.OK, [])


def test_a_task_that_is_called_otherwise_and_one_that_was_refused_say_so(suite: JudgeParts) -> None:
    two = suited(suite, changed(GOLDEN, tasks=(changed(QA, name="questions"), Task(name="math", metric="acc"))))
    run = changed(spelt("r2", "accuracy"), refused={"math acc": "is nan, not a finite number"})
    (remark,) = take(two, run).remarks
    assert "accuracy of questions, which must pass (it has the tasks qa)" in remark
    assert "acc of math, which must pass (it was refused: is nan, not a finite number)" in remark
    assert "math acc (refused: is nan, not a finite number)" in asked(two).detail


def test_diagnostics_that_a_run_lacks_concern_nobody(suite: JudgeParts) -> None:
    more = suited(suite, changed(GOLDEN, tasks=(QA, Task(name="style", metric="score", must_pass=False))))
    take(more, run_with_items("r2", "3.8.2", 0.914))
    assert concerns(more) == []


def spelt(ident: str, *metrics: str) -> EvalRun:
    scores = tuple(Score(task="qa", metric=m, value=0.9, n=100) for m in metrics)
    return EvalRun(id=ident, asset_id="support-bot", version="3.8.2", suite="golden", at=NOW, scores=scores)


# --------------------------------------------------------------------------- a source whose files are refused


def results(value: float, **changes: Any) -> str:
    return json.dumps({"results": {"qa": {"alias": "qa", "acc,none": value}}, "n-samples": {}, **changes})


def test_a_source_with_a_refused_file_is_suspect_until_that_file_is_read(suite: JudgeParts, tmp_path: Path) -> None:
    options = lm_eval.Options(path=str(tmp_path), suite="golden")
    shape = SourceShape(id="evals", kind="lm_eval", every=60, options=options)
    judge = suite._replace(sources={"evals": shape}, source_kinds={"lm_eval": lm_eval})
    for version, value in (("3.8.1", 0.9), ("3.8.2", float("nan"))):
        folder = tmp_path / f"support-bot@{version}"
        folder.mkdir()
        (folder / "results_1.json").write_text(results(value))
    for _ in range(2):
        assert refresh("evals", judge, "h").ok
        with judge.store.read() as tx:
            status = tx.plumbing.sources()["evals"]
        assert status.health(judge.clock()) is Health.SUSPECT, "also in a round in which nothing changed"
        assert status.reason.startswith(
            "1 of 2 files refused: support-bot@3.8.2/results_1.json: is refused: results.qa"
        )
    assert "support-bot@3.8.2/results_1.json: is refused" in asked(judge).detail
    (tmp_path / "support-bot@3.8.2" / "results_1.json").write_text("{")
    refresh("evals", judge, "h")
    assert "the JSON ends too early" in asked(judge).detail, "a file that is half written too: its folder names it"
    (tmp_path / "support-bot@3.8.2" / "results_1.json").write_text(results(0.9))
    refresh("evals", judge, "h")
    with judge.store.read() as tx:
        assert tx.plumbing.sources()["evals"].health(judge.clock()) is Health.GOOD
    assert "refused" not in asked(judge).detail


def test_a_source_of_one_file_that_is_refused_names_the_release_once(suite: JudgeParts, tmp_path: Path) -> None:
    file = tmp_path / "results_1.json"
    file.write_text(results(float("nan")))
    options = lm_eval.Options(path=str(file), suite="golden", asset="support-bot", version="3.8.2")
    shape = SourceShape(id="evals", kind="lm_eval", every=60, options=options)
    judge = suite._replace(sources={"evals": shape}, source_kinds={"lm_eval": lm_eval})
    for _ in range(2):
        assert not refresh("evals", judge, "h").ok
    assert concerns(judge) == [("refused:golden:3.8.2", Severity.MEDIUM)]
    assert "was refused" in asked(judge).detail


def folder_of(suite: JudgeParts, tmp_path: Path) -> tuple[JudgeParts, Path]:
    """A source of a folder with one result that is refused."""
    options = lm_eval.Options(path=str(tmp_path), suite="golden")
    shape = SourceShape(id="evals", kind="lm_eval", every=60, options=options)
    judge = suite._replace(sources={"evals": shape}, source_kinds={"lm_eval": lm_eval})
    file = tmp_path / "support-bot@3.8.2" / "results_1.json"
    file.parent.mkdir()
    file.write_text(results(float("nan")))
    keep_sources(judge.sources, judge, NOW)
    done = refresh("evals", judge, "h")
    assert (done.ok, done.good) == (True, False)
    assert concerns(judge) == [("refused:golden:3.8.2", Severity.MEDIUM)]
    assert standing(judge) != []
    return judge, file


@pytest.mark.parametrize("change", ["deleted", "of another release", "taken out with its source"])
def test_what_is_about_a_refused_file_ends_when_that_file_is_gone(
    suite: JudgeParts, tmp_path: Path, change: str
) -> None:
    judge, file = folder_of(suite, tmp_path)
    if change == "taken out with its source":
        keep_sources({}, judge, NOW)
    else:
        if change == "deleted":
            file.unlink()
        else:
            file.parent.rename(tmp_path / "support-bot@3.8.3")
        assert refresh("evals", judge, "h").good is (change == "deleted")
    left = [("refused:golden:3.8.3", Severity.MEDIUM)] if change == "of another release" else []
    assert concerns(judge) == left
    assert ("3.8.2" in " ".join(standing(judge))) is False


def test_a_refused_file_under_another_name_is_the_same_refusal(suite: JudgeParts, tmp_path: Path) -> None:
    judge, file = folder_of(suite, tmp_path)
    before = standing(judge)
    file.rename(file.with_name("results_2.json"))
    assert not refresh("evals", judge, "h").good
    assert concerns(judge) == [("refused:golden:3.8.2", Severity.MEDIUM)]
    assert len(standing(judge)) == len(before)


def test_the_one_file_of_a_source_that_is_deleted_fails_the_source_and_ends_its_refusal(
    suite: JudgeParts, tmp_path: Path
) -> None:
    file = tmp_path / "results_1.json"
    file.write_text(results(float("nan")))
    options = lm_eval.Options(path=str(file), suite="golden", asset="support-bot", version="3.8.2")
    shape = SourceShape(id="evals", kind="lm_eval", every=60, options=options)
    judge = suite._replace(sources={"evals": shape}, source_kinds={"lm_eval": lm_eval})
    refresh("evals", judge, "h")
    file.unlink()
    assert not refresh("evals", judge, "h").ok
    assert concerns(judge) == []


def test_one_of_two_refused_files_of_a_release_that_is_deleted_leaves_the_other(
    suite: JudgeParts, tmp_path: Path
) -> None:
    judge, file = folder_of(suite, tmp_path)
    file.with_name("results_2.json").write_text(results(float("nan")))
    refresh("evals", judge, "h")
    file.unlink()
    refresh("evals", judge, "h")
    assert concerns(judge) == [("refused:golden:3.8.2", Severity.MEDIUM)]
