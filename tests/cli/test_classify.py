"""``pulse-tui classify`` through its own ``arguments`` and ``run``, and its corrections through the command line."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.cli import classify
from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.note import Label, LocalRule
from pulse_tui.storage.store import SqlStore
from tests.cli.conftest import Shell

END = {"id": "a", "vendor": "openai", "title": "Ends", "body": "gpt-4.1 will be shut down on 2027-03-01."}


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    classify.arguments(parser, "classify")
    return classify.run(parser.parse_args(list(words)), "classify")


def written(folder: Path, *lines: object) -> str:
    file = folder / "notes.jsonl"
    file.write_bytes(b"\n".join(x if isinstance(x, bytes) else json.dumps(x).encode() for x in lines) + b"\n")
    return str(file)


def answers(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_note_gives_one_line_in_the_same_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = {"id": 7, "title": "Console", "body": "A button was added."}
    weak = {"id": "c", "title": "A guide to gpt-4.1", "body": "For teachers."}
    assert run(written(tmp_path, END, other, weak), "--json") == 0
    assert answers(capsys) == [
        {"id": "a", "labels": ["deprecation"], "why": "deprecation: shut down", "review": False},
        {"id": 7, "labels": ["other"], "why": "", "review": False},
        {"id": "c", "labels": ["other"], "why": "names gpt-4.1", "review": True},
    ]


def test_labels_and_models_that_a_line_brings_are_no_evidence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"id": 1, "title": "Console", "body": "A button was added.", "labels": ["incident"], "models": ["gpt-4.1"]}
    assert run(written(tmp_path, given), "--json") == 0
    assert answers(capsys) == [{"id": 1, "labels": ["other"], "why": "", "review": False}]


@pytest.mark.parametrize(
    ("given", "label"),
    [
        ({"source": "acme-status"}, "incident"),
        ({"source": "acme-deprecations"}, "deprecation"),
        ({"source": "pypa-advisories"}, "security"),
        ({"url_or_repo": "https://status.acme.example/incidents/1"}, "incident"),
        ({"url_or_repo": "https://acme.example/docs/deprecations#june"}, "deprecation"),
        ({"kind": "bulletin"}, "security"),
        ({"section": "2027-01-02 > Deprecated"}, "deprecation"),
        ({"source": "acme-changelog", "url_or_repo": "https://acme.example/changelog"}, "other"),
    ],
)
def test_where_a_note_stands_counts_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: dict[str, str], label: str
) -> None:
    assert run(written(tmp_path, {"id": 1, "title": "The blue one", "body": "See the table.", **given}), "--json") == 0
    assert [row["labels"] for row in answers(capsys)] == [[label]]


@pytest.mark.parametrize(
    ("line", "ident", "problem"),
    [
        (b"{", None, "line 2: not JSON"),
        (b"\xff\xfe\x00", None, "line 2: not "),
        (b"[1]", None, "line 2: not an object"),
        (b'{"id": "x"}', "x", "line 2: neither title nor body"),
        (b'{"id": "x", "title": 3}', "x", "line 2: title is no text"),
        (b'{"id": {}, "title": "a"}', None, "line 2: id is no text"),
        (b'{"id": 1, "title": "a", "kind": "poem"}', 1, "line 2: kind is one of"),
        (b"[" * 100_000, None, "line 2: not JSON"),
        (b"x" * 2**21, None, "line 2: longer than"),
    ],
)
def test_a_line_that_is_no_note_is_refused_and_the_others_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: bytes, ident: object, problem: str
) -> None:
    assert run(written(tmp_path, END, line, END), "--json") == 1
    first, refused, last = answers(capsys)
    assert first == last
    assert refused["id"] == ident
    assert refused["error"].startswith(problem)


def test_notes_come_from_standard_input_and_empty_lines_are_skipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = b"\n" + json.dumps(END).encode() + b"\n\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert run("-", "--json") == 0
    assert len(answers(capsys)) == 1


def test_without_json_a_reader_sees_what_was_decided_and_no_escape(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = {"id": "\x1b[31mred", "title": "gpt-4.1 \x1b]0;x\x07", "body": "is retired"}
    assert run(written(tmp_path, END, hostile, {"id": 2, "title": "A guide to gpt-4.1"})) == 0
    said = capsys.readouterr().out
    assert "● a  deprecation  deprecation: shut down" in said
    assert "◆ review 2  other" in said
    assert "\x1b" not in said


def test_a_file_that_is_not_there_and_no_file_are_wrong_use() -> None:
    with pytest.raises(WrongUse, match="nowhere"):
        run("nowhere.jsonl")
    with pytest.raises(WrongUse, match="FILE is needed"):
        run()


@pytest.fixture
def db(shell: Shell) -> Iterator[SqlStore]:
    store = SqlStore("sqlite:///pulse.db", shell.config)
    yield store
    store.close()


AT = datetime(2026, 11, 2, tzinfo=UTC)


def rule(
    ident: str, labels: tuple[Label, ...], at: datetime = AT, words: tuple[str, ...] = ("shut down",)
) -> LocalRule:
    return LocalRule(
        id=ident, vendor="openai", words=words, labels=labels, by="ana", at=at, why="seen before",
        source="news", key="n1", title="Ends", body="gpt-4.1 will be shut down.",
    )  # fmt: skip


def test_corrections_are_listed_and_count_before_every_rule(shell: Shell, tmp_path: Path, db: SqlStore) -> None:
    with db.write() as tx:
        tx.vendors.put_local_rule(rule("r1", (Label.INCIDENT,)))
    listed = shell("classify", "--corrections", "--json")
    assert listed.code == 0
    assert [(r["labels"], r["words"], r["holds"]) for r in listed.json()] == [(["incident"], ["shut down"], True)]
    assert "by ana on 2026-11-02, of Ends: seen before" in shell("classify", "--corrections").out
    path = written(tmp_path, END, {**END, "vendor": "mistral"})
    read = shell("classify", path, "--corrections", "--json").out.splitlines()
    assert [json.loads(line)["labels"] for line in read] == [["incident"], ["deprecation"]]
    plain = shell("classify", path, "--json").out.splitlines()
    assert [json.loads(line)["labels"] for line in plain] == [["deprecation"], ["deprecation"]]


def test_a_correction_that_a_later_one_overrules_is_shown_and_exits_with_one(shell: Shell, db: SqlStore) -> None:
    with db.write() as tx:
        tx.vendors.put_local_rule(rule("r1", (Label.INCIDENT,)))
        tx.vendors.put_local_rule(rule("r2", (Label.OTHER,), AT.replace(day=3), ("gpt-4.1", "shut down")))
    listed = shell("classify", "--corrections")
    assert listed.code == 1
    assert "a later correction by ana reads this note as other" in listed.out
    assert "2 corrections, 1 overruled" in listed.out
