"""The header on a narrow terminal: state is written short, and never left out."""

from __future__ import annotations

import pytest

from pulse_tui.domain.views.board import Header
from pulse_tui.tui.kit.canvas import width_of
from pulse_tui.tui.kit.header import header_spans

HEARD_NOTHING = Header(
    estate="acme-ai", production_ok=0, production_risk=1, canary=2, shadow=3, p1=2, p2=0, p4=4, frozen=("gateway",),
    sources_good=0, sources_total=8, indeterminate=1, undelivered=0, production_stale=3, as_of="00:30:20",
)  # fmt: skip


@pytest.mark.parametrize("read_only", [True, False])
def test_a_tower_that_hears_nothing_says_so_in_80_columns(read_only: bool) -> None:
    spans = header_spans(HEARD_NOTHING, "acme-ai", "ana", read_only, 80)
    text = "".join(text for text, _ in spans)
    assert width_of(spans) <= 80
    for part in ("●", "▲", "?", "P1 2", "P2 0", "■1", "?1", "src 0/8", "00:30:20"):
        assert part in text
    assert ("READ-ONLY" in text) is read_only


def test_with_room_it_is_written_out() -> None:
    text = "".join(text for text, _ in header_spans(HEARD_NOTHING, "acme-ai", "", False, 160))
    assert "● 0 ok ▲ 1 risk ? 3 stale" in text
    assert "as of 00:30:20" in text


def test_a_board_that_cannot_be_asked_for_is_dated_whatever_the_sources_said_last() -> None:
    text = "".join(text for text, _ in header_spans(HEARD_NOTHING._replace(as_of=""), "a", "", False, 120, "01:02:03"))
    assert "as of 01:02:03" in text


@pytest.mark.parametrize("width", [60, 80, 120, 160])
def test_a_broken_glass_stands_in_the_header_until_it_is_reviewed_however_narrow_it_is(width: int) -> None:
    spans = header_spans(HEARD_NOTHING._replace(glass=1), "acme-ai", "ana", True, width)
    text = "".join(text for text, _ in spans)
    assert "BREAK-GLASS 1" in text or "GLASS 1" in text or "G1" in text
    assert width_of(spans) <= max(width, 80)
