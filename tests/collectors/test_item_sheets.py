"""What all formats share: answers of items become sheets, totals are made from them, bad ones refuse the run."""

from __future__ import annotations

import math
import statistics
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.collectors._shared.sheets import ID_KEPT, Answer, digest, gather, labels, sheets, short, totals
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import Score, Sheet
from pulse_tui.domain.text import is_clean


def answer(item: str = "q1", score: Any = 1.0, **more: Any) -> Answer:
    return Answer(**({"task": "t", "item": item, "scores": {"accuracy": score}} | more))


def sheet(*answers: Answer) -> Sheet:
    (found,) = sheets("run.csv", answers)
    return found


def total(*answers: Answer) -> Score:
    (found,) = totals([sheet(*answers)], lambda _task, _metric: True)
    return found


def test_items_stand_in_the_order_of_their_ids_with_their_repeats() -> None:
    found = sheet(answer("b", 1.0), answer("a", 0.0, repeat=1), answer("a", 0.5, repeat=2))
    assert found.items == ("a", "b")
    assert found.scores == {"accuracy": ((0.0, 0.5), (1.0,))}


def test_each_task_has_a_sheet_in_the_order_in_which_it_appears() -> None:
    found = sheets("run.csv", [answer(task="z"), answer(task="a"), answer("q2", task="z")])
    assert [(s.task, len(s.items)) for s in found] == [("z", 2), ("a", 1)]
    assert sheets("run.csv", []) == ()


def test_metrics_of_one_repeat_may_come_in_answers_of_their_own() -> None:
    found = sheet(
        answer(latency_ms=10, cost=1.0, answer="x"),
        answer(scores={"f1": 0.5}, latency_ms=10, cost=1.0, answer="x"),
        answer("q2", scores={"f1": 0.25}),
    )
    assert found.scores == {"accuracy": ((1.0,), ()), "f1": ((0.5,), (0.25,))}
    assert found.latencies == (10.0,), "a request that is told twice was one request"
    assert found.costs == (), "q2 has none"


def test_columns_are_there_when_every_item_has_them() -> None:
    whole = [
        answer(i, r, repeat=r, cluster="c", slices=("s",), prompt="p", cost=2.0, probability=0.5, answer=f"{r}")
        for i in ("a", "b")
        for r in (0, 1)
    ]
    found = sheet(*whole)
    assert (found.clusters, found.slices, found.costs) == (("c", "c"), {"s": (0, 1)}, (2.0, 2.0))
    assert found.probabilities == (0.5, 0.5)
    assert found.prompts == (digest("p"),) * 2
    assert found.answers == ((digest("0"), digest("1")),) * 2
    lacking = sheet(*whole, answer("c"))
    assert lacking.clusters == ("c", "c", "")
    assert (lacking.prompts, lacking.costs, lacking.probabilities, lacking.answers) == ((), (), (), ())


def test_latencies_stand_in_the_order_of_time_however_items_are_named() -> None:
    assert sheet(answer("z", latency_ms=5), answer("a", latency_ms=1)).latencies == (5.0, 1.0)


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        ({"score": math.nan}, "accuracy is nan, not a finite number"),
        ({"score": math.inf}, "accuracy is inf, not a finite number"),
        ({"score": None}, "accuracy is missing, not a finite number"),
        ({"score": "1.0"}, "accuracy is '1.0', not a finite number"),
        ({"score": 10**5_000}, "accuracy is a number of more than 64 bits"),
        ({"score": 1.01}, "accuracy is 1.01: outside 0 to 1"),
        ({"score": -0.01}, "accuracy is -0.01: outside 0 to 1"),
        ({"scores": {"score": 1e300}}, "score is 1e\\+300: too large to calculate with"),
        ({"scores": {}}, "it has no score"),
        ({"item": " \t"}, "it has no id"),
    ],
)
def test_a_bad_answer_refuses_the_run_by_its_place(bad: dict[str, Any], what: str) -> None:
    with pytest.raises(SourceError, match=rf"^run\.csv is refused: run\.csv:7: {what}"):
        sheets("run.csv", [answer("q0"), answer(**({"where": "run.csv:7"} | bad))])


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        ({"latency_ms": -1.0}, "its latency is -1.0: negative"),
        ({"latency_ms": math.nan}, "its latency is nan: not a finite number"),
        ({"cost": -1}, "its cost is -1: negative"),
        ({"cost": 1e200}, "its cost is 1e+200: above 1e+100"),
        ({"probability": 1.5}, "its probability is 1.5: above 1"),
    ],
)
def test_a_latency_cost_or_probability_that_is_none_is_left_out_and_the_scores_stand(
    bad: dict[str, Any], what: str
) -> None:
    good: dict[str, Any] = {"latency_ms": 5.0, "cost": 0.5, "probability": 0.5}
    found = gather([answer("q0", **good), answer("q1", where="run.csv:7", **(good | bad))])
    (left,) = found.rejects("s", "run.csv")
    assert f"is left out: run.csv:7: {what}" in left.problem.what
    (whole,) = found.sheets
    assert whole.scores == {"accuracy": ((1.0,), (1.0,))}
    whats = {"latency_ms": whole.latencies, "cost": whole.costs, "probability": whole.probabilities}
    assert {k: len(v) for k, v in whats.items()} == {
        k: (1 if k == "latency_ms" else 0) if k in bad else 2 for k in good
    }, "a request is one less; a column that some items lack is none"


