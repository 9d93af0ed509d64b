"""The append-only, hash-chained log."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

import msgspec

from pulse_tui.domain.moments import to_us

GENESIS = "0" * 64


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line: who did what to which thing, chained to the line before it."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, str]
    previous: str
    hash: str


_ENCODER = msgspec.json.Encoder(order="deterministic")


def link(previous: str, seq: int, at: datetime, actor: str, action: str, subject: str, detail: dict[str, str]) -> str:
    """The hash of a line: SHA-256 over the previous hash and the canonical JSON of the line."""
    body = _ENCODER.encode([seq, to_us(at), actor, action, subject, detail])
    return hashlib.sha256(previous.encode() + b"\n" + body).hexdigest()


def broken_at(entries: Iterable[AuditEntry]) -> tuple[int, str] | None:
    """The first line that breaks the chain, with the reason; None when the chain is whole."""
    previous, expected_seq = GENESIS, 1
    for entry in entries:
        if entry.seq != expected_seq:
            return entry.seq, f"line {expected_seq} is missing"
        if entry.previous != previous:
            return entry.seq, "its previous hash is not that of the line before it"
        if link(previous, entry.seq, entry.at, entry.actor, entry.action, entry.subject, entry.detail) != entry.hash:
            return entry.seq, "its content was changed"
        previous, expected_seq = entry.hash, expected_seq + 1
    return None
