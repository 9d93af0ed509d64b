"""Rounds of a hosted model against its baseline: what is found, in which round, and what ends."""

from __future__ import annotations

import msgspec
import pytest

from pulse_tui.domain.tripwire import Metric, ProbeKind
from pulse_tui.evaluate.tripwire import BACK, standing
from tests.fakes.nouns import changed
from tests.servers.chat_api import ChatApi
from tests.servers.wires import OPTIONS, Watch

LEARN = OPTIONS.learn


def learned(seed: int = 1, **fields: object) -> Watch:
    """A tripwire whose baseline is pinned."""
    api = ChatApi(seed=seed)
    for name, value in fields.items():
        setattr(api, name, value)
    watch = Watch(api).times(LEARN)
    assert watch.baseline is not None
    assert watch.baseline.pinned
    return watch


def rates(watch: Watch, kind: ProbeKind, rate: float) -> None:
    watch.api.rates = {**watch.api.rates, kind: rate}


def test_a_thousand_unchanged_rounds_are_no_shift() -> None:
    """With a fourth of the requests a round, for the time it takes; ``tests.bench tripwire`` sends them all."""
    options = changed(OPTIONS, repeats=1, learn=4 * LEARN)
    watch = Watch(ChatApi(), options).times(options.learn + 1_000)
    assert (watch.found, watch.shifts) == ([], ())


def test_until_the_last_learning_round_nothing_is_pinned() -> None:
    watch = Watch(ChatApi()).times(LEARN - 1)
    assert watch.baseline is not None
    assert not watch.baseline.pinned
    assert {line.state for line in standing(watch.baseline, watch.rounds)} == {"learning"}


def test_a_hidden_system_prompt_is_found_in_the_first_round() -> None:
    watch = learned()
    watch.api.hidden_tokens = 20
    watch.look()
    assert watch.found == [(LEARN + 1, Metric.TOKENS)]
    (shift,) = watch.shifts
    assert shift.after.endswith("+20 in each")
    assert (shift.rounds, shift.since) == (1, watch.rounds[-1].at)


def test_one_token_more_is_found_as_well() -> None:
    watch = learned()
    watch.api.hidden_tokens = 1
    assert [m for _, m in watch.times(1).found] == [Metric.TOKENS]


def test_another_model_under_the_same_name_is_found_in_the_first_round() -> None:
    watch = learned()
    watch.api.model = "chat-large-2026-11-01"
    watch.look()
    assert watch.found == [(LEARN + 1, Metric.MODEL)]
    assert watch.shifts[0].values == ("chat-large-2026-11-01",)


def test_fingerprints_that_rotate_are_known_and_a_new_one_is_a_shift_of_its_own() -> None:
    watch = learned(fingerprints=("fp_a", "fp_b", "fp_c")).times(50)
    assert watch.found == []
    watch.api.fingerprints = ("fp_a", "fp_new")
    watch.look()
    assert [m for _, m in watch.found] == [Metric.FINGERPRINT]


@pytest.mark.parametrize(("rate", "most"), [(0.5, 2), (0.25, 15)])
def test_a_changed_refusal_rate_is_found_within_the_stated_rounds(rate: float, most: int) -> None:
    watch = learned(seed=4)
    rates(watch, ProbeKind.REFUSAL, rate)
    assert watch.until(lambda: watch.found, most) is not None
    assert [m for _, m in watch.found] == [Metric.REFUSALS]


def test_a_format_that_is_kept_less_often_is_found() -> None:
    watch = learned(seed=3)
    rates(watch, ProbeKind.FORMAT, 0.7)
    assert watch.until(lambda: watch.found, 12) is not None
    assert watch.shifts[0].metric is Metric.FORMAT


def test_a_shift_is_found_once_and_keeps_its_beginning_while_it_lasts() -> None:
    watch = learned()
    watch.api.hidden_tokens = 20
    watch.times(30)
    assert len(watch.found) == 1
    assert watch.shifts[0].since == watch.rounds[LEARN].at


