"""From anything to what it is related to, and one table of what opens what."""

from __future__ import annotations

import pytest

from pulse_tui.domain.ref import Ref, RefKind, note_ref, release_ref
from pulse_tui.tui.asks.base import OpenPage
from pulse_tui.tui.asks.places import opens
from pulse_tui.tui.kit.screen import BaseScreen
from tests.fakes.desk import HASH
from tests.tui.helpers import NARROW, WIDE, Pilot, check_snapshot, play

THINGS = (
    Ref(RefKind.ALERT, "al-2"),
    Ref(RefKind.INCIDENT, "i-1"),
    Ref(RefKind.ASSET, "support-bot"),
    Ref(RefKind.ADVISORY, "CVE-2026-3248"),
    Ref(RefKind.COMPONENT, "pkg:pypi/vllm"),
    release_ref("support-bot", "3.8.2"),
    Ref(RefKind.RUN, "r-1402"),
    Ref(RefKind.PLAN, HASH),
    note_ref("openai", "n-1"),
    Ref(RefKind.SOURCE, "osv"),
    Ref(RefKind.SILENCE, "s-1"),
    Ref(RefKind.HOLD, "h-1"),
    Ref(RefKind.WAIVER, "w-1"),
    Ref(RefKind.DELIVERY, "d-1"),
    Ref(RefKind.REVIEW, "rv-1"),
    Ref(RefKind.WORKFLOW, "refunds canary"),
    Ref(RefKind.AUTHORISATION, "aa"),
)


def test_every_kind_opens_but_for_rules_which_have_no_page() -> None:
    assert {ref.kind for ref in THINGS} == set(RefKind) - {RefKind.POLICY}
    assert [str(ref) for ref in THINGS if not isinstance(opens(ref), OpenPage)] == []
    assert opens(Ref(RefKind.POLICY, "cve")) is None


PAGES = {
    ref.kind.value: ref for ref in THINGS if ref.kind.value in {"alert", "asset", "advisory", "release", "plan", "run"}
}


@pytest.mark.parametrize("ref", PAGES.values(), ids=PAGES.keys())
def test_what_a_reference_opens_is_about_that_reference(ref: Ref) -> None:
    async def scenario(pilot: Pilot) -> None:
        ask = opens(ref)
        assert ask is not None
        pilot.tower.context.answer(ask)
        await pilot.settle()
        page = pilot.tower.screen
        assert isinstance(page, BaseScreen)
        assert page.ref() == ref or (ref.kind is RefKind.RUN and "3.8.0" in pilot.lines()[1])
        there = page.place()
        assert there is not None
        assert there.same(ask)

    play(scenario)


def test_one_thing_opens_at_once() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("J")
        assert pilot.screen_name == "AdvisoryScreen"
        assert pilot.lines()[1].startswith(" Alerts > Advisory  CVE-2026-3248")
        await pilot.press("J")
        assert pilot.notices[-1] == "nothing is related to advisory CVE-2026-3248"
        await pilot.press("left_square_bracket")
        assert pilot.screen_name == "MainScreen"

    play(scenario)


@pytest.mark.parametrize(("size", "name"), [(WIDE, "related-120x36"), (NARROW, "related-80x24")])
def test_several_things_are_a_list_that_leads_there(size: tuple[int, int], name: str) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("j", "enter", "J")
        assert pilot.screen_name == "RelatedScreen"
        assert "policy" not in pilot.text()
        check_snapshot(name, pilot.text())
        await pilot.press("j", "enter")
        assert pilot.screen_name == "ReleaseScreen"
        await pilot.press("left_square_bracket", "j", "enter")
        assert pilot.screen_name == "BenchScreen"
        assert "3.8.0" in pilot.lines()[1]

    play(scenario, size=size)


def test_a_list_of_a_list_leads_on_from_the_row_under_the_cursor() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("j", "J", "G", "J")
        assert pilot.notices[-1] == "nothing is related to source mlflow"
        await pilot.press("1", "escape")

    play(scenario)
