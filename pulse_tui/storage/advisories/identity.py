"""Which stored records are of one vulnerability: those that share an id, directly or through others."""

from __future__ import annotations

from collections.abc import Iterable

from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.lookup import among

_HOLDING = "SELECT DISTINCT advisory_id FROM advisory_names WHERE kind = 'alias' AND name {among}"
_IDS = "SELECT advisory_id, name FROM advisory_names WHERE kind = 'alias' AND advisory_id {among}"


def connected(connection: sa.Connection, ids: Iterable[str]) -> dict[str, set[str]]:
    """Every record that one of ``ids`` leads to, with its ids and aliases."""
    records: dict[str, set[str]] = {}
    asked, following = set[str](), set(ids)
    while following:
        asked |= following
        found = {row[0] for row in among(connection, _HOLDING, following)} - records.keys()
        records |= {record: {record} for record in found}
        for record, name in among(connection, _IDS, found):
            records[record].add(name)
        following = {name for record in found for name in records[record]} - asked
    return records
