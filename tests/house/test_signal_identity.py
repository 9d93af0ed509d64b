"""What names a signal stays as it is: its id and fingerprint are compared with those that databases already hold."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import pulse_tui
from pulse_tui.collectors._shared import ci
from pulse_tui.collectors.git import bundle
from pulse_tui.collectors.git.program import Commit
from pulse_tui.collectors.prometheus import comparing, report
from pulse_tui.collectors.prometheus.ask import Grid
from pulse_tui.collectors.prometheus.beside import Comparison, Measure, Sides
from pulse_tui.collectors.prometheus.comparing import Compared
from pulse_tui.collectors.prometheus.level import Level, Report, Seen, Standing
from pulse_tui.domain.advisory import Advisory, Audit, Finding
from pulse_tui.domain.bill import Bill, DependencyChange, Head
from pulse_tui.domain.catalogue import CatalogueEvent, EventType
from pulse_tui.domain.concern import Concern
from pulse_tui.domain.delivery import Delivery, DeliveryState
from pulse_tui.domain.elsewhere import Elsewhere, ListedElsewhere
from pulse_tui.domain.estate import Component, Dependency, Estate
from pulse_tui.domain.evals import Basis, Gate, SuiteRun, SuiteRunState, Task, Verdict
from pulse_tui.domain.lifecycle import Lifecycle
from pulse_tui.domain.note import Label, Note, Reading
from pulse_tui.domain.release import RegistrySnapshot
from pulse_tui.domain.review_task import ReviewTask
from pulse_tui.domain.rollback import Purpose
from pulse_tui.domain.signal import Signal, decode, encode
from pulse_tui.domain.source import SourceStatus
from pulse_tui.domain.text import is_clean
from pulse_tui.domain.tripwire import Metric, ProbeBaseline, Shift
from pulse_tui.domain.trust import Condition, TrustState
from pulse_tui.domain.words import AssetType, Change, ComponentKind, Severity, SignalType
from pulse_tui.enrich.advisories import matching
from pulse_tui.enrich.evals import regressions
from pulse_tui.enrich.vendors import endings, notes, shifts, withdrawn
from pulse_tui.enrich.vendors.catalogues import signals as catalogue_signals
from pulse_tui.enrich.vendors.inuse import Match, Use
from pulse_tui.enrich.vendors.mentions import Reach
from pulse_tui.evaluate.statistics.beside import Judged
from pulse_tui.services.alerts import deliver, reviews
from pulse_tui.services.components import bills
from pulse_tui.services.evals import drifts, take
from pulse_tui.services.promotion import decide
from pulse_tui.services.registry import events
from pulse_tui.services.rollback import aftermath, log_check, route
from pulse_tui.services.signals import concerns, dependents, elsewhere, refresh
from pulse_tui.services.suites import content, runs
from pulse_tui.settings.shapes import SourceShape, SuiteShape
from tests.collectors.contexts import context
from tests.fakes.nouns import (
    CANARY,
    NOW,
    PRODUCTION,
    asset,
    changed,
    deployment,
    hold,
    later,
    plan,
    release,
    run,
    run_of,
)
from tests.fakes.runs import comparison, verdict_line

KEPT = Path(__file__).with_name("signal_identities.json")
BOT = asset(asset_type=AssetType.PROMPT, owner_team="ml-support")
TX: Any = SimpleNamespace(estate=SimpleNamespace(asset=lambda _: BOT))
VLLM = Component(id="pkg:pypi/vllm", kind=ComponentKind.PACKAGE, name="vllm", version="0.9.1")
USED = notes.Hit(VLLM, Reach.EXACT, (PRODUCTION,))
ESTATE = Estate(
    assets={BOT.id: BOT},
    deployments=(deployment("3.8.1", PRODUCTION),),
    dependencies=(Dependency(asset_id=BOT.id, component=VLLM),),
)
BILL = Bill(source="sbom", asset_id=BOT.id, document="sbom.json", at=NOW, components=(VLLM,), version="3.8.1")
MOVE = DependencyChange(
    asset_id=BOT.id, component_id=VLLM.id, kind=VLLM.kind, name="vllm", before="0.9.0", after="0.9.1", at=NOW,
    source="sbom",
)  # fmt: skip
HEAD = Head(source="openai", component_id="model:gpt", kind=ComponentKind.HOSTED_MODEL, version="2026-11", at=NOW, link="https://x/y")  # fmt: skip
SAID = RegistrySnapshot(source="mlflow", asset_id=BOT.id, versions=(), placements={})
CONCERN = Concern(
    asset_id=BOT.id, key="digest:3.8.1", what="it has two digests", todo="ask", source="mlflow", since=NOW,
    severity=Severity.HIGH, environment=CANARY, version="3.8.1",
)  # fmt: skip
OLD, NEW = run_of("r1", "3.8.1", 0.914), run_of("r2", "3.8.2", 0.862, source="lm-eval")
SUITE = SuiteShape(id="golden")
TASK = Task(name="qa", metric="accuracy", gate=Gate.FUNCTIONAL)
MOVED = drifts.Moved(
    TASK, 0.914, 0.862, -4.2, OLD, NEW, "between 3.8.1 (iteration 4) and 3.8.2 (iteration 7)", 20, True
)
ADVISORY = Advisory(
    id="GHSA-1", source="osv", modified=NOW, title="remote code", aliases=("CVE-2026-3248",), cvss=9.8,
    links=("https://x/GHSA-1",),
)  # fmt: skip
FINDING = Finding(
    advisory_id="GHSA-1", asset_id=BOT.id, component=VLLM.id, environment=PRODUCTION, audit=Audit.MATCHED,
    reason="0.9.1 is in the range", fixed=("0.9.2",),
)  # fmt: skip
NOTE = Note(source="openai-feed", key="n1", vendor="openai", title="A change", body="Default temperature.", published_at=NOW, link="https://x/n1")  # fmt: skip
READING = Reading(labels=(Label.BEHAVIOUR_CHANGE,), phrase="default")
WIRE = ProbeBaseline(source="wire", vendor="openai", model="gpt-4.1", component="openai/gpt-4.1", probes_digest="d", rounds=10, learn=10, since=NOW)  # fmt: skip
SHIFT = Shift(metric=Metric.TOKENS, before="340 over 14 prompts", after="620, +20 in each", since=NOW, found_at=NOW, rounds=1, method="compared exactly")  # fmt: skip
LEVEL = Level("p95_latency", "p95 latency", SignalType.LATENCY_BREACH, "q", 1.0, "ms", 1000.0, 1.15, 1e6)
PLACE = report.Watched("prom", BOT.id, CANARY, 300.0, Grid(1_795_400_000_000, 60_000, 5), timedelta(0), NOW)
FINISHED = ci.Finished(
    rule=ci.Rule(asset=BOT.id, means=ci.Means.DEPLOYMENT, environment=CANARY), key="run-1/1", ok=True, ended="success",
    commit="4be21c0" * 5, searched="v3.8.2", at=NOW, run="https://ci/1", actor="ana",
)  # fmt: skip
BUNDLE = bundle.Bundle(asset=BOT.id, paths=("prompts",))
COMMIT = Commit("4be21c0" * 5 + "abcde", (), "1795400000", "ana", "Refunds v9")
GIT: Any = SimpleNamespace(changed=lambda *_: ["prompts/refund.md"], content=lambda *_: "git:4be2")
READER = bundle.Reader(GIT, {}, {}, SimpleNamespace(source="git", now=NOW), "https://git/acme/support-bot.git")  # type: ignore[arg-type]


def compared(verdict: Verdict = Verdict.FAIL, **fields: Any) -> regressions.Compared:
    said = comparison(NEW.id, OLD.id, verdict_line(verdict), **fields)
    return regressions.Compared(NEW, OLD, said, CANARY, NOW, "ml-support")


HOSTED = Component(id="openai/gpt-4.1", kind=ComponentKind.HOSTED_MODEL, name="openai/gpt-4.1")
ENDS = Lifecycle(source="ends", platform="openai", model="gpt-4.1", ends_at=later(hours=24), link="https://x/ends")
CATALOGUE_CHANGE = catalogue_signals._price(
    CatalogueEvent(type=EventType.PRICE_CHANGED, model="openai/gpt-4.1", old={"input": 2}, new={"input": 3})
)


BESIDE = comparing._Say(
    Comparison(
        asset=BOT.id,
        sides=Sides(canary='track="canary"', beside='track="stable"'),
        measures=(REFUSALS := Measure(name="refusals", events="r{$side}[$window]", of="n{$side}[$window]"),),
    ),
    REFUSALS,
    "3.8.2",
    1_764_000_000_000,
    timedelta(0),
    context(source="live")._replace(now=NOW),
)
BUILT: dict[str, Callable[[], Signal | None]] = {
    "rollback": lambda: aftermath._event(plan(), plan().moves[0], run(plan(), ended_at=later(minutes=2))),
    "routing": lambda: route._event(plan(purpose=Purpose.PAUSE), Purpose.PAUSE, run(plan(), ended_at=later(minutes=2))),
    "audit log": lambda: log_check._signal(["line 3: its content was changed"], NOW),
    "bill": lambda: bills._changed(BILL, [MOVE, MOVE, MOVE], BOT, NOW),
    "head": lambda: bills._moved(HEAD, MOVE, BOT.id, BOT, NOW),
    "part changed": lambda: dependents.parts_changed(
        BOT.id, BILL.origin, [changed(MOVE, kind=ComponentKind.PLUGIN)], "sbom", NOW, ESTATE, NOW)[0],
    "suite content": lambda: content._signal(
        SUITE, BOT.id, content.ContentCheck("golden", content.State.CHANGED, "sha256:a", "sha256:b", "2 files differ"), TX, NOW
    ),
    "suite content gone": lambda: content._signal(
        SUITE, BOT.id, content.ContentCheck("golden", content.State.CHANGED, "sha256:a", None, "it is gone"), TX, NOW
    ),
    "suite run": lambda: runs._signal(
        SuiteRun(id="suite:golden:1", suite="golden", asset_id=BOT.id, version="3.8.2", why="schedule",
                 state=SuiteRunState.FAILED, started_at=NOW, detail="exit code 2\n no items"), TX, later(minutes=1)),
    "source health": lambda: refresh._health(
        SourceShape(id="osv", kind="osv", every=300.0, options=None),
        SourceStatus(id="osv", kind="osv", failures=3, reason="it timed out", last_good_at=NOW), later(hours=1)),
    "source doubted": lambda: refresh._doubted(
        "osv",
        Condition(state=TrustState.SILENT, why="nothing new", since=NOW), SourceStatus(id="osv", kind="osv"), later(days=9)),
    "overdue review": lambda: reviews._overdue(
        ReviewTask(key="review-1", kind="alert", what="look", owner="safety", opened_at=NOW, due_at=NOW), NOW
    ),
    "lost message": lambda: deliver._lost(
        Delivery(key="notify-1", kind="notify", route="page", payload={"title": "p95", "owner": "ml-support"},
                 created_at=NOW, state=DeliveryState.DEAD, error="it timed out"), NOW),
    "concern": lambda: concerns._signal(CONCERN, NOW),
    "registered": lambda: events.event(SAID, BOT, NOW, Change.BUILD, "3.8.2", release("3.8.2"), None, iteration=7),
    "serves": lambda: events.event(SAID, None, NOW, Change.DEPLOYMENT, "3.8.2", None, deployment("3.8.1"), iteration=8,
                                   environment=CANARY),
    "digest": lambda: events.digest_changed(SAID, BOT, NOW, release(), "sha256:a", "sha256:b"),
    "withdrawn": lambda: events.withdrawn(SAID, BOT, NOW, CANARY, "3.8.1"),
    "past a hold": lambda: events.past_hold(SAID, BOT, NOW, CANARY, "3.8.2", 9, hold(placed_by="ana")),
    "drift": lambda: drifts._signal(MOVED, SUITE, BOT.id, NOW, "ml-support"),
    "evaluation": lambda: take._evaluation(NEW, 7, "ml-support", release("3.8.2"), later(minutes=1)),
    "promotion": lambda: decide._event(release("3.8.2"), PRODUCTION, deployment("3.8.1", PRODUCTION), 9, "ana", NOW),
    "breach": lambda: report.level_signal(LEVEL, Seen(Standing.BREACH, 1310.0, 80), Report.BREACH, PLACE, PLACE.grid.start,
                                        ["https://prom/graph"], partial=False),
    "eased": lambda: report.level_signal(LEVEL, Seen(Standing.WITHIN, 1010.0), Report.EASED, PLACE, PLACE.grid.start, [],
                                       partial=True),
    "worse beside": lambda: BESIDE.verdict(Judged(Verdict.FAIL, 0.06, 0.01, 2.0, 9.0, 40.0, 1.0), Compared()),
    "not seen beside": lambda: BESIDE.sight(lost=True),
    "out of sight": lambda: report.sight_signal(LEVEL, Seen(Standing.OPEN, why="no points"), PLACE, PLACE.grid.start, [],
                                              breach=True),
    "in sight": lambda: report.sight_signal(LEVEL, Seen(Standing.WITHIN, 900.0), PLACE, None, [], breach=False),
    "commit": lambda: READER._event(BUNDLE, COMMIT),
    "forced": lambda: READER._forced(BUNDLE, "a" * 40, "b" * 40),
    "pipeline": lambda: ci._signal(FINISHED, SimpleNamespace(source="gitlab", now=NOW)),  # type: ignore[arg-type]
    "pipeline failed": lambda: ci._signal(
        changed(FINISHED, ok=False, ended="cancelled", searched="nightly"), SimpleNamespace(source="gitlab", now=NOW)),  # type: ignore[arg-type]
    "advisory": lambda: matching._signal(ADVISORY, BOT, PRODUCTION, [FINDING], ESTATE, NOW),
    "catalogue": lambda: catalogue_signals._signal(
        "models", "models.dev", "openai/gpt-4.1", CATALOGUE_CHANGE, Use(HOSTED, Match.EXACT), BOT, NOW),
    "ending": lambda: endings.ending_signal(None, ENDS, Use(HOSTED, Match.EXACT), BOT, None, NOW),
    "note": lambda: notes._signal(NOTE, READING, SignalType.VENDOR_NOTE, BOT, [USED], NOW),
    "note of nobody": lambda: notes._signal(NOTE, READING, SignalType.PRICING_CHANGE, None, [], NOW),
    "note removed": lambda: withdrawn.no_longer_announced(
        notes._signal(NOTE, READING, SignalType.DEPRECATION, BOT, [USED], NOW), BOT, NOW
    ),
    "incident elsewhere": lambda: elsewhere._signal(
        ListedElsewhere(source="pd", system="pagerduty", at=NOW),
        Elsewhere(key="PT4", title="p95", status="triggered", open=True), BOT.id, ESTATE),
    "shift": lambda: shifts.shift_signal(SHIFT, WIRE, BOT.id, BOT, NOW),
    "regression": lambda: regressions._signal(compared(), verdict_line()),
    "undecided": lambda: regressions._signal(compared(Verdict.INCONCLUSIVE),
                                             verdict_line(Verdict.INCONCLUSIVE, slice="long", basis=Basis.UNPAIRED)),
    "not comparable": lambda: regressions._incomparable(compared(refused="the items differ")),
}  # fmt: skip


def test_ids_and_fingerprints_are_those_that_are_stored() -> None:
    made = {name: build() for name, build in BUILT.items()}
    told = {name: [one.id, one.fingerprint] for name, one in made.items() if one is not None}
    assert told == json.loads(KEPT.read_text(encoding="utf-8"))


def test_signals_are_made_in_one_place_and_every_maker_is_kept_here() -> None:
    root = Path(pulse_tui.__file__).parent
    texts = {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in root.rglob("*.py")}
    assert [name for name, text in texts.items() if re.search(r"\bSignal\(\n", text)] == ["domain/signal.py"]
    makers = {name for name, text in texts.items() if re.search(r"\bobserved\(\n", text)} - {"domain/signal.py"}
    modules = (aftermath, bills, comparing, content, deliver, runs, refresh, concerns, events, drifts, take, decide, report, bundle, ci,
               matching, notes, regressions, log_check, route, dependents, shifts,
               catalogue_signals, endings, withdrawn, reviews, elsewhere)  # fmt: skip
    assert makers == {Path(str(m.__file__)).relative_to(root).as_posix() for m in modules}


@pytest.mark.parametrize("name", BUILT)
def test_what_the_house_builds_the_contract_takes(name: str) -> None:
    """Two names that :func:`decode` would clean are one condition to us and another to who reads the wire."""
    made = BUILT[name]()
    assert made is not None
    assert decode(encode(made)) == made
    assert is_clean(made.title + (made.summary or ""))
