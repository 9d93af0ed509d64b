"""The append-only, hash-chained log, and what it says of the records beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

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
    origin: str = ""
    """Account, host and terminal of the process that wrote it: ``uid 1000 ana@jump-1 pts/3``. An actor is a name only."""
    records: dict[str, str] = {}
    """The SHA-256 of every protected record (plan, approvals, run, journal, hold ...) that its transaction wrote."""


class Anchor(NamedTuple):
    """A line of the log as somebody kept it elsewhere."""

    seq: int
    hash: str


_ENCODER = msgspec.json.Encoder(order="deterministic")


def link(entry: AuditEntry) -> str:
    """The hash of a line: SHA-256 over the previous hash and the canonical JSON of the line."""
    body: list[Any] = [entry.seq, to_us(entry.at), entry.actor, entry.action, entry.subject, entry.detail]
    if entry.origin or entry.records:  # lines before 0.4 had neither
        body += [entry.origin, entry.records]
    return hashlib.sha256(entry.previous.encode() + b"\n" + _ENCODER.encode(body)).hexdigest()


def broken_at(entries: Iterable[AuditEntry], since: Anchor | None = None) -> tuple[int, str] | None:
    """The first line that breaks the chain, with the reason; None when it is whole. ``since`` is the line before."""
    expected_seq, previous = (since.seq + 1, since.hash) if since else (1, GENESIS)
    for entry in entries:
        if entry.seq != expected_seq:
            return entry.seq, f"line {expected_seq} is missing"
        if entry.previous != previous:
            return entry.seq, "its previous hash is not that of the line before it"
        if link(entry) != entry.hash:
            return entry.seq, "its content was changed"
        previous, expected_seq = entry.hash, expected_seq + 1
    return None


def disagreements(entries: Iterable[AuditEntry], found: Mapping[str, str]) -> list[str]:
    """How the records in the database differ from what the log last recorded of them, by record, in words.

    ``found`` has the digest of every protected record as it is now.
    """
    last: dict[str, tuple[int, str]] = {}
    for entry in entries:
        last |= {record: (entry.seq, digest) for record, digest in entry.records.items()}
    out = []
    for record in sorted(last.keys() | found.keys()):
        if record not in last:
            out.append(f"{record} is in no line: it was not written by this program")
        elif record not in found:
            out.append(f"{record} is gone: line {last[record][0]} recorded it")
        elif found[record] != last[record][1]:
            out.append(f"{record} is not as line {last[record][0]} recorded it: it was changed outside this program")
    return out
