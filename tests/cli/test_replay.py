"""``pulse-tui replay`` without a terminal: the three questions as of then, of the database and of a file."""

from __future__ import annotations

import os
from datetime import UTC, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from pulse_tui.cli import replay
from pulse_tui.domain.errors import ConfigError
from pulse_tui.ports.tower import PastDesk
from pulse_tui.rounds.recording import Recording
from pulse_tui.storage.service.recording import RecordingFile
from pulse_tui.wiring import House, now
from tests.cli.conftest import Shell


def _recorded(shell: Shell, file: Path | None = None, ago: timedelta = timedelta(0)) -> None:
    house = House(shell.config, clock=lambda: now() - ago)
    house.sync()
    assert Recording(house, RecordingFile(file, "small") if file is not None else None).look()
    house.close()


@pytest.mark.parametrize("at", ["-0s", "0s ago"])
def test_a_moment_is_printed_as_status_is_with_the_banner_first(shell: Shell, at: str) -> None:
    _recorded(shell)
    said = shell("replay", at)
    assert said.code == 0, said
    first, second, *_ = said.out.splitlines()
    assert first.startswith("REPLAY 20")
    assert "not live" in first
    assert second.startswith("small: production 0 ok")
    assert "WHAT WAS TO DO THEN" in said.out


def test_json_has_the_board_and_the_moment(shell: Shell) -> None:
    _recorded(shell)
    made = shell("replay", "-0s", "--json").json()
    assert made["replay"].endswith("Z")
    assert made["header"]["estate"] == "small"
    assert {row["asset"] for row in made["registry"]} == {"my-bot"}


def test_a_file_needs_no_configuration(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "night.pulse"
    _recorded(shell, file)
    said = shell.bare("replay", "-0s", "--file", file)
    assert said.code == 0, said
    assert "small: production 0 ok" in said.out


def test_a_file_that_was_cut_says_so_and_shows_what_is_whole(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "night.pulse"
    _recorded(shell, file)
    file.write_bytes(file.read_bytes() + b"half a frame")
    said = shell.bare("replay", "-0s", "--file", file)
    assert said.code == 0
    assert "it ends in the middle of a frame; the last whole frame is of 20" in said.err


@pytest.mark.parametrize(
    ("at", "says"),
    [
        ("-2h", "is before the first record: records begin at"),
        ("2999-01-01", "is to come"),
        ("soon", "is no moment. Write 02:40"),
    ],
)
def test_a_moment_that_cannot_be_shown_exits_with_2(shell: Shell, at: str, says: str) -> None:
    _recorded(shell)
    said = shell("replay", at)
    assert said.code == 2
    assert says in said.err


@pytest.mark.parametrize("how", ["tower.yaml", "$TZ"])
def test_an_hour_is_on_the_operators_clock_and_the_answer_says_so(
    shell: Shell, home: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    _recorded(shell, ago=timedelta(minutes=1))
    monkeypatch.delenv("TZ", raising=False)
    zone = ZoneInfo("Asia/Kolkata")
    utc, there = (f"{now().astimezone(place):%Y-%m-%dT%H:%M:%S}" for place in (UTC, zone))
    assert shell("replay", f"{utc}").out.splitlines()[0].endswith(f"not live  ({utc} is read in UTC)")
    assert shell("replay", there).code == 2  # it is to come
    if how == "$TZ":
        monkeypatch.setenv("TZ", str(zone))
    else:
        file = home / ".config" / "pulse-tui" / "tower.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(f"time_zone: {zone}\n")
    first = shell("replay", there).out.splitlines()[0]
    assert f"REPLAY {utc}Z ({there[11:16]} IST)" in first
    assert first.endswith(f"({there} is read in Asia/Kolkata)")
    assert shell("replay", there, "--json").json()["zone"] == "Asia/Kolkata"
    assert "is read in" not in shell("replay", f"{utc}Z").out
    assert "is read in" not in shell("replay", "-0s").out


def test_nothing_on_record_and_no_recording_say_what_to_do(shell: Shell, tmp_path: Path) -> None:
    said = shell("replay", "02:40")
    assert said.code == 2
    assert "nothing is on record. a tower or an agent records while it runs" in said.err
    (tmp_path / "notes").write_text("mine")
    assert "is no recording of pulse-tui" in shell.bare("replay", "02:40", "--file", tmp_path / "notes").err
    os.mkfifo(tmp_path / "pipe")
    said = shell.bare("replay", "02:40", "--file", tmp_path / "pipe")
    assert (said.code, said.err) == (
        2,
        f"pulse-tui: recording {tmp_path / 'pipe'} cannot be read: it is no plain file\n",
    )


def test_the_configuration_names_how_long_is_kept_and_refuses_nothing_at_all(shell: Shell) -> None:
    config = shell.config / "pulse.yaml"
    before = config.read_text()
    config.write_text(before + "recording: {keep: 5m}\n")
    assert "keep is less than an hour: write recording: off to record nothing" in shell("status").err
    config.write_text(before + "recording: off\n")
    assert "off: what the board was cannot be replayed" in shell("doctor").out


def test_status_says_since_when_nobody_records(shell: Shell) -> None:
    house = House(shell.config, clock=lambda: now() - timedelta(hours=2))
    house.sync()
    assert Recording(house).look()
    house.close()
    assert "the board was recorded last at 20" in shell("status").out


def test_the_operators_file_counts_for_a_replay_and_a_wrong_one_is_refused_before_it_opens(home: Path) -> None:
    file = home / ".config" / "pulse-tui" / "tower.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("time_zone: Europe/Berlin\nkeys:\n  no-such: f5\n")
    with pytest.raises(ConfigError, match=r"tower\.yaml:3: keys: there is no action 'no-such'"):
        replay.tower_of(cast("PastDesk", None))
    file.write_text("time_zone: Europe/Berlin\nkeys: {acknowledge: f5}\nlinks: on\n")
    tower = replay.tower_of(cast("PastDesk", SimpleNamespace(estate_name="small")))
    assert str(tower.manners.zone) == "Europe/Berlin"
    assert tower.manners.links
    assert tower.context.preferences is not None
