from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulse_tui.domain.sshsig import (
    BEGIN,
    END,
    BadSignature,
    armored,
    covered,
    looks_like_key,
    open_armored,
    open_key,
    open_made,
    read_key,
    signed_data,
    string,
)
from tests.fakes.sshkeys import KINDS, NAMESPACE, mpint, pair
from tests.servers import forms

# Of a key that ssh-keygen made, and what `ssh-keygen -lf` printed of it.
LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJYT5Kuxq0HlnDTk9dBZb1w0vLIoGpyXSPW0p+KUJsbl ana@laptop"


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_is_read_from_the_line_that_it_writes(kind: str) -> None:
    key = pair(kind).public
    assert read_key(f"{key.line} a comment") == key
    assert key.kind == kind
    assert key.touch == kind.startswith("sk-")


def test_the_line_of_ssh_keygen_is_read() -> None:
    key = read_key(LINE)
    assert key.line == LINE.rpartition(" ")[0]
    assert key.fingerprint.startswith("SHA256:")
    assert len(key.fingerprint) == 50


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hash_name", ["sha512", "sha256"])
def test_a_signature_is_opened_as_it_was_made(kind: str, hash_name: str) -> None:
    made = open_armored(pair(kind).sign(b"message", hash_name=hash_name))
    assert (made.key, made.namespace, made.hash_name) == (pair(kind).public, NAMESPACE, hash_name)
    assert made.made.touched == kind.startswith("sk-")
    assert signed_data(NAMESPACE, b"message", hash_name) in covered(made, b"message") or made.key.touch


def test_windows_line_ends_change_nothing() -> None:
    text = pair().sign(b"message")
    assert open_armored(text.replace("\n", "\r\n")) == open_armored(text)


@pytest.mark.parametrize(
    ("blob", "why"),
    [
        (b"", "ends too early"),
        (string(b"ssh-dss"), "not used here"),
        (string(b"ssh-ed25519-cert-v01@openssh.com"), "Certificates are not supported"),
        (string(b"ssh-ed25519") + string(b"x" * 31), "Ed25519 has 32"),
        (string(b"ssh-ed25519") + string(b"x" * 32) + b"!", "1 bytes too many"),
        (string(b"ssh-ed25519") + b"\xff\xff\xff\xff", "ends too early"),
        (string(b"ecdsa-sha2-nistp256") + string(b"nistp384") + string(b"\4" + b"x" * 64), "curve"),
        (string(b"ecdsa-sha2-nistp256") + string(b"nistp256") + string(b"\2" + b"x" * 64), "point"),
        (string(b"ssh-rsa") + mpint(65537) + mpint(2**1023 + 1), "1024 bits is too weak"),
        (string(b"ssh-rsa") + mpint(65536) + mpint(2**2047 + 1), "no RSA key"),
        (string(b"ssh-rsa") + mpint(65537) + mpint(2**2047), "no RSA key"),
        (string(b"ssh-rsa") + string(b"\0\0\1") + mpint(2**2047 + 1), "only form"),
        (string(b"ssh-rsa") + string(b"\x81") + mpint(2**2047 + 1), "only form"),
        (string(b"ssh-rsa") + mpint(65537) + mpint(2**16_384 + 1), "more than 16384"),
        (string(b"ssh\n"), "name"),
        (b"x" * 9_000, "longer than any"),
    ],
)
def test_a_key_that_is_none_is_refused_by_name(blob: bytes, why: str) -> None:
    with pytest.raises(BadSignature, match=why):
        open_key(blob)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ssh-ed25519", "base64"),
        ("ssh-ed25519 %%%", "not base64"),
        ("ssh-rsa " + LINE.split()[1], "is called 'ssh-rsa' and is ssh-ed25519"),
        ("ssh-ed25519 " + "A" * 20_000, "longer than any"),
    ],
)
def test_a_line_that_is_none_is_refused(line: str, why: str) -> None:
    with pytest.raises(BadSignature, match=why):
        read_key(line)


