"""The benchmarks' side of the fake desk: a suite judged, its runs, its flipped items, and actions that really move."""

from __future__ import annotations

from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.views.evals import (
    BenchStory,
    ClusterRow,
    Flip,
    Flips,
    GateRow,
    RunRow,
    Serving,
    Trend,
    TrendPoint,
)
from tests.fakes.registry_desk import ago


def line(
    task: str, metric: str, part: str, gate: str, verdict: str, before: float | None, now: float | None,
    delta: float | None, low: float | None, high: float | None, margin: float, unit: str, *, up: bool = True,
    n: int = 500, repeats: int = 1, clusters: float | None = None, method: str = "tango score interval",
    more: str = "", note: str = "",
) -> GateRow:  # fmt: skip
    """A line of the gate table; diagnostics hold nothing."""
    return GateRow(
        task, metric, part, gate, gate != "diagnostic", verdict, before, now, delta, low, high, margin, unit, up, n,
        repeats, clusters, method, more, note,
    )  # fmt: skip


FAIL = line("support_golden", "accuracy", "", "functional", "FAIL", 0.914, 0.862, -5.2, -7.4, -3.1, 2, "pp")
REFUNDS = line(
    "support_golden", "accuracy", "refunds", "functional", "FAIL", 0.933, 0.6, -33.3, -44.1, -22.8, 2, "pp", n=60,
    clusters=41, method="cluster-robust t, 40 df",
)  # fmt: skip
LONG = line(
    "support_golden", "accuracy", "long-context", "functional", "INCONCLUSIVE", 0.875, 0.858, -1.7, -4.9, 1.6, 2, "pp",
    n=120, clusters=37.2, method="cluster-robust t, 36 df", more="about 240 more items",
)  # fmt: skip
LATENCY = line(
    "support_golden", "p95_latency", "", "functional", "PASS", 812, 838, -82, -120, -31, 0, "ms", up=False,
    method="exact exceedance of 800 ms × 1.15", n=500,
)  # fmt: skip
COST = line(
    "support_golden", "cost", "", "functional", "PASS", 0.0082, 0.0084, 2.4, 1.1, 3.8, 20, "%", up=False, method="paired t of logs"
)  # fmt: skip
CONSISTENCY = line(
    "support_golden", "consistency", "", "diagnostic", "INCONCLUSIVE", 0.94, 0.931, -0.9, -2.6, 0.8, 2, "pp", n=100,
    repeats=5, method="paired t of pairwise agreement", more="3 more repeats", note="shares a family of 4 diagnostics",
)  # fmt: skip
JAILBREAK = line(
    "jailbreak", "jailbreak_success", "", "safety", "PASS", 0.021, 0.024, 0.3, -0.4, 0.9, 1, "pp", up=False, n=1200,
    method="tango score interval",
)  # fmt: skip

