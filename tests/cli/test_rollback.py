"""Rolling back from a shell: plan, approve, run, undo, and what is refused."""

from __future__ import annotations

import json
import sqlite3
import stat
import subprocess
import tarfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from pulse_tui.domain.moments import iso
from tests.cli.conftest import Shell
from tests.fakes.small_estate import Target, signal_line
from tests.fakes.tampering import unguarded


def _plan(shell: Shell, environment: str) -> str:
    said = shell("rollback", "plan", "my-bot", "--env", environment, "--json")
    assert said.code == 0, said
    return str(said.json()["hash"])


def test_a_canary_goes_back_with_one_approval_and_the_target_is_read_back(shell: Shell, target: Target) -> None:
    plan = _plan(shell, "canary")
    assert shell("rollback", "approve", plan, "--why", "p95").code == 0
    done = shell("rollback", "run", plan)
    assert done.code == 0
    assert "verified" in done.out
    assert target.writes == [("my-bot/canary", "1.1.0", "1.0.1")]
    assert "canary" in shell("status").out
    assert "my-bot/canary  1.1.0 -> 1.0.1  verified" in shell("rollback", "show").out


def test_planning_touches_nothing_and_says_what_comes_next(shell: Shell, target: Target) -> None:
    said = shell("rollback", "plan", "my-bot", "--env", "canary")
    assert said.code == 0
    assert "1.1.0 -> 1.0.1" in said.out
    assert "next: an operator" in said.out
    assert target.writes == []


def test_production_needs_two_people(shell: Shell, target: Target) -> None:
    plan = _plan(shell, "production")
    assert shell("rollback", "approve", plan).code == 0
    early = shell("rollback", "run", plan)
    assert early.code == 1
    assert target.writes == []
    again = shell("rollback", "approve", plan)
    assert again.code == 1
    second = shell("rollback", "approve", plan, by="ben")
    assert second.code == 0
    assert f"next: pulse-tui rollback run {plan[:12]}" in second.out
    assert shell("rollback", "run", plan).code == 0
    assert target.writes == [("my-bot/production", "1.0.1", "1.0.0")]


def test_a_stranger_and_a_canary_operator_cannot_approve_production(shell: Shell) -> None:
    plan = _plan(shell, "production")
    stranger = shell("rollback", "approve", plan, by="mallory")
    assert stranger.code == 1
    assert "mallory" in stranger.err
    assert "operators' file" in stranger.err
    assert shell("rollback", "approve", plan, by="cyd").code == 1


def test_a_rejected_plan_never_runs(shell: Shell, target: Target) -> None:
    plan = _plan(shell, "canary")
    assert shell("rollback", "reject", plan, "--why", "not now").code == 0
    assert shell("rollback", "approve", plan, by="ben").code == 1
    assert shell("rollback", "run", plan).code == 1
    assert target.writes == []


def test_a_rejected_plan_says_who_said_no_and_why(shell: Shell) -> None:
    plan = _plan(shell, "canary")
    shell("rollback", "reject", plan, "--why", "the fix is out in five minutes")
    assert "by ana: the fix is out in five minutes" in shell("rollback", "list").out


def test_a_plan_whose_approvals_no_longer_count_waits_for_nothing_and_says_so(shell: Shell, target: Target) -> None:
    plan = _plan(shell, "canary")
    assert shell("rollback", "approve", plan).code == 0
    assert f"pulse-tui rollback run {plan[:12]}" in shell("status").out
    config = shell.config / "pulse.yaml"
    config.write_text(config.read_text().replace("name: ben", "name: bea"))
    for said in (shell("status"), shell("doctor"), shell("rollback", "list")):
        assert f"rollback run {plan[:12]}" not in said.out
        assert "the operators' file changed after the plan was made" in said.out
        assert "pulse-tui rollback plan my-bot --env canary" in said.out
    made = _plan(shell, "canary")
    after = shell("status").out
    assert made[:12] in after
    assert plan[:12] not in after, "the newer plan stands in its stead"


def test_a_plan_that_meets_a_moved_target_does_not_run(shell: Shell, target: Target) -> None:
    plan = _plan(shell, "canary")
    assert shell("rollback", "approve", plan).code == 0
    target.serving["my-bot/canary"] = "9.9.9"
    said = shell("rollback", "run", plan)
    assert said.code == 1
    assert "9.9.9" in said.err
    assert target.writes == []


