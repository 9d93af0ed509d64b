"""The page of the plans: what stopped and what waits is seen, and one key ends it."""

from __future__ import annotations

import pytest

from pulse_tui.domain.views.rollback import unsettled
from pulse_tui.tui.kit import styles
from pulse_tui.tui.registry.rows import registry_state
from pulse_tui.tui.rollback.story import plan_state
from tests.fakes.desk import AUTHORISATION_LINES, PLAN_LINES, REGISTRY, FakeDesk
from tests.tui.helpers import NARROW, WIDE, Pilot, check_snapshot, play


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_the_plans_newest_first_with_what_each_waits_for(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("P", "j")
        check_snapshot(f"plans-{size[0]}x{size[1]}", pilot.text())

    play(scenario, size=size)


@pytest.mark.parametrize(("key", "call"), [("e", "resume"), ("u", "put_back")])
def test_one_key_resumes_or_undoes_the_run_under_the_cursor_and_no_other(key: str, call: str) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("P", key)  # the first plan waits: it has no run
        assert [name for name, *_ in pilot.desk.calls if name == call] == []
        await pilot.press("j", key)
        assert (call, PLAN_LINES[1].run) in pilot.desk.calls

    play(scenario)


@pytest.mark.parametrize("word", ["unknown", "halted", "abandoned", "undone"])
def test_a_run_that_stopped_is_never_in_the_colour_of_success(word: str) -> None:
    text, style = plan_state(word)
    assert (text, style) == (f"✖ {word}", styles.BAD)


def test_a_row_carries_the_mark_of_its_rollback_beside_its_state() -> None:
    row = REGISTRY[0]
    assert registry_state(row._replace(state="risk", run="stopped"), 0) == ("▲ risk ✖ run", styles.BAD)
    assert registry_state(row._replace(run="running"), 0)[0] == "● ok ▶ run"
    assert registry_state(row._replace(run="waiting", hold="frozen"), 0)[0] == "● ok ⧗ plan"


STOPPED = ("alias: verified, read back 1.9.2", "gateway: unknown, gave no answer")


@pytest.mark.parametrize(("size", "name"), [(WIDE, "alert-stopped"), (NARROW, "alert-stopped")])
def test_the_alert_of_a_deployment_whose_rollback_stopped_shows_each_target_and_the_keys(
    size: tuple[int, int], name: str
) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("enter")
        check_snapshot(f"{name}-{size[0]}x{size[1]}", pilot.text())

    play(scenario, size=size)


@pytest.mark.parametrize("page", [("4", "enter"), ("1", "j", "j", "j", "enter")], ids=["alert", "asset"])
@pytest.mark.parametrize(("key", "call"), [("E", "resume"), ("U", "put_back")])
def test_one_key_resumes_or_undoes_it_from_the_page_of_the_alert_and_of_the_asset(
    page: tuple[str, ...], key: str, call: str
) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press(*page)
        for target in STOPPED:
            assert target in pilot.text()
        assert "[E] resumes run 5d28fde026b2, [U] undoes what it moved" in pilot.text()
        assert "E resume  U undo" in pilot.lines()[-1]
        await pilot.press(key)
        assert pilot.desk.calls == [(call, PLAN_LINES[1].run)]

    play(scenario, size=NARROW)


def test_the_page_of_an_asset_whose_plan_waits_says_who_waits_for_whom_and_opens_it() -> None:
    desk = FakeDesk()
    desk.plan = desk.plan._replace(hash=PLAN_LINES[0].plan)

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "enter")
        assert "ana approved; waits for 1 of: ben, cho" in " ".join(pilot.text().split())
        assert "E resume" not in pilot.lines()[-1], "no run stopped"
        await pilot.press("P")
        assert pilot.screen_name == "PlanScreen"

    play(scenario, desk=desk, size=NARROW)


def test_where_nothing_may_be_written_the_states_stand_and_the_keys_do_not() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("enter")
        assert STOPPED[1] in pilot.text()
        assert "in a tower that may write" in " ".join(pilot.text().split())
        await pilot.press("E", "U")
        assert pilot.desk.calls == []

    play(scenario, read_only=True)


