"""The chain of the audit log by its definition, line by line: what the product's faster walk is compared with."""

from __future__ import annotations

from collections.abc import Iterable

from pulse_tui.domain.audit import GENESIS, Anchor, AuditEntry, link


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
