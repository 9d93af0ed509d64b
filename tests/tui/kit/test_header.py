"""The header line: written short where it is narrow, and state is never dropped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.views.board import Header
from pulse_tui.tui.kit.canvas import width_of
from pulse_tui.tui.kit.header import header_spans

CALM = Header("acme-ai", 12, 0, 3, 2, 0, 0, 4, (), 15, 15, 0, 0)
NIGHT = Header(
    "acme-ai", 6, 3, 3, 2, 2, 3, 9, ("embed-gateway", "support-bot"), 5, 8, 2, 1,
    running=1, stopped=1, waiting=2, muted=2, canary_risk=2,
)  # fmt: skip


def line(header: Header, width: int, *, read_only: bool = False) -> str:
    return "".join(text for text, _ in header_spans(header, "acme-ai", "ana@jump-1", read_only, width))


@pytest.mark.parametrize("width", [80, 120, 200])
def test_whatever_the_width_no_state_is_dropped(width: int) -> None:
    text = line(NIGHT, width, read_only=True)[:width]
    muted = "○" if width == 80 else "mut"
    for word in ("6 ok", "3 risk", "READ-ONLY", "P1 2", "P2 3", "5/8", "■", "▶", "⧗", "✖", "?", muted):
        assert word in text, word


def test_a_night_when_all_is_wrong_and_nobody_collects_still_shows_every_state_in_80_columns() -> None:
    worst = NIGHT._replace(production_stale=3, as_of="00:36:09")
    text = line(worst, 80, read_only=True)[:80]
    for word in (
        " PROD ",
        "●6",
        "▲3",
        "?3",
        "RO",
        "@00:36",
        "▲2",
        "P1 2",
        "P2 3",
        "✖run 1",
        "▶1",
        "⧗2",
        "■2",
        "?2",
    ):
        assert word in text, word
    assert text.endswith("5/8")


def test_a_wide_line_says_it_in_words() -> None:
    text = line(NIGHT, 240)
    for words in ("sources 5/8", "FREEZE embed-gateway +1", "2 undecided", "1 undelivered", "muted 2", "2 waiting"):
        assert words in text


@pytest.mark.parametrize(("width", "words"), [(80, "c▲2"), (120, "can ▲2"), (240, "canary 3 ▲ 2 risk")])
def test_a_failing_canary_stands_in_the_line_though_production_is_well(width: int, words: str) -> None:
    assert words in line(NIGHT, width, read_only=True)


def test_a_calm_night_fits_80_columns_and_names_nothing_that_is_not() -> None:
    text = line(CALM, 80)
    assert width_of(header_spans(CALM, "acme-ai", "ana", False, 80)) <= 80
    assert not set("■▶⧗✖?") & set(text)


@given(st.integers(60, 200), st.integers(0, 99), st.integers(0, 99), st.integers(0, 9))
def test_it_is_never_wider_than_it_must_be(width: int, risk: int, muted: int, dead: int) -> None:
    header = CALM._replace(production_risk=risk, muted=muted, undelivered=dead)
    assert width_of(header_spans(header, "acme-ai", "ana@jump-1", False, width)) <= max(width, 80)


@pytest.mark.parametrize(("width", "words"), [(80, "⧗pol"), (240, "⧗ policy")])
def test_a_policy_that_waits_for_a_second_person_stands_in_the_line_however_narrow(width: int, words: str) -> None:
    assert "pol" not in line(NIGHT, width)
    assert words in line(NIGHT._replace(policy="policy 41c9 waits"), width)


def test_what_to_press_first_stands_there_until_state_needs_the_room() -> None:
    def hinted(header: Header | None, width: int) -> str:
        return "".join(
            text for text, _ in header_spans(header, "acme-ai", "", False, width, hint="Enter opens  ? keys")
        )

    for width in (60, 80, 120):
        assert hinted(None, width).endswith("Enter opens  ? keys")
    assert hinted(CALM, 80).endswith("Enter opens  ? keys")
    assert hinted(NIGHT, 80) == "".join(text for text, _ in header_spans(NIGHT, "acme-ai", "", False, 80))
