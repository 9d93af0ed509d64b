"""People, teams, schedules, ladders, roles and rights as they are written, and every mistake in them at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pulse_tui.domain.errors import ConfigError
from pulse_tui.domain.oncall import OnCall, Right, Role, RoleRule, Rotation, Rung, Shift
from pulse_tui.domain.words import Priority, SignalType
from pulse_tui.enrich.oncall.duty import on_call
from pulse_tui.kinds import options_of
from pulse_tui.settings.load import load
from pulse_tui.settings.shapes import Settings

ROUTES = """
routes:
  - {id: ana-phone, kind: notify, url: "https://pager.test/ana"}
  - {id: ml-channel, kind: notify, url: "https://chat.test/ml", uses: [notify]}
"""
WHOLE = (
    ROUTES
    + """
people:
  - {name: ana, role: ml, routes: [ana-phone], aliases: [Ana Smith]}
  - {name: ben, role: ml}
  - {name: cleo, role: security, routes: [ana-phone]}
teams:
  - {id: ml-support, role: ml, members: [ana, ben], schedule: ml-rota, routes: [ml-channel], escalate_to: platform-ai}
  - {id: platform-ai, role: platform}
schedules:
  - id: ml-rota
    rotation: {members: [ana, ben], start: 2026-11-02T08:00:00+01:00, every: 7d, zone: Europe/Berlin}
    overrides: [{who: cleo, from: 2026-12-24T08:00:00Z, until: 2026-12-25T08:00:00Z}]
  - {id: feed, ical: "https://rota.test/feed.ics", zone: Europe/Berlin}
ladder:
  P1: [{after: 0m, to: oncall}, {after: 10m, to: next}, {cycles: 3, to: ml}, {more_than: 5, within: 10m, to: leadership, page: false}]
roles:
  - {types: [cve], roles: [security, platform]}
