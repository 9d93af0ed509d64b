"""Records that nobody may change behind the log's back: the log keeps the digest of each, written with its own lines.

Digests are over the driver's own values, so that a value no type fits is a changed record and not an error.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from pulse_tui.storage.sql.later import sa


class _Kind(NamedTuple):
    """One kind of record: rows of one table that share a key."""

    key: str
    columns: tuple[str, ...]
    order: str = ""
    """Of the rows of one record."""
    later: tuple[str, ...] = ()
    """Columns that came with a later schema: a row in which all of them are empty has the digest that it always had."""


KINDS: Mapping[str, _Kind] = {
    "plans": _Kind("hash", ("asset_id", "state", "body")),
    "approvals": _Kind(
        "plan_hash",
        ("principal", "key", "yes", "at", "expires_at", "audit_head", "reason"),
        "principal",
        ("payload", "signature", "break_glass"),
    ),
    "authorisations": _Kind(
        "hash",
        (
            "asset_id", "environment", "playbook", "playbook_digest", "trigger", "drill", "proposed_by", "created_at",
            "expires_at", "approvals_needed", "operators_digest", "state",
        ),
    ),
    "drills": _Kind(
        "run_id",
        (
            "asset_id", "playbook", "playbook_digest", "trigger", "from_version", "to_version", "at", "ok", "detail",
            "seconds", "by",
        ),
    ),
    "runs": _Kind(
        "id",
        ("plan_hash", "target", "active_key", "epoch", "holder", "started_by", "started_at", "state", "detail", "ended_at"),
    ),
    "steps": _Kind(
        "run_id", ("index", "state", "key", "seen_before", "seen_after", "detail", "at", "sent_at"), "index"
    ),
    "journal": _Kind("run_id", ("step", "at", "state", "detail"), "seq"),
    "holds": _Kind(
        "id",
        (
            "open_key", "kind", "asset_id", "why", "until_condition", "placed_by", "placed_at", "environment", "version",
            "decision_id", "lifted_at", "lifted_by",
        ),
        "seq",
        ("reviewed_by", "reviewed_until", "review_why"),
    ),
    "acceptances": _Kind(
        "id",
        (
            "asset_id", "version", "environment", "gate", "run_id", "baseline_id", "definition", "accepted_by", "why", "at",
            "until",
        ),
    ),
}  # fmt: skip
"""By table. A record is ``table/key``."""

_ENCODER = msgspec.json.Encoder()


class Protected:
    """The records that one transaction wrote, and their digests."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection
        self._written: set[tuple[str, str]] = set()

    def wrote(self, table: str, key: str) -> None:
        """A record of this table was added or changed."""
        self._written.add((table, key))

    @property
    def written(self) -> list[str]:
        """The tables of what no line of the log has recorded yet."""
        return sorted({table for table, _ in self._written})

    def take(self) -> dict[str, str]:
        """The digests of what was written since the last call."""
        written, self._written = self._written, set()
        return dict(self.digests(sorted(written)))

    def digests(self, records: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """``table/key`` and digest of these records, as they are now; a record that is gone has none."""
        for table, key in records:
            if text := self.text(table, key):
                yield f"{table}/{key}", hashlib.sha256(text).hexdigest()

    def text(self, table: str, key: str) -> bytes:
        """What the digest of a record is made of, as it is now; empty when it is gone."""
        rows = [tuple(row) for row in self._c.execute(_select(table, one=True), {"key": key})]
        return _text(rows, KINDS[table]) if rows else b""

    def every(self) -> Iterator[tuple[str, str]]:
        """``table/key`` and digest of every protected record."""
        for table, kind in KINDS.items():
            cursor: Any = self._c.execute(_select(table, one=False)).cursor
            for key, rows in groupby(cursor, key=itemgetter(0)):  # the driver's own tuples: there may be 100,000
                yield f"{table}/{key}", hashlib.sha256(_text(rows, kind)).hexdigest()


def _select(table: str, *, one: bool) -> sa.TextClause:
    kind = KINDS[table]
    order = ", ".join(f'"{name}"' for name in (kind.key, kind.order) if name)
    columns = ", ".join(f'"{name}"' for name in (kind.key, *kind.columns, *kind.later))
    where = f'WHERE "{kind.key}" = :key ' if one else ""
    return sa.text(f"SELECT {columns} FROM {table} {where}ORDER BY {order}")  # noqa: S608  names of this file


def _text(rows: Iterable[Any], kind: _Kind) -> bytes:
    plain = [row if _SAME.issuperset(map(type, row)) else tuple(map(_plain, row)) for row in rows]
    if kind.later:
        first = len(kind.columns) + 1
        plain = [row if any(row[first:]) else row[:first] for row in plain]
    return _ENCODER.encode(plain)


_SAME = {str, int, float, type(None)}
"""What both databases hand out alike."""


def _plain(value: Any) -> Any:
    """The same for both databases: one has no booleans, and both hand out bytes."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    return value
