"""The exposition obeys the grammar whatever a name holds; what is unknown has no sample; families do not grow without end."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.measure import Measures
from pulse_tui.domain.moments import to_us
from pulse_tui.enrich.learning.metrics import measures
from pulse_tui.enrich.learning.openmetrics import MOST, Family, Sample, escaped, exposition, families, number
from pulse_tui.enrich.learning.records import CapacitySeen, Seen
from tests.fakes.nouns import NOW, later
from tests.fakes.openmetrics import read


def text(*every: Family) -> str:
    return "\n".join(exposition(every)) + "\n"


def of(**fields: object) -> Measures:
    return measures(Seen(NOW, later(days=7), **fields))  # type: ignore[arg-type]


def test_every_measure_is_a_family_and_the_unknown_ones_have_no_sample() -> None:
    found = of(vendors={"openai": 2, "acme": None}, capacity=[CapacitySeen("production", 1, 4)])
    seen = read(text(*families(found)))
    assert seen["pulse_time_to_detect_seconds"].unit == "seconds"
    assert seen["pulse_time_to_detect_seconds"].samples == {}
    assert seen["pulse_vendor_alerts"].samples == {("pulse_vendor_alerts", (("vendor", "openai"),)): 2.0}
    assert seen["pulse_rollback_capacity_ratio"].samples == {
        ("pulse_rollback_capacity_ratio", (("environment", "production"),)): 0.25
    }
    known = seen["pulse_measure_known"].samples
    assert known["pulse_measure_known", (("measure", "time_to_detect"),)] == 0.0
    assert known["pulse_measure_known", (("measure", "vendor_alerts"),)] == 1.0
    assert seen["pulse_span_seconds"].samples == {("pulse_span_seconds", ()): 7 * 86_400.0}
    assert to_us(NOW) == found.since_us


@given(
    st.dictionaries(st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=20), st.integers(0, 10**12))
)
def test_any_name_of_a_vendor_is_a_label(vendors: dict[str, int]) -> None:
    seen = read(text(*families(of(vendors=vendors))))
    values = seen.get("pulse_vendor_alerts")
    assert len(values.samples if values else {}) == len(vendors)


def test_a_family_is_bounded_and_what_is_left_out_is_one_sample() -> None:
    seen = read(text(*families(of(vendors={f"v{n:04}": n for n in range(1_000)}))))
    samples = seen["pulse_vendor_alerts"].samples
    assert len(samples) == MOST
    assert samples["pulse_vendor_alerts", (("vendor", "other"),)] == sum(range(801))


@pytest.mark.parametrize(
    ("value", "words"), [(1.0, "1.0"), (math.nan, "NaN"), (math.inf, "+Inf"), (-math.inf, "-Inf"), (1e-9, "1e-09")]
)
def test_numbers_are_written_as_the_format_has_them(value: float, words: str) -> None:
    assert number(value) == words
    read(text(Family("pulse_x", "x", (Sample((), value),))))


def test_an_info_family_names_its_sample_so() -> None:
    assert read(text(Family("pulse_build", 'a "quote"', (Sample((("v", 'a"b\\c\nd'),), 1.0),), kind="info")))
    assert escaped('a"b\\c\nd') == 'a\\"b\\\\c\\nd'


@pytest.mark.parametrize(
    "bad",
    ["x 1\n# EOF\n", "# TYPE x gauge\nx 1\n", "# TYPE x gauge\n\nx 1\n# EOF\n", "# TYPE x gauge\nx{a=\"1\",a=\"2\"} 1\n# EOF\n",
     "# TYPE x gauge\nx 1\nx 1\n# EOF\n", "# TYPE x_s gauge\n# UNIT x_s seconds\n# EOF\n", "# TYPE x gauge\nx{a=\"\\q\"} 1\n# EOF\n"],
)  # fmt: skip
def test_the_reader_of_these_tests_is_strict(bad: str) -> None:
    with pytest.raises(AssertionError):
        read(bad)
