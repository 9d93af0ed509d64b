"""What the measures are computed from: incidents with their onset, acknowledgements, runs, notices, deliveries, releases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from pulse_tui.domain.alert import AlertEvent
from pulse_tui.domain.delivery import Delivery, DeliveryState
from pulse_tui.domain.incident import Incident, IncidentState, Member
from pulse_tui.domain.measure import Measure
from pulse_tui.domain.notice import Notice, NoticeOutcome, Use
from pulse_tui.domain.rollback import RunState
from pulse_tui.services.alerts.operate import acknowledge
from pulse_tui.services.learning.metrics import read, span_of
from pulse_tui.services.parts import RollbackParts
from tests.fakes.nouns import CANARY, NOW, alert, later, plan, release, run, run_of


def measure(parts: RollbackParts, ident: str, about: str = "") -> Measure:
    return next(m for m in read(parts, 30).measures.every if (m.id, m.about) == (ident, about))


def happened(parts: RollbackParts) -> str:
    """An alert of an incident whose onset was 20 minutes before; returns the alert's id."""
    one = alert(1, asset_id="support-bot", environment=CANARY, first_at=NOW, last_at=NOW)
    incident = Incident(
        id="i1", title="x", opened_at=NOW, last_at=NOW, onset_at=later(minutes=-20), impact="customers",
        impact_at=later(minutes=5),
    )  # fmt: skip
    with parts.store.write() as tx:
        tx.judgements.put_alert(one)
        tx.incidents.put(incident)
        tx.incidents.put(msgspec.structs.replace(incident, id="i2", state=IncidentState.MERGED, merged_into="i1"))
        tx.incidents.join(Member(alert_id=one.id, incident_id="i1", joined_at=NOW, by="pulse-tui", why="first"))
    return one.id


def test_an_incident_counts_from_its_onset_and_one_that_was_merged_not_at_all(parts: RollbackParts) -> None:
    happened(parts)
    assert (measure(parts, "time_to_detect").value, measure(parts, "time_to_detect").denominator) == (1_200.0, 1)
    assert measure(parts, "caught_before_impact").value == 1.0


def test_an_acknowledgement_is_counted_where_it_was_given_first(parts: RollbackParts) -> None:
    ident = happened(parts)
    assert measure(parts, "time_to_acknowledge").value is None
    acknowledge(parts.judging, ident, "ana", 600, later(minutes=6))
    acknowledge(parts.judging, ident, "ben", 600, later(minutes=60))
    assert measure(parts, "time_to_acknowledge").value == 360.0


def test_a_verified_run_counts_from_the_onset_of_what_it_answered(parts: RollbackParts) -> None:
    ident = happened(parts)
    answered, alone = plan(alert_id=ident), plan(reason="a drill of the mind")
    with parts.store.write() as tx:
        for number, one in enumerate((answered, alone)):
            tx.rollbacks.add_plan(one)
            begun = run(one, f"r{number}", target=f"support-bot/{number}", state=RunState.RUNNING)
            tx.rollbacks.start_run(begun, 1)
            tx.rollbacks.put_run(msgspec.structs.replace(begun, state=RunState.VERIFIED, ended_at=later(minutes=10)))
    found = measure(parts, "time_to_roll_back")
    assert (found.value, found.denominator, found.left_out) == (1_800.0, 1, 1)


def test_pages_are_counted_by_notices_and_a_message_late_by_its_delivery(parts: RollbackParts) -> None:
    ident = happened(parts)
    assert measure(parts, "pages_per_shift").value is None
    page = Notice(
        alert_id=ident,
        at=NOW,
        event=AlertEvent.OPENED,
        use=Use.PAGE,
        outcome=NoticeOutcome.QUEUED,
        why="x",
        person="ana",
    )
    held = msgspec.structs.replace(page, outcome=NoticeOutcome.WITHHELD)
    told = msgspec.structs.replace(page, use=Use.NOTIFY)
    sent = Delivery(key="k1", kind="notify", route="r", payload={}, created_at=NOW, state=DeliveryState.SENT)
    lost = msgspec.structs.replace(sent, key="k2", state=DeliveryState.DEAD)
    waits = msgspec.structs.replace(sent, key="k3", state=DeliveryState.QUEUED)
    with parts.store.write() as tx:
        tx.notices.add([page, held, told])
        for one in (sent, lost, waits):
            tx.plumbing.enqueue(one)
            tx.plumbing.put_delivery(one)
    assert measure(parts, "pages_per_shift").numerator == 1
    late = measure(parts, "late_deliveries")
    assert (late.numerator, late.denominator, late.left_out) == (1, 2, 1)
    parts.clock.pass_(minutes=2)  # type: ignore[attr-defined]
    assert measure(parts, "late_deliveries").numerator == 2


def test_a_release_is_evaluated_by_a_source_and_not_by_a_file_that_somebody_ingested(parts: RollbackParts) -> None:
    with parts.store.write() as tx:
        for version in ("4.0.0", "4.0.1", "4.0.2"):
            tx.estate.add_release(release(version, created_at=NOW))
        for number, (version, source) in enumerate(
            (("4.0.0", "mlflow"), ("4.0.1", "ingest:lm_eval"), ("4.0.2", "suite:golden"))
        ):
            tx.evals.add(run_of(f"e{number}", version, 0.9, source=source), number + 1)
    found = measure(parts, "evaluated_releases")
    assert (found.numerator, found.denominator, found.left_out) == (2, 6, 1)  # gateway has no suite


def test_capacity_is_that_of_the_certificates_and_what_was_never_measured_is_unknown(parts: RollbackParts) -> None:
    assert measure(parts, "rollback_capacity", "production").line.endswith("0% (0 of 2 deployments)")
    assert measure(parts, "regressions", "gateway").value is None


def test_a_span_is_of_whole_days_and_ends_with_the_present_one() -> None:
    span = span_of(NOW, 7)
    assert span == (datetime(2026, 11, 17, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC))
    assert span_of(NOW + timedelta(hours=20), 7) == span
