"""When schedules fire: as cron has it, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.cron import next_fire, problem

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
"""A Monday."""


@pytest.mark.parametrize(
    ("expression", "fires"),
    [
        ("0 3 * * *", "2026-11-24 03:00"),
        ("*/15 * * * *", "2026-11-23 03:15"),
        ("0 0 29 2 *", "2028-02-29 00:00"),
        ("0 3 * * 0", "2026-11-29 03:00"),
        ("0 3 * * 7", "2026-11-29 03:00"),
        ("0 4 * * 1", "2026-11-23 04:00"),
        ("0 3 * * mon-fri", "2026-11-24 03:00"),
        ("0 3 * * SUN", "2026-11-29 03:00"),
        ("0 3 * * fri-mon", "2026-11-27 03:00"),
        ("0 3 * * 5-7", "2026-11-27 03:00"),
        ("0 3 1 * 3", "2026-11-25 03:00"),
        ("0 3 24 * 3", "2026-11-24 03:00"),
        ("0 0 1 jan,jun *", "2027-01-01 00:00"),
        ("5,35 3 * * *", "2026-11-23 03:05"),
        ("0 3 */5 * 3", "2026-12-16 03:00"),  # a star in a day field: one of those days that is a Wednesday
        ("0 3 2 * */3", "2026-12-02 03:00"),  # a star in the week: the 2nd that is a Sunday, Wednesday or Saturday
        ("0 3 1-31/5 * 3", "2026-11-25 03:00"),  # no star: either will do
        ("0 3 * * */2", "2026-11-24 03:00"),
        ("0 3 * * fri-mon/2", "2026-11-27 03:00"),
        ("0 0 30 2 mon", "2027-02-01 00:00"),  # either will do, and a Monday comes
    ],
)
def test_the_next_time_is_crons(expression: str, fires: str) -> None:
    assert next_fire(expression, NOW) == datetime.fromisoformat(fires).replace(tzinfo=UTC)
    assert problem(expression) is None


def test_a_star_in_a_day_field_makes_both_days_count() -> None:
    fires, at = [], NOW
    for _ in range(4):
        found = next_fire("0 3 */10 * mon-fri", at)
        assert found is not None
        fires.append(f"{found:%a %d}")
        at = found
    assert fires == ["Tue 01", "Fri 11", "Mon 21", "Thu 31"]


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "daily",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "0 24 * * *",
        "0 0 0 * *",
        "0 0 * 13 *",
        "0 0 * * 8",
        "0 0 * * noday",
        "0 0 last * *",
        "0 0 * foo *",
        "5-1 * * * *",
        "0 0 30 2 *",
        "0 0 31 2 *",
        "0 0 31 4,6,9,11 *",
        "0 0 L * *",
        "0 0 * * 5#2",
        "0 0 * * 5L",
        "0 0 * * mon--fri",
        "0 0 ١ * *",
        "x * * * *",
        "0 0 * * mon-",
        "*/0 * * * *",
    ],
)
def test_what_is_no_schedule_is_told(expression: str) -> None:
    assert problem(expression)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("0 0 30 2 *", "it never fires"),
        ("60 * * * *", "'60' is no minute (0-59)"),
        ("0 0 * FOO *", "'FOO' is no month (1-12 or jan-dec)"),
        ("0 0 * * noday", "'noday' is no day of the week (0-7 or sun-sat)"),
        ("0 25 31 2 *", "'25' is no hour (0-23)"),
        ("@daily", "it has 1 fields, not five"),
    ],
)
def test_an_error_names_the_field_and_what_may_stand_there(expression: str, said: str) -> None:
    assert problem(expression) == said


def test_clocks_that_change_do_not_move_a_schedule() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    spring = datetime(2027, 3, 28, 1, 30, tzinfo=berlin)  # 02:30 does not exist there on that night
    assert next_fire("30 2 * * *", spring) == datetime(2027, 3, 28, 2, 30, tzinfo=UTC)
    autumn = datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=1)  # 02:30 for the second time: 01:30 UTC
    assert next_fire("*/30 * * * *", autumn) == datetime(2026, 10, 25, 2, 0, tzinfo=UTC)


def test_another_zone_is_the_same_moment() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=9)))
    assert next_fire("0 3 * * *", there) == next_fire("0 3 * * *", NOW)


@given(
    st.integers(-(10**9), 10**9).map(lambda s: NOW + timedelta(seconds=s / 4)),
    st.sampled_from(["*/7 * * * *", "0 3 * * 1", "30 2 1 * 5"]),
)
def test_the_next_time_is_always_later_and_the_one_after_it_later_still(after: datetime, expression: str) -> None:
    first = next_fire(expression, after)
    assert first is not None
    assert first > after
    second = next_fire(expression, first)
    assert second is not None
    assert second > first
    assert next_fire(expression, first - timedelta(seconds=1)) == first


@given(st.integers(0, 6), st.integers(0, 6))
def test_a_range_of_days_goes_over_the_end_of_the_week(first: int, last: int) -> None:
    fires, at = set(), NOW
    while (found := next_fire(f"0 0 * * {first}-{last}", at)) is not None and found <= NOW + timedelta(days=7):
        fires.add(found.isoweekday() % 7)
        at = found
    assert fires == {day % 7 for day in range(first, first + (last - first) % 7 + 1)}
