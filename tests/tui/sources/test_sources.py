"""How far each source can be trusted: the panel of the sources."""

from __future__ import annotations

from typing import Any

import pytest

from pulse_tui.domain.moments import from_us
from pulse_tui.domain.trust import Trust, TrustState
from pulse_tui.tui.kit.document import lay_out
from pulse_tui.tui.sources.source import blocks
from pulse_tui.tui.sources.sources import news_of, source_blocks, trust_lines
from tests.fakes.registry_desk import NOW_US, ago
from tests.tui.helpers import NARROW, WIDE, Pilot, check_snapshot, play

DAY = 24


def page(state: TrustState = TrustState.GOOD, **fields: Any) -> Trust:
    given: dict[str, Any] = {
        "source": "news", "kind": "feed", "state": state, "vendor": "openai", "entries": 14,
        "last_good_at": from_us(ago(1)), "baseline_at": from_us(ago(900)), "news_at": from_us(ago(3 * DAY)),
        "usual_s": 6 * 86_400.0, "next_at": from_us(ago(-0.25)),
    }  # fmt: skip
    return Trust(**{**given, **fields})


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=lambda s: f"{s[0]}x{s[1]}")
def test_the_panel(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("S")
        check_snapshot(f"sources-{size[0]}x{size[1]}", pilot.text())

    play(scenario, size=size)


def test_a_page_says_what_it_lists_when_it_last_brought_news_and_how_often_it_does() -> None:
    first, below = trust_lines(page(), 4, 4, NOW_US)
    assert first == "● good     news  feed  last good  1h  next in 15m"
    assert below.strip() == "14 entries, news 3d ago, usually every ~6d"


@pytest.mark.parametrize("state", list(TrustState))
def test_every_state_has_a_glyph_and_its_word_and_only_good_looks_good(state: TrustState) -> None:
    first = trust_lines(page(state), 4, 4, NOW_US)[0]
    assert first[2:].startswith(state.value)
    assert (first[0] == "●") is (state is TrustState.GOOD)


def test_what_is_not_known_of_a_page_is_said_and_never_guessed() -> None:
    assert "still being learned" in news_of(page(usual_s=None), NOW_US)
    assert "no news since it was read first" in news_of(page(news_at=None), NOW_US)
    assert "never read in full" in news_of(page(baseline_at=None, news_at=None, usual_s=None), NOW_US)
    assert news_of(Trust(source="osv", kind="osv", state=TrustState.GOOD), NOW_US) == ""
    never = Trust(source="osv", kind="osv", state=TrustState.NEVER)
    assert trust_lines(never, 3, 3, NOW_US) == ["? never    osv  osv  last good   -"]


def test_the_reason_stands_below_in_full_on_the_narrowest_screen() -> None:
    why = "41 of 120 entries changed at once; nothing of it is stored or alerted: it is believed when it stays so"
    blocks = source_blocks([page(TrustState.SUSPECT, why=why, source="openai-deprecations")], (), NOW_US)
    text = " ".join("".join(t for t, _ in line).strip() for line in lay_out(blocks, 80))
    assert why in " ".join(text.split())


def test_a_sender_says_how_much_of_it_was_taken_and_what_was_refused() -> None:
    why = "2 records of the last push refused, the first for severty: Object contains unknown field `severty`"
    row = Trust(
        source="ci",
        kind="pushed",
        state=TrustState.REFUSED,
        why=why,
        last_good_at=from_us(ago(0)),
        sent="1,204 accepted, 2 refused",
    )
    lines = trust_lines(row, 2, 6, NOW_US)
    assert lines[0].split() == ["■", "refused", "ci", "pushed", "last", "good", "<1m"]
    assert [line.strip() for line in lines[1:]] == [why, "1,204 accepted, 2 refused"]


def test_a_source_that_is_overdue_is_asked_now() -> None:
    assert "next now" in trust_lines(page(next_at=from_us(ago(1))), 4, 4, NOW_US)[0]


# ------------------------------------------------------------------ one of them


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=lambda s: f"{s[0]}x{s[1]}")
def test_one_is_opened_by_its_name_completed_from_the_board(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        name = pilot.desk.sources[0].id
        await pilot.press("colon")
        await pilot.type(f"source {name[:4]}")
        assert f"source {name}" in pilot.text()
        await pilot.press("enter")
        assert pilot.screen_name == "SourceScreen"
        check_snapshot(f"source-{size[0]}x{size[1]}", pilot.text())
        await pilot.press("x")
        assert pilot.screen_name == "ObjectScreen"
        await pilot.press("escape", "ctrl+r")
        assert "no sources are collected by this tower" in pilot.notices[-1]

    play(scenario, size=size)


def test_a_source_that_there_is_not_is_refused_with_the_nearest_name() -> None:
    async def scenario(pilot: Pilot) -> None:
        name = pilot.desk.sources[0].id
        await pilot.press("colon")
        await pilot.type(f"source {name}z")
        await pilot.press("enter")
        assert f"did you mean '{name}'?" in pilot.notices[-1]
        assert pilot.screen_name == "MainScreen"

    play(scenario)


def test_of_one_that_was_never_read_nothing_is_made_up() -> None:
    never = Trust(source="osv", kind="osv", state=TrustState.NEVER)
    text = "\n".join(line for block in blocks(never, NOW_US) for line in block.lines)
    assert "? never" in text
    assert "not known" in text
    assert "ago" not in text
