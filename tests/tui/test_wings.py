"""The tower is composed: wings with tables of asks, panes in one list, an app without rules."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import pytest

import pulse_tui.tui as room
from pulse_tui.domain.views.board import Board
from pulse_tui.domain.views.signals import SourceRow
from pulse_tui.tui.alerts.wing import AlertsWing
from pulse_tui.tui.app import Tower
from pulse_tui.tui.asks.base import Ask
from pulse_tui.tui.asks.common import Say
from pulse_tui.tui.common.help import DIALOGS, HelpScreen
from pulse_tui.tui.context import Context
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.entry import EntryScreen
from pulse_tui.tui.kit.guard import GuardedScreen
from pulse_tui.tui.kit.keys import Key, bind, key_name
from pulse_tui.tui.kit.rows import Cells, Column, Spec
from pulse_tui.tui.kit.screen import BaseScreen
from pulse_tui.tui.pane import Pane, Subject, TablePane
from pulse_tui.tui.wing import Wing, table_of
from pulse_tui.tui.wings import WINGS
from tests.tui.helpers import NARROW, WIDE, Pilot, play

# ------------------------------------------------------------------ a pane that the product does not have


class OpenSource(Ask):
    """Open one source."""

    source: str


class Pause(Ask):
    """Stop collecting from one source."""

    source: str


def _cells(row: SourceRow, now_us: int) -> Cells:
    return (row.id, styles.PLAIN), styles.state(row.health)


class SourcesPane(TablePane[SourceRow]):
    TAB = "Sources"
    KEYS: ClassVar[Sequence[Key]] = (bind("z", "pause", "pause", "stop collecting from it", show=True, changes=True),)

    def __init__(self) -> None:
        spec: Spec[SourceRow] = Spec(
            title="Sources", columns=(Column("SOURCE", 8, 0), Column("HEALTH", 6, 12)), cells=_cells,
            key=lambda row: row.id, fields=lambda row: {"source": row.id}, names=("source",),
            wants_attention=lambda row: row.health != "good", copied=lambda row: row.id, empty="no sources",
        )  # fmt: skip
        super().__init__(spec, id="sources")

    def show_board(self, board: Board, now_us: int, lead: str | None) -> None:
        self.update_rows(board.sources, now_us)

    def opens(self, row: SourceRow) -> OpenSource:
        return OpenSource(row.id)

    def subject(self) -> Subject | None:
        return Subject("support-bot")

    def applies(self, action: str) -> bool:
        return self.row is not None

    def action_pause(self) -> None:
        if self.row is not None:
            self.post_message(Pause(self.row.id))


class SourcesWing(Wing):
    def __init__(self, context: Context) -> None:
        self._context = context
        self.panes = (SourcesPane(),)
        self.answers = {OpenSource: self.open, Pause: self.pause}

    def open(self, ask: OpenSource) -> None:
        self._context.push(EntryScreen(self._context.head, ask.source, (("source", "one of them"),)))

    def pause(self, ask: Pause) -> None:
        self._context.act(lambda desk: f"{ask.source} is paused by {desk.operator}")


FIVE = (*WINGS, SourcesWing)


@pytest.mark.parametrize("size", [WIDE, NARROW, (120, 48)])
def test_a_fifth_pane_is_one_more_wing_in_the_list_and_edits_no_other_file(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("5")
        assert any("5 Sources" in line for line in pilot.lines()[:-1])
        assert "z pause" in pilot.lines()[-1]
        assert "h history" in pilot.lines()[-1]
        assert "f freeze" not in pilot.lines()[-1]
        await pilot.press("j", "z")
        source = pilot.main.pane.table.row.id  # type: ignore[union-attr]
        assert f"{source} is paused by" in pilot.lines()[-1]
        await pilot.press("enter")
        assert (pilot.screen_name, source in pilot.lines()[1]) == ("EntryScreen", True)
        await pilot.press("escape", "h")
        assert pilot.screen_name == "HistoryScreen"
        await pilot.press("escape", "1", "z")
        assert len(pilot.notices) == 1
        await pilot.press("shift+tab", "question_mark")
        assert isinstance(pilot.tower.screen, HelpScreen)
        assert any("stop collecting from it" in line for b in pilot.tower.screen.document.blocks for line in b.lines)
        await pilot.press("escape", "1", "colon", *"sources", "enter")
        assert pilot.screen_name == "MainScreen"
        assert isinstance(pilot.main.pane, SourcesPane)

    play(scenario, wings=FIVE, size=size)


def test_a_fifth_pane_is_hidden_from_who_may_only_read_where_it_changes_something() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("5", "z")
        assert "pause" not in pilot.lines()[-1]

    play(scenario, wings=FIVE, read_only=True)


def test_a_fifth_pane_has_a_count_in_its_tab_and_is_remembered(tmp_path: Path) -> None:
    file = tmp_path / "session.json"

    async def leave(pilot: Pilot) -> None:
        await pilot.press("5", "slash", *"m", "enter")
        assert f"5 Sources {len(pilot.main.pane.table.rows)}" in pilot.lines()[1]  # type: ignore[union-attr]

    async def come_back(pilot: Pilot) -> None:
        assert isinstance(pilot.main.pane, SourcesPane)
        assert pilot.main.pane.filter.text == "m"
        assert pilot.main.pane.cursor_key == json.loads(file.read_text())["cursors"]["sources"]

    play(leave, wings=FIVE, size=NARROW, session_file=file)
    play(come_back, wings=FIVE, size=NARROW, session_file=file)


# ------------------------------------------------------------------ asks


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
        yield importlib.import_module(found.name)


def of_the_product(base: type) -> list[type]:
    """The subclasses of ``base`` in the room, however deep."""
    list(modules())
    found: list[type] = []
    direct: type
    for direct in base.__subclasses__():
        found += [direct, *of_the_product(direct)]
    return [each for each in dict.fromkeys(found) if each.__module__.startswith(room.__name__)]


def test_every_ask_that_is_no_base_of_others_has_an_answer() -> None:
    async def scenario(pilot: Pilot) -> None:
        asks = {ask for ask in of_the_product(Ask) if not ask.__subclasses__()}
        assert asks == set(pilot.tower._table)
        assert len(asks) > 40

    play(scenario)


def test_an_ask_that_no_wing_answers_is_reported_and_the_tower_stays() -> None:
    async def scenario(pilot: Pilot) -> None:
        pilot.main.post_message(Pause("osv"))
        await pilot.settle()
        assert "no wing answers Pause" in pilot.lines()[-1]
        pilot.main.post_message(Say("still here"))
        await pilot.settle()
        assert "still here" in pilot.lines()[-1]

    play(scenario)


def test_two_wings_may_not_answer_the_same_ask() -> None:
    async def scenario(pilot: Pilot) -> None:
        with pytest.raises(ValueError, match="two wings answer"):
            table_of([AlertsWing(pilot.tower.context), AlertsWing(pilot.tower.context)])

    play(scenario)


# ------------------------------------------------------------------ the app, and what changes something


def test_the_app_has_at_most_fifteen_methods_and_one_class() -> None:
    own = [name for name, value in vars(Tower).items() if callable(value) and not name.startswith("__")]
    assert len(own) + 1 <= 15, own  # and __init__
    assert [each.__name__ for each in Tower.__mro__ if each.__module__.startswith(room.__name__)] == ["Tower"]


CHANGING = {
    "acknowledge", "silence", "waive", "resolve", "freeze", "unmute", "take_back", "propose", "put_back", "approve", "reject", "execute", "undo", "refresh",
    "approve_release", "promote_release", "quarantine_release", "retire_release", "pin_baseline", "accept_risk", "resume",
    "halt", "drill", "break_glass", "review", "end_waiver", "authorise", "revoke", "route", "correct", "withdraw",
    "verdict", "verdict_useful", "verdict_noise", "replay", "replay_all", "drop", "hand_over", "take", "finish",
    "confirm", "split", "merge", "onset", "impact", "silence_like",
}  # fmt: skip


def test_whatever_changes_something_is_marked_so_on_every_screen_and_pane() -> None:
    async def scenario(pilot: Pilot) -> None:
        keys = list(pilot.main.all_keys)
        for screen in of_the_product(BaseScreen):
            keys += [key for key in screen.__dict__.get("BINDINGS", ()) if isinstance(key, Key)]
        for pane in of_the_product(Pane):
            keys += [*pane.KEYS, *pane.ANYWHERE]  # type: ignore[attr-defined]
        assert {key.name for key in keys if key.changes} == CHANGING
        assert not [key for key in keys if key.name in CHANGING and not key.changes]

    play(scenario)


TEXTUAL = {"app.focus_next", "app.focus_previous", "screen.copy_text", "app.help_quit", "quit"}
"""Textual's own bindings, without effect where nothing can have the focus."""
PAGES = (
    (),
    ("enter",),
    ("1", "enter"),
    ("1", "j", "h"),
    ("1", "j", "t"),
    ("1", "j", "p"),
    ("2", "enter"),
    ("3", "enter"),
    ("P",),
    ("U",),
    ("S",),
    ("H",),
    ("H", "r"),
    ("M",),
    ("c",),
    ("i",),
)


@pytest.mark.parametrize("keys", PAGES, ids=lambda keys: "-".join(keys) or "panes")
def test_every_key_that_acts_stands_in_the_help_of_its_screen(keys: tuple[str, ...]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press(*keys)
        screen = pilot.tower.screen
        acting = {
            each.key: each.description
            for bindings in screen._bindings.key_to_bindings.values()
            for each in bindings
            if each.action not in TEXTUAL and screen.check_action(each.action.partition("(")[0], ()) is True
        }
        assert acting
        await pilot.press("question_mark")
        assert isinstance(pilot.tower.screen, HelpScreen)
        (listed,) = (block.lines for block in pilot.tower.screen.document.blocks if block.label == "KEYS")
        names = {name for line in listed for name in line.partition("   ")[0].split()}
        assert {key_name(key) for key in acting} <= names
        assert "ctrl-q" in names

    play(scenario)


def test_the_keys_of_every_dialog_stand_in_the_help() -> None:
    dialogs = {each for each in of_the_product(GuardedScreen) if not each.__subclasses__()}
    assert dialogs == {screen for _, screen in DIALOGS}
