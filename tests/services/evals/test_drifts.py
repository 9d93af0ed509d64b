"""Levels that moved over many runs: told once they are confirmed, with the releases between which it happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.evals import Basis, Task
from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Change, Priority, SignalType
from pulse_tui.services.evals.drifts import FEWEST
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.settings.shapes import SuiteShape
from tests.fakes.clock import Clock
from tests.fakes.nouns import changed, release, run_of, score, signal
from tests.fakes.runs import suited, take
from tests.services.said import alerts, holds, told

SUITE = SuiteShape(id="golden", tasks=(Task(name="qa", metric="accuracy", must_pass=False),))


def noisy(level: float, count: int, start: int = 0) -> Iterator[float]:
    """``count`` values that look like noise of a standard deviation of 0.5 points around the level, always the same."""
    for i in range(start, start + count):
        yield level + 0.017 * (((i + 1) * 0.6180339887) % 1.0 - 0.5)


def play(judge: JudgeParts, clock: Clock, values: Sequence[float], first: int = 0, metric: str = "accuracy") -> None:
    """A run a day, each of a release of its own: 1.0.0, 1.1.0 ..."""
    for i, value in enumerate(values, start=first):
        clock.pass_(days=1)
        made = run_of(f"run-{i}", f"1.{i}.0", value, at=clock())
        with judge.store.write() as tx:
            tx.estate.add_release(release(f"1.{i}.0"))
        take(judge, changed(made, scores=(score(value, metric=metric, n=500),)))


def drifted(judge: JudgeParts, kind: SignalType = SignalType.BENCHMARK_REGRESSION) -> list[Signal]:
    return [s for s in told(judge, kind) if s.evidence.basis is Basis.DRIFT]


@pytest.fixture
def watched(judge: JudgeParts) -> JudgeParts:
    return suited(judge, SUITE)


def test_a_confirmed_fall_names_the_releases_between_which_it_happened_and_is_one_alert(
    watched: JudgeParts, clock: Clock
) -> None:
    values = [*noisy(0.90, 18), *noisy(0.85, 12, 18)]
    play(watched, clock, values[:22])
    assert drifted(watched) == [], "four runs confirm nothing"
    play(watched, clock, values[22:], 22)
    signal = drifted(watched)[0]
    assert (signal.baseline_version, signal.current_version) == ("1.17.0", "1.18.0")
    proof = signal.evidence
    assert (proof.baseline_run, proof.candidate_run, proof.n, proof.method) == ("run-17", "run-18", 23, "change point")
    assert proof.between.startswith("between 1.17.0 (iteration ")
    assert (proof.baseline, proof.current) == pytest.approx((0.90, 0.85), abs=0.004)
    assert signal.title.startswith("qa accuracy level moved -4.8 pp on support-bot, between 1.17.0 (iteration ")
    (alert,) = [a for a in alerts(watched) if a.rule_id == "level-drift"]
    assert (alert.state, alert.priority) == (AlertState.FIRING, Priority.P3)
    assert alert.title.startswith("accuracy level moved -4.8 pp on support-bot")
    assert holds(watched) == [], "it tells, it does not block"


def test_a_fall_is_told_once_however_many_runs_confirm_it(watched: JudgeParts, clock: Clock) -> None:
    play(watched, clock, [*noisy(0.90, 18), *noisy(0.85, 17, 18)])
    assert len({s.fingerprint for s in drifted(watched)}) == 1
    assert len([a for a in alerts(watched) if a.rule_id == "level-drift"]) == 1


def test_a_fall_within_one_release_says_that_nothing_of_ours_was_released(watched: JudgeParts, clock: Clock) -> None:
    for i, value in enumerate([*noisy(0.90, 15), *noisy(0.85, 10, 15)]):
        clock.pass_(hours=6)
        take(watched, run_of(f"run-{i}", "3.8.1", value, at=clock()))
    (signal, *_) = drifted(watched)
    assert signal.evidence.between.startswith("within 3.8.1 (iteration 2), between its runs of ")
    assert signal.evidence.between.endswith(": no release of ours in between")


def test_a_fall_within_one_release_names_what_was_pushed_to_it_in_between(watched: JudgeParts, clock: Clock) -> None:
    for i, value in enumerate([*noisy(0.90, 15), *noisy(0.85, 10, 15)]):
        clock.pass_(hours=3)
        if i == 15:
            evidence = VersionEvidence(actor="ana")
            pushed = signal(
                "p", SignalType.VERSION_EVENT, change=Change.SYSTEM_PROMPT_CHANGE, asset_id="support-bot",
                current_version="3.8.1", title="refunds", evidence=evidence, occurred_at=clock(), observed_at=clock(),
            )  # fmt: skip
            ingest([pushed], [], watched, clock())
        clock.pass_(hours=3)
        take(watched, run_of(f"run-{i}", "3.8.1", value, at=clock()))
    (found, *_) = drifted(watched)
    assert found.evidence.between.endswith(": system prompt change by ana: refunds")


def test_a_recovery_ends_it_and_another_fall_is_another_episode(watched: JudgeParts, clock: Clock) -> None:
    seen = []
    for turn, level in enumerate((0.90, 0.85, 0.90, 0.85)):
        play(watched, clock, list(noisy(level, 20, 20 * turn)), 20 * turn)
        seen.append([a.state.value for a in alerts(watched) if a.rule_id == "level-drift"])
    assert seen == [[], ["firing"], ["resolved"], ["firing", "resolved"]]


def test_fewer_than_ten_runs_say_nothing(watched: JudgeParts, clock: Clock) -> None:
    play(watched, clock, [0.9] * 4 + [0.5] * 5)
    assert FEWEST == 10
    assert drifted(watched) == []


def test_noise_and_one_odd_run_are_no_drift(watched: JudgeParts, clock: Clock) -> None:
    play(watched, clock, [*noisy(0.90, 15), 0.70, *noisy(0.90, 20, 16)])
    assert drifted(watched) == []


def test_a_rise_is_no_alert_where_higher_is_better_and_one_where_lower_is(judge: JudgeParts, clock: Clock) -> None:
    values = [*noisy(0.85, 15), *noisy(0.90, 10, 15)]
    better = suited(judge, SUITE)
    play(better, clock, values)
    assert drifted(better) == []
    toxic = Task(name="qa", metric="toxicity", must_pass=False, higher_is_better=False)
    worse = suited(judge, changed(SUITE, id="toxic", tasks=(toxic,)))
    for i, value in enumerate(values):
        clock.pass_(days=1)
        made = run_of(f"toxic-{i}", f"1.{i}.0", value, suite="toxic", at=clock())
        take(worse, changed(made, scores=(score(value, metric="toxicity"),)))
    (signal, *_) = drifted(worse)
    assert (signal.evidence.worse_pp, signal.evidence.higher_is_better) == (pytest.approx(5.0, abs=0.5), False)
    assert signal.title.startswith("qa toxicity level moved +5.")


def test_a_level_is_told_in_the_unit_of_its_metric(judge: JudgeParts, clock: Clock) -> None:
    slow = Task(name="qa", metric="p95_latency", must_pass=False, higher_is_better=False)
    known = suited(judge, changed(SUITE, tasks=(slow,)))
    play(known, clock, [1_000 * v for v in (*noisy(0.80, 15), *noisy(0.95, 10, 15))], metric="p95_latency")
    (signal, *_) = drifted(known)
    assert signal.title.startswith("qa p95_latency level moved +1")
    assert " ms on support-bot, between 1.14.0" in signal.title
    assert " pp" not in signal.title
    (alert,) = [a for a in alerts(known) if a.rule_id == "level-drift"]
    assert " ms on support-bot" in alert.title
