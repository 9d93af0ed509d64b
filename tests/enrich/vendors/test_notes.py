from __future__ import annotations

import json
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from pulse_tui.domain.estate import Component, Dependency
from pulse_tui.domain.note import Label, Note
from pulse_tui.domain.words import ComponentKind, SignalType
from pulse_tui.enrich.facts import facts
from pulse_tui.enrich.vendors.dates import effective_at
from pulse_tui.enrich.vendors.notes import classify, mentions, note_signals, resolved
from tests.enrich.build import ESTATE, NOW

PUBLISHED = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def note(body: str, title: str = "Model news", **changes: object) -> Note:
    made = Note(source="vendor-feed", key="n1", vendor="openai", title=title, body=body, published_at=PUBLISHED)
    return msgspec.structs.replace(made, **changes)


@pytest.mark.parametrize(
    ("body", "labels"),
    [
        ("gpt-4.1 is deprecated and will be shut down on 2026-12-31.", [Label.DEPRECATION]),
        ("We changed the default temperature of gpt-4.1 from 0 to 1.", [Label.BEHAVIOUR_CHANGE]),
        ("The gpt-4.1 alias now points to gpt-4.1-2026-11-01.", [Label.BEHAVIOUR_CHANGE]),
        ("We have increased the rate limits of every tier.", [Label.RATE_LIMIT]),
        ("Lower prices for gpt-4.1: a price reduction of 20 %.", [Label.PRICING]),
        ("Released gpt-6, our newest model.", [Label.NEW_MODEL]),
        ("A vulnerability allowed a remote attacker to read prompts.", [Label.SECURITY]),
        ("Investigating - elevated errors for several models.", [Label.INCIDENT]),
        ("Added a button to the console.", [Label.OTHER]),
        ("tests: silence a deprecation warning", [Label.OTHER]),
        ("Released gpt-6. gpt-4.1 will be retired on March 1, 2027.", [Label.DEPRECATION, Label.NEW_MODEL]),
    ],
)
def test_a_note_has_the_labels_that_its_phrases_claim(body: str, labels: list[Label]) -> None:
    assert list(classify(note(body)).labels) == labels


def test_the_phrase_that_decided_is_kept_as_written() -> None:
    assert classify(note("The model Will Be Shut Down soon.")).phrase == "Shut Down"
    assert classify(note("Nothing of note.")).phrase is None


def test_a_bare_title_that_names_trouble_is_an_incident_of_a_status_page() -> None:
    assert classify(note("", title="Sign-in issues")).labels == (Label.INCIDENT,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("will be shut down on 2026-12-31", "2026-12-31"),
        ("retirement scheduled for December 31, 2026.", "2026-12-31"),
        ("on Dec 31st, 2026", "2026-12-31"),
        ("on 31 December 2026", "2026-12-31"),
        ("will be deprecated in January, 2027", "2027-01-01"),
        ("shut down on November 30: a, b; December 2: c", "2026-11-30"),
        ("shut down on January 5", "2027-01-05"),
        ("On August 26th, 2026, we notified developers; it is removed on August 26, 2027.", "2027-08-26"),
        ("use gpt-4o-2027-08-06 instead", None),
        ("will be shut down on 2027-03-01 (was 2026-12-15)", "2027-03-01"),
        ("The shutdown, announced for 2026-12-05, is postponed to 2027-06-01.", "2027-06-01"),
        ("moved from December 5, 2026 to June 1, 2027", "2027-06-01"),
        ("shut down on June 1, 2027 instead of December 5, 2026", "2027-06-01"),
        ("shutdown date changed from 2027-06-01 to 2026-12-05", "2026-12-05"),
        ("It was announced for 2026-12-05. Fine-tuning ends 2027-01-01.", "2026-12-05"),
        ("on November 31, 2026", None),
        ("soon", None),
    ],
)
def test_the_date_on_which_it_takes_effect_is_read_from_the_text(text: str, expected: str | None) -> None:
    found = effective_at(text, PUBLISHED)
    assert (found.date().isoformat() if found else None) == expected
    assert found is None or found.tzinfo is UTC


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


def _dev_notes() -> Path:
    root = Path(os.environ.get("PULSE_SHARED_DATA") or Path(__file__).parents[4] / "shared" / "data")
    return root / "vendor" / "notes" / "dev.jsonl"


def test_the_labelled_notes_are_all_read_and_the_labels_are_right() -> None:
    """Micro-F1 over the notes that the patterns were written with: 0.957 on the 221 of them."""
    path = _dev_notes()
    if not path.exists():
        pytest.skip("the labelled vendor notes are not here (PULSE_SHARED_DATA)")
    hits: Counter[str] = Counter()
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for record in records:
        day = (record["date"] + "-01")[:10] if record["date"] else "2026-01-01"
        read = classify(
            Note(
                source=record["source"],
                key=record["id"],
                vendor=record["vendor"],
                title=record["title"],
                body=record["body"],
                published_at=datetime.fromisoformat(day).replace(tzinfo=UTC),
            )
        )
        got, want = {str(label) for label in read.labels}, set(record["labels"])
        assert got
        hits += Counter(both=len(got & want), extra=len(got - want), lost=len(want - got))
    score = 2 * hits["both"] / (2 * hits["both"] + hits["extra"] + hits["lost"])
    assert score > 0.95, f"micro-F1 {score:.3f} over {len(records)} records"