RUNS = (
    RunRow("r-1418", "3.8.2", 1418, ago(2), "FAIL", "accuracy -5.2 pp [-7.4, -3.1]"),
    RunRow("r-1412", "3.8.1", 1412, ago(160), "baseline", "pinned by ana: 6 d healthy in production"),
    RunRow("r-1402", "3.8.0", 1402, ago(400), "INCONCLUSIVE", "accuracy -0.5 pp [-2.3, +1.3]; about 240 more items"),
    RunRow("r-1391", "3.7.1", 1391, ago(900), "refused", "the prompt hash of 500 items differs"),
)
FAILED = BenchStory(
    "support-bot", "golden-v7", "r-1418", "3.8.2", ago(2), "r-1412", "3.8.1", "FAIL",
    (
        "support_golden accuracy 0.914 → 0.862 from 3.8.1 to 3.8.2 (iteration 1418): prompt template refund-v8 → refund-v9, vllm 0.9.0 → 0.9.1",
        "22 of the 31 lost items are in cluster refunds",
    ),
    (
        "accuracy -5.2 pp [-7.4, -3.1], margin 2 pp: FAIL on 500 paired items; refunds -33.3 pp FAIL",
        "long-context is INCONCLUSIVE: the interval crosses the margin; it holds like a FAIL",
        "serves 12 % of the traffic of canary; workflow refunds, stage generate",
    ),
    (
        "roll canary back to 3.8.1, or fix refund-v9 and measure again; production stays closed for 3.8.2",
        "about 240 more items would decide long-context",
    ),
    (FAIL, REFUNDS, LONG, CONSISTENCY, LATENCY, COST, JAILBREAK),
    (
        ("suite", "golden-v7, digest sha256:5be1c0, frozen: as the files are"),
        ("baseline", "run r-1412 of 3.8.1, pinned by ana 6 d ago: healthy in production"),
        ("weighted mean", "0.921 → 0.884 ± 0.009 (standard error)"),
        ("accepted risk", "none"),
        ("drift", "level fell between 3.8.0 and 3.8.1 (accuracy by the hour)"),
        ("command", "python -m evals.golden, run by the tower on the new release, 4m12s"),
    ),
    (
        ("latency p50", "301 → 309 ms"),
        ("latency p95", "812 → 838 ms (objective 800, limit 920)"),
        ("latency p99", "1,204 → 1,391 ms"),
        ("cost per item", "0.0082 → 0.0084 USD (+2.4 %)"),
        ("calibration", "ECE 0.031 → 0.058; chance alone gives 0.019 to 0.047; Brier +0.011 [+0.002, +0.020]"),
    ),
    RUNS,
)  # fmt: skip
BASELINE = FAILED._replace(
    run="r-1412", version="3.8.1", at_us=ago(160), verdict="baseline", rows=(), measures=(),
    changed=("this run is the baseline",), risk=("none: nothing is compared with itself",), todo=("nothing",),
)  # fmt: skip
UNDECIDED = FAILED._replace(
    run="r-1402", version="3.8.0", at_us=ago(400), verdict="INCONCLUSIVE",
    changed=("support_golden accuracy 0.914 → 0.909",),
    risk=("accuracy -0.5 pp [-2.3, +1.3], margin 2 pp: INCONCLUSIVE, it holds like a FAIL",),
    todo=("about 240 more items would decide; or accept the risk for some days",),
    rows=(
        line("support_golden", "accuracy", "", "functional", "INCONCLUSIVE", 0.914, 0.909, -0.5, -2.3, 1.3, 2, "pp", more="about 240 more items"),
        LATENCY, JAILBREAK,
    ),
)  # fmt: skip
REFUSED = FAILED._replace(
    run="r-1391", version="3.7.1", at_us=ago(900), verdict="refused", rows=(), measures=(),
    changed=("not compared: the prompt hash of 500 items differs, first q-0001",),
    risk=("not known: 3.7.1 was asked other questions than 3.8.1",),
    todo=("run the same items on both, or pin a baseline of the new content",),
)  # fmt: skip
FLIPS = Flips(
    "support-bot", "golden-v7", "3.8.2", "3.8.1", "support_golden", "accuracy",
    "31 lost, 5 won of 500 items; 22 of the 31 in cluster refunds",
    (
        Flip("q-0412", "billing", (), 0.0, 1.0, "won"),
        *(Flip(f"q-{n:04d}", "refunds", ("refunds", "policy-edge") if n % 3 else ("refunds",), 1.0, 0.0, "lost") for n in range(101, 123)),
        *(Flip(f"q-{n:04d}", "shipping", (), 1.0, 0.0, "lost") for n in range(230, 235)),
        Flip("q-0301", "accounts", ("long-context",), 1.0, 0.4, "lost"), Flip("q-0302", "accounts", (), 0.8, 0.2, "lost"),
        Flip("q-0399", "", (), 1.0, 0.0, "lost"), Flip("q-0398", "billing", (), 1.0, 0.0, "lost"),
        *(Flip(f"q-{n:04d}", "shipping", (), 0.0, 1.0, "won") for n in range(240, 244)),
    ),
    (
        ClusterRow("refunds", 60, 22, 0), ClusterRow("shipping", 90, 5, 4), ClusterRow("accounts", 110, 2, 0),
        ClusterRow("billing", 80, 1, 1), ClusterRow("", 160, 1, 0),
    ),
    "r-1418",
)  # fmt: skip


def points(values: list[tuple[str, int, float, float]]) -> tuple[TrendPoint, ...]:
    """(version, iteration, value, half of the interval)."""
    return tuple(TrendPoint(label, n, value, value - wide, value + wide) for label, n, value, wide in values)