def test_of_plans_those_that_need_a_person_and_a_last_run_that_failed_are_unsettled() -> None:
    waits, stopped, undone, verified = PLAN_LINES
    assert unsettled((waits, verified)) == (waits,)
    assert unsettled((waits, stopped)) == (stopped, waits)
    assert unsettled((undone,)) == (undone,)
    assert unsettled((undone,), "production") == ()
    assert unsettled((verified._replace(environment="canary"), undone)) == (), "a later run there was verified"


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_drills_newest_first_with_what_each_is_worth(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("P", "d", "j")
        check_snapshot(f"drills-{size[0]}x{size[1]}", pilot.text())

    play(scenario, size=size)


def test_a_drill_opens_the_plan_that_it_carried_out() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("P", "d", "enter")
        assert pilot.screen_name == "PlanScreen"

    play(scenario)


@pytest.mark.parametrize(
    ("keys", "where"),
    [(("1", "j", "D"), "canary"), (("1", "enter", "D"), "canary"), (("P", "D"), "production"), (("1", "j", "p", "D"), "canary")],
    ids=["row", "asset", "list", "plan"],
)  # fmt: skip
def test_a_rollback_is_rehearsed_by_one_key_once_the_name_of_the_asset_was_typed(
    keys: tuple[str, ...], where: str
) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog(*keys)
        assert "what serves is not touched" in pilot.text()
        await pilot.press("ctrl+y")
        assert [call for call in pilot.desk.calls if call[0] == "drill"] == []
        await pilot.type("support-bot")
        await pilot.press("ctrl+y")
        assert [call for call in pilot.desk.calls if call[0] == "drill"] == [("drill", "support-bot", where, "")]
        assert pilot.screen_name != "ApprovalScreen"

    play(scenario)


def test_a_tower_that_may_not_write_offers_no_drill_and_no_halt() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "j", "D")
        assert pilot.screen_name == "MainScreen"
        assert pilot.desk.calls == []

    play(scenario, read_only=True)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_pre_authorisations_with_whom_each_waits_for(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("P", "A")
        check_snapshot(f"authorisations-{size[0]}x{size[1]}", pilot.text())

    play(scenario, size=size)


def test_a_pre_authorisation_is_voted_for_once_the_name_of_the_asset_was_typed() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog("P", "A", "a")
        await pilot.press("ctrl+y")
        assert pilot.desk.calls == []
        await pilot.type("support-bot")
        await pilot.press("ctrl+y")
        assert pilot.desk.calls == [("vote", AUTHORISATION_LINES[0].hash, "approve", "")]

    play(scenario)


def test_a_pre_authorisation_that_is_valid_is_revoked_with_a_reason_and_not_approved_again() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("P", "A", "j", "a")
        assert pilot.screen_name == "AuthorisationsScreen"
        await pilot.open_dialog("X")
        await pilot.press(*"why", "enter")
        assert pilot.desk.calls == [("vote", AUTHORISATION_LINES[1].hash, "revoke", "why")]

    play(scenario)


def test_a_drill_that_passed_leads_to_the_question_for_a_pre_authorisation_and_one_that_failed_does_not() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog("P", "d", "A")
        await pilot.press("enter", "enter", "enter", *"x", "enter")
        assert pilot.desk.calls == [("authorise", "support-bot", "production", "latency-breach", "30", "x")]
        await pilot.press("j", "A")
        assert pilot.screen_name == "DrillsScreen"

    play(scenario)


@pytest.mark.parametrize(
    ("keys", "where"),
    [
        (("1", "j", "Z"), ("support-bot", "canary")),
        (("1", "j", "enter", "Z"), ("support-bot", "canary")),
        (("4", "enter", "Z"), ("embed-gateway", "production")),
    ],
    ids=["row", "asset", "alert"],
)
def test_a_rollout_is_planned_to_be_paused_by_one_key_and_approved_in_the_plan(
    keys: tuple[str, ...], where: tuple[str, str]
) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press(*keys)
        assert pilot.screen_name == "PlanScreen"
        assert [call for call in pilot.desk.calls if call[0] == "route"] == [("route", *where, "")]
        assert "Pause plan" in pilot.text()
        assert "3.8.2 stays" in pilot.text()

    play(scenario)
