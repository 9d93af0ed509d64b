"""The list of notes, the page of one, and when the models in use end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from pulse_tui.domain.bill import Bill
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.estate import Component
from pulse_tui.domain.lifecycle import Lifecycle, Stage
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.note import Label, LocalRule, Note, NoteKind, Reading
from pulse_tui.domain.vendor_task import TaskKind, VendorTask
from pulse_tui.domain.views.vendors import NoteStory, ShutdownRow
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.vendors.diff import diff
from pulse_tui.services.alerts.story import alert_story
from pulse_tui.services.parts import JudgeParts, RollbackParts
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.services.vendors.reached import NoteMemory
from pulse_tui.services.vendors.shutdowns import shutdowns
from pulse_tui.services.vendors.story import correction_rows, hunks, note_rows, note_story
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW, changed, later
from tests.services.said import alerts

NOTE = Note(
    source="news", key="n1", vendor="openai", title="gpt-4.1 will be shut down", published_at=NOW,
    body="gpt-4.1 will be shut down on June 15, 2027 in the API.", kind=NoteKind.DEPRECATIONS, link="https://example.com/1",
)  # fmt: skip
READING = Reading(
    labels=(Label.DEPRECATION,), effective_at=later(days=200), why=((Label.DEPRECATION, "will be shut down"),)
)


def put(store: SqlStore, note: Note = NOTE, reading: Reading = READING, at: datetime = NOW, **how: Any) -> None:
    with store.write() as tx:
        tx.vendors.put_note(note, reading, at, **how)


def uses(store: SqlStore, asset: str, *ids: str) -> None:
    used = tuple(Component(id=i, kind=ComponentKind.HOSTED_MODEL, name=i.rpartition("/")[2]) for i in ids)
    with store.write() as tx:
        tx.dependencies.put_bill(Bill(source="estate", asset_id=asset, document="models", at=NOW, components=used))


def page(judge: JudgeParts, key: str = "n1") -> NoteStory:
    return note_story(judge.store, "news", key, later(hours=1))


def texts(story: NoteStory) -> str:
    return "\n".join(f"{label}: {text}" for label, text in story.lines)


def test_the_newest_note_stands_first_with_whom_it_reaches(judge: JudgeParts, store: SqlStore) -> None:
    put(store)
    put(store, changed(NOTE, key="n2", title="Gemini is cheaper", body="Gemini 2.5 Pro"), at=later(hours=1))
    first, second = note_rows(store, NoteMemory())
    assert (first.key, first.whom) == ("n2", ())
    assert (second.key, second.whom, second.labels) == ("n1", ("support-bot",), ("deprecation",))


def test_what_was_edited_removed_or_came_back_is_marked(store: SqlStore) -> None:
    put(store)
    assert note_rows(store, NoteMemory())[0].mark == ""
    put(store, changed(NOTE, body="gpt-4.1 will be shut down on July 1, 2027 in the API."), at=later(hours=1))
    assert note_rows(store, NoteMemory())[0].mark == "edited"
    with store.write() as tx:
        tx.vendors.unlist("news", ["n1"], later(hours=2))
    assert note_rows(store, NoteMemory())[0].mark == "removed"
    put(store, at=later(hours=3))
    assert note_rows(store, NoteMemory())[0].mark == "back again"


def test_the_review_queue_holds_only_what_a_person_should_look_at(store: SqlStore) -> None:
    put(store)
    put(store, changed(NOTE, key="n2"), changed(READING, labels=(Label.OTHER,), review=True), baseline=True)
    (row,) = note_rows(store, NoteMemory(), review=True)
    assert (row.key, row.word) == ("n2", "review, history")
    assert note_rows(store, NoteMemory(), source="elsewhere") == ()


def test_a_corrected_note_says_so_and_the_corrections_list_it(store: SqlStore) -> None:
    put(store)
    rule = LocalRule(
        id="r", vendor="openai", words=("shut down",), labels=(Label.OTHER,), by="ana", at=NOW, why="a drill",
        source="news", key="n1", title=NOTE.title,
    )  # fmt: skip
    with store.write() as tx:
        tx.vendors.put_local_rule(rule)
    assert note_rows(store, NoteMemory())[0].corrected
    (made,) = correction_rows(store)
    assert (made.labels, made.words, made.why) == (("other",), ("shut down",), "a drill")


def test_the_page_answers_the_three_questions_first(judge: JudgeParts, store: SqlStore) -> None:
    put(store)
    story = page(judge)
    labels = [label for label, _ in story.lines if label]
    assert list(dict.fromkeys(labels))[:4] == ["What changed", "What is the risk", "What to do now", "Labels"]
    text = texts(story)
    assert "takes effect" in text
    assert "support-bot (prod, canary; of ml-support)" in text
    assert "“will be shut down”" in text
    assert (story.link, story.assets) == ("https://example.com/1", ("support-bot",))


def test_a_note_that_is_not_there_is_not_found(judge: JudgeParts) -> None:
    with pytest.raises(NotFound, match="there is no note 'n9' of 'news'"):
        page(judge, "n9")


def test_a_note_whose_date_lies_before_its_first_reading_says_by_how_much(judge: JudgeParts, store: SqlStore) -> None:
    put(store, at=later(days=8))
    assert "back-dated, or read late, by 8 d" in texts(page(judge))
    put(store, changed(NOTE, key="n2"), at=later(days=8), baseline=True)
    assert "back-dated" not in texts(page(judge, "n2"))
    put(store, changed(NOTE, key="n3", dated=False), at=later(days=8))
    assert "it bears no date" in texts(page(judge, "n3"))


def test_the_history_shows_each_edit_with_the_words_that_went_and_came(judge: JudgeParts, store: SqlStore) -> None:
    put(store)
    put(store, changed(NOTE, body="gpt-4.1 will be shut down on July 1, 2027 in the API."), at=later(hours=1))
    first, edit = page(judge).edits
    assert (first.what, first.hunks) == ("first read", ())
    assert edit.what == "edited"
    (hunk,) = edit.hunks
    assert "June 15," in hunk.deleted
    assert "July 1," in hunk.added
    assert edit.moved == ("shutdown moved June 15, 2027 -> July 1, 2027",)


def test_an_earliest_date_is_never_shown_as_the_date(judge: JudgeParts, store: SqlStore) -> None:
    put(store, reading=changed(READING, floor=True))
    text = texts(page(judge))
    assert page(judge).lines[1][1].startswith("not sooner than"), "it stands above the fold"
    assert "takes effect" not in text


def test_what_it_asks_for_stands_with_its_state(judge: JudgeParts, store: SqlStore) -> None:
    put(store)
    task = VendorTask(
        key="t", kind=TaskKind.RETEST, asset_id="support-bot", component="openai/gpt-4.1", source="news", note="n1",
        title="t", asked_at=NOW, due_at=later(days=-2),
    )  # fmt: skip
    with store.write() as tx:
        tx.vendors.put_task(task)
        tx.vendors.put_task(
            changed(
                task,
                key="u",
                kind=TaskKind.SUCCESSOR,
                successor="gpt-5.5",
                done_at=NOW,
                verdict="PASS",
                run_id="r1",
                how="run r1",
            )
        )
    text = texts(page(judge))
    assert "What to do now: support-bot: retest after a change of openai/gpt-4.1" in text
    assert "OVERDUE" in text.upper()
    assert "✓ support-bot: successor of openai/gpt-4.1 done 2026-11-23 PASS: run r1" in text


def test_what_reaches_nothing_asks_for_nothing(judge: JudgeParts, store: SqlStore) -> None:
    put(store, changed(NOTE, title="Gemini", body="Gemini 2.5 Pro is here"), Reading(labels=(Label.NEW_MODEL,)))
    text = texts(page(judge))
    assert "it names nothing that is known to run here" in text
    assert "nothing: it reaches nothing of yours" in text


def test_what_other_lists_state_stands_beside_it_and_an_earlier_end_is_a_risk(
    judge: JudgeParts, store: SqlStore
) -> None:
    uses(store, "support-bot", "openai/gpt-4.1")
    put(store)
    early = Lifecycle(
        source="list", platform="openai", model="gpt-4.1", stage=Stage.DEPRECATED, ends_at=later(days=100)
    )
    with store.write() as tx:
        tx.vendors.put_lifecycles("list", [early], NOW, whole=True)
    text = texts(page(judge))
    assert "▲ openai states an earlier end" in text
    assert f"list: openai/gpt-4.1 deprecated {later(days=100):%Y-%m-%d}" in text


# ------------------------------------------------------------------------------- ends


def ends(store: SqlStore) -> dict[str, ShutdownRow]:
    return {row.key: row for row in shutdowns(store, NoteMemory(), NOW).rows}


def state(store: SqlStore, *items: Lifecycle) -> None:
    with store.write() as tx:
        for item in items:
            tx.vendors.put_lifecycles(item.source, [item], NOW, whole=False)


def test_a_model_without_any_statement_has_no_known_date_and_stands_last(judge: JudgeParts, store: SqlStore) -> None:
    uses(store, "support-bot", "openai/gpt-4.1", "azure/gpt-4.1")
    state(store, Lifecycle(source="list", platform="openai", model="gpt-4.1", ends_at=later(days=40)))
    found = shutdowns(store, NoteMemory(), NOW)
    assert [(r.key, r.state(to_us(NOW))) for r in found.rows] == [
        ("openai/gpt-4.1", "ends"),
        ("azure/gpt-4.1", "no date"),
    ]
    azure = found.rows[1]
    assert azure.statements == ()
    assert azure.elsewhere == (f"openai/gpt-4.1 {later(days=40):%Y-%m-%d} (list)",)


def test_what_ended_and_is_still_used_stays_on_top(judge: JudgeParts, store: SqlStore) -> None:
    uses(store, "support-bot", "openai/gpt-4.1", "openai/o3")
    state(
        store,
        Lifecycle(source="list", platform="openai", model="gpt-4.1", ends_at=later(days=4)),
        Lifecycle(source="list", platform="openai", model="o3", ends_at=later(days=-400)),
    )
    first, second = shutdowns(store, NoteMemory(), NOW).rows
    assert (first.key, first.state(to_us(NOW)), second.key) == ("openai/o3", "ended", "openai/gpt-4.1")


def test_sources_that_state_other_dates_differ_and_the_earliest_counts(judge: JudgeParts, store: SqlStore) -> None:
    uses(store, "support-bot", "openai/gpt-4.1")
    state(
        store,
        Lifecycle(source="a", platform="openai", model="gpt-4.1", ends_at=later(days=90)),
        Lifecycle(source="b", platform="OpenAI", model="GPT-4.1", ends_at=later(days=40), successor="gpt-5.5"),
    )
    row = ends(store)["openai/gpt-4.1"]
    assert (row.differ, row.days(to_us(NOW)), row.successor) == (True, 40, "gpt-5.5")


def test_a_note_of_the_platform_states_an_end_and_a_note_of_another_does_not(
    judge: JudgeParts, store: SqlStore
) -> None:
    uses(store, "support-bot", "openai/gpt-4.1", "azure/gpt-4.1")
    put(store)
    found = ends(store)
    (stated,) = found["openai/gpt-4.1"].statements
    assert (stated.source, stated.note, stated.ends_us) == ("news", "n1", to_us(later(days=200)))
    assert found["openai/gpt-4.1"].successor == ""
    task = VendorTask(
        key="t", kind=TaskKind.SUCCESSOR, asset_id="support-bot", component="openai/gpt-4.1", source="news", note="n1",
        title="t", asked_at=NOW, successor="openai/gpt-5.5",
    )  # fmt: skip
    with store.write() as tx:
        tx.vendors.put_task(task)
    assert ends(store)["openai/gpt-4.1"].successor == "openai/gpt-5.5"
    assert found["azure/gpt-4.1"].statements == ()
    assert found["azure/gpt-4.1"].elsewhere == (f"openai {later(days=200):%Y-%m-%d} (news)",)


def test_an_earliest_date_is_no_end(judge: JudgeParts, store: SqlStore) -> None:
    uses(store, "support-bot", "openai/gpt-4.1")
    state(store, Lifecycle(source="list", platform="openai", model="gpt-4.1", ends_at=later(days=40), floor=True))
    row = ends(store)["openai/gpt-4.1"]
    assert (row.state(to_us(NOW)), row.when) == ("not before", f"≥ {later(days=40):%Y-%m-%d}")


def test_a_list_that_names_the_model_no_longer_has_not_ended_it(judge: JudgeParts, store: SqlStore) -> None:
    uses(store, "support-bot", "openai/gpt-4.1")
    state(store, Lifecycle(source="list", platform="openai", model="gpt-4.1", ends_at=later(days=40)))
    with store.write() as tx:
        tx.vendors.put_lifecycles("list", [], NOW, whole=True)
    row = ends(store)["openai/gpt-4.1"]
    assert (row.state(to_us(NOW)), row.statements[0].listed) == ("ends", False)


def test_places_that_stand_close_are_shown_as_one_and_what_was_not_edited_is_left_out() -> None:
    text = " ".join(f"word{n}" for n in range(40))
    one = changed(NOTE, title="t", body=text)
    two = changed(one, body=text.replace("word3 ", "three ").replace("word5 ", "five ").replace("word30", "thirty"))
    first, second = hunks(diff(one, two).words)
    assert (first.deleted, first.added) == (
        "t word0 word1 word2 word3 word4 word5 word6 word7 word8 word9 …",
        "t word0 word1 word2 three word4 five word6 word7 word8 word9 …",
    )
    assert second.added == "… word26 word27 word28 word29 thirty word31 word32 word33 word34 …"
    (only,) = hunks(diff(one, changed(one, body=f"{text} more")).words)
    assert (only.deleted, only.added) == ("", "… word36 word37 word38 word39 more")


def test_what_was_found_out_of_a_note_holds_until_it_or_what_is_in_use_changes(
    judge: JudgeParts, store: SqlStore
) -> None:
    memory = NoteMemory()
    put(store, changed(NOTE, body="openai/o3 will be shut down", title="o3 will be shut down"))
    assert note_rows(store, memory)[0].whom == ()
    uses(store, "gateway", "openai/o3")
    assert note_rows(store, memory)[0].whom == ("gateway",)
    put(store, changed(NOTE, body="gpt-4.1 will be shut down"), at=later(hours=1))
    (row,) = note_rows(store, memory)
    assert (row.whom, row.mark) == (("support-bot",), "edited")
    assert note_rows(store, memory) == (row,)


def test_a_note_of_a_family_says_so_of_what_it_does_not_name_exactly(judge: JudgeParts, store: SqlStore) -> None:
    uses(store, "support-bot", "openai/gpt-4.1-2025-04-14", "openai/gpt-4.1")
    put(store, changed(NOTE, title="gpt-4.1-2025-04-14 will be shut down", body="It ends on June 15, 2027."))
    text = texts(page(judge))
    assert "openai/gpt-4.1-2025-04-14 exactly" in text
    assert "openai/gpt-4.1 by its family" in text


def test_the_alert_of_a_note_names_its_page(parts: RollbackParts) -> None:
    judge = parts.judging
    item = changed(NOTE, published_at=NOW)
    ingest([item], [], judge, NOW)
    (alert,) = [a for a in alerts(judge) if a.asset_id == "support-bot"]
    assert alert_story(parts, alert.id).note == ("news", "n1")
    assert page(judge).alerts == (alert.id,)
