"""A configuration or a database that cannot be used: one clear message, exit code 2, nothing lost."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from pulse_tui.storage import engine
from pulse_tui.storage.version import HEAD, OLDEST_KEY
from tests.cli.conftest import Shell
from tests.fakes.small_estate import signal_line

BAD = """\
name: x
sorces: []
estate:
  assets:
    - {id: a, asset_type: servce, owner_team: t}
    - {id: b, owner_team: t}
sources:
  - {id: s, kind: lm_evl, path: x}
  - {id: s2, kind: signals, pth: x}
  - {id: s3, kind: signals, path: x, every: ten}
"""


def test_all_problems_of_all_files_are_told_at_once(shell: Shell, home: Path) -> None:
    folder = home / "bad"
    folder.mkdir()
    (folder / "a.yaml").write_text(BAD)
    (folder / "b.yaml").write_text("a: [1\nb: 2\n")
    said = shell.bare("status", "--config", folder)
    assert said.code == 2
    for line in (
        "a.yaml:2: unknown section 'sorces' (did you mean 'sources'?)",
        "a.yaml:5: estate.assets[0].asset_type",
        "did you mean 'service'?",
        "a.yaml:6: estate.assets[1]: the key 'asset_type' is missing",
        "a.yaml:8: sources[0].kind: unknown kind 'lm_evl' (did you mean 'lm_eval'?)",
        "a.yaml:9: sources[1]: unknown key 'pth' (did you mean 'path'?)",
        "a.yaml:10: sources[2].every",
        "b.yaml:2: is not YAML",
    ):
        assert line in said.err
    assert said.out == ""
    assert list(folder.glob("*.db")) == []


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda p: None, "does not exist"),
        (lambda p: p.mkdir(), "holds no .yaml file"),
        (lambda p: p.write_bytes(b"\xff\xfe"), "is not UTF-8"),
        (lambda p: p.write_text("- a\n- b\n"), "expected sections"),
    ],
    ids=["missing", "empty folder", "binary", "a list"],
)
def test_a_configuration_that_is_none_is_told(shell: Shell, home: Path, make: object, word: str) -> None:
    assert callable(make)
    make(home / "c")
    said = shell.bare("refresh", "--config", home / "c")
    assert said.code == 2
    assert word in said.err


def test_a_secret_that_is_not_set_is_named(shell: Shell, home: Path) -> None:
    (home / "c.yaml").write_text("database: postgresql://u:${NO_SUCH_SECRET}@127.0.0.1/x\n")
    said = shell.bare("status", "--config", home / "c.yaml")
    assert said.code == 2
    assert "${NO_SUCH_SECRET} is not set" in said.err


def test_a_policy_with_a_misspelt_field_is_told_with_its_line(shell: Shell) -> None:
    (shell.config / "policy.yaml").write_text(
        "policy:\n  rules:\n    - id: r\n      owner: x\n      review: 2027-01-01\n      priority: P2\n"
        "      on: [latency_breach]\n      all:\n        - service.rato > 1.0\n      actions: [notify]\n"
    )
    said = shell("policy", "check")
    assert said.code == 2
    assert "policy.yaml:" in said.err
    assert "rato" in said.err


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("foo", "no database URL"),
        ("mysql://a/b", "mysql is not supported"),
        ("postgresql://127.0.0.1:1/x", "cannot be reached"),
        ("sqlite:////proc/pulse.db", "pulse.db"),
    ],
)
def test_a_database_that_cannot_be_used_is_told(shell: Shell, url: str, word: str) -> None:
    said = shell("refresh", "drop", "--database", url)
    assert said.code == 2
    assert word in said.err
    assert "Traceback" not in said.err


def test_a_file_that_is_no_database_is_told_and_left_alone(shell: Shell, home: Path) -> None:
    (home / "g.db").write_bytes(b"garbage " * 50)
    said = shell("refresh", "drop", "--database", "sqlite:///g.db")
    assert said.code == 2
    assert "is not a database file" in said.err
    assert (home / "g.db").read_bytes() == b"garbage " * 50


def newer(shell: Shell, oldest: str) -> Path:
    """The database of the estate as a later version leaves it, which allows ``oldest`` and later beside it."""
    shell("db", "upgrade")
    file = shell.config / "pulse.db"
    with sqlite3.connect(file) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
        connection.execute("update settings_values set value = ? where key = ?", (oldest, OLDEST_KEY))
    connection.close()
    return file


def test_a_database_of_a_newer_version_is_left_alone(shell: Shell) -> None:
    newer(shell, oldest="9999")
    for command in (["status"], ["freeze", "my-bot", "--why", "x"], ["db", "upgrade"]):
        said = shell(*command)
        assert said.code == 2
        assert "newer pulse_tui" in said.err
        assert "Upgrade pulse_tui" in said.err


def test_a_newer_version_that_allows_this_one_is_worked_beside(shell: Shell) -> None:
    file = newer(shell, oldest=HEAD)
    for command in (["status"], ["freeze", "my-bot", "--why", "x"], ["db", "upgrade"]):
        said = shell(*command)
        assert (said.code, said.err) == (0, "")
    with sqlite3.connect(file) as connection:
        assert connection.execute("select version_num from alembic_version").fetchone() == ("9999",)
    connection.close()


def test_reading_a_database_that_is_not_there_makes_no_file(shell: Shell, home: Path) -> None:
    said = shell("status", "--database", "sqlite:///typo.db")
    assert said.code == 2
    assert "typo.db does not exist" in said.err
    assert "--read-only" not in said.err
    assert not (home / "typo.db").exists()


def test_a_locked_database_is_reported_and_the_action_can_be_repeated(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_MS", 150)  # the wait, not the behaviour
    shell("db", "upgrade")
    lock = sqlite3.connect(shell.config / "pulse.db", isolation_level=None)
    lock.execute("begin immediate")
    said = shell("freeze", "my-bot", "--why", "x")
    assert said.code == 2
    assert "is locked by another process" in said.err
    assert shell("status").code == 0
    lock.execute("rollback")
    lock.close()
    assert shell("freeze", "my-bot", "--why", "x").code == 0


def test_a_source_that_is_down_does_not_keep_the_others_out(shell: Shell) -> None:
    text = (shell.config / "pulse.yaml").read_text()
    (shell.config / "pulse.yaml").write_text(text.replace("/feed", "/nothing-here"))
    (shell.config / "signals" / "s.jsonl").write_text(signal_line())
    said = shell("refresh")
    assert said.code == 1
    assert "ok   drop: 1 signal, " in said.out
    assert "FAIL news" in said.out
    doctor = shell("doctor")
    assert doctor.code == 1
    assert "FAIL source news" in doctor.out


def test_an_unknown_source_names_the_known_ones(shell: Shell) -> None:
    said = shell("refresh", "dorp")
    assert said.code == 2
    assert "did you mean 'drop'?" in said.err


def test_a_key_under_its_old_name_is_read_and_reported_once_beside_the_answer(shell: Shell) -> None:
    file = shell.config / "pulse.yaml"
    file.write_text(file.read_text().replace("owner_team: ml-team", "owner: ml-team"))
    said = shell("status", "--json")
    assert said.code == 0
    assert said.json()
    line = next(n for n, text in enumerate(file.read_text().splitlines(), 1) if "owner: ml-team" in text)
    warning = f"pulse.yaml:{line}: estate.assets[0]: 'owner' is now 'owner_team' (the old name is still read)"
    assert said.err == f"pulse-tui: warning: {warning}\n"
    assert f"note config: {warning}" in shell("doctor").out


def test_many_old_names_do_not_bury_the_answer(shell: Shell) -> None:
    assets = "".join(f"    - {{id: bot-{n}, type: service, owner: ml}}\n" for n in range(20))
    (shell.config / "pulse.yaml").write_text(f"database: sqlite:///pulse.db\nestate:\n  assets:\n{assets}")
    said = shell("status")
    assert len(said.err.splitlines()) == 6
    assert "35 more warnings: pulse-tui doctor lists all" in said.err
    assert shell("doctor").out.count("the old name is still read") == 40


def test_what_init_writes_needs_no_warning(shell: Shell, home: Path) -> None:
    assert shell.bare("init", home / "first").code == 0
    assert shell.bare("release", "calendar", "--config", home / "first").err == ""


def test_a_policy_that_cannot_be_read_is_named_by_status_and_is_no_good_answer(shell: Shell) -> None:
    rule = "{id: a, owner: ml, review: 2027-01-01, description: d, on: [cve], priority: P1, actions: [notify], all: [nope.x > 1]}"
    (shell.config / "broken.yaml").write_text(f"policy:\n  rules:\n    - {rule}\n")
    said = shell("status")
    assert said.code == 1
    assert "THE POLICY CANNOT BE READ, nothing is collected or judged: broken.yaml:3" in said.out


def test_a_policy_that_cannot_be_read_hides_no_state(shell: Shell) -> None:
    (shell.config / "signals" / "s.jsonl").write_text(signal_line())
    shell("refresh", "drop")
    before = shell("status")
    assert before.code == 1
    with (shell.config / "pulse.yaml").open("a") as file:
        file.write('policy:\n  rules: [{id: x, when: "asset.tier ==="}]\n')
    said = shell("status")
    assert said.code == 1
    assert "THE POLICY CANNOT BE READ, nothing is collected or judged: pulse.yaml:" in said.out
    alert = next(line for line in before.out.splitlines() if line.startswith("  P"))
    assert alert in said.out
    assert f"pulse-tui explain {alert.split()[1]}" in said.out
    checked = shell("doctor")
    assert "FAIL policy: " in checked.out
    assert "ok   audit log: " in checked.out, "the rest is checked all the same"


def test_what_has_a_form_or_stands_elsewhere_is_named_with_the_form_and_the_place(shell: Shell) -> None:
    (shell.config / "more.yaml").write_text(
        "rules: []\nworking_hours: {from: '25:00', to: '18:00'}\nadmission: {listen: abc}\nheartbeat: {url: 'ftp://x'}\n"
    )
    said = shell("status").err
    assert "more.yaml:1: unknown section 'rules' (it stands in policy: policy: {rules: ...})" in said
    assert "more.yaml:2: working_hours.from: expected text (an hour, as 09:00), found '25:00'" in said
    assert "more.yaml:3: admission.listen: expected text (host and port, as 127.0.0.1:8443), found 'abc'" in said
    assert "more.yaml:4: heartbeat: url is not an http or https address" in said
