"""The certificate of a rollback target: its lines, and that preflight, pointer, gate and page show the same ones."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.claim import ESTATE, Claim, place_subject
from pulse_tui.domain.estate import Stage, Workflow
from pulse_tui.domain.release import Interface, Lineage
from pulse_tui.domain.rollback import Check, Plan
from pulse_tui.domain.words import AssetType, SignalType
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.promotion.gate import gate
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.execute import execute
from pulse_tui.services.rollback.plan import propose, propose_undo
from pulse_tui.services.rollback.pointer import check_pointer
from pulse_tui.services.rollback.preflight import preflight
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.settings.shapes import SourceShape
from tests.fakes.clock import Clock
from tests.fakes.nouns import CANARY, PRODUCTION, alert, asset, deployment, later, release, signal


def make(parts: RollbackParts, **more: str) -> Plan:
    return propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach", **more)


def line(parts: RollbackParts, name: str, plan: Plan | None = None) -> Check:
    return next(c for c in preflight(parts, plan or make(parts)) if c.name == name)


def names(parts: RollbackParts, plan: Plan) -> list[str]:
    return [c.name for c in preflight(parts, plan)]


def with_prompt(parts: RollbackParts, served: str, **target: Any) -> None:
    """A prompt beside the bot in one workflow, and the rollback target's own interface or lineage."""
    with parts.store.write() as tx:
        tx.estate.put_assets([asset("refund-prompt", asset_type=AssetType.PROMPT)])
        tx.estate.add_release(release(served, "refund-prompt", interface=Interface(prompt_format="chatml-2")))
        tx.estate.deploy(deployment(served, PRODUCTION, asset_id="refund-prompt"))
        stages = (Stage("ask", "refund-prompt"), Stage("answer", "support-bot"))
        tx.inventory.put_workflows([Workflow(id="support", stages=stages)])
        tx.estate.add_release(release("3.9.0", **target))
        tx.estate.set_rollback_pointer("support-bot", "3.8.2", "3.9.0")


def test_the_same_lines_stand_in_preflight_pointer_and_page(parts: RollbackParts) -> None:
    plan = make(parts)
    lines = {c.name: c for c in preflight(parts, plan)}
    pointed = {c.name: c for c in check_pointer(parts, "support-bot", CANARY, deep=True).checks}
    assert set(pointed) <= set(lines)
    assert {name: lines[name] for name in pointed} == pointed
    assert "known good here" in pointed
    assert pointed["known good here"].detail.startswith("3.8.1 was healthy in canary from 2026-11-16 03:10 until")


def test_the_line_of_the_drill_is_the_gates_too(parts: RollbackParts) -> None:
    found = line(parts, "drilled")
    reason = next(r for r in gate(parts, "support-bot", "3.8.2", CANARY).reasons if r.name == "drilled")
    assert (found.ok, found.blocking, found.detail) == (False, False, reason.detail)


@pytest.mark.parametrize(
    ("requires", "ok", "blocking", "words"),
    [
        (">=9.0.0", True, True, "requires refund-prompt >= 9.0.0: it is 9.1.0"),
        ("<9.0.0", False, True, "support-bot 3.9.0 requires refund-prompt < 9.0.0, not 9.1.0"),
        ("prompt_format=chatml-1", False, True, "requires refund-prompt prompt format chatml-1, 9.1.0 has chatml-2"),
        ("tooling=tools-4", False, False, "not compared, 9.1.0 does not state that"),
    ],
)
def test_what_the_target_requires_of_the_others_is_compared_with_what_they_serve(
    parts: RollbackParts, requires: str, ok: bool, blocking: bool, words: str
) -> None:
    with_prompt(parts, "9.1.0", interface=Interface(requires={"refund-prompt": requires}))
    found = line(parts, "works with")
    assert (found.ok, found.blocking or found.ok) == (ok, blocking)
    assert words in found.detail


