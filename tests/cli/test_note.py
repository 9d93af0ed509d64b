"""``pulse-tui note``: what vendors published, from the shell."""

from __future__ import annotations

import pytest

from pulse_tui.wiring import House
from tests.cli.conftest import Shell
from tests.fakes.nouns import changed
from tests.servers.loopback import Loopback, Reply

ITEM = "<item><guid>{0}</guid><title>{1}</title><link>https://acme.test/{0}</link><pubDate>Mon, 23 Nov 2026 08:00:00 GMT</pubDate></item>"
HEAD = '<?xml version="1.0"?><rss version="2.0"><channel><title>news</title>'


@pytest.fixture
def read(shell: Shell, server: Loopback) -> Shell:
    """A feed of one note was read."""
    items = ITEM.format("n1", "gpt-4.1 is deprecated and shuts down on 2027-03-01")
    server.on("GET", "/feed", Reply(body=f"{HEAD}{items}</channel></rss>".encode()))
    assert shell("refresh", "news").code == 0
    return shell


def test_notes_are_listed_and_one_is_shown(read: Shell) -> None:
    (row,) = read("note", "list", "--json").json()
    assert (row["source"], row["labels"], row["whom"]) == ("news", ["deprecation"], [])
    assert "[deprecation]  gpt-4.1 is deprecated" in read("note", "list").out
    assert read("note", "list", "--source", "other").out == "no note\n"
    shown = read("note", "show", "news", row["key"])
    assert "What to do now:" in shown.out
    assert "first read" in shown.out
    assert read("note", "show", "news", row["key"], "--json").json()["row"]["title"] == row["title"]


def test_a_note_that_is_not_there_and_a_wrong_number_of_words_are_refused(read: Shell) -> None:
    missing = read("note", "show", "news", "n9")
    assert missing.code != 0
    assert "there is no note 'n9' of 'news'" in missing.err
    wrong = read("note", "show", "news")
    assert (wrong.code, "takes a source and a key" in wrong.err) == (2, True)
    assert read("note", "label", "news", "n1").code == 2
    assert read("note", "withdraw").code == 2


def test_without_a_hosted_model_nothing_ends_and_nobody_has_corrected_anything(read: Shell) -> None:
    ends = read("note", "shutdowns")
    assert (ends.code, ends.out) == (0, "no hosted model is known to be in use\n")
    assert read("note", "shutdowns", "--json").json()["models"] == []
    assert read("note", "corrections").out == "nobody has corrected a label\n"


def test_labels_are_corrected_with_a_reason_and_the_correction_is_withdrawn(read: Shell) -> None:
    (row,) = read("note", "list", "--json").json()
    why = read("note", "label", "news", row["key"], "pricing")
    assert why.code != 0
    assert read("note", "label", "news", row["key"], "prices", "--why", "x").code != 0
    done = read("note", "label", "news", row["key"], "pricing,rate-limit", "--why", "it is about money")
    assert (done.code, "is rate_limit, pricing" in done.out) == (0, True), done
    (corrected,) = read("note", "list", "--json").json()
    assert (corrected["labels"], corrected["corrected"]) == (["rate_limit", "pricing"], True)
    (made,) = read("note", "corrections", "--json").json()
    assert (made["why"], made["by"]) == ("it is about money", "ana")
    assert read("note", "withdraw", made["id"], "--why", "a mistake").code == 0
    assert read("note", "list", "--json").json()[0]["labels"] == ["deprecation"]
    assert read("note", "withdraw", made["id"], "--why", "twice").code != 0


def test_a_note_that_waits_for_a_person_stands_in_status_and_doctor(read: Shell) -> None:
    assert "wait" not in read("status").out.split("configuration")[0]
    house = House(read.config)
    try:
        with house.store.write() as tx:
            (stored,) = tx.vendors.notes()
            tx.vendors.put_note(stored.note, changed(stored.reading, review=True), stored.first_at)
    finally:
        house.close()
    words = "1 note of vendors waits for a person, the newest: gpt-4.1 is deprecated"
    assert words in read("status").out
    assert words in read("doctor").out