def test_a_plan_against_a_moved_target_says_no_and_exits_with_1(shell: Shell, target: Target) -> None:
    target.serving["my-bot/canary"] = "9.9.9"
    said = shell("rollback", "plan", "my-bot", "--env", "canary")
    assert said.code == 1
    assert "NO   " in said.out
    assert "plan again" in said.out


def test_undo_is_a_plan_of_its_own_that_goes_forward_again(shell: Shell, target: Target) -> None:
    plan = _plan(shell, "canary")
    shell("rollback", "approve", plan)
    shell("rollback", "run", plan)
    undo = shell("rollback", "undo", plan, "--json")
    assert undo.json()["state"] == "proposed"
    forward = undo.json()["hash"]
    assert forward != plan
    assert shell("rollback", "approve", forward).code == 0
    assert shell("rollback", "run", forward).code == 0
    assert target.serving["my-bot/canary"] == "1.1.0"


def test_a_breach_ends_by_the_next_window_and_not_by_the_rollback(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "s.jsonl"
    file.write_text(signal_line())
    assert shell("ingest", file).code == 0
    alert = shell("status", "--json").json()["alerts"][0]
    assert alert["asset"] == "my-bot"
    plan = shell("rollback", "plan", "my-bot", "--env", "canary", "--alert", alert["id"], "--json").json()["hash"]
    shell("rollback", "approve", plan)
    assert shell("rollback", "run", plan).code == 0
    assert shell("explain", alert["id"], "--json").json()["alert"]["state"] == "firing"
    within = json.loads(signal_line()) | {"id": "next-window", "observed_at": iso(datetime.now(UTC)), "severity": "low"}
    within["evidence"] |= {"value": within["evidence"]["objective"]}
    file.write_text(json.dumps(within))
    assert shell("ingest", file).code == 0
    assert shell("explain", alert["id"], "--json").json()["alert"]["state"] == "resolved"
    assert shell("audit", "verify").code == 0


def test_what_cannot_be_named_is_said(shell: Shell) -> None:
    for arguments, word in (
        (("rollback", "show", "0123456789"), "rollback show"),
        (("rollback", "show", "abc"), "8 digits"),
        (("rollback", "plan", "nobot", "--env", "canary"), "nobot"),
        (("rollback", "plan", "my-bot"), "--env"),
        (("rollback", "plan"), "ASSET --env ENV"),
        (("rollback", "resume", "r1"), "r1"),
    ):
        said = shell(*arguments)
        assert said.code == 2, (arguments, said)
        assert word in said.err
        assert said.out == ""


def test_an_environment_without_a_way_back_is_refused_with_the_reason(shell: Shell) -> None:
    said = shell("rollback", "plan", "my-bot", "--env", "shadow")
    assert said.code in (1, 2)
    assert "shadow" in said.err


def test_an_audit_log_whose_end_was_cut_is_found_out_by_the_approvals(shell: Shell) -> None:
    plan = shell("rollback", "plan", "my-bot", "--env", "canary", "--json").json()["hash"]
    assert shell("rollback", "approve", plan).code == 0
    assert shell("audit", "verify").code == 0
    with sqlite3.connect(shell.config / "pulse.db") as raw:
        last = raw.execute("select max(seq) from audit").fetchone()[0]
        with unguarded(raw.execute):
            raw.execute("delete from audit where seq > ?", (last - 2,))
    said = shell("audit", "verify")
    assert said.code == 1
    assert "lines were cut off" in said.out


def test_an_end_that_was_cut_off_with_its_seal_contradicts_an_anchor(shell: Shell) -> None:
    assert shell("freeze", "my-bot", "--why", "maintenance").code == 0
    kept = shell.config / "kept.log"
    kept.write_text(shell("audit", "anchor").out)
    assert "1 anchors, the newest at line" in shell("audit", "verify", "--anchor", kept).out
    with sqlite3.connect(shell.config / "pulse.db") as raw:
        raw.execute("delete from holds")
        raw.execute("delete from settings_values")
        with unguarded(raw.execute):
            raw.execute("delete from audit")
    said = shell("audit", "verify", "--anchor", kept)
    assert (said.code, "which was anchored, is not there" in said.out) == (1, True)
    assert "no anchor: lines at the end" in shell("audit", "verify").out


def test_a_log_that_was_emptied_is_not_whole(shell: Shell) -> None:
    assert shell("freeze", "my-bot", "--why", "maintenance").code == 0
    with sqlite3.connect(shell.config / "pulse.db") as raw, unguarded(raw.execute):
        raw.execute("delete from audit")
    said = shell("audit", "verify")
    assert said.code == 1
    assert "lines were cut off" in said.out


def test_a_run_is_exported_as_a_folder_or_an_archive_that_verifies_itself(shell: Shell, target: Target) -> None:
    plan = _plan(shell, "canary")
    shell("rollback", "approve", plan, "--why", "p95")
    shell("rollback", "run", plan)
    (run,) = _rows(shell, "SELECT id FROM runs")
    kept = shell.config / "kept.log"
    kept.write_text(shell("audit", "anchor").out)
    assert shell("freeze", "my-bot", "--why", "maintenance").code == 0
    folder, archive = shell.config / "bundle", shell.config / "bundle.tar"
    for to in (folder, archive):
        said = shell("audit", "export", "--run", run, "--to", to, "--anchor", kept)
        assert (said.code, "to verify them: " in said.out) == (0, True)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, archive, *folder.rglob("*"))} == {0o600, 0o700}
    whole = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with tarfile.open(archive) as tar:
        packed = {m.name: (file.read() if (file := tar.extractfile(m)) else b"") for m in tar}
    assert packed == {f"bundle/{name}": data for name, data in whole.items()}
    for arguments in ([], [str(kept)]):
        done = subprocess.run(["sh", "verify.sh", *arguments], cwd=folder, capture_output=True, text=True, check=False)
        assert (done.returncode, "NOT SIGNED: the vote of ana" in done.stdout) == (0, True), done
    again = shell("audit", "export", "--run", run, "--to", folder)
    assert (again.code, "is there already" in again.err) == (1, True)


