"""When schedules fire: as cron has it, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.cron import cron
from pulse_tui.scheduling import cron_next, cron_problem

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
    ],
)
def test_the_next_time_is_crons(expression: str, fires: str) -> None:
    assert cron_next(expression, NOW) == datetime.fromisoformat(fires).replace(tzinfo=UTC)
    assert cron_problem(expression) is None


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
        "0 0 31 2 *",
        "x * * * *",
        "0 0 * * mon-",
        "*/0 * * * *",
    ],
)
def test_what_is_no_schedule_is_told(expression: str) -> None:
    assert cron_problem(expression)


def test_another_zone_is_the_same_moment() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=9)))
    assert cron_next("0 3 * * *", there) == cron_next("0 3 * * *", NOW)


@given(
    st.integers(-(10**9), 10**9).map(lambda s: NOW + timedelta(seconds=s / 4)),
    st.sampled_from(["*/7 * * * *", "0 3 * * 1", "30 2 1 * 5"]),
)
def test_the_next_time_is_always_later_and_the_one_after_it_later_still(after: datetime, expression: str) -> None:
    first = cron_next(expression, after)
    assert first is not None
    assert first > after
    second = cron_next(expression, first)
    assert second is not None
    assert second > first
    assert cron_next(expression, first - timedelta(seconds=1)) == first


@given(st.integers(0, 6), st.integers(0, 6))
def test_a_range_of_days_goes_over_the_end_of_the_week(first: int, last: int) -> None:
    days = cron(f"0 0 * * {first}-{last}").weekdays.split(",")
    assert len(days) == (last - first) % 7 + 1
