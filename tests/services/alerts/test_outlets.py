"""What should we do now: for every kind of cause the right thing, in the same words in every outlet, with commands that exist."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec
import pytest

from pulse_tui.cli import status
from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.alert import OPEN, Alert
from pulse_tui.domain.estate import Component
from pulse_tui.domain.evals import Basis, Verdict
from pulse_tui.domain.evidence import UNDELIVERED, HealthEvidence, MetricEvidence
from pulse_tui.domain.note import Note
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.rollback import RunState
from pulse_tui.domain.words import ComponentKind, Environment, Severity, SignalType
from pulse_tui.services.alerts import operate
from pulse_tui.services.alerts.story import alert_story
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.promotion.gate import gate, gate_story
from pulse_tui.services.promotion.past_gate import check_promotions
from pulse_tui.services.registry import claims
from pulse_tui.services.registry.story import asset_story
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.execute import execute
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.signals.concerns import report
from pulse_tui.services.signals.ingest import ingest
from tests.cli.test_advised_commands import commands, parse
from tests.fakes.clock import Clock
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, deployment, later, signal
from tests.fakes.target import Places

Cause = Callable[[RollbackParts, Places], None]


class Row(NamedTuple):
    cause: Cause
    kind: SignalType
    first: str
    """The first step begins with it."""
    rollback: bool = False
    """A rollback is one of the steps."""


def take(parts: RollbackParts, *items: Any) -> None:
    ingest(list(items), [], parts.judging, parts.clock())


def cve(ident: str, **affected: Any) -> Cause:
    def cause(parts: RollbackParts, _: Places) -> None:
        with parts.store.write() as tx:
            tx.estate.set_release_state("gateway", "1.9.3", ReleaseState.PROMOTED)
        where = (Affected("PyPI", "vllm", (), (VersionRange(**affected),)),)
        take(
            parts,
            Advisory(
                id=ident, source="osv", modified=NOW, title="RCE", severity=Severity.CRITICAL, cvss=9.8, affected=where
            ),
        )

    return cause


def note(body: str, at: Any = NOW, title: str = "gpt-4.1") -> Note:
    return Note(key="n1", source="news", vendor="openai", title=title, body=body, link=None, published_at=at)


def deprecation(parts: RollbackParts, _: Places) -> None:
    take(parts, note("gpt-4.1 will be shut down on 2027-02-01.", title="gpt-4.1 deprecation"))


def measured(environment: Environment, version: str, **fields: Any) -> Any:
    evidence = MetricEvidence(
        suite="golden", task="qa", metric="accuracy", baseline=0.9, current=0.8, higher_is_better=True,
        baseline_run="b", candidate_run="c", verdict=Verdict.FAIL, basis=Basis.PAIRED, must_pass=True,
    )  # fmt: skip
    more = {"asset_id": "support-bot", "environment": environment, "current_version": version, "evidence": evidence}
    return signal("m", SignalType.BENCHMARK_REGRESSION, **{**more, **fields})


def fell_after_release(parts: RollbackParts, _: Places) -> None:
    take(parts, measured(CANARY, "3.8.2", baseline_version="3.8.1"))


def fell_alone(parts: RollbackParts, _: Places) -> None:
    take(parts, measured(PRODUCTION, "3.8.1", baseline_version="3.8.1"))


def fell_after_a_note(parts: RollbackParts, places: Places) -> None:
    take(parts, note("We changed the default temperature of gpt-4.1.", later(minutes=-3)))
    fell_alone(parts, places)


def drifted(parts: RollbackParts, _: Places) -> None:
    item = measured(PRODUCTION, "3.8.1")
    evidence = msgspec.structs.replace(
        item.evidence, basis=Basis.DRIFT, verdict=None, between="between 3.8.0 and 3.8.1"
    )
    take(parts, msgspec.structs.replace(item, evidence=evidence))


def slow(environment: Environment, version: str, kind: SignalType = SignalType.LATENCY_BREACH) -> Cause:
    def cause(parts: RollbackParts, _: Places) -> None:
        take(parts, signal("l", kind, asset_id="support-bot", environment=environment, current_version=version))

    return cause


def roll_back(parts: RollbackParts) -> RunState:
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    approve(parts, plan.hash, "ana", "it hurts")
    return execute(parts, plan.hash, "ana", "host:1").state


def run_stopped(parts: RollbackParts, places: Places) -> None:
    places.fault(("write", "alias", "lost"))
    assert roll_back(parts) is RunState.UNKNOWN


def health(state: str, subject: str, **fields: Any) -> Cause:
    def cause(parts: RollbackParts, _: Places) -> None:
        evidence = HealthEvidence(subject=subject, state=state, reason="503")
        take(parts, signal("h", SignalType.SOURCE_HEALTH, evidence=evidence, **fields))

    return cause


def bypass(parts: RollbackParts, _: Places) -> None:
    for version in ("3.8.1", "3.8.2"):
        with parts.store.write() as tx:
            tx.estate.deploy(msgspec.structs.replace(deployment(version, PRODUCTION), source="registry"))
        check_promotions(parts, NOW)


def conflict(parts: RollbackParts, _: Places) -> None:
    with parts.store.write() as tx:
        for source, version in (("registry", "3.8.1"), ("ci", "3.8.2")):
            settled = claims.place(tx, parts.judging, "support-bot", PRODUCTION, version, source, parts.clock())
            report(tx, parts.judging, settled.changes, "", parts.clock())


def did_not_help(parts: RollbackParts, _: Places) -> None:
    assert roll_back(parts) is RunState.VERIFIED
    at = parts.clock() + timedelta(minutes=5)
    take(
        parts,
        signal(
            "l", asset_id="support-bot", environment=CANARY, current_version="3.8.1", occurred_at=at, observed_at=at
        ),
    )


def announced(parts: RollbackParts, _: Places) -> None:
    take(parts, note("We changed the default temperature of gpt-4.1."))


ROWS = {
    "CVE with a fix": Row(cve("CVE-2026-1", fixed="0.9.2"), SignalType.CVE, "upgrade pkg:pypi/vllm to 0.9.2"),
    "CVE without a fix": Row(cve("CVE-2026-2", introduced="0"), SignalType.CVE, "no fixed version of pkg:pypi/vllm"),
    "malicious": Row(cve("MAL-2026-3", introduced="0"), SignalType.CVE, "take pkg:pypi/vllm 0.9.1 out at once"),
    "deprecation": Row(deprecation, SignalType.DEPRECATION, "choose a successor of gpt-4.1 before 2027-02-01"),
    "regression after a release": Row(
        fell_after_release, SignalType.BENCHMARK_REGRESSION, "roll canary back from 3.8.2 to 3.8.1", rollback=True
    ),
    "regression without a release": Row(fell_alone, SignalType.BENCHMARK_REGRESSION, "the release did not change"),
    "regression after a note": Row(fell_after_a_note, SignalType.BENCHMARK_REGRESSION, "the release did not change"),
    "drift": Row(drifted, SignalType.BENCHMARK_REGRESSION, "check what changed between 3.8.0 and 3.8.1"),
    "latency": Row(slow(PRODUCTION, "3.8.1"), SignalType.LATENCY_BREACH, "the release did not change"),
    "canary fails": Row(
        slow(CANARY, "3.8.2", SignalType.ERROR_RATE_BREACH), SignalType.ERROR_RATE_BREACH,
        "roll canary back from 3.8.2 to 3.8.1", rollback=True,
    ),
    "rollback did not help": Row(did_not_help, SignalType.LATENCY_BREACH, "rollback "),
    "run stopped": Row(run_stopped, SignalType.VERSION_EVENT, "continue it: pulse-tui rollback resume "),
    "dead letter": Row(
        health(UNDELIVERED, "route page", summary="correct the route page, and call ml-support"),
        SignalType.SOURCE_HEALTH, "correct the route page",
    ),
    "source silent": Row(health("silent", "news"), SignalType.SOURCE_HEALTH, "repair news"),
    "gate bypassed": Row(bypass, SignalType.VERSION_EVENT, "see what is missing: pulse-tui gate support-bot 3.8.2", rollback=True),
    "conflict": Row(conflict, SignalType.VERSION_EVENT, "ci is believed"),
    "note, retest asked for": Row(announced, SignalType.VENDOR_NOTE, "read what it announces"),
}  # fmt: skip


@pytest.fixture(params=ROWS)
def row(request: pytest.FixtureRequest) -> Row:
    return ROWS[request.param]


@pytest.fixture
def alert(row: Row, parts: RollbackParts, target: Places) -> Alert:
    """The most urgent alert of the cause."""
    row.cause(parts, target)
    with parts.store.read() as tx:
        found = [a for a in tx.judgements.alerts(list(OPEN)) if _kind(tx, a) is row.kind]
    assert found, "the cause raised no alert"
    return min(found, key=lambda a: a.priority.rank)


def _kind(tx: Any, alert: Alert) -> SignalType:
    cause: SignalType = tx.signals.get(alert.signal_id).signal_type
    return cause


def test_the_advice_is_right_for_its_kind(row: Row, alert: Alert, parts: RollbackParts) -> None:
    page = alert_story(parts, alert.id)
    assert page.advice[0].startswith(row.first)
    moves = [line for line in page.advice if line.startswith(("roll ", "or roll ", "if nobody meant it, roll "))]
    assert bool(moves) is row.rollback


def test_every_outlet_gives_the_same_advice(alert: Alert, parts: RollbackParts) -> None:
    page = alert_story(parts, alert.id)
    text = "; ".join(page.advice)
    assert page.todo[: len(page.advice)] == page.advice
    explained = status.story_lines(page)
    assert [f"  {line}" for line in page.advice] == explained[explained.index("WHAT TO DO NOW") + 1 :][
        : len(page.advice)
    ]
    if alert.asset_id is not None:
        asset = [line for label, line in asset_story(parts, alert.asset_id) if label == "What to do now"]
        assert set(page.advice) <= set(asset)
    with parts.store.read() as tx:
        sent = [d.payload for d in tx.plumbing.deliveries() if d.payload["alert"] == alert.id]
    assert all(message["what_to_do"].startswith(text) for message in sent)
    shown = "\n".join(status._todo(parts.store.board("t", None, parts.clock()), [(page.alert, page.advice)]))
    assert all(line in shown for line in page.advice)
    if alert.asset_id == "support-bot" and alert.priority.value == "P1" and alert.version:
        todo = gate_story(gate(parts, alert.asset_id, alert.version, PRODUCTION)).todo
        assert text in todo


def test_every_command_of_the_advice_can_be_typed(alert: Alert, parts: RollbackParts) -> None:
    for line in alert_story(parts, alert.id).advice:
        for command in commands(line):
            parse(command)


# --------------------------------------------------------------------------- what is done already


def advice(parts: RollbackParts, kind: SignalType) -> str:
    with parts.store.read() as tx:
        found = [a for a in tx.judgements.alerts(list(OPEN)) if _kind(tx, a) is kind]
    return "; ".join(alert_story(parts, min(found, key=lambda a: a.priority.rank).id).advice)


def test_a_plan_that_is_proposed_and_then_approved_is_not_advised_again(parts: RollbackParts, target: Places) -> None:
    slow(CANARY, "3.8.2")(parts, target)
    assert "plan it, approve inside the plan: pulse-tui rollback plan support-bot --env canary" in advice(
        parts, SignalType.LATENCY_BREACH
    )
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    text = advice(parts, SignalType.LATENCY_BREACH)
    assert f"plan {plan.hash[:12]} is proposed already and waits for approval" in text
    assert "rollback plan" not in text
    approve(parts, plan.hash, "ana", "it hurts")
    text = advice(parts, SignalType.LATENCY_BREACH)
    assert f"is approved already, run it: pulse-tui rollback run {plan.hash[:12]}" in text
    execute(parts, plan.hash, "ana", "host:1")
    text = advice(parts, SignalType.LATENCY_BREACH)
    assert "is done already: see what is measured next" in text
    assert "pulse-tui rollback run" not in text


def test_a_rollback_that_did_not_help_is_named_with_what_else_to_look_at(parts: RollbackParts, target: Places) -> None:
    did_not_help(parts, target)
    text = advice(parts, SignalType.LATENCY_BREACH)
    assert "from 3.8.2 to 3.8.1 (" in text
    assert ", by ana) did not help: 3.8.1 does badly as well" in text
    assert "a further rollback to 3.8.0 only if all else fails" in text


def test_a_waived_vulnerability_is_not_advised_to_be_waived_or_frozen(parts: RollbackParts, target: Places) -> None:

    cve("CVE-2026-1", fixed="0.9.2")(parts, target)
    with parts.store.read() as tx:
        alerts = [a for a in tx.judgements.alerts(list(OPEN)) if a.asset_id == "gateway"]
    urgent = min(alerts, key=lambda a: a.priority.rank)
    operate.waive(parts.store, urgent.id, "ana", 30, "behind the proxy", parts.clock())
    text = "; ".join(alert_story(parts, urgent.id).advice)
    assert "waived already by ana until 2026-12-23: behind the proxy" in text
    assert "--why" not in text


def test_an_overdue_retest_is_said_to_be_overdue_and_asked_for(
    parts: RollbackParts, target: Places, clock: Clock
) -> None:
    announced(parts, target)
    clock.pass_(minutes=60 * 24 * 30)
    text = advice(parts, SignalType.VENDOR_NOTE)
    assert "a retest of support-bot is asked for already, OVERDUE since" in text
    assert text.endswith(": no suite measures support-bot: measure it by hand")


def test_a_cve_after_a_rollback_that_has_it_too_says_that_the_rollback_did_not_help(
    parts: RollbackParts, target: Places
) -> None:
    vllm = Component(id="pkg:pypi/vllm", kind=ComponentKind.PACKAGE, name="vllm", version="0.9.1", ecosystem="PyPI")
    from pulse_tui.domain.bill import Bill

    take(parts, Bill(source="boms", asset_id="support-bot", document="sbom", at=NOW, components=(vllm,)))
    cve("CVE-2026-1", fixed="0.9.2")(parts, target)
    roll_back(parts)
    with parts.store.read() as tx:
        (alert,) = [
            a for a in tx.judgements.alerts(list(OPEN)) if (a.asset_id, a.environment) == ("support-bot", CANARY)
        ][:1]
    text = "; ".join(alert_story(parts, alert.id).advice)
    assert "did not help: CVE-2026-1 reaches 3.8.1 as well" in text