TRENDS = (
    Trend(
        "support-bot", "golden-v7", "support_golden", "accuracy", True, 0.914, "3.8.1",
        points([("3.7.0", 1380, 0.911, 0.008), ("3.7.1", 1391, 0.913, 0.008), ("3.8.0", 1402, 0.909, 0.008), ("3.8.1", 1412, 0.914, 0.007), ("3.8.2", 1418, 0.862, 0.021)]),
        "FAIL", "500 items, tango score interval", -5.2, -7.4, -3.1, 2.0, "pp", 500,
        (Serving("production", "3.8.1", 0.914, "baseline"), Serving("canary", "3.8.2", 0.862, "FAIL")), "r-1418",
    ),
    Trend(
        "support-bot", "golden-v7", "jailbreak", "jailbreak_success", False, 0.021, "3.8.1",
        points([("3.8.0", 1402, 0.022, 0.006), ("3.8.1", 1412, 0.021, 0.006), ("3.8.2", 1418, 0.024, 0.007)]),
        "PASS", "1200 items, tango score interval", 0.3, -0.4, 0.9, 1.0, "pp", 1200,
        (Serving("production", "3.8.1", 0.021, "baseline"), Serving("canary", "3.8.2", 0.024, "PASS")), "r-1418",
    ),
)  # fmt: skip
UNDECIDED_TREND = TRENDS[0]._replace(
    verdict="INCONCLUSIVE", note="120 items, tango score interval; about 240 more items would decide",
    points=(*TRENDS[0].points[:-1], TrendPoint("3.8.2", 1418, 0.9, 0.868, 0.932)),
    delta=-1.4, low=-4.6, high=1.8, n=120,
    serving=(Serving("production", "3.8.1", 0.914, "baseline"), Serving("canary", "3.8.2", 0.9, "INCONCLUSIVE")),
)  # fmt: skip


class FakeBench:
    """Mixed into the fake desk, which has ``_did`` and ``operator``."""

    operator: str

    def start_bench(self, *, empty: bool) -> None:
        """The state at the beginning: the runs of one suite, newest first."""
        told = (FAILED, BASELINE, UNDECIDED, REFUSED)
        self.stories: dict[str, BenchStory] = {} if empty else {story.run: story for story in told}
        self.flipped: Flips = FLIPS
        self.suite_trends: dict[str, tuple[Trend, ...]] = {} if empty else {"support-bot": TRENDS}

    def _did(self, *call: str) -> None:
        raise NotImplementedError

    def bench(self, asset_id: str, suite: str, run_id: str | None = None) -> BenchStory:
        mine = [s for s in self.stories.values() if (s.asset, s.suite) == (asset_id, suite) or not suite]
        found = next((s for s in mine if run_id in (None, s.run)), None)
        if found is None:
            raise NotFound(f"{asset_id} has no run {run_id or 'of ' + suite}", todo="pulse-tui ingest brings one in")
        return found

    def _story(self, run_id: str) -> BenchStory:
        if run_id not in self.stories:
            raise NotFound(f"there is no run {run_id}")
        return self.stories[run_id]

    def flips(self, run_id: str, task: str, metric: str) -> Flips:
        story = self._story(run_id)
        if metric in ("p95_latency", "cost"):
            said = f"{metric} has no items that are right or wrong: nothing can flip"
            return self.flipped._replace(task=task, metric=metric, headline=said, rows=(), clusters=())
        return self.flipped._replace(task=task, metric=metric, version=story.version)

    def pin_baseline(self, run_id: str, why: str) -> str:
        story = self._story(run_id)
        self._did("pin_baseline", run_id, why)
        self.stories[run_id] = story._replace(
            verdict="baseline", baseline_run=run_id, baseline_version=story.version, rows=(),
            facts=(("baseline", f"this run, pinned by {self.operator}: {why}"), *story.facts[:1]),
        )  # fmt: skip
        return f"{story.asset} {story.version} is the baseline of {story.suite}"

    def accept_risk(self, run_id: str, environment: str, gate: str, days: int, why: str) -> str:
        story = self._story(run_id)
        if story.verdict != "INCONCLUSIVE":
            raise Refused(f"{story.version} is {story.verdict}", ["only an undecided verdict can be accepted"])
        self._did("accept_risk", run_id, environment, gate, str(days), why)
        said = f"{gate} in {environment} by {self.operator} for {days} d: {why}"
        facts = tuple(fact for fact in story.facts if fact[0] != "accepted risk")
        self.stories[run_id] = story._replace(facts=(*facts, ("accepted risk", said)))
        return f"the risk of {story.version} in {environment} is accepted for {days} d"
