"""An alert ends by its own evidence, for what serves: a move is a reason to ask, never an answer."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.estate import Component
from pulse_tui.domain.hold import HoldKind
from pulse_tui.domain.note import Note
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.source import Observation
from pulse_tui.domain.words import ComponentKind, Environment, Exposure, Priority, Severity, SignalType, Tier
from pulse_tui.services.alerts.operate import silence
from pulse_tui.services.parts import JudgeParts, RollbackParts
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.execute import execute
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.services.signals.sources import keep_sources
from pulse_tui.settings.shapes import SourceShape
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, asset, deployment, evidence, later, release, signal
from tests.services.said import alerts, holds, standing

CVE = Advisory(
    id="GHSA-a",
    source="osv",
    modified=NOW,
    title="Remote code execution",
    aliases=("CVE-2026-3248",),
    severity=Severity.CRITICAL,
    cvss=9.8,
    affected=(Affected("PyPI", "vllm", (), (VersionRange(fixed="0.9.2"),)),),
)
TWIN = msgspec.structs.replace(CVE, id="PYSEC-b", source="pypa", severity=Severity.MEDIUM, cvss=5.0)


def take(judge: JudgeParts, *items: Observation, minutes: float = 0) -> None:
    ingest(list(items), [], judge, later(minutes=minutes))


def again(item: Advisory, **fields: Any) -> Advisory:
    return msgspec.structs.replace(item, **fields)


def rolled(parts: RollbackParts) -> None:
    """support-bot canary goes back from 3.8.2 to 3.8.1."""
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="it hurts")
    approve(parts, plan.hash, "ana", "it hurts")
    assert execute(parts, plan.hash, "ana", "h").state.value == "verified"


def package(version: str) -> Component:
    return Component(
        id=f"pkg:pypi/vllm@{version}", kind=ComponentKind.PACKAGE, name="vllm", version=version, ecosystem="PyPI"
    )


def made_of(judge: JudgeParts, component: Component, version: str | None = None) -> None:
    with judge.store.write() as tx:
        tx.estate.put_assets([asset(tier=Tier.CUSTOMER_FACING, exposure=Exposure.PUBLIC)])
    bill = Bill(
        source="boms", asset_id="support-bot", document=f"{version}", at=NOW, components=(component,), version=version
    )
    take(judge, bill)


def only_in_canary(judge: JudgeParts) -> None:
    with judge.store.write() as tx:
        tx.estate.undeploy("support-bot", PRODUCTION, NOW)


def about(judge: JudgeParts, kind: str, environment: Environment | None = None) -> list[AlertState]:
    """The states of the alerts whose title or rule holds ``kind``."""
    found = [a for a in alerts(judge) if kind in f"{a.rule_id} {a.title}"]
    return [a.state for a in found if environment is None or a.environment is environment]


# --------------------------------------------------------------------------- after a rollback


def test_a_weakness_that_the_rollback_target_has_too_stays_open(parts: RollbackParts) -> None:
    only_in_canary(parts.judging)
    made_of(parts.judging, package("0.9.1"))
    take(parts.judging, CVE)
    rolled(parts)
    assert set(about(parts.judging, "CVE-2026-3248", CANARY)) == {AlertState.FIRING}


def test_a_weakness_that_the_rollback_target_does_not_have_ends(parts: RollbackParts) -> None:
    made_of(parts.judging, package("0.9.2"), "3.8.1")
    made_of(parts.judging, package("0.9.1"), "3.8.2")
    take(parts.judging, CVE)
    assert set(about(parts.judging, "CVE-2026-3248", CANARY)) == {AlertState.FIRING}
    rolled(parts)
    assert set(about(parts.judging, "CVE-2026-3248", CANARY)) == {AlertState.RESOLVED}


def test_a_plan_for_one_alert_ends_no_alert_of_another_kind(parts: RollbackParts) -> None:
    only_in_canary(parts.judging)
    made_of(parts.judging, package("0.9.1"))
    take(parts.judging, CVE)
    (alert,) = [a for a in alerts(parts.judging) if a.environment is CANARY]
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="it hurts", alert_id=alert.id)
    approve(parts, plan.hash, "ana", "it hurts")
    execute(parts, plan.hash, "ana", "h")
    assert about(parts.judging, "CVE-2026-3248", CANARY) == [AlertState.FIRING]


def test_a_note_about_a_model_ends_only_where_the_release_that_serves_no_longer_uses_it(parts: RollbackParts) -> None:
    body = "gpt-4.1 will be shut down on 2027-01-03."
    take(
        parts.judging, Note(source="feed", key="n1", vendor="openai", title="Deprecation", body=body, published_at=NOW)
    )
    rolled(parts)
    assert about(parts.judging, "gpt-4.1") == [AlertState.FIRING]
    with parts.store.read() as tx:
        assert len(tx.judgements.retests()) == 1
    other = Component(id="openai/gpt-5", kind=ComponentKind.HOSTED_MODEL, name="gpt-5")
    take(
        parts.judging,
        Bill(source="estate", asset_id="support-bot", document="", at=later(hours=1), components=(other,)),
        minutes=60,
    )
    assert about(parts.judging, "gpt-4.1 shuts down") == [AlertState.RESOLVED]
    with parts.store.read() as tx:
        (asked,) = tx.judgements.retests()
    # The note asks for no test any more; that another model answers now does.
    assert asked.why == "hosted model under support-bot changed: - gpt-4.1, + gpt-5"


REGRESSION = signal(
    "r",
    SignalType.BENCHMARK_REGRESSION,
    asset_id="support-bot",
    environment=CANARY,
    current_version="3.8.2",
    evidence=evidence(SignalType.BENCHMARK_REGRESSION, must_pass=True, verdict="FAIL", gate="functional"),
)


def test_a_regression_ends_when_the_release_that_serves_instead_was_healthy_here(parts: RollbackParts) -> None:
    take(parts.judging, REGRESSION)
    assert len(standing(parts.judging)) == 1
    rolled(parts)
    assert standing(parts.judging) == []
    (closed,) = alerts(parts.judging)
    assert "3.8.1 does" in (closed.resolved_why or "")


def test_a_regression_stays_when_nothing_shows_that_the_release_that_serves_instead_is_good(
    judge: JudgeParts,
) -> None:
    take(judge, REGRESSION)
    with judge.store.write() as tx:
        tx.estate.add_release(release("3.8.3", state=ReleaseState.EVALUATED))
        tx.estate.deploy(deployment("3.8.3", CANARY, since=later(minutes=5)))
        assert judge.reassess(tx, judge, later(minutes=5), ["support-bot"]) == 0
    assert len(standing(judge)) == 1


def test_what_is_known_of_a_place_where_nothing_serves_any_more_ends(judge: JudgeParts) -> None:
    breach = signal(1, asset_id="support-bot", environment=CANARY, current_version="3.8.2")
    take(judge, breach, REGRESSION)
    with judge.store.write() as tx:
        tx.estate.undeploy("support-bot", CANARY, later(minutes=5))
        judge.reassess(tx, judge, later(minutes=5), ["support-bot"])
    assert standing(judge) == []
    assert {a.resolved_why for a in alerts(judge)} == {"nothing of support-bot serves in canary any more"}


# --------------------------------------------------------------------------- what several records hold


@pytest.mark.parametrize("first", [CVE, TWIN])
def test_a_weakness_of_two_records_stands_while_one_of_them_does(judge: JudgeParts, first: Advisory) -> None:
    second = TWIN if first is CVE else CVE
    take(judge, CVE, TWIN)
    take(judge, again(first, withdrawn=True, modified=later(hours=1)), minutes=60)
    assert standing(judge) != []
    take(judge, again(second, withdrawn=True, modified=later(hours=2)), minutes=120)
    assert standing(judge) == []
    assert holds(judge) == []


def test_a_milder_second_record_does_not_end_what_the_worse_one_says(judge: JudgeParts) -> None:
    take(judge, CVE)
    take(judge, TWIN, minutes=5)
    (alert,) = [a for a in alerts(judge) if a.open]
    assert (alert.rule_id, alert.priority) == ("critical-cve-exposed", Priority.P1)
    assert holds(judge) == [(HoldKind.FREEZE, None)]


def test_a_record_whose_range_no_longer_reaches_leaves_the_alert_to_the_other(judge: JudgeParts) -> None:
    take(judge, CVE, TWIN)
    narrower = (Affected("PyPI", "vllm", (), (VersionRange(fixed="0.5"),)),)
    take(judge, again(CVE, affected=narrower, modified=later(hours=1)), minutes=60)
    assert standing(judge) != []
    with judge.store.read() as tx:
        assert [f.advisory_id for f in tx.advisories.findings(asset_id="gateway")] == ["PYSEC-b"]
    take(judge, again(TWIN, affected=narrower, modified=later(hours=2)), minutes=120)
    assert standing(judge) == []


def test_a_record_that_is_the_cve_itself_is_of_the_same_weakness(judge: JudgeParts) -> None:
    itself = again(TWIN, id="CVE-2026-3248", aliases=("GHSA-a",), source="nvd")
    take(judge, CVE, TWIN, itself)
    assert {a.title for a in alerts(judge)} == {"CVE-2026-3248 reaches gateway"}
    for hours, record in enumerate((CVE, itself, TWIN), 1):
        take(judge, again(record, withdrawn=True, modified=later(hours=hours)), minutes=60 * hours)
    assert (standing(judge), holds(judge)) == ([], [])


@pytest.mark.parametrize("names", [("CVE-2026-3248", None), (None, "CVE-2026-3248"), ("CVE-2026-1", "CVE-2026-2")])
def test_a_record_whose_cve_comes_or_goes_leaves_no_alert_under_the_old_name(
    judge: JudgeParts, names: tuple[str | None, str | None]
) -> None:
    before, after = (again(CVE, aliases=(name,) if name else ()) for name in names)
    take(judge, before)
    take(judge, again(after, modified=later(hours=1)), minutes=60)
    assert [a.title for a in alerts(judge) if a.open] == [f"{after.name} reaches gateway"]
    assert len(holds(judge)) == 1
    take(judge, again(after, withdrawn=True, aliases=(), modified=later(hours=2)), minutes=120)
    assert (standing(judge), holds(judge)) == ([], [])


def test_what_was_silenced_under_the_first_name_is_silenced_under_the_cve(judge: JudgeParts) -> None:
    take(judge, again(CVE, aliases=()))
    silence(judge.store, alerts(judge)[0].id, "ana", 48, "we know", later(minutes=1))
    take(judge, again(CVE, modified=later(hours=1)), minutes=60)
    assert [a.state for a in alerts(judge) if a.open] == [AlertState.SUPPRESSED]


def test_an_older_copy_of_a_record_does_not_take_the_newer_ones_place(judge: JudgeParts) -> None:
    take(judge, again(CVE, modified=later(hours=1)), minutes=60)
    take(judge, again(CVE, withdrawn=True), minutes=70)
    assert standing(judge) != []


def test_a_record_that_is_made_again_keeps_the_priority_of_its_condition(judge: JudgeParts) -> None:
    take(judge, CVE)
    take(
        judge,
        Bill(source="estate", asset_id="gateway", document="", at=later(minutes=5), components=(package("0.9.1"),)),
        minutes=5,
    )
    with judge.store.read() as tx:
        assert {f.priority for f in tx.advisories.findings(asset_id="gateway")} == {Priority.P1}


# --------------------------------------------------------------------------- what is gone


def test_a_source_that_is_taken_out_ends_its_own_alerts_and_no_weakness(judge: JudgeParts) -> None:
    shape = SourceShape(id="osv", kind="osv", every=60.0, options=None)
    feed = SourceShape(id="feed", kind="feed", every=60.0, options=None)
    keep_sources({"osv": shape, "feed": feed}, judge, NOW)
    broken = signal("h", SignalType.SOURCE_HEALTH, source="feed", evidence=evidence(SignalType.SOURCE_HEALTH))
    take(judge, broken, CVE)
    before = standing(judge)
    keep_sources({"osv": shape}, judge, later(minutes=1))
    ended = [a for a in alerts(judge) if not a.open]
    assert [a.resolved_why for a in ended] == ["source feed is no longer configured: this is no longer watched"]
    keep_sources({}, judge, later(minutes=2))
    assert "critical-cve-exposed" in standing(judge)
    assert len(standing(judge)) == len(before) - 1


def test_a_source_that_only_fails_ends_nothing(judge: JudgeParts) -> None:
    shape = SourceShape(id="feed", kind="feed", every=60.0, options=None)
    keep_sources({"feed": shape}, judge, NOW)
    take(judge, signal("h", SignalType.SOURCE_HEALTH, source="feed", evidence=evidence(SignalType.SOURCE_HEALTH)))
    keep_sources({"feed": shape}, judge, later(minutes=1))
    assert len(standing(judge)) == 1


def test_an_asset_that_is_taken_out_ends_its_alerts(judge: JudgeParts) -> None:
    take(judge, REGRESSION, CVE)
    with judge.store.write() as tx:
        tx.estate.drop_assets(["support-bot"])
        judge.reassess(tx, judge, later(minutes=1), ["support-bot"])
    assert standing(judge) == ["critical-cve-exposed"]
