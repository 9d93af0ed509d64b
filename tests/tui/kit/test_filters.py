from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.moments import to_us
from pulse_tui.tui.kit.bad import BadFilter
from pulse_tui.tui.kit.filters import moment_of, parse

COLUMNS = ("prio", "state", "what", "owner", "env", "count")
ROW = {
    "prio": "P2",
    "state": "firing",
    "what": "accuracy fell on Support-Bot",
    "owner": "ml",
    "env": "prod",
    "count": "12",
}


def holds(text: str) -> bool:
    return parse(text, COLUMNS).matches(ROW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("support", True),
        ("SUPPORT fell", True),
        ("support nothing", False),
        ("!support", False),
        ("!nothing", True),
        ("prio<=P2", True),
        ("prio<P2", False),
        ("prio>=P2", True),
        ("prio=p2", True),
        ("priority!=P2", False),
        ("sev>=high", True),
        ("sev>=critical", False),
        ("sev<high", False),
        ("env=prod", True),
        ("env!=prod", False),
        ("count>9", True),
        ("x>=13", False),
        ("!", False),
    ],
)
def test_words_and_comparisons(text: str, expected: bool) -> None:
    assert holds(text) is expected


def test_an_unknown_column_names_the_nearest() -> None:
    with pytest.raises(BadFilter, match="did you mean owner"):
        parse("ower=ml", COLUMNS)


@pytest.mark.parametrize("text", ["prio<=", "prio<=P9", "sev>=awful", "count>many", "owner>ml"])
def test_a_comparison_with_nonsense_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(BadFilter):
        parse(text, COLUMNS)


def test_a_severity_of_its_own_wins_over_the_priority() -> None:
    assert not parse("sev>=high", (*COLUMNS, "sev")).matches({**ROW, "sev": "low"})


@given(st.text(max_size=40))
def test_any_text_is_a_filter_or_a_bad_filter_and_never_another_error(text: str) -> None:
    try:
        parsed = parse(text, COLUMNS)
    except BadFilter:
        return
    assert parsed.matches(ROW) in (True, False)
    assert parse(parsed.text, COLUMNS) == parsed


# ------------------------------------------------------------------ when

NOW = datetime(2026, 11, 28, 4, 0, tzinfo=UTC)


def in_time(text: str, moment: datetime | None, now: datetime = NOW, zone: tzinfo = UTC) -> bool:
    parsed = parse(text, COLUMNS, moments=True)
    return parsed.judge(to_us(now), zone)(None if moment is None else to_us(moment))


@pytest.mark.parametrize(
    ("text", "minutes_ago", "expected"),
    [
        ("age<1h", 59, True), ("age<1h", 60, False), ("age<=1h", 60, True), ("age>2d", 2 * 1440 + 1, True), ("age>2d", 1440, False),
        ("age<90m", 80, True), ("age<1.5h", 80, True), ("age>=1w", 7 * 1440, True), ("age<30s", 0, True), ("AGE<1H", 5, True),
        ("since=03:00", 60, True), ("since=03:00", 61, False), ("until=03:00", 61, True), ("until=03:00", 59, False),
        ("since=05:00", 22 * 60, True), ("since=05:00", 24 * 60, False),
        ("since=2026-11-28T03:00Z", 30, True), ("since=2026-11-28T03:00:00+01:00", 119, True), ("since=2026-11-28", 239, True),
        ("age<1h since=03:30", 45, False), ("age<1h since=03:30", 15, True),
    ],
)  # fmt: skip
def test_a_filter_knows_when(text: str, minutes_ago: int, expected: bool) -> None:
    assert in_time(text, NOW - timedelta(minutes=minutes_ago)) is expected


def test_a_clock_time_is_of_the_operators_zone_and_the_last_one_that_was() -> None:
    berlin = ZoneInfo("Europe/Berlin")  # 05:00 there
    assert in_time("since=04:30", NOW - timedelta(minutes=30), zone=berlin)
    assert not in_time("since=04:30", NOW - timedelta(minutes=31), zone=berlin)
    assert in_time("since=06:00", NOW - timedelta(hours=23), zone=berlin)
    assert in_time("since=2026-11-28T04:30", NOW - timedelta(minutes=30), zone=berlin)


def test_what_has_no_known_moment_is_in_no_time_and_what_is_to_come_has_no_age() -> None:
    for text in ("age<1h", "age>1h", "since=03:00", "until=03:00"):
        assert not in_time(text, None)
    assert not in_time("age<1h", NOW + timedelta(hours=1))
    assert in_time("age<1h", NOW + timedelta(minutes=1)), "a clock that is a little ahead"
    assert in_time("since=03:00", NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("age<5x", "write age<1h or age>2d"), ("age=1h", "write age<1h"), ("age<", "write age<1h"), ("since=25:00", "write since=03:00"),
        ("since>03:00", "write since=03:00"), ("until=", "or until=2026-11-28T03:00Z"), ("since=yesterday", "write since=03:00"),
        ("since=0001-01-01", "write since=03:00"), ("sinse=03:00", "did you mean since?"),
    ],
)  # fmt: skip
def test_a_wrong_time_is_refused_with_an_example(text: str, words: str) -> None:
    with pytest.raises(BadFilter) as refused:
        parse(text, COLUMNS, moments=True)
    assert words in str(refused.value)


def test_a_table_without_moments_knows_no_ages() -> None:
    with pytest.raises(BadFilter, match="no column 'age' here"):
        parse("age<1h", COLUMNS)


@given(st.text(max_size=20), st.sampled_from(["age<", "age>=", "since=", "until="]))
def test_any_time_is_a_filter_or_a_bad_filter_and_never_another_error(text: str, begin: str) -> None:
    try:
        parsed = parse(f"{begin}{text}", COLUMNS, moments=True)
    except BadFilter:
        return
    assert parsed.judge(to_us(NOW))(to_us(NOW)) in (True, False)
    assert parse(parsed.text, COLUMNS, moments=True) == parsed


@given(
    minutes=st.integers(0, 525_600),
    at=st.times(),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"]),
)
def test_a_clock_time_lies_within_the_last_day_or_the_hour_that_a_zone_shifts(
    minutes: int, at: time, zone: str
) -> None:
    now = NOW + timedelta(minutes=minutes)
    found = moment_of(at, now, ZoneInfo(zone)).astimezone(UTC)
    assert now - timedelta(hours=25) <= found <= now + timedelta(hours=1)
