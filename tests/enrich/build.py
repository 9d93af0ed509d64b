"""Small estates and signals, complete and valid, with the one thing that a test is about changed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.estate import Asset, Component, DataHandling, Dependency, Deployment, Estate
from pulse_tui.domain.evidence import (
    AdvisoryEvidence,
    HealthEvidence,
    MetricEvidence,
    NoteEvidence,
    ServiceEvidence,
    VersionEvidence,
)
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import (
    AssetType,
    ComponentKind,
    Environment,
    Exposure,
    Recommended,
    Severity,
    SignalType,
    Tier,
)

NOW = datetime(2026, 11, 23, 3, 10, tzinfo=UTC)
BEFORE = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)

VLLM = Component(id="pkg:pypi/vllm", kind=ComponentKind.PACKAGE, name="vllm", version="0.9.1", ecosystem="PyPI")
NLTK = Component(id="pkg:pypi/nltk", kind=ComponentKind.PACKAGE, name="nltk", version="3.8", ecosystem="PyPI")
GPT = Component(id="openai/gpt-4.1", kind=ComponentKind.HOSTED_MODEL, name="gpt-4.1")

BOT = Asset(
    id="support-bot",
    asset_type=AssetType.SERVICE,
    owner_team="ml-support",
    tier=Tier.CUSTOMER_FACING,
    exposure=Exposure.PUBLIC,
    data=DataHandling(stores_prompts=True, regulated=True),
)
GATEWAY = Asset(
    id="embed-gateway",
    asset_type=AssetType.RUNTIME,
    owner_team="platform-ai",
    tier=Tier.CUSTOMER_FACING,
    exposure=Exposure.PUBLIC,
    data=DataHandling(stores_traces=True),
)
LAB = Asset(id="lab", asset_type=AssetType.SERVICE, owner_team="research", tier=Tier.SANDBOX)

PRODUCTION, CANARY, SHADOW, REPLICA = (
    Environment.PRODUCTION,
    Environment.CANARY,
    Environment.SHADOW,
    Environment.REPLICA,
)


def deployment(asset: str, environment: Environment, version: str, **more: Any) -> Deployment:
    return Deployment(asset_id=asset, environment=environment, version=version, since=BEFORE, **more)


ESTATE = Estate(
    assets={a.id: a for a in (BOT, GATEWAY, LAB)},
    deployments=(
        deployment("support-bot", CANARY, "3.8.2", traffic=12.0),
        deployment("support-bot", PRODUCTION, "3.8.1", traffic=88.0, production_critical=True),
        deployment("support-bot", REPLICA, "3.8.1"),
        deployment("embed-gateway", PRODUCTION, "1.9.3"),
        deployment("lab", SHADOW, "0.1.0"),
    ),
    dependencies=(
        Dependency(asset_id="embed-gateway", component=VLLM),
        Dependency(asset_id="lab", component=NLTK),
        Dependency(asset_id="support-bot", component=GPT),
    ),
)

REGRESSION = Signal(
    id="evals:1",
    source="evals",
    signal_type=SignalType.BENCHMARK_REGRESSION,
    asset_id="support-bot",
    environment=CANARY,
    baseline_version="3.8.1",
    current_version="3.8.2",
    severity=Severity.HIGH,
    confidence=0.9,
    recommended_action=Recommended.BLOCK,
    occurred_at=NOW,
    observed_at=NOW,
    title="accuracy fell",
    evidence=MetricEvidence(
        suite="golden-v7", task="refunds", metric="accuracy", baseline=0.914, current=0.862, must_pass=True, n=500
    ),
    fingerprint="fp-accuracy",
)


def signal(kind: SignalType, evidence: Any, **changes: Any) -> Signal:
    """A signal of another kind; the rest is as in :data:`REGRESSION`."""
    base = {"id": f"test:{kind}", "signal_type": kind, "evidence": evidence, "fingerprint": f"fp-{kind}"}
    return msgspec.structs.replace(REGRESSION, **base | changes)


JAILBREAK = signal(
    SignalType.SAFETY_REGRESSION,
    MetricEvidence(
        suite="golden-v7", task="jailbreak", metric="success_rate", baseline=0.01, current=0.028, higher_is_better=False
    ),
)
LATENCY = signal(
    SignalType.LATENCY_BREACH, ServiceEvidence(metric="p95_latency", value=1310.0, objective=1000.0, unit="ms")
)
CVE = signal(
    SignalType.CVE,
    AdvisoryEvidence(
        advisory="CVE-2026-3248",
        component="pkg:pypi/vllm",
        installed="0.9.1",
        fixed=["0.9.2"],
        cvss=9.8,
        known_exploited=False,
    ),
    asset_id="embed-gateway",
    environment=PRODUCTION,
    baseline_version=None,
    current_version="1.9.3",
    severity=Severity.CRITICAL,
)
DEPRECATION = signal(
    SignalType.DEPRECATION,
    NoteEvidence(
        note="n1",
        vendor="openai",
        labels=["deprecation"],
        models=["gpt-4.1"],
        effective_at=datetime(2027, 1, 3, 3, 10, tzinfo=UTC),
    ),
    environment=None,
    baseline_version=None,
    current_version=None,
)
DIGEST = signal(
    SignalType.VERSION_EVENT, VersionEvidence(from_digest="sha256:aa", to_digest="sha256:bb"), environment=PRODUCTION
)
HEALTH = signal(
    SignalType.SOURCE_HEALTH,
    HealthEvidence(subject="registry", state="failing", reason="no answer"),
    asset_id=None,
    environment=None,
)


def advisory(**changes: Any) -> Advisory:
    base: dict[str, Any] = {
        "id": "GHSA-aaaa-bbbb-cccc",
        "source": "osv",
        "modified": BEFORE,
        "title": "Remote code execution in the request parser",
        "aliases": ("CVE-2026-3248",),
        "severity": Severity.CRITICAL,
        "cvss": 9.8,
        "affected": (
            Affected(ecosystem="PyPI", name="vllm", ranges=(VersionRange(introduced="0.6.0", fixed="0.9.2"),)),
        ),
    }
    return Advisory(**base | changes)
