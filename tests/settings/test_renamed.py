"""A key that got a new name: the old one is read, and reported with its place."""

from pathlib import Path

import pytest

from pulse_tui.domain.errors import ConfigError
from pulse_tui.kinds import options_of
from pulse_tui.settings.load import load
from pulse_tui.settings.shapes import Settings

OLD = """\
estate:
  assets:
    - id: bot
      type: service
      owner: ml
      endpoints: [{id: api, owner: web}]
  workflows:
    - {id: flow, owner: ml, stages: [{name: answer, asset: bot}]}
sources:
  - {id: prompts, kind: git, repository: prompts, bundles: [{asset: bot, paths: [p]}], timeout_s: 30}
routes:
  - {id: tickets, kind: ticket, owners: [ml], directory: tickets}
"""
NEW = (
    OLD.replace(" type:", " asset_type:")
    .replace("owner:", "owner_team:")
    .replace("timeout_s: 30", "timeout: 30s")
    .replace("owners:", "owner_teams:")
    .replace("directory:", "path:")
)


def read(folder: Path, text: str) -> Settings:
    (folder / "pulse.yaml").write_text(text)
    return load(folder, options_of)


def test_the_old_names_are_read_as_the_new_ones(tmp_path: Path) -> None:
    old, new = read(tmp_path, OLD), read(tmp_path, NEW)
    assert (old.estate, old.sources, old.routes) == (new.estate, new.sources, new.routes)


def test_each_old_name_is_reported_with_its_place_and_the_new_one(tmp_path: Path) -> None:
    reported = [str(p) for p in read(tmp_path, OLD).warnings]
    assert reported == [
        "pulse.yaml:4: estate.assets[0]: 'type' is now 'asset_type' (the old name is still read)",
        "pulse.yaml:5: estate.assets[0]: 'owner' is now 'owner_team' (the old name is still read)",
        "pulse.yaml:6: estate.assets[0].endpoints[0]: 'owner' is now 'owner_team' (the old name is still read)",
        "pulse.yaml:8: estate.workflows[0]: 'owner' is now 'owner_team' (the old name is still read)",
        "pulse.yaml:10: sources[0]: 'timeout_s' is now 'timeout' (the old name is still read)",
        "pulse.yaml:12: routes[0]: 'directory' is now 'path' (the old name is still read)",
        "pulse.yaml:12: routes[0]: 'owners' is now 'owner_teams' (the old name is still read)",
    ]


def test_the_new_names_are_read_without_a_word(tmp_path: Path) -> None:
    assert read(tmp_path, NEW).warnings == ()


def test_both_names_at_once_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, "estate:\n  assets:\n    - {id: b, asset_type: service, owner: a,\n       owner_team: b}\n")
    assert [str(p) for p in caught.value.problems] == [
        "pulse.yaml:3: estate.assets[0]: 'owner' and 'owner_team' are one key (keep 'owner_team')"
    ]


def test_an_error_is_not_hidden_among_warnings(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, OLD.replace("type: service", "type: servce"))
    assert [p.where for p in caught.value.problems] == ["pulse.yaml:4"]
