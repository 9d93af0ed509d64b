"""What to do about an alert follows from the kind of its cause, and is the same on the page and in the message."""

from __future__ import annotations

from typing import Any

import pytest

from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.alert import Alert
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.concern import Concern
from pulse_tui.domain.estate import Component
from pulse_tui.domain.evidence import UNDELIVERED, HealthEvidence
from pulse_tui.domain.note import Note
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.source import Observation
from pulse_tui.domain.views.alerts import AlertStory
from pulse_tui.domain.words import ComponentKind, Exposure, Severity, SignalType, Tier
from pulse_tui.services.alerts.advice import advise
from pulse_tui.services.alerts.story import alert_story
from pulse_tui.services.desk import ServiceDesk
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.signals.concerns import raise_concern
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.clock import Clock
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, asset, deployment, later, release, signal
from tests.fakes.nouns import alert as any_alert

CVE = Advisory(
    id="CVE-2026-3248",
    source="osv",
    modified=NOW,
    title="Remote code execution",
    severity=Severity.CRITICAL,
    cvss=9.8,
    affected=(Affected("PyPI", "vllm", (), (VersionRange(fixed="0.9.2"),)),),
)


def take(parts: RollbackParts, *items: Observation) -> None:
    ingest(list(items), [], parts.judging, parts.clock())


def bill(version: str, vllm: str) -> Bill:
    component = Component(id="pkg:pypi/vllm", kind=ComponentKind.PACKAGE, name="vllm", version=vllm, ecosystem="PyPI")
    return Bill(source="boms", asset_id="gateway", document="sbom", at=NOW, components=(component,), version=version)


def breach(environment: Any, version: str, **fields: Any) -> Any:
    return signal(
        f"{environment}-{version}",
        SignalType.LATENCY_BREACH,
        asset_id="support-bot",
        environment=environment,
        current_version=version,
        **fields,
    )


def story(parts: RollbackParts, kind: SignalType) -> AlertStory:
    """The page of the open alert whose cause is of this kind."""
    with parts.store.read() as tx:
        found = [a for a in tx.judgements.alerts() if a.open and _kind(tx, a) is kind]
    return alert_story(parts, found[0].id)


def _kind(tx: Any, alert: Alert) -> SignalType:
    cause: SignalType = tx.signals.get(alert.signal_id).signal_type
    return cause


def messages(parts: RollbackParts) -> list[str]:
    with parts.store.read() as tx:
        return [d.payload["what_to_do"] for d in tx.plumbing.deliveries()]


@pytest.fixture
def gateway(parts: RollbackParts) -> RollbackParts:
    """gateway is public: 1.9.3 serves, 1.9.2 did before."""
    with parts.store.write() as tx:
        tx.estate.add_release(release("1.9.2", "gateway", state=ReleaseState.PROMOTED))
        tx.estate.deploy(deployment("1.9.2", PRODUCTION, asset_id="gateway", since=later(days=-9)))
        tx.estate.deploy(deployment("1.9.3", PRODUCTION, asset_id="gateway", since=later(days=-3)))
        tx.dependencies.drop_bill("gateway", "estate", NOW)
    take(parts, bill("1.9.3", "0.9.1"))
    return parts


# --------------------------------------------------------------------------- vulnerabilities


def test_a_vulnerability_is_answered_by_its_fix_and_never_by_a_release_that_has_it_too(gateway: RollbackParts) -> None:
    take(gateway, bill("1.9.2", "0.9.0"), CVE)
    page = story(gateway, SignalType.CVE)
    assert page.todo[0] == "upgrade pkg:pypi/vllm to 0.9.2 and release that"
    assert page.todo[1].startswith("or waive it with a review date: pulse-tui alert waive ")
    assert page.todo[2].startswith("promotions of gateway are held already (freeze-")
    assert page.todo[3] == "a rollback does not help: it reaches 1.9.2 as well"
    assert not page.rollback_possible


