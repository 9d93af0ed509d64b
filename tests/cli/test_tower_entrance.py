"""Which options the command lines of a tower need to reach its estate."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulse_tui.cli.tower import entrance


@pytest.fixture
def usual(home: Path) -> Path:
    """The user's own configuration."""
    folder = home / ".config" / "pulse-tui"
    folder.mkdir(parents=True)
    (folder / "pulse.yaml").write_text("{}")
    return folder


def test_the_configuration_that_is_found_anyway_is_not_named(usual: Path) -> None:
    assert entrance(usual, None) == ()
    assert entrance(None, None) == ()


def test_another_one_is_named_with_its_whole_path(usual: Path, tmp_path: Path) -> None:
    assert usual.exists()
    assert entrance(tmp_path / "x" / ".." / "other", None) == (f"--config={tmp_path / 'other'}",)


def test_a_database_is_named_and_never_with_a_password(usual: Path) -> None:
    assert entrance(usual, "sqlite:///a.db") == ("--database=sqlite:///a.db",)
    assert entrance(usual, "postgresql://ana:secret@db/pulse") == ()
