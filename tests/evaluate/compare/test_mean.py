"""Many lines at once: diagnostics that share a family, gates that do not, and the weighted mean over the tasks."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]

from pulse_tui.domain.evals import Comparison, EvalRun, Gate, Task, TaskVerdict, Verdict
from pulse_tui.evaluate.compare.mean import MEAN
from tests.evaluate.runs import Floats, lines_of, only, run, said, sheet

PASS, FAIL, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE


def _lost(count: int, of: int = 100) -> Floats:
    return np.concatenate([np.zeros(count), np.ones(of - count)])


# --------------------------------------------------------------------------- families


def _diagnostics(count: int, **changes: object) -> tuple[Task, ...]:
    return tuple(
        Task(**{"name": f"d{i}", "metric": "accuracy", "gate": Gate.DIAGNOSTIC, "must_pass": False, **changes})  # type: ignore[arg-type]
        for i in range(count)
    )


def test_a_diagnostic_must_be_a_discovery_of_its_family_and_a_gate_must_not() -> None:
    base = run("b", *(sheet(f"d{i}", np.ones(100)) for i in range(40)))
    cand = run("c", sheet("d0", _lost(8)), *(sheet(f"d{i}", np.ones(100)) for i in range(1, 40)))
    alone = only(said(base, cand, *_diagnostics(1)))
    assert (alone.verdict, alone.must_pass) == (FAIL, False)
    many = said(base, cand, *_diagnostics(40)).verdicts[0]
    assert many.verdict is OPEN
    assert "not among 40 diagnostics" in many.note
    gates = said(base, cand, *_diagnostics(40, gate=Gate.FUNCTIONAL, must_pass=True)).verdicts[0]
    assert gates.verdict is FAIL


def test_slices_of_a_diagnostic_are_in_its_family_and_slices_of_a_gate_are_not() -> None:
    parts = {f"s{i}": tuple(range(20 * i, 20 * i + 20)) for i in range(30)}
    base, cand = run("b", sheet("d0", np.ones(600), slices=parts)), run("c", sheet("d0", _lost(5, 600), slices=parts))
    (diagnostic,) = _diagnostics(1, slices=tuple(parts))
    gate = msgspec.structs.replace(diagnostic, gate=Gate.FUNCTIONAL, must_pass=True)
    loose, strict = (lines_of(said(base, cand, t))["d0", "accuracy", "s0"] for t in (diagnostic, gate))
    assert (loose.verdict, strict.verdict) == (OPEN, FAIL)
    assert "not among 31 diagnostics" in loose.note


def test_what_must_never_fail_fails_in_any_family_and_lends_no_other_line_its_weight() -> None:
    """Counted among the tests, certain failures would let the others through: two of three hundred then pass as news."""
    base = run("b", *(sheet(f"d{i}", np.ones(100)) for i in range(40)))
    cand = run("c", sheet("d0", _lost(8)), *(sheet(f"d{i}", _lost(1)) for i in range(1, 40)))
    tasks = _diagnostics(40, zero_tolerance=("i000",))
    found = lines_of(said(base, cand, *tasks))
    assert all(found[f"d{i}", "accuracy", "zero tolerance"].verdict is FAIL for i in range(40))
    assert found["d0", "accuracy", ""].verdict is OPEN


def test_what_could_not_be_tested_does_not_make_the_family_stricter() -> None:
    base, cand = run("b", sheet("d0", np.ones(100))), run("c", sheet("d0", _lost(8)))
    found = said(base, cand, *_diagnostics(40))
    assert found.verdicts[0].verdict is FAIL
    assert {v.verdict for v in found.verdicts[1:] if v.task != MEAN} == {OPEN}


# --------------------------------------------------------------------------- the mean over the tasks


def _suite(*losses: int, metric: str = "accuracy", of: int = 400) -> tuple[EvalRun, EvalRun]:
    names = [f"t{i}" for i in range(len(losses))]
    return (
        run("b", *(sheet(n, np.ones(of), metric) for n in names)),
        run("c", *(sheet(n, _lost(k, of), metric) for n, k in zip(names, losses, strict=True))),
    )


def _mean(found: Comparison) -> TaskVerdict:
    return next(v for v in found.verdicts if v.task == MEAN)


def test_the_mean_weighs_the_tasks_and_carries_their_errors() -> None:
    chance = np.random.default_rng(5)
    base = {n: chance.random(k) for n, k in (("t0", 80), ("t1", 200))}
    cand = {n: b * 0.9 + 0.1 * chance.random(b.size) for n, b in base.items()}
    tasks = (Task(name="t0", metric="accuracy", weight=3.0), Task(name="t1", metric="accuracy", weight=1.0))
    one, two = (run(n, *(sheet(t, x) for t, x in side.items())) for n, side in (("b", base), ("c", cand)))
    line = _mean(said(one, two, *tasks, margin=0.02))
    gains = [cand[n] - base[n] for n in ("t0", "t1")]
    shares, errors = np.array([0.75, 0.25]), np.array([stats.sem(g) for g in gains])
    terms = (shares * errors) ** 2
    freedom = terms.sum() ** 2 / (terms**2 / np.array([79, 199])).sum()
    reach = stats.t.ppf(0.95, freedom) * math.sqrt(terms.sum())
    delta = float(shares @ [g.mean() for g in gains])
    assert (line.delta, line.low, line.high) == pytest.approx((delta, delta - reach, delta + reach))
    assert line.baseline == pytest.approx(0.75 * base["t0"].mean() + 0.25 * base["t1"].mean())
    assert (line.n, line.must_pass) == (280, True)


def test_the_error_of_the_mean_is_right_at_its_margin() -> None:
    chance, wrong, rounds = np.random.default_rng(6), [0, 0], 300
    tasks = tuple(Task(name=f"t{i}", metric="accuracy", weight=w) for i, w in enumerate((5.0, 1.0, 1.0)))
    for _ in range(rounds):
        base, cand = [], []
        for i, n in enumerate((60, 150, 300)):
            share = chance.beta(2, 1, n)[:, None]
            base.append(sheet(f"t{i}", (chance.random((n, 3)) < share).astype(float)))
            cand.append(sheet(f"t{i}", (chance.random((n, 3)) < share * (1 - 0.03)).astype(float)))
        verdict = _mean(said(run("b", *base), run("c", *cand), *tasks, margin=0.02)).verdict  # 2/3 x 0.03 = the margin
        wrong[0] += verdict is FAIL
        wrong[1] += verdict is PASS
    assert max(wrong) / rounds <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / rounds)


def test_a_slice_does_not_count_twice_and_without_a_margin_the_mean_decides_nothing() -> None:
    base, cand = _suite(40, 0)
    tasks = [Task(name=f"t{i}", metric="accuracy", slices=("hard",)) for i in range(2)]
    line = _mean(said(base, cand, *tasks))
    assert line.delta == pytest.approx(-0.05)
    assert (line.must_pass, line.gate) == (False, Gate.DIAGNOSTIC)


def test_a_share_of_which_less_is_better_counts_as_what_is_missing_of_it() -> None:
    base = run("b", sheet("qa", np.ones(400)), sheet("jb", np.zeros(400), "jailbreak_success"))
    cand = run("c", sheet("qa", np.ones(400)), sheet("jb", _lost(360, 400)[::-1] * 1.0, "jailbreak_success"))
    tasks = (Task(name="qa", metric="accuracy"), Task(name="jb", metric="jailbreak_success", gate=Gate.SAFETY))
    line = _mean(said(base, cand, *tasks, margin=0.02))
    assert (line.baseline, line.current, line.delta) == pytest.approx((1.0, 0.95, -0.05))
    assert line.verdict is FAIL


def test_a_task_without_an_interval_leaves_the_mean_without_one() -> None:
    """The mean of the others is another number, and might pass."""
    base, cand = _suite(0, 0)
    tasks = [Task(name=n, metric="accuracy") for n in ("t0", "t1", "t2")]
    line = _mean(said(base, cand, *tasks, margin=0.02))
    assert (line.verdict, line.current, line.note) == (OPEN, None, "no interval is known for t2 accuracy")


def test_metrics_of_the_same_items_add_their_errors_up() -> None:
    """Twice the same column is no second opinion."""
    chance = np.random.default_rng(7)
    base, cand = chance.random(100), chance.random(100)
    one_run, other = (run(n, sheet("qa", {"accuracy": x, "f1": x})) for n, x in (("b", base), ("c", cand)))
    tasks = [Task(name="qa", metric=m) for m in ("accuracy", "f1")]
    found = said(one_run, other, *tasks, margin=0.02)
    line, one = _mean(found), found.verdicts[0]
    assert (line.low, line.high) == pytest.approx((one.low, one.high))
    assert line.n == 100


def test_seconds_money_and_per_cents_do_not_add_up_with_shares() -> None:
    base = run("b", sheet("qa", {"accuracy": np.ones(50), "latency_s": np.ones(50), "pct": np.full(50, 90.0)}))
    tasks = [Task(name="qa", metric=m) for m in ("accuracy", "latency_s", "pct")]
    assert not [v for v in said(base, base, *tasks).verdicts if v.task == MEAN]


def test_a_mean_that_is_not_decided_names_the_task_that_blurs_it_most() -> None:
    chance = np.random.default_rng(8)
    sharp, blurred = chance.integers(0, 2, 500), chance.integers(0, 2, 30)
    base = run("b", sheet("t0", sharp), sheet("t1", blurred))
    cand = run("c", sheet("t0", sharp), sheet("t1", blurred[::-1]))
    line = _mean(said(base, cand, *(Task(name=n, metric="accuracy") for n in ("t0", "t1")), margin=0.02))
    assert line.verdict is OPEN
    assert "most of it is of t1" in line.note
