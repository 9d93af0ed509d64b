"""Measures by hand: what is unknown is left out, counted, and never zero."""

from __future__ import annotations

from typing import Any

import pytest

from pulse_tui.domain.feedback import Usefulness
from pulse_tui.domain.measure import Measure, Unit, lasting
from pulse_tui.domain.words import Priority, SignalType
from pulse_tui.enrich.learning.metrics import measures
from pulse_tui.enrich.learning.records import (
    AlertSeen,
    CapacitySeen,
    DeliverySeen,
    IncidentSeen,
    MissedSeen,
    PageSeen,
    ReleaseSeen,
    RollbackSeen,
    Seen,
)
from tests.fakes.nouns import NOW, later

SINCE, UNTIL = NOW, later(days=28)


def at(minutes: float) -> Any:
    return later(minutes=minutes)


def seen(**fields: Any) -> Seen:
    return Seen(SINCE, UNTIL, **fields)


def one(ident: str, **fields: Any) -> Measure:
    return measures(seen(**fields)).one(ident)


def an_alert(number: int, **fields: Any) -> AlertSeen:
    return AlertSeen(f"a{number}", "rule", at(0), **{"priority": Priority.P2, **fields})


def test_an_estate_without_anything_knows_no_time_and_no_share() -> None:
    found = measures(seen())
    assert {m.id for m in found.every if m.value is not None} == {
        "false_alerts", "missed", "pages_per_shift", "most_pages_in_a_shift",
    }  # fmt: skip
    assert "? unknown" in found.one("time_to_detect").line


def test_detection_counts_from_the_onset_and_leaves_out_incidents_without_one() -> None:
    incidents = [
        IncidentSeen("i1", at(30), at(30), at(0)),
        IncidentSeen("i2", at(30), at(30), at(20)),
        IncidentSeen("i3", at(30), at(30)),
        IncidentSeen("i4", at(30), at(30), at(40)),  # the evidence dates it after the alert: it was seen at once
    ]
    found = one("time_to_detect", incidents=incidents, missed=[MissedSeen(at(9), at(0))])
    assert (found.value, found.denominator, found.left_out) == ((30 + 10 + 0) * 60 / 3, 3, 1)
    assert found.line == "mean time to detect: 13.3 min (mean of 3 incidents; 1 left out: their onset is not known)"


def test_acknowledging_counts_the_first_time_and_says_of_each_other_why_it_is_left_out() -> None:
    alerts = [
        an_alert(1, acknowledged_at=at(10), responded=True),
        an_alert(2, acknowledged_at=at(20), responded=True),
        an_alert(3),
        an_alert(4, open=False, ended_at=at(5)),
        an_alert(5, responded=True),
        an_alert(6, priority=Priority.NOTE, acknowledged_at=at(500), responded=True),
    ]
    found = one("time_to_acknowledge", alerts=alerts)
    assert (found.value, found.left_out) == (900.0, 3)
    assert found.left_why == (
        "1 acknowledged before it was recorded when, 1 ended with nobody acknowledging, 1 not acknowledged yet"
    )


def test_a_rollback_counts_from_the_onset_else_from_the_alert_and_not_at_all_where_it_answered_none() -> None:
    runs = [RollbackSeen(at(60), "a1", at(30), at(0)), RollbackSeen(at(60), "a2", at(30)), RollbackSeen(at(60))]
    found = one("time_to_roll_back", rollbacks=runs)
    assert (found.value, found.denominator, found.left_out) == (45 * 60.0, 2, 1)


def test_false_alerts_are_unknown_while_nobody_gave_a_verdict_and_zero_only_by_verdict() -> None:
    assert one("false_alerts", alerts=[an_alert(1)]).value is None
    some = [an_alert(n, verdict=Usefulness.NOISE) for n in range(8)] + [
        an_alert(9, verdict=Usefulness.USEFUL),
        an_alert(10),
    ]
    found = one("false_alerts", alerts=some)
    assert (found.value, found.left_out) == (2.0, 1)
    assert one("false_alerts", alerts=[an_alert(9, verdict=Usefulness.USEFUL)]).value == 0.0
    assert one("useful_alerts", alerts=some).value == pytest.approx(1 / 9)


