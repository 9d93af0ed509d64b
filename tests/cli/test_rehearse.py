"""``pulse-tui rehearse``: what an operator, and what a program, reads of it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Shell

FIXTURES = Path(__file__).parents[2] / "fixtures" / "rehearsal"
NIGHT = FIXTURES / "night.jsonl"


def test_the_night_that_ships_is_played_in_json(shell: Shell) -> None:
    done = shell.bare("rehearse", NIGHT, "--config", FIXTURES, "--json")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 0
    assert {"opened", "paged", "acknowledged", "failed", "frozen", "resolved"} <= {x["event"] for x in lines[:-1]}
    assert list(lines[-1]) == ["summary"]
    assert not (FIXTURES / "tickets").exists()


def test_a_night_reads_as_text_and_can_be_cut(shell: Shell) -> None:
    done = shell.bare("rehearse", NIGHT, "--config", FIXTURES, "--only", "paged", "--until", "2026-11-24T01:30:00Z")
    assert done.code == 0
    assert "01:00:00  paged" in done.out
    assert "opened  " not in done.out
    assert "Nothing urgent would have been missed" in done.out


def test_a_scenario_with_slips_is_refused_as_a_whole(shell: Shell, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text(NIGHT.read_text().replace('"over"', '"ovr"').replace('"pager"', '"pagr"'))
    done = shell.bare("rehearse", bad, "--config", FIXTURES)
    assert (done.code, done.out) == (2, "")
    assert "4 problems in" in done.err
    assert f"{bad}:2: ovr: unknown key" in done.err
    assert "did you mean 'pager'?" in done.err


def test_what_is_no_event_or_no_time_is_refused(shell: Shell, tmp_path: Path) -> None:
    assert shell.bare("rehearse", NIGHT, "--only", "pagd").code == 2
    assert shell.bare("rehearse", NIGHT, "--until", "noon").code == 2
    assert shell.bare("rehearse", tmp_path / "none.jsonl").code == 2
    assert shell.bare("rehearse", tmp_path).code == 2
