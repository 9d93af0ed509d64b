"""``python -m tests.bench.feed30 [SEED...] [--write FOLDER]``: thirty days of noise with labelled trouble in it, rehearsed.

A seeded generator makes an estate of 25 assets and about 10,000 signals: latency that flaps, breaches that heal by
themselves, sandbox trouble, undecided and small regressions, low advisories, announcements of models that nobody uses,
repeated reports, redeliveries; and trouble with its onset and asset. The numbers are of the default policy.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from pulse_tui.rehearsal import play

START = datetime(2026, 10, 1, tzinfo=UTC)
DAYS = 30
TICK = timedelta(minutes=5)
TEAMS = ("ml-support", "ml-search", "ml-code", "platform-ai", "safety")
PEOPLE = {
    "ml-support": "ana",
    "ml-search": "ben",
    "ml-code": "cho",
    "platform-ai": "dee",
    "safety": "eli",
    "lab": "fay",
}
PACKAGES = ("vllm", "fastapi", "transformers", "torch", "pillow")
WITHIN = timedelta(minutes=15)
"""A critical trouble is found when somebody was called by then."""


class Asset(NamedTuple):
    """One of the estate."""

    id: str
    team: str
    tier: str
    exposure: str
    regulated: bool
    critical: bool
    canary: bool

    @property
    def config(self) -> dict[str, Any]:
        """As the configuration states it."""
        environments: dict[str, Any] = {"production": {"version": "1.0.0", "critical": self.critical}}
        if self.canary:
            environments["canary"] = {"version": "1.1.0", "traffic": 10}
        return {
            "id": self.id,
            "asset_type": "service",
            "owner_team": self.team,
            "tier": self.tier,
            "exposure": self.exposure,
            "data": {"regulated": self.regulated, "stores_prompts": self.tier == "customer-facing"},
            "environments": environments,
            "components": [{"purl": f"pkg:pypi/{name}@1.0.0"} for name in PACKAGES] + [{"model": "openai/gpt-4.1"}],
        }


class Trouble(NamedTuple):
    """What somebody has to be called for."""

    kind: str
    critical: bool
    onset: datetime
    asset: str
    fingerprint: str


class Feed(NamedTuple):
    """What is played, and what is known of it."""

    config: dict[str, Any]
    lines: list[dict[str, Any]]
    troubles: list[Trouble]


def estate() -> list[Asset]:
    """Twelve that customers use (four of them production-critical, three regulated), eight internal ones, five sandboxes."""
    made = [
        Asset(f"bot-{n}", TEAMS[n % 5], "customer-facing", "public" if n % 3 else "partner", n in (1, 5, 9), n % 3 == 0, n % 2 == 0)
        for n in range(12)
    ]  # fmt: skip
    made += [Asset(f"tool-{n}", TEAMS[n % 5], "internal", "internal", False, False, n % 2 == 0) for n in range(8)]
    return made + [Asset(f"lab-{n}", "lab", "sandbox", "internal", False, False, False) for n in range(5)]


def configuration(assets: Sequence[Asset]) -> dict[str, Any]:
    """The estate, a channel and a pager for each team, and tickets; no policy of its own."""
    routes: list[dict[str, Any]] = [{"id": "tickets", "kind": "ticket", "path": "tickets"}]
    for team in (*TEAMS, "lab"):
        address = f"http://127.0.0.1:9/{team}"
        routes += [
            {"id": f"chat-{team}", "kind": "notify", "url": address, "owner_teams": [team], "uses": ["notify"]},
            {"id": f"pager-{team}", "kind": "notify", "url": address, "owner_teams": [team], "uses": ["page"]},
        ]
    return {"name": "feed30", "estate": {"assets": [a.config for a in assets]}, "routes": routes}


class Generator:
    """Makes the lines."""

    def __init__(self, seed: int) -> None:
        """The same seed makes the same feed."""
        self.chance = random.Random(seed)
        self.assets = estate()
        self.lines: list[tuple[datetime, int, dict[str, Any]]] = []
        self.troubles: list[Trouble] = []
        self._ids = 0

    def feed(self) -> Feed:
        """All of it."""
        for noise in (
            self.flapping,
            self.blips,
            self.sandbox,
            self.evaluations,
            self.advisories,
            self.notes,
            self.versions,
            self.sources,
            self.slow_tools,
        ):
            noise()
        self.trouble()
        self.redeliver()
        lines = [line for _, _, line in sorted(self.lines, key=lambda each: each[:2])]
        end = START + timedelta(days=DAYS)
        lines.append({"at": f"{end:%Y-%m-%dT%H:%M:%SZ}"})
        return Feed(configuration(self.assets), lines, sorted(self.troubles, key=lambda t: t.onset))

    # ------------------------------------------------------------ small parts

    def put(self, at: datetime, **line: Any) -> None:
        """A line."""
        self._ids += 1
        self.lines.append((at, self._ids, {"at": f"{at:%Y-%m-%dT%H:%M:%SZ}", **line}))

    def signal(
        self,
        at: datetime,
        kind: str,
        asset: Asset | None,
        fingerprint: str,
        evidence: dict[str, Any],
        environment: str | None = "production",
        severity: str = "medium",
        **more: Any,
    ) -> None:
        """A signal of the contract."""
        moment = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        body: dict[str, Any] = {
            "id": f"feed-{self._ids + 1}", "source": "feed", "signal_type": kind, "severity": severity, "confidence": 0.95,
            "recommended_action": "review", "occurred_at": moment, "observed_at": moment,
            "title": f"{kind.replace('_', ' ')} of {asset.id if asset else 'something'}", "fingerprint": fingerprint,
            "evidence": evidence, **more,
        }  # fmt: skip
        if asset is not None:
            body |= {"asset_id": asset.id, "environment": environment}
        self.put(at, signal=body)

    def moment(self, hours: float = 0.0) -> datetime:
        """A full five minutes of the month, with room for so many hours behind it."""
        ticks = int((DAYS * 24 - hours) * 12) - 1
        return START + TICK * self.chance.randrange(1, ticks)

    def some(self, tier: str, *, critical: bool | None = None) -> Asset:
        """An asset of the tier."""
        able = [a for a in self.assets if a.tier == tier and critical in (None, a.critical)]
        return self.chance.choice(able)

    def live(
        self, at: datetime, asset: Asset, ratio: float, metric: str = "p95", environment: str = "production"
    ) -> str:
        """One window of a service level."""
        fingerprint = f"{asset.id}/{environment}/{metric}"
        kind = "latency_breach" if metric == "p95" else "error_rate_breach"
        objective = 800.0 if metric == "p95" else 0.01
        self.signal(
            at,
            kind,
            asset,
            fingerprint,
            {"metric": metric, "value": round(objective * ratio, 4), "objective": objective, "requests": 5_000},
            environment,
        )
        return fingerprint

    # ------------------------------------------------------------ noise

    def flapping(self) -> None:
        """Hours in which p95 goes back and forth over its limit."""
        for asset in (self.some("internal"), self.some("internal"), self.some("customer-facing", critical=False)):
            for _ in range(6):
                at = self.moment(6)
                over = 0  # windows in a row: three of them are no flapping any more
                for tick in range(60):
                    ratio = self.chance.choice([1.02, 1.08, 1.12, 1.14, 1.17, 1.2]) if over < 2 else 1.05
                    over = over + 1 if ratio > 1.15 else 0
                    self.live(at + TICK * tick, asset, ratio)
                self.put(at + TICK * 60, over=f"{asset.id}/production/p95")

    def blips(self) -> None:
        """One window over the limit, the next one is good."""
        for _ in range(70):
            asset = self.some(self.chance.choice(["customer-facing", "internal", "internal"]))
            metric = self.chance.choice(["p95", "errors"])
            at = self.moment(1)
            fingerprint = self.live(at, asset, self.chance.uniform(1.2, 1.7), metric)
            if self.chance.random() < 0.5:
                self.live(at + TICK, asset, 0.8, metric)
            else:
                self.put(at + TICK, over=fingerprint)

    def sandbox(self) -> None:
        """Everything is always broken somewhere."""
        for _ in range(30):
            asset, at = self.some("sandbox"), self.moment(8)
            for tick in range(self.chance.randrange(20, 90)):
                self.live(at + TICK * tick, asset, self.chance.uniform(1.5, 8.0), "errors")

    def slow_tools(self) -> None:
        """Internal tools over their limit for hours, reported every five minutes: a matter for working hours."""
        for _ in range(25):
            asset, at = self.some("internal"), self.moment(10)
            ticks = self.chance.randrange(24, 110)
            for tick in range(ticks):
                self.live(at + TICK * tick, asset, self.chance.uniform(1.2, 1.6))
            self.put(at + TICK * ticks, over=f"{asset.id}/production/p95")

    def metric(
        self,
        at: datetime,
        asset: Asset,
        verdict: str,
        *,
        kind: str = "benchmark_regression",
        must: bool = True,
        metric: str = "accuracy",
        worse: float = 0.03,
    ) -> str:
        """A task of an evaluation run."""
        fingerprint = f"{asset.id}/{metric}/{self._ids}"
        higher = kind != "safety_regression"
        evidence = {
            "suite": "golden", "task": "qa", "metric": metric, "baseline": 0.9, "current": round(0.9 - worse if higher else 0.9 + worse, 4),
            "higher_is_better": higher, "must_pass": must, "n": 500, "verdict": verdict, "basis": "paired", "slice": "",
        }  # fmt: skip
        self.signal(at, kind, asset, fingerprint, evidence, "canary" if asset.canary else "production")
        return fingerprint

    def evaluations(self) -> None:
        """Undecided, diagnostic and small differences."""
        for _ in range(120):
            asset = self.some(self.chance.choice(["customer-facing", "internal", "sandbox"]))
            verdict, must = self.chance.choice(
                [("INCONCLUSIVE", True), ("INCONCLUSIVE", False), ("FAIL", False), ("PASS", True)]
            )
            self.metric(self.moment(), asset, verdict, must=must, worse=self.chance.uniform(0.002, 0.02))
        for _ in range(15):
            self.metric(self.moment(), self.some("sandbox"), "FAIL", worse=0.1)

    def cve(
        self,
        at: datetime,
        asset: Asset,
        severity: str,
        cvss: float,
        exploited: bool = False,
        environment: str = "production",
    ) -> str:
        """A vulnerability that reaches an asset."""
        name = f"CVE-2026-{10_000 + self._ids}"
        fingerprint = f"{name}/{asset.id}"
        evidence = {
            "advisory": name, "component": f"pkg:pypi/{self.chance.choice(PACKAGES)}", "installed": "1.0.0", "fixed": ["1.0.1"], "cvss": cvss,
            "known_exploited": exploited, "exploited_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        }  # fmt: skip
        self.signal(at, "cve", asset, fingerprint, evidence, environment, severity)
        return fingerprint

    def advisories(self) -> None:
        """Low ones everywhere, medium ones inside."""
        for _ in range(160):
            self.cve(
                self.moment(),
                self.some(self.chance.choice(["customer-facing", "internal", "sandbox"])),
                "low",
                self.chance.uniform(1.0, 3.9),
            )
        for _ in range(40):
            self.cve(
                self.moment(),
                self.some(self.chance.choice(["internal", "sandbox"])),
                "medium",
                self.chance.uniform(4.0, 6.9),
            )

    def notes(self) -> None:
        """What vendors write: models that nobody uses, news, far ends."""
        for number in range(140):
            at = self.moment()
            base = {"note": f"n{number}", "vendor": self.chance.choice(["openai", "anthropic", "mistral"])}
            if number % 3 == 0:
                ends = at + timedelta(days=self.chance.randrange(60, 300))
                self.signal(
                    at,
                    "deprecation",
                    None,
                    f"end/{number}",
                    {**base, "models": [f"old-model-{number}"], "effective_at": f"{ends:%Y-%m-%dT%H:%M:%SZ}"},
                )
            elif number % 3 == 1:
                self.signal(
                    at,
                    "vendor_note",
                    self.some("customer-facing"),
                    f"note/{number}",
                    {**base, "labels": ["new_model"]},
                    None,
                    "low",
                )
            else:
                self.signal(
                    at,
                    "cost_change",
                    self.some("internal"),
                    f"cost/{number}",
                    {"metric": "usd_per_1k", "baseline": 1.0, "current": round(self.chance.uniform(1.02, 1.2), 3)},
                )

    def versions(self) -> None:
        """Builds and evaluations."""
        for number in range(200):
            asset = self.chance.choice(self.assets)
            self.signal(
                self.moment(),
                "version_event",
                asset,
                f"{asset.id}/build/{number}",
                {"ref": f"r{number}"},
                None,
                "low",
                change=self.chance.choice(["build", "evaluation"]),
                current_version=f"1.2.{number}",
            )

    def sources(self) -> None:
        """Sources that fail for a while."""
        for number in range(40):
            at = self.moment(1)
            self.signal(
                at,
                "source_health",
                None,
                f"source/{number % 8}",
                {"subject": f"feed-{number % 8}", "state": self.chance.choice(["failing", "late"])},
            )
            self.put(at + TICK * self.chance.randrange(1, 6), over=f"source/{number % 8}")

    def redeliver(self) -> None:
        """Some signals come twice, under the same id."""
        for at, _, line in self.chance.sample([x for x in self.lines if "signal" in x[2]], 300):
            self.put(at, signal=line["signal"])

    # ------------------------------------------------------------ trouble

    def trouble(self) -> None:
        """Two a shift at most, as in a month that is not the end of the company: 14 critical ones, 22 important ones."""
        spans = [(day, half) for day in range(DAYS) for half in (2, 14)]
        self.chance.shuffle(spans)
        critical = [self.down, self.slow, self.exploited, self.jailbreak, self.wrong, self.replaced, self.down]
        important = [self.slow_bot, self.slow_canary, self.high_cve, self.worse, self.limit, self.incident]
        for number in range(36):
            day, hour = spans[number]
            at = START + timedelta(days=day, hours=hour) + TICK * self.chance.randrange(0, 72)
            grave = number < 14
            make = critical[number % len(critical)] if grave else important[number % len(important)]
            asset, fingerprint, ends = make(at)
            self.troubles.append(Trouble(make.__name__, grave, at, asset.id, fingerprint))
            answered = at + timedelta(minutes=self.chance.randrange(4, 12) if grave else self.chance.randrange(15, 60))
            self.put(answered, do="ack", by=PEOPLE[asset.team], alert=fingerprint, **{"for": "8h"}, why="on it")
            if ends is None:
                ends = at + timedelta(hours=self.chance.uniform(1, 6))
                self.put(ends, do="resolve", by=PEOPLE[asset.team], alert=fingerprint, why="fixed")
            else:
                self.put(ends, over=fingerprint)

    def lasting(
        self, at: datetime, asset: Asset, ratio: tuple[float, float], metric: str, environment: str = "production"
    ) -> tuple[str, datetime]:
        """Windows over the limit, one every five minutes."""
        ticks = self.chance.randrange(8, 50)
        fingerprint = ""
        for tick in range(ticks):
            fingerprint = self.live(at + TICK * tick, asset, self.chance.uniform(*ratio), metric, environment)
        return fingerprint, at + TICK * ticks

    def down(self, at: datetime) -> tuple[Asset, str, datetime | None]:
        """Errors of a production-critical endpoint."""
        asset = self.some("customer-facing", critical=True)
        return asset, *self.lasting(at, asset, (4.0, 20.0), "errors")

    def slow(self, at: datetime) -> tuple[Asset, str, datetime | None]:
        """Latency of one."""
        asset = self.some("customer-facing", critical=True)
        return asset, *self.lasting(at, asset, (1.6, 3.0), "p95")

    def exploited(self, at: datetime) -> tuple[Asset, str, datetime | None]:
        """A critical vulnerability that is exploited, in what the public reaches."""
        asset = next(a for a in self.chance.sample(self.assets, len(self.assets)) if a.exposure == "public")
        return asset, self.cve(at, asset, "critical", 9.8, exploited=True), None

    def jailbreak(self, at: datetime) -> tuple[Asset, str, datetime | None]:
        """Jailbreaks succeed more often in what the public reaches."""
        asset = next(a for a in self.chance.sample(self.assets, len(self.assets)) if a.exposure == "public")
        return (
            asset,
            self.metric(at, asset, "FAIL", kind="safety_regression", metric="jailbreak_rate", worse=0.05),
            None,
        )

    def wrong(self, at: datetime) -> tuple[Asset, str, datetime | None]:
        """Accuracy of a regulated asset."""
        asset = self.chance.choice([a for a in self.assets if a.regulated])
        return asset, self.metric(at, asset, "FAIL", worse=0.06), None

    def replaced(self, at: datetime) -> tuple[Asset, str, datetime | None]:
        """The content of what serves is another one under the same version."""
        asset = self.some("customer-facing")
        fingerprint = f"{asset.id}/digest/{self._ids}"
        self.signal(
            at,
            "version_event",
            asset,
            fingerprint,
            {"from_digest": "sha256:aa", "to_digest": "sha256:bb"},
            severity="high",
            change="digest_changed",
            current_version="1.0.0",
        )
        return asset, fingerprint, None

    def slow_bot(self, at: datetime) -> tuple[Asset, str, datetime | None]:
        """Latency where customers are, not critical."""
        asset = self.some("customer-facing", critical=False)
        return asset, *self.lasting(at, asset, (1.4, 2.0), "p95")

    def slow_canary(self, at: datetime) -> tuple[Asset, str, datetime | None]:
        """A canary that is worse."""
        asset = self.chance.choice([a for a in self.assets if a.canary and a.tier == "customer-facing"])
        return asset, *self.lasting(at, asset, (1.4, 2.0), "p95", "canary")

    def high_cve(self, at: datetime) -> tuple[Asset, str, datetime | None]:
        """A high vulnerability in what the public reaches."""
        asset = next(a for a in self.chance.sample(self.assets, len(self.assets)) if a.exposure == "public")
        return asset, self.cve(at, asset, "high", 8.1), None

    def worse(self, at: datetime) -> tuple[Asset, str, datetime | None]:
        """Accuracy where customers are."""
        asset = self.chance.choice([a for a in self.assets if a.tier == "customer-facing" and not a.regulated])
        return asset, self.metric(at, asset, "FAIL", worse=0.06), None

    def limit(self, at: datetime) -> tuple[Asset, str, datetime | None]:
        """A vendor's limit that is below the peak."""
        asset = self.some("customer-facing")
        fingerprint = f"limit/{self._ids}"
        self.signal(
            at,
            "rate_limit_change",
            asset,
            fingerprint,
            {"note": fingerprint, "vendor": "openai", "models": ["gpt-4.1"], "peak_share": 1.3},
            severity="high",
        )
        return asset, fingerprint, None

    def incident(self, at: datetime) -> tuple[Asset, str, datetime | None]:
        """A vendor's incident."""
        asset = self.some("customer-facing")
        fingerprint = f"incident/{self._ids}"
        self.signal(
            at,
            "incident",
            asset,
            fingerprint,
            {"note": fingerprint, "vendor": "openai", "models": ["gpt-4.1"]},
            severity="high",
        )
        return asset, fingerprint, None


