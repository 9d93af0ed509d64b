"""Until when somebody must respond to a vulnerability: by priority, by KEV's date, and once for the whole condition."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.alert import OPEN, Alert, AlertState
from pulse_tui.domain.exploitation import Catalogue, Exploitation, Exploited
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.source import Observation
from pulse_tui.domain.words import Exposure, Priority, Severity
from pulse_tui.services.advisories.story import advisory_story
from pulse_tui.services.alerts.escalate import escalate
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.clock import Clock
from tests.fakes.nouns import NOW, changed
from tests.services.said import standing

RECORD = Advisory(
    id="GHSA-1",
    source="osv",
    modified=NOW,
    title="Remote code execution",
    aliases=("CVE-2026-3248",),
    severity=Severity.MEDIUM,
    affected=(Affected("PyPI", "vllm", (), (VersionRange(fixed="0.9.2"),)),),
)
TICKET, EXPLOITED = "cve-in-production", "known-exploited"


def take(judge: JudgeParts, clock: Clock, *items: Observation) -> datetime:
    clock.pass_(minutes=1)
    ingest(list(items), [], judge, clock())
    return clock()


def kev(clock: Clock, due: date | None) -> Exploitation:
    entry = Exploited(cve="CVE-2026-3248", added=date(2026, 11, 2), due=due)
    return Exploitation(source="kev", catalogue=Catalogue.KEV, at=clock(), exploited=(entry,))


def alert(judge: JudgeParts, rule: str) -> Alert:
    with judge.store.read() as tx:
        (found,) = [a for a in tx.judgements.alerts(list(OPEN)) if a.rule_id == rule]
    return found


@pytest.fixture
def inside(judge: JudgeParts) -> JudgeParts:
    """The gateway is reached from the inside alone: what is exploited is P2 there."""
    with judge.store.write() as tx:
        gateway = tx.estate.load().assets["gateway"]
        tx.estate.put_assets([changed(gateway, exposure=Exposure.INTERNAL)])
    return judge


def test_a_missed_deadline_of_what_can_wait_makes_it_late_and_not_urgent(judge: JudgeParts, clock: Clock) -> None:
    opened = take(judge, clock, RECORD)
    assert alert(judge, TICKET).deadline == opened + timedelta(days=3)
    clock.pass_(days=3)
    assert escalate(judge) == 1
    late = alert(judge, TICKET)
    assert (late.priority, late.escalations) == (Priority.P3, 1)


def test_what_was_escalated_is_late_in_the_pane_and_on_its_page_though_it_has_time_again(
    judge: JudgeParts, clock: Clock
) -> None:
    opened = take(judge, clock, RECORD)
    clock.pass_(days=3)
    escalate(judge)
    clock.pass_(hours=1)
    (row,) = [r for r in judge.store.board("estate", None, clock()).advisories if r.id == "CVE-2026-3248"]
    assert (row.state, row.due_us) == ("open", to_us(opened + timedelta(days=3)))
    text = "\n".join(line for _, line in advisory_story(judge, "CVE-2026-3248", clock()).lines)
    assert "nobody responded in time, escalated x1" in text


def test_another_record_of_the_vulnerability_does_not_begin_the_clock_afresh(judge: JudgeParts, clock: Clock) -> None:
    opened = take(judge, clock, RECORD)
    clock.pass_(days=1)
    take(judge, clock, changed(RECORD, id="PYSEC-1", modified=clock(), severity=None, cvss=5.0))
    assert alert(judge, TICKET).deadline == opened + timedelta(days=3)


def test_nor_does_another_rule_that_is_as_urgent(inside: JudgeParts, clock: Clock) -> None:
    first = take(inside, clock, changed(RECORD, severity=Severity.CRITICAL))
    due = first + timedelta(hours=4)
    assert (standing(inside), alert(inside, TICKET).deadline) == ([TICKET], due)
    clock.pass_(hours=1)
    take(inside, clock, kev(clock, None))
    assert (standing(inside), alert(inside, EXPLOITED).deadline) == ([EXPLOITED], due)
    with inside.store.read() as tx:
        (gone,) = tx.judgements.alerts([AlertState.RESOLVED])
    assert "it still reaches gateway: known-exploited judges it now" in (gone.resolved_why or "")


def test_a_rule_that_is_more_urgent_has_its_own_shorter_time(judge: JudgeParts, clock: Clock) -> None:
    take(judge, clock, RECORD)
    raised = take(judge, clock, kev(clock, None))
    assert alert(judge, EXPLOITED).deadline == raised + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("days", "ends"),
    [(0, datetime(2026, 11, 24, tzinfo=UTC)), (1, None), (-30, None)],
)
def test_the_date_of_kev_counts_where_it_is_nearer_and_still_to_come(
    inside: JudgeParts, clock: Clock, days: int, ends: datetime | None
) -> None:
    clock.pass_(hours=18)
    today = clock().date()
    opened = take(inside, clock, kev(clock, today + timedelta(days=days)), RECORD)
    assert alert(inside, EXPLOITED).deadline == (ends or opened + timedelta(hours=4))


def test_a_date_that_kev_gives_later_shortens_the_time_of_an_alert_that_stands(
    inside: JudgeParts, clock: Clock
) -> None:
    clock.pass_(hours=18)
    opened = take(inside, clock, kev(clock, None), RECORD)
    assert alert(inside, EXPLOITED).deadline == opened + timedelta(hours=4)
    take(inside, clock, kev(clock, clock().date()))
    assert alert(inside, EXPLOITED).deadline == datetime(2026, 11, 24, tzinfo=UTC)


def test_malicious_code_is_p1_with_its_time_wherever_it_runs(inside: JudgeParts, clock: Clock) -> None:
    bare = Advisory(
        id="MAL-2026-1",
        source="osv",
        modified=NOW,
        title="Malicious code in vllm",
        affected=(Affected("PyPI", "vllm", ("0.9.1",), ()),),
    )
    opened = take(inside, clock, bare)
    assert standing(inside) == ["malicious-package"]
    found = alert(inside, "malicious-package")
    assert (found.priority, found.deadline) == (Priority.P1, opened + timedelta(minutes=15))
