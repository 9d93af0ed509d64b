"""A desk with its state in memory: a real small adapter of the tower's port, for tests and demonstrations."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

from pulse_tui.domain.comparison import LiveComparison
from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.ref import Link, Ref, RefKind, release_ref
from pulse_tui.domain.views.advisories import UNNAMED, AdvisoryRow, AdvisoryStory, LedgerPage, Radius, WaiverRow
from pulse_tui.domain.views.alerts import AlertRow, AlertStory, QuietRow
from pulse_tui.domain.views.board import Board, Header
from pulse_tui.domain.views.evals import Trend
from pulse_tui.domain.views.registry import RegistryRow
from pulse_tui.domain.views.rollback import (
    AuthorisationLine,
    DrillLine,
    Moved,
    PlanLine,
    PlanStory,
    ReviewRow,
    RunStory,
    StepView,
    VoteView,
    unsettled,
)
from pulse_tui.domain.views.signals import SourceRow
from pulse_tui.services.objects import described
from tests.fakes.advisory_desk import LEDGER, RADIUS, STORY, WAIVERS, advisory_lines
from tests.fakes.bench_desk import FakeBench, points
from tests.fakes.delivery_desk import FakeDeliveries
from tests.fakes.incident_desk import FakeIncidents
from tests.fakes.learning_desk import FakeLearning
from tests.fakes.past_desk import FakePast
from tests.fakes.people_desk import FakePeople
from tests.fakes.registry_desk import NOW_US, FakeRegistry, ago
from tests.fakes.silence_desk import FakeSilences
from tests.fakes.vendor_desk import FakeVendors

HASH = "41c9ab3f" * 8
UNDO_HASH = "7de2006c" * 8


REGISTRY = (
    RegistryRow("support-bot", "production", "3.8.1", 1412, "ok", "", ago(144), "ml-support", "customer-facing", 0.88, True, release="promoted", pointer="3.8.0", source="registry", kind="service"),
    RegistryRow("support-bot", "canary", "3.8.2", 1418, "FAIL", "accuracy -5.2 pp", ago(2), "ml-support", "customer-facing", 0.12, False, release="evaluated", pointer="3.8.1", source="registry", kind="service"),
    RegistryRow("code-assist", "production", "2.4.0", 877, "retest", "vendor note", ago(30), "dev-tools", "internal", 1.0, False, release="promoted", pointer="2.3.9", source="ci", kind="adapter", pointer_ok=False),
    RegistryRow("embed-gateway", "production", "1.9.3", 402, "frozen", "CVE-2026-3248", ago(4), "platform-ai", "customer-facing", 1.0, True, release="promoted", pointer="1.9.2", source="registry", kind="runtime"),
    RegistryRow("summarizer", "shadow", "0.9.0", None, "conflict", "the estate says 0.9.0, nobody has seen it", None, "", "sandbox", 0.0, False, source="estate", concerns=1, kind="prompt"),
)  # fmt: skip
ADVISORIES = (
    AdvisoryRow(
        "CVE-2026-3248", "GHSA-1", "P1", "vllm 0.9.1", (("production", 2), ("canary", 1)), "open",
        "Remote code execution in the tensor loader", "pkg:pypi/vllm@0.9.1", due_us=ago(-3),
    ),
    AdvisoryRow(
        "MAL-2026-12", "MAL-2026-12", "P1", "torchh 1.0", (("shadow", 1),), "acknowledged", "Malicious code in torchh",
        until_us=ago(-5), malicious=True,
    ),
    AdvisoryRow(
        "CVE-2026-411", "GHSA-4", "P2", "ray 2.9.0", (("production", 1),), "waived", "Job API without authentication",
        until_us=ago(-24 * 12),
    ),
    AdvisoryRow("PYSEC-2026-77", "PYSEC-2026-77", "note", "nltk 3.8", (("shadow", 1),), "note", "Slow regular expression"),
    AdvisoryRow("GHSA-xxxx", "GHSA-xxxx", "unknown", "torch 2.6.0", (), "not audited", "Heap overflow"),
    AdvisoryRow(UNNAMED, "", "unknown", "2 components", (), "not audited", "No stored advisory can judge them"),
)  # fmt: skip
ALERTS = (
    AlertRow("al-1", "P1", "firing", "CVE-2026-3248 reaches embed-gateway", "platform-ai", "embed-gateway", "production", ago(4), 3, "critical-cve", True),
    AlertRow("al-2", "P2", "firing", "accuracy -5.2 pp on support-bot canary", "ml-support", "support-bot", "canary", ago(2), 2, "accuracy-regression", False),
    AlertRow("al-3", "P4", "acknowledged", "gpt-4.1 shuts down in 41 d: 3 assets", "ml-support", "code-assist", "production", ago(30), 1, "deprecation", False),
)  # fmt: skip


SOURCES = (
    SourceRow("mlflow", "mlflow", "good", "", ago(0.02)),
    SourceRow("osv", "osv", "failing", "500 from the server, next try in 10m", ago(5)),
    SourceRow("vendor-blog", "feed", "late", "", ago(9)),
)
PLAN_LINES = (
    PlanLine("1b77f0aa" * 8, "support-bot", "production", "3.8.1", "3.8.0", "proposed", ago(0), "ana approved; waits for 1 of: ben, cho; since 12m, expires in 48m", "", "", (), "pulse-tui rollback approve 1b77f0aa1b77 --why REASON"),
    PlanLine("5d28fde0" * 8, "embed-gateway", "production", "1.9.3", "1.9.2", "unknown", ago(2), "", "5d28fde026b2", "step 2: no answer", ("alias: verified, read back 1.9.2", "gateway: unknown, gave no answer"), "pulse-tui rollback resume 5d28fde026b2 (continues), or undo 5d28fde026b2 (puts back)"),
    PlanLine("c20d4eee" * 8, "code-assist", "canary", "2.4.1", "2.4.0", "undone", ago(7), "", "c20d4eee9852", "step 1 of 1 failed: refused", ("alias: undone, put back to 2.4.1",), ""),
    PlanLine("e3f48e26" * 8, "support-bot", "canary", "3.8.2", "3.8.1", "verified", ago(30), "", "3b0ae0670bef", "3.8.1 serves support-bot/canary, read back", ("alias: verified, read back 3.8.1",), ""),
)  # fmt: skip
PLAN = PlanStory(
    HASH, "support-bot", "canary", "3.8.2", "3.8.1", "proposed", "roll support-bot canary back from 3.8.2 to 3.8.1",
    (
        ("why", "P2 accuracy -5.2 pp on support-bot canary (alert al-2)"),
        ("on failure", "undo what was changed"),
        ("proposed", "2026-11-23T03:09:00Z by ben"),
        ("playbook", "move-alias @ 0c1d2e3f4a5b, policy 41c9ab3f41c9"),
    ),
    (
        StepView("support-bot", "mlflow_alias", "models/support-bot@canary", "12", "11", 30.0),
        StepView("support-bot", "webhook", "deploy-bot", "3.8.2", "3.8.1", 30.0),
    ),
    (("target known good here", True, True, "6 d without an alert"), ("artifact digest", True, True, "41c9ab, as recorded"), ("drilled", True, False, "2026-11-18")),
    (), 1, 0, True, "", may=("ana", "ben"),
    moves=(Moved("support-bot", "3.8.2", "sha256:9f21c0", "3.8.1", "sha256:41c9ab"),),
    radius=(("Blast radius", "12 % of traffic · endpoint /chat · workflow refunds (stage generate)"),),
    expires_us=NOW_US + 30 * 60 * 1_000_000,
    checked_us=NOW_US,
)  # fmt: skip


def ran(plan: PlanStory, state: str = "verified", by: str = "ana@jump-1") -> PlanStory:
    """The plan with its run: two steps verified; of one that is under way or stopped the second was sent."""
    began = NOW_US + 1_000_000
    whole = state in ("verified", "undone")
    first, second, *_ = plan.steps
    moves = (
        (began, "intent", ""),
        (began + 40_000, "sent", ""),
        (began + 310_000, "verified", f"read back {first.after}"),
    )
    later = tuple(
        (at + 400_000, word, f"read back {second.after}" if word == "verified" else "") for at, word, _ in moves
    )
    steps = (
        first._replace(state="verified", moves=moves, seen_before=first.before, seen_after=first.after),
        second._replace(
            state="verified" if whole else "sent", moves=later if whole else later[:2], seen_before=second.before,
            seen_after=second.after if whole else None,
        ),
    )  # fmt: skip
    detail = f"{plan.to_version} serves {plan.asset}/{plan.environment}, read back" if state == "verified" else ""
    run = RunStory(
        "5903e0", state, by, by, "jump-1", detail, began - 100_000, began + 710_000 if whole else None,
        0 if whole else began + 60_000_000,
    )  # fmt: skip
    return plan._replace(state=state, run=run, steps=steps, checks=(), checked_us=0)


AUTHORISATION_LINES = (
    AuthorisationLine("aa11bb22" * 8, "support-bot", "production", "latency-breach", "move-alias", "proposed", "waits for 1 of: ben", ("ana",), "ana", "7aa1c0ffee01", None, False),
    AuthorisationLine("cc33dd44" * 8, "embed-gateway", "canary", "latency-breach", "gateway-back", "valid", "", ("ana", "ben"), "ben", "7aa1c0ffee00", NOW_US + 20 * 86_400_000_000, False),
    AuthorisationLine("ee55ff66" * 8, "code-assist", "canary", "safety-regression", "adapter-back", "void", "the playbook changed since it was drilled", ("ben",), "ben", "7aa1c0ffee03", None, False),
)  # fmt: skip
DRILL_LINES = (
    DrillLine("7aa1c0ffee01", HASH, "support-bot", "move-alias", "3.8.2", "3.8.1", ago(3), True, 1.84, "ana", "latency-breach", "3.8.1 and back, read back", True),
    DrillLine("7aa1c0ffee02", HASH, "embed-gateway", "gateway-back", "1.9.3", "1.9.2", ago(30), False, 12.1, "pulse-tui", "", "step 2: no answer", True),
    DrillLine("7aa1c0ffee03", "", "code-assist", "adapter-back", "2.4.1", "2.4.0", ago(900), True, 0.71, "ben", "", "2.4.0 and back, read back", False),
)  # fmt: skip


RELATED = {
    Ref(RefKind.ALERT, "al-1"): (Link(Ref(RefKind.ADVISORY, "CVE-2026-3248"), "the vulnerability"),),
    Ref(RefKind.ALERT, "al-2"): (
        Link(Ref(RefKind.ASSET, "support-bot"), "it is about this asset"),
        Link(release_ref("support-bot", "3.8.2"), "support-bot 3.8.2: the release it is about"),
        Link(Ref(RefKind.RUN, "r-1402"), "the run, golden-v7"),
        Link(Ref(RefKind.PLAN, HASH), "rollback 3.8.2 -> 3.8.1, proposed"),
        Link(Ref(RefKind.POLICY, "accuracy-regression"), "a kind that opens nothing"),
        Link(Ref(RefKind.SOURCE, "mlflow"), "the source that reported it"),
    ),
}
"""What each thing is related to; nothing, where it does not stand here."""


def many(
    assets: int = 300, alerts: int = 400, advisories: int = 300
) -> tuple[tuple[RegistryRow, ...], tuple[AdvisoryRow, ...], tuple[AlertRow, ...]]:
    """A large estate, the same at every call."""
    states = ("ok", "ok", "ok", "ok", "risk", "FAIL", "frozen", "retest")
    registry = tuple(
        RegistryRow(f"asset-{n:03d}", env, f"{n % 5}.{n % 9}.{n % 7}", 100 + n, states[(n * 3 + e) % 8], "", ago(2 + n), f"team-{n % 12}", "internal", 0.1, False)
        for n in range(assets)
        for e, env in enumerate(("production", "canary", "shadow"))
    )  # fmt: skip
    found = tuple(
        AdvisoryRow(f"CVE-2026-{n:04d}", f"GHSA-{n:04d}", ("P1", "P2", "P3", "note", "unknown")[n % 5], f"package-{n % 40} {n % 9}.1", (("production", n % 3), ("canary", n % 6)), ("open", "note", "not audited")[n % 3], f"Something {n}")
        for n in range(advisories)
    )  # fmt: skip
    open_alerts = tuple(
        AlertRow(f"al-{n}", ("P1", "P2", "P3", "P4")[n % 4], "firing", f"accuracy -{n % 9}.{n % 7} pp on asset-{n % assets:03d} canary", f"team-{n % 12}", f"asset-{n % assets:03d}", "canary", ago(2 + n % 90), 1 + n % 5, "accuracy-regression", False)
        for n in range(alerts)
    )  # fmt: skip
    return registry, found, open_alerts


class FakeDesk(
    FakeBench,
    FakeDeliveries,
    FakeIncidents,
    FakeLearning,
    FakePast,
    FakePeople,
    FakeRegistry,
    FakeSilences,
    FakeVendors,
):
    """Deeds change the state in memory and raise the mark; ``calls`` lists them."""

    def __init__(self, *, empty: bool = False, large: bool = False, read_only: bool = False, needed: int = 1) -> None:
        """``needed``: approvals a plan needs."""
        self.estate_name = "acme-ai"
        self.operator = "ana@jump-1"
        self.read_only = read_only
        self.calls: list[tuple[str, ...]] = []
        self.closed = False
        self.refuse: str | None = None
        self._lock = threading.Lock()
        self._revision = 1
        self.registry: tuple[RegistryRow, ...] = REGISTRY
        self.advisories: tuple[AdvisoryRow, ...] = ADVISORIES
        self.alerts: tuple[AlertRow, ...] = ALERTS
        self.sources: tuple[SourceRow, ...] = SOURCES
        self.compared: tuple[LiveComparison, ...] = ()
        self.plan_lines: tuple[PlanLine, ...] = PLAN_LINES
        self.plan: PlanStory = PLAN._replace(approvals_needed=needed)
        self.waiting_reviews: tuple[ReviewRow, ...] = ()
        self.start_registry(empty=empty)
        self.start_bench(empty=empty)
        self.start_vendors(empty=empty)
        self.start_learning()
        if large:
            self.registry, self.advisories, self.alerts = many()
        if empty:
            self.registry, self.advisories, self.alerts, self.sources = (), (), (), ()

    # ------------------------------------------------------------------ reading

    def board(self, asset: str | None = None) -> Board:
        """All rows, and the trends of the asset."""
        asset = asset or (self.registry[0].asset if self.registry else None)
        return Board(
            self._header(), self.registry, self.advisories, self.alerts,
            self.trends(asset) if asset else (), self.sources, self.workflows,
            incidents=tuple(row for row in self.incident_rows if row.state == "open"),
            comparisons=self.compared,
        )  # fmt: skip

    def _header(self) -> Header:
        production = [row for row in self.registry if row.environment == "production"]
        risk = sum(row.state != "ok" for row in production)
        open_alerts = [row.priority for row in self.alerts]
        frozen = tuple(row.asset for row in self.registry if row.state == "frozen")
        return Header(
            self.estate_name, len(production) - risk, risk,
            sum(row.environment == "canary" for row in self.registry), sum(row.environment == "shadow" for row in self.registry),
            open_alerts.count("P1"), open_alerts.count("P2"), open_alerts.count("P4"), frozen,
            sum(row.health == "good" for row in self.sources), len(self.sources), 0, 0,
        )  # fmt: skip

    def related(self, ref: Ref) -> tuple[Link, ...]:
        return RELATED.get(ref, ())

    def trends(self, asset: str) -> tuple[Trend, ...]:
        """support-bot has two; a large estate one each, which differ."""
        if asset.startswith("asset-"):
            n = int(asset[6:])
            values = [(f"1.{i}.0", i, 0.8 + ((n * 7 + i * 3) % 10) / 100, 0.01) for i in range(6)]
            return (
                Trend(asset, "golden-v7", "qa", "accuracy", True, 0.85, "1.4.0", points(values), "PASS", f"run {n}"),
            )
        return self.suite_trends.get(asset, ())

    def change_mark(self) -> object:
        return self._revision

    def story(self, alert_id: str) -> AlertStory:
        row = self._alert(alert_id)
        return AlertStory(
            row,
            ("support-bot canary 3.8.1 → 3.8.2 (iter 1418): prompt bundle refund-v9; base model unchanged",),
            ("accuracy 0.914 → 0.862: -5.2 pp, 90 % interval [-7.4, -3.1], margin 2 pp: FAIL (500 items, paired)", "customer-facing · regulated · 12 % of traffic · stores prompts"),
            ("roll back canary to 3.8.1: healthy here 6 d, digest present, drilled 2026-11-18",),
            ("rule accuracy-regression @ policy 41c9ab  suite golden-v7 (frozen, digest ok)  baseline run 1407  candidate run 1418", 'eval.metric == "accuracy" true · eval.delta < -0.02 true · environment in ["canary","production"] true'),
            ('vendor note 2026-11-21 "default temperature changed" (same window, 0.4)', "CVE-2026-3248 (other asset, 0.1)"),
            ("01:10 canary deployed 3.8.2 by ci", "01:31 suite golden-v7 ran", "01:32 alert opened: P2", "01:32 ticket ML-812 filed; ml-support notified"),
            row.asset == "support-bot",
            None,
            "golden-v7" if row.rule == "accuracy-regression" else "",
            rollbacks=unsettled(self.plans(row.asset), row.environment),
            note=("openai-news", "n-1") if row.rule == "deprecation" else ("", ""),
        )  # fmt: skip

    def advisory_story(self, advisory_id: str) -> AdvisoryStory:
        row = next((row for row in self.advisories if advisory_id in (row.id, row.record)), None)
        if row is None:
            raise NotFound(f"there is no advisory {advisory_id}")
        alert = next((a for a in self.alerts if row.id in a.title), None)
        reached = (("embed-gateway", row.component), ("support-bot", row.component)) if row.hits else ()
        return AdvisoryStory(
            (*advisory_lines(row), *STORY) if row.id == "CVE-2026-3248" else advisory_lines(row),
            alert.id if alert else "",
            alert.asset if alert else "",
            row.id,
            reached,
        )

    def ledger(self) -> LedgerPage:
        return LEDGER

    def radius(self, advisory_id: str) -> Radius:
        return RADIUS._replace(name=advisory_id)

    def asset_story(self, asset_id: str) -> tuple[tuple[str, str], ...]:
        runs = [row for row in self.registry if row.asset == asset_id]
        if not runs:
            raise NotFound(f"there is no asset {asset_id}")
        return (
            *(("What changed", f"{row.environment} serves {row.version}") for row in runs),
            *(
                ("What is the risk", f"{row.priority} {row.title} ({row.id})")
                for row in self.alerts
                if row.asset == asset_id
            ),
            ("What to do now", "roll canary back from 3.8.2 to 3.8.1: plan it, approve inside the plan"),
            ("owner", f"{runs[0].owner or 'nobody'} · {runs[0].tier}"),
            *(("runs", f"{row.environment:<11} {row.version:<8} {row.state}") for row in runs),
            ("releases", "3.8.2 evaluated\n3.8.1 promoted, rollback pointer 3.8.0"),
            ("holds", "none"),
            (
                "fields",
                "version     3.8.1          registry, since 2026-11-17\nowner_team  ml-support     estate, since 2026-02-01\n            ▲ overruled: ci says dev-tools",
            ),
            ("depends on", "pkg:pypi/vllm@0.9.1\nhosted model gpt-4.1 (openai)"),
        )

    def source_problems(self) -> tuple[str, ...]:
        return ("signals/night.jsonl: line 7: severity: not one of low, medium, high, critical",)

    def _alert(self, alert_id: str) -> AlertRow:
        row = next((row for row in self.alerts if row.id == alert_id), None)
        if row is None:
            raise NotFound(f"there is no open alert {alert_id}", todo="It may have been resolved; press Esc")
        return row

    # ------------------------------------------------------------------ actions

    def described(self, ref: Ref) -> Any:
        return described(self, ref)

    def changed(self) -> None:
        """Somebody wrote."""
        with self._lock:
            self._revision += 1

    def _did(self, *call: str) -> None:
        if self.refuse is not None:
            raise Refused(self.refuse, ["a reason of the fake desk"])
        self.calls.append(call)
        self.changed()

    def _set_state(self, alert_id: str, state: str) -> None:
        self.alerts = tuple(row._replace(state=state) if row.id == alert_id else row for row in self.alerts)

    def acknowledge(self, alert_id: str) -> str:
        self._did("acknowledge", alert_id)
        self._set_state(alert_id, "acknowledged")
        return f"{alert_id} is acknowledged until 04:10"

    def resolve(self, alert_id: str, why: str) -> str:
        self._did("resolve", alert_id, why)
        self.alerts = tuple(row for row in self.alerts if row.id != alert_id)
        return f"{alert_id} is resolved"

    def silence(self, alert_id: str, hours: float, why: str) -> str:
        self._did("silence", alert_id, f"{hours:g}", why)
        self._set_state(alert_id, "suppressed")
        return f"{alert_id} is silenced for {hours:g} h"

    def waive(self, alert_id: str, days: int, why: str) -> str:
        self._did("waive", alert_id, str(days), why)
        self._set_state(alert_id, "suppressed")
        return f"{alert_id} is waived; review in {days} days"

    def settle_fix(self, advisory_id: str, package: str, version: str, why: str) -> str:
        self._did("settle_fix", advisory_id, package, version, why)
        return f"{advisory_id}: {package} is free of it from {version} on"

    def state_loaded(self, asset_id: str, component: str, answer: str, why: str) -> str:
        self._did("state_loaded", asset_id, component, answer, why)
        return f"{component} of {asset_id}: loaded {answer}"

    def freeze(self, asset_id: str | None, why: str) -> str:
        self._did("freeze", asset_id or "everything", why)
        self.registry = tuple(r._replace(state="frozen") if r.asset == asset_id else r for r in self.registry)
        return f"{asset_id} is frozen"

    def waive_advisory(
        self,
        name: str,
        asset_id: str,
        component: str = "",
        *,
        why: str,
        status: str = "affected",
        justification: str = "",
        owner: str = "",
        until: datetime | None = None,
        environment: str = "",
        every_version: bool = False,
    ) -> str:
        last = f"{until:%Y-%m-%d}" if until is not None else ""
        version = "every version" if every_version else ""
        terms = (status, justification, owner, last, environment, version)
        self._did("waive_advisory", name, asset_id, component, *terms, why)
        return f"waived: {name} in {asset_id}"

    def waivers(self, *, every: bool = False) -> tuple[WaiverRow, ...]:
        return WAIVERS if every else WAIVERS[:1]

    def waiver_story(self, ident: str) -> tuple[tuple[str, str], ...]:
        return (("Waiver", ident),)

    def end_waiver(self, ident: str, why: str) -> str:
        self._did("end_waiver", ident, why)
        return f"ended: waiver {ident}"

    def review_hold(self, hold_id: str, until: datetime, why: str) -> str:
        self._did("review_hold", hold_id, f"{until:%Y-%m-%d}", why)
        return f"reviewed: {hold_id}"

    def hold_story(self, hold_id: str) -> tuple[tuple[str, str], ...]:
        return (("Hold", hold_id),)

    def override_freeze(self, asset_id: str, version: str, environment: str, why: str) -> str:
        self._did("override_freeze", asset_id, version, environment, why)
        return f"emergency: {asset_id} {version}"

    def review_override(self, asset_id: str, version: str, environment: str, why: str) -> str:
        self._did("review_override", asset_id, version, environment, why)
        return f"reviewed: the emergency of {asset_id} {version}"

    def quiet(self) -> tuple[QuietRow, ...]:
        return tuple(
            QuietRow("silenced", a.id, a.asset, a.title, "ana", NOW_US + 3_600_000_000, "known", a.asset)
            for a in self.alerts
            if a.state == "suppressed"
        )

    def unmute(self, alert_id: str, why: str) -> str:
        self._did("unmute", alert_id, why)
        self._set_state(alert_id, "firing")
        return f"{alert_id} is no longer muted"

    def holds(self, asset_id: str | None) -> tuple[tuple[str, str], ...]:
        frozen = [r.asset for r in self.registry if r.asset == asset_id and r.state == "frozen"]
        return tuple((f"freeze-{asset}", "freeze: an operator froze it") for asset in frozen[:1])

    def lift(self, hold_id: str, why: str) -> str:
        self._did("lift", hold_id, why)
        asset = hold_id.removeprefix("freeze-")
        self.registry = tuple(r._replace(state="ok") if r.asset == asset else r for r in self.registry)
        return f"the freeze of {asset} is lifted"

    def propose(self, asset_id: str, environment: str, alert_id: str | None, *, checked: bool = True) -> PlanStory:
        self._did("propose", asset_id, environment, alert_id or "")
        self.plan = self.plan._replace(asset=asset_id, environment=environment)
        return self._checked(checked)

    def plan_story(self, plan_hash: str, *, checked: bool = True) -> PlanStory:
        if plan_hash != self.plan.hash:
            raise NotFound(f"there is no plan {plan_hash[:12]}")
        return self._checked(checked)

    def _checked(self, checked: bool) -> PlanStory:
        return self.plan if checked else self.plan._replace(checks=(), checked_us=0)

    def reviews(self) -> tuple[ReviewRow, ...]:
        return self.waiting_reviews

    def review(self, run_id: str, why: str) -> str:
        self._did("review", run_id, why)
        self.waiting_reviews = ()
        return f"run {run_id} is reviewed"

    def approve(self, plan_hash: str, reason: str, *, break_glass: bool = False) -> PlanStory:
        self._did("approve", plan_hash, reason, *(("break-glass",) if break_glass else ()))
        given = self.plan.approvals_given + 1
        state = "approved" if given >= self.plan.approvals_needed else "proposed"
        vote = VoteView(self.operator, "ana-laptop", True, NOW_US, True, reason, break_glass=break_glass)
        given = self.plan.approvals_needed if break_glass else given
        state = "approved" if given >= self.plan.approvals_needed else "proposed"
        self.plan = self.plan._replace(approvals_given=given, state=state, votes=(*self.plan.votes, vote))
        return self.plan

    def reject(self, plan_hash: str, reason: str) -> PlanStory:
        self._did("reject", plan_hash, reason)
        vote = VoteView(self.operator, "ana-laptop", False, NOW_US, True, reason)
        self.plan = self.plan._replace(state="rejected", votes=(vote,))
        return self.plan

    def execute(self, plan_hash: str) -> PlanStory:
        self._did("execute", plan_hash)
        plan = self.plan
        place = f"{plan.asset}/{plan.environment}"
        self.plan = ran(plan, by=self.operator)
        self.registry = tuple(
            r._replace(version=plan.to_version, state="ok", since_us=NOW_US) if r.key == place else r
            for r in self.registry
        )
        self.alerts = tuple(r for r in self.alerts if (r.asset, r.environment) != (plan.asset, plan.environment))
        return self.plan

    def undo(self, plan_hash: str, *, checked: bool = True) -> PlanStory:
        self._did("undo", plan_hash)
        done = self.plan
        self.plan = PLAN._replace(
            hash=UNDO_HASH, asset=done.asset, environment=done.environment, from_version=done.to_version,
            to_version=done.from_version, headline=f"undo: {done.asset} from {done.to_version} to {done.from_version} again",
            purpose="undo",
        )  # fmt: skip
        return self._checked(checked)

    def drill(self, asset_id: str, environment: str, trigger: str = "") -> PlanStory:
        self._did("drill", asset_id, environment, trigger)
        self.plan = self.plan._replace(purpose="drill", environment="replica")
        return self.plan

    def route(
        self,
        asset_id: str,
        environment: str,
        purpose: str = "",
        traffic: float | None = None,
        why: str = "",
        *,
        checked: bool = True,
    ) -> PlanStory:
        self._did("route", asset_id, environment, purpose)
        self.plan = PLAN._replace(
            asset=asset_id, environment=environment, purpose=purpose or "pause", to_version=PLAN.from_version,
            headline=f"pause the rollout of {asset_id} in {environment} ({PLAN.from_version} stays)",
        )  # fmt: skip
        return self._checked(checked)

    def halt(self, run_id: str) -> str:
        self._did("halt", run_id)
        if self.plan.run is not None:
            self.plan = self.plan._replace(run=self.plan.run._replace(halt_by=self.operator))
        return f"run {run_id} halts before its next step"

    def plans(self, asset_id: str | None = None) -> tuple[PlanLine, ...]:
        return tuple(line for line in self.plan_lines if asset_id in (None, line.asset))

    def authorisations(self, asset_id: str | None = None) -> tuple[AuthorisationLine, ...]:
        return tuple(line for line in AUTHORISATION_LINES if asset_id in (None, line.asset))

    def authorise(self, asset_id: str, environment: str, trigger: str, lasts: timedelta, why: str) -> AuthorisationLine:
        self._did("authorise", asset_id, environment, trigger, f"{lasts.days}", why)
        return AUTHORISATION_LINES[0]

    def vote(self, name: str, how: str, why: str) -> AuthorisationLine:
        self._did("vote", name, how, why)
        return next(line for line in AUTHORISATION_LINES if line.hash == name)

    def drills(self, asset_id: str | None = None) -> tuple[DrillLine, ...]:
        return tuple(line for line in DRILL_LINES if asset_id in (None, line.asset))

    def resume(self, run_id: str) -> PlanStory:
        self._did("resume", run_id)
        return self.plan

    def put_back(self, run_id: str) -> PlanStory:
        self._did("put_back", run_id)
        return self.plan

    def close(self) -> None:
        self.closed = True
