"""The gate reads the advisories of the candidate's own bill, and tests each hold's condition on it."""

from __future__ import annotations

import msgspec
import pytest

from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.estate import Component
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.source import Observation
from pulse_tui.domain.words import ComponentKind, Environment, Priority, Severity
from pulse_tui.services.alerts import operate
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.promotion.gate import GateAnswer, Reason, gate, gate_page
from pulse_tui.services.rollback.pointer import check_pointer
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, deployment, later, release, signal
from tests.fakes.nouns import alert as an_alert
from tests.services.said import alerts, holds

CVE = Advisory(
    id="CVE-2026-3248",
    source="osv",
    modified=NOW,
    title="Remote code execution",
    severity=Severity.CRITICAL,
    cvss=9.8,
    affected=(Affected("PyPI", "vllm", (), (VersionRange(fixed="0.9.2"),)),),
)
REPLICA = Environment.REPLICA


def take(parts: RollbackParts, *items: Observation) -> None:
    ingest(list(items), [], parts.judging, parts.clock())


def bill(version: str | None, vllm: str, document: str = "sbom") -> Bill:
    component = Component(id="pkg:pypi/vllm", kind=ComponentKind.PACKAGE, name="vllm", version=vllm, ecosystem="PyPI")
    return Bill(source="boms", asset_id="gateway", document=document, at=NOW, components=(component,), version=version)


def ask(parts: RollbackParts, version: str, environment: Environment = PRODUCTION) -> GateAnswer:
    return gate(parts, "gateway", version, environment)


def found(answer: GateAnswer, name: str) -> list[Reason]:
    return [r for r in answer.reasons if r.name == name]


@pytest.fixture
def gateway(parts: RollbackParts) -> RollbackParts:
    """gateway is public; 1.9.2 served before 1.9.3, and 1.9.4 is the next."""
    with parts.store.write() as tx:
        for version in ("1.9.2", "1.9.4"):
            tx.estate.add_release(release(version, "gateway", state=ReleaseState.PROMOTED))
        tx.estate.deploy(deployment("1.9.2", PRODUCTION, asset_id="gateway", since=later(days=-9)))
        tx.estate.deploy(deployment("1.9.3", PRODUCTION, asset_id="gateway", since=later(days=-3)))
        tx.dependencies.drop_bill("gateway", "estate", NOW)
    take(parts, bill("1.9.3", "0.9.1"))
    return parts


@pytest.mark.parametrize("environment", [PRODUCTION, CANARY])
def test_a_release_whose_own_bill_has_a_critical_vulnerability_does_not_pass_where_users_are(
    gateway: RollbackParts, environment: Environment
) -> None:
    take(gateway, bill("1.9.3", "0.9.2"), CVE, bill("1.9.4", "0.9.1"))
    assert not alerts(gateway.judging), "what serves is free of it"
    (reason,) = found(ask(gateway, "1.9.4", environment), "advisories")
    assert (reason.status, reason.blocking) == ("failed", True)
    assert reason.detail.startswith(
        "CVE-2026-3248 reaches vllm 0.9.1 (P1, fixed in 0.9.2): critical, CVSS 9.8, public, "
    )
    (elsewhere,) = found(ask(gateway, "1.9.4", REPLICA), "advisories")
    assert not elsewhere.blocking


def test_a_release_that_is_free_of_every_stored_advisory_says_so(gateway: RollbackParts) -> None:
    take(gateway, CVE, bill("1.9.4", "0.9.2"))
    (reason,) = found(ask(gateway, "1.9.4"), "advisories")
    assert reason.ok
    assert reason.detail == "no stored advisory reaches 1.9.4 (1 component)"


def test_without_a_bill_of_its_own_a_release_is_judged_by_what_serves_and_never_called_clean(
    gateway: RollbackParts,
) -> None:
    (unknown,) = found(ask(gateway, "1.9.4"), "advisories")
    assert (unknown.status, unknown.ok) == ("missing", False)
    take(gateway, CVE)
    failed, missing = found(ask(gateway, "1.9.4"), "advisories")
    assert failed.blocking
    assert "judged by what serves now, because no bill of it is known" in failed.detail
    assert missing.status == "missing"


def test_an_advisory_that_could_not_be_compared_is_named_and_not_passed(gateway: RollbackParts) -> None:
    odd = msgspec.structs.replace(CVE, affected=(Affected("PyPI", "vllm", (), (VersionRange(fixed="latest"),)),))
    take(gateway, odd, bill("1.9.4", "0.9.1"))
    (reason,) = found(ask(gateway, "1.9.4"), "advisories")
    assert reason.status == "missing"
    assert "CVE-2026-3248 may reach vllm 0.9.1" in reason.detail


def test_a_waived_vulnerability_is_shown_and_closes_nothing_but_a_silenced_one_does(gateway: RollbackParts) -> None:
    take(gateway, CVE, bill("1.9.4", "0.9.1"))
    (alert,) = alerts(gateway.judging)
    operate.silence(gateway.store, alert.id, "ana", 2, "at lunch", NOW)
    assert any(r.blocking for r in found(ask(gateway, "1.9.4"), "advisories"))
    operate.waive(gateway.store, alert.id, "ana", 30, "not reachable", NOW)
    (reason,) = found(ask(gateway, "1.9.4"), "advisories")
    assert (reason.status, reason.blocking) == ("accepted", False)
    assert "waived by ana until" in reason.detail


