"""Signed approvals from a shell, with OpenSSH's own agent and ssh-keygen."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pulse_tui.domain.sshsig import SK_ED25519
from pulse_tui.wiring import House
from tests.cli.conftest import Shell
from tests.fakes.agents import OPENSSH, holding, openssh
from tests.fakes.agents import agent as agent_of
from tests.fakes.prepared import TRIGGER, drill
from tests.fakes.small_estate import Target
from tests.fakes.sshkeys import pair

pytestmark = pytest.mark.skipif(not OPENSSH, reason="OpenSSH (ssh-agent, ssh-add, ssh-keygen) is not installed")
KINDS = {"ana": "ed25519", "ben": "ecdsa", "eve": "rsa:2048"}


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str], Path]]:
    """(socket, public line by person, folder with the private keys)."""
    folder = tmp_path_factory.mktemp("keys")
    with openssh(folder, tuple(KINDS.values())) as (path, lines):
        yield path, {who: lines[kind].strip() for who, kind in KINDS.items()}, folder


@pytest.fixture
def signed(
    shell: Shell, agent: tuple[str, dict[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> tuple[Shell, Path]:
    """An estate in which ana and ben have the keys of a running agent."""
    path, lines, folder = agent
    monkeypatch.setenv("SSH_AUTH_SOCK", path)
    file = shell.config / "pulse.yaml"
    text = file.read_text()
    for who in ("ana", "ben"):
        text = text.replace(f"key: {who}-laptop", f'key: "{lines[who]}"')
    file.write_text(text)
    return shell, folder


def _plan(shell: Shell, environment: str = "production") -> str:
    said = shell("rollback", "plan", "my-bot", "--env", environment, "--json")
    assert said.code == 0, said
    return str(said.json()["hash"])


def _verify(folder: Path, who: str, file: Path) -> int:
    command = ["ssh-keygen", "-Y", "verify", "-f", str(folder / "allowed_signers"), "-I", who, "-n", "pulse-approve@v1"]
    return subprocess.run([*command, "-s", f"{file}.sig"], input=file.read_bytes(), check=False).returncode


def test_production_goes_back_on_two_signatures_and_ssh_keygen_verifies_both(
    signed: tuple[Shell, Path], target: Target, tmp_path: Path
) -> None:
    shell, _ = signed
    plan = _plan(shell)
    assert "your approval is signed by your SSH agent with SHA256:" in shell("rollback", "show", plan).out
    assert shell("rollback", "approve", plan, "--why", "p95", "--export", tmp_path / "mine").code == 0
    said = shell("rollback", "approve", plan, "--why", "seen", by="ben")
    assert said.code == 0, said
    assert "signed with SHA256:" in said.out
    assert shell("rollback", "run", plan).code == 0
    assert target.writes == [("my-bot/production", "1.0.1", "1.0.0")]
    shown = shell("rollback", "show", plan, "--signatures", tmp_path / "votes")
    assert "wrote 2 signed votes; verify with:" in shown.out
    for who in ("ana", "ben"):
        assert _verify(tmp_path / "votes", who, tmp_path / "votes" / f"{who}.vote") == 0
        assert _verify(tmp_path / "votes", "cyd", tmp_path / "votes" / f"{who}.vote") != 0
    assert (tmp_path / "mine").read_bytes() == (tmp_path / "votes" / "ana.vote").read_bytes()
    assert _verify(tmp_path / "votes", "ana", tmp_path / "mine") == 0


def test_without_an_agent_it_says_why_and_a_vote_signed_on_a_workstation_is_taken_in(
    signed: tuple[Shell, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell, keys = signed
    monkeypatch.delenv("SSH_AUTH_SOCK")
    plan = _plan(shell)
    said = shell("rollback", "approve", plan, "--why", "p95")
    assert said.code == 1
    assert "needs signed approvals" in said.err
    assert f"pulse-tui rollback payload {plan[:12]}" in said.err
    assert "you may not approve: cannot be signed: there is no SSH agent" in shell("rollback", "show", plan).out

    text = shell("rollback", "payload", plan, "--why", "from my desk")
    vote = tmp_path / "vote"
    vote.write_text(text.out)
    sign = ["ssh-keygen", "-Y", "sign", "-q", "-n", "pulse-approve@v1", "-f", str(keys / "id_ed25519"), str(vote)]
    subprocess.run(sign, check=True, stderr=subprocess.DEVNULL)
    taken = shell("rollback", "approve", plan, "--payload", vote, "--signature", f"{vote}.sig")
    assert taken.code == 0, taken
    assert "1 of 2; ana approved" in taken.out
    assert "from my desk" in taken.out
    assert shell("rollback", "approve", plan, "--payload", vote, "--signature", f"{vote}.sig").code == 1
    assert shell("rollback", "approve", plan, "--payload", vote).code == 2


def test_an_operator_without_a_public_key_votes_where_votes_need_no_signature_only(signed: tuple[Shell, Path]) -> None:
    shell, _ = signed
    assert shell("rollback", "approve", _plan(shell, "canary"), by="cyd").code == 0
    assert "may not act" in shell("rollback", "approve", _plan(shell), by="cyd").err


def test_a_key_that_was_added_makes_no_approver_of_a_plan_that_is_there(
    signed: tuple[Shell, Path], agent: tuple[str, dict[str, str], Path]
) -> None:
    shell, _ = signed
    plan = _plan(shell)
    assert shell("rollback", "approve", plan, "--why", "x").code == 0
    file = shell.config / "pulse.yaml"
    (shell.config / "signers").write_text(f"eve {agent[1]['eve']}\n")
    file.write_text(file.read_text() + "operators_file: signers\n")
    said = shell("rollback", "approve", plan, "--why", "x", by="eve")
    assert said.code == 1
    assert "the operators' file changed after the plan was made" in said.err
    assert shell("rollback", "approve", _plan(shell), "--why", "x", by="eve").code == 0


def test_break_glass_stands_in_status_until_it_is_reviewed(signed: tuple[Shell, Path], target: Target) -> None:
    shell, _ = signed
    plan = _plan(shell)
    short = shell("rollback", "approve", plan, "--break-glass", "--why", "down")
    assert (short.code, "at least 20 characters" in short.err) == (1, True)
    why = "ben does not answer, production is down"
    assert shell("rollback", "approve", plan, "--break-glass", "--why", why).code == 0
    assert shell("rollback", "run", plan).code == 0
    waits = shell("rollback", "reviews")
    assert waits.code == 1
    run = waits.out.partition("approved run ")[2].split()[0]
    status = shell("status")
    assert status.code == 1
    assert f"BREAK-GLASS: ana alone approved run {run}" in status.out
    assert f"pulse-tui rollback review {run}" in status.out
    assert f"BREAK-GLASS: not reviewed: pulse-tui rollback review {run}" in shell("rollback", "show", plan).out
    assert shell("rollback", "review", run, "--why", "mine").code == 1
    assert shell("rollback", "review", run, "--why", "justified", by="ben").code == 0
    assert shell("rollback", "reviews").out == "nothing waits for a review\n"
    assert "BREAK-GLASS: " not in shell("status").out
    assert "BREAK-GLASS: reviewed by ben: justified" in shell("rollback", "show", plan).out


def test_doctor_says_what_approvals_prove_and_whether_this_account_can_sign(
    signed: tuple[Shell, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    shell, _ = signed
    said = shell("doctor").out
    assert "ok   identity: approvals in production are signed; 2 public keys" in said
    assert "ok   your key: an approval of ana in production: signed by your SSH agent with SHA256:" in said
    monkeypatch.setenv("SSH_AUTH_SOCK", os.devnull)
    assert (
        "your key: an approval of ana in production: cannot be signed: the SSH agent at /dev/null"
        in shell("doctor").out
    )


def test_doctor_fails_where_nothing_proves_who_approved(shell: Shell) -> None:
    said = shell("doctor")
    assert "FAIL identity: no operator has a public key: approvals in production are not signed" in said.out


def test_a_security_key_is_asked_for_on_standard_error(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """In software: no security key is at hand here."""
    keys = {who: pair(SK_ED25519, who) for who in ("ana", "ben")}
    file = shell.config / "pulse.yaml"
    text = file.read_text().replace("approvals: {", "approvals: {touch: [production], ")
    for who, own in keys.items():
        text = text.replace(f"key: {who}-laptop", f'key: "{own.public.line}"')
    file.write_text(text)
    plan = _plan(shell)
    with agent_of(holding(list(keys.values()))) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        for who in keys:
            said = shell("rollback", "approve", plan, "--why", "x", by=who)
            assert said.code == 0, said
            assert said.err == "pulse-tui: touch your key now (a comment)\n"
    assert shell("rollback", "run", plan).code == 0


def test_a_pre_authorisation_of_production_counts_signed_votes_by_the_agent_and_from_elsewhere(
    signed: tuple[Shell, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell, folder = signed
    house = House(shell.config)
    with closing(house):
        house.sync()
        drill(house.rollback, "my-bot")
    asked = ("rollback", "authorise", "my-bot", "--env", "production", "--trigger", TRIGGER, "--why", "long nights")
    name = shell(*asked, "--json").json()["hash"]
    assert shell("rollback", "approve", name, "--why", "drilled", by="ana").code == 0
    file = tmp_path / "ben.vote"
    file.write_text(shell("rollback", "payload", name, "--why", "drilled", by="ben").out)
    key = str(folder / "id_ecdsa")
    sign = ["ssh-keygen", "-Y", "sign", "-n", "pulse-approve@v1", "-f", key, str(file)]
    subprocess.run(sign, check=True, capture_output=True)
    taken = ("rollback", "approve", name, "--payload", str(file), "--signature", f"{file}.sig")
    assert "this is no yes of ana" in shell(*taken, by="ana").err
    done = shell(*taken, by="ben")
    assert (done.code, done.err) == (0, "")
    assert "valid until" in done.out
    monkeypatch.delenv("SSH_AUTH_SOCK")
    other = shell(*asked, "--for", "7d", "--json").json()["hash"]
    assert "needs signed approvals" in shell("rollback", "approve", other, "--why", "x", by="ana").err
