"""How a service level is followed from look to look, and what a configuration of one may say."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from pulse_tui.collectors.prometheus.ask import Grid
from pulse_tui.collectors.prometheus.level import Followed, Level, Report, Seen, Standing, chance, look, over
from pulse_tui.collectors.prometheus.options import Options, levels
from pulse_tui.collectors.prometheus.queries import filled
from pulse_tui.domain.words import Environment, SignalType
from pulse_tui.settings.check import convert
from pulse_tui.settings.document import parse

LEVEL = Level("p95_latency", "p95 latency", SignalType.LATENCY_BREACH, "q", 1_000.0, "ms", 800.0, 1.15, 1e9)
STEP, WINDOW = 30_000, 300_000

values = st.one_of(
    st.none(),
    st.just(math.nan),
    st.just(math.inf),
    st.sampled_from([0.4, 0.8, 0.9, 0.92, 0.93, 2.0]),
    st.floats(0, 10),
)


@given(st.lists(values, min_size=3, max_size=60))
def test_whatever_comes_a_breach_is_confirmed_ended_once_and_never_by_silence(series: list[float | None]) -> None:
    followed, standing, last = Followed(), Report.OVER, -WINDOW
    for i in range(3, len(series) + 1):
        end = i * STEP
        points = series[i - 3 : i]
        seen = look(LEVEL, points, None, 1)
        followed, told = followed.next(seen, LEVEL, Grid(end, STEP, 3), WINDOW, partial=False)
        finite = [round(p * 1_000, 4) for p in points if p is not None and math.isfinite(p)]
        if told is Report.NOTHING:
            if seen.standing is Standing.BREACH:
                assert standing is Report.BREACH
                assert end - last < WINDOW
            continue
        assert len(finite) == 3
        if told is Report.BREACH:
            assert all(over(LEVEL, value) for value in finite)
            assert standing is not Report.BREACH or end - last >= WINDOW
            last = end
        else:
            assert standing is Report.BREACH or (standing is Report.EASED and told is Report.OVER)
            assert not any(over(LEVEL, value) for value in finite)
        if told is Report.OVER:
            assert sorted(finite)[1] <= LEVEL.objective
            assert followed == Followed()
        standing = told


@given(st.lists(values, min_size=1, max_size=5), st.lists(values, min_size=5, max_size=5))
def test_a_look_with_a_point_missing_is_neither_a_breach_nor_health(
    points: list[float | None], requests: list[float | None]
) -> None:
    seen = look(LEVEL, points, requests[: len(points)], 2)
    if any(p is None or not math.isfinite(p) for p in (*points, *requests[: len(points)])):
        assert seen.standing not in (Standing.BREACH, Standing.WITHIN)
    if seen.standing in (Standing.BREACH, Standing.WITHIN):
        assert seen.requests is not None
        assert seen.requests >= 2


@pytest.mark.parametrize("share", [0.001, 0.01, 0.3, 0.9])
@pytest.mark.parametrize("n", [1, 20, 999, 100_000])
def test_the_chance_of_so_many_errors_is_the_binomial_tail(n: int, share: float) -> None:
    mean, sd = n * share, math.sqrt(n * share * (1 - share))
    for count in {0, 1, n, *(min(n, max(0, round(mean + k * sd))) for k in (-6, -2, 0, 1, 2, 5, 9))}:
        assert chance(count, n, share) == pytest.approx(stats.binom.sf(count - 1, n, share), rel=1e-6, abs=1e-9)


def test_a_great_many_requests_are_judged_in_no_time() -> None:
    level = LEVEL._replace(signal_type=SignalType.ERROR_RATE_BREACH, unit="%", objective=1.0, limit=1.0, factor=100.0)
    assert look(level, [0.0101], [1e15], 20).standing is Standing.OPEN
    assert look(level, [0.011], [1e15], 20) == Seen(Standing.BREACH, 1.1, 10**15)


@given(st.integers(0, 10**13), st.integers(500, 600_000), st.integers(1, 10), st.data())
def test_points_lie_on_the_grid_that_was_asked_for(end: int, step: int, count: int, data: st.DataObject) -> None:
    grid = Grid(end // step * step, step, count)
    moments = [grid.start + i * step for i in range(count)]
    kept = data.draw(st.sets(st.sampled_from(range(count))))
    told = [(moments[i] / 1_000, float(i)) for i in kept]
    foreign = [(grid.end / 1_000 + step / 1_000, 7.0), ((grid.start - step) / 1_000, 7.0), (math.nan, 7.0)]
    assert grid.lay([*told, *foreign]) == [float(i) if i in kept else None for i in range(count)]


# --------------------------------------------------------------------------- configuration

GOOD = """
url: http://127.0.0.1:9090
window: 10m
objectives:
  - asset: support-bot
    environment: canary
    latency: {p95: "f(x[$window])", objective: 800ms}
    errors: {rate: "g(x[$window])", objective: 1%, limit: 1.5}
    requests: h(x[$window])
    for: 5
    window: 90s
  - {asset: support-bot, errors: {rate: "label_replace(v, 'a', '$1', 'b', '(.*)$')", objective: 0.001}}