def test_a_freeze_for_a_vulnerability_lets_the_release_pass_that_has_the_fix_and_no_other(
    gateway: RollbackParts,
) -> None:
    take(gateway, CVE)
    assert holds(gateway.judging), "the critical vulnerability froze the asset"
    (unknown,) = found(ask(gateway, "1.9.4"), "holds")
    assert unknown.blocking
    assert "whether CVE-2026-3248 reaches 1.9.4 is not known" in unknown.detail
    take(gateway, bill("1.9.4", "0.9.1"))
    (same,) = found(ask(gateway, "1.9.4"), "holds")
    assert same.blocking
    assert same.detail.endswith("CVE-2026-3248 reaches 1.9.4 as well")
    take(gateway, bill("1.9.4", "0.9.2"))
    (fixed,) = found(ask(gateway, "1.9.4"), "holds")
    assert fixed.ok
    assert fixed.detail.endswith("1.9.4 meets that: CVE-2026-3248 does not reach what its own bill lists")


def test_a_bill_that_names_the_package_without_saying_which_lifts_no_freeze(gateway: RollbackParts) -> None:
    nameless = Component(id="vllm", kind=ComponentKind.PACKAGE, name="vllm", version="0.9.2")
    take(gateway, CVE, msgspec.structs.replace(bill("1.9.4", "0.9.2"), components=(nameless,)))
    (held,) = found(ask(gateway, "1.9.4"), "holds")
    assert held.blocking
    assert "is not known" in held.detail


def test_a_freeze_by_an_operator_waits_for_the_operator(gateway: RollbackParts) -> None:
    take(gateway, bill("1.9.4", "0.9.2"))
    operate.freeze(gateway.store, "gateway", "ana", "the holidays", NOW)
    (held,) = found(ask(gateway, "1.9.4"), "holds")
    assert held.blocking


def test_a_bill_of_no_release_counts_only_for_what_the_releases_own_bill_does_not_name(gateway: RollbackParts) -> None:
    take(gateway, CVE, bill(None, "0.9.1", "requirements"))
    (general,) = found(ask(gateway, "1.9.4"), "advisories")
    assert general.blocking
    assert "judged by a bill that is not tied to a release" in general.detail
    take(gateway, bill("1.9.4", "0.9.2"))
    (own,) = found(ask(gateway, "1.9.4"), "advisories")
    assert own.ok


def test_the_rollback_target_is_asked_for_the_same(gateway: RollbackParts) -> None:
    take(gateway, CVE, bill("1.9.2", "0.9.1"))
    check = check_pointer(gateway, "gateway", PRODUCTION, deep=False)
    (advisories,) = [c for c in check.checks if c.name == "advisories"]
    assert (advisories.ok, advisories.blocking) == (False, False)
    assert "CVE-2026-3248 reaches vllm 0.9.1" in advisories.detail
    take(gateway, bill("1.9.2", "0.9.2"))
    check = check_pointer(gateway, "gateway", PRODUCTION, deep=False)
    assert [c.ok for c in check.checks if c.name == "advisories"] == [True]


def test_the_gates_page_says_what_would_change_and_what_to_do_about_what_blocks(gateway: RollbackParts) -> None:
    take(gateway, CVE, bill("1.9.4", "0.9.1"))
    page = gate_page(gateway, "gateway", "1.9.4", PRODUCTION)
    assert page.changed[0].startswith("1.9.4 (iteration 3, promoted) would replace 1.9.3, which serves in production")
    with gateway.store.read() as tx:
        (hold,) = tx.judgements.holds("gateway")
        (alert, *_) = tx.judgements.alerts()
    assert page.todo[0].startswith(f"freeze {hold.id} (CVE-2026-3248 reaches gateway): wait until ")
    assert page.todo[0].endswith(f": pulse-tui freeze {hold.id} --lift --why REASON")
    waive = f"pulse-tui alert waive {alert.id} --days 30 --why REASON"
    assert f"Release a version without CVE-2026-3248, or waive it: {waive}" in page.todo


def test_the_alerts_line_never_reads_as_if_none_were_open_where_the_advisories_line_judges_them(
    gateway: RollbackParts,
) -> None:
    take(gateway, CVE)
    (alert,) = alerts(gateway.judging)
    (line,) = found(ask(gateway, "1.9.3"), "alerts")
    assert line.ok
    assert line.detail == (
        f"the P1 alert that is open here is of a vulnerability ({alert.id}): advisories judges 1.9.3 itself"
    )
    (other,) = found(ask(gateway, "1.9.4"), "alerts")
    assert other.detail == "no P1 alert is open on this release"


def test_a_silence_takes_no_alert_out_of_the_gate_and_a_waiver_accepts_it(gateway: RollbackParts) -> None:
    with gateway.store.write() as tx:
        tx.signals.add([(signal(1), b"{}")])
        tx.judgements.put_alert(
            an_alert(asset_id="gateway", environment=PRODUCTION, version="1.9.3", priority=Priority.P1)
        )
    operate.silence(gateway.store, "alert-1", "ana", 2, "at lunch", NOW)
    (line,) = found(ask(gateway, "1.9.3"), "alerts")
    assert (line.status, line.blocking) == ("failed", True)
    operate.waive(gateway.store, "alert-1", "ana", 30, "known", NOW)
    (line,) = found(ask(gateway, "1.9.3"), "alerts")
    assert (line.status, line.blocking) == ("accepted", False)
    assert "waived by ana until" in line.detail


def test_a_target_with_an_open_p1_of_its_own_is_not_ok_and_keeps_no_fix_back(gateway: RollbackParts) -> None:
    take(gateway, bill("1.9.2", "0.9.2"))
    (line,) = found(ask(gateway, "1.9.4"), "pointer")
    assert line.ok
    take(gateway, CVE, bill("1.9.4", "0.9.2"))
    (line,) = found(ask(gateway, "1.9.4"), "pointer")
    assert (line.ok, line.blocking) == (False, False)
    assert "1.9.3 (was healthy here) is no good rollback target: CVE-2026-3248 reaches vllm 0.9.1" in line.detail
