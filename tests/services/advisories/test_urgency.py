"""Priority, reasons and the time that is left, wherever a vulnerability is."""

from __future__ import annotations

from datetime import date, timedelta

from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.exploitation import Catalogue, Exploitation, Exploited
from pulse_tui.domain.words import Environment, Priority, Severity
from pulse_tui.services.advisories.of_release import advisories_of
from pulse_tui.services.advisories.urgency import Urgency, urgency_of
from pulse_tui.services.alerts.story import alert_story
from pulse_tui.services.parts import JudgeParts, RollbackParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.clock import Clock
from tests.fakes.nouns import NOW

RECORD = Advisory(
    id="GHSA-1",
    source="osv",
    modified=NOW,
    title="Remote code execution",
    aliases=("CVE-2026-3248",),
    severity=Severity.MEDIUM,
    cvss=6.5,
    affected=(Affected("PyPI", "vllm", (), (VersionRange(fixed="0.9.2"),)),),
)
KEV = Exploitation(
    source="kev", catalogue=Catalogue.KEV, at=NOW, exploited=(Exploited(cve="CVE-2026-3248", added=date(2026, 11, 2)),)
)


def urgency(judge: JudgeParts, clock: Clock) -> Urgency:
    with judge.store.read() as tx:
        ((place, found),) = urgency_of("CVE-2026-3248", tx, clock()).items()
    assert place == ("gateway", Environment.PRODUCTION)
    return found


def test_it_comes_with_its_reasons_and_the_time_that_is_left(judge: JudgeParts, clock: Clock) -> None:
    clock.pass_(minutes=1)
    ingest([RECORD, KEV], [], judge, clock())
    found = urgency(judge, clock)
    assert found.priority is Priority.P1
    assert str(found.verdict).startswith("known exploited (KEV 2026-11-02), medium, CVSS 6.5, public")
    assert found.due == clock() + timedelta(minutes=15)


def test_who_took_it_up_has_no_clock(judge: JudgeParts, clock: Clock) -> None:
    clock.pass_(minutes=1)
    ingest([RECORD], [], judge, clock())
    found = urgency(judge, clock)
    assert (found.priority, found.due) == (Priority.P3, clock() + timedelta(days=3))
    assert found.alert is not None
    with judge.store.write() as tx:
        tx.judgements.put_alert(found.alert.acknowledge("ana", clock() + timedelta(hours=1)))
    assert urgency(judge, clock).due is None


def test_nothing_is_urgent_that_reaches_nothing(judge: JudgeParts, clock: Clock) -> None:
    with judge.store.read() as tx:
        assert urgency_of("CVE-2026-3248", tx, clock()) == {}


def test_the_reasons_stand_on_the_page_of_the_alert_and_in_the_ticket(parts: RollbackParts, clock: Clock) -> None:
    clock.pass_(minutes=1)
    ingest([RECORD, KEV], [], parts.judging, clock())
    reasons = "known exploited (KEV 2026-11-02), medium, CVSS 6.5, public"
    alert = urgency(parts.judging, clock).alert
    assert alert is not None
    story = alert_story(parts, alert.id)
    assert any(f"P1 because: {reasons}" in line for line in story.why)
    assert any("known to be exploited since 2026-11-02; EPSS unknown" in line for line in story.risk)
    with parts.store.read() as tx:
        tickets = [d.payload["risk"] for d in tx.plumbing.deliveries(100) if d.payload["alert"] == alert.id]
    assert tickets
    assert all(f"because: {reasons}" in text for text in tickets)


def test_the_gate_gives_the_reasons_of_what_closes_it(judge: JudgeParts, clock: Clock) -> None:
    clock.pass_(minutes=1)
    ingest([RECORD, KEV], [], judge, clock())
    with judge.store.read() as tx:
        release = tx.estate.release("gateway", "1.9.3")
        assert release is not None
        (weakness,) = advisories_of(tx, judge, release, Environment.PRODUCTION).weaknesses
    assert weakness.holds
    assert "known exploited (KEV 2026-11-02)" in weakness.detail
