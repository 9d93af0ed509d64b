"""The page of a plan: what its first screen answers, what stands when a run is under way, and when time changes it."""

from __future__ import annotations

import asyncio
import threading
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.views.rollback import Moved, PlanStory, StepView, VoteView
from pulse_tui.tui.kit.document import lay_out
from pulse_tui.tui.rollback.story import left, next_change, next_step, plan_blocks, plan_title
from tests.fakes.desk import PLAN, FakeDesk, ran
from tests.fakes.registry_desk import NOW_US
from tests.tui.helpers import NARROW, WIDE, Pilot, check_snapshot, key_event, play

MINUTE = 60_000_000
BLOCKED = PLAN._replace(
    approvals_needed=2, approvals_given=1, may=("ben", "cho"),
    votes=(VoteView("ana", "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8", True, NOW_US, True, "it fell"),),
    may_approve=False, why_not="ana has voted already; prior state: deploy-bot holds 3.9.0, the plan expects 3.8.2",
    checks=(
        ("release", True, True, "3.8.1 (iteration 1412) is promoted"),
        ("prior state", False, True, "deploy-bot holds 3.9.0, the plan expects 3.8.2"),
        ("drilled", False, False, "no drill of playbook move-alias is recorded"),
    ),
    certificate=(("known good here", True, True, "6 d without an alert"), ("works with", False, False, "not compared")),
)  # fmt: skip
COMBINED = PLAN._replace(
    headline="roll 3 assets of workflow refunds back", environment="production",
    moves=(
        Moved("support-bot", "3.8.2", "sha256:9f21c0", "3.8.1", "sha256:41c9ab"),
        Moved("refund-prompt", "v9", "", "v8", ""),
        Moved("kb-corpus", "2026-11", "sha256:77aa01", "2026-10", "sha256:55bb02"),
    ),
    steps=(
        StepView("support-bot", "mlflow_alias", "models/support-bot@champion", "12", "11", 30.0),
        StepView("refund-prompt", "git_commit", "prompts.git#main", "refund: v9", "refund: v8", 60.0),
        StepView("kb-corpus", "flagd_file", "flags.json#corpus", "2026-11", "2026-10", 10.0),
    ),
)  # fmt: skip
ALONE = PLAN._replace(
    state="approved", approvals_given=1,
    votes=(VoteView("ana", "ana-laptop", True, NOW_US, True, "nobody answers the phone", break_glass=True),),
)  # fmt: skip
PAGES = {
    "plan-blocked": BLOCKED,
    "plan-combined": COMBINED,
    "plan-break-glass": ALONE,
    "plan-running": ran(PLAN, "running", by="ben"),
    "plan-abandoned": ran(PLAN, "abandoned", by="ben"),
}


def words(plan: PlanStory, now_us: int = NOW_US, width: int = 80, height: int = 0) -> str:
    lines = lay_out(plan_blocks(plan, now_us), width)
    return "\n".join("".join(text for text, _ in line).rstrip() for line in lines[: height or None])


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_at_both_sizes(name: str, size: tuple[int, int]) -> None:
    desk = FakeDesk()
    desk.plan = PAGES[name]

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "j", "p")
        check_snapshot(f"{name}-{size[0]}x{size[1]}", pilot.text())

    play(scenario, desk=desk, size=size)


@pytest.mark.parametrize("plan", [PLAN, BLOCKED, ALONE], ids=["plain", "blocked", "break-glass"])
def test_the_first_screen_says_what_to_do_what_changes_the_risk_and_who_is_missing(plan: PlanStory) -> None:
    first = words(plan, height=20)
    for label in ("WHAT TO DO NOW", "WHAT CHANGES", "RISK", "WHY", "APPROVALS", "expires in"):
        assert label in first


def test_the_page_of_a_run_by_itself_says_so_and_that_it_waits_for_a_review() -> None:
    alone = ran(PLAN, "verified", by="pulse-tui")._replace(votes=(), authorisation="e3e7da03d885" + "0" * 52)
    waits, done = alone._replace(review="due"), alone._replace(review="ben: it helped")
    assert "BY ITSELF" in words(waits, width=120, height=3)
    assert "pre-authorisation e3e7da03d885 let it run" in words(waits, width=120)
    assert "see whether it helped, then [v] records" in next_step(waits, read_only=False)
    assert "[v]" not in next_step(waits, read_only=True)
    assert "reviewed by ben: it helped" in words(done, width=120)
    assert next_step(done, read_only=False).startswith("nothing: ")


