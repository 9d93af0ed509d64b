"""Whatever is done in whatever order: nothing stays suppressed without a reason, nobody is called during a silence, and what still
fires after it is announced."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.errors import Refused
from pulse_tui.domain.silence import Silence
from pulse_tui.services.alerts import operate, silences
from pulse_tui.services.alerts.escalate import escalate, settle
from pulse_tui.services.alerts.reminders import remind
from pulse_tui.services.parts import JudgeParts
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.databases import sqlite_file
from tests.fakes.house import judging
from tests.fakes.http import FakeHttp
from tests.services.alerts.test_mutes import breach, take
from tests.services.estates import fill

NUMBERS = count(1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("bad"), st.sampled_from([1.31, 1.6])),
        st.tuples(st.just("good"), st.just(0.0)),
        st.tuples(st.just("bad"), st.sampled_from([1.31, 1.6])),
        st.tuples(st.just("silence"), st.sampled_from([2.0, 5.0])),
        st.tuples(st.just("good"), st.just(0.0)),
        st.tuples(st.just("silence"), st.sampled_from([0.5, 2.0, 5.0])),
        st.tuples(st.just("end"), st.just(0.0)),
        st.tuples(st.just("ack"), st.sampled_from([0.5, 3.0])),
        st.tuples(st.just("unmute"), st.just(0.0)),
        st.tuples(st.just("resolve"), st.just(0.0)),
        st.tuples(st.just("wait"), st.sampled_from([0.5, 1.0, 4.0])),
    ),
    min_size=4,
    max_size=8,
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[JudgeParts, Clock]]:
    """One database for all examples: each is about a condition of its own."""
    folder: Path = tmp_path_factory.mktemp("quiet")
    store = SqlStore(sqlite_file(folder / "pulse.db"), folder)
    fill(store)
    clock = Clock()
    parts = judging(store, folder, clock, FakeHttp())
    yield parts._replace(correlate=lambda _tx, _parts, _alert, _event, _now: None), clock
    store.close()


class Story:
    """One condition, and what people do about it."""

    def __init__(self, parts: JudgeParts, clock: Clock) -> None:
        self.parts, self.clock = parts, clock
        self.name = f"p95-{next(NUMBERS)}"

    def rest(self) -> None:
        """Long enough that nothing flaps; what ends meanwhile ends."""
        self.clock.sleep(1_500)
        self.keep()

    def do(self, what: str, amount: float) -> None:
        match what:
            case "bad" | "good":
                signal = breach(next(NUMBERS), amount or 0.9, self.now, fingerprint=self.name, title=self.name)
                take(self.parts, signal, at=self.now)
            case "silence":
                until = self.now + timedelta(hours=amount)
                silences.place(self.parts, silences.Wanted(self.match, self.now, until, "x"), "ana", self.now)
            case "end":
                for one in self.standing[:1]:
                    silences.end(self.parts, one.id, "ana", "x", self.now)
            case "wait":
                self.clock.sleep(amount * 3_600)
                self.keep()
            case _:
                self.decide(what, amount)

    def decide(self, what: str, amount: float) -> None:
        alert = self.alert
        if alert is None:
            return
        if what == "ack":
            operate.acknowledge(self.parts, alert.id, "ben", amount * 3_600, self.now)
        elif what == "resolve":
            operate.resolve(self.parts, alert.id, "ben", "x", self.now)
        else:
            try:
                operate.unmute(self.parts, alert.id, "ben", "x", self.now)
            except Refused:
                assert alert.state is AlertState.FIRING

    def keep(self) -> None:
        remind(self.parts, self.now)
        operate.lapse(self.parts, self.now)
        escalate(self.parts)
        settle(self.parts)

    @property
    def now(self) -> datetime:
        return self.clock()

    @property
    def match(self) -> str:
        return f'signal.title == "{self.name}"'

    @property
    def alert(self) -> Alert | None:
        with self.parts.store.read() as tx:
            return next(iter(tx.judgements.open_alerts_about(self.name)), None)

    @property
    def standing(self) -> list[Silence]:
        with self.parts.store.read() as tx:
            return [s for s in tx.silences.all(ended_after=self.now) if s.match == self.match and s.stands(self.now)]

    @property
    def covered(self) -> bool:
        alert = self.alert
        return alert is not None and any(s.covers(alert) for s in self.standing)

    @property
    def calls(self) -> list[Delivery]:
        """Messages that call somebody, or say that it fires again."""
        with self.parts.store.read() as tx:
            mine = [d for d in tx.plumbing.deliveries(1_000) if self.name in d.payload["what_changed"]]
        return [d for d in mine if d.payload["event"] in ("opened", "raised", "reopened", "reminded")]


@given(steps=STEPS)
@example(steps=[("silence", 2.0), ("bad", 1.31)])
@example(steps=[("silence", 0.5), ("bad", 1.31), ("silence", 2.0)])
@example(steps=[("bad", 1.31), ("ack", 3.0), ("silence", 5.0), ("good", 0.0), ("bad", 1.31), ("end", 0.0)])
def test_nothing_is_quiet_without_a_reason_and_nothing_calls_while_it_is(
    world: tuple[JudgeParts, Clock], steps: list[tuple[str, float]]
) -> None:
    story = Story(*world)
    for what, amount in steps:
        story.rest()
        quiet, before = story.covered, len(story.calls)
        story.do(what, amount)
        alert = story.alert
        if quiet and story.covered and what in ("bad", "good", "silence", "end"):
            assert len(story.calls) == before, "somebody was called during a silence"
        if alert is None:
            continue
        if story.covered:
            assert alert.silence_id in {s.id for s in story.standing}
            assert alert.state is not AlertState.FIRING
        else:
            assert alert.silence_id is None
            assert alert.state is not AlertState.SUPPRESSED
    for one in story.standing:
        silences.end(story.parts, one.id, "ana", "x", story.now)
    alert = story.alert
    if alert is not None and alert.state is AlertState.FIRING:
        assert [d for d in story.calls if d.payload["alert"] == alert.id], "it fires, and nobody was called"
    story.clock.sleep(6 * 3_600)
    story.keep()
    alert = story.alert
    if alert is not None:
        assert alert.state is AlertState.FIRING
        assert [d for d in story.calls if d.payload["alert"] == alert.id], "it still fires, and nobody was called"
        operate.resolve(story.parts, alert.id, "ben", "done", story.now)
