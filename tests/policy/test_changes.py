"""Embargoes, change windows and change requests: what is asked of them, and what they answer at a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain import cron
from pulse_tui.domain.change import ChangeRequest
from pulse_tui.domain.words import Environment
from pulse_tui.policy.changes import Question, embargoed, open_until, permitted
from pulse_tui.policy.gate import GateStatus
from pulse_tui.settings.changes import ChangesShape, EmbargoShape, WindowShape
from pulse_tui.settings.check import Seconds

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)  # a Tuesday
HOUR = timedelta(hours=1)
PRODUCTION, CANARY = Environment.PRODUCTION, Environment.CANARY
DEMANDED = ChangesShape(require=(PRODUCTION,))


def request(**changes: Any) -> ChangeRequest:
    values = {
        "number": "CHG1",
        "title": "bot 3.8.2",
        "state": "Scheduled",
        "approved": True,
        "starts": NOW - HOUR,
        "ends": NOW + HOUR,
        "assets": ("bot",),
    }
    return ChangeRequest(**{**values, **changes})


def word(changes: ChangesShape, *requests: ChangeRequest, now: datetime = NOW, doubt: str = "") -> tuple[str, str]:
    found = permitted(changes, Question("bot", PRODUCTION, now, requests, doubt), cron.next_fire)
    return found.status.value, found.detail


def test_where_no_window_is_demanded_none_is_missing() -> None:
    assert word(ChangesShape())[0] == "ok"
    assert word(ChangesShape(require=(CANARY,)))[0] == "ok"


def test_an_approved_change_whose_window_is_open_lets_the_promotion_through() -> None:
    assert word(DEMANDED, request()) == (
        "ok",
        "CHG1 (bot 3.8.2) is approved, its window is open until 2026-11-24T11:00:00Z",
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"approved": False, "state": "Assess"}, "CHG1 is not approved (Assess)"),
        ({"starts": NOW + HOUR, "ends": NOW + 2 * HOUR}, "its window opens at 2026-11-24T11:00:00Z"),
        ({"ends": NOW}, "its window ended at 2026-11-24T10:00:00Z"),
        ({"starts": None}, "has no planned window"),
        ({"assets": ("other",)}, "no change request of bot in production is approved"),
        ({"environments": (CANARY,)}, "no change request of bot in production is approved"),
        ({"ended": True}, "no change request of bot in production is approved"),
        ({"assets": ()}, "no change request of bot in production is approved"),
    ],
)
def test_any_other_change_does_not_and_the_reason_names_it(changes: dict[str, Any], why: str) -> None:
    status, detail = word(DEMANDED, request(**changes))
    assert status == "failed"
    assert why in detail


def test_an_approval_that_was_read_long_ago_does_not_decide() -> None:
    status, detail = word(DEMANDED, request(), doubt="snow was last read at 2026-11-23 10:00Z")
    assert status == "undecided"
    assert "snow was last read" in detail


def test_a_window_that_opens_again_and_again_is_open_for_as_long_as_it_lasts() -> None:
    weekly = WindowShape(cron="0 8 * * 2", lasts=Seconds(4 * 3_600), why="release day")
    changes = ChangesShape(require=(PRODUCTION,), windows=(weekly,))
    assert word(changes) == ("ok", "a change window is open until 2026-11-24T12:00:00Z: release day")
    assert word(changes, now=NOW + 2 * HOUR)[0] == "failed"
    assert "the next change window opens at 2026-12-01T08:00:00Z" in word(changes, now=NOW + 2 * HOUR)[1]


@given(minutes=st.integers(0, 7 * 24 * 60), lasts=st.integers(1, 36 * 60))
def test_a_recurring_window_is_open_exactly_while_one_of_its_beginnings_is_that_near(minutes: int, lasts: int) -> None:
    daily = WindowShape(cron="0 8 * * *", lasts=Seconds(lasts * 60))
    now = NOW + timedelta(minutes=minutes)
    begins = [datetime(2026, 11, 22, 8, tzinfo=UTC) + timedelta(days=d) for d in range(12)]
    ends = [b + timedelta(minutes=lasts) for b in begins if b <= now < b + timedelta(minutes=lasts)]
    assert open_until(daily, now, cron.next_fire) == max(ends, default=None)


@given(before=st.integers(-300, 300), after=st.integers(-300, 300))
def test_an_embargo_stands_from_its_first_moment_to_before_its_last(before: int, after: int) -> None:
    starts, until = NOW + timedelta(minutes=before), NOW + timedelta(minutes=after)
    if until <= starts:
        with pytest.raises(ValueError, match="until is not after from"):
            EmbargoShape(starts=starts, until=until, why="sale")
        return
    found = list(
        embargoed(
            ChangesShape(embargoes=(EmbargoShape(starts=starts, until=until, why="sale"),)),
            Question("bot", PRODUCTION, NOW, ()),
        )
    )
    assert bool(found) is (before <= 0 < after)
    assert all(w.status is GateStatus.FAILED and "sale" in w.detail for w in found)


def test_an_embargo_of_other_assets_or_environments_is_none_here() -> None:
    span: dict[str, Any] = {"starts": NOW - HOUR, "until": NOW + HOUR, "why": "sale"}
    for embargo in (EmbargoShape(assets=("other",), **span), EmbargoShape(environments=(CANARY,), **span)):
        assert not list(embargoed(ChangesShape(embargoes=(embargo,)), Question("bot", PRODUCTION, NOW, ())))


@pytest.mark.parametrize(
    "given_",
    [
        {},
        {"starts": NOW},
        {"cron": "* * * * *"},
        {"lasts": Seconds(60)},
        {"starts": NOW, "until": NOW},
        {"starts": NOW, "until": NOW + HOUR, "cron": "* * * * *", "lasts": Seconds(60)},
    ],
)
def test_a_window_that_is_half_stated_is_refused(given_: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"window has from and until|not after"):
        WindowShape(**given_)
