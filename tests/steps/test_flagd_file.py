"""What the flagd step changes of a file, and which files it leaves alone."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.errors import TargetError
from pulse_tui.steps import flagd_file
from pulse_tui.steps.flagd_file import Field, Options
from tests.fakes.step_targets import context, release

#: Written by hand, as people do: odd spaces, escapes, keys that flagd does not know.
BY_HAND = """{
   "$schema": "https://flagd.dev/schema/v0/flags.json",
  "flags" : {
    "other": {"state":"ENABLED", "variants":{"a":[1,{"defaultVariant":"x"}],"b":"}\\"{"}, "defaultVariant": "a"},
    "bot": { "note": "keep \\u00e9 me",
       "state": "ENABLED",
       "variants": {"3.8.2": {"n": 1.50}, "3.8.1": "old", "\\u0033.8.0": 1e3},
       "defaultVariant" :"3.8.2"  , "targeting": {}, "owner": null
    }
  },
  "metadata": {"version": 7 }
}"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (path := tmp_path / "flags.json").write_text(BY_HAND)
    path.chmod(0o640)
    return path


def options(**more: Any) -> Options:
    return msgspec.convert({"path": "flags.json", "flag": "bot", **more}, Options)


def write(folder: Path, value: str, expected: str, timeout_s: float = 5.0, **more: Any) -> None:
    there = context(folder, {}, timeout_s)
    flagd_file.write(options(**more), value, expected=expected, key="k", epoch=1, context=there)


def refusal(folder: Path, value: str = "3.8.1", expected: str = "3.8.2", **more: Any) -> str:
    """Why nothing was written."""
    with pytest.raises(TargetError) as caught:
        write(folder, value, expected, **more)
    assert not caught.value.ambiguous
    return caught.value.what


def test_only_the_one_value_changes_and_every_other_byte_stays(file: Path) -> None:
    write(file.parent, "3.8.1", "3.8.2")
    assert file.read_text() == BY_HAND.replace('"defaultVariant" :"3.8.2"', '"defaultVariant" :"3.8.1"')
    write(file.parent, "3.8.2", "3.8.1")
    assert file.read_text() == BY_HAND


def test_the_file_is_replaced_as_a_whole_with_its_mode_and_owner(file: Path) -> None:
    before = file.stat()
    reader = file.open()
    write(file.parent, "3.8.1", "3.8.2")
    after = file.stat()
    assert reader.read() == BY_HAND  # who has it open reads what was there
    assert after.st_ino != before.st_ino
    assert (stat.S_IMODE(after.st_mode), after.st_uid, after.st_gid) == (0o640, before.st_uid, before.st_gid)
    assert sorted(p.name for p in file.parent.iterdir()) == [".flags.json.lock", "flags.json"]


def test_the_state_is_moved_too_and_needs_a_value_for_every_version(file: Path) -> None:
    states: dict[str, Any] = {"field": "state", "values": {"3.8.2": "ENABLED", "3.8.1": "DISABLED"}}
    assert flagd_file.value_of(options(**states), release("3.8.1")) == "DISABLED"
    with pytest.raises(TargetError, match=r"no state for 3\.7\.0"):
        flagd_file.value_of(options(**states), release("3.7.0"))
    write(file.parent, "DISABLED", "ENABLED", **states)
    assert json.loads(file.read_text())["flags"]["bot"]["state"] == "DISABLED"
    assert json.loads(file.read_text())["flags"]["other"]["state"] == "ENABLED"
    assert "has no state 'OFF'" in refusal(file.parent, "OFF", "DISABLED", **states)


def test_a_variant_that_the_flag_does_not_have_is_refused(file: Path) -> None:
    assert "has no variant '9.9.9'" in refusal(file.parent, "9.9.9")
    write(file.parent, "3.8.0", "3.8.2")  # spelled with an escape in the file
    assert file.read_text() == BY_HAND.replace('"defaultVariant" :"3.8.2"', '"defaultVariant" :"3.8.0"')


def test_a_version_may_have_a_variant_of_another_name() -> None:
    assert flagd_file.value_of(options(values={"3.8.1": "stable"}), release("3.8.1")) == "stable"
    assert flagd_file.value_of(options(value="v{version}"), release("3.8.1")) == "v3.8.1"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ("[]", "no flag 'bot'"),
        ('{"flags": {"bot": []}}', "no flag 'bot'"),
        ('{"flags": {"bot": {"state": "ENABLED"}}}', "no defaultVariant"),
        ('{"flags": {"bot": {"defaultVariant": {"a": 1}}}}', "no defaultVariant"),
        ('{"flags": {"bot": {"defaultVariant": "a", "defaultVariant": "3.8.2"}}}', "stands there twice"),
        ('{"flags": {"bot": {"defaultVariant": "3.8.2"}}, "flags": {}}', "stands there twice"),
        ('{"flags": {"bot": {"defaultVariant": "3.8.2"}}} // mine', "Extra data"),
        ('{"a": NaN}', "NaN is no JSON"),
        ("[" * 100_000, "nested too deep"),
        ('{"flags": {"bot": {"defaultVariant": "3.8.2"}}, "x": "' + "x" * 2**20 + '"}', "over 1 MB"),
    ],
)
def test_a_file_of_which_it_is_not_sure_is_not_touched(file: Path, text: str, why: str) -> None:
    file.write_text(text)
    assert why in refusal(file.parent)
    with pytest.raises(TargetError):
        flagd_file.read(options(), context(file.parent, {}))
    assert file.read_text() == text


def test_bytes_that_are_no_text_are_no_value(file: Path) -> None:
    file.write_bytes(b'{"flags": {"bot": {"defaultVariant": "\xff"}}}')
    with pytest.raises(TargetError, match="not UTF-8"):
        flagd_file.read(options(), context(file.parent, {}))


def test_a_link_out_of_its_folder_is_refused_and_one_within_is_followed(file: Path, tmp_path: Path) -> None:
    (inner := tmp_path / "inner").mkdir()
    (inner / "flags.json").symlink_to(file)
    assert "leads out of its folder" in refusal(inner)
    (inner / "real.json").write_text(BY_HAND)
    (inner / "flags.json").unlink()
    (inner / "flags.json").symlink_to("real.json")
    write(inner, "3.8.1", "3.8.2")
    assert (inner / "flags.json").is_symlink()
    assert '"defaultVariant" :"3.8.1"' in (inner / "real.json").read_text()
    (inner / "flags.json").unlink()
    (inner / "flags.json").symlink_to("flags.json")
    assert "cannot be read" in refusal(inner)


@pytest.mark.parametrize("who", ["file", "folder"])
def test_what_somebody_else_can_write_is_refused(file: Path, who: str) -> None:
    (file if who == "file" else file.parent).chmod(0o777)
    assert "can be written by everybody" in refusal(file.parent)
    assert file.read_text() == BY_HAND


def test_who_has_the_lock_is_waited_for_and_frees_it_when_it_is_killed(file: Path) -> None:
    code = "import fcntl, sys, time; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX); print('have', flush=True); time.sleep(60)"
    lock = file.parent / ".flags.json.lock"
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", code, lock], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"have\n"
        assert "is locked by another process" in refusal(file.parent, timeout_s=0.1)
        other.kill()
        write(file.parent, "3.8.1", "3.8.2")


def test_a_link_in_place_of_the_lock_is_not_followed(file: Path, tmp_path: Path) -> None:
    (tmp_path / ".flags.json.lock").symlink_to(tmp_path / "elsewhere")
    assert "cannot be made" in refusal(file.parent)
    assert not os.path.lexists(tmp_path / "elsewhere")


def checks(folder: Path, version: str = "3.8.1") -> dict[str, tuple[bool, bool]]:
    found = flagd_file.check(options(), release(version), context(folder, {}))
    return {c.name: (c.ok, c.blocking) for c in found}


def test_the_preflight_names_what_would_serve_something_else(file: Path) -> None:
    assert checks(file.parent) == {"variant": (True, True), "flag on": (True, False), "targeting": (True, False)}
    assert checks(file.parent, "9.9.9")["variant"] == (False, True)
    file.write_text(BY_HAND.replace('"targeting": {}', '"targeting": {"if": [true, "3.8.2"]}'))
    assert checks(file.parent)["targeting"] == (False, False)
    document = json.loads(BY_HAND)
    document["flags"]["bot"]["state"] = "DISABLED"
    file.write_text(json.dumps(document))
    assert checks(file.parent)["flag on"] == (False, False)


@pytest.mark.parametrize("wrong", [{"field": "state", "values": {"1": "ON"}}, {"value": "x"}, {"field": "variants"}])
def test_options_that_name_no_value_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        options(**wrong)
    assert options().field is Field.DEFAULT_VARIANT


def test_one_file_under_two_paths_is_one_target() -> None:
    assert flagd_file.sends_to(options(path="./a/../flags.json")) == flagd_file.sends_to(options())
    assert flagd_file.sends_to(options(flag="other")) != flagd_file.sends_to(options())
