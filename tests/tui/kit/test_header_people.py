"""Who is on call now and next stands in a wide header; that nobody knows it, and reviews that are late, stand out."""

from __future__ import annotations

from pulse_tui.domain.views.board import Header
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.header import header_spans

QUIET = Header("acme", 3, 0, 0, 0, 0, 0, 0, (), 4, 4, 0, 0, on_call="ana (ml) until 08:00, then ben")


def line(header: Header, width: int) -> str:
    return "".join(text for text, _ in header_spans(header, "acme", "ana@jump", False, width))


def test_it_stands_on_a_wide_line_and_not_on_a_narrow_one() -> None:
    assert "on call ana (ml) until 08:00, then ben" in line(QUIET, 160)
    assert "on call" not in line(QUIET, 80)
    assert "on call" not in line(QUIET._replace(on_call=""), 160)


def test_that_nobody_is_known_to_be_on_call_is_a_warning() -> None:
    unknown = QUIET._replace(on_call="not known: the calendar is stale")
    found = dict(header_spans(unknown, "acme", "ana", False, 160))
    assert found["on call not known: the calendar is stale"] == styles.WARN


def test_reviews_that_are_late_stay_however_narrow_the_line_is() -> None:
    late = QUIET._replace(late_reviews=2)
    assert "✎ 2 reviews late" in line(late, 160)
    assert "✎" in line(late, 60)
