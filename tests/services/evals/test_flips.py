"""Which items a run answered otherwise than its baseline, by cluster; and why that cannot be told."""

from __future__ import annotations

import pytest

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.evals import EvalRun, Sheet, Task
from pulse_tui.services.evals.flips import flips
from pulse_tui.services.parts import JudgeParts
from tests.fakes.nouns import changed
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

(QA,) = GOLDEN.tasks


@pytest.fixture
def suite(judge: JudgeParts) -> JudgeParts:
    """3.8.1 is the baseline with 914 of 1,000 right."""
    known = suited(judge, GOLDEN)
    take(known, run_with_items("r1", "3.8.1", 0.914))
    return known


def clustered(ident: str, version: str, wrong: set[int], metric: str = "accuracy", **fields: object) -> EvalRun:
    """A hundred items in four documents; those in ``wrong`` score 0."""
    rows = tuple((0.0,) if i in wrong else (1.0,) for i in range(100))
    values = {"items": names(100), "clusters": tuple(f"doc-{i // 25}" for i in range(100)), **fields}
    return run_of_sheets(ident, version, [Sheet(**{"task": "qa", "scores": {metric: rows}, **values})])  # type: ignore[arg-type]


def test_flipped_items_are_told_by_cluster_the_one_that_lost_most_first(judge: JudgeParts) -> None:
    known = suited(judge, GOLDEN)
    take(known, clustered("r1", "3.8.1", {0, 1, 99}))
    take(known, clustered("r2", "3.8.2", {0, 30, 31, 32, 60, 99}, slices={"edge": (30, 60)}))
    said = flips(known, "r2", "qa", "accuracy")
    assert said.headline == "4 lost, 1 won of 100 items; 3 of the 4 in doc-1"
    assert [(f.item, f.cluster, f.word, f.slices) for f in said.rows] == [
        ("item-00030", "doc-1", "lost", ("edge",)),
        ("item-00031", "doc-1", "lost", ()),
        ("item-00032", "doc-1", "lost", ()),
        ("item-00060", "doc-2", "lost", ("edge",)),
        ("item-00001", "doc-0", "won", ()),
    ]
    assert [tuple(c) for c in said.clusters] == [("doc-1", 25, 3, 0), ("doc-2", 25, 1, 0), ("doc-0", 25, 0, 1)]
    assert (said.version, said.baseline_version) == ("3.8.2", "3.8.1")


def test_without_clusters_there_is_no_table_of_them(suite: JudgeParts) -> None:
    take(suite, run_with_items("r2", "3.8.2", 0.912))
    said = flips(suite, "r2", "qa", "accuracy")
    assert (said.headline, said.clusters) == ("2 lost, 0 won of 1000 items", ())


def test_of_a_metric_that_should_be_low_a_rise_is_lost(judge: JudgeParts) -> None:
    known = suited(judge, REDTEAM)
    take(known, jailbreaks("j1", "3.8.1", 0.01), jailbreaks("j2", "3.8.2", 0.012))
    assert flips(known, "j2", "jailbreak", "jailbreak_success").headline == "2 lost, 0 won of 1000 items"


def test_flips_of_a_made_metric_are_those_of_the_scores_it_is_made_from(judge: JudgeParts) -> None:
    spread = Task(name="qa", metric="spread", higher_is_better=False, must_pass=False)
    known = suited(judge, changed(GOLDEN, tasks=(QA, spread)))
    take(known, run_with_items("r1", "3.8.1", 0.914), run_with_items("r2", "3.8.2", 0.912))
    assert flips(known, "r2", "qa", "spread").headline == "2 lost, 0 won of 1000 items"


def test_repeats_are_told_by_their_mean(judge: JudgeParts) -> None:
    known = suited(judge, GOLDEN)
    for ident, version, row in (("r1", "3.8.1", (1.0, 1.0)), ("r2", "3.8.2", (1.0, 0.0))):
        rows = (row, *((1.0, 0.0),) * 9)
        take(known, run_of_sheets(ident, version, [Sheet(task="qa", items=names(10), scores={"accuracy": rows})]))
    (flip,) = flips(known, "r2", "qa", "accuracy").rows
    assert (flip.before, flip.after, flip.word) == (1.0, 0.5, "lost")


def test_why_nothing_can_be_told_is_told(suite: JudgeParts) -> None:
    assert "is the baseline" in flips(suite, "r1", "qa", "accuracy").headline
    take(suite, without_items(run_with_items("r2", "3.8.2", 0.9)))
    assert flips(suite, "r2", "qa", "accuracy").headline == (
        "run r2 was stored without its items: only totals are known"
    )
    take(suite, run_of_sheets("r3", "3.8.2", [sheet(0.9, metric="f1")]))
    assert flips(suite, "r3", "qa", "accuracy").headline == "no item has a score of accuracy in both runs"
    take(suite, run_of_sheets("r4", "3.8.2", [sheet(0.9, items=names(1_000, "other"))]))
    assert flips(suite, "r4", "qa", "accuracy").headline.startswith("not compared: qa: the items differ")
    take(suite, run_with_items("x1", "3.8.2", 0.9, suite="unknown"))
    assert flips(suite, "x1", "qa", "accuracy").headline.startswith("no baseline is pinned")
    with pytest.raises(NotFound):
        flips(suite, "r9", "qa", "accuracy")
