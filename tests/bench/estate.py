"""A database of a given size for the benchmarks: assets, releases, runs, advisories, signals and open alerts."""

from __future__ import annotations

import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pulse_tui.domain.advisory import Advisory, Affected, Audit, Finding, VersionRange
from pulse_tui.domain.estate import Asset, Deployment
from pulse_tui.domain.evals import EvalRun, Score
from pulse_tui.domain.evidence import MetricEvidence, ServiceEvidence, VersionEvidence
from pulse_tui.domain.release import Release, ReleaseState
from pulse_tui.domain.signal import Signal, encode, fingerprint
from pulse_tui.domain.source import SourceStatus
from pulse_tui.domain.words import (
    AssetType,
    Change,
    Environment,
    Exposure,
    Priority,
    Recommended,
    Severity,
    SignalType,
    Tier,
)
from pulse_tui.ports import Transaction
from pulse_tui.wiring import House

ENVIRONMENTS = (Environment.PRODUCTION, Environment.CANARY, Environment.SHADOW)


def build(
    folder: Path,
    assets: int = 300,
    signals: int = 100_000,
    alerts: int = 300,
    advisories: int = 300,
    releases: int = 5,
    canaries: int = 1,
) -> Path:
    """One in so many assets has a canary and a shadow beside its production. Write ``pulse.yaml`` and a filled ``pulse.db`` into ``folder``; returns the folder. Seeded: always the same."""
    from pulse_tui.services.signals.ingest import ingest

    folder.mkdir(parents=True, exist_ok=True)
    # The source stands in the configuration: what is taken out of it ends what only it could have ended.
    (folder / "drop").mkdir()
    (folder / "pulse.yaml").write_text(
        "name: bench\ndatabase: sqlite:///pulse.db\nsources:\n  - {id: bench, kind: signals, every: 30d, path: drop}\n"
    )
    chance = random.Random(7)
    now = datetime.now(UTC)
    house = House(folder)
    names = [f"asset-{i:03d}" for i in range(assets)]
    with house.store.write() as tx:
        _estate(tx, names, now, releases, canaries)
        _advisories(tx, names, now, advisories)
        tx.plumbing.put_source(SourceStatus(id="bench", kind="signals", every_s=1e9, last_good_at=now))
    for start in range(0, signals, 5_000):
        batch = [quiet(i, chance.choice(names), now) for i in range(start, min(start + 5_000, signals))]
        with house.store.write() as tx:
            tx.signals.add([(s, encode(s)) for s in batch])
    ingest([breach(i, names[i % assets], now) for i in range(alerts)], [], house.judging, now)
    house.close()
    return folder


def _estate(tx: Transaction, names: list[str], now: datetime, releases: int, canaries: int) -> None:
    owners = ["ml-support", "ml-code", "platform-ai", "safety"]
    tx.estate.put_assets(
        Asset(
            id=name,
            asset_type=AssetType.SERVICE,
            owner_team=owners[i % 4],
            tier=Tier.CUSTOMER_FACING,
            exposure=Exposure.PUBLIC,
        )
        for i, name in enumerate(names)
    )
    for number, name in enumerate(names):
        for minor in range(5 - releases, 5):
            version = f"1.{minor}.0"
            tx.estate.add_release(
                Release(
                    asset_id=name,
                    version=version,
                    iteration=0,
                    digest=f"sha256:{fingerprint(name, version)}",
                    created_at=now - timedelta(days=50 - 10 * minor),
                    state=ReleaseState.PROMOTED,
                )
            )
            scores = (Score(task="golden", metric="accuracy", value=0.9 + minor / 100, stderr=0.01, n=500),)
            run = EvalRun(
                id=f"{name}-{minor}",
                asset_id=name,
                version=version,
                suite="golden",
                at=now - timedelta(days=49 - 10 * minor),
                scores=scores,
            )
            tx.evals.add(run, tx.estate.next_iteration(name))
        tx.evals.pin(name, "golden", f"{name}-3")
        for environment in ENVIRONMENTS if number % canaries == 0 else ENVIRONMENTS[:1]:
            tx.estate.deploy(
                Deployment(asset_id=name, environment=environment, version="1.4.0", since=now - timedelta(days=9))
            )


def _advisories(tx: Transaction, names: list[str], now: datetime, count: int) -> None:
    for i in range(count):
        advisory = Advisory(
            id=f"GHSA-bench-{i:04d}",
            source="bench",
            modified=now,
            title=f"A made up weakness, number {i}",
            aliases=(f"CVE-2026-{10_000 + i}",),
            severity=Severity.MEDIUM,
            affected=(Affected(ecosystem="PyPI", name=f"package-{i}", ranges=(VersionRange(fixed="2"),)),),
        )
        tx.advisories.put([advisory])
        tx.advisories.put_findings(
            Finding(
                advisory_id=advisory.id,
                asset_id=names[(i * 7 + k) % len(names)],
                component=f"package-{i} 1.0",
                environment=ENVIRONMENTS[k],
                audit=Audit.MATCHED,
                priority=Priority.P3 if i % 3 else Priority.P2,
            )
            for k in range(3)
        )


def quiet(i: int, asset: str, now: datetime) -> Signal:
    """A build event that no rule cares for."""
    at = now - timedelta(seconds=i)
    return Signal(
        id=f"bench:{i}",
        source="bench",
        signal_type=SignalType.VERSION_EVENT,
        change=Change.BUILD,
        asset_id=asset,
        current_version="1.4.0",
        severity=Severity.LOW,
        confidence=1.0,
        recommended_action=Recommended.NOTE,
        occurred_at=at,
        observed_at=at,
        title=f"{asset} was built ({i})",
        evidence=VersionEvidence(ref=f"build-{i}"),
        fingerprint=f"build:{i}",
    )


def breach(i: int, asset: str, now: datetime) -> Signal:
    """A latency breach (even) or a regression (odd) that opens an alert."""
    at = now - timedelta(minutes=i)
    even = i % 2 == 0
    return Signal(
        id=f"breach:{i}",
        source="bench",
        signal_type=SignalType.LATENCY_BREACH if even else SignalType.BENCHMARK_REGRESSION,
        asset_id=asset,
        environment=ENVIRONMENTS[i % 3],
        current_version="1.4.0",
        severity=Severity.HIGH,
        confidence=0.9,
        recommended_action=Recommended.REVIEW,
        occurred_at=at,
        observed_at=at,
        title=f"{asset} is worse",
        evidence=ServiceEvidence(metric="p95_latency", value=1_300.0, objective=1_000.0, unit="ms")
        if even
        else MetricEvidence(suite="golden", task="golden", metric="accuracy", baseline=0.93, current=0.88, n=500),
        fingerprint=f"breach:{asset}:{i}",
    )


if __name__ == "__main__":
    print(build(Path(sys.argv[1])))
