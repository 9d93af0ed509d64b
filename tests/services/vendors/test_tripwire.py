"""Rounds of a tripwire become a baseline, and a shift one alert for each asset that uses the model."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.evidence import ShiftEvidence
from pulse_tui.domain.source import SourceStatus
from pulse_tui.domain.tripwire import Count, ProbeBaseline, ProbeKind, ProbeResult, ProbeRound
from pulse_tui.domain.views.tripwire import WireState, WireView
from pulse_tui.domain.words import Priority, SignalType
from pulse_tui.services.alerts.story import alert_story
from pulse_tui.services.parts import JudgeParts, RollbackParts
from pulse_tui.services.registry.story import asset_story
from pulse_tui.services.signals.ingest import Tally, ingest
from pulse_tui.services.vendors.tripwire import pin_behaviour
from pulse_tui.services.vendors.wires import wire
from pulse_tui.settings.shapes import SourceShape
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.nouns import NOW
from tests.servers.wires import OPTIONS
from tests.services.said import alerts, retests, told

EVERY = timedelta(hours=6)
LEARN = 4


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    """On both databases."""
    if request.param == "sqlite":
        opened = SqlStore(sqlite_file(tmp_path / "pulse.db"), tmp_path)
        yield opened
        opened.close()
        return
    server = postgres()
    name = server.create()
    opened = SqlStore(server.named(name), tmp_path)
    yield opened
    opened.close()
    server.drop(name)


class Endpoint:
    """Rounds of a model, one every six hours; its attributes are what it does."""

    def __init__(self, judge: JudgeParts, clock: Clock) -> None:
        self.judge = judge
        self.clock = clock
        self.tokens = 30
        self.refused = 1
        self.model = "gpt-4.1-2025-04-14"
        self.asked = "gpt-4.1"
        self.digest = "d1"
        self.fingerprint = "fp_a"
        self.assets: tuple[str, ...] = ()
        self.component = "openai/gpt-4.1"
        self.count = 0

    def round(self, **fields: Any) -> Tally:
        """One more."""
        self.clock.now = self.at = NOW + EVERY * self.count
        self.count += 1
        asked = ProbeResult(
            probe="near", kind=ProbeKind.REFUSAL, answered=24, count=Count(self.refused, 24), models=(self.model,),
            fingerprints=(self.fingerprint,), prompt_tokens=((self.tokens, 24),),
        )  # fmt: skip
        item = ProbeRound(
            source="wire", vendor="openai", model=self.asked, component=self.component, asset_ids=self.assets,
            probes_digest=self.digest, learn=LEARN, at=self.at, results=(asked,), latency_ms=400.0, stated=True,
            tokens=900,
        )  # fmt: skip
        return ingest([msgspec.structs.replace(item, **fields)], [], self.judge, self.at)

    def rounds(self, count: int) -> Endpoint:
        """So many."""
        for _ in range(count):
            self.round()
        return self

    def baseline(self) -> ProbeBaseline:
        with self.judge.store.read() as tx:
            found = tx.vendors.baseline("wire")
        assert found is not None
        return found

    def view(self) -> WireView:
        with self.judge.store.read() as tx:
            return wire("wire", tx, self.judge, self.at)

    at: datetime = NOW


@pytest.fixture
def judge(judge: JudgeParts) -> JudgeParts:
    """With the tripwire in its configuration."""
    options = msgspec.structs.replace(OPTIONS, model="gpt-4.1", component="openai/gpt-4.1", learn=LEARN)
    return judge._replace(sources={"wire": SourceShape(id="wire", kind="tripwire", every=21_600.0, options=options)})


@pytest.fixture
def endpoint(judge: JudgeParts, clock: Clock) -> Endpoint:
    return Endpoint(judge, clock)


def only(judge: JudgeParts) -> Alert:
    (alert,) = alerts(judge)
    return alert


def test_while_it_learns_nothing_is_good_and_nothing_is_reported(endpoint: Endpoint, judge: JudgeParts) -> None:
    assert endpoint.round().remarks == ("learning the baseline of gpt-4.1: 1 of 4 rounds",)
    endpoint.tokens = 50
    endpoint.rounds(LEARN - 2)
    assert alerts(judge) == []
    assert endpoint.view().state is WireState.LEARNING
    assert not endpoint.view().state.good
    endpoint.round()
    assert endpoint.view().state is WireState.WITHIN


def test_what_changed_while_it_was_learned_is_within_and_said(endpoint: Endpoint, judge: JudgeParts) -> None:
    endpoint.rounds(LEARN - 1)
    endpoint.tokens = 50
    endpoint.rounds(3)
    assert alerts(judge) == []
    assert endpoint.view().progress.endswith(
        "it holds several counts of tokens for 1 prompt: what changed meanwhile was not found"
    )


def test_a_hidden_prompt_is_one_alert_on_the_asset_that_uses_the_model(endpoint: Endpoint, judge: JudgeParts) -> None:
    endpoint.rounds(LEARN + 2)
    endpoint.tokens = 50
    endpoint.rounds(3)
    alert = only(judge)
    assert (alert.asset_id, alert.rule_id, alert.priority) == ("support-bot", "silent-change", Priority.P2)
    assert alert.title == (
        "prompt tokens of gpt-4.1 moved without a note: support-bot (30 over 1 prompt -> 50, +20 in each)"
    )
    (signal,) = told(judge, SignalType.SILENT_CHANGE)
    evidence = signal.evidence
    assert isinstance(evidence, ShiftEvidence)
    assert (evidence.component, evidence.metric, evidence.rounds) == ("openai/gpt-4.1", "prompt tokens", 1)
    assert evidence.since == NOW + EVERY * (LEARN + 2)
    assert retests(judge) == 1


def test_a_shift_that_lasts_is_one_alert_reported_once_a_day(endpoint: Endpoint, judge: JudgeParts) -> None:
    endpoint.rounds(LEARN)
    endpoint.tokens = 50
    endpoint.rounds(9)
    assert len(told(judge, SignalType.SILENT_CHANGE)) == 3
    assert (only(judge).count, only(judge).open) == (3, True)


def test_a_changed_refusal_rate_names_its_statistic_and_the_rounds(endpoint: Endpoint, judge: JudgeParts) -> None:
    endpoint.rounds(LEARN)
    endpoint.refused = 14
    endpoint.rounds(3)
    (signal,) = told(judge, SignalType.SILENT_CHANGE)
    evidence = signal.evidence
    assert isinstance(evidence, ShiftEvidence)
    assert (evidence.metric, evidence.before) == ("refusals", "4.2 % (4 of 96)")
    assert evidence.statistic is not None
    assert evidence.limit is not None
    assert evidence.statistic >= evidence.limit


def test_a_new_fingerprint_alone_is_of_low_confidence_and_asks_for_no_retest(
    endpoint: Endpoint, judge: JudgeParts
) -> None:
    endpoint.rounds(LEARN)
    endpoint.fingerprint = "fp_new"
    endpoint.round()
    (signal,) = told(judge, SignalType.SILENT_CHANGE)
    assert signal.confidence < 0.5
    assert (only(judge).priority, retests(judge)) == (Priority.P4, 0)


def test_rounds_within_the_baseline_end_the_shift_and_its_alert(endpoint: Endpoint, judge: JudgeParts) -> None:
    endpoint.rounds(LEARN)
    endpoint.tokens = 50
    endpoint.round()
    endpoint.tokens = 30
    endpoint.rounds(4)
    assert only(judge).open
    endpoint.round()
    assert only(judge).state is AlertState.RESOLVED
    assert only(judge).resolved_why == "5 rounds or more are within the baseline again"


def test_an_alert_that_was_closed_by_hand_comes_again_while_the_shift_lasts(
    endpoint: Endpoint, judge: JudgeParts
) -> None:
    endpoint.rounds(LEARN)
    endpoint.tokens = 50
    endpoint.round()
    with judge.store.write() as tx:
        tx.judgements.put_alert(only(judge).resolve(endpoint.at, "known"))
    endpoint.rounds(3)
    assert len(alerts(judge)) == 1
    endpoint.round()
    assert [a.open for a in alerts(judge)] == [True, False]


def test_pinning_takes_the_rounds_since_the_shift_and_ends_its_alert(endpoint: Endpoint, judge: JudgeParts) -> None:
    endpoint.rounds(LEARN)
    endpoint.tokens = 50
    endpoint.rounds(LEARN)
    done = pin_behaviour(judge, "wire", "ana", "the vendor confirmed it")
    assert done.startswith("pinned by ana: wire, baseline of 4 rounds of gpt-4.1")
    assert only(judge).resolved_why == "pinned as the baseline by ana: the vendor confirmed it"
    base = endpoint.baseline()
    assert (base.prompt_tokens, base.shifts, base.pinned_by) == ((("near", (50,)),), (), "ana")
    endpoint.rounds(3)
    assert [a.open for a in alerts(judge)] == [False]
    with judge.store.read() as tx:
        (entry,) = [e for e in tx.log.entries(subject="wire") if e.action == "tripwire.pinned"]
    assert entry.detail["why"] == "the vendor confirmed it"
    assert entry.detail["shifted"] == "prompt tokens"


def test_pinned_soon_after_a_shift_the_rest_is_learned_first(endpoint: Endpoint, judge: JudgeParts) -> None:
    endpoint.rounds(LEARN)
    endpoint.tokens = 50
    endpoint.round()
    assert "learning the baseline of gpt-4.1: 1 of 4 rounds" in pin_behaviour(judge, "wire", "ana", "expected")
    assert endpoint.view().state is WireState.LEARNING
    endpoint.rounds(LEARN - 1)
    assert endpoint.view().state is WireState.WITHIN
    assert endpoint.baseline().pinned_by == "ana"


def test_what_cannot_be_pinned_is_refused(endpoint: Endpoint, judge: JudgeParts) -> None:
    with pytest.raises(NotFound):
        pin_behaviour(judge, "wire", "ana", "why not")
    endpoint.round()
    with pytest.raises(Refused, match="1 of 4 rounds"):
        pin_behaviour(judge, "wire", "ana", "why not")
    endpoint.rounds(LEARN)
    with pytest.raises((WrongUse, Refused)):
        pin_behaviour(judge, "wire", "ana", " ")


@pytest.mark.parametrize(("field", "value"), [("digest", "d2"), ("asked", "gpt-5")])
def test_other_probes_or_another_model_begin_a_new_baseline_and_end_what_was_open(
    endpoint: Endpoint, judge: JudgeParts, field: str, value: str
) -> None:
    endpoint.rounds(LEARN)
    endpoint.tokens = 50
    endpoint.round()
    setattr(endpoint, field, value)
    (remark,) = endpoint.round().remarks
    assert "1 of 4 rounds" in remark
    assert ("probes" if field == "digest" else "gpt-5") in remark
    assert only(judge).state is AlertState.RESOLVED
    assert endpoint.baseline().rounds == 1


def test_an_asset_that_moves_to_another_model_is_no_longer_concerned(endpoint: Endpoint, judge: JudgeParts) -> None:
    endpoint.rounds(LEARN)
    endpoint.tokens = 50
    endpoint.round()
    with judge.store.write() as tx:
        tx.dependencies.put_bill(
            Bill(source="estate", asset_id="support-bot", document="", at=endpoint.at, components=())
        )
    endpoint.round()
    assert only(judge).state is AlertState.RESOLVED
    assert only(judge).resolved_why == "openai/gpt-4.1 is not used any more"
    assert retests(judge) == 0


def test_a_model_that_nobody_uses_is_an_audit_note(endpoint: Endpoint, judge: JudgeParts) -> None:
    endpoint.component = "openai/gpt-9"
    endpoint.rounds(LEARN)
    endpoint.tokens = 50
    assert endpoint.round().unclaimed == 1
    assert endpoint.view().assets == ()


def test_the_same_round_twice_counts_once(endpoint: Endpoint) -> None:
    endpoint.rounds(2)
    endpoint.count -= 1
    endpoint.round()
    assert endpoint.baseline().rounds == 2


def test_an_asset_that_the_source_names_hears_of_it_too(endpoint: Endpoint, judge: JudgeParts) -> None:
    endpoint.assets = ("gateway",)
    endpoint.rounds(LEARN)
    endpoint.tokens = 50
    endpoint.round()
    assert {a.asset_id for a in alerts(judge)} == {"gateway", "support-bot"}


def test_rounds_that_fail_leave_the_model_unknown_and_a_shift_open(endpoint: Endpoint, judge: JudgeParts) -> None:
    endpoint.rounds(LEARN)
    failed = SourceStatus(
        id="wire", kind="tripwire", every_s=21_600.0, failures=2, reason="it answered 503", last_good_at=NOW
    )
    with judge.store.write() as tx:
        tx.plumbing.put_source(failed)
    view = endpoint.view()
    assert view.state is WireState.FAILING
    assert "2 rounds failed: it answered 503" in view.trouble
    endpoint.tokens = 50
    endpoint.round()
    assert endpoint.view().state is WireState.SHIFTED


def test_the_alert_answers_the_three_questions(endpoint: Endpoint, parts: RollbackParts) -> None:
    endpoint.rounds(LEARN)
    endpoint.tokens = 50
    endpoint.round()
    story = alert_story(parts, only(endpoint.judge).id)
    assert story.changed[0].startswith("prompt tokens of gpt-4.1 changed without a note: 30 over 1 prompt -> 50, +20")
    assert "openai/gpt-4.1: prompt tokens 30 over 1 prompt -> 50" in story.risk[0]
    assert any("pulse-tui tripwire pin wire --why REASON" in line for line in story.todo)
    assert not story.rollback_possible


def test_the_page_of_the_asset_says_how_its_tripwire_stands(endpoint: Endpoint, parts: RollbackParts) -> None:
    def lines() -> list[str]:
        return [text for label, text in asset_story(parts, "support-bot") if label == "Tripwire"]

    assert lines() == []
    endpoint.rounds(2)
    assert lines() == ["wire (gpt-4.1) learning: learning the baseline of gpt-4.1: 2 of 4 rounds"]
    endpoint.rounds(2)
    endpoint.tokens = 50
    endpoint.round()
    (line,) = lines()
    assert line.startswith(
        "wire (gpt-4.1) shifted: prompt tokens 30 over 1 prompt -> 50, +20 in each; baseline of 4 rounds"
    )


def test_the_view_has_each_metric_with_its_statistic_and_what_a_day_costs(endpoint: Endpoint) -> None:
    endpoint.rounds(LEARN + 3)
    view = endpoint.view()
    by_name = {line.metric: line for line in view.metrics}
    assert by_name["refusals"].before == "4.2 % (4 of 96)"
    assert by_name["refusals"].limit is not None
    assert by_name["format"].state == "unknown"
    assert {by_name[m].state for m in ("model id", "prompt tokens", "refusals", "fingerprint", "latency")} == {"within"}
    assert view.tokens_a_day == 3_600
    assert view.assets == ("support-bot",)
    assert len(view.rounds) == LEARN + 3
