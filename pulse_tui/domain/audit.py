"""The append-only, hash-chained log, and what it says of the records beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
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


StoredLine = tuple[int, int, str, str, str, str, str, str, str, str]
"""A line as it is stored: the fields of :class:`AuditEntry` in their order, the time in microseconds, ``detail`` and
``records`` as the JSON text that was hashed."""
_TEXTS = msgspec.json.Decoder(dict[str, str])


def hashed(line: StoredLine) -> bytes:
    """What the hash of a line is the SHA-256 of, from its stored text: the same as :func:`link` hashes."""
    seq, at, actor, action, subject, detail, before, _, origin, records = line
    body = (seq, at, actor, action, subject, msgspec.Raw(detail))
    text = _ENCODER.encode((*body, origin, msgspec.Raw(records)) if origin or records != "{}" else body)
    return before.encode() + b"\n" + text


class Walked(NamedTuple):
    """What one reading of the stored lines found."""

    lines: int
    end: Anchor
    broken: tuple[int, str] | None
    """The first line that breaks the chain, with the reason."""
    recorded: dict[str, tuple[int, str]]
    """The line that last recorded each record, and the digest that it recorded."""
    kept: dict[str, int]
    """The numbers of the lines whose hashes were asked for."""


def walk(lines: Iterable[StoredLine], since: Anchor | None = None, asked: Collection[str] = ()) -> Walked:
    """Follow the chain through stored lines; ``since`` is the line before the first, ``asked`` are hashes to be found.

    It goes over the stored text: no line becomes an object, so that 100,000 take under a second. Text that is not to the byte what was hashed is a change, also where it would be read as the same.
    """
    number, previous = since or Anchor(0, GENESIS)
    expected = number + 1
    broken: tuple[int, str] | None = None
    recorded: dict[str, tuple[int, str]] = {}
    kept: dict[str, int] = {}
    count, texts, sha256 = 0, _TEXTS.decode, hashlib.sha256
    for line in lines:
        count += 1
        seq, _, actor, action, subject, detail, before, own, origin, records = line
        try:
            texts(detail)  # two fields that were one are not taken for what was hashed as one
            if records != "{}":
                for record, digest in texts(records).items():
                    recorded[record] = (seq, digest)
            text = hashed(line)
            whole = (
                type(actor) is type(action) is type(subject) is type(origin) is str
            )  # bytes are encoded as a text too
        except (msgspec.MsgspecError, TypeError, ValueError) as error:
            broken = broken or (seq, f"it cannot be read: {error}")
        else:
            if broken is None:
                if seq != expected:
                    broken = seq, f"line {expected} is missing"
                elif before != previous:
                    broken = seq, "its previous hash is not that of the line before it"
                elif not whole or sha256(text).hexdigest() != own:
                    broken = seq, "its content was changed"
        if own in asked:
            kept[own] = seq
        number, previous, expected = seq, own, expected + 1
    return Walked(count, Anchor(number, previous), broken, recorded, kept)


def disagreements(recorded: Mapping[str, tuple[int, str]], found: Mapping[str, str]) -> list[str]:
    """How the records in the database differ from what the log last ``recorded`` of them, by record, in words.

    ``found`` has the digest of every protected record as it is now.
    """
    out = []
    for record in sorted(recorded.keys() | found.keys()):
        if record not in recorded:
            out.append(f"{record} is in no line: it was not written by this program")
        elif record not in found:
            out.append(f"{record} is gone: line {recorded[record][0]} recorded it")
        elif found[record] != recorded[record][1]:
            out.append(
                f"{record} is not as line {recorded[record][0]} recorded it: it was changed outside this program"
            )
    return out