def _body(**changes: bytes) -> str:
    parts = {
        "magic": b"SSHSIG", "version": b"\0\0\0\1", "key": string(pair().public.blob), "namespace": string(b"n"),
        "reserved": string(b""), "hash": string(b"sha512"), "made": string(pair().made(b"x")), "rest": b"",
    } | changes  # fmt: skip
    return f"{BEGIN}\n{base64.b64encode(b''.join(parts.values())).decode()}\n{END}\n"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"magic": b"SSHSIX"}, "another format"),
        ({"version": b"\0\0\0\2"}, "version 2"),
        ({"reserved": string(b"x")}, "reserved"),
        ({"hash": string(b"sha1")}, "'sha1'"),
        ({"rest": b"x"}, "too many"),
        ({"made": string(string(b"ssh-ed25519") + string(b"x" * 63))}, "Ed25519 makes 64"),
        ({"made": string(string(b"rsa-sha2-512") + string(b"x" * 64))}, "does not make"),
        ({"made": string(pair().made(b"x") + b"!")}, "too many"),
    ],
)
def test_a_signature_that_is_none_is_refused_by_name(changes: dict[str, bytes], why: str) -> None:
    assert open_armored(_body()).namespace == "n"
    with pytest.raises(BadSignature, match=why):
        open_armored(_body(**changes))


@pytest.mark.parametrize(
    "text", ["", BEGIN, f"{BEGIN}\n{END}", f"{BEGIN}\n\u00e9\n{END}", "x" * 40_000, f" {END}\nAAAA\n{BEGIN}"]
)
def test_a_text_that_is_no_signature_is_refused(text: str) -> None:
    with pytest.raises(BadSignature):
        open_armored(text)


def test_rsa_with_sha1_is_no_signature_here() -> None:
    with pytest.raises(BadSignature, match="does not make"):
        open_made(pair("ssh-rsa").public, string(b"ssh-rsa") + string(b"x" * 256))


def test_a_short_number_of_rsa_is_as_long_as_its_modulus() -> None:
    assert len(open_made(pair("ssh-rsa").public, string(b"rsa-sha2-512") + string(b"x" * 255)).value) == 256


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (LINE, True),
        (LINE.split()[1], True),
        ("ana-laptop", False),
        ("ssh-laptop", False),
        ("sk-ecdsa x", True),
        ("", False),
    ],
)
def test_a_label_is_not_taken_for_a_key(text: str, is_one: bool) -> None:
    assert looks_like_key(text) is is_one


@settings(max_examples=forms.examples(300), deadline=None)
@given(st.binary(max_size=400), st.sampled_from(KINDS), st.integers(0, 400), st.binary(max_size=8))
def test_hostile_bytes_raise_our_error_and_no_other(noise: bytes, kind: str, at: int, patch: bytes) -> None:
    good = pair(kind)
    bent = bytearray(good.public.blob)
    bent[at : at + len(patch)] = patch
    made = bytearray(good.made(b"x"))
    made[at : at + len(patch)] = patch
    for call in (
        lambda: open_key(noise),
        lambda: open_key(bytes(bent)),
        lambda: open_made(good.public, noise),
        lambda: open_made(good.public, bytes(made)),
        lambda: open_armored(f"{BEGIN}\n{base64.b64encode(noise).decode()}\n{END}"),
        lambda: open_armored(armored(good.public, "n", bytes(made))),
        lambda: read_key(f"{kind} {base64.b64encode(bytes(bent)).decode()}"),
    ):
        try:
            found = call()
        except BadSignature:
            continue
        assert found is not None


@settings(max_examples=forms.examples(300), deadline=None)
@given(st.text(max_size=300))
def test_hostile_text_raises_our_error_and_no_other(text: str) -> None:
    for call in (lambda: open_armored(text), lambda: open_armored(f"{BEGIN}\n{text}\n{END}"), lambda: read_key(text)):
        with pytest.raises(BadSignature):
            call()