rights: {waive: [security], policy: [leadership, platform]}
working_hours: {from: "09:00", to: "18:00", zone: Europe/Berlin}
"""
)


def read(folder: Path, text: str) -> Settings:
    (folder / "pulse.yaml").write_text(text)
    return load(folder, options_of)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    return [str(problem) for problem in caught.value.problems]


def test_without_any_of_it_nobody_is_configured(tmp_path: Path) -> None:
    assert read(tmp_path, ROUTES).oncall == OnCall()
    assert not OnCall().configured


def test_everything_is_read(tmp_path: Path) -> None:
    text = WHOLE.replace("to: leadership,", "to: security,")
    oncall = read(tmp_path, text).oncall
    assert oncall.configured
    assert oncall.people["ana"].aliases == ("Ana Smith",)
    assert oncall.teams["ml-support"].escalate_to == "platform-ai"
    start = datetime(2026, 11, 2, 7, tzinfo=UTC)
    rota = oncall.schedules["ml-rota"]
    assert rota.rotation == Rotation(members=("ana", "ben"), start=start, every=timedelta(days=7), zone="Europe/Berlin")
    assert rota.overrides == (
        Shift("cleo", datetime(2026, 12, 24, 8, tzinfo=UTC), datetime(2026, 12, 25, 8, tzinfo=UTC)),
    )
    assert oncall.schedules["feed"].fetched
    assert oncall.ladders[Priority.P1] == (
        Rung(),
        Rung(after=timedelta(minutes=10), to="next"),
        Rung(cycles=3, to="ml"),
        Rung(more_than=5, within=timedelta(minutes=10), to="security", page=False),
    )
    assert oncall.roles == (RoleRule(types=(SignalType.CVE,), roles=(Role.SECURITY, Role.PLATFORM)),)
    assert oncall.rights[Right.WAIVE] == (Role.SECURITY,)
    assert oncall.working_hours == ("09:00", "18:00", "Europe/Berlin")


def test_every_mistake_is_reported_at_once_with_its_line_and_the_nearest_name(tmp_path: Path) -> None:
    wrong = WHOLE
    for old, new in (
        ("members: [ana, ben], schedule: ml-rota", "members: [anna, ben], schedule: ml-rotta"),
        ("escalate_to: platform-ai", "escalate_to: platform-a"),
        ("every: 7d, zone: Europe/Berlin", "every: 7d, zone: Europe/Berlim"),
        ("routes: [ml-channel]", "routes: [ml-chanel]"),
        ("{cycles: 3, to: ml}", "{cycles: 3, after: 5m, to: mll}"),
    ):
        assert old in wrong
        wrong = wrong.replace(old, new)
    wrong += "  \n"
    said = "\n".join(problems(tmp_path, wrong))
    for words in (
        "pulse.yaml:11: team 'ml-support': there is no person 'anna' (did you mean 'ana'?)",
        "pulse.yaml:11: team 'ml-support': there is no schedule 'ml-rotta' (did you mean 'ml-rota'?)",
        "pulse.yaml:11: team 'ml-support': there is no team 'platform-a' (did you mean 'platform-ai'?)",
        "pulse.yaml:11: team 'ml-support': there is no route 'ml-chanel' (did you mean 'ml-channel'?)",
        "schedule 'ml-rota': there is no time zone 'Europe/Berlim' (did you mean 'Europe/Berlin'?)",
        "ladder.P1[2]: nobody is called 'mll' (did you mean 'ml'?)",
        "ladder.P1[2]: it says after and cycles of when it is climbed: one of them",
        "ladder.P1[3] calls nobody: no team and no person has the role 'leadership'",
    ):
        assert words in said, said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("people: [{name: ana}]", "person 'ana' has no route, and none serves a team of theirs: nothing can reach them"),
        ("schedules: [{id: s}]", "schedule 's' has nobody: no rotation, no calendar, no override"),
        ("schedules: [{id: s, rotation: {members: [], start: 2026-11-02T08:00:00Z, every: 1d}}]", "nobody takes turns in its rotation"),
        ("schedules: [{id: s, rotation: {members: [x], start: 2026-11-02T08:00:00Z, every: 5m}}]", "a turn of less than an hour is none"),
        ("schedules: [{id: s, ical: 'http://rota.test/x'}]", "can be changed on its way here"),
        ("schedules: [{id: s, ical: 'ftp://rota.test/x'}]", "is no address of a calendar"),
        ("ladder: {P1: []}", "ladder.P1 calls nobody: it has no rung"),
        ("ladder: {note: [{after: 0m, to: team}]}", "ladder.note: nobody is called for that"),
        ("ladder: {P1: [{after: 0m, to: next}]}", "ladder.P1[0] calls nobody: no team has escalate_to"),
        ("ladder: {P1: [{after: soon, to: team}]}", "'soon' is not a time to wait"),
        ("ladder: {P1: [{more_than: 5, to: team}]}", "more_than and within go together"),
        ("working_hours: {from: '18:00', to: '09:00'}", "they end (09:00) before they begin (18:00)"),
        ("working_hours: {from: '9', to: '18:00'}", "working_hours.from"),
        ("roles: [{types: [cvee], roles: [security]}]", "did you mean 'cve'?"),
        ("rights: {wave: [security]}", "did you mean 'waive'?"),
        ("peeple: []", "did you mean 'people'?"),
    ],
)  # fmt: skip
def test_a_mistake_is_said(tmp_path: Path, text: str, says: str) -> None:
    assert says in "\n".join(problems(tmp_path, ROUTES + text))


def test_overrides_that_overlap_are_refused_with_both_places(tmp_path: Path) -> None:
    text = WHOLE.replace("to: leadership,", "to: security,").replace(
        "overrides: [",
        "overrides: [{who: ben, from: 2026-12-24T20:00:00Z, until: 2026-12-26T08:00:00Z}, ",
    )
    [problem] = problems(tmp_path, text)
    assert "the overrides of ben and cleo overlap" in problem
    assert "the first is at pulse.yaml:16" in problem


def test_two_people_of_one_name_in_calendars_are_refused(tmp_path: Path) -> None:
    text = (
        ROUTES
        + "people: [{name: ana, routes: [ana-phone], aliases: [A. S.]}, {name: ben, routes: [ana-phone], aliases: [a. s.]}]"
    )
    assert "people 'ana' and 'ben' are both called 'a. s.'" in problems(tmp_path, text)[0]


def test_a_calendar_file_is_read_and_one_that_is_not_there_leaves_nobody_known(tmp_path: Path) -> None:
    (tmp_path / "rota.ics").write_text(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:ana\nDTSTART:20261130T000000Z\nDTEND:20261201T000000Z\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    settings = read(tmp_path, "schedules: [{id: a, ical: rota.ics}, {id: b, ical: gone.ics}]")
    at = datetime(2026, 11, 30, 6, tzinfo=UTC)
    assert on_call(settings.oncall.schedules["a"], at).who == "ana"
    gone = on_call(settings.oncall.schedules["b"], at)
    assert gone.unknown
    assert "cannot be read" in gone.why
    assert any("gone.ics" in str(w) for w in settings.warnings)
    assert str(tmp_path / "rota.ics") in settings.beside  # a change of it is a change of the configuration


def test_lists_of_two_files_are_joined(tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text("people: [{name: dora, routes: [ana-phone]}]")
    settings = read(tmp_path, WHOLE.replace("to: leadership,", "to: security,"))
    assert set(settings.oncall.people) == {"ana", "ben", "cleo", "dora"}
