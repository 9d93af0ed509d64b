"""Ways from assets down to a component, found from the component upwards, level by level for all assets at once.

Assets share most of what is below them: a way is climbed once for all the bills that have it in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import NamedTuple

from pulse_tui.storage.components.components import by_number
from pulse_tui.storage.sql.codec import from_json, to_json
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.lookup import among, fetched

Way = tuple[int, ...]
"""Numbers of components from the top down, the wanted component not among them."""
LONGEST = 16
"""Levels that are climbed; what lies higher is left out."""
_SCANNED = 20
"""From so many bills a component its whole list of edges is read: cheaper than asking for each bill."""
_MOST = 200_000
"""Edges that are read."""
CUT = "…"

_ABOVE = {
    "postgresql": """SELECT child, parent, json_agg(bill)::text FROM dependencies WHERE child {among}
                     GROUP BY child, parent""",
    "sqlite": """SELECT child, parent, json_group_array(bill) FROM dependencies WHERE child {among}
                 GROUP BY child, parent""",
}
_ABOVE_EACH = {
    "postgresql": """SELECT d.child, d.parent, json_agg(d.bill)::text
                     FROM unnest(%s::bigint[], %s::bigint[]) AS j(child, bill) JOIN dependencies d ON d.child = j.child AND d.bill = j.bill GROUP BY d.child, d.parent""",
    "sqlite": """SELECT d.child, d.parent, json_group_array(d.bill) FROM json_each(?) j CROSS JOIN dependencies d
                 ON d.child = json_extract(j.value, '$[0]') AND d.bill = json_extract(j.value, '$[1]')
                 GROUP BY d.child, d.parent""",
}


class Above(NamedTuple):
    """An edge up from a component (0: to the asset itself), and the bills that have it."""

    child: int
    parent: int
    bills: set[int]


def ways(connection: sa.Connection, first: Iterable[Above], owners: Mapping[int, str]) -> dict[str, tuple[str, ...]]:
    """The shortest way down to a component from each asset, as names from the top; see :class:`pulse_tui.ports.Users`.

    ``first``: the edges up from each version of the component; ``owners``: the assets of the bills to climb.
    """
    edges = _by_child(first)
    starts = set(edges)
    found: dict[str, Way] = {}
    seen: dict[int, set[int]] = {}
    # What to climb from: the way so far, and the bills that have it.
    pending: list[tuple[int, Way, set[int]]] = [(start, (), set(owners)) for start in sorted(starts)]
    read_so_far = 0
    for _ in range(LONGEST + 1):
        alive = {b for b, owner in owners.items() if owner not in found} if found else set(owners)
        pending = [(n, way, left) for n, way, bills in pending if (left := bills & alive)]
        if not pending or read_so_far > _MOST:
            break
        if read_so_far:
            edges = _above(connection, pending)
        read_so_far += sum(len(e.bills) for edges_of in edges.values() for e in edges_of)
        pending = _climb(pending, edges, owners, starts, seen, found)
    cut = {owners[b]: way[-LONGEST:] for _, way, bills in pending for b in sorted(bills) if owners[b] not in found}
    return _named(connection, found, cut)


def _climb(
    pending: list[tuple[int, Way, set[int]]],
    edges: Mapping[int, list[Above]],
    owners: Mapping[int, str],
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


def _above(connection: sa.Connection, pending: list[tuple[int, Way, set[int]]]) -> dict[int, list[Above]]:
    """Edges to what is pending, with the bills that have them."""
    name = connection.dialect.name
    numbers = {number for number, _, _ in pending}
    if sum(len(bills) for _, _, bills in pending) >= _SCANNED * len(numbers):
        rows = among(connection, _ABOVE[name], numbers)
    else:
        places = sorted({(number, bill) for number, _, bills in pending for bill in bills})
        given = tuple(map(list, zip(*places, strict=True))) if name == "postgresql" else (to_json(places),)
        rows = fetched(connection, _ABOVE_EACH[name], given)
    return _by_child(Above(child, parent, set(from_json(gathered))) for child, parent, gathered in rows)


def _by_child(edges: Iterable[Above]) -> dict[int, list[Above]]:
    """In an order of their own: of ways that are equally short, always the same is given."""
    out: dict[int, list[Above]] = {}
    for edge in sorted(edges, key=itemgetter(0, 1)):
        out.setdefault(edge.child, []).append(edge)
    return out


def _named(connection: sa.Connection, found: dict[str, Way], cut: dict[str, Way]) -> dict[str, tuple[str, ...]]:
    every = {*found.values(), *cut.values()}
    called = {n: c.name for n, c in by_number(connection, {n for way in every for n in way}).items()}
    names = {way: tuple(called[n] for n in way) for way in every}
    return {
        **{asset: names[way] for asset, way in found.items()},
        **{asset: (CUT, *names[way]) for asset, way in cut.items()},
    }
