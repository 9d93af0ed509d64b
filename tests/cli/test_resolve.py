"""``pulse-tui resolve`` through its own ``arguments`` and ``run``."""

from __future__ import annotations

import argparse
import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.cli import resolve
from pulse_tui.domain.errors import PulseError, WrongUse

CATALOGUE = {
    "openai": {"models": {"gpt-4.1": {"name": "GPT-4.1", "release_date": "2025-04-14"}, "o3": {}}},
    "anthropic": {"models": {"claude-opus-4-0": {}, "claude-opus-4-20250514": {}, "claude-opus-4-6": {}}},
}


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    resolve.arguments(parser, "resolve")
    return resolve.run(parser.parse_args(list(words)), "resolve")


def written(folder: Path, *lines: object) -> str:
    file = folder / "names.jsonl"
    file.write_bytes(b"\n".join(x if isinstance(x, bytes) else json.dumps(x).encode() for x in lines) + b"\n")
    return str(file)


@pytest.fixture
def catalogue(tmp_path: Path) -> str:
    file = tmp_path / "api.json.gz"
    file.write_bytes(gzip.compress(json.dumps(CATALOGUE).encode()))
    return str(file)


def answers(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_batch_gives_one_line_per_line_in_the_same_order(
    tmp_path: Path, catalogue: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [
        "azure/gpt-4.1-2025-04-14",
        "acme/bot",
        "openrouter/anthropic/claude-opus-4",
        "us.anthropic.claude-opus-4-6-v1",
    ]
    path = written(tmp_path, *({"alias": n, "vendor": "any"} for n in names))
    assert run("--catalogue", catalogue, "--batch", path, "--json") == 0
    rows = answers(capsys)
    assert [(r["alias"], r["canonical"], r["match"]) for r in rows] == [
        ("azure/gpt-4.1-2025-04-14", "openai/gpt-4.1", "exact"),
        ("acme/bot", None, "unknown"),
        ("openrouter/anthropic/claude-opus-4", None, "family"),
        ("us.anthropic.claude-opus-4-6-v1", "anthropic/claude-opus-4-6", "exact"),
    ]
    assert [r["family"] for r in rows] == [
        "openai/gpt-4.1",
        None,
        "anthropic/claude-opus-4",
        "anthropic/claude-opus-4-6",
    ]
    assert all(r["why"] for r in rows)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ({"alias": 3}, "alias is no text"),
        ({"name": "gpt-4.1"}, "alias is missing"),
        (["gpt-4.1"], "not an object"),
        (b"gpt-4.1", "not JSON"),
        (b'{"alias": "\xff"}', "not UTF-8"),
        (b"[" * 100_000, "not JSON"),
        (b'{"alias": "' + b"x" * 2**21 + b'"}', "longer than"),
    ],
)
def test_a_bad_line_is_answered_with_its_number_and_the_others_land(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], bad: object, why: str
) -> None:
    path = written(tmp_path, {"alias": "o3"}, b"", bad, {"alias": "o1"})
    assert run("--batch", path, "--json") == 1
    first, error, last = answers(capsys)
    assert (first["canonical"], last["canonical"]) == ("openai/o3", "openai/o1")
    assert set(error) == {"error"}
    assert error["error"].startswith("line 3: ")
    assert why in error["error"]


def test_an_alias_comes_back_as_it_was_given_and_cannot_write_on_the_screen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = ["\x1b]0;x\x07gpt-4.1", "[bold]gpt-4.1", "gpt\u202e-4.1", "\ud800", "x" * 10_000, ""]
    path = written(tmp_path, *({"alias": a} for a in hostile))
    assert run("--batch", path, "--json") == 0
    out = capsys.readouterr().out
    assert out.isascii()
    assert "\x1b" not in out
    rows = [json.loads(line) for line in out.splitlines()]
    assert [r["alias"] for r in rows] == hostile
    assert {r["match"] for r in rows} == {"unknown"}
    assert run("--batch", path) == 0
    shown = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert len(shown.splitlines()) == len(hostile)


def test_names_are_shown_with_what_they_mean_and_why(catalogue: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--catalogue", catalogue, "azure/gpt-4.1-2025-04-14", "claude-opus-4", "acme-bot") == 0
    exact, family, unknown = capsys.readouterr().out.splitlines()
    assert exact == "● azure/gpt-4.1-2025-04-14  exact  openai/gpt-4.1  (by rules, and the catalogue's date)"
    assert family.startswith("◐ claude-opus-4  family  of anthropic/claude-opus-4  (the catalogue has 2 states of it: ")
    assert family.endswith("; can move)")
    assert unknown == "? acme-bot  unknown  -  (no model of a known lab)"


def test_standard_input_is_a_batch_or_a_catalogue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"alias": "o3"}\n')))
    assert run("--batch", "-", "--json") == 0
    assert answers(capsys)[0]["canonical"] == "openai/o3"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(CATALOGUE).encode())))
    assert run("--catalogue", "-", "o3") == 0


def test_neither_or_both_of_names_and_batch_is_wrong_use(tmp_path: Path) -> None:
    for words in ([], ["o3", "--batch", written(tmp_path, {"alias": "o3"})], ["--batch", "-", "--catalogue", "-"]):
        with pytest.raises(WrongUse):
            run(*words)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"[]", "no catalogue of a known shape"),
        (b'{"a": 1}', "no catalogue of a known shape"),
        (b"<html>", "not JSON"),
        (b"\x1f\x8b\x08broken", "gzip"),
        (b'{"openrouter": {"models": {"x/y": {}}}}', "no model by its lab's own name"),
    ],
)
def test_a_catalogue_that_is_none_is_named(tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "api.json"
    file.write_bytes(content)
    with pytest.raises(PulseError, match=why):
        run("--catalogue", str(file), "o3")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for words in (["--batch", str(tmp_path / "no")], ["o3", "--catalogue", str(tmp_path / "no")]):
        with pytest.raises(PulseError, match="No such file"):
            run(*words)
