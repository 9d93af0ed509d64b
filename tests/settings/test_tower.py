"""The operator's own file: its sections, and where each mistake in it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulse_tui.domain.errors import ConfigError
from pulse_tui.settings.tower import Estate, KeyChoice, Preferences, read_preferences


def written(folder: Path, text: str) -> Path:
    file = folder / "tower.yaml"
    file.write_text(text)
    return file


def test_without_the_file_or_with_an_empty_one_nothing_is_chosen(tmp_path: Path) -> None:
    assert read_preferences(tmp_path / "tower.yaml") == Preferences()
    assert read_preferences(written(tmp_path, "# nothing yet\n")) == Preferences()


def test_keys_are_chosen_everywhere_or_on_one_screen_each_with_its_line(tmp_path: Path) -> None:
    file = written(tmp_path, "keys:\n  acknowledge: x\n  alert:\n    silence: [S, f5]\n  history: 3\n")
    assert read_preferences(file).keys == (
        KeyChoice("", "acknowledge", ("x",), f"{file}:2"),
        KeyChoice("alert", "silence", ("S", "f5"), f"{file}:4"),
        KeyChoice("", "history", ("3",), f"{file}:5"),
    )


def test_an_estate_is_a_folder_or_a_database_and_a_relative_one_starts_at_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, "contexts:\n  prod: /srv/prod\n  eu: {config: eu, database: 'sqlite:////tmp/eu.db'}\n")
    assert read_preferences(file).contexts == (
        Estate("prod", Path("/srv/prod")),
        Estate("eu", tmp_path / "eu", "sqlite:////tmp/eu.db"),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("keyz: {a: b}", "1: unknown key 'keyz' (did you mean 'keys'?)"),
        ("keys:\n  alert:\n    silence:\n      x: y", "4: keys.alert.silence: expected"),
        ("contexts:\n  prod: {}", "2: contexts.prod: it names no estate"),
        ("contexts: [a", "is not YAML"),
        ("keys:\n  a: b\n  a: c", "3: the key 'a' is given twice (first on line 2)"),
    ],
)
def test_a_mistake_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_preferences(written(tmp_path, text))
    assert said in str(refused.value)
    assert str(tmp_path / "tower.yaml") in str(refused.value)


def test_what_suits_the_terminal_is_chosen_in_a_line_each(tmp_path: Path) -> None:
    read = read_preferences(written(tmp_path, "time_zone: Europe/Berlin\nbell: p1\nlinks: off\n"))
    assert (read.time_zone, read.bell, read.links) == ("Europe/Berlin", "p1", "off")


def test_a_zone_that_nobody_knows_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_preferences(written(tmp_path, "keys: {a: b}\ntime_zone: Europe/Berlln\n"))
    assert "tower.yaml:2: time_zone: 'Europe/Berlln' is no time zone that this machine knows" in str(caught.value)
    assert "Europe/Berlin" in str(caught.value)


@pytest.mark.parametrize("line", ["bell: p9", "links: maybe", "time_zone: 3"])
def test_a_word_that_is_none_of_the_choices_is_refused_at_its_line(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigError, match=r"tower\.yaml:1"):
        read_preferences(written(tmp_path, f"{line}\n"))
