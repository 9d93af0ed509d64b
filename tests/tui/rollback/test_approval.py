from __future__ import annotations

import asyncio
import threading

import pytest

from pulse_tui.domain.views.rollback import DUE, PlanStory, Signs, VoteView
from pulse_tui.tui.app import Tower
from pulse_tui.tui.asks.rollback import OpenPlan
from tests.fakes.desk import HASH, UNDO_HASH, FakeDesk, ran
from tests.tui.helpers import Pilot, key_event, play


def approvals(pilot: Pilot) -> list[tuple[str, ...]]:
    return [call for call in pilot.desk.calls if call[0] in ("approve", "execute", "undo")]


async def dialog(pilot: Pilot) -> None:
    await pilot.open_dialog("j", "p", "a")
    assert pilot.screen_name == "ApprovalScreen"


def test_focus_starts_on_cancel() -> None:
    async def scenario(pilot: Pilot) -> None:
        await dialog(pilot)
        focused = pilot.tower.focused
        assert focused is not None
        assert focused.id == "cancel"

    play(scenario)


@pytest.mark.parametrize("typed", ["", "support-bot"])
@pytest.mark.parametrize("tabs", [0, 1, 2, 3])
def test_enter_never_approves_wherever_the_focus_is(typed: str, tabs: int) -> None:
    async def scenario(pilot: Pilot) -> None:
        await dialog(pilot)
        if typed:
            await pilot.type(typed)
            await pilot.press("shift+tab")
        await pilot.press(*["tab"] * tabs, *["enter"] * 20)
        assert approvals(pilot) == []
        assert pilot.screen_name == "ApprovalScreen"

    play(scenario)


def test_keys_typed_before_the_dialog_was_seen_are_dropped() -> None:
    async def hurried(pilot: Pilot) -> None:
        await pilot.press("j", "p")
        for key in ("a", *"support-bot", "ctrl+y"):
            pilot.tower.post_message(key_event(pilot.tower, key))
        await pilot.settle()
        assert approvals(pilot) == []

    play(hurried)


@pytest.mark.parametrize("name", ["support-bo", "support-bott", "Support-bot", "support-bot_", "canary"])
def test_a_wrong_name_never_approves(name: str) -> None:
    async def scenario(pilot: Pilot) -> None:
        await dialog(pilot)
        await pilot.type(name)
        await pilot.press("ctrl+y", "tab", "tab", "space", "ctrl+y")
        assert approvals(pilot) == []
        assert "type support-bot first" in pilot.text()

    play(scenario)


def test_the_name_and_ctrl_y_approve_and_the_last_approval_runs() -> None:
    async def scenario(pilot: Pilot) -> None:
        await dialog(pilot)
        assert "[ Approve and roll back  ctrl-y ]" in pilot.text()
        await pilot.type("support-bot")
        await pilot.press("tab", *"why", "ctrl+y")
        assert approvals(pilot) == [("approve", HASH, "why"), ("execute", HASH)]
        assert "verified, 3.8.1 serves support-bot/canary, read back" in pilot.lines()[-1]
        assert "3.8.2 → 3.8.1  deploy-bot" in pilot.text()
        assert "deploy-bot: read back 3.8.1" in pilot.text()
        assert "CHECKS" not in pilot.text()

    play(scenario)


def test_the_name_tab_to_the_button_and_space_approve() -> None:
    async def scenario(pilot: Pilot) -> None:
        await dialog(pilot)
        await pilot.press("tab", *"support-bot", "tab", "tab", "space")
        assert approvals(pilot) == [("approve", HASH, ""), ("execute", HASH)]

    play(scenario)


def test_an_approval_that_is_not_the_last_runs_nothing_and_x_runs_once_all_are_given() -> None:
    desk = FakeDesk(needed=2)

    async def scenario(pilot: Pilot) -> None:
        await dialog(pilot)
        assert "[ Approve  ctrl-y ]" in pilot.text()
        await pilot.type("support-bot")
        await pilot.press("ctrl+y", "X")
        assert approvals(pilot) == [("approve", HASH, "")]
        desk.approve(HASH, "the second")
        await pilot.tower.watching.poll()
        await pilot.settle()
        await pilot.press("enter")
        assert len(approvals(pilot)) == 2
        await pilot.press("X")
        assert approvals(pilot)[-1] == ("execute", HASH)

    play(scenario, desk=desk)