def test_a_rollback_is_offered_for_a_vulnerability_when_the_target_is_free_of_it(gateway: RollbackParts) -> None:
    take(gateway, bill("1.9.2", "0.9.2"), CVE)
    page = story(gateway, SignalType.CVE)
    assert page.rollback_possible
    assert page.todo[3].startswith("or roll production back from 1.9.3 to 1.9.2")
    assert page.todo[3].endswith("1.9.2 is free of it")


def test_a_target_without_a_bill_is_not_taken_for_clean(gateway: RollbackParts) -> None:
    take(gateway, CVE)
    page = story(gateway, SignalType.CVE)
    assert "whether it reaches 1.9.2 is not known" in page.todo[3]
    assert not page.rollback_possible


def test_a_release_that_has_the_fix_already_is_named_first(gateway: RollbackParts) -> None:
    with gateway.store.write() as tx:
        tx.estate.add_release(release("1.9.4", "gateway", state=ReleaseState.APPROVED))
    take(gateway, bill("1.9.4", "0.9.2"), CVE)
    page = story(gateway, SignalType.CVE)
    command = "pulse-tui release promote gateway 1.9.4 --env production --why REASON"
    assert page.todo[0] == f"promote 1.9.4, CVE-2026-3248 does not reach what its own bill lists: {command}"


def test_ticket_and_message_say_what_the_page_says(gateway: RollbackParts) -> None:
    take(gateway, bill("1.9.2", "0.9.0"), CVE)
    page = story(gateway, SignalType.CVE)
    said = messages(gateway)
    assert len(said) == 2, "a ticket and a page"
    assert all(text.startswith("; ".join(page.advice)) for text in said)


def test_the_deadline_says_how_far_it_is_off_and_how_long_it_is_overdue(gateway: RollbackParts, clock: Clock) -> None:
    take(gateway, CVE)
    assert any(line.startswith("respond by ") and "(in 15m)" in line for line in story(gateway, SignalType.CVE).todo)
    clock.pass_(minutes=70)
    assert any("(overdue 55m)" in line for line in story(gateway, SignalType.CVE).todo)


# --------------------------------------------------------------------------- announcements


def test_a_deprecation_asks_for_a_successor_before_its_date_and_not_for_a_rollback(parts: RollbackParts) -> None:
    note = Note(
        key="n1",
        source="news",
        vendor="openai",
        title="gpt-4.1 deprecation",
        body="gpt-4.1 will be shut down on 2027-02-01.",
        link=None,
        published_at=NOW,
    )
    take(parts, note)
    page = story(parts, SignalType.DEPRECATION)
    assert page.todo[0] == "choose a successor of gpt-4.1 before 2027-02-01, 70 days left"
    assert page.todo[1].startswith("a retest of support-bot is asked for already, due by ")
    assert page.todo[2].startswith("migrate off openai/gpt-4.1 by 2027-01-18")
    assert "a rollback does not help" in page.todo[3]
    assert not page.rollback_possible


# --------------------------------------------------------------------------- a release does badly


def test_a_breach_of_a_new_release_is_answered_by_the_good_one_before_it(parts: RollbackParts) -> None:
    take(parts, breach(CANARY, "3.8.2"))
    page = story(parts, SignalType.LATENCY_BREACH)
    assert page.todo[0].startswith("roll canary back from 3.8.2 to 3.8.1")
    assert page.rollback_possible


def test_a_target_with_an_alert_of_its_own_is_called_no_good_target(parts: RollbackParts) -> None:
    take(parts, breach(PRODUCTION, "3.8.1", occurred_at=later(minutes=-1)), breach(CANARY, "3.8.2"))
    with parts.store.read() as tx:
        (canary,) = [a for a in tx.judgements.alerts() if a.environment is CANARY]
    page = alert_story(parts, canary.id)
    assert page.todo[0].startswith("3.8.1 is no good rollback target: its own P")


