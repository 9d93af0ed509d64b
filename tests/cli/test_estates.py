"""Which estates a tower can go to, and the operator's file before it opens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pulse_tui.cli.estates import KEPT, Estates, Place, first_problem, preferences, remember
from pulse_tui.domain.errors import ConfigError, NotFound, Problem, Refused


def estate(folder: Path, name: str) -> Path:
    folder.mkdir()
    (folder / "pulse.yaml").write_text(f"name: {name}\n")
    return folder


def known(tmp_path: Path, here: Place, *named: tuple[str, Place]) -> Estates:
    return Estates(here, named, tmp_path / "estates.json", lambda _place: None)


def test_those_of_the_file_come_first_and_the_open_one_is_marked(tmp_path: Path) -> None:
    a, b, c = (estate(tmp_path / name, f"estate-{name}") for name in "abc")
    remember(tmp_path / "estates.json", Place(b, None))
    remember(tmp_path / "estates.json", Place(c, None))
    lines = known(tmp_path, Place(a, None), ("prod", Place(c, None)), ("gone", Place(tmp_path / "no", None))).known()
    assert [(line.name, line.current, bool(line.problem)) for line in lines] == [
        ("prod", False, False), ("gone", False, True), ("estate-a", True, False), ("estate-b", False, False),
    ]  # fmt: skip


def test_two_of_one_name_can_be_told_apart_and_each_is_gone_to(tmp_path: Path) -> None:
    a, b = estate(tmp_path / "a", "acme"), estate(tmp_path / "b", "acme")
    remember(tmp_path / "estates.json", Place(b, None))
    there = known(tmp_path, Place(a, None))
    assert [line.name for line in there.known()] == ["acme", "acme b"]
    there.go("acme b")
    assert there.chosen == Place(b, None)
    with pytest.raises(NotFound, match="acme c"):
        there.go("acme c")


def test_a_password_of_a_database_is_not_shown(tmp_path: Path) -> None:
    line = known(tmp_path, Place(None, "postgresql://ana:hunter2@db/pulse")).known()[0]
    assert "hunter2" not in str(line)
    assert "postgresql" in line.where


def test_so_many_are_remembered_the_newest_first_each_once_and_a_broken_file_is_none(tmp_path: Path) -> None:
    file = tmp_path / "estates.json"
    for n in [*range(KEPT + 5), 7]:
        remember(file, Place(tmp_path / str(n), None))
    kept = [entry["config"] for entry in json.loads(file.read_text())]
    assert len(kept) == len(set(kept)) == KEPT
    assert kept[0] == str(tmp_path / "7")
    assert file.stat().st_mode & 0o077 == 0
    file.write_text("[{")
    assert [line.current for line in known(tmp_path, Place(None, None)).known()] == [True]


def test_the_check_is_that_of_the_estate_itself(tmp_path: Path) -> None:
    a, b = estate(tmp_path / "a", "a"), estate(tmp_path / "b", "b")
    asked: list[Place] = []

    def probe(place: Place) -> None:
        asked.append(place)
        raise Refused("no")

    there = Estates(Place(a, None), [("b", Place(b, None))], tmp_path / "estates.json", probe)
    with pytest.raises(Refused):
        there.check("b")
    assert asked == [Place(b, None)]


def test_of_many_problems_the_first_is_said() -> None:
    error = ConfigError([Problem("a.yaml:1", "one"), Problem("a.yaml:2", "two")])
    assert first_problem(error) == "a.yaml:1: one (and 1 more)"
    assert first_problem(NotFound("nothing there")) == "nothing there"


def test_keys_that_clash_are_refused_with_their_line_before_the_tower_opens(tmp_path: Path) -> None:
    file = tmp_path / "tower.yaml"
    file.write_text("keys:\n  acknowledge: x\n  silence: ctrl-q\n  history: x\n")
    with pytest.raises(ConfigError) as refused:
        preferences(tmp_path)
    assert f"{file}:3: keys: silence: the key 'ctrl-q' cannot be chosen" in str(refused.value)
    assert "x would be acknowledge and history" in str(refused.value)
    file.write_text("keys: {acknowledge: f5}\n")
    found = preferences(tmp_path)
    assert found is not None
    assert [c.keys for c in found.keys] == [("f5",)]
    file.unlink()
    assert preferences(tmp_path) is None
