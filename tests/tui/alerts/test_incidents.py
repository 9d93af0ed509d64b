"""Incidents are a list and a page with one key for each decision; pane 4 shows them in place of their alerts."""

from __future__ import annotations

import pytest

from pulse_tui.domain.views.incidents import (
    CauseLine,
    IncidentRow,
    IncidentStory,
    LinkLine,
    MemberLine,
    Moment,
    NoticeLine,
)
from tests.fakes.desk import FakeDesk
from tests.fakes.registry_desk import NOW_US
from tests.tui.helpers import NARROW, WIDE, Pilot, check_snapshot, play

MINUTE = 60_000_000
AGO = NOW_US - 12 * MINUTE
ROW = IncidentRow(
    "i-84b4def16f", "open", "P1", "error rate 9.0 x objective on gateway prod", "gateway", "prod", "platform", AGO, NOW_US,
    3, 2, "named", "gateway 2.4.1: timeouts and pool size [red]x", onset_us=AGO - MINUTE,
)  # fmt: skip
OTHER = ROW._replace(
    id="i-27ac0ee8de",
    priority="P2",
    title="accuracy -5.2 pp on support-bot",
    cause="",
    verdict="unknown",
    alerts=1,
    open=1,
)
OLD = ROW._replace(
    id="i-0d8879d4e1", state="resolved", open=0, alerts=4, title="p95 2.1 x objective on code-assist prod"
)
CAUSES = (
    CauseLine(1, "mlflow:1", 0.78, "change of configuration", "gateway 2.4.1: timeouts and pool size",
              ("4 min before the error rate breach", "it happened to gateway prod, where it shows", "it explains 3 of 3 symptoms"), False, AGO),
    CauseLine(2, "openai:7", 0.09, "vendor's change of behaviour", "gpt-4.1: default temperature changed",
              ("8 h before the latency breach", "support-bot uses openai/gpt-4.1", "it explains 1 of 3 symptoms"), False, AGO),
    CauseLine(3, "osv:9", 0.02, "vulnerability", "CVE-2026-3248 reaches support-bot", ("a vulnerability seldom leads to slow answers",), False, None),
)  # fmt: skip
MEMBERS = (
    MemberLine("al-1", "P1", "firing", "error rate 9.0 x objective", "gateway", "prod", "an error rate breach that belongs to no open incident", "pulse-tui", AGO),
    MemberLine("al-2", "P2", "firing", "p95 1.7 x objective", "support-bot", "prod", "support-bot depends on gateway", "pulse-tui", AGO),
    MemberLine("al-3", "P2", "resolved", "p95 1.4 x objective", "code-assist", "prod", "code-assist depends on gateway", "pulse-tui", AGO),
)  # fmt: skip
STORY = IncidentStory(
    ROW, CAUSES, MEMBERS, 0,
    "2026-11-23T02:57:00Z, by signal probes:1", "nobody stated whether customers were affected", "",
    ("plan the rollback of gateway prod to 2.4.0",),
    ("2026-11-02T01:10:00Z i-99 the same gateway (error-rate-breach on the same asset): what helped: rolled back gateway prod to 2.3.9",),
    (NoticeLine(AGO, "pager ben", "page", "queued", "", "al-1"),
     NoticeLine(NOW_US, "pager ben", "page", "withheld", "pager was notified of al-1", "al-2")),
    (Moment(AGO, "pulse-tui", "incident opened al-1"), Moment(NOW_US, "ana", "alert acknowledged")),
    (LinkLine("logs", "https://logs.test/?q=gateway"),), "",
)  # fmt: skip


def desk() -> FakeDesk:
    made = FakeDesk()
    made.incident_rows, made.incident_stories = (ROW, OTHER, OLD), (STORY,)
    first, second, *rest = made.alerts
    made.alerts = (first._replace(incident=ROW.id), second._replace(incident=ROW.id), *rest)
    return made


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_the_list_and_the_page(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("I")
        check_snapshot(f"incidents-{size[0]}x{size[1]}", pilot.text())
        await pilot.press("enter")
        assert "pool size [red]x" in pilot.text()
        check_snapshot(f"incident-{size[0]}x{size[1]}", pilot.text())

    play(scenario, desk=desk(), size=size)


def test_one_key_and_a_number_confirm_a_cause_and_split_an_alert_off() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("I", "enter")
        await pilot.open_dialog("c")
        await pilot.press("2")
        await pilot.open_dialog("E")
        await pilot.press("3")
        await pilot.open_dialog("m")
        await pilot.press("1")
        assert pilot.desk.calls == [
            ("confirm_cause", ROW.id, "2", ""),
            ("split_incident", ROW.id, "al-3", ""),
            ("merge_incident", ROW.id, OTHER.id, ""),
        ]

    play(scenario, desk=desk())


def test_what_one_more_key_chooses_among_is_set_apart_from_its_words() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("I", "enter")
        await pilot.open_dialog("m")
        assert f"1  {OTHER.id}  {OTHER.priority}" in pilot.text()

    made = desk()
    made.incident_rows = (ROW, OTHER, OLD)
    play(scenario, desk=made)


@pytest.mark.parametrize(("key", "words"), [("t", "Began"), ("i", "Since"), ("R", "What helped")])
def test_a_form_about_an_incident_has_no_label_that_is_cut_off(key: str, words: str) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("I", "enter")
        await pilot.open_dialog(key)
        form = [line for line in pilot.lines()[-8:] if line.startswith(" ")]
        assert any(line.startswith(f" {words} ") or line.strip() == words for line in form)
        assert not any("…" in line[:19] for line in form)

    play(scenario, desk=desk(), size=NARROW)


def test_impact_and_end_are_asked_for_and_the_last_act_is_taken_back_from_the_list() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("I", "enter")
        await pilot.open_dialog("R")
        await pilot.press(*"over", "enter", "enter")
        await pilot.press("escape", "u")
        assert [call[0] for call in pilot.desk.calls] == ["resolve_incident", "undo_incident"]

    play(scenario, desk=desk())


def test_a_read_only_tower_shows_an_incident_and_decides_nothing() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("I", "enter")
        assert "[c]" not in pilot.text()
        await pilot.press("c", "E", "m", "u", "R")
        assert pilot.desk.calls == []

    play(scenario, desk=desk(), read_only=True)


def test_pane_4_shows_incidents_in_place_of_their_alerts_and_opens_them() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("4")
        before = len(pilot.alerts.rows)
        await pilot.press("z")
        assert len(pilot.alerts.rows) == before - 1
        (row,) = [r for r in pilot.alerts.rows if r.id == ROW.id]
        assert row.title.endswith("likely: gateway 2.4.1: timeouts and pool size [red]x")
        while pilot.alerts.row is not None and pilot.alerts.row.id != ROW.id:
            await pilot.press("j")
        await pilot.press("a")
        assert pilot.desk.calls == []
        await pilot.press("enter")
        assert "CAUSE" in pilot.text()
        await pilot.press("escape", "z")
        assert len(pilot.alerts.rows) == before

    play(scenario, desk=desk())
