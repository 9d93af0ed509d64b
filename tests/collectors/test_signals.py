"""What the signals collector does with good, bad, half-written and hostile files."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.collectors import signals
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.source import Collected, Cursor
from tests.collectors.contexts import context

GOOD: dict[str, Any] = {
    "id": "s-1",
    "source": "ci",
    "signal_type": "version_event",
    "change": "deployment",
    "severity": "low",
    "confidence": 0.9,
    "recommended_action": "note",
    "occurred_at": "2026-11-23T02:00:00Z",
    "observed_at": "2026-11-23T02:00:01Z",
    "title": "support-bot 3.8.2 deployed",
    "evidence": {"ref": "abc"},
    "fingerprint": "f1",
}


def good(**changes: Any) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def read(data: bytes, name: str = "drop.json") -> Collected:
    return signals.parse(name, data, signals.Options(), context())


def ids(collected: Collected) -> list[str]:
    return [s.id for s in collected.observations if isinstance(s, Signal)]


def test_an_object_an_array_and_json_lines_are_read() -> None:
    pretty = json.dumps(GOOD, indent=2).encode()
    assert ids(read(pretty)) == ["s-1"]
    assert ids(read(b"\xef\xbb\xbf  [" + good(id="a") + b",\n" + good(id="b") + b"]")) == ["a", "b"]
    assert ids(read(good(id="a") + b"\r\n\n" + good(id="b") + b"\n")) == ["a", "b"]


def test_a_bad_record_is_refused_by_line_and_field_and_its_neighbours_land() -> None:
    got = read(good(id="a") + b"\n" + good(colour="red") + b"\n{broken\n" + good(id="b"), "x.jsonl")
    assert ids(got) == ["a", "b"]
    assert [r.problem.where for r in got.rejected] == ["x.jsonl:2: colour", "x.jsonl:3: record"]
    assert got.rejected[0].raw == good(colour="red")


def test_a_bad_record_of_an_array_is_refused_by_index() -> None:
    got = read(b"[" + good(id="a") + b", 7, " + good(severity="huge") + b"]")
    assert ids(got) == ["a"]
    assert [r.problem.where for r in got.rejected] == ["drop.json[1]: record", "drop.json[2]: severity"]


@pytest.mark.parametrize("data", [b"[" + good() + b",", good()[:-20], b"", b"  \n", b"hello", b"[" * 100_000])
def test_a_file_that_is_no_whole_json_is_an_error_with_its_name(data: bytes) -> None:
    with pytest.raises(SourceError, match=r"drop\.json"):
        read(data)


def test_the_error_of_a_truncated_file_says_line_and_column() -> None:
    data = b"[\n" + good() + b",\n" + good()[:10]
    with pytest.raises(SourceError, match=r"drop\.json:3:11: the JSON ends too early \(byte"):
        read(data)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"<?xml version='1.0'?><a/>", "is XML, not JSON"),
        (b"<!DOCTYPE html><html></html>", "is HTML, not JSON"),
        (b"# a comment\nname: x\nitems:\n- 1\n", "is YAML, not JSON"),
        (b"---\na: 1\n", "is YAML, not JSON"),
        (b"PK\x03\x04rest", "is a zip, not JSON"),
    ],
)
def test_a_file_of_another_language_is_called_by_its_name(data: bytes, what: str) -> None:
    with pytest.raises(SourceError, match=f"drop.json {what}"):
        read(data)


def test_the_place_of_an_error_is_told_once() -> None:
    with pytest.raises(SourceError) as caught:
        read(b"hello")
    assert str(caught.value).count("(byte") == 1


def test_a_record_nested_too_deeply_is_refused() -> None:
    got = read(good(id="a") + b"\n" + b'{"a":' * 50_000 + b"1" + b"}" * 50_000)
    assert ids(got) == ["a"]
    assert len(got.rejected) == 1


def test_a_title_cannot_write_on_the_screen() -> None:
    got = read(good(title="\x1b]0;owned\x07[red]x\u202e"))
    assert [s.title for s in got.observations if isinstance(s, Signal)] == ["[red]x"]


def test_a_drop_folder_is_read_once_until_a_file_changes(tmp_path: Path) -> None:
    options = signals.Options(path="drop")
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "a.json").write_bytes(good(id="a"))
    (drop / "b.jsonl").write_bytes(good(id="b") + b"\n" + good(severity="huge"))
    (drop / ".c.json").write_bytes(good(id="c"))
    (drop / "d.json.part").write_bytes(good(id="d"))
    first = signals.collect(options, context(tmp_path))
    assert (sorted(ids(first)), len(first.rejected)) == (["a", "b"], 1)
    second = signals.collect(options, context(tmp_path, cursor=first.cursor))
    assert second.unchanged
    assert (second.observations, second.rejected) == ((), ())
    (drop / "d.json.part").rename(drop / "d.json")
    (drop / "a.json").write_bytes(good(id="a2", title="longer than before, so the size changed"))
    third = signals.collect(options, context(tmp_path, cursor=second.cursor))
    assert sorted(ids(third)) == ["a2", "d"]


def test_one_broken_file_of_a_folder_is_refused_once_and_the_others_land(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(good(id="a"))
    (tmp_path / "b.json").write_bytes(good()[:-5])
    first = signals.collect(signals.Options(path="."), context(tmp_path))
    assert ids(first) == ["a"]
    assert [r.problem.where.partition(":")[0] for r in first.rejected] == ["b.json"]
    assert signals.collect(signals.Options(path="."), context(tmp_path, cursor=first.cursor)).rejected == ()


def test_a_missing_path_a_broken_single_file_and_a_file_over_the_cap_are_errors(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes(b"[")
    (tmp_path / "c.json").write_bytes(good())
    for options, what in (
        (signals.Options(path="nowhere"), "nowhere does not exist"),
        (signals.Options(), "names no path"),
        (signals.Options(path="b.json"), r"b\.json:1:2: the JSON ends too early"),
        (signals.Options(path="c.json", max_bytes=100), r"c\.json is over the cap of 100 bytes"),
    ):
        with pytest.raises(SourceError, match=what):
            signals.collect(options, context(tmp_path))


def test_a_glob_chooses_files_and_a_foreign_bookmark_is_no_harm(tmp_path: Path) -> None:
    (tmp_path / "night-1.json").write_bytes(good(id="n"))
    (tmp_path / "day-1.json").write_bytes(good(id="d"))
    cursor = Cursor(bookmark="page 7")
    got = signals.collect(signals.Options(path=str(tmp_path / "night-*.json")), context(cursor=cursor))
    assert ids(got) == ["n"]


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    with contextlib.suppress(SourceError):
        read(data)