def test_a_breach_without_a_new_release_names_what_else_changed_and_advises_no_rollback(
    parts: RollbackParts, clock: Clock
) -> None:
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("3.8.0", PRODUCTION, since=later(days=-20)))
        tx.estate.deploy(deployment("3.8.1", PRODUCTION, since=later(days=-6)))
    note = Note(
        key="n1",
        source="news",
        vendor="openai",
        title="gpt-4.1: the default temperature changed",
        body="We changed the default temperature of gpt-4.1.",
        link=None,
        published_at=later(minutes=-3),
    )
    take(parts, note, breach(PRODUCTION, "3.8.1"))
    page = story(parts, SignalType.LATENCY_BREACH)
    assert page.todo[0].startswith("the release did not change: 3.8.1 serves since ")
    assert page.todo[0].endswith('its vendor openai announced "gpt-4.1: the default temperature changed" 3m earlier')
    assert any("a rollback to 3.8.0 would not undo that" in line for line in page.todo)
    assert not any(line.startswith("roll ") for line in page.todo)


def test_nothing_else_changed_is_said_and_not_guessed(parts: RollbackParts) -> None:
    take(parts, breach(PRODUCTION, "3.8.1"))
    page = story(parts, SignalType.LATENCY_BREACH)
    assert page.todo[0].endswith("; nothing else is recorded either")


# --------------------------------------------------------------------------- what does not add up


@pytest.mark.parametrize(("key", "rollback"), [("run:canary", False), ("past-gate:canary", True), ("dispute:x", False)])
def test_a_concern_is_answered_by_what_it_asks_for_and_a_stopped_rollback_by_no_other(
    parts: RollbackParts, key: str, rollback: bool
) -> None:
    concern = Concern(
        asset_id="support-bot",
        key=key,
        what="it does not add up",
        todo="do this",
        source="pulse-tui",
        severity=Severity.HIGH,
        since=NOW,
        environment=CANARY,
        version="3.8.2",
    )
    with parts.store.write() as tx:
        raise_concern(tx, parts.judging, concern, NOW)
    page = story(parts, SignalType.VERSION_EVENT)
    assert page.todo[0] == "do this"
    assert page.rollback_possible is rollback


# --------------------------------------------------------------------------- plans


def test_a_plan_takes_only_an_alert_that_a_rollback_can_answer(gateway: RollbackParts) -> None:
    with gateway.store.write() as tx:
        tx.estate.put_assets([asset(tier=Tier.CUSTOMER_FACING, exposure=Exposure.PUBLIC)])
    component = Component(
        id="pkg:pypi/vllm", kind=ComponentKind.PACKAGE, name="vllm", version="0.9.1", ecosystem="PyPI"
    )
    made = Bill(source="boms", asset_id="support-bot", document="sbom", at=NOW, components=(component,))
    take(gateway, made, CVE)
    desk = ServiceDesk(gateway, estate_name="t", operator="ana", holder="h", acknowledge_for=60.0, read_only=False)
    plan = desk.propose("support-bot", "canary", None)
    with gateway.store.read() as tx:
        ((kept, _),) = [p for p in tx.rollbacks.plans("support-bot") if p[0].hash == plan.hash]
    assert kept.alert_id is None, "a P1 is open on the canary, for a vulnerability that the target has too"


# --------------------------------------------------------------------------- what watches


@pytest.mark.parametrize(
    ("state", "asset_id", "words"),
    [
        ("failing", None, "repair news: what is not watched cannot be judged"),
        ("failing", "support-bot", "correct what news runs, then run it again"),
        (UNDELIVERED, None, "call the owner"),
    ],
)
def test_what_watches_is_repaired_and_nothing_is_rolled_back(
    parts: RollbackParts, state: str, asset_id: str | None, words: str
) -> None:
    health = HealthEvidence(subject="news", state=state, reason="404")
    cause = signal("h", SignalType.SOURCE_HEALTH, asset_id=asset_id, evidence=health)
    with parts.store.read() as tx:
        advice = advise(tx, parts.judging, any_alert(asset_id=asset_id, environment=None), cause, NOW)
    assert words in advice.lines[0]
    assert not advice.rollback
