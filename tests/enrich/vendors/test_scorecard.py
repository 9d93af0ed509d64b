"""Vendors compared by what they announced, how long before, and what they changed without a word."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.catalogue import CatalogueEvent, EventType, StoredEvent
from pulse_tui.domain.evidence import NoteEvidence, ShiftEvidence
from pulse_tui.domain.lifecycle import Lifecycle, StoredLifecycle
from pulse_tui.domain.note import Label, Note, NoteKind, Reading, StoredNote
from pulse_tui.domain.scorecard import VendorScore
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.vendor_task import TaskKind, VendorTask
from pulse_tui.domain.words import Priority, Severity, SignalType
from pulse_tui.enrich.vendors.scorecard import Seen, scorecard, vendor_of
from tests.fakes.nouns import NOW, changed, later, signal


def stored(vendor: str, *labels: Label, days_ago: float = 10, read_after: float = 0, **fields: Any) -> StoredNote:
    at = later(days=-days_ago)
    note = Note(source=f"{vendor}-log", key=f"{labels}{days_ago}", vendor=vendor, title="t", body="b", published_at=at)
    reading = Reading(labels=labels or (Label.OTHER,), **{k: fields.pop(k) for k in ("effective_at",) if k in fields})
    first = at + timedelta(days=read_after)
    baseline = fields.pop("baseline", False)
    return StoredNote(
        note=changed(note, **fields), reading=reading, first_at=first, changed_at=first, baseline=baseline
    )


def seen(**fields: Any) -> Seen:
    none: dict[str, Any] = dict.fromkeys(("notes", "lifecycles", "events", "signals", "alerts", "tasks", "wires"), ())
    return Seen(**{"since": later(days=-90), "until": NOW, **none, "uses": {"openai/gpt-4.1": ["bot"]}, **fields})


def only(**fields: Any) -> VendorScore:
    (score,) = scorecard(seen(**fields))
    return score


def shift(component: str, severity: Severity = Severity.MEDIUM, fingerprint: str = "f") -> Signal:
    evidence = ShiftEvidence(component=component, metric="prompt tokens", before="41", after="61")
    made: Signal = changed(signal(1), signal_type=SignalType.SILENT_CHANGE, evidence=evidence, severity=severity)
    return msgspec.structs.replace(made, fingerprint=fingerprint)


def test_of_a_vendor_that_nobody_reads_nothing_is_known_and_that_is_said() -> None:
    score = only()
    assert (score.vendor, score.assets, score.watched) == ("openai", ("bot",), False)
    assert score.lines() == ["? no source reads it: what it announces is not known", "used by bot"]


def test_a_vendor_that_is_read_and_not_watched_has_no_count_of_silent_changes() -> None:
    score = only(notes=[stored("openai")])
    assert "changes without a note: ? unknown: no tripwire and no list of its models" in score.lines()
    assert score.concerns == ("nothing watches for changes that it does not announce",)
    asked = only(notes=[stored("openai")], wires=["openai/gpt-4.1"])
    assert (asked.concerns, "changes without a note: 0 found" in asked.lines()) == ((), True)


def test_lists_alone_find_no_other_answer_and_that_is_said() -> None:
    listed = StoredLifecycle(item=Lifecycle(source="list", platform="openai", model="o3"), changed_at=NOW)
    found = only(notes=[stored("openai")], lifecycles=[listed]).lines()
    assert "changes without a note: 0 found by lists alone; ? no tripwire asks its models" in found
    package = scorecard(seen(notes=[stored("vllm")], uses={}))
    assert not any("without a note" in line for score in package for line in score.lines())


def test_notice_is_counted_by_model_where_a_list_states_it_and_else_by_the_note() -> None:
    listed = Lifecycle(
        source="list", platform="openai", model="gpt-4.1", announced_at=later(days=-30), ends_at=later(days=11)
    )
    floor = changed(listed, model="o3", floor=True)
    same = stored("openai", Label.DEPRECATION, models=("gpt-4.1",), effective_at=later(days=11))
    other = stored("openai", Label.DEPRECATION, days_ago=20, effective_at=later(days=80))
    late = stored("openai", Label.DEPRECATION, days_ago=5, effective_at=later(days=-40))
    lists = [StoredLifecycle(item=item, changed_at=NOW) for item in (listed, floor)]
    score = only(notes=[same, other, late], lifecycles=lists)
    assert (score.lead_days, score.shortest, score.median) == ((41, 100), 41, 100)
    assert "an end was announced 41 days before it" in score.concerns


def test_a_note_that_was_dated_back_counts_and_history_does_not() -> None:
    notes = [stored("openai", days_ago=n + 1, read_after=8 if n < 2 else 0) for n in range(20)]
    history = [stored("openai", days_ago=30, read_after=29, baseline=True)]
    score = only(notes=[*notes, *history], wires=["openai/x"])
    assert (score.back_dated, score.fresh, score.notes) == (2, 20, 21)
    assert score.concerns == ("10% of its notes bear a date before they could be read",)


def test_silent_changes_count_once_a_condition_and_latency_is_none() -> None:
    events = [
        StoredEvent(
            source="list", at=NOW, event=CatalogueEvent(type=EventType.TARGET_CHANGED, model="x", platform="openai")
        )
    ]
    shifts = [
        shift("openai/gpt-4.1"),
        shift("openai/gpt-4.1", fingerprint="of another asset"),
        shift("openai/o3", Severity.LOW, "g"),
        shift("azure/gpt-4.1"),
    ]
    found = {s.vendor: s for s in scorecard(seen(signals=shifts, events=events))}
    assert found["openai"].silent == 2  # of however many assets
    assert found["openai"].concerns[0] == "2 changes that nobody announced"


def test_moves_incidents_alerts_and_verdicts_are_of_the_platform_they_are_about() -> None:
    events = [
        StoredEvent(source="c", at=NOW, event=CatalogueEvent(type=kind, model="m", platform=platform))
        for kind, platform in (
            (EventType.PRICE_CHANGED, "bedrock_converse"),
            (EventType.PRICE_CHANGED, "openai"),
            (EventType.RATE_LIMIT_CHANGED, "openai"),
        )
    ]
    evidence = NoteEvidence(note="n", vendor="openai")
    opened = changed(signal(1), signal_type=SignalType.VENDOR_NOTE, evidence=evidence)
    task = VendorTask(
        key="k", kind=TaskKind.RETEST, asset_id="bot", component="openai/gpt-4.1", source="s", note="n", title="t",
        asked_at=NOW, done_at=NOW, verdict="PASS", run_id="r",
    )  # fmt: skip
    waits = changed(task, key="l", done_at=None, verdict=None)
    one = Alert(
        id="a", fingerprint="f", signal_fingerprint="s", rule_id="r", decision_id="d", signal_id=opened.id, title="t",
        priority=Priority.P3, severity=Severity.LOW, first_at=NOW, last_at=NOW,
    )  # fmt: skip
    score = only(
        events=events,
        notes=[stored("openai", kind=NoteKind.STATUS), stored("openai", Label.RATE_LIMIT, days_ago=3)],
        alerts=[(one, opened)],
        tasks=[
            task,
            waits,
            changed(task, key="n", run_id=None, verdict=None),
            changed(task, key="m", component="azure/gpt-4.1"),
        ],
    )
    assert (score.price_moves, score.limit_moves, score.incidents) == (1, 2, 1)
    assert (score.alerts, score.open_alerts, score.verdicts) == (
        1,
        1,
        (("PASS", 1), ("no longer asked", 1), ("open", 1)),
    )


def test_who_we_run_on_comes_first_and_of_these_the_riskiest() -> None:
    uses = {"openai/gpt-4.1": ["bot"], "anthropic/claude-opus-4-6": ["bot"], "azure/gpt-4.1": ["bot"]}
    soon = stored("azure", Label.DEPRECATION, effective_at=later(days=5))
    found = scorecard(
        seen(uses=uses, signals=[shift("anthropic/claude-opus-4-6")], notes=[soon, stored("cohere"), stored("openai")])
    )
    assert [s.vendor for s in found] == ["anthropic", "azure", "openai", "cohere"]


def test_a_signal_is_of_the_vendor_of_its_note_or_of_the_component_that_answers() -> None:
    note = NoteEvidence(note="n", vendor="openai", platform="azure_ai")
    assert vendor_of(changed(signal(1), signal_type=SignalType.VENDOR_NOTE, evidence=note)) == "azure"
    assert vendor_of(shift("vertex_ai/gemini-2.5-pro")) == "google-vertex"
    assert vendor_of(shift("gemini-2.5-pro")) is None
    assert vendor_of(signal(1)) is None
