"""Maintenance windows of the configuration: they come again by the wall clock, and are those that it has now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pulse_tui.domain.alert import AlertState
from pulse_tui.services.alerts import operate, silences
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.windows import occurrences
from pulse_tui.settings.check import Seconds
from pulse_tui.settings.maintenance import MaintenanceShape
from tests.fakes.clock import Clock
from tests.fakes.nouns import NOW, later
from tests.services.alerts.test_mutes import breach, take
from tests.services.alerts.test_silences import BOT, open_one
from tests.services.said import alerts


def weekly(**more: object) -> MaintenanceShape:
    fields = {"id": "weekly", "match": BOT, "cron": "0 22 * * 6", "lasts": Seconds(8 * 3_600), "why": "backup"}
    return MaintenanceShape(**{**fields, **more})  # type: ignore[arg-type]


def spans(shape: MaintenanceShape, now: datetime) -> list[tuple[str, str]]:
    return [(f"{s.starts_at:%m-%dT%H:%M}", f"{s.ends_at:%m-%dT%H:%M}") for s in occurrences(shape, now)]


def test_the_one_that_stands_and_the_next_one() -> None:
    saturday = datetime(2026, 11, 28, 23, tzinfo=UTC)
    assert spans(weekly(), saturday) == [("11-28T22:00", "11-29T06:00"), ("12-05T22:00", "12-06T06:00")]
    assert spans(weekly(), saturday + timedelta(hours=8)) == [("12-05T22:00", "12-06T06:00")]


@pytest.mark.parametrize(
    ("day", "begins", "ends"),
    [
        (datetime(2027, 3, 27, 12, tzinfo=UTC), "03-27T21:00", "03-28T04:00"),  # seven hours: the night loses one
        (datetime(2026, 10, 24, 12, tzinfo=UTC), "10-24T20:00", "10-25T05:00"),  # nine: it has one twice
        (datetime(2026, 12, 5, 12, tzinfo=UTC), "12-05T21:00", "12-06T05:00"),
    ],
)
def test_over_daylight_saving_it_is_from_22_to_6_on_the_wall_clock(day: datetime, begins: str, ends: str) -> None:
    assert spans(weekly(zone="Europe/Berlin"), day)[0] == (begins, ends)


def test_occurrences_that_overlap_all_stand() -> None:
    hourly = weekly(cron="0 * * * *", lasts=Seconds(3 * 3_600))
    noon = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)
    assert len(spans(hourly, noon)) == 4


def every_night(judge: JudgeParts, **more: object) -> JudgeParts:
    return judge._replace(maintenance=(weekly(id="nightly", cron="0 4 * * *", lasts=Seconds(3_600), **more),))


def test_a_window_of_the_configuration_covers_what_opens_in_it_though_no_housekeeping_ran(
    judge: JudgeParts, clock: Clock
) -> None:
    parts = every_night(judge)
    at = later(hours=1)  # 04:10
    take(parts, breach(1, at=at), at=at)
    one = open_one(judge)
    assert (one.state, one.silence_id) == (AlertState.SUPPRESSED, "nightly@20261123T0400Z")
    clock.sleep(2 * 3_600)
    assert operate.lapse(parts, clock()) == 1
    assert open_one(judge).state is AlertState.FIRING


def test_it_begins_by_itself_and_the_next_one_is_listed(judge: JudgeParts, clock: Clock) -> None:
    parts = every_night(judge)
    take(parts, breach(1))
    operate.lapse(parts, NOW)
    (row,) = silences.rows(judge.store, NOW)
    assert (row.id, row.state, row.by) == ("nightly@20261123T0400Z", "to come", "configuration")
    clock.sleep(3_600)
    operate.lapse(parts, clock())
    assert open_one(judge).state is AlertState.SUPPRESSED
    assert [r.state for r in silences.rows(judge.store, clock())] == ["stands", "to come"]


def test_one_occurrence_can_be_ended_and_stays_ended(judge: JudgeParts, clock: Clock) -> None:
    parts = every_night(judge)
    operate.lapse(parts, NOW)
    silences.end(parts, "nightly@20261123T0400Z", "ana", "not tonight", NOW)
    clock.sleep(3_600)
    operate.lapse(parts, clock())
    take(parts, breach(1, at=clock()), at=clock())
    assert open_one(judge).state is AlertState.FIRING


def test_an_entry_that_is_gone_or_otherwise_changes_what_it_covers(judge: JudgeParts, clock: Clock) -> None:
    parts = every_night(judge)
    clock.sleep(3_600)
    take(parts, breach(1, at=clock()), at=clock())
    operate.lapse(parts, clock())
    assert open_one(judge).state is AlertState.SUPPRESSED
    operate.lapse(every_night(judge, match='asset.id == "other"'), clock())
    assert open_one(judge).state is AlertState.FIRING
    operate.lapse(parts, clock())
    assert open_one(judge).state is AlertState.SUPPRESSED
    operate.lapse(judge, clock())
    assert {a.state for a in alerts(judge)} == {AlertState.FIRING}
    assert silences.rows(judge.store, clock()) == ()
