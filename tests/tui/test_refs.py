"""Every pane and every page says what its row, or the page itself, is about."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import pulse_tui.tui as room
from pulse_tui.domain.ref import Ref, RefKind, note_ref, pair, release_ref
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.rows import Spec
from pulse_tui.tui.kit.screen import BaseScreen
from tests.fakes.desk import HASH, FakeDesk
from tests.tui.alerts.test_incidents import ROW, STORY
from tests.tui.alerts.test_letters import DEAD
from tests.tui.helpers import Pilot, play

NAMELESS = {
    "ACTIVITY": "a line of the audit log is the trace of something, not a thing",
    "GATES": "a line of a run: the page says which run",
    "HISTORY": "a release of an asset: the page knows which",
    "ESTATES": "a place to go to, and nothing of this estate",
    "MESSAGES": "a line of the log of this tower",
    "COMMANDS": "a line of the log of this tower",
    "FLIPS": "an item of a run: the page says which run",
}
"""Tables whose rows have no name of their own, and why."""
PAGES_OF_NOTHING = {
    "EntryScreen", "HelpScreen", "ReportScreen", "ChecklistScreen", "LedgerScreen", "ScorecardScreen",
    "SourcesScreen", "HandoverScreen",
}  # fmt: skip
"""Pages about the estate as a whole, or about the tower."""


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
        yield importlib.import_module(found.name)


MODULES = tuple(_modules())
SPECS: dict[str, Spec[Any]] = {
    name: thing for module in MODULES for name, thing in vars(module).items() if isinstance(thing, Spec)
}


def _below(kind: type[Any]) -> set[type[Any]]:
    found = set(kind.__subclasses__())
    return found.union(*(_below(sub) for sub in found)) if found else set()


@pytest.mark.parametrize("name", sorted(SPECS))
def test_every_table_says_what_a_row_of_it_is(name: str) -> None:
    assert (SPECS[name].ref is None) == (name in NAMELESS)


@pytest.mark.parametrize(
    "page",
    sorted((c for c in _below(PageScreen) if c.__module__.startswith("pulse_tui.")), key=str),
    ids=str,
)
def test_every_page_says_what_it_is_about(page: type[PageScreen]) -> None:
    assert (page.ref is BaseScreen.ref) == (page.__name__ in PAGES_OF_NOTHING)


@pytest.mark.parametrize("name", ["BenchScreen", "FlipsScreen", "HistoryScreen"])
def test_a_page_over_nameless_rows_names_them(name: str) -> None:
    page = next(c for c in _below(ListScreen) if c.__name__ == name)
    assert page.ref is not ListScreen.ref


def _ref(here: Pilot) -> Ref | None:
    screen = here.tower.screen
    assert isinstance(screen, BaseScreen)
    return screen.ref()


WALK: tuple[tuple[tuple[str, ...], Ref | None], ...] = (
    (("1",), Ref(RefKind.ASSET, "support-bot")),
    (("2",), Ref(RefKind.RUN, "r-1418")),
    (("3",), Ref(RefKind.ADVISORY, "CVE-2026-3248")),
    (("3", "G"), None),  # the row of what no advisory names
    (("4",), Ref(RefKind.ALERT, "al-1")),
    (("4", "enter"), Ref(RefKind.ALERT, "al-1")),
    (("3", "enter"), Ref(RefKind.ADVISORY, "CVE-2026-3248")),
    (("3", "enter", "t"), Ref(RefKind.COMPONENT, "vllm 0.9.1")),
    (("3", "enter", "W"), Ref(RefKind.WAIVER, "8c1d0b52aa01")),
    (("1", "enter"), Ref(RefKind.ASSET, "support-bot")),
    (("1", "h"), release_ref("support-bot", "3.8.2")),
    (("1", "h", "enter"), release_ref("support-bot", "3.8.2")),
    (("1", "h", "d"), release_ref("support-bot", "3.8.2")),
    (("1", "t"), Ref(RefKind.COMPONENT, "openai:gpt-4.1")),
    (("1", "t", "j", "enter"), Ref(RefKind.ASSET, "support-bot")),
    (("2", "enter"), Ref(RefKind.RUN, "r-1418")),
    (("2", "enter", "enter"), Ref(RefKind.RUN, "r-1418")),
    (("2", "enter", "m"), Ref(RefKind.RUN, "r-1418")),
    (("2", "enter", "r"), Ref(RefKind.RUN, "r-1418")),
    (("2", "enter", "t"), Ref(RefKind.RUN, "r-1418")),
    (("1", "p"), Ref(RefKind.PLAN, HASH)),
    (("P",), Ref(RefKind.PLAN, "1b77f0aa" * 8)),
    (("P", "d"), Ref(RefKind.PLAN, HASH)),
    (("P", "A"), Ref(RefKind.AUTHORISATION, "aa11bb22" * 8)),
    (("V",), note_ref("openai-news", "n-1")),
    (("V", "enter"), note_ref("openai-news", "n-1")),
    (("I",), Ref(RefKind.INCIDENT, ROW.id)),
    (("I", "enter"), Ref(RefKind.INCIDENT, ROW.id)),
    (("O",), Ref(RefKind.DELIVERY, "notify-1")),
    (("O", "enter"), Ref(RefKind.DELIVERY, "notify-1")),
    (("H", "r"), Ref(RefKind.REVIEW, "review-1")),
    (("i",), Ref(RefKind.ASSET, "support-bot-eu")),
    (("L",), None),
)


@pytest.mark.parametrize(("keys", "about"), WALK, ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_what_the_operator_looks_at_has_a_name(keys: tuple[str, ...], about: Ref | None) -> None:
    async def walk(here: Pilot) -> None:
        await here.press(*keys)
        assert _ref(here) == about, here.text()

    desk = FakeDesk()
    desk.incident_rows, desk.incident_stories, desk.outgoing = (ROW,), (STORY,), (DEAD,)
    play(walk, desk=desk)


@pytest.mark.parametrize(
    ("ref", "parts"),
    [
        (release_ref("org/model@eu", "3.8.1"), ("org/model@eu", "3.8.1")),
        (note_ref("openai-news", "n 1"), ("openai-news", "n 1")),
        (Ref(RefKind.WORKFLOW, "refunds production"), ("refunds", "production")),
    ],
)
def test_an_id_of_two_parts_comes_apart_as_it_was_put_together(ref: Ref, parts: tuple[str, str]) -> None:
    assert pair(ref) == parts
