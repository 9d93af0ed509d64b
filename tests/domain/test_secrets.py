"""What is kept or logged holds no secret: neither one that looks like one, nor one that was filled in, however spelt."""

from __future__ import annotations

import base64
import json
from time import process_time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.secrets import MOST, redacted, spellings

PAIR = base64.b64encode(b"robot:hunter2-hunter2")
KEY = b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\nAAAA\n-----END OPENSSH PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"Authorization: Basic " + PAIR, b"Authorization: ***"),
        (b'{"Authorization": "Bearer abc.def-123", "n": 1}', b'{"Authorization": "***", "n": 1}'),
        (b"said bearer abcdefgh12345 twice", b"said bearer *** twice"),
        (b"postgresql://app:p%40ss@db:5432/pulse", b"postgresql://***@db:5432/pulse"),
        (b'"url": "https://tok3n@host/x?a=1"', b'"url": "https://***@host/x?a=1"'),
        (rb"https:\/\/app:pw@host", rb"https:\/\/***@host"),
        (b"a " + KEY + b" b", b"a *** b"),
        (json.dumps({"k": KEY.decode()}).encode(), b'{"k": "***"}'),
        (b"-----BEGIN PRIVATE KEY-----\ncut off", b"***"),
        (b'{"auths": {"ghcr.io": {"auth": "' + PAIR + b'"}}}', b'{"auths": {"ghcr.io": {"auth": "***"}}}'),
        (b"x " + PAIR.rstrip(b"=") + b" y", b"x *** y"),
        (b"db_password = hunter2", b"db_password = ***"),
        (b"api-key: 'a b c', next", b"api-key: '***', next"),
        (b'{"client_secret":"s;&3","x":2}', b'{"client_secret":"***","x":2}'),
        (b"GET /x?access_token=abc&sig=def%3D&n=1", b"GET /x?access_token=***&sig=***&n=1"),
        (b"Set-Cookie: sid=1; Path=/", b"Set-Cookie: ***; Path=/"),
        (b"ghp_" + b"a" * 36, b"***"),
        (b"AKIAABCDEFGHIJKLMNOP", b"***"),
        (b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", b"***"),
    ],
)  # fmt: skip
def test_what_looks_like_a_secret_is_taken_out(body: bytes, kept: bytes) -> None:
    assert redacted(body) == kept
    assert redacted(kept) == kept


@pytest.mark.parametrize(
    "body",
    [
        b'{"max_tokens": 512, "total_tokens": 9, "tokenizer": "bpe", "token": 3, "secret": null, "password": true}',
        b"pkg:pypi/vllm@0.9.1 sha256:" + b"ab" * 32,
        b"https://ghcr.io/acme/bot@sha256:0123",
        b"mail ana@example.org about https://host/path",
        b'{"title": "the secretary of tokens", "at": "2026-11-29T03:00:00Z"}',
    ],
)
def test_what_is_none_stays_readable(body: bytes) -> None:
    assert redacted(body) == body


@given(st.text(min_size=8, max_size=40), st.binary(max_size=7), st.binary(max_size=7))
def test_a_secret_that_was_filled_in_is_found_however_it_is_spelt(secret: str, before: bytes, after: bytes) -> None:
    raw = secret.encode("utf-8", "surrogateescape")
    known = set(spellings(secret))
    assert quote(raw, safe="").encode() in known
    assert json.dumps(secret)[1:-1].encode() in known
    wrapped = base64.b64encode(before + raw + after)
    assert any(part in wrapped for part in known)


def test_no_body_takes_long_however_it_is_made() -> None:
    began = process_time()
    for part in (
        b"token",
        b"-----BEGIN PRIVATE KEY-----",
        b"a://",
        b"bearer ",
        b"A",
        b'secret":"',
        b"eyJaaaaaaaaaaaa.",
        b"://x:",
    ):
        redacted(part * (2**17 // len(part)))
    redacted(b"x" * 3 * MOST)
    assert process_time() - began < 6.0
