"""A configuration that somebody else can change is refused, as ssh refuses it; what is no file is never waited for."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pulse_tui.domain.errors import ConfigError
from pulse_tui.kinds import options_of
from pulse_tui.settings import trusted
from pulse_tui.settings.load import load
from pulse_tui.settings.peek import peek
from pulse_tui.settings.shapes import Settings

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "con fig"
    folder.mkdir(mode=0o755)
    file = folder / "pulse.yaml"
    file.write_text("name: mine\ndatabase: sqlite:///mine.db\n")
    file.chmod(0o644)
    return folder


def refused(path: Path) -> str:
    with pytest.raises(ConfigError) as error:
        load(path, options_of)
    return str(error.value)


def test_ones_own_configuration_that_nobody_else_can_write_is_read(folder: Path) -> None:
    assert load(folder, options_of).name == load(folder / "pulse.yaml", options_of).name == "mine"


@pytest.mark.parametrize(("mode", "todo"), [(0o646, "chmod go-w"), (0o666, "chmod go-w"), (0o662, "chmod go-w")])
def test_a_file_that_others_can_write_is_refused_with_the_command_to_type(folder: Path, mode: int, todo: str) -> None:
    file = folder / "pulse.yaml"
    file.chmod(mode)
    said = refused(folder)
    assert f"pulse.yaml: can be written by everybody (mode 0{mode:o}) ({todo} '{file}')" in said
    assert "can be written by everybody" in refused(file)
    assert peek(folder) == ("pulse", None)  # the first frame does not open a database that it names
    file.chmod(0o644)
    assert load(folder, options_of).name == "mine"


@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_a_folder_that_others_can_put_files_into_is_refused(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    assert f"can be written by everybody (mode {mode:04o}) (chmod go-w '{folder}')" in refused(folder)


def test_group_members_count_as_others_unless_the_group_is_the_users_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pulse.yaml").chmod(0o664)
    monkeypatch.setattr(trusted, "_is_alone", lambda _group, _user: False)
    assert "can be written by its group (mode 0664) (chmod g-w" in refused(folder)
    monkeypatch.setattr(trusted, "_is_alone", lambda _group, _user: True)
    assert load(folder, options_of).name == "mine"


@needs_root
def test_a_group_with_somebody_else_in_it_is_not_ones_own(folder: Path) -> None:
    os.chown(folder / "pulse.yaml", 0, 1)  # "daemon", which is root's no more than anybody's
    (folder / "pulse.yaml").chmod(0o664)
    assert "can be written by its group" in refused(folder)


@needs_root
@pytest.mark.parametrize("name", ["", "pulse.yaml"])
def test_what_belongs_to_somebody_else_is_refused(folder: Path, name: str) -> None:
    os.chown(folder / name, 12345, 0)
    assert "belongs to uid 12345, who can change it (copy it, or let its owner be you or root" in refused(folder)


@needs_root
def test_a_link_is_judged_by_the_file_that_it_leads_to(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "theirs.yaml"
    other.write_text("policy: {rules: []}\n")
    os.chown(other, 12345, 0)
    (folder / "policy.yaml").symlink_to(other)
    assert "policy.yaml: belongs to uid 12345" in refused(folder)


def test_a_read_only_file_system_needs_no_modes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.chmod(0o777)  # as a mounted ConfigMap has it
    monkeypatch.setattr(trusted, "_is_read_only", lambda _path: True)
    assert load(folder, options_of).name == "mine"


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _socket(path: Path) -> None:
    os.mknod(path, stat.S_IFSOCK | 0o600)


ODD = {
    "a fifo": (os.mkfifo, "is no plain file"),
    "a device": (_device, "is no plain file"),
    "a socket": (_socket, "cannot be read"),
    "a folder": (Path.mkdir, "cannot be read: Is a directory"),
    "a loop of links": (_loop, "cannot be read: Too many levels of symbolic links"),
    "a link to nothing": (lambda p: p.symlink_to("nothing"), "cannot be read: No such file"),
}


@pytest.mark.parametrize(("make", "word"), ODD.values(), ids=ODD)
def test_what_is_no_file_is_an_error_message_at_once(folder: Path, make: object, word: str) -> None:
    make(folder / "odd.yaml")  # type: ignore[operator]
    assert f"odd.yaml: {word}" in refused(folder)
    assert any(w in refused(folder / "odd.yaml") for w in (word, "does not exist", "holds no .yaml file"))


def test_a_folder_that_loops_is_an_error_message(tmp_path: Path) -> None:
    (tmp_path / "config").symlink_to("config")
    assert "cannot be read: Too many levels of symbolic links" in refused(tmp_path / "config")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
@pytest.mark.parametrize("name", ["", "pulse.yaml"])
def test_what_may_not_be_read_is_an_error_message(folder: Path, name: str) -> None:
    (folder / name).chmod(0)
    assert "cannot be read: Permission denied" in refused(folder)
    (folder / name).chmod(0o700)


def test_a_file_that_is_far_too_large_is_not_read(folder: Path) -> None:
    with (folder / "huge.yaml").open("wb") as file:
        file.truncate(2**33)
    assert "huge.yaml: is over 64 MB (split it)" in refused(folder)


NUMBERS = ["1e400", "1.0e+400", ".inf", "-.inf", ".nan", "9" * 30, "-" + "9" * 30, "9" * 5_000, "0x" + "f" * 40]
PLACES = {
    "name: x\nacknowledge_for: {}\n": 2,
    "sources:\n  - {{id: s, kind: feed, url: 'http://t/', vendor: v, every: {}}}\n": 2,
    "estate:\n  assets:\n    - id: a\n      asset_type: service\n      owner_team: t\n      environments:\n"
    "        canary: {{version: '1', traffic: {}}}\n": 7,
    "approvals:\n  production: {}\n": 2,
    "suites:\n  - id: s\n    tasks: [{{name: q, metric: acc}}]\n    margin: {}\n": 4,
}


@pytest.mark.parametrize("number", NUMBERS, ids=lambda n: n[:9])
@pytest.mark.parametrize(("text", "line"), PLACES.items(), ids=[p.split(":")[0] for p in PLACES])
def test_an_odd_number_is_named_with_its_line(folder: Path, text: str, line: int, number: str) -> None:
    (folder / "numbers.yaml").write_text(text.format(number).replace("name: x\n", "precedence: []\n"))
    assert f"numbers.yaml:{line}" in refused(folder)


@pytest.mark.parametrize("number", NUMBERS[:-2], ids=lambda n: n[:9])
def test_an_odd_number_where_text_is_meant_is_that_text(folder: Path, number: str) -> None:
    (folder / "playbooks.yaml").write_text(
        "estate:\n  assets:\n    - id: a\n      asset_type: service\n      owner_team: t\n      environments:\n"
        f"        canary: {{version: {number}}}\n"
    )
    settings: Settings = load(folder, options_of)
    (asset,) = settings.estate.assets
    assert next(iter(asset.environments.values())).version == number