def test_what_others_require_of_it_and_what_it_was_made_with_count_too(parts: RollbackParts) -> None:
    with_prompt(parts, "9.1.0", lineage=Lineage(prompt_template="refund-prompt@8.0.0"))
    assert line(parts, "works with").detail == ("3.9.0 was made with prompt template refund-prompt 8.0.0, 9.1.0 serves")
    with parts.store.write() as tx:
        needs = Interface(requires={"support-bot": ">=4.0.0"})
        tx.estate.add_release(release("9.2.0", "refund-prompt", interface=needs))
        tx.estate.deploy(deployment("9.2.0", PRODUCTION, asset_id="refund-prompt", since=later(hours=1)))
    found = line(parts, "works with")
    assert found.blocking
    assert found.detail.startswith("refund-prompt 9.2.0 requires support-bot >= 4.0.0, not 3.9.0")


def test_stages_between_which_nothing_is_recorded_are_said_to_be_not_compared(parts: RollbackParts) -> None:
    with_prompt(parts, "9.1.0")
    found = line(parts, "works with")
    assert (found.ok, found.blocking) == (False, False)
    assert found.detail == "not compared: no requirement between support-bot and refund-prompt is recorded"


def test_the_configuration_that_states_another_version_is_named_with_its_line(parts: RollbackParts) -> None:
    subject = place_subject("support-bot", CANARY)
    claim = Claim(subject=subject, field="version", source=ESTATE, value="3.8.2", since=later(days=-1))
    with parts.store.write() as tx:
        tx.inventory.put_claims([claim])
    written = parts.judging._replace(written=MappingProxyType({subject: "pulse.yaml:12"}))
    found = line(parts._replace(judging=written), "controller")
    assert (found.ok, found.blocking) == (False, False)
    assert found.detail == "pulse.yaml:12 states 3.8.2: what deploys from it puts that back; write 3.8.1 there"
    with parts.store.write() as tx:
        tx.inventory.put_claims([msgspec.structs.replace(claim, value="3.8.1")])
    assert "controller" not in names(parts, make(parts))


def test_a_repository_that_states_another_version_is_named_and_a_registry_that_reports_what_serves_is_not(
    parts: RollbackParts,
) -> None:
    sources = {
        name: SourceShape(id=name, kind=kind, every=60.0, options=None)
        for name, kind in (("deploys", "git"), ("models", "mlflow"))
    }
    subject = place_subject("support-bot", CANARY)
    with parts.store.write() as tx:
        tx.inventory.put_claims(
            Claim(subject=subject, field="version", source=name, value="3.8.2", since=later(days=-1))
            for name in sources
        )
    plan = make(parts)
    said = [
        c.detail
        for c in preflight(parts._replace(judging=parts.judging._replace(sources=sources)), plan)
        if c.name == "controller"
    ]
    assert said == [
        "deploys states 3.8.2: what deploys from it puts that back; set the branch or tag that places it to 3.8.1, "
        "unless a step does"
    ]


def test_a_rollback_that_did_not_help_is_part_of_the_next_advice(parts: RollbackParts, clock: Clock) -> None:
    first = alert(1, signal_fingerprint="cost", title="cost of support-bot")
    with parts.store.write() as tx:
        tx.judgements.put_alert(first)
    plan = make(parts, alert_id=first.id)
    approve(parts, plan.hash, "ana", "it hurts")
    run = execute(parts, plan.hash, "ana", "h")
    at = clock.pass_(minutes=10)
    fields: dict[str, Any] = {"fingerprint": "cost", "asset_id": "support-bot", "environment": CANARY}
    still = signal(2, SignalType.COST_CHANGE, **fields, occurred_at=at, observed_at=at)
    ingest([still], [], parts.judging, at)
    clock.pass_(minutes=10)
    undo = propose_undo(parts, plan, by="ben")
    approve(parts, undo.hash, "ben", "no better")
    execute(parts, undo.hash, "ben", "h")
    clock.pass_(minutes=1)
    found = line(parts, "helped before")
    assert not found.ok
    assert not found.blocking
    words = (
        f'rolled back to 3.8.1 at 2026-11-23T03:10:00Z (run {run.id}), it did not end "cost of support-bot": consider'
    )
    assert found.detail.startswith(words)
    with parts.store.read() as tx:
        breach = signal(3, occurred_at=clock(), **fields)
        advice = parts.judging.advise(tx, parts.judging, first, breach, clock())
    assert any(words in text for text in advice.lines)
