"""The log of a tower: its messages, and the command line of every action that was taken in it."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.cli.main import COMMANDS, parser_of
from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.lock import safe
from pulse_tui.domain.typed import line
from pulse_tui.domain.views.evals import BenchStory
from pulse_tui.ports.tower import Desk
from pulse_tui.tui.noting.acts import ACTS, typed
from pulse_tui.tui.noting.desk import noting
from tests.fakes.desk import HASH, FakeDesk
from tests.fakes.registry_desk import NOW
from tests.tui.helpers import NARROW, WIDE, Pilot, check_snapshot, copies_of, play

READS = {
    "board", "trends", "change_mark", "story", "advisory_story", "ledger", "radius", "asset_story", "history",
    "release_story", "release_diff", "tree", "dependents", "calendar", "inventory", "gate_story", "bench", "flips",
    "source_problems", "trust", "waivers", "waiver_story", "quiet", "notes", "note_story", "corrections", "tempo",
    "shutdowns", "scorecard", "holds", "hold_story", "plan_story", "reviews", "plans", "authorisations", "drills",
    "close", "letters", "letter_story", "incidents", "incident_story", "learning_report", "checklist", "activity",
    "decisions", "on_call", "why_called", "handover", "review_tasks", "silences", "preview_silence", "matching",
    "described", "related", "past",
}  # fmt: skip
"""Calls that change nothing: no command line stands for them."""

VALUES: dict[str, Any] = {
    "alert_id": "al-1", "why": "it's noisy; rm -rf $HOME `x`", "reason": "-1 of 3 \"ok\"",
    "hours": 0.5, "days": 7, "verdict": "noise", "match": 'asset.id == "support-bot"', "starts_at": NOW,
    "ends_at": NOW + timedelta(hours=2), "maintenance": False, "everything": True, "zone": "", "ident": "s-1",
    "name": "CVE-2026-3248", "asset_id": "support-bot", "component": "vllm 0.9.1", "status": "not_affected",
    "justification": "component_not_present", "owner": "ana", "until": NOW, "environment": "canary",
    "every_version": True, "advisory_id": "CVE-2026-3248", "package": "vllm", "version": "0.9.2", "answer": "no",
    "source": "openai-news", "key": "-n 1", "labels": ("deprecation", "pricing"), "rule_id": "lr-1", "hold_id": "h-1",
    "run_id": "r-1418", "gate": "functional", "action": "approve", "plan_hash": HASH, "break_glass": True,
    "checked": True, "purpose": "shift", "traffic": 10.0, "trigger": "latency-breach", "lasts": timedelta(days=30),
    "how": "approve", "cause": "s-9", "into": "inc-2", "at": NOW, "impact": "customers", "helped": "a restart",
    "route": "", "what": "-- nobody saw it", "onset": NOW, "incident_id": "inc-1", "to": "ben", "since": timedelta(hours=8),
}  # fmt: skip


def _calls() -> dict[str, Callable[..., Any]]:
    return {
        name: found
        for base in inspect.getmro(Desk)
        for name, found in vars(base).items()
        if inspect.isfunction(found) and not name.startswith("_")
    }


CALLS = _calls()


def _given(name: str) -> dict[str, Any]:
    names = [n for n in inspect.signature(CALLS[name]).parameters if n != "self"]
    return {n: VALUES[n] for n in names}


def parsed(command: str) -> Any:
    program, name, *rest = shlex.split(command)
    assert program == "pulse-tui"
    assert name in COMMANDS
    return parser_of(name).parse_intermixed_args(rest)


def test_every_call_that_changes_something_has_its_command_line() -> None:
    assert set(CALLS) - READS == set(ACTS)


@pytest.mark.parametrize("name", sorted(ACTS))
def test_the_command_line_of_an_action_can_be_typed(name: str) -> None:
    written = typed(name, _given(name), None, FakeDesk())
    assert written.startswith("pulse-tui ")
    options = vars(parsed(written))
    if "why" in _given(name):
        assert options["why"] == VALUES["why"]


def test_what_a_pause_was_asked_for_shows_in_its_plan() -> None:
    given = {**_given("route"), "purpose": "", "why": ""}
    plan = FakeDesk().plan._replace(purpose="resume")
    assert typed("route", given, plan, FakeDesk()) == "pulse-tui rollback resume-traffic support-bot --env=canary"


@given(st.text(max_size=60))
def test_a_shell_takes_every_word_as_one_and_nothing_of_it_steers_a_terminal(word: str) -> None:
    written = line(("alert", "resolve", "al-1", f"--why={word}"))
    assert len(shlex.split(written)) == 5
    assert safe(written) == written


def test_an_action_is_noted_with_its_outcome_and_a_refused_one_too() -> None:
    noted: list[tuple[str, str, bool, str]] = []
    fake = FakeDesk()
    desk = noting(fake, lambda *each: noted.append(each))
    desk.acknowledge("al-1")
    desk.board()
    fake.refuse = "not yours"
    with pytest.raises(Refused):
        desk.resolve("al-2", "it ended")
    assert noted[0] == ("pulse-tui alert ack al-1", "al-1 is acknowledged until 04:10", False, "")
    assert noted[1][0] == "pulse-tui alert resolve al-2 '--why=it ended'"
    assert "not yours" in noted[1][1]
    assert noted[1][2]
    assert len(noted) == 2


class NoRuns(FakeDesk):
    """A desk that cannot say what a run is of."""

    def bench(self, asset_id: str, suite: str, run_id: str | None = None) -> BenchStory:
        raise NotFound(f"there is no run {run_id}")


def test_an_action_whose_line_cannot_be_made_is_done_all_the_same() -> None:
    noted: list[tuple[str, str, bool, str]] = []
    fake = NoRuns()
    noting(fake, lambda *each: noted.append(each)).pin_baseline("r-1418", "known good")
    assert fake.calls[-1][0] == "pin_baseline"
    assert noted[0][0] == "pin_baseline"
    assert "no command line could be made" in noted[0][3]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["120x36", "80x24"])
def test_the_log_has_messages_and_by_tab_the_commands(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("4", "a", "j")
        await pilot.open_dialog("s")
        await pilot.type("\t")
        await pilot.press("tab", *"known", "enter")
        pilot.desk.refuse = "somebody else acts"
        await pilot.press("g", "a", "L")
        check_snapshot(f"log-{size[0]}x{size[1]}", pilot.text())
        assert "✖" in pilot.text()
        await pilot.press("tab")
        check_snapshot(f"log-commands-{size[0]}x{size[1]}", pilot.text())
        assert "pulse-tui alert ack al-1" in pilot.text()

    play(scenario, size=size)


def test_a_line_of_the_log_opens_in_full_and_y_copies_the_command() -> None:
    async def scenario(pilot: Pilot) -> None:
        copies = copies_of(pilot)
        await pilot.press("4", "a", "M", "tab", "y", "enter")
        assert copies == ["pulse-tui alert ack al-1"]
        assert pilot.screen_name == "EntryScreen"
        assert "is acknowledged" in pilot.text()

    play(scenario)
