"""What is signed: one form to the byte, and nothing else is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulse_tui.domain.errors import Refused
from pulse_tui.domain.text import clean
from pulse_tui.domain.vote import LONGEST_REASON, Head, Payload, read_payload
from tests.servers import forms

NOW = datetime(2026, 11, 29, 3, 10, tzinfo=UTC)


def made(reason: str = "p95 breach", at: datetime = NOW) -> Payload:
    return Payload(
        plan="a" * 64, decision="yes", principal="ana", reason=reason, nonce="0" * 32, at=at,
        expires_at=at + timedelta(hours=1), audit=Head(seq=7, hash="b" * 64),
    )  # fmt: skip


def test_it_is_one_line_of_sorted_json_that_a_person_can_read() -> None:
    raw = made().encoded()
    assert raw.endswith(b"}\n")
    assert raw.count(b"\n") == 1
    assert raw.startswith(b'{"at":"2026-11-29T03:10:00Z","audit":{"hash":"bbb')
    assert b'"format":"pulse-approve@v1"' in raw
    assert read_payload(raw) == made()


@settings(max_examples=forms.examples(400), deadline=None)
@given(
    st.text(max_size=700), st.integers(0, 200 * 366 * 86_400 * 10**6).map(lambda us: NOW + timedelta(microseconds=us))
)
def test_whatever_the_reason_and_whenever_what_was_drafted_is_read(reason: str, at: datetime) -> None:
    vote = made(clean(reason, LONGEST_REASON), at)
    assert read_payload(vote.encoded()) == vote


@settings(max_examples=forms.examples(400), deadline=None)
@given(st.binary(max_size=300), st.integers(0, 400), st.binary(min_size=1, max_size=6))
def test_other_bytes_are_refused_and_break_nothing(noise: bytes, at: int, patch: bytes) -> None:
    bent = bytearray(made().encoded())
    bent[at : at + len(patch)] = patch
    for raw in (noise, bytes(bent), made().encoded() + noise):
        try:
            found = read_payload(raw)
        except Refused:
            continue
        assert found.encoded() == raw


@pytest.mark.parametrize("at", [datetime(1, 1, 1, 5, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)])
def test_a_moment_that_cannot_be_reckoned_with_is_refused(at: datetime) -> None:
    vote = msgspec.structs.replace(made(), at=at, expires_at=at)
    with pytest.raises(Refused, match="a time that no vote is of"):
        read_payload(vote.encoded())


def test_a_moment_without_an_offset_is_refused() -> None:
    with pytest.raises(Refused):
        read_payload(made().encoded().replace(b"03:10:00Z", b"03:10:00"))
