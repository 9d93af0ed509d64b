"""What operators write when they mean a moment of the past."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.when import moment

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("02:40", "2026-11-28T02:40:00"),
        ("9:30", "2026-11-28T09:30:00"),
        ("09:31", "2026-11-27T09:31:00"),
        ("23:15:07", "2026-11-27T23:15:07"),
        ("02:40z", "2026-11-28T02:40:00"),
        ("2026-11-28T02:40Z", "2026-11-28T02:40:00"),
        ("2026-11-28 02:40", "2026-11-28T02:40:00"),
        ("2026-11-28T03:40+01:00", "2026-11-28T02:40:00"),
        ("2026-11-27", "2026-11-27T00:00:00"),
        ("2h ago", "2026-11-28T07:30:00"),
        ("-2h", "2026-11-28T07:30:00"),
        ("90 min ago", "2026-11-28T08:00:00"),
        ("-3d", "2026-11-25T09:30:00"),
    ],
)
def test_each_form_means_one_moment(text: str, expected: str) -> None:
    assert moment(text, NOW) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_the_operators_zone_decides_what_an_hour_means() -> None:
    assert moment("02:40", NOW, BERLIN) == datetime(2026, 11, 28, 1, 40, tzinfo=UTC)
    assert moment("10:31", NOW, BERLIN) == datetime(2026, 11, 27, 9, 31, tzinfo=UTC)
    assert moment("02:40Z", NOW, BERLIN) == datetime(2026, 11, 28, 2, 40, tzinfo=UTC)


def test_an_hour_that_the_clock_left_out_is_that_of_the_day_before() -> None:
    spring = datetime(2026, 3, 29, 10, 0, tzinfo=UTC)
    assert moment("02:30", spring, BERLIN) == datetime(2026, 3, 28, 1, 30, tzinfo=UTC)
    with pytest.raises(WrongUse, match="does not exist on this clock"):
        moment("2026-03-29 02:30", spring, BERLIN)


@pytest.mark.parametrize(
    "text", ["", "2h", "yesterday", "25:00", "12:60", "2026-13-01", "-", "ago", "-999999d", "\x1b[2J"]
)
def test_what_is_no_moment_says_what_to_write(text: str) -> None:
    with pytest.raises(WrongUse, match=r"is no moment\. Write 02:40, 2026-11-28T02:40Z"):
        moment(text, NOW)


def test_a_moment_to_come_is_refused() -> None:
    with pytest.raises(WrongUse, match="is to come: it is 2026-11-28 09:30:00 UTC"):
        moment("2026-11-28T09:31Z", NOW)


@given(st.text(max_size=24))
def test_any_text_is_a_moment_of_the_past_or_wrong_use(text: str) -> None:
    try:
        found = moment(text, NOW)
    except WrongUse:
        return
    assert found <= NOW
    assert found.tzinfo is not None