def test_what_an_export_cannot_be_is_refused(shell: Shell) -> None:
    assert "there is no run" in shell("audit", "export", "--run", "absent").err
    assert "--to needs --run" in shell("audit", "export", "--to", "x").err
    assert "takes no --run" in shell("audit", "verify", "--run", "x").err


def test_a_database_in_which_nothing_stops_a_change_is_named(shell: Shell) -> None:
    assert "append-only" in shell("doctor").out
    with sqlite3.connect(shell.config / "pulse.db") as raw:
        raw.execute("DROP TRIGGER approvals_kept_delete")
    for arguments in (("audit", "verify"), ("doctor",), ("status",)):
        said = shell(*arguments)
        assert (said.code, "approvals can be changed: its trigger approvals_kept_delete is gone" in said.out) == (
            1,
            True,
        )
    assert "its triggers were made again" in shell("db", "upgrade").out
    assert shell("audit", "verify").code == 0
    assert '"action":"log.protected"' in shell("audit", "export").out
    assert "made again" not in shell("db", "upgrade").out


def _rows(shell: Shell, query: str) -> list[str]:
    with closing(sqlite3.connect(shell.config / "pulse.db")) as raw:
        return [row[0] for row in raw.execute(query)]


def test_the_doctor_compares_the_log_with_the_anchors_that_the_configuration_keeps(shell: Shell) -> None:
    assert "note audit anchors: none are kept" in shell("doctor").out
    file = next(path for path in shell.config.glob("*.yaml"))
    text = file.read_text()
    file.write_text(text.replace("approvals: {", "approvals: {anchors: [kept.log], ", 1))
    assert file.read_text() != text
    assert shell("freeze", "my-bot", "--why", "maintenance").code == 0
    (shell.config / "kept.log").write_text(shell("audit", "anchor").out)
    assert "ok   audit anchors: kept.log; 1 read back" in shell("doctor").out
    (shell.config / "kept.log").write_text(f"audit 1 {'0' * 63}1 2026-11-29T06:00:00Z by hand\n")
    assert "FAIL audit log: line 1, which was anchored, is another one now" in shell("doctor").out
