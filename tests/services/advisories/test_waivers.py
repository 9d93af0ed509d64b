"""A waiver excuses what it is of and nothing else, ends by itself, and never makes anything better than waived."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.advisory import Advisory, Affected, Audit, Finding, VersionRange
from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.estate import Component
from pulse_tui.domain.exploitation import Catalogue, Exploitation, Exploited
from pulse_tui.domain.source import Observation
from pulse_tui.domain.waiver import Statement, VexStatus, Waiver
from pulse_tui.domain.words import ComponentKind, Environment, Exposure, Severity, SignalType, Tier
from pulse_tui.services.advisories.standing import settle
from pulse_tui.services.advisories.vex import export
from pulse_tui.services.advisories.waived import listed, waiver_lines
from pulse_tui.services.advisories.waivers import end_waiver, waive_advisory
from pulse_tui.services.alerts import operate
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.clock import Clock
from tests.fakes.nouns import NOW, PRODUCTION, asset, deployment, later
from tests.services.said import alerts, holds

CVE = Advisory(
    id="GHSA-a",
    aliases=("CVE-2026-3248",),
    source="osv",
    modified=NOW,
    title="Remote code execution",
    severity=Severity.CRITICAL,
    cvss=9.8,
    affected=(
        Affected("PyPI", "vllm", (), (VersionRange(fixed="0.9.2"),)),
        Affected("PyPI", "ray", (), (VersionRange(fixed="2.9"),)),
    ),
)
UNTIL = NOW + timedelta(days=30)


@pytest.fixture
def judge(on_both: JudgeParts) -> JudgeParts:
    return on_both


def take(judge: JudgeParts, *items: Observation, at: datetime = NOW) -> None:
    ingest(list(items), [], judge, at)


def package(name: str, version: str) -> Component:
    return Component(id=f"pkg:pypi/{name}", kind=ComponentKind.PACKAGE, name=name, version=version, ecosystem="PyPI")


def bill(*components: Component, asset_id: str = "gateway", at: datetime = NOW) -> Bill:
    return Bill(source="estate", asset_id=asset_id, document="", at=at, components=components)


def waive(judge: JudgeParts, component: str = "", name: str = "CVE-2026-3248", at: datetime = NOW, **more: Any) -> str:
    terms: dict[str, Any] = {
        "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path", "why": "that path is off",
        "until": UNTIL, "by": "ana", **more,
    }  # fmt: skip
    return waive_advisory(judge, name, terms.pop("asset", "gateway"), component, now=at, **terms)


def waivers(judge: JudgeParts, *, standing: bool = False) -> list[Waiver]:
    with judge.store.read() as tx:
        return tx.waivers.all(standing=standing)


def findings(judge: JudgeParts) -> list[Finding]:
    with judge.store.read() as tx:
        return tx.advisories.findings()


def open_alerts(judge: JudgeParts) -> list[Alert]:
    """Those of vulnerabilities."""
    with judge.store.read() as tx:
        signals = {a.id: tx.signals.get(a.signal_id) for a in alerts(judge) if a.open}
    kinds = {i: s.signal_type for i, s in signals.items() if s is not None}
    return [a for a in alerts(judge) if kinds.get(a.id) is SignalType.CVE]


def messages(judge: JudgeParts) -> list[str]:
    with judge.store.read() as tx:
        return [d.payload["event"] for d in tx.plumbing.deliveries()]


def ended(judge: JudgeParts) -> str:
    (one,) = waivers(judge)
    return one.ended_why or ""


@pytest.mark.parametrize("every_version", [False, True])
def test_a_waiver_of_what_nobody_knew_the_version_of_says_nothing_of_a_version_that_is_known(
    judge: JudgeParts, every_version: bool
) -> None:
    unknown = msgspec.structs.replace(package("vllm", "0.9.1"), version=None)
    take(judge, CVE, bill(unknown))
    waive(judge, "vllm", every_version=every_version)
    assert [f.waiver for f in findings(judge)] == [waivers(judge)[0].id]
    assert len(export(judge.store, "openvex", None, NOW)["statements"]) == every_version
    take(judge, bill(package("vllm", "0.9.1"), at=later(minutes=1)), at=later(minutes=1))
    (finding,) = findings(judge)
    assert (finding.audit, finding.waiver is not None) == (Audit.MATCHED, every_version)
    (alert,) = open_alerts(judge)
    assert alert.waived is every_version


def test_a_waiver_of_every_component_suppresses_its_alert_lifts_its_freeze_and_stays_visible(judge: JudgeParts) -> None:
    take(judge, CVE)
    assert holds(judge)
    assert "1 hold(s) lifted until then" in waive(judge)
    (alert,) = open_alerts(judge)
    assert (alert.state, alert.waived, alert.suppressed_until, alert.suppressed_by) == (
        AlertState.SUPPRESSED, True, UNTIL, "ana",
    )  # fmt: skip
    assert holds(judge) == []
    (waiver,) = waivers(judge)
    assert [f.waiver for f in findings(judge)] == [waiver.id]
    assert (waiver.component_id, waiver.version, waiver.fixed) == ("pkg:pypi/vllm", "0.9.1", ("0.9.2",))
    with judge.store.read() as tx:
        (line,) = [e for e in tx.log.entries() if e.action == "waiver.placed"]
    assert (line.actor, line.subject, line.detail["component"]) == ("ana", waiver.id, "pkg:pypi/vllm@0.9.1")


def test_the_log_names_who_lifted_a_hold_by_a_waiver_and_not_the_team_that_answers_for_it(judge: JudgeParts) -> None:
    take(judge, CVE)
    waive(judge, owner="ml-team")
    with judge.store.read() as tx:
        (line,) = [e for e in tx.log.entries() if e.action == "hold.lifted"]
    assert line.actor == "ana"
    assert "waived by ml-team" in line.detail["because"]


def test_a_place_that_several_records_reach_is_covered_once(judge: JudgeParts) -> None:
    take(judge, CVE, msgspec.structs.replace(CVE, id="PYSEC-9", aliases=("CVE-2026-3248",)))
    waive(judge)
    (row,) = listed(judge.store, NOW)
    covers = [text for label, text in waiver_lines(judge.store, row.id, NOW) if label == "Covers"]
    assert (row.covers, covers) == (1, ["gateway production: vllm 0.9.1"])


def test_a_waiver_of_one_component_excuses_no_other(judge: JudgeParts) -> None:
    take(judge, bill(package("vllm", "0.9.1"), package("ray", "2.8")), CVE)
    waive(judge, "vllm")
    (alert,) = open_alerts(judge)
    assert alert.state is AlertState.FIRING
    assert {f.component: f.waiver is not None for f in findings(judge)} == {"vllm 0.9.1": True, "ray 2.8": False}
    waive(judge, "pkg:pypi/ray", at=later(minutes=1))
    (alert,) = open_alerts(judge)
    assert alert.state is AlertState.SUPPRESSED


def test_a_waiver_of_a_version_is_of_no_other_version(judge: JudgeParts) -> None:
    take(judge, CVE)
    waive(judge)
    take(judge, bill(package("vllm", "0.9.0")), at=later(hours=1))
    (alert,) = open_alerts(judge)
    assert alert.state is AlertState.FIRING
    assert [f.waiver for f in findings(judge)] == [None]
    assert holds(judge), "its freeze stands again"
    assert waivers(judge, standing=True), "the waiver of 0.9.1 stands: it is of nothing that runs"


def test_an_uncovered_component_that_appears_fires_with_a_fresh_clock_and_calls(judge: JudgeParts) -> None:
    take(judge, CVE)
    waive(judge)
    take(judge, bill(package("vllm", "0.9.1"), package("ray", "2.8")), at=later(days=2))
    (alert,) = open_alerts(judge)
    assert alert.state is AlertState.FIRING
    assert alert.deadline is not None
    assert alert.deadline > later(days=2)
    assert "reopened" in messages(judge)


def test_an_alert_that_would_open_later_is_born_waived_and_one_that_reopens_then_calls(judge: JudgeParts) -> None:
    take(judge, bill(), at=NOW)
    take(judge, CVE)
    waive(judge, "pkg:pypi/vllm@0.9.1")
    take(judge, bill(package("vllm", "0.9.1")), at=later(hours=1))
    (alert,) = open_alerts(judge)
    assert (alert.state, alert.waived) == (AlertState.SUPPRESSED, True)
    assert holds(judge) == []
    assert messages(judge) == []
    (waiver,) = waivers(judge)
    end_waiver(judge, waiver.id[:6], "ben", "the path is on again", later(hours=2))
    (alert,) = open_alerts(judge)
    assert alert.state is AlertState.FIRING
    assert "opened" in messages(judge), "nobody had been notified of it"
    assert holds(judge), "and nothing was held back before"


@pytest.mark.parametrize("alias", ["GHSA-a", "CVE-2026-3248", "PYSEC-9"])
def test_a_waiver_is_found_by_any_id_of_its_group(judge: JudgeParts, alias: str) -> None:
    other = msgspec.structs.replace(CVE, id="PYSEC-9", affected=CVE.affected[:1])
    take(judge, CVE, other)
    waive(judge, name=alias)
    assert {f.waiver is not None for f in findings(judge)} == {True}
    (alert,) = open_alerts(judge)
    assert alert.state is AlertState.SUPPRESSED


def test_a_record_that_gets_its_cve_later_is_waived_still(judge: JudgeParts) -> None:
    alone = msgspec.structs.replace(CVE, aliases=())
    take(judge, alone)
    waive(judge, name="GHSA-a")
    take(judge, msgspec.structs.replace(CVE, modified=later(hours=1)), at=later(hours=1))
    assert {a.state for a in open_alerts(judge)} == {AlertState.SUPPRESSED}
    assert {f.waiver is not None for f in findings(judge)} == {True}


def test_it_reopens_at_its_review_date(judge: JudgeParts, clock: Clock) -> None:
    take(judge, CVE)
    waive(judge)
    clock.pass_(days=29)
    assert operate.lapse(judge, clock()) == 0
    clock.pass_(days=2)
    assert operate.lapse(judge, clock()) == 1
    (alert,) = open_alerts(judge)
    assert (alert.state, alert.waived) == (AlertState.FIRING, False)
    assert "its review date has come" in ended(judge)
    assert holds(judge)
    assert [f.waiver for f in findings(judge)] == [None]


def test_it_reopens_when_the_vulnerability_is_known_to_be_exploited(judge: JudgeParts) -> None:
    take(judge, CVE)
    waive(judge)
    take(judge, msgspec.structs.replace(CVE, known_exploited=True, modified=later(days=1)), at=later(days=1))
    assert {a.state for a in open_alerts(judge)} == {AlertState.FIRING}
    assert ended(judge) == "it is known to be exploited now, which it was not"


def test_the_catalogue_alone_reopens_it(judge: JudgeParts) -> None:
    take(judge, CVE)
    waive(judge)
    listed = Exploitation(
        source="kev", catalogue=Catalogue.KEV, at=later(days=1), exploited=(Exploited(cve="CVE-2026-3248"),)
    )
    take(judge, listed, at=later(days=1))
    assert {a.state for a in open_alerts(judge)} == {AlertState.FIRING}
    assert "known to be exploited" in ended(judge)


def test_it_reopens_when_a_fix_appears_that_was_not_there(judge: JudgeParts) -> None:
    bare = msgspec.structs.replace(
        CVE, affected=(Affected("PyPI", "vllm", (), (VersionRange(last_affected="0.9.1"),)),)
    )
    take(judge, bare)
    waive(judge)
    take(judge, msgspec.structs.replace(CVE, modified=later(days=1)), at=later(days=1))
    (alert,) = open_alerts(judge)
    assert alert.state is AlertState.FIRING
    assert ended(judge) == "a fix appeared that was not named before: 0.9.2"


@pytest.mark.parametrize("what", ["exposure", "tier", "critical"])
def test_it_reopens_when_the_asset_is_exposed_otherwise(judge: JudgeParts, what: str) -> None:
    take(judge, CVE)
    waive(judge)
    here = asset("gateway", owner_team="platform", tier=Tier.CUSTOMER_FACING, exposure=Exposure.PUBLIC)
    serving = deployment("1.9.3", PRODUCTION, asset_id="gateway", since=later(days=-3))
    with judge.store.write() as tx:
        if what == "exposure":
            tx.estate.put_assets([msgspec.structs.replace(here, exposure=Exposure.PARTNER)])
        elif what == "tier":
            tx.estate.put_assets([msgspec.structs.replace(here, tier=Tier.INTERNAL)])
        else:
            tx.estate.deploy(msgspec.structs.replace(serving, production_critical=not serving.production_critical))
        assert settle(tx, judge, later(days=1)) == 1
    assert "gateway is exposed otherwise" in ended(judge)


def test_it_reopens_when_the_asset_comes_to_a_more_exposed_environment(judge: JudgeParts) -> None:
    with judge.store.write() as tx:
        tx.estate.deploy(deployment("1.0", Environment.SHADOW, asset_id="sandbox", since=later(days=-3)))
    take(judge, CVE, bill(package("vllm", "0.9.1"), asset_id="sandbox"))
    waive(judge, asset="sandbox")
    for place, stands in ((Environment.REPLICA, True), (Environment.SHADOW, True), (PRODUCTION, False)):
        with judge.store.write() as tx:
            tx.estate.deploy(deployment("1.0", place, asset_id="sandbox", since=later(days=-3)))
            settle(tx, judge, later(days=1))
        assert bool(waivers(judge, standing=True)) is stands, place
    assert "sandbox is exposed otherwise" in ended(judge)


def test_that_an_asset_leaves_an_environment_reopens_nothing(judge: JudgeParts) -> None:
    take(judge, CVE)
    with judge.store.write() as tx:
        tx.estate.deploy(deployment("1.9.3", Environment.CANARY, asset_id="gateway", since=later(days=-3), traffic=5.0))
    waive(judge)
    with judge.store.write() as tx:
        tx.estate.deploy(deployment("1.9.3", Environment.CANARY, asset_id="gateway", since=later(days=-3), traffic=0.0))
        assert settle(tx, judge, later(days=1)) == 0
    assert waivers(judge, standing=True)


def test_what_is_worse_than_the_risk_that_was_accepted_is_not_accepted(judge: JudgeParts) -> None:
    take(judge, msgspec.structs.replace(CVE, severity=Severity.HIGH, cvss=7.5))
    waive(judge, status="affected", justification="", owner="ml-platform")
    assert {a.state for a in open_alerts(judge)} == {AlertState.SUPPRESSED}
    take(judge, msgspec.structs.replace(CVE, modified=later(hours=1)), at=later(hours=1))
    worst = min(open_alerts(judge), key=lambda a: a.priority.rank)
    assert worst.state is AlertState.FIRING


def test_the_old_command_places_the_same_waivers(judge: JudgeParts) -> None:
    take(judge, bill(package("vllm", "0.9.1"), package("ray", "2.8")), CVE)
    (alert,) = open_alerts(judge)
    operate.waive(judge.store, alert.id, "ana", 30, "patched at the proxy", NOW)
    placed = waivers(judge)
    assert {(w.component_id, w.version, w.environment, w.status.value) for w in placed} == {
        ("pkg:pypi/vllm", "0.9.1", PRODUCTION, "affected"), ("pkg:pypi/ray", "2.8", PRODUCTION, "affected"),
    }  # fmt: skip
    assert {f.waiver is not None for f in findings(judge)} == {True}
    operate.unmute(judge, alert.id, "ben", "the proxy is gone", later(minutes=1))
    assert waivers(judge, standing=True) == []
    with judge.store.write() as tx:
        settle(tx, judge, later(minutes=2))
    (alert,) = open_alerts(judge)
    assert alert.state is AlertState.FIRING


@pytest.mark.parametrize(
    ("changes", "error", "what"),
    [
        ({"justification": ""}, Refused, "not_affected without a justification"),
        ({"justification": "because"}, WrongUse, "there is no justification 'because'"),
        ({"status": "ok"}, WrongUse, "there is no status 'ok'"),
        ({"status": "under_investigation", "justification": ""}, Refused, "excuses nothing"),
        ({"status": "affected"}, WrongUse, "a justification says why something is not_affected"),
        ({"status": "affected", "justification": ""}, Refused, "an accepted risk needs an owner"),
        ({"status": "affected", "justification": "", "owner": "x", "until": None}, Refused, "needs a review date"),
        ({"until": NOW}, WrongUse, "cannot waive until"),
        ({"until": NOW + timedelta(days=366)}, WrongUse, "reviewed within a year"),
        ({"why": " "}, WrongUse, "reason"),
        ({"name": "CVE-1"}, NotFound, "there is no advisory"),
        ({"asset": "gatewy"}, NotFound, "there is no asset"),
        ({"component": "torch"}, NotFound, "does not reach 'torch' of gateway: it reaches vllm 0.9.1"),
        ({"component": "pkg:x"}, WrongUse, "is no package URL"),
        ({"asset": "sandbox"}, NotFound, "reaches nothing of sandbox"),
    ],
)
def test_what_does_not_say_why_for_whom_or_until_when_is_refused(
    judge: JudgeParts, changes: dict[str, Any], error: type[Exception], what: str
) -> None:
    take(judge, CVE)
    with pytest.raises(error, match=what) as caught:
        waive(judge, **changes)
    assert waivers(judge) == [], caught


def test_malicious_code_is_no_risk_to_accept(judge: JudgeParts) -> None:
    take(judge, msgspec.structs.replace(CVE, id="MAL-2026-1", aliases=()))
    with pytest.raises(Refused, match="malicious code"):
        waive(judge, name="MAL-2026-1", status="affected", justification="", owner="ana")
    waive(judge, name="MAL-2026-1", justification="component_not_present")
    assert {a.state for a in open_alerts(judge)} == {AlertState.SUPPRESSED}


def test_no_document_excuses_malicious_code_and_no_alert_of_it_is_waived(judge: JudgeParts) -> None:
    statement = Statement(
        source="vendor", document="d", author="v", at=NOW, vulnerability="CVE-2026-3248", component_id="pkg:pypi/vllm",
        version="0.9.1", status=VexStatus.FIXED,
    )  # fmt: skip
    take(judge, CVE, statement)
    assert waivers(judge, standing=True)
    malicious = msgspec.structs.replace(CVE, id="MAL-2026-1", modified=later(hours=1))
    take(judge, malicious, at=later(hours=1))
    assert "it is malicious code" in ended(judge)
    firing = [a for a in open_alerts(judge) if a.state is AlertState.FIRING]
    assert firing
    take(judge, msgspec.structs.replace(statement, at=later(hours=2)), at=later(hours=2))
    assert waivers(judge, standing=True) == []
    with pytest.raises(Refused, match="malicious code"):
        operate.waive(judge.store, firing[0].id, "ana", 30, "x", later(hours=2))
