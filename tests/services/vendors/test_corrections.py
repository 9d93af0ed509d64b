"""A person corrects what a note is about: a local rule, the note and its like read again, and what follows for assets."""

from __future__ import annotations

import pytest

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.errors import NotFound, WrongUse
from pulse_tui.domain.note import Label, Note, Reading
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.services.vendors.corrections import correct, take_back
from pulse_tui.services.vendors.review_queue import queue
from tests.fakes.nouns import later
from tests.services.said import alerts, retests

GUIDE = "What answers of gpt-4.1 look like in autumn"


def take(judge: JudgeParts, key: str, title: str, body: str, minutes: float = 0, source: str = "news") -> None:
    note = Note(source=source, key=key, vendor="openai", title=title, body=body, published_at=later(minutes=minutes))
    ingest([note], [], judge, later(minutes=minutes))


def reading(judge: JudgeParts, key: str, source: str = "news") -> Reading:
    with judge.store.read() as tx:
        stored = tx.vendors.note(source, key)
    assert stored is not None
    return stored.reading


def queued(judge: JudgeParts) -> list[str]:
    with judge.store.read() as tx:
        return [stored.note.key for stored in queue(tx)]


def rules(judge: JudgeParts) -> list[str]:
    with judge.store.read() as tx:
        return [rule.id for rule in tx.vendors.local_rules()]


def standing(judge: JudgeParts) -> list[Alert]:
    return [alert for alert in alerts(judge) if alert.open]


def test_a_note_in_the_queue_that_a_person_reads_warns_the_owner_and_leaves_the_queue(judge: JudgeParts) -> None:
    take(judge, "g1", GUIDE, "Longer sentences, by our own count.")
    assert queued(judge) == ["g1"]
    assert not standing(judge)
    said = correct(judge, "news", "g1", [Label.BEHAVIOUR_CHANGE], "ana", "answers are longer", later(minutes=5))
    assert said == f"{GUIDE} is behaviour_change"
    assert reading(judge, "g1").labels == (Label.BEHAVIOUR_CHANGE,)
    assert reading(judge, "g1").why[0][1].startswith("corrected by ana: ")
    assert queued(judge) == []
    assert [alert.open for alert in standing(judge)] == [True]
    assert retests(judge) == 1


def test_a_model_that_nobody_uses_is_no_reason_to_look_unless_a_weak_rule_matches(judge: JudgeParts) -> None:
    take(judge, "g1", "What answers of gpt-3.5 look like in autumn", "Longer sentences.")
    take(judge, "g2", GUIDE, "Longer sentences.")
    take(judge, "g3", "What answers of gpt-3.5 look like", "They are short by default.")
    assert sorted(queued(judge)) == ["g2", "g3"]
    assert reading(judge, "g2").why == ((Label.OTHER, "names gpt-4.1"),)


def test_the_correction_is_a_line_of_the_log_with_the_words_of_its_rule(judge: JudgeParts) -> None:
    take(judge, "g1", GUIDE, "Longer sentences.")
    correct(judge, "news", "g1", [Label.BEHAVIOUR_CHANGE], "ana", "answers are longer", later(minutes=5))
    with judge.store.read() as tx:
        (line,) = [e for e in tx.log.entries() if e.action == "note.corrected"]
    assert (line.actor, line.subject) == ("ana", "news/g1")
    assert (line.detail["labels"], line.detail["were"]) == ("behaviour_change", "other")
    assert "answers" in line.detail["words"]


def test_the_next_note_of_the_vendor_with_these_words_is_read_so(judge: JudgeParts) -> None:
    take(judge, "g1", GUIDE, "Longer sentences.")
    correct(judge, "news", "g1", [Label.BEHAVIOUR_CHANGE], "ana", "answers are longer", later(minutes=5))
    take(judge, "g2", GUIDE, "Shorter sentences.", 10)
    take(judge, "g3", "Something else of gpt-4.1", "Sentences.", 10)
    assert reading(judge, "g2").labels == (Label.BEHAVIOUR_CHANGE,)
    assert reading(judge, "g3").labels == (Label.OTHER,)


