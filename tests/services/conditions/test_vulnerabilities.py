"""Findings are made again as a whole, with policy's answer; what comes back is an event of its own."""

from __future__ import annotations

import msgspec
import pytest

from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.source import Observation
from pulse_tui.domain.words import Priority, Severity
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.registry.claims import place
from pulse_tui.services.registry.estate import sync_estate
from pulse_tui.services.signals.concerns import report
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.settings.shapes import EstateShape
from tests.fakes.bills import bill as any_bill
from tests.fakes.bills import package
from tests.fakes.clock import Clock
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, changed, deployment
from tests.services.said import holds, standing

CVE = Advisory(
    id="CVE-2026-3248",
    source="osv",
    modified=NOW,
    title="Remote code execution",
    severity=Severity.CRITICAL,
    cvss=9.8,
    affected=(Affected("PyPI", "vllm", (), (VersionRange(fixed="0.9.2"),)),),
)
RULE = "critical-cve-exposed"


def take(judge: JudgeParts, clock: Clock, *items: Observation) -> None:
    clock.pass_(minutes=1)
    ingest(list(items), [], judge, clock())


def bill(vllm: str, version: str | None = None, document: str = "sbom") -> Bill:
    made: Bill = changed(any_bill(package("vllm", vllm), asset_id="gateway", document=document), version=version)
    return made


def priorities(judge: JudgeParts) -> list[tuple[str, Priority]]:
    """(environment, priority) of each finding of the gateway."""
    with judge.store.read() as tx:
        found = tx.advisories.findings(asset_id="gateway")
    return [(f.environment.value if f.environment else "", f.priority) for f in found]


@pytest.fixture
def open_p1(judge: JudgeParts, clock: Clock) -> JudgeParts:
    with judge.store.write() as tx:
        tx.dependencies.drop_bill("gateway", "estate", NOW)
    take(judge, clock, bill("0.9.1"), CVE)
    assert (priorities(judge), standing(judge)) == ([("production", Priority.P1)], [RULE])
    return judge


def test_another_bill_leaves_the_finding_as_urgent_as_its_alert(open_p1: JudgeParts, clock: Clock) -> None:
    take(open_p1, clock, bill("0.9.1", document="image"))
    assert priorities(open_p1) == [("production", Priority.P1)]
    take(open_p1, clock, bill("0.9.0", document="image"))
    assert priorities(open_p1) == [("production", Priority.P1)] * 2
    assert standing(open_p1) == [RULE]


@pytest.mark.parametrize(("version", "after"), [(None, None), ("1.9.3", "1.9.3"), ("1.9.3", "1.9.4")])
def test_what_a_bill_could_not_read_is_not_gone_also_in_the_bill_of_the_next_release(
    open_p1: JudgeParts, clock: Clock, version: str | None, after: str | None
) -> None:
    take(open_p1, clock, bill("0.9.1", version, "lock"))
    take(open_p1, clock, changed(any_bill(package("ray"), asset_id="gateway", document="sbom"), refused=0))
    assert standing(open_p1) == [RULE]
    if after == "1.9.4":
        with open_p1.store.write() as tx:
            tx.estate.deploy(deployment("1.9.4", PRODUCTION, asset_id="gateway", since=clock()))
    partly = changed(any_bill(package("ray"), asset_id="gateway", document="lock"), version=after, refused=1)
    take(open_p1, clock, partly)
    assert (len(priorities(open_p1)), standing(open_p1)) == (1, [RULE])
    assert holds(open_p1)
    with open_p1.store.read() as tx:
        (head,) = [b for b in tx.dependencies.bills("gateway") if b.document == "lock" and b.version == after]
    assert (head.components, head.refused) == (2, 1)
    take(open_p1, clock, changed(partly, refused=0))
    assert (priorities(open_p1), standing(open_p1)) == ([], [])


def test_a_component_of_another_version_takes_the_place_of_what_stood(open_p1: JudgeParts, clock: Clock) -> None:
    take(open_p1, clock, changed(bill("0.9.2"), refused=1))
    assert (priorities(open_p1), standing(open_p1)) == ([], [])