def test_the_checks_that_failed_stand_first_and_those_that_block_before_the_rest() -> None:
    lines = words(BLOCKED, width=160).splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(" CHECKS"))
    assert [line.split()[0] for line in lines[at + 1 : at + 4]] == ["✖", "▲", "●"]


def test_nobody_approves_before_the_checks_were_made() -> None:
    unchecked = PLAN._replace(checks=(), checked_us=0)
    assert "wait: the checks of its targets are being made" in next_step(unchecked, read_only=False)


def test_an_approval_that_is_not_signed_says_so_and_one_that_is_does_not() -> None:
    signed = BLOCKED._replace(votes=(BLOCKED.votes[0]._replace(signed=True),))
    assert "not signed: rests on the account" in words(BLOCKED, width=200)
    assert "(signed)" in words(signed, width=200)
    assert "not signed" not in words(signed, width=200)


def test_a_combination_names_every_member_and_whose_each_step_is() -> None:
    page = words(COMBINED, width=120)
    assert "3 assets together, all of them or back" in page
    assert "refund-prompt  v9 → v8" in page
    assert "2. refund: v9 → refund: v8  refund-prompt: prompts.git#main" in page


@pytest.mark.parametrize(
    ("purpose", "title"),
    [("rollback", "Rollback plan"), ("undo", "Undo plan"), ("drill", "Drill"), ("pause", "Pause plan"),
     ("shift", "Shift plan"), ("resume", "Resume plan")],
)  # fmt: skip
def test_the_title_says_what_a_plan_is_for(purpose: str, title: str) -> None:
    assert plan_title(PLAN._replace(purpose=purpose))[0][0] == f" {title}  "


@pytest.mark.parametrize(
    ("us", "text"),
    [(0, ""), (1, "less than 1m"), (MINUTE, "less than 1m"), (MINUTE + 1, "2m"), (59 * MINUTE, "59m"),
     (60 * MINUTE, "1h 00m"), (72 * MINUTE, "1h 12m")],
)  # fmt: skip
def test_what_is_left_is_coarse(us: int, text: str) -> None:
    assert left(us, 0) == text


@given(st.integers(1, 3 * 3600 * 1_000_000))
def test_the_page_wakes_exactly_when_it_reads_otherwise(ahead_us: int) -> None:
    plan = PLAN._replace(expires_us=NOW_US + ahead_us)
    at = next_change(plan, NOW_US)
    assert at is not None
    assert words(plan, at) != words(plan, NOW_US)
    assert words(plan, at - 1) == words(plan, NOW_US)


def test_a_plan_that_expired_says_so_at_its_moment_and_wakes_no_more() -> None:
    assert "EXPIRED at 2026-11-23T03:40:00Z: make a new plan" in words(PLAN, PLAN.expires_us)
    assert next_change(PLAN, PLAN.expires_us) is None


def test_a_page_whose_run_is_under_way_asks_often_and_shows_each_step_as_it_is_journalled() -> None:
    desk = FakeDesk()
    desk.plan = ran(PLAN, "running", by="ben")

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "j", "p")
        assert "sent, being read back until 03:10:31" in pilot.text()
        desk.plan = ran(PLAN, "verified", by="ben")  # nobody tells the tower: no mark was raised
        await pilot._pilot.pause(0.4)
        await pilot.settle()
        assert "rolled back in 0.71 s" in pilot.text()

    play(scenario, desk=desk)


def test_h_asks_whoever_carries_the_run_out_to_halt() -> None:
    desk = FakeDesk()
    desk.plan = ran(PLAN, "running", by="ben")

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "j", "p", "h")
        assert ("halt", "5903e0") in desk.calls
        assert "ana@jump-1 asked that it halts before its next step" in " ".join(pilot.text().split())
        await pilot.press("h")
        assert desk.calls.count(("halt", "5903e0")) == 1

    play(scenario, desk=desk)


