"""Short ways to make domain values for tests; every field can be overridden by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.decision import Comparison, Decision, Fact
from pulse_tui.domain.estate import Asset, Deployment
from pulse_tui.domain.evals import EvalRun, Score
from pulse_tui.domain.evidence import EVIDENCE, Evidence
from pulse_tui.domain.hold import Hold, HoldKind
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Approval, Plan, PlanStep, Run
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import (
    AssetType,
    Environment,
    Mode,
    Outcome,
    Priority,
    Recommended,
    Severity,
    SignalType,
)

NOW = datetime(2026, 11, 23, 3, 10, tzinfo=UTC)
CANARY = Environment.CANARY
PRODUCTION = Environment.PRODUCTION


def later(**span: float) -> datetime:
    """NOW plus a timedelta."""
    return NOW + timedelta(**span)


_EVIDENCE: dict[str, dict[str, Any]] = {
    "VersionEvidence": {},
    "MetricEvidence": {"suite": "golden", "task": "qa", "metric": "accuracy", "baseline": 0.914, "current": 0.862},
    "ServiceEvidence": {"metric": "p95_latency", "value": 1310.0, "objective": 1000.0, "unit": "ms"},
    "CostEvidence": {"metric": "usd_per_1k", "baseline": 1.0, "current": 1.5},
    "AdvisoryEvidence": {"advisory": "CVE-2026-3248", "component": "pkg:pypi/vllm", "installed": "0.9.1"},
    "ShiftEvidence": {"component": "openai/gpt-4.1", "metric": "prompt tokens", "before": "41", "after": "61"},
    "NoteEvidence": {"note": "n1", "vendor": "openai", "labels": ["behaviour_change"]},
    "SuiteEvidence": {"suite": "golden", "expected_digest": "aa", "digest": "bb"},
    "HealthEvidence": {"subject": "feed", "state": "failing"},
}


def evidence(kind: SignalType, **fields: Any) -> Evidence:
    """Evidence of the shape that ``kind`` asks for."""
    shape = EVIDENCE[kind]
    return shape(**{**_EVIDENCE[shape.__name__], **fields})


def signal(number: object = 1, kind: SignalType = SignalType.LATENCY_BREACH, **fields: Any) -> Signal:
    """A signal; ``number`` makes its id."""
    values: dict[str, Any] = {
        "id": f"s-{number}",
        "source": "test",
        "signal_type": kind,
        "severity": Severity.HIGH,
        "confidence": 0.9,
        "recommended_action": Recommended.NOTIFY,
        "occurred_at": NOW,
        "observed_at": NOW,
        "title": f"signal {number}",
        "evidence": evidence(kind),
        "fingerprint": f"f-{number}",
    }
    return Signal(**{**values, **fields})


def asset(ident: str = "support-bot", **fields: Any) -> Asset:
    return Asset(**{"id": ident, "asset_type": AssetType.SERVICE, "owner_team": "ml-support", **fields})


def release(version: str = "3.8.1", asset_id: str = "support-bot", **fields: Any) -> Release:
    values = {"asset_id": asset_id, "version": version, "iteration": 0, "digest": f"sha256:{version}"}
    return Release(**{**values, "created_at": NOW - timedelta(days=10), **fields})


def deployment(version: str, environment: Environment = CANARY, **fields: Any) -> Deployment:
    values = {"asset_id": "support-bot", "environment": environment, "version": version, "since": NOW}
    return Deployment(**{**values, **fields})


def decision(number: object = 1, about: Signal | None = None, **fields: Any) -> Decision:
    values: dict[str, Any] = {
        "id": f"d-{number}",
        "signal_id": about.id if about else f"s-{number}",
        "rule_id": "latency-breach",
        "mode": Mode.ENFORCE,
        "outcome": Outcome.FIRED,
        "priority": Priority.P2,
        "severity": Severity.HIGH,
        "actions": ("notify",),
        "comparisons": (Comparison("service.ratio > 1.15", True, {"service.ratio": 1.31}),),
        "policy_digest": "aa",
        "asset_id": "support-bot",
        "environment": CANARY,
        "version": "3.8.2",
        "owner": "ml-support",
        "title": "p95 breach",
        "fingerprint": f"latency-breach/f-{number}",
        "at": NOW,
    }
    return Decision(**{**values, **fields})


def fact(about: Signal) -> Fact:
    """A fact without context, for storing a decision."""
    variables = {"signal.type": str(about.signal_type), "service.ratio": 1.31}
    return Fact(signal=about, asset=None, deployment=None, environment=None, variables=variables)


def alert(number: object = 1, **fields: Any) -> Alert:
    values: dict[str, Any] = {
        "id": f"alert-{number}",
        "fingerprint": f"latency-breach/f-{number}",
        "signal_fingerprint": f"f-{number}",
        "rule_id": "latency-breach",
        "decision_id": f"d-{number}",
        "signal_id": f"s-{number}",
        "title": "p95 breach",
        "priority": Priority.P2,
        "severity": Severity.HIGH,
        "first_at": NOW,
        "last_at": NOW,
        "asset_id": "support-bot",
        "environment": CANARY,
        "owner": "ml-support",
    }
    return Alert(**{**values, **fields})


def hold(ident: str = "block-1", **fields: Any) -> Hold:
    values: dict[str, Any] = {
        "id": ident,
        "kind": HoldKind.BLOCK,
        "asset_id": "support-bot",
        "why": "accuracy fell",
        "until_condition": "a run is within the margin",
        "placed_by": "rule accuracy-regression",
        "placed_at": NOW,
    }
    return Hold(**{**values, **fields})


def score(value: float, task: str = "qa", metric: str = "accuracy", **fields: Any) -> Score:
    return Score(task=task, metric=metric, value=value, **fields)


def run_of(ident: str, version: str, value: float, **fields: Any) -> EvalRun:
    """An eval run of suite golden with one accuracy."""
    values: dict[str, Any] = {"id": ident, "asset_id": "support-bot", "version": version, "suite": "golden", "at": NOW}
    return EvalRun(**{**values, "scores": (score(value, n=500),), **fields})


def step(name: str = "alias", **fields: Any) -> PlanStep:
    values: dict[str, Any] = {"kind": "place", "target": f"place {name}", "params": {"name": name}}
    return PlanStep(**{**values, "expected": "3.8.2", "desired": "3.8.1", "timeout_s": 1.0, **fields})


def plan(**fields: Any) -> Plan:
    values: dict[str, Any] = {
        "asset_id": "support-bot",
        "environment": CANARY,
        "from_version": "3.8.2",
        "from_digest": "sha256:3.8.2",
        "to_version": "3.8.1",
        "to_digest": "sha256:3.8.1",
        "playbook": "move",
        "steps": (step(),),
        "on_failure": "undo",
        "policy_digest": "pp",
        "playbook_digest": "bb",
        "operators_digest": "oo",
        "created_at": NOW,
        "expires_at": later(hours=1),
        "proposed_by": "ana",
        "reason": "p95 breach",
        "approvals_needed": 1,
    }
    return Plan(**{**values, **fields})


def approval(about: Plan, principal: str = "ana", key: str = "key-ana", **fields: Any) -> Approval:
    values: dict[str, Any] = {"plan_hash": about.hash, "principal": principal, "key": key, "yes": True, "at": NOW}
    return Approval(**{**values, "expires_at": later(hours=1), "audit_head": "0" * 64, **fields})


def run(about: Plan, ident: str = "run-1", **fields: Any) -> Run:
    values: dict[str, Any] = {"id": ident, "plan_hash": about.hash, "target": about.target, "epoch": 1, "holder": "h"}
    return Run(**{**values, "started_by": "ana", "started_at": NOW, **fields})


def changed(value: Any, **fields: Any) -> Any:
    """A struct with other fields."""
    return msgspec.structs.replace(value, **fields)
