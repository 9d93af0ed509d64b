"""What the palette offers for what is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulse_tui.cli.tower import session_file
from pulse_tui.tui.kit.palette import Command, best

COMMANDS = [
    Command(words, "", "x")
    for words in (
        "calendar", "inventory", "refresh mlflow", "refresh osv", "refresh vendor-blog", "go to support-bot canary",
        "acknowledge the alert", "quit", "freeze or unfreeze",
    )
]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("cal", "calendar"),
        ("q", "quit"),
        ("refresh m", "refresh mlflow"),
        ("ref ven", "refresh vendor-blog"),
        ("blog", "refresh vendor-blog"),
        ("reml", "refresh mlflow"),
        ("canary", "go to support-bot canary"),
        ("unf", "freeze or unfreeze"),
        ("ntory", "inventory"),
    ],
)
def test_the_beginning_of_a_command_then_of_its_words_then_a_piece_of_it(typed: str, first: str) -> None:
    assert best(typed, COMMANDS)[0].words == first


@pytest.mark.parametrize("typed", ["audit", "ctx", "zzz"])
def test_what_no_command_says_finds_nothing(typed: str) -> None:
    assert best(typed, COMMANDS) == []


def test_each_estate_has_a_session_of_its_own(tmp_path: Path) -> None:
    here, there = tmp_path / "a" / "pulse.yaml", tmp_path / "b" / "pulse.yaml"
    files = {
        session_file(tmp_path, config, base) for config in (here, there, None) for base in (None, "sqlite:///x.db")
    }
    assert len(files) == 6
    assert session_file(tmp_path, here, None) == session_file(tmp_path, here, None)