"""


def read(text: str) -> tuple[Options | None, str]:
    node, problems = parse(text, "pulse.yaml")
    assert node is not None
    options = convert(node, Options, problems)
    return options, "\n".join(map(str, problems))


def test_a_configuration_is_typed_and_its_units_are_explicit() -> None:
    options, problems = read(GOOD)
    assert problems == ""
    assert options is not None
    first, second = options.objectives
    assert (first.environment, first.confirm, second.environment) == (Environment.CANARY, 5, Environment.PRODUCTION)
    latency, errors = levels(first, 90.0)
    assert (latency.query, latency.objective, latency.unit, latency.limit) == ("f(x[90s])", 800.0, "ms", 1.15)
    assert (errors.query, errors.objective, errors.unit, errors.limit) == ("g(x[90s])", 1.0, "%", 1.5)
    (strict,) = levels(second, options.window)
    assert (strict.objective, strict.query) == (0.1, "label_replace(v, 'a', '$1', 'b', '(.*)$')")
    assert filled("x[$window] $windows", 0.5) == "x[500ms] $windows"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("objective: 800ms", "objective: 800", "'800' is not a latency: write it with its unit"),
        ("objective: 800ms", "objective: 0s", "is not a latency"),
        ("objective: 800ms", "objective: soon", "is not a latency"),
        ("objective: 1%", "objective: 1", "is not a share of requests: write 1% or 0.01"),
        ("objective: 1%", "objective: 0", "is not a share"),
        ("objective: 1%", "objective: 1%%", "is not a share"),
        ("objective: 1%", "objective: nan", "is not a share"),
        ("objective: 1%, limit: 1.5", "objective: 50%, limit: 2", "can never be passed"),
        ("limit: 1.5", "limit: 0.5", ">= 1"),
        ("f(x[$window])", "f(x[$__rate_interval])", "$__rate_interval, which nobody fills in: only $window is known"),
        ("f(x[$window])", "f(x{a='${job}'}[5m])", "${job}, which nobody fills in"),
        ("f(x[$window])", "f(x[$interval])", "[$interval, which nobody fills in"),
        ("f(x[$window])", " ", "'p95' holds no query"),
        ("for: 5", "for: 0", ">= 1"),
        ("for: 5", "four: 5", "unknown key 'four'"),
        ("environment: canary", "environment: canry", "did you mean 'canary'"),
        ("environment: canary", "environment: production", "support-bot has two objectives in production"),
        ("window: 90s", "window: 5s", "'step' is longer than the window of support-bot"),
        ("window: 10m", "window: 10m\nusername: ana", "'username' and 'password' go together"),
        ("window: 10m", "token: a\nusername: ana\npassword: b", "not both"),
        ("url: http://127.0.0.1:9090", "", "the key 'url' is missing"),
        ("    for: 5", "    p95: x", "unknown key 'p95'"),
    ],
)
def test_a_mistake_in_the_configuration_is_named(old: str, new: str, why: str) -> None:
    assert old in GOOD
    options, problems = read(GOOD.replace(old, new, 1))
    assert options is None
    assert why in problems


def test_an_objective_about_nothing_and_an_empty_list_are_mistakes() -> None:
    assert "needs 'latency' or 'errors'" in read("url: u\nobjectives: [{asset: bot}]")[1]
    assert "name nothing to watch" in read("url: u\nobjectives: []")[1]
    assert "the key 'objective' is missing" in read("url: u\nobjectives: [{asset: bot, latency: {p95: x}}]")[1]