class Score(NamedTuple):
    """What a feed came to."""

    summary: dict[str, Any]
    urgent: int
    right: int
    critical: int
    found: int
    important: int
    seen: int
    missed: list[Trouble]
    wrong: list[dict[str, Any]]
    seconds: float

    @property
    def precision(self) -> float:
        """The share of calls at P1 and P2 that belong to trouble."""
        return self.right / self.urgent if self.urgent else 1.0

    @property
    def recall(self) -> float:
        """The share of critical trouble that somebody was called for in time."""
        return self.found / self.critical if self.critical else 1.0

    def line(self, name: str) -> str:
        """One line of the report."""
        s = self.summary
        calls = s["notifications"] + s["pages"]
        return (
            f"{name}: {s['signals']:,} signals, {s['alerts']} alerts, {s['incidents']} incidents, {s['notifications']} notifications, {s['pages']} pages; "
            f"precision {self.precision:.3f} ({self.right}/{self.urgent}), critical recall {self.recall:.2f} ({self.found}/{self.critical}), "
            f"important {self.seen}/{self.important}, {1 - calls / s['signals']:.1%} fewer, {s['max_pages_per_shift']} pages in a shift, {self.seconds:.1f} s"
        )


def rehearsed(config: Path, scenario: Path) -> tuple[list[dict[str, Any]], dict[str, Any], float]:
    """The events, the summary, the seconds that it took."""
    with scenario.open("rb") as stream:
        lines: list[tuple[int, bytes | None]] = list(enumerate(stream, 1))
    events: list[dict[str, Any]] = []
    began = time.monotonic()
    with play.prepared(config, play.UNREAD, lambda house: play.scenario_of(scenario.name, lines, house)) as ready:
        if ready.scenario.problems:
            raise SystemExit("\n".join(map(str, ready.scenario.problems[:20])))
        summary = play.play(ready, lambda event: events.append(dict(event)))
    return events, summary, time.monotonic() - began