def test_a_task_with_a_bad_item_is_refused_by_its_name_and_the_others_land() -> None:
    found = gather([answer("q0", task="a"), answer("q1", math.nan, task="b"), answer("q2", task="b")])
    assert [s.task for s in found.sheets] == ["a"]
    (refused,) = found.rejects("s", "run.csv")
    assert refused.problem.where == "run.csv: task b"
    assert refused.problem.what == "is refused: item q1: accuracy is nan, not a finite number"


def test_items_that_only_blanks_tell_apart_are_items_of_their_own_in_any_order() -> None:
    one, two = (
        sheet(*(answer(i, s) for i, s in order)) for order in ([("a b", 1), ("a  b", 0)], [("a  b", 0), ("a b", 1)])
    )
    assert one == two
    assert one.items[0] == "a b", "the one that is written so keeps its name"
    assert one.scores["accuracy"] == ((1.0,), (0.0,))
    assert sheet(answer("a  b")).items == ("a b",), "alone it has nothing to be told apart from"


def test_an_item_without_a_score_that_its_run_allows_is_known_and_has_no_value() -> None:
    found = sheet(answer("q0"), answer("q1", scores={}, unscored=True))
    assert (found.items, found.scores) == (("q0", "q1"), {"accuracy": ((1.0,), ())})


def test_the_first_bad_one_is_named_and_the_others_are_counted() -> None:
    with pytest.raises(
        SourceError, match=r"item q1: accuracy is missing, not a finite number, and 2 more such\. Correct"
    ):
        sheets("run.csv", [answer(score=None), answer("q2", math.nan), answer("q3", 2.0), answer("q4")])


def test_an_item_that_stands_twice_is_refused_with_its_repeat() -> None:
    with pytest.raises(SourceError, match="item q1: the item occurs twice"):
        sheets("run.csv", [answer(), answer()])
    with pytest.raises(SourceError, match="item q1: the item occurs twice, repeat 3"):
        sheets("run.csv", [answer(repeat=3), answer(repeat=3)])


def test_repeats_that_were_asked_different_prompts_are_refused() -> None:
    with pytest.raises(SourceError, match="had different prompts"):
        sheets("run.csv", [answer(prompt="a", repeat=1), answer(prompt="b", repeat=2)])


def test_a_megabyte_in_a_text_is_told_in_a_few_words() -> None:
    with pytest.raises(SourceError) as caught:
        sheets("run.csv", [answer("x" * 1_000_000, "Traceback " * 100_000)])
    assert len(str(caught.value)) < 500


def test_labels_are_safe_to_draw_and_long_ones_stay_apart() -> None:
    assert short("a\x1b[31mb\u202e") == "ab"
    one, two = short("x" * 500 + "1"), short("x" * 500 + "2")
    assert one != two
    assert len(one) == len(two) == ID_KEPT
    assert short(one) == one


def test_a_field_of_an_item_puts_it_into_slices() -> None:
    assert labels("difficulty", "hard") == ("difficulty=hard",)
    assert labels("year", 2026) == ("year=2026",)
    assert (labels("adversarial", True), labels("adversarial", False)) == (("adversarial",), ())
    assert labels("tags", ["a", "b", "a", None, ""]) == ("tags=a", "tags=b")
    assert labels("x", None) == labels("x", "") == labels("x", {"a": 1}) == ()


