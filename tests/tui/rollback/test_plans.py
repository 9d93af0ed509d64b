"""The page of the plans: what stopped and what waits is seen, and one key ends it."""

from __future__ import annotations

import pytest

from pulse_tui.tui.kit import styles
from pulse_tui.tui.registry.rows import registry_state
from pulse_tui.tui.rollback.plan import plan_state
from tests.fakes.desk import PLAN_LINES, REGISTRY
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
    assert registry_state(row._replace(state="risk", run="stopped")) == ("▲ risk ✖ run", styles.BAD)
    assert registry_state(row._replace(run="running"))[0] == "● ok ▶ run"
    assert registry_state(row._replace(run="waiting", hold="frozen"))[0] == "● ok ⧗ plan"
