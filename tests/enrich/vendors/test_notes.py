from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from pulse_tui.domain.estate import Component, Dependency
from pulse_tui.domain.note import Note
from pulse_tui.domain.words import ComponentKind, SignalType
from pulse_tui.enrich.facts import facts
from pulse_tui.enrich.vendors.classify import classify
from pulse_tui.enrich.vendors.notes import mentions, note_signals, resolved
from tests.enrich.build import ESTATE, NOW

PUBLISHED = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def note(body: str, title: str = "Model news", **changes: object) -> Note:
    made = Note(source="vendor-feed", key="n1", vendor="openai", title=title, body=body, published_at=PUBLISHED)
    return msgspec.structs.replace(made, **changes)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("gpt-4.1 is deprecated", True),
        ("we retire GPT-4.1.", True),
        ("`gpt-4.1`, openai/gpt-4.1", True),
        ("gpt-4.1-mini is deprecated", False),
        ("gpt-4.10 and gpt-4.1.2", False),
        ("my-gpt-4.1 and gpt-4.1@2026", False),
        ("xgpt-4.1", False),
    ],
)
def test_a_model_is_named_only_by_its_exact_id(text: str, named: bool) -> None:
    assert mentions(text, "gpt-4.1") is named


def test_a_note_about_a_model_of_ours_is_a_signal_of_each_asset_that_uses_it() -> None:
    mini = Component(id="openai/gpt-4.1-mini", kind=ComponentKind.HOSTED_MODEL, name="gpt-4.1-mini")
    extra = (Dependency(asset_id="lab", component=mini), Dependency(asset_id="embed-gateway", component=mini))
    estate = msgspec.structs.replace(ESTATE, dependencies=ESTATE.dependencies + extra)
    text = note("gpt-4.1-mini will be shut down on 2027-01-03.")
    signals = note_signals(text, classify(text), estate, NOW)
    assert [(s.asset_id, s.signal_type) for s in signals] == [
        ("lab", SignalType.DEPRECATION),
        ("embed-gateway", SignalType.DEPRECATION),
    ]
    assert signals[0].evidence.models == ["gpt-4.1-mini"]
    assert len({s.fingerprint for s in signals}) == len({s.id for s in signals}) == 2
    assert facts(signals[0], estate)[0].variables["note.days_left"] == 41


def test_a_note_that_names_no_model_of_ours_is_one_signal_without_asset() -> None:
    text = note("gpt-3 will be shut down on 2027-01-03.")
    (signal,) = note_signals(text, classify(text), ESTATE, NOW)
    assert (signal.asset_id, signal.confidence) == (None, 0.5)


def test_a_note_with_two_messages_is_two_signals() -> None:
    text = note("gpt-4.1 is deprecated. We raised the rate limits of gpt-4.1.")
    kinds = [s.signal_type for s in note_signals(text, classify(text), ESTATE, NOW)]
    assert kinds == [SignalType.DEPRECATION, SignalType.RATE_LIMIT_CHANGE]


def test_a_deprecation_that_is_announced_twice_is_one_condition() -> None:
    first = note("gpt-4.1 is deprecated.")
    again = note("Reminder: gpt-4.1 retires soon.", key="n2")
    (one,) = note_signals(first, classify(first), ESTATE, NOW)
    (two,) = note_signals(again, classify(again), ESTATE, NOW)
    assert one.fingerprint == two.fingerprint
    assert one.id != two.id


def test_an_incident_that_is_resolved_under_the_same_key_ends_the_one_that_began() -> None:
    begun = note("Investigating - elevated errors for gpt-4.1.")
    over = note(
        "Resolved - the issue affecting gpt-4.1 has been resolved. Investigating - elevated errors for gpt-4.1."
    )
    (signal,) = note_signals(begun, classify(begun), ESTATE, NOW)
    assert signal.signal_type is SignalType.INCIDENT
    assert resolved(begun, classify(begun), ESTATE) == []
    assert resolved(over, classify(over), ESTATE) == [signal.fingerprint]
    assert [s.signal_type for s in note_signals(over, classify(over), ESTATE, NOW)] == [SignalType.VENDOR_NOTE]
