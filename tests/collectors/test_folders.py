"""A folder that others may write into leads nowhere else: links out of it are refused by name, inside it they are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pulse_tui.collectors import signals
from pulse_tui.collectors._shared.files import opened, read_capped
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Collected
from tests.collectors.contexts import context
from tests.collectors.test_signals import good, ids


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for name, ident in (("drop/a.json", "a"), ("drop/sub/b.json", "b"), ("private/key.json", "stolen")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(good(id=ident))
    return tmp_path


def read(base: Path, path: str) -> Collected:
    return signals.collect(signals.Options(path=path), context(base))


@pytest.mark.parametrize("path", ["drop", "drop/*.json", "drop/**/*.json", "drop/*/*.json"])
@pytest.mark.parametrize("target", ["../private/key.json", "{base}/private/key.json", "../private/../private/key.json"])
def test_a_link_out_of_the_folder_is_refused_by_name_and_the_others_are_read(
    base: Path, path: str, target: str
) -> None:
    (base / "drop/evil.json").symlink_to(target.format(base=base))
    (base / "drop/sub/evil.json").symlink_to("../" + target if target[0] == "." else target.format(base=base))
    got = read(base, path)
    assert "stolen" not in ids(got)
    assert ids(got)
    assert {r.problem.where.rpartition("/")[2] for r in got.rejected} == {"evil.json"}
    assert all("is a link out of its folder" in r.problem.what for r in got.rejected)
    assert "evil.json" in (got.standing or "")


def test_a_linked_folder_is_not_followed_out_by_a_glob_and_not_at_all_by_a_search(base: Path) -> None:
    (base / "drop/other").symlink_to(base / "private")
    assert ids(read(base, "drop")) == ["a", "b"]
    globbed = read(base, "drop/*/*.json")
    assert ids(globbed) == ["b"]
    assert [r.problem.where for r in globbed.rejected] == ["other/key.json"]


def test_a_link_within_the_folder_and_one_that_the_configuration_names_are_read(base: Path) -> None:
    (base / "drop/again.json").symlink_to("sub/b.json")
    (base / "drop/sub/b.json").write_bytes(good(id="b2"))
    assert ids(read(base, "drop")) == ["a", "b2", "b2"]
    (base / "current").symlink_to("drop/sub")
    (base / "latest.json").symlink_to("drop/a.json")
    assert ids(read(base, "current")) == ["b2"]
    assert ids(read(base, "latest.json")) == ["a"]
    assert ids(read(base, "private/../drop/sub")) == ["b2"]


@pytest.mark.parametrize("path", ["drop/*/../../private/*.json", "drop/**/../../private/key.json"])
def test_a_pattern_climbs_out_of_nothing_behind_a_wildcard(base: Path, path: str) -> None:
    with pytest.raises(SourceError, match=r"has '\.\.' behind a wildcard"):
        read(base, path)


def test_what_became_a_link_or_a_pipe_since_it_was_listed_is_not_opened(base: Path) -> None:
    os.mkfifo(base / "drop/pipe.json")
    with pytest.raises(SourceError, match="not a plain file"):
        read_capped(base / "drop/pipe.json", "pipe.json", 100, base / "drop")
    with pytest.raises(SourceError, match="not a plain file"):
        read_capped(Path("/dev/zero"), "zero", 100)
    with opened(base / "drop/a.json", "a.json", base / "drop") as file:
        assert file.read() == good(id="a")