def test_a_shift_ends_after_rounds_within_the_baseline_and_can_come_again() -> None:
    watch = learned()
    watch.api.hidden_tokens = 20
    watch.times(3)
    watch.api.hidden_tokens = 0
    watch.times(BACK - 1)
    assert watch.shifts
    watch.look()
    assert (watch.shifts, [m for _, m in watch.ended]) == ((), [Metric.TOKENS])
    watch.api.hidden_tokens = 20
    watch.look()
    assert [m for _, m in watch.found] == [Metric.TOKENS] * 2


def test_a_refusal_rate_returns_by_its_own_rounds() -> None:
    watch = learned()
    rates(watch, ProbeKind.REFUSAL, 0.6)
    assert watch.until(lambda: watch.found, 5)
    rates(watch, ProbeKind.REFUSAL, 0.05)
    assert (watch.until(lambda: watch.ended, 20) or 0) >= BACK
    assert watch.times(100).found[1:] == []


def test_rounds_without_usage_say_nothing_of_tokens_and_end_no_shift() -> None:
    watch = learned()
    watch.api.hidden_tokens = 20
    watch.look()
    watch.api.broken = {"usage": ...}
    watch.times(3 * BACK)
    assert [s.metric for s in watch.shifts] == [Metric.TOKENS]
    assert watch.baseline is not None
    states = {line.metric: line.state for line in standing(watch.baseline, watch.rounds)}
    assert states[Metric.TOKENS] == "shifted"
    watch.api.hidden_tokens = 0


def test_what_the_last_round_does_not_show_is_unknown() -> None:
    watch = learned()
    watch.api.broken = {"usage": None, "system_fingerprint": ..., "model": ...}
    watch.look()
    assert watch.baseline is not None
    states = {line.metric: line.state for line in standing(watch.baseline, watch.rounds)}
    unknown = {Metric.TOKENS, Metric.FINGERPRINT, Metric.MODEL}
    assert {m for m, state in states.items() if state == "unknown"} == unknown
    assert watch.found == []


def test_one_stray_count_of_tokens_is_no_shift() -> None:
    watch = learned()
    stray = watch.rounds[-1]
    first = stray.results[0]
    changed = msgspec.structs.replace(first, prompt_tokens=((first.prompt_tokens[0][0] + 9, 1),))
    item = msgspec.structs.replace(stray, results=(changed, *stray.results[1:]))
    assert watch.baseline is not None
    lines = standing(watch.baseline, [item])
    assert next(line for line in lines if line.metric is Metric.TOKENS).state == "within"


def test_counts_that_varied_while_they_were_learned_are_known_with_what_lies_between() -> None:
    watch = Watch(ChatApi())
    for extra in (0, 4, 0, 4, 1):
        watch.api.hidden_tokens = extra
        watch.times(LEARN // 5)
    watch.api.hidden_tokens = 3
    assert watch.times(3).found == []
    watch.api.hidden_tokens = 5
    assert [m for _, m in watch.times(1).found] == [Metric.TOKENS]


def test_ids_that_are_new_each_time_show_nothing() -> None:
    watch = Watch(ChatApi())
    for number in range(60):
        watch.api.fingerprints = (f"fp_{number}_a", f"fp_{number}_b", f"fp_{number}_c")
        watch.look()
    assert watch.found == []
    assert watch.baseline is not None
    states = {line.metric: line.state for line in standing(watch.baseline, watch.rounds)}
    assert states[Metric.FINGERPRINT] == "unknown"


def test_slower_answers_are_found_and_nothing_else_is() -> None:
    watch = learned(seed=7)
    watch.api.latency_ms *= 2
    assert watch.until(lambda: watch.found, 24) is not None
    assert [m for _, m in watch.found] == [Metric.LATENCY]


def test_measured_times_are_not_compared_with_stated_ones() -> None:
    watch = learned()
    watch.api.timed = False
    watch.times(30)
    assert watch.found == []
