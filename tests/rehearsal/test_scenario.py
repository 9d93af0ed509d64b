"""What a scenario may say: every slip is named with its line before anything is played."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pulse_tui.domain.signal import Signal
from pulse_tui.enrich.variables import VARIABLES
from pulse_tui.policy.conditions import engine
from pulse_tui.rehearsal.scenario import Doing, Known, Scenario, read
from tests.rehearsal.conftest import at, signal


def scenario(*lines: dict[str, Any] | bytes) -> Scenario:
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    return read("a.jsonl", list(enumerate(raw, 1)), Known(["pager", "tickets"], engine(VARIABLES)))


def problems(*lines: dict[str, Any] | bytes) -> list[str]:
    return [str(problem) for problem in scenario(*lines).problems]


def test_lines_of_every_kind_are_read_in_their_order() -> None:
    found = scenario(
        signal("01:00"),
        {"at": at("01:05"), "do": "ack", "by": "ana", "alert": "errors", "for": "2h", "why": "on it"},
        {"at": at("01:05"), "receiver": "pager", "state": "down"},
        {"at": at("02:00"), "over": "errors"},
        {"at": at("03:00")},
    )
    assert found.problems == []
    assert [type(line.what).__name__ for line in found.lines] == ["Signal", "Doing", "Receiver", "Over", "NoneType"]
    first, second = found.lines[0].what, found.lines[1].what
    assert isinstance(first, Signal)
    assert isinstance(second, Doing)
    assert (first.id, second.for_s) == ("s1", 7_200.0)


@pytest.mark.parametrize(
    ("line", "where", "hint"),
    [
        ({"at": "tomorrow"}, "a.jsonl:2: at: ", "Write 2026-"),
        ({"at": "2026-11-24T02:00:00"}, "a.jsonl:2: at: has no offset", "Add Z"),
        ({"over": "errors"}, "a.jsonl:2: at: is missing", "Every line has its time"),
        ({"at": at("00:59")}, "a.jsonl:2: at: 2026-11-24T00:59:00Z is before", "Sort the lines"),
        ({"at": at("02:00"), "recever": "pager"}, "a.jsonl:2: recever: unknown key", "did you mean 'receiver'?"),
        ({"at": at("02:00"), "receiver": "pagr", "state": "up"}, "a.jsonl:2: receiver: there is no route", "did you mean 'pager'?"),
        ({"at": at("02:00"), "receiver": "pager", "state": "off"}, "a.jsonl:2: state: 'off'", "up or down"),
        ({"at": at("02:00"), "over": "error"}, "a.jsonl:2: over: no signal", "did you mean 'errors'?"),
        ({"at": at("02:00"), "over": "errors", "receiver": "pager"}, "a.jsonl:2: receiver: a line has", "two lines"),
        ({"at": at("02:00"), "do": "akc", "by": "ana", "alert": "errors"}, "a.jsonl:2: do: 'akc'", "did you mean 'ack'?"),
        ({"at": at("02:00"), "do": "ack", "alert": "errors"}, "a.jsonl:2: by: is missing", ""),
        ({"at": at("02:00"), "do": "ack", "by": "ana"}, "a.jsonl:2: alert: one of alert and match", ""),
        ({"at": at("02:00"), "do": "silence", "by": "ana", "alert": "errors"}, "a.jsonl:2: for: is missing", "2h"),
        ({"at": at("02:00"), "do": "ack", "by": "ana", "alert": "errors", "for": "soon"}, "a.jsonl:2: for: 'soon'", "2h"),
        ({"at": at("02:00"), "do": "ack", "by": "ana", "match": "asset.idd == 'x'"}, "a.jsonl:2: match: 1:1: there is no variable 'asset.idd'", "asset.id"),
        ({"at": at("02:00"), "do": "ack", "by": "ana", "match": "1 + 1"}, "a.jsonl:2: match: 1:1: a condition must be true or false", ""),
        ({"at": at("02:00"), "do": "verdict", "by": "ana", "alert": "errors", "why": "nois"}, "a.jsonl:2: why: a verdict", "did you mean 'noise'?"),
        (b'{"at": ', "a.jsonl:2: not an object of JSON", ""),
        (b"[1]", "a.jsonl:2: not an object of JSON", ""),
    ],
)  # fmt: skip
def test_a_slip_is_named_with_its_line_its_key_and_what_to_do(line: Any, where: str, hint: str) -> None:
    (problem,) = problems(signal("01:00"), line)
    assert problem.startswith(where)
    assert hint in problem


def test_a_signal_that_the_contract_refuses_names_its_field() -> None:
    (problem,) = problems(signal("01:00", severity="awful"))
    assert problem.startswith("a.jsonl:1: signal.severity: ")


def test_a_signal_from_the_future_of_its_line_is_refused() -> None:
    (problem,) = problems(signal("01:00", observed_at="2026-11-26T00:00:00Z"))
    assert problem.startswith("a.jsonl:1: signal.observed_at: ")


def test_all_slips_are_found_at_once() -> None:
    found = problems({"at": at("01:00"), "x": 1}, signal("02:00", confidence=2), {"at": at("03:00"), "over": "nothing"})
    assert [p.split(":")[1] for p in found] == ["1", "2", "3"]


def test_an_empty_scenario_is_no_scenario() -> None:
    assert problems()[0].startswith("a.jsonl: holds no line")