def score(feed: Feed, events: Sequence[dict[str, Any]], summary: dict[str, Any], seconds: float) -> Score:
    """The calls compared with the labels."""
    calls = [e for e in events if e["event"] in ("paged", "notified") and e["priority"] in ("P1", "P2")]
    # A service level has one fingerprint all month: trouble is of its time as well.
    by_condition: dict[str, list[Trouble]] = {}
    for trouble in feed.troubles:
        by_condition.setdefault(trouble.fingerprint, []).append(trouble)
    wrong, first = list[dict[str, Any]](), dict[Trouble, datetime]()
    for call in calls:
        at = datetime.fromisoformat(call["at"])
        near = [
            t for t in by_condition.get(call["alert"] or "", ()) if timedelta() <= at - t.onset <= timedelta(hours=12)
        ]
        if not near:
            wrong.append(call)
        for trouble in near:
            first[trouble] = min(at, first.get(trouble, at))
    critical = [t for t in feed.troubles if t.critical]
    found = [t for t in critical if t in first and first[t] - t.onset <= WITHIN]
    important = [t for t in feed.troubles if not t.critical]
    seen = [t for t in important if t in first]
    missed = [t for t in feed.troubles if t not in found and t not in seen]
    return Score(
        summary,
        len(calls),
        len(calls) - len(wrong),
        len(critical),
        len(found),
        len(important),
        len(seen),
        missed,
        wrong,
        seconds,
    )


