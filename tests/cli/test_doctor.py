"""The doctor only reads, and finds what is wrong before a night."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pulse_tui.domain.moments import iso
from pulse_tui.wiring import bundled, now
from tests.cli.conftest import Shell
from tests.fakes.small_estate import Target, signal_line


def edit(shell: Shell, old: str, new: str) -> None:
    file = shell.config / "pulse.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_it_makes_no_database_and_takes_no_configuration_in(shell: Shell) -> None:
    for file in shell.config.glob("pulse.db*"):
        file.unlink()
    said = shell("doctor").out
    assert "note database: " in said
    assert not list(shell.config.glob("pulse.db*"))
    shell("refresh", "drop")
    edit(shell, "tier: customer-facing", "tier: sandbox")
    before = (shell.config / "pulse.db").read_bytes()
    shell("doctor")
    assert (shell.config / "pulse.db").read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("environments: [canary, production]", "assets: [my-bott]\n    environments: [canary]",
         "FAIL playbook any-rollback: there is no asset 'my-bott' did you mean 'my-bot'?"),
        ("rollback_to: 1.0.1", "rollback_to: 1.0.2",
         "FAIL asset my-bot 1.1.0: rollback_to: no release '1.0.2' is known"),
        ("canary: {version: 1.1.0", "canary: {version: 1.1.9",
         "FAIL asset my-bot in canary: no release '1.1.9' is known"),
        ("metric: acc}", "metric: acc}\n    baselines: {my-bto: 1.0.1}",
         "FAIL suite golden: there is no asset 'my-bto' did you mean 'my-bot'?"),
        ("metric: acc}", "metric: acc}\n    baselines: {my-bot: 1.0.7}",
         "FAIL suite golden: baseline of my-bot: no release '1.0.7' is known"),
        ("kind: notify,", "kind: notify, owner_teams: [ml-taem],",
         "FAIL route oncall: nothing is owned by 'ml-taem' did you mean 'ml-team'?"),
        ("path: signals", "path: signal", "/signal does not exist. did you mean 'signals'?"),
        ("key: ana-laptop", "key: change-me", "FAIL operator ana: key is still a placeholder: change-me"),
        ("kind: notify,", "kind: notify, owner_teams: [security],",
         "FAIL owner ml-team: no notify route serves it (none at all)"),
    ],
)  # fmt: skip
def test_a_reference_that_leads_nowhere_is_named_with_the_nearest_that_does(
    shell: Shell, old: str, new: str, line: str
) -> None:
    shell("refresh", "drop")
    edit(shell, old, new)
    said = shell("doctor")
    assert said.code == 1
    assert line in said.out


def test_each_step_reads_its_target_back(shell: Shell, target: Target) -> None:
    shell("refresh", "drop")
    assert "ok   playbook any-rollback for my-bot production: " in shell("doctor").out
    target.serving["my-bot/production"] = "9.9"
    said = shell("doctor").out
    assert "FAIL playbook any-rollback for my-bot production: " in said
    assert "holds 9.9, but 1.0.1 serves by the registry" in said
    assert target.writes == []


def test_a_secret_that_is_not_set_is_named_once_with_where_it_is_used(shell: Shell) -> None:
    shell("refresh", "drop")
    edit(shell, "kind: notify,", 'kind: notify, headers: {A: "${NOT_SET_HERE}", B: "${NOT_SET_HERE}"},')
    said = shell("doctor")
    assert said.code == 1
    assert said.out.count("FAIL route oncall: ${NOT_SET_HERE} is not set. Export it before the start") == 1


def test_what_a_source_failed_with_says_when_and_how_it_is_read_again(shell: Shell) -> None:
    edit(shell, "path: signals", "path: nothing-here")
    shell("refresh", "drop")
    said = shell("doctor").out
    assert "nothing-here does not exist. Create it or correct 'path'" in said
    assert "; again: pulse-tui refresh drop)" in said


@pytest.mark.parametrize("where", ["step", "source", "route"])
def test_nothing_that_is_wrong_is_reported_twice(shell: Shell, where: str) -> None:
    old, new = {
        "step": ("timeout: 10s", 'timeout: 10s\n        headers: {Authorization: "Bearer ${NOT_SET_HERE}"}'),
        "source": ("vendor: acme", 'vendor: acme, token: "${NOT_SET_HERE}"'),
        "route": ("kind: notify,", 'kind: notify, headers: {A: "${NOT_SET_HERE}"},'),
    }[where]
    edit(shell, old, new)
    edit(shell, "path: signals", "path: nothing-here")
    shell("refresh")
    said = shell("doctor").out
    assert said.count("NOT_SET_HERE") == 1
    assert said.count("nothing-here does not exist") == 1
    lines = said.splitlines()
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize(("kind", "where"), [("ticket", "path: tickets"), ("notify", 'url: "http://127.0.0.1:9"')])
def test_an_urgent_alert_that_pages_nobody_says_so_in_status_and_the_header(
    shell: Shell, kind: str, where: str
) -> None:
    config = shell.config / "pulse.yaml"
    routes = re.sub(r"(?m)^  - {id: oncall.*$", f"  - {{id: desk, kind: {kind}, {where}}}", config.read_text())
    config.write_text(routes)
    (shell.config / "signals" / "s.jsonl").write_text(signal_line())
    shell("refresh", "drop")
    said = shell("status")
    assert ("NOBODY IS PAGED for ml-team: no notify route serves it (only ticket)" in said.out) is (kind == "ticket")
    header = shell("status", "--json").json()["header"]
    assert header["unpaged"] == (1 if kind == "ticket" else 0)


@pytest.mark.parametrize(
    ("listen", "secret", "line", "more"),
    [
        ("127.0.0.1:8765", "s3cret", "ok   hooks: a tower or agent listens on 127.0.0.1:8765", "hints from forge"),
        ("127.0.0.1:8765", "", "note hooks: ", "no source has a webhook_secret"),
        ("127.0.0.1:8765", " ", "FAIL source forge: ${HOOK} is set to nothing", "no source has a webhook_secret"),
        ("0.0.0.0:8765", "s3cret", "note hooks: ", "every network of this machine reaches it in the clear"),
        ("[::]:8765", "s3cret", "note hooks: ", "every network of this machine reaches it in the clear"),
        ("10.1.2.3:8765", "s3cret", "note hooks: ", "the network reaches it in the clear"),
    ],
)
def test_webhooks_that_anybody_could_send_are_named(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, listen: str, secret: str, line: str, more: str
) -> None:
    monkeypatch.setenv("HOOK", secret)
    forge = '- {id: forge, kind: gitlab, project: "acme/bot", webhook_secret: "${HOOK}"}'
    edit(shell, "sources:\n", f'hooks: {{listen: "{listen}"}}\nsources:\n  {forge}\n')
    said = shell("doctor").out
    assert line in said
    assert more in said


def test_a_review_that_is_overdue_stands_in_status_and_doctor_with_whose_it_is(shell: Shell) -> None:
    policy = re.sub(r"review: [\d-]+", "review: 2999-01-01", (bundled("config") / "policy.yaml").read_text())
    (shell.config / "policy.yaml").write_text(policy)
    assert "overdue: " not in shell("status").out
    (shell.config / "policy.yaml").write_text(policy.replace("2999-01-01", "2020-02-01", 1))
    for verb in ("status", "doctor"):
        said = shell(verb).out
        assert "overdue: " in said
        assert "due 2020-02-01)" in said


def test_a_rule_whose_engine_breaks_is_named_and_the_batch_lands(shell: Shell) -> None:
    (shell.config / "policy.yaml").write_text("""\
