from __future__ import annotations

import json
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from pulse_tui.domain.note import Label, Note
from pulse_tui.enrich.vendors.classify import classify
from pulse_tui.enrich.vendors.dates import effective_at

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
