"""A configuration and an operator's name hold nothing that cannot be shown: they are refused, and no other name is read."""

from __future__ import annotations

import pytest

from pulse_tui.domain.errors import ConfigError
from pulse_tui.domain.text import is_clean
from pulse_tui.process import operator_name
from pulse_tui.settings.document import parse


@pytest.mark.parametrize(
    "hidden", ["\\e[2J", "\\u202e", "\\u200b", "\\xad", "\\u3164", "\\u2800", "\\U000E0041", "\\x07", "\\N"]
)
def test_a_text_or_a_key_with_what_cannot_be_shown_is_refused_at_its_place(hidden: str) -> None:
    for text in (f'a: 1\nb: "x{hidden}y"\n', f'a: 1\n"x{hidden}y": 1\n'):
        _, problems = parse(text, "pulse.yaml")
        (problem,) = problems
        assert problem.where == "pulse.yaml:2"
        assert "which cannot be shown" in problem.what
        assert is_clean(str(problem))


def test_lines_tabs_accents_and_pictures_are_text() -> None:
    node, problems = parse('a: "one\\n\\ttwo"\nb: café プロンプト\nc: "⚠\\uFE0F look"\n', "pulse.yaml")
    assert problems == []
    assert node is not None
    assert node.plain() == {"a": "one\n\ttwo", "b": "café プロンプト", "c": "⚠ look"}


@pytest.mark.parametrize(("written", "meant"), [("2.5e9", 2.5e9), ("1e6", 1e6), ("1E-3", 1e-3), ("2.5e+9", 2.5e9)])
def test_a_number_with_a_power_is_a_number_with_or_without_a_sign(written: str, meant: float) -> None:
    node, problems = parse(f"a: {written}\nb: '{written}'\n", "pulse.yaml")
    assert problems == []
    assert node is not None
    assert node.plain() == {"a": meant, "b": written}


@pytest.mark.parametrize("commit", ["1e9999", "12e45f6", "5e"])
def test_what_only_looks_like_a_number_stays_text(commit: str) -> None:
    node, _ = parse(f"a: {commit}\n", "pulse.yaml")
    assert node is not None
    assert node.plain() == {"a": commit}


@pytest.mark.parametrize("name", ["ana\x1b[2K", "ana\u200b", "an\u202ea", "ana\nroot", "a" * 101, "\udcff"])
@pytest.mark.parametrize("variable", ["PULSE_OPERATOR", "LOGNAME"])
def test_an_operator_whose_name_cannot_be_shown_is_not_another_one(
    name: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULSE_OPERATOR", raising=False)
    monkeypatch.setenv(variable, name)
    with pytest.raises(ConfigError) as caught:
        operator_name()
    assert all(is_clean(line) for line in str(caught.value).split("\n"))
    monkeypatch.setenv("PULSE_OPERATOR", "ana")
    assert operator_name() == "ana"