policy:
  rules:
    - {id: divided, owner: x, review: 2027-05-01, on: [latency_breach], priority: P1, actions: [notify],
       all: ["100 / (size(signal.title) - size(signal.title)) > 1"]}
    - {id: plain, owner: x, review: 2027-05-01, on: [latency_breach], priority: P2, actions: [notify], all: [asset.known]}
""")
    (shell.config / "signals" / "one.json").write_text(signal_line(observed_at=iso(now())))
    shell("refresh", "drop")
    status = shell("status").out
    assert "1 decision in the last 24 h was indeterminate" in status
    assert "rule divided x1: divide by zero" in status
    assert "P2" in status.partition("WHAT CHANGED")[2]
    assert "note rule divided was indeterminate x1: divide by zero" in shell("doctor").out


def test_a_copy_or_a_session_that_others_can_read_is_named_with_the_command_to_type(shell: Shell, home: Path) -> None:
    shell("refresh", "drop")
    assert "private files" not in shell("doctor").out
    copy = shell.config / "pulse.db.0009.20261123T030000.bak"
    session = home / ".local/state/pulse-tui/session-1.json"
    session.parent.mkdir(parents=True)
    for file, mode in ((copy, 0o644), (session, 0o640)):
        file.touch()
        file.chmod(mode)
    said = shell("doctor")
    assert said.code == 1
    assert (
        f"FAIL private files: {copy} (mode 0644) is open to everybody; for nobody else: chmod go-rwx {copy}" in said.out
    )
    assert f"note private files: {session} (mode 0640) is open to its group; for nobody else: chmod go-rwx" in said.out


def test_a_damaged_page_is_found_before_somebody_needs_it(shell: Shell) -> None:
    shell("refresh", "drop")
    assert "ok   database pages: whole, checked in" in shell("doctor").out
    database = shell.config / "pulse.db"
    with closing(sqlite3.connect(database)) as raw:
        (page,) = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'eval_sheets'").fetchone()
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with database.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    said = shell("doctor")
    assert said.code == 1
    assert "FAIL database pages: damaged: " in said.out
    assert "Stop every pulse-tui, then pulse-tui db restore" in said.out


def test_what_the_launch_checklist_lacks_is_a_todo_until_it_is_asked_for(shell: Shell) -> None:
    shell("refresh", "drop")
    plain = shell("doctor", "--json")
    lacks = {line["what"] for line in plain.json() if line["todo"]}
    assert "launch accountable_owner" in lacks
    assert all(line["ok"] is False for line in plain.json() if line["todo"])
    wrong = [line for line in plain.json() if line["ok"] is False and not line["todo"]]
    assert plain.code == (1 if wrong else 0)
    assert "todo launch accountable_owner: " in shell("doctor").out
    asked = shell("doctor", "--launch")
    assert asked.code == 1
    assert "FAIL launch accountable_owner: " in asked.out


def test_the_first_check_of_a_new_configuration_finds_nothing_wrong(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "config"
    assert shell.bare("init", str(folder)).code == 0
    shell.bare("--config", str(folder), "refresh", "drop")
    said = shell.bare("--config", str(folder), "doctor")
    assert "FAIL" not in said.out
    assert "todo launch " in said.out
    assert said.code == 0
