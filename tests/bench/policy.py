"""``python -m tests.bench policy [COUNT]``: signals a second through 200 rules with every explanation stored, on SQLite."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from pulse_tui.domain.signal import encode
from pulse_tui.enrich.facts import facts
from pulse_tui.policy.judge import Policy
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.storage.store import SqlStore
from tests.bench.ingest import fill, one
from tests.fakes.clock import Clock
from tests.fakes.databases import sqlite_file
from tests.fakes.house import judging
from tests.fakes.nouns import later
from tests.policy.build import load

RULES, BATCH, STORM = 200, 100, 0.2
_ON = (  # the twenty types of signals
    ("calibration_drift", "eval.worse_pp > {0}"),
    ("consistency_drop", "eval.worse_pp > {0}"),
    ("spread_widening", "eval.worse_pp > {0}"),
    ("pricing_change", "note.peak_share > {0}"),
    ("rate_limit_change", "note.peak_share > {0}"),
    ("catalogue_change", 'note.change == "removed"'),
    ("silent_change", "shift.rounds > 3"),
    ("incident", "signal.confidence > {0}"),
    ("source_health", 'health.state == "silent"'),
    ("suite_changed", 'suite.id == "golden"'),
    ("latency_breach", "service.ratio > {0}"),
    ("error_rate_breach", "service.ratio > {0}"),
    ("benchmark_regression", "eval.worse_pp > {0}"),
    ("safety_regression", "eval.worse_pp > {0}"),
    ("cve", "advisory.cvss > {0}"),
    ("cost_change", "cost.ratio > {0}"),
    ("vendor_note", 'note.labels.exists(label, label == "behaviour_change")'),
    ("version_event", 'signal.change == "promotion"'),
    ("dependency_change", "signal.confidence > {0}"),
    ("deprecation", "note.days_left < 30"),
)


def rules() -> Policy:
    """200 rules of a large team: ten about each type of signals, with three conditions and two context lines."""
    out = ["rules:"]
    for number in range(RULES):
        kind, shape = _ON[number % len(_ON)]
        threshold = shape.format(f"{50 + number // len(_ON)}.{number % 10}")
        out.append(
            f"  - id: r{number}\n    owner: t\n    review: 2099-01-01\n    on: [{kind}]\n    priority: P2\n"
            f"    actions: [notify]\n    all:\n    - asset.known\n    - '{threshold}'\n    - asset.tier != \"sandbox\"\n"
            '    context:\n    - {when: asset.regulated, priority: P1}\n    - {when: asset.tier == "internal", priority: P3}'
        )
    return load("\n".join(out) + "\n")


def main() -> None:
    """Judged alone, judged and stored in batches of 100, and the whole way in."""
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    policy, chance = rules(), random.Random(1)
    signals = [one(number, chance) for number in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        store = SqlStore(sqlite_file(Path(folder) / "pulse.db"), Path(folder))
        fill(store)
        with store.read() as tx:
            estate = tx.estate.load()
        judged = 0
        clock = _Clock()
        for signal in signals:
            judged += sum(len(policy.judge(fact)) for fact in facts(signal, estate))
        print(f"judged alone: {clock.rate(count)}, {judged // count} decisions each, {RULES} rules")
        clock = _Clock()
        for at in range(0, count, BATCH):
            batch = signals[at : at + BATCH]
            with store.write() as tx:
                new = tx.signals.add([(signal, encode(signal)) for signal in batch])
                pairs = [(d, fact) for signal in new for fact in facts(signal, estate) for d in policy.judge(fact)]
                tx.judgements.add_decisions(pairs)
        print(f"judged and stored with explanations, in batches of {BATCH}: {clock.rate(count)}")
        parts = judging(store, Path(folder), Clock())._replace(policy=policy)
        fresh = [one(count + number, chance) for number in range(count)]
        clock = _Clock()
        for at in range(0, count, BATCH):
            ingest(fresh[at : at + BATCH], [], parts, later(days=30))
        print(f"the whole way in (admitted, alerts, one transaction a batch): {clock.rate(count)}")
        storm, alerts = [one(3 * count + number, chance, STORM) for number in range(count // 4)], 0
        clock = _Clock()
        for at in range(0, len(storm), BATCH):
            alerts += ingest(storm[at : at + BATCH], [], parts, later(days=31)).alerts
        print(f"a storm, one in five is a breach: {clock.rate(len(storm))}, {alerts} alerts")
        size = sum(f.stat().st_size for f in Path(folder).glob("pulse.db*"))
        print(f"{size / 2**20:,.0f} MiB on disk for {2 * count:,} signals")
        store.close()


class _Clock:
    """By the wall, and by the processor: on a machine that does other things too the second says more."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def rate(self, count: int) -> str:
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        return f"{count / wall:,.0f} signals/s ({count / cpu:,.0f} by processor time)"


if __name__ == "__main__":
    sys.argv.insert(1, "policy")
    main()
