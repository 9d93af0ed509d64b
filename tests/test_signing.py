"""The agent and the verification: OpenSSH's own tools on one side, agents that misbehave on the other."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

import pytest

from pulse_tui.domain.errors import NoAgent, NotSigned
from pulse_tui.domain.sshsig import BadSignature, armored, open_armored, read_key, signed_data, string
from pulse_tui.signing import Agent
from tests.fakes.agents import OPENSSH, Answer, agent, answer, holding, openssh
from tests.fakes.sshkeys import KINDS, NAMESPACE, pair

needs_openssh = pytest.mark.skipif(not OPENSSH, reason="OpenSSH (ssh-agent, ssh-add, ssh-keygen) is not installed")
REAL = ("ed25519", "ecdsa:256", "ecdsa:384", "ecdsa:521", "rsa:2048")


def signed(path: str, kind: str = "ssh-ed25519") -> str:
    """What is stored: verified first."""
    found, key = Agent(lambda: path, list_s=60, sign_s=60), pair(kind).public
    text = armored(key, NAMESPACE, found.sign(key, signed_data(NAMESPACE, b"message")))
    assert not found.wrong(open_armored(text), b"message"), found.wrong(open_armored(text), b"message")
    return text


@pytest.mark.parametrize("kind", KINDS)
def test_an_agent_signs_with_every_kind_of_key(kind: str) -> None:
    with agent(holding([pair("ssh-ed25519", "other"), pair(kind)])) as path:
        assert [h.key for h in Agent(lambda: path).held()] == [pair("ssh-ed25519", "other").public, pair(kind).public]
        assert signed(path, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_is_none_over_another_text_purpose_hash_or_key(kind: str) -> None:
    wrong = Agent().wrong
    good = open_armored(pair(kind).sign(b"message"))
    assert wrong(good, b"message") == ""
    assert "no signature by" in wrong(good, b"messages")
    assert "no signature by" in wrong(good._replace(namespace="file"), b"message")
    assert "no signature by" in wrong(good._replace(hash_name="sha256"), b"message")
    other = open_armored(pair(kind, "ben").sign(b"message"))
    assert wrong(good._replace(key=other.key), b"message")
    if good.key.touch:
        assert wrong(good._replace(made=good.made._replace(counter=8)), b"message")
        assert wrong(good._replace(key=good.key._replace(application="ssh:x")), b"message")


@pytest.mark.parametrize("kind", [k for k in KINDS if k.startswith("sk-")])
def test_a_security_key_that_was_not_touched_counts_for_nothing(kind: str) -> None:
    assert "not touched" in Agent().wrong(open_armored(pair(kind).sign(b"m", touched=False)), b"m")


def test_a_point_that_is_on_no_curve_is_a_reason_and_no_crash() -> None:
    good = open_armored(pair("ecdsa-sha2-nistp256").sign(b"m"))
    assert "cannot be used" in Agent().wrong(good._replace(key=good.key._replace(point=b"\4" + b"x" * 64)), b"m")


def _wait(connection: socket.socket, _request: bytes) -> None:
    time.sleep(2)


def _drip(connection: socket.socket, _request: bytes) -> None:
    connection.sendall((1000).to_bytes(4, "big"))
    for _ in range(20):
        time.sleep(0.1)
        connection.sendall(b"x")


def _cut(connection: socket.socket, _request: bytes) -> None:
    connection.sendall((1000).to_bytes(4, "big") + b"\x0e")
    connection.shutdown(socket.SHUT_RDWR)


_HOSTILE: dict[str, tuple[Answer, str]] = {
    "refuses": (lambda c, _: answer(c, 5), "refused to sign"),
    "dies": (lambda c, _: c.shutdown(socket.SHUT_RDWR), "broke off: it closed the connection"),
    "dies within its answer": (_cut, "broke off: it closed the connection"),
    "hangs": (_wait, "did not answer within 0.3 s"),
    "drips": (_drip, "did not answer within 0.3 s"),
    "announces 2 GB": (lambda c, _: c.sendall(b"\x7f\xff\xff\xff"), "2147483647 bytes"),
    "announces nothing": (lambda c, _: c.sendall(b"\0\0\0\0"), "0 bytes"),
    "answers something else": (lambda c, _: answer(c, 99, b"what"), "refused to sign"),
    "answers half a string": (lambda c, _: answer(c, 14, b"\0\0\1\0x"), "ends too early"),
    "answers too much": (lambda c, _: answer(c, 14, string(b"x") + b"y"), "1 bytes too many"),
    "answers a huge signature": (lambda c, _: answer(c, 14, string(b"x" * 100_000)), "100000 bytes"),
}


@pytest.mark.parametrize("how", _HOSTILE)
def test_an_agent_that_misbehaves_while_it_signs_is_an_error_in_time(how: str) -> None:
    act, why = _HOSTILE[how]
    limit_s = 0.3 if "did not answer" in why else 60
    with agent(act) as path, pytest.raises(NotSigned, match=why):
        Agent(lambda: path, list_s=limit_s, sign_s=limit_s).sign(pair().public, b"data")


@pytest.mark.parametrize("how", _HOSTILE)
def test_an_agent_that_misbehaves_while_it_lists_is_no_agent(how: str) -> None:
    with agent(_HOSTILE[how][0]) as path, pytest.raises(NoAgent):
        Agent(lambda: path, list_s=0.3, sign_s=0.3).held()


@pytest.mark.parametrize(
    "made",
    [
        lambda p, data: pair("ssh-ed25519", "mallory").made(data),
        lambda p, data: p.made(data + b"!"),
        lambda p, data: p.made(signed_data("file", b"message")),
        lambda p, data: bytes(reversed(p.made(data))),
        lambda p, data: pair("ssh-rsa").made(data),
    ],
)
def test_what_an_agent_answers_is_verified_before_it_is_used(made: object) -> None:
    with (
        agent(holding([pair()], made)) as path,  # type: ignore[arg-type]
        pytest.raises((AssertionError, BadSignature)),
    ):
        signed(path)


@pytest.mark.parametrize("path", ["", "/nonexistent/socket", "/tmp", "x" * 300, "a\0b"])
def test_where_nothing_listens_is_no_agent(path: str) -> None:
    for call in (Agent(lambda: path).held, lambda: Agent(lambda: path).sign(pair().public, b"")):
        with pytest.raises(NoAgent):
            call()


def test_keys_of_other_kinds_are_passed_over() -> None:
    def lists(connection: socket.socket, _request: bytes) -> None:
        blobs = [string(b"ssh-dss") + b"x", b"", pair().public.blob]
        answer(connection, 12, (3).to_bytes(4, "big") + b"".join(string(b) + string(b"c\x1b[2J\xff") for b in blobs))

    with agent(lists) as path:
        (held,) = Agent(lambda: path).held()
    assert held.key == pair().public
    assert "\x1b" not in held.comment


def _keygen(*words: str, message: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["ssh-keygen", "-Y", *words], input=message, capture_output=True, check=False)


@needs_openssh
def test_openssh_accepts_what_its_agent_signed_for_us_and_we_accept_what_it_signs(tmp_path: Path) -> None:
    with openssh(tmp_path, REAL) as (path, lines):
        found = Agent(lambda: path)
        assert {h.key.line for h in found.held()} == {" ".join(line.split()[:2]) for line in lines.values()}
        (tmp_path / "signers").write_text("".join(f"ana {line}" for line in lines.values()))
        for kind, line in lines.items():
            key = read_key(line)
            ours = armored(key, NAMESPACE, found.sign(key, signed_data(NAMESPACE, b"message")))
            assert not found.wrong(open_armored(ours), b"message")
            (tmp_path / "ours.sig").write_text(ours)
            where = ["-f", str(tmp_path / "signers"), "-I", "ana", "-n", NAMESPACE, "-s", str(tmp_path / "ours.sig")]
            assert _keygen("verify", *where, message=b"message").returncode == 0, kind
            assert _keygen("verify", *where, message=b"another").returncode != 0
            theirs = _keygen(
                "sign", "-q", "-n", NAMESPACE, "-f", str(tmp_path / f"id_{kind.replace(':', '')}"), message=b"m"
            )
            assert found.wrong(open_armored(theirs.stdout.decode()), b"m") == "", kind
        if "ed25519" in lines:  # deterministic: the same bytes
            made = _keygen("sign", "-q", "-n", NAMESPACE, "-f", str(tmp_path / "id_ed25519"), message=b"message").stdout
            key = read_key(lines["ed25519"])
            assert made.decode() == armored(key, NAMESPACE, found.sign(key, signed_data(NAMESPACE, b"message")))


@needs_openssh
@pytest.mark.parametrize("kind", [k for k in KINDS if k.startswith("sk-")])
def test_openssh_accepts_the_signatures_of_our_security_keys(kind: str, tmp_path: Path) -> None:
    """In software: the flags, the counter and the application are covered as OpenSSH has it."""
    (tmp_path / "signers").write_text(f"ana {pair(kind).public.line}\n")
    (tmp_path / "sig").write_text(pair(kind).sign(b"message"))
    where = ["-f", str(tmp_path / "signers"), "-I", "ana", "-n", NAMESPACE, "-s", str(tmp_path / "sig")]
    ran = _keygen("verify", *where, message=b"message")
    assert ran.returncode == 0, ran.stderr


@needs_openssh
def test_an_agent_that_is_gone_is_no_agent(tmp_path: Path) -> None:
    with openssh(tmp_path) as (path, _):
        assert Agent(lambda: path).held()
    with pytest.raises(NoAgent):
        Agent(lambda: path).held()