@pytest.mark.parametrize("keys", [("escape",), ("space",)])
def test_escape_and_space_on_cancel_cancel(keys: tuple[str, ...]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await dialog(pilot)
        await pilot.press(*keys)
        assert pilot.screen_name == "PlanScreen"
        assert approvals(pilot) == []

    play(scenario)


def test_the_way_back_is_a_plan_of_its_own_that_wants_the_name_too() -> None:
    async def scenario(pilot: Pilot) -> None:
        await dialog(pilot)
        await pilot.type("support-bot")
        await pilot.press("ctrl+y", "u")
        assert pilot.desk.calls[-1] == ("undo", HASH)
        assert "3.8.1 → 3.8.2   ◆ proposed" in pilot.lines()[1]
        await pilot.open_dialog("a")
        await pilot.press("ctrl+y")
        assert pilot.desk.calls[-1] == ("undo", HASH)
        await pilot.type("support-bot")
        await pilot.press("ctrl+y")
        assert approvals(pilot)[-2:] == [("approve", UNDO_HASH, ""), ("execute", UNDO_HASH)]

    play(scenario)


def test_a_run_that_was_undone_offers_neither_resume_nor_undo() -> None:
    desk = FakeDesk()
    desk.plan = ran(desk.plan, "undone")

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("j", "p", "u", "e")
        assert [call for call in pilot.desk.calls if call[0] in ("undo", "put_back", "resume")] == []
        assert "undo" not in pilot.lines()[-1]

    play(scenario, desk=desk)


@pytest.mark.parametrize("state", ["unknown", "halted", "abandoned"])
@pytest.mark.parametrize(("key", "call"), [("e", "resume"), ("u", "put_back")])
def test_a_run_that_stopped_half_way_is_resumed_or_put_back_from_its_plan(state: str, key: str, call: str) -> None:
    desk = FakeDesk()
    desk.plan = ran(desk.plan, state)

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("j", "p")
        assert "[e] resumes it, [u] undoes what it moved" in " ".join(pilot.text().split())
        assert f"✖ {state}" in pilot.text()
        await pilot.press(key)
        assert (call, "5903e0") in pilot.desk.calls

    play(scenario, desk=desk)


def test_a_verified_rollback_is_seen_in_the_panes_without_a_key() -> None:
    async def scenario(pilot: Pilot) -> None:
        await dialog(pilot)
        await pilot.type("support-bot")
        await pilot.press("ctrl+y")
        assert [row.version for row in pilot.registry.rows if row.key == "support-bot/canary"] == ["3.8.1"]
        assert [row.id for row in pilot.alerts.rows] == ["al-1", "al-3"]
        assert "P2 0" in pilot.lines()[0]

    play(scenario)


def test_a_plan_can_be_rejected_with_a_reason() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog("j", "p", "r")
        await pilot.type("no")
        await pilot.press("enter")
        assert pilot.desk.calls[-1] == ("reject", HASH, "no")
        await pilot.press("a", "X")
        assert approvals(pilot) == []

    play(scenario)


def test_a_reason_that_comes_in_one_burst_with_enter_is_kept_whole() -> None:
    reason = "p95 is down again at 820 ms and stays there, as the board and the pager agree"

    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog("j", "p", "r")
        await pilot.burst([*reason.replace(" ", "_"), "\r"])
        assert pilot.desk.calls[-1] == ("reject", HASH, reason.replace(" ", "_"))

    play(scenario)


def test_the_name_and_ctrl_y_in_one_burst_approve_with_the_whole_reason() -> None:
    async def scenario(pilot: Pilot) -> None:
        await dialog(pilot)
        await pilot.burst([*"support-bot", "tab", *("because_" * 8), "ctrl+y"])
        assert [call[-1] for call in approvals(pilot) if call[0] == "approve"] == ["because_" * 8]

    play(scenario)


def test_who_may_not_approve_is_told_why_and_has_no_key() -> None:
    desk = FakeDesk()
    desk.plan = desk.plan._replace(may_approve=False, why_not="you proposed it and policy wants another")

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("j", "p", "a")
        assert pilot.screen_name == "PlanScreen"
        assert "policy wants another" in pilot.text()

    play(scenario, desk=desk)


def test_a_refused_approval_is_told_and_nothing_runs() -> None:
    async def scenario(pilot: Pilot) -> None:
        await dialog(pilot)
        pilot.desk.refuse = "the plan is void: its prior state changed"
        await pilot.type("support-bot")
        await pilot.press("ctrl+y")
        assert approvals(pilot) == []
        assert "the plan is void" in pilot.lines()[-1]

    play(scenario)


BLOCKED = (("target known good here", False, True, "never served here"), ("drilled", False, False, "never"))


def test_the_checks_are_counted_at_the_top_of_a_plan_and_in_the_dialog() -> None:
    desk = FakeDesk()
    desk.plan = desk.plan._replace(checks=(*BLOCKED, ("artifact digest", True, True, "as recorded")))

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("j", "p")
        counted = "checks: 1 of 3 good; BLOCKING: target known good here; note: drilled"
        top = pilot.lines()[:8]
        assert any(counted in line for line in top), top
        await pilot.open_dialog("a")
        assert counted in pilot.text()

    play(scenario, desk=desk)


def test_enter_after_the_right_name_says_that_the_name_is_right_and_what_confirms() -> None:
    async def scenario(pilot: Pilot) -> None:
        await dialog(pilot)
        await pilot.press("enter")
        assert "Enter never confirms: ctrl-y does, after the name" in pilot.text()
        await pilot.type("support-bot")
        await pilot.press("enter")
        assert approvals(pilot) == []
        assert "the name is right, but Enter never confirms: ctrl-y does" in pilot.text()

    play(scenario)


def test_who_has_approved_reads_whom_the_plan_waits_for() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("j", "p")
        waits = "waits for 1 approval of: ben; you cannot approve it: ana has voted already"
        assert waits in " ".join(pilot.text().split())

    desk = FakeDesk()
    desk.plan = desk.plan._replace(
        approvals_needed=2, approvals_given=1, may=("ben",), may_approve=False, why_not="ana has voted already"
    )
    play(scenario, desk=desk)


class Slow(FakeDesk):
    """A desk whose rollback takes until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def execute(self, plan_hash: str) -> PlanStory:
        self.let_go.wait(60)
        return super().execute(plan_hash)


def test_a_tower_is_left_in_the_middle_of_a_rollback_only_when_asked_twice_and_finishes_it() -> None:
    desk = Slow()

    async def scenario(pilot: Pilot) -> None:
        await dialog(pilot)
        await pilot.type("support-bot")
        pilot.tower.post_message(key_event(pilot.tower, "ctrl+y"))
        while not pilot.tower.threads.acting:
            await asyncio.sleep(0.01)
        pilot.tower.post_message(key_event(pilot.tower, "ctrl+q"))
        while "an action is under way" not in pilot.text():
            await asyncio.sleep(0.01)
        assert pilot.tower.is_running
        asyncio.get_running_loop().call_later(0.1, desk.let_go.set)
        pilot.tower.post_message(key_event(pilot.tower, "ctrl+q"))
        left.append(pilot.tower)

    left: list[Tower] = []
    play(scenario, desk=desk)
    assert desk.closed
    assert left[0].left_acting
    assert ("execute", HASH) in desk.calls


# ------------------------------------------------------------------ what signs it, and one person alone

KEY = "signed by your SSH agent with SHA256:abc (ana@laptop)"
NONE = "cannot be signed: the SSH agent does not hold ana's key SHA256:abc"
WHY = "nobody answers, and production is down"


def flowing(pilot: Pilot) -> str:
    return " ".join(pilot.text().split())


def signing(signs: Signs, needed: int = 2, **fields: object) -> FakeDesk:
    desk = FakeDesk(needed=needed)
    desk.plan = desk.plan._replace(signs=signs, **fields)  # type: ignore[arg-type]
    return desk


def test_the_dialog_says_which_key_will_sign() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("j", "p")
        assert f"yours is {KEY}" in flowing(pilot)
        await pilot.open_dialog("a")
        assert f"Your approval is {KEY}" in flowing(pilot)

    play(scenario, desk=signing(Signs(KEY, True, False, True)))


def test_where_none_can_sign_the_page_says_why_and_nothing_can_be_approved() -> None:
    desk = signing(Signs(NONE, False, False), may_approve=False, why_not=NONE)

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("j", "p", "a")
        assert pilot.screen_name == "PlanScreen"
        assert f"you cannot approve it: {NONE}" in flowing(pilot)

    play(scenario, desk=desk)


class Touched(FakeDesk):
    """An approval waits for the touch of a key."""

    def __init__(self) -> None:
        super().__init__(needed=2)
        self.plan = self.plan._replace(signs=Signs(KEY, True, True, True))
        self.touch = threading.Event()

    def approve(self, plan_hash: str, reason: str, *, break_glass: bool = False) -> PlanStory:
        self.touch.wait(60)
        return super().approve(plan_hash, reason, break_glass=break_glass)


def test_a_key_that_must_be_touched_is_asked_for_while_the_agent_waits_and_the_tower_goes_on() -> None:
    desk = Touched()

    async def scenario(pilot: Pilot) -> None:
        await dialog(pilot)
        await pilot.type("support-bot")
        pilot.tower.post_message(key_event(pilot.tower, "ctrl+y"))
        while "NOW             touch your key now" not in pilot.text():
            await asyncio.sleep(0.01)
        pilot.tower.post_message(key_event(pilot.tower, "question_mark"))
        while pilot.screen_name == "PlanScreen":
            await asyncio.sleep(0.01)
        pilot.tower.post_message(key_event(pilot.tower, "escape"))
        desk.touch.set()
        await pilot.settle()
        assert "NOW             touch" not in pilot.text()
        assert approvals(pilot) == [("approve", HASH, "")]

    play(scenario, desk=desk)


def test_the_glass_is_broken_by_the_name_and_a_long_reason_and_runs_at_once() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog("j", "p", "B")
        assert "BREAK GLASS and roll back" in pilot.text()
        assert "an alert until another operator has reviewed it" in flowing(pilot)
        await pilot.type("support-bot")
        await pilot.press("tab", *"it is down", "ctrl+y")
        assert "at least 20 characters" in pilot.text()
        assert approvals(pilot) == []
        await pilot.type(f": {WHY}")
        await pilot.press("ctrl+y")
        assert approvals(pilot) == [("approve", HASH, f"it is down: {WHY}", "break-glass"), ("execute", HASH)]
        assert "BREAK-GLASS" in pilot.text()

    play(scenario, desk=signing(Signs(KEY, True, False, True), glass=True))


@pytest.mark.parametrize(
    "desk", [signing(Signs(KEY, True, False, True)), signing(Signs(KEY, True, False, True), 1, glass=True)]
)
def test_where_nobody_may_or_need_break_it_the_key_does_nothing(desk: FakeDesk) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("j", "p", "B")
        assert pilot.screen_name == "PlanScreen"

    play(scenario, desk=desk)


@pytest.mark.parametrize(("who", "offered"), [("ben", True), ("ana@jump-1", False)])
def test_what_one_person_did_alone_is_reviewed_by_another(who: str, offered: bool) -> None:
    desk = FakeDesk()
    vote = VoteView(who, "k", True, 0, True, WHY, break_glass=True)
    desk.plan = ran(desk.plan, by=who)._replace(votes=(vote,), review=DUE)

    async def scenario(pilot: Pilot) -> None:
        pilot.tower.post_message(OpenPlan(desk.plan.hash))
        await pilot.settle()
        assert "Another one must review it" in flowing(pilot)
        await pilot.open_dialog("v")
        assert (pilot.screen_name == "AskScreen") is offered
        if offered:
            await pilot.type("the pager log agrees")
            await pilot.press("enter")
            run = desk.plan.run
            assert run is not None
            assert ("review", run.id, "the pager log agrees") in desk.calls

    play(scenario, desk=desk)
