"""The next moment at which something happens by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.oncall import OnCall, Rung
from pulse_tui.domain.words import Priority
from pulse_tui.rehearsal.agenda import Agenda, Due
from pulse_tui.services.alerts.reminders import LEAD
from tests.fakes.house import default_policy
from tests.fakes.nouns import NOW, alert, later


def agenda(oncall: OnCall | None = None) -> Agenda:
    return Agenda(NOW, default_policy(), oncall or OnCall())


def moments(made: Agenda, hours: float = 12) -> list[tuple[datetime, set[Due]]]:
    found = []
    while (due := made.next(later(hours=hours))) is not None:
        found.append((due[0], set(due[1])))
    return found


def firing(**changes: object) -> Alert:
    return msgspec.structs.replace(alert(deadline=later(hours=4), respond_within_s=14_400), **changes)


def test_a_deadline_is_a_moment_until_somebody_acknowledges() -> None:
    made, one = agenda(), firing()
    made.take([one], NOW)
    made.take([one.acknowledge("ana", later(hours=2))], NOW)
    assert moments(made) == [(later(hours=2) - LEAD, {Due.MUTES}), (later(hours=2), {Due.MUTES})]


def test_what_ended_has_no_moment_left() -> None:
    made, one = agenda(), firing()
    made.take([one, one.resolve(NOW, "good again")], NOW)
    assert moments(made) == []


def test_what_is_kept_open_ends_when_its_rule_says() -> None:
    made = agenda()
    made.take([firing(cleared_at=NOW, flapping=True, deadline=None)], NOW)
    assert (later(hours=1), {Due.DEADLINES}) in moments(made)


def test_every_rung_of_a_ladder_that_time_brings_is_a_moment() -> None:
    ladders = {Priority.P2: (Rung(), Rung(after=timedelta(minutes=10)), Rung(after=timedelta(minutes=30)))}
    made = agenda(OnCall(ladders=ladders))
    made.take([firing(deadline=None)], NOW)
    assert [at for at, _ in moments(made)] == [later(minutes=10), later(minutes=30)]


def test_a_month_without_anything_has_the_turn_of_each_day_alone() -> None:
    found = moments(agenda(), hours=30 * 24)
    assert len(found) == 30
    assert all(kinds == {Due.DAYS} for _, kinds in found)
