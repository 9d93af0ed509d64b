"""Beside a version stands one number, on every page and in every command: that which its release was registered with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.words import Change, SignalType
from pulse_tui.services.desk import ServiceDesk
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.services.suites.rows import suite_rows
from tests.fakes.clock import Clock
from tests.fakes.nouns import signal
from tests.fakes.runs import GOLDEN, run_with_items, suited, take

BOT = "support-bot"
BESIDE = re.compile(r"(\S+) \(iteration (\d+)")
ANY = re.compile(r"\biteration (\d+)")


@pytest.fixture
def desk(parts: RollbackParts, clock: Clock) -> ServiceDesk:
    """Runs, a promotion and a pushed change have taken numbers between the releases."""
    parts = parts._replace(judging=suited(parts.judging, GOLDEN))
    judge = parts.judging
    take(judge, run_with_items("r1", "3.8.1", 0.914))
    clock.pass_(hours=1)
    event = signal(
        "prompt", SignalType.VERSION_EVENT, change=Change.SYSTEM_PROMPT_CHANGE, asset_id=BOT, current_version="3.8.1",
        title="refunds", evidence=VersionEvidence(actor="ana"), occurred_at=clock(), observed_at=clock(),
    )  # fmt: skip
    built = signal(
        "build", SignalType.VERSION_EVENT, change=Change.BUILD, asset_id=BOT, current_version="3.9.0",
        evidence=VersionEvidence(), occurred_at=clock(), observed_at=clock(),
    )  # fmt: skip
    ingest([event, built], [], judge, clock())
    take(judge, run_with_items("r2", "3.8.2", 0.80, at=clock()), run_with_items("r3", "3.9.0", 0.92, at=clock()))
    made = ServiceDesk(parts, estate_name="x", operator="ana", holder="h", acknowledge_for=60.0, read_only=False)
    made.move_release(BOT, "3.9.0", "approve", "measured")
    made.propose(BOT, "canary", None)
    return made


def texts(value: Any) -> Iterator[str]:
    """Every text in rows and pages."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Sequence):
        for part in value:
            yield from texts(part)


def pages(desk: ServiceDesk) -> Iterator[tuple[str, Any]]:
    board = desk.board(BOT)
    yield "board", board
    yield from (("alert", desk.story(a.id)) for a in board.alerts)
    yield from (("plan", desk.plan_story(line.plan)) for line in desk.plans())
    yield "asset", desk.asset_story(BOT)
    yield "calendar", desk.calendar()
    yield "difference", desk.release_diff(BOT, "3.8.1", "3.9.0")
    yield from (("run", desk.bench(BOT, "golden", run)) for run in ("r1", "r2", "r3"))
    for version in ("3.8.1", "3.8.2", "3.9.0"):
        yield "release", desk.release_story(BOT, version)
        yield "gate", desk.gate_story(BOT, version, "production")


def test_beside_a_version_stands_the_number_of_its_release_on_every_page(
    desk: ServiceDesk, parts: RollbackParts
) -> None:
    with parts.store.read() as tx:
        releases = {r.version: r.iteration for r in tx.estate.releases(BOT)}
        (change,) = tx.estate.pushed_changes(BOT)
    assert change.iteration not in releases.values()
    shown = set[str]()
    for page, content in pages(desk):
        for text in texts(content):
            if change.sentence.partition(" by ")[0] in text or "refunds" in text:
                continue  # the change itself: its own number
            found = dict(BESIDE.findall(text))
            assert {v: int(n) for v, n in found.items()} == {v: releases[v] for v in found}, (page, text)
            assert page == "calendar" or len(ANY.findall(text)) == len(BESIDE.findall(text)), (page, text)
            shown |= {page} if found else set()
    assert shown >= {"alert", "asset", "difference", "run", "gate", "plan"}


def test_so_do_the_columns_and_json(desk: ServiceDesk, parts: RollbackParts) -> None:
    with parts.store.read() as tx:
        releases = {r.version: r.iteration for r in tx.estate.releases(BOT)}
        (change,) = tx.estate.pushed_changes(BOT)
    registry = {(r.version, r.iteration) for r in desk.board().registry if r.asset == BOT}
    runs = {(r.version, r.iteration) for r in desk.bench(BOT, "golden").runs}
    points = {(p.label, p.iteration) for trend in desk.trends(BOT) for p in trend.points}
    measured = {
        (v, n)
        for s in suite_rows(parts.judging._replace(suites={"golden": GOLDEN}), change.at)
        for b in s.baselines
        for v, _, n in b.measured
    }
    history = {(r.version, r.iteration): r.change for r in desk.history(BOT)}
    for rows in (registry, runs, points, measured):
        assert rows
        assert rows <= releases.items()
    assert history == {**dict.fromkeys(releases.items(), ""), ("3.8.1", change.iteration): "system prompt change"}
