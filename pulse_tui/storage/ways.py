"""Ways from assets down to a component, found from the component upwards, level by level for all assets at once.

Assets share most of what is below them: a way is climbed once for all the bills that have it in common.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import NamedTuple

import sqlalchemy as sa

from pulse_tui.storage.codec import from_json, to_json
from pulse_tui.storage.components import by_number
from pulse_tui.storage.lookup import among, fetched

Way = tuple[int, ...]
"""Numbers of components from the top down, the wanted component not among them."""
LONGEST = 16
"""Levels that are climbed; what lies higher is not told."""
_SCANNED = 20
"""From so many bills a component its whole list of edges is read: cheaper than asking for each bill."""
_MOST = 200_000
"""Edges that are looked at."""
CUT = "…"

_BILLS = "SELECT num, asset_id FROM bills WHERE asset_id {among}"
_NUMBERS = "SELECT num FROM components WHERE id {among}"
_ABOVE = {
    "postgresql": "SELECT child, parent, array_agg(bill) FROM dependencies WHERE child {among} GROUP BY child, parent",
    "sqlite": "SELECT child, parent, json_group_array(bill) FROM dependencies WHERE child {among} GROUP BY child, parent",
}
_ABOVE_EACH = {
    "postgresql": """SELECT d.child, d.parent, array_agg(d.bill) FROM unnest(%s::bigint[], %s::bigint[]) AS j(child, bill)
                     JOIN dependencies d ON d.child = j.child AND d.bill = j.bill GROUP BY d.child, d.parent""",
    "sqlite": """SELECT d.child, d.parent, json_group_array(d.bill) FROM json_each(?) j CROSS JOIN dependencies d
                 ON d.child = json_extract(j.value, '$[0]') AND d.bill = json_extract(j.value, '$[1]')
                 GROUP BY d.child, d.parent""",
}


class _Edge(NamedTuple):
    child: int
    parent: int
    bills: set[int]


def ways(connection: sa.Connection, component_id: str, asset_ids: Iterable[str]) -> dict[str, list[str]]:
    """See :meth:`pulse_tui.ports.Dependencies.parents`."""
    owners: dict[int, str] = dict(among(connection, _BILLS, asset_ids))
    starts = {row[0] for row in among(connection, _NUMBERS, [component_id])}
    found: dict[str, Way] = {}
    seen: dict[int, set[int]] = {}
    # What to climb from: the way so far, and the bills that have it.
    pending: list[tuple[int, Way, set[int]]] = [(start, (), set(owners)) for start in sorted(starts)]
    looked = 0
    for _ in range(LONGEST + 1):
        alive = {b for b, owner in owners.items() if owner not in found} if found else set(owners)
        pending = [(n, way, left) for n, way, bills in pending if (left := bills & alive)]
        if not pending or looked > _MOST:
            break
        edges = _above(connection, pending)
        looked += sum(len(e.bills) for edges_of in edges.values() for e in edges_of)
        pending = _climb(pending, edges, owners, starts, seen, found)
    cut = {owners[b]: way[-LONGEST:] for _, way, bills in pending for b in sorted(bills) if owners[b] not in found}
    return _named(connection, found, cut)


def _climb(
    pending: list[tuple[int, Way, set[int]]],
    edges: dict[int, list[_Edge]],
    owners: dict[int, str],
    starts: set[int],
    seen: dict[int, set[int]],
    found: dict[str, Way],
) -> list[tuple[int, Way, set[int]]]:
    """One level up: ``found`` gets the assets that are reached; returned is what to climb from next."""
    out = []
    for number, way, bills in pending:
        for edge in edges.get(number, ()):
            both = bills & edge.bills
            if edge.parent == 0:
                for bill in both:
                    found.setdefault(owners[bill], way)
            elif edge.parent not in starts:
                known = seen.setdefault(edge.parent, set())
                if new := both - known:
                    known |= new
                    out.append((edge.parent, (edge.parent, *way), new))
    return out


def _above(connection: sa.Connection, pending: list[tuple[int, Way, set[int]]]) -> dict[int, list[_Edge]]:
    """Edges to what is pending, with the bills that have them."""
    name = connection.dialect.name
    numbers = {number for number, _, _ in pending}
    if sum(len(bills) for _, _, bills in pending) >= _SCANNED * len(numbers):
        rows = among(connection, _ABOVE[name], numbers)
    else:
        places = sorted({(number, bill) for number, _, bills in pending for bill in bills})
        given = tuple(map(list, zip(*places, strict=True))) if name == "postgresql" else (to_json(places),)
        rows = fetched(connection, _ABOVE_EACH[name], given)
    out: dict[int, list[_Edge]] = {}
    for child, parent, gathered in sorted(rows, key=itemgetter(0, 1)):
        having = set(gathered if name == "postgresql" else from_json(gathered))
        out.setdefault(child, []).append(_Edge(child, parent, having))
    return out


def _named(connection: sa.Connection, found: dict[str, Way], cut: dict[str, Way]) -> dict[str, list[str]]:
    every = {*found.values(), *cut.values()}
    called = {n: c.name for n, c in by_number(connection, {n for way in every for n in way}).items()}
    names = {way: [called[n] for n in way] for way in every}
    return {
        **{asset: list(names[way]) for asset, way in found.items()},
        **{asset: [CUT, *names[way]] for asset, way in cut.items()},
    }