def test_the_run_of_another_is_taken_over_after_its_name_was_typed_in_a_dialog_that_says_whose_it_is() -> None:
    desk = FakeDesk()
    desk.plan = ran(PLAN, "abandoned", by="ben")

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "j", "p")
        await pilot.open_dialog("e")
        assert pilot.screen_name == "ApprovalScreen"
        said = " ".join(pilot.text().split())
        assert "run 5903e0 is of ben on jump-1: abandoned" in said
        assert "models/support-bot@canary: verified, last read 11; deploy-bot: may hold 3.8.2 or 3.8.1" in said
        await pilot.press("enter", "ctrl+y")
        assert ("resume", "5903e0") not in desk.calls
        await pilot.type("support-bot")
        await pilot.press("ctrl+y")
        assert ("resume", "5903e0") in desk.calls

    play(scenario, desk=desk, size=NARROW)


class Unanswered(FakeDesk):
    """A desk whose targets do not answer until they are let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()
        self.late: PlanStory | None = None

    def plan_story(self, plan_hash: str, *, checked: bool = True) -> PlanStory:
        if checked:
            self.let_go.wait(60)
        return self.late if checked and self.late is not None else super().plan_story(plan_hash, checked=checked)


def test_a_target_that_does_not_answer_holds_up_neither_the_page_nor_the_board_and_nobody_approves_unseen() -> None:
    desk = Unanswered()

    async def scenario(pilot: Pilot) -> None:
        for key in ("1", "j", "p"):
            pilot.tower.post_message(key_event(pilot.tower, key))
        while "the checks of its targets are being made" not in pilot.text():
            await asyncio.sleep(0.01)
        pilot.tower.post_message(key_event(pilot.tower, "a"))
        while "a again once the checks stand here" not in pilot.text():
            await asyncio.sleep(0.01)
        desk.changed()
        await pilot.tower.watching.read_board()  # the board is read meanwhile
        desk.let_go.set()
        await pilot.settle()
        assert "[a] approve" in pilot.text()

    play(scenario, desk=desk)


def test_checks_that_took_their_time_do_not_bring_back_what_was_decided_meanwhile() -> None:
    desk = Unanswered()
    desk.plan = PLAN._replace(approvals_needed=2)

    async def scenario(pilot: Pilot) -> None:
        for key in ("1", "j", "p"):
            pilot.tower.post_message(key_event(pilot.tower, key))
        while "the checks of its targets are being made" not in pilot.text():
            await asyncio.sleep(0.01)
        before = desk.plan
        desk.approve(before.hash, "it fell")
        await pilot.tower.watching.read_board()
        while "1 of 2 given" not in pilot.text():
            await asyncio.sleep(0.01)
        desk.late = before  # read before the vote, answered after it
        desk.let_go.set()
        await pilot.settle()
        assert "checks: 3 of 3 good" in pilot.text()
        assert "1 of 2 given" in pilot.text()

    play(scenario, desk=desk)


HOSTILE = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["\x1b]0;pwned\x07", "\u202egnp.exe", "[bold]loud[/bold]", "[/]", "x" * 10_000, "a\u0301" * 5_000, "line\nbreak\r\t", "\x9b31m", "\u2066x"]
    ),
)  # fmt: skip


@given(
    HOSTILE, HOSTILE, HOSTILE, st.sampled_from(["", "running", "halted", "verified"]), st.sampled_from([60, 80, 120])
)
def test_no_text_from_outside_steers_the_screen_or_pushes_what_matters_off_it(
    reason: str, target: str, detail: str, state: str, width: int
) -> None:
    vote = VoteView(reason, target, True, NOW_US, True, detail)
    plan = BLOCKED._replace(
        facts=(("Why", reason),), votes=(vote,), checks=(("x", False, True, detail),), why_not=reason
    )
    plan = plan._replace(steps=tuple(s._replace(target=target, before=detail, after=reason) for s in plan.steps))
    if state:
        plan = ran(plan, state)
        assert plan.run is not None
        moves = tuple((at, word, detail) for at, word, _ in plan.steps[0].moves)
        steps = tuple(s._replace(moves=moves, seen_before=reason, seen_after=detail) for s in plan.steps)
        plan = plan._replace(run=plan.run._replace(detail=detail, has_it=reason, host=target), steps=steps)
    lines = words(plan, width=width).splitlines()
    assert not any(unicodedata.category(c) == "Cc" or c in "\u202e\u2066" for line in lines for c in line)
    assert "WHAT TO DO NOW" in "\n".join(lines[:20])
    assert len(lines) < 500, "nothing from outside fills the page"
    if "[bold]loud[/bold]" in (reason, target):
        assert "[bold]loud[/bold]" in "".join(line.strip() for line in lines)