def test_what_is_no_deprecation_ends_its_alert_and_its_retest(judge: JudgeParts) -> None:
    take(judge, "d1", "Ends of gpt-4.1 sessions", "Sessions with gpt-4.1 that idle are retired after an hour.")
    assert reading(judge, "d1").labels == (Label.DEPRECATION,)
    assert standing(judge)
    said = correct(judge, "news", "d1", [Label.OTHER], "ana", "idle sessions, not the model", later(minutes=5))
    assert said.endswith("; 1 alert ended")
    assert not standing(judge)
    assert retests(judge) == 0


def test_an_end_that_another_note_announces_too_stands(judge: JudgeParts) -> None:
    take(judge, "d0", "gpt-4.1 ends", "gpt-4.1 will be shut down on 2027-06-01.")
    take(judge, "d1", "Ends of gpt-4.1 sessions", "Sessions with gpt-4.1 that idle are retired after an hour.", 2)
    correct(judge, "news", "d1", [Label.OTHER], "ana", "idle sessions, not the model", later(minutes=5))
    assert len(standing(judge)) == 1


def test_a_correction_that_is_withdrawn_gives_the_word_back_to_the_rules(judge: JudgeParts) -> None:
    take(judge, "d1", "Ends of gpt-4.1 sessions", "Sessions with gpt-4.1 that idle are retired after an hour.")
    correct(judge, "news", "d1", [Label.OTHER], "ana", "idle sessions", later(minutes=5))
    (rule,) = rules(judge)
    said = take_back(judge, rule[:12], "bo", "the model ends as well", later(minutes=9))
    assert said.startswith("the correction of Ends of gpt-4.1 sessions is withdrawn")
    assert reading(judge, "d1").labels == (Label.DEPRECATION,)
    assert len(standing(judge)) == 1
    assert rules(judge) == []


def test_others_that_are_read_otherwise_by_it_are_counted_and_an_overruled_correction_is_named(
    judge: JudgeParts,
) -> None:
    take(judge, "g1", GUIDE, "Longer sentences.")
    take(judge, "g2", GUIDE, "Longer sentences, part two.")
    said = correct(judge, "news", "g1", [Label.BEHAVIOUR_CHANGE], "ana", "longer", later(minutes=5))
    assert said == f"{GUIDE} is behaviour_change; 1 other note of the vendor read otherwise"
    again = correct(judge, "news", "g2", [Label.OTHER], "bo", "no", later(minutes=6))
    assert "1 earlier correction overruled: pulse-tui classify --corrections" in again


def test_a_second_correction_of_a_note_takes_the_place_of_the_first(judge: JudgeParts) -> None:
    take(judge, "g1", GUIDE, "Longer sentences.")
    correct(judge, "news", "g1", [Label.BEHAVIOUR_CHANGE], "ana", "longer", later(minutes=5))
    correct(judge, "news", "g1", [Label.OTHER], "ana", "no, as before", later(minutes=6))
    assert len(rules(judge)) == 1
    assert reading(judge, "g1").labels == (Label.OTHER,)
    assert not standing(judge)


def test_a_note_that_is_not_there_no_label_and_no_reason_are_refused(judge: JudgeParts) -> None:
    take(judge, "g1", GUIDE, "Longer sentences.")
    with pytest.raises(NotFound, match="has no note"):
        correct(judge, "news", "nothing", [Label.OTHER], "ana", "why", later(minutes=5))
    with pytest.raises(WrongUse, match="label is missing"):
        correct(judge, "news", "g1", [], "ana", "why", later(minutes=5))
    with pytest.raises(WrongUse, match="reason"):
        correct(judge, "news", "g1", [Label.OTHER], "ana", " ", later(minutes=5))
    with pytest.raises(NotFound, match="no correction"):
        take_back(judge, "r9", "ana", "why", later(minutes=5))
    assert rules(judge) == []