def test_a_canary_that_begins_to_serve_has_a_finding_and_an_alert_of_its_own(open_p1: JudgeParts, clock: Clock) -> None:
    with open_p1.store.write() as tx:
        settled = place(tx, open_p1, "gateway", CANARY, "1.9.4", "ci", clock(), 10.0)
        report(tx, open_p1, settled.changes, "", clock())
    assert priorities(open_p1) == [("canary", Priority.P1), ("production", Priority.P1)]
    assert standing(open_p1).count(RULE) == 2


def test_a_vulnerability_that_was_gone_and_came_back_is_judged_again(open_p1: JudgeParts, clock: Clock) -> None:
    for _ in range(2):
        take(open_p1, clock, bill("0.9.2"))
        assert (priorities(open_p1), standing(open_p1), holds(open_p1)) == ([], [], [])
        take(open_p1, clock, bill("0.9.1"))
        assert (priorities(open_p1), standing(open_p1)) == ([("production", Priority.P1)], [RULE])
        assert holds(open_p1)


def test_a_record_that_was_withdrawn_and_stands_again_is_judged_again(open_p1: JudgeParts, clock: Clock) -> None:
    take(open_p1, clock, changed(CVE, withdrawn=True))
    assert standing(open_p1) == []
    take(open_p1, clock, CVE)
    assert (priorities(open_p1), standing(open_p1)) == ([("production", Priority.P1)], [RULE])


def test_a_canary_without_traffic_that_gets_some_is_judged_again(open_p1: JudgeParts, clock: Clock) -> None:
    def serve(traffic: float) -> list[tuple[str, Priority]]:
        clock.pass_(minutes=1)
        with open_p1.store.write() as tx:
            settled = place(tx, open_p1, "gateway", CANARY, "1.9.4", "ci", clock(), traffic)
            report(tx, open_p1, settled.changes, "", clock())
        return priorities(open_p1)

    assert serve(0.0) == [("canary", Priority.P4), ("production", Priority.P1)]
    assert serve(10.0) == [("canary", Priority.P1), ("production", Priority.P1)]


def test_an_asset_that_others_reach_now_is_judged_again(judge: JudgeParts, clock: Clock) -> None:
    def declared(exposure: str) -> list[tuple[str, Priority]]:
        clock.pass_(minutes=1)
        shape = msgspec.convert(
            {
                "assets": [
                    {
                        "id": "tool",
                        "asset_type": "service",
                        "owner_team": "ml",
                        "exposure": exposure,
                        "environments": {"production": {"version": "1"}},
                        "releases": [{"version": "1"}],
                        "components": [{"purl": "pkg:pypi/vllm@0.9.1"}],
                    }
                ]
            },
            EstateShape,
        )
        sync_estate(shape, judge, clock())
        with judge.store.read() as tx:
            return [(f.component, f.priority) for f in tx.advisories.findings(asset_id="tool")]

    take(judge, clock, CVE)
    assert declared("internal") == [("vllm 0.9.1", Priority.P2)]
    assert declared("public") == [("vllm 0.9.1", Priority.P1)]


@pytest.mark.parametrize("ids", [("GHSA-aaaa-bbbb-cccc", "PYSEC-2026-77"), ("GO-2026-1", "OSV-2026-2")])
@pytest.mark.parametrize("turned", [False, True])
def test_records_without_a_cve_that_are_aliases_of_each_other_are_one_condition(
    open_p1: JudgeParts, clock: Clock, ids: tuple[str, str], turned: bool
) -> None:
    one, other = ids[::-1] if turned else ids
    records = [
        changed(CVE, id=one, aliases=(other,), modified=NOW),
        changed(CVE, id=other, aliases=(one,), modified=NOW),
    ]
    take(open_p1, clock, changed(CVE, withdrawn=True, modified=clock()))
    assert standing(open_p1) == []
    take(open_p1, clock, *records)
    assert standing(open_p1) == [RULE]
    take(open_p1, clock, changed(records[0], withdrawn=True, modified=clock()))
    assert standing(open_p1) == [RULE], "the other record still says so"
    take(open_p1, clock, changed(records[1], withdrawn=True, modified=clock()))
    assert standing(open_p1) == []