def test_caught_before_impact_needs_a_statement_and_a_moment() -> None:
    incidents = [
        IncidentSeen("i1", at(0), at(0), impact="none"),
        IncidentSeen("i2", at(0), at(5), impact="customers", impact_at=at(9)),
        IncidentSeen("i3", at(0), at(9), impact="customers", impact_at=at(5)),
        IncidentSeen("i4", at(0), at(9), impact="customers"),
        IncidentSeen("i5", at(0), at(9)),
    ]
    found = one("caught_before_impact", incidents=incidents)
    assert (found.numerator, found.denominator, found.left_out) == (2, 3, 2)


def test_a_release_of_an_asset_without_a_suite_is_neither_evaluated_nor_not() -> None:
    releases = [ReleaseSeen("a", "1", True), ReleaseSeen("a", "2", False), ReleaseSeen("b", "1", None)]
    found = one("evaluated_releases", releases=releases)
    assert (found.value, found.left_out, found.left_why) == (0.5, 1, "no suite names their asset")


def test_pages_are_counted_by_shift_and_person_and_unknown_where_nothing_was_recorded() -> None:
    pages = [PageSeen(at(m), "ana") for m in (1, 2, 3)] + [PageSeen(at(4), "ben"), PageSeen(later(days=3), "ana")]
    found = measures(seen(pages=pages, noticed=True))
    assert found.one("pages_per_shift").value == 5 / 56
    assert found.one("most_pages_in_a_shift").value == 3
    assert one("pages_per_shift", alerts=[an_alert(1)]).value is None


def test_a_message_on_its_way_is_not_late_and_not_in_time() -> None:
    found = one(
        "late_deliveries", deliveries=[DeliverySeen("r", True), DeliverySeen("r", False), DeliverySeen("r", None)]
    )
    assert (found.value, found.left_out) == (0.5, 1)


def test_families_have_a_line_each_and_what_nobody_reads_or_measured_is_unknown() -> None:
    alerts = [an_alert(1, asset="bot", signal_type=SignalType.SAFETY_REGRESSION), an_alert(2, asset="bot", reports=9)]
    found = measures(
        seen(
            alerts=alerts,
            vendors={"openai": 2, "acme": None},
            models={"bot": True, "calm": True, "dark": False},
            capacity=[CapacitySeen("production", 1, 4)],
        )
    )
    assert [(m.about, m.value) for m in found.named("vendor_alerts")] == [("acme", None), ("openai", 2.0)]
    assert [(m.about, m.value) for m in found.named("regressions")] == [("bot", 1.0), ("calm", 0.0), ("dark", None)]
    assert [m.line for m in found.named("rollback_capacity")] == [
        "rollback capacity, production: 25% (1 of 4 deployments)"
    ]
    assert found.one("reports_per_alert").value == 5.0


def test_a_chart_has_a_point_for_every_week_also_for_one_without_alerts() -> None:
    alerts = [an_alert(1)._replace(first_at=later(days=d)) for d in (0, 6, 20)]
    (weeks, *_) = measures(seen(alerts=alerts)).series
    assert [value for _, value in weeks.points] == [2, 0, 1, 0]
    assert weeks.points[0][0] == "11-23"


def test_every_measure_says_what_it_is_and_no_two_have_the_same_name() -> None:
    every = measures(seen(vendors={"a": 1}, models={"b": True}, capacity=[CapacitySeen("canary", 0, 1)])).every
    assert len({(m.id, m.about) for m in every}) == len(every)
    assert all(len(m.definition) > 30 for m in every)
    assert {m.unit for m in every} == set(Unit)


def test_a_span_in_words() -> None:
    assert [lasting(s) for s in (0.4, 59, 90, 7_200, 86_400 * 2.5)] == ["0 s", "59 s", "1.5 min", "2 h", "2.5 d"]
