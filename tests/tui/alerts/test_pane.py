"""The pane of the alerts where none is open: it says why, and what comes next."""

from __future__ import annotations

from datetime import date

from pulse_tui.domain.views.board import Board, Review
from pulse_tui.domain.views.signals import SourceRow
from pulse_tui.tui.alerts.pane import AlertsPane, no_alerts
from tests.fakes.desk import ALERTS, REGISTRY, SOURCES, FakeDesk


def board(**fields: object) -> Board:
    return FakeDesk(empty=True).board()._replace(**fields)  # type: ignore[arg-type]


def test_an_estate_without_assets_says_that_nothing_is_watched_and_how_to_begin() -> None:
    assert "pulse-tui init" in no_alerts(board())
    configured = no_alerts(board(sources=SOURCES))
    assert "nothing is watched" in configured
    assert "pulse-tui doctor" in configured


def test_sources_that_were_never_collected_are_no_good_news() -> None:
    never = (SourceRow("osv", "osv", "unknown", "", None),)
    said = no_alerts(board(registry=REGISTRY, sources=never))
    assert "no alert is open" not in said
    assert "ctrl-r" in said


def test_senders_that_sent_nothing_yet_are_not_asked() -> None:
    never = (SourceRow("ci", "pushed", "never", "", None), SourceRow("evals", "pushed", "never", "", None))
    said = no_alerts(board(registry=REGISTRY, sources=never))
    assert said == "none of 2 senders sent anything yet: S says how each is doing"


def test_no_open_alert_says_from_which_sources_that_is_known_and_what_to_press() -> None:
    said = no_alerts(board(registry=REGISTRY, sources=SOURCES))
    assert "no alert is open on 4 assets; 1 of 3 sources are good (osv, vendor-blog not: S says why)" in said
    assert "Enter opens it" in said
    assert "? lists every key" in said


def test_without_a_source_nothing_is_watched() -> None:
    assert "nothing is watched" in no_alerts(board(registry=REGISTRY))


def test_a_rule_whose_review_is_overdue_stands_over_what_it_judges() -> None:
    pane = AlertsPane()
    calm = board(alerts=ALERTS)
    pane.show_board(calm, 0, None)
    assert "review" not in pane.heading
    late = calm.header._replace(reviews=(Review("cve", "platform", date(2026, 11, 1)),))
    pane.show_board(calm._replace(header=late), 0, None)
    assert pane.heading.endswith("1 rule's review overdue: pulse-tui doctor")
