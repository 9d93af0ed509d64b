"""``ctrl-s``: a new file each time, for its owner alone, and a reason where it cannot be written."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pulse_tui.cli.saved import LONGEST, keep
from pulse_tui.domain.errors import Refused

AT = datetime(2026, 11, 30, 3, 12, 5, tzinfo=UTC)


def test_each_is_a_file_of_its_own_that_only_its_owner_reads(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "screens"
    paths = [Path(keep(folder, AT, "alerts", f"text {n}\n")) for n in range(3)]
    assert [path.name for path in paths] == [f"alerts-20261130T031205Z{end}.txt" for end in ("", "-1", "-2")]
    assert [path.read_text() for path in paths] == [f"text {n}\n" for n in range(3)]
    assert {path.stat().st_mode & 0o077 for path in (folder, *paths)} == {0}


def test_a_name_leads_nowhere_else(tmp_path: Path) -> None:
    folder = tmp_path / "screens"
    for name in ("../../etc/passwd", "plan \x1b[31m/..", "é", "", "a" * 500):
        path = Path(keep(folder, AT, name, ""))
        assert path.parent == folder
        assert len(path.name) < LONGEST + 30
    assert not any(path.is_file() for path in tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "screens").write_text("a file")
    with pytest.raises(Refused, match="cannot be written"):
        keep(tmp_path / "screens", AT, "alerts", "")