def test_a_total_of_no_one_or_two_items_says_what_it_can() -> None:
    empty = Sheet(task="t", items=(), scores={"accuracy": ()})
    assert list(totals([empty], lambda _t, _m: True)) == []
    assert (total(answer()).value, total(answer()).stderr, total(answer()).n) == (1.0, None, 1)
    two = total(answer("a", 0.0), answer("b", 1.0))
    assert (two.value, two.stderr, two.n) == (0.5, 0.5, 2)


def test_a_total_of_equal_or_failed_items_has_an_error_of_zero() -> None:
    for score in (0.0, 1.0, 0.3):
        found = total(*(answer(f"q{n}", score) for n in range(10)))
        assert found.value == pytest.approx(score)
        assert found.stderr == pytest.approx(0.0, abs=1e-12)


def test_items_without_the_metric_are_not_counted() -> None:
    found = list(totals([sheet(answer(), answer("q2", scores={"f1": 0.5}))], lambda _task, metric: metric != "f1"))
    assert [(s.metric, s.n, s.higher_is_better) for s in found] == [("accuracy", 1, True), ("f1", 1, False)]


def test_the_error_of_clusters_is_that_of_their_sums() -> None:
    clustered = [answer(f"q{n}", float(n < 4), cluster=f"c{n // 2}") for n in range(8)]
    found = total(*clustered)
    sums = [2 * (1.0 - 0.5), 2 * (1.0 - 0.5), 2 * (0.0 - 0.5), 2 * (0.0 - 0.5)]
    assert found.stderr == pytest.approx(math.sqrt(sum(s * s for s in sums) * 4 / 3) / 8)
    one = total(*(answer(f"q{n}", float(n < 4), cluster="c") for n in range(8)))
    assert one.stderr is None, "a single cluster bounds nothing"


# --------------------------------------------------------------------------- properties

names = st.text(min_size=1, max_size=12).filter(lambda t: bool(short(t)))
finite = st.floats(0.0, 1.0)
tables = st.dictionaries(names.map(short), st.lists(finite, min_size=1, max_size=4), min_size=1, max_size=12)


def answers_of(table: dict[str, list[float]]) -> list[Answer]:
    return [answer(item, score, repeat=n) for item, scores in table.items() for n, score in enumerate(scores)]


@given(tables)
def test_every_score_is_kept_under_its_item(table: dict[str, list[float]]) -> None:
    found = sheet(*answers_of(table))
    assert found.items == tuple(sorted(table))
    assert found.scores["accuracy"] == tuple(tuple(table[item]) for item in found.items)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Sheet) == found


@given(tables, st.randoms(use_true_random=False))
def test_the_order_of_items_in_a_file_changes_nothing(table: dict[str, list[float]], random: Any) -> None:
    shuffled = list(table.items())
    random.shuffle(shuffled)
    assert sheet(*answers_of(dict(shuffled))) == sheet(*answers_of(table))


@given(tables)
def test_a_total_is_the_mean_of_the_items_with_its_standard_error(table: dict[str, list[float]]) -> None:
    found = total(*answers_of(table))
    means = [statistics.fmean(scores) for scores in table.values()]
    assert found.value == pytest.approx(statistics.fmean(means))
    assert found.n == len(means)
    if len(means) > 1:
        assert found.stderr == pytest.approx(statistics.stdev(means) / math.sqrt(len(means)), abs=1e-9)
    else:
        assert found.stderr is None


@given(tables, st.data())
def test_one_bad_score_anywhere_refuses_the_run(table: dict[str, list[float]], data: st.DataObject) -> None:
    answers = answers_of(table)
    place = data.draw(st.integers(0, len(answers) - 1))
    bad: Any = data.draw(st.sampled_from([math.nan, math.inf, -math.inf, None, "x", 1.0001, -0.5, [], {}]))
    answers[place] = answers[place]._replace(scores={"accuracy": bad})
    with pytest.raises(SourceError, match="is refused"):
        sheets("run.csv", answers)


@given(st.lists(names, min_size=1, max_size=5), st.text(max_size=300), st.text(max_size=300))
def test_what_is_kept_of_texts_is_safe(items: list[str], cluster: str, part: str) -> None:
    found = sheet(*(answer(i, repeat=n, cluster=cluster, slices=(part,)) for n, i in enumerate(items)))
    assert all(is_clean(text) and len(text) <= ID_KEPT for text in (*found.items, *found.clusters, *found.slices))