def write(feed: Feed, folder: Path) -> tuple[Path, Path]:
    """The configuration's folder and the scenario."""
    config = folder / "config"
    config.mkdir(parents=True, exist_ok=True)
    (config / "pulse.yaml").write_text(json.dumps(feed.config, indent=1))
    scenario = folder / "feed.jsonl"
    scenario.write_text("".join(json.dumps(line) + "\n" for line in feed.lines))
    labels = [{**t._asdict(), "onset": t.onset.isoformat()} for t in feed.troubles]
    (folder / "labels.json").write_text(json.dumps(labels, indent=1))
    return config, scenario


def run(seed: int, folder: Path) -> Score:
    """One month."""
    feed = Generator(seed).feed()
    config, scenario = write(feed, folder)
    return score(feed, *rehearsed(config, scenario))


def reasons(scored: Score) -> Iterator[str]:
    """What was wrong or missed, counted by rule."""
    counts: dict[str, int] = {}
    for call in scored.wrong:
        name = f"{call.get('rule')} {call['priority']} {call['event']} ({call.get('of')})"
        counts[name] = counts.get(name, 0) + 1
    for name, count in sorted(counts.items(), key=lambda each: -each[1]):
        yield f"    {count} calls that belong to no trouble: {name}"
    for trouble in scored.missed:
        yield f"    missed: {trouble.kind} of {trouble.asset} at {trouble.onset:%d %H:%M}{' CRITICAL' if trouble.critical else ''}"


def main() -> None:
    """Three months, or those of the seeds; ``--write FOLDER`` keeps the files of the first."""
    given = sys.argv[1:]
    keep = Path(given[given.index("--write") + 1]) if "--write" in given else None
    seeds = [int(word) for word in given if word.isdigit()] or [1, 2, 3]
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            scored = run(seed, keep or Path(folder))
        print(scored.line(f"feed30 seed {seed}"), flush=True)
        for reason in reasons(scored):
            print(reason)
        keep = None


if __name__ == "__main__":
    main()
