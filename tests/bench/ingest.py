"""``python -m tests.bench.ingest [COUNT]``: signals a second through policy and storage, on a fresh SQLite file."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from pulse_tui.domain.bill import Bill
from pulse_tui.domain.estate import Component
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Change, ComponentKind, Environment, Exposure, Severity, SignalType, Tier
from pulse_tui.services.signals.ingest import BATCH, ingest
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.databases import sqlite_file
from tests.fakes.house import judging
from tests.fakes.nouns import NOW, asset, deployment, evidence, release, signal

ASSETS = 300
FIRING = 0.02
_TYPES = (
    SignalType.LATENCY_BREACH,
    SignalType.ERROR_RATE_BREACH,
    SignalType.BENCHMARK_REGRESSION,
    SignalType.SAFETY_REGRESSION,
    SignalType.CVE,
    SignalType.VERSION_EVENT,
    SignalType.COST_CHANGE,
    SignalType.VENDOR_NOTE,
)


def fill(store: SqlStore) -> None:
    """An estate of 300 assets in production and canary."""
    tiers, exposures = list(Tier), list(Exposure)
    with store.write() as tx:
        names = [f"asset-{i}" for i in range(ASSETS)]
        tx.estate.put_assets(
            asset(n, tier=tiers[i % 3], exposure=exposures[i % 4], owner_team=f"team-{i % 9}")
            for i, n in enumerate(names)
        )
        for i, name in enumerate(names):
            tx.estate.add_release(release("1.0", name))
            for environment in (Environment.PRODUCTION, Environment.CANARY):
                tx.estate.deploy(deployment("1.0", environment, asset_id=name))
            package = Component(
                id=f"pkg:pypi/p{i % 50}", kind=ComponentKind.PACKAGE, name=f"p{i % 50}", version="1", ecosystem="PyPI"
            )
            tx.dependencies.put_bill(Bill(source="bench", asset_id=name, document="", at=NOW, components=(package,)))


def one(number: int, chance: random.Random, firing: float = FIRING) -> Signal:
    """A signal of a mixed type; two in a hundred fire a rule, unless ``firing`` is another share."""
    kind = _TYPES[number % len(_TYPES)]
    which = chance.randrange(ASSETS)
    fires = chance.random() < firing
    if kind is SignalType.CVE and not fires:
        kind = SignalType.DEPENDENCY_CHANGE  # the policy says something of every CVE
    bad: dict[SignalType, dict[str, object]] = {
        SignalType.LATENCY_BREACH: {"value": 1_310.0 if fires else 1_010.0},
        SignalType.ERROR_RATE_BREACH: {"value": 1_200.0 if fires else 990.0},
        SignalType.BENCHMARK_REGRESSION: {"current": 0.862 if fires else 0.91},
        SignalType.SAFETY_REGRESSION: {
            "metric": "jailbreak_rate", "baseline": 0.01, "current": 0.04 if fires else 0.012, "higher_is_better": False,
        },
        SignalType.CVE: {"component": f"pkg:pypi/p{which % 50}", "known_exploited": fires},
        SignalType.COST_CHANGE: {"current": 1.5 if fires else 1.1},
        SignalType.VENDOR_NOTE: {"labels": ["behaviour_change" if fires else "new_model"]},
    }  # fmt: skip
    at = NOW + timedelta(seconds=number)
    return signal(
        number,
        kind,
        asset_id=f"asset-{which}",
        environment=Environment.PRODUCTION if number % 3 else Environment.CANARY,
        change=Change.BUILD if kind is SignalType.VERSION_EVENT else None,
        severity=Severity.HIGH if fires else Severity.LOW,
        evidence=evidence(kind, **bad.get(kind, {})),
        occurred_at=at,
        observed_at=at,
        fingerprint=f"{kind}-{which}-{number % 7}",
    )


def main(count: int = 20_000) -> None:
    """One line."""
    chance = random.Random(7)
    signals = [one(i, chance) for i in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        store = SqlStore(sqlite_file(base / "pulse.db"), base)
        fill(store)
        parts = judging(store, base, Clock())
        begun, processor = time.perf_counter(), time.process_time()
        tally = ingest(signals, [], parts, NOW)
        wall, cpu = time.perf_counter() - begun, time.process_time() - processor
        size = (base / "pulse.db").stat().st_size / 1e6
        store.close()
    print(
        f"{count / wall:,.0f} signals/s ({count:,} in {wall:.2f} s, {cpu:.2f} s CPU, batches of {BATCH}; "
        f"{tally.fired} rules fired, {tally.alerts} alerts, {tally.indeterminate} indeterminate; {size:.0f} MB)"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
