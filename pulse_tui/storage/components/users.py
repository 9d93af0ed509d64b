"""Who uses a component: read once, in columns, with the edges that the ways up to the assets begin with.

A component may be used by thousands of assets in the same way. Their numbers and ids come as one JSON text for each
group of equal edges: a tuple for each edge costs more than finding it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from pulse_tui.domain.estate import Component
from pulse_tui.domain.words import ComponentKind
from pulse_tui.ports import Users
from pulse_tui.storage.components.components import by_id
from pulse_tui.storage.components.force import both, decoded, either, in_force
from pulse_tui.storage.components.ways import Above, ways
from pulse_tui.storage.sql.codec import from_json
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.lookup import among, fetched

_EDGES = {
    "postgresql": "json_agg(d.bill)::text, json_agg(b.asset_id)::text",
    "sqlite": "json_group_array(d.bill), json_group_array(b.asset_id)",
}
_USERS = """SELECT d.child, d.parent, d.environments, {{serves}}, {columns} FROM dependencies d
            JOIN bills b ON b.num = d.bill WHERE d.child {{{{among}}}} GROUP BY 1, 2, 3, 4"""

# All of them: there are as many as assets, and asking for each of thousands of ids costs more than reading them.
_ASSETS = f"SELECT num, name, id, version FROM components WHERE kind = '{ComponentKind.ASSET.value}'"  # noqa: S608
_MADE_OF = """SELECT DISTINCT b.asset_id, d.child, d.environments, {serves} FROM dependencies d
              JOIN bills b ON b.num = d.bill WHERE d.child {{among}}"""


def users(connection: sa.Connection, component_ids: Iterable[str]) -> list[Users]:
    """See :meth:`pulse_tui.ports.Dependencies.users`."""
    found = by_id(connection, component_ids)
    sql = in_force(connection, _USERS.format(columns=_EDGES[connection.dialect.name]))
    edges: dict[int, list[Any]] = {}
    for child, *edge in sorted(among(connection, sql, found), key=itemgetter(0, 1)):
        edges.setdefault(child, []).append(edge)
    versions: dict[str, list[int]] = {}
    for number in edges:
        versions.setdefault(found[number].id, []).append(number)
    out: list[Users] = []
    for numbers in versions.values():
        out += _of_one(connection, {n: (found[n], edges[n]) for n in numbers})
    return sorted(out, key=lambda group: _sorting(group.component))


def made_of(connection: sa.Connection, component_ids: Iterable[str]) -> list[tuple[str, str]]:
    """See :meth:`pulse_tui.ports.Dependencies.made_of`."""
    wanted = set(component_ids)
    found = {number: words for number, *words in fetched(connection, _ASSETS) if words[1] in wanted}
    pairs = {
        (asset, *found[number])
        for asset, number, environments, serves in among(connection, in_force(connection, _MADE_OF), found)
        if serves is None or both(environments, serves) is not None
    }
    return list(dict.fromkeys((asset, ident) for asset, _, ident, _ in sorted(pairs)))


def _of_one(connection: sa.Connection, edges: Mapping[int, tuple[Component, Sequence[Any]]]) -> list[Users]:
    """The users of all versions of one component."""
    having: dict[tuple[int, int], set[int]] = {}
    owners: dict[int, str] = {}
    where: dict[int, dict[str, str]] = {}
    for number, (_, rows) in edges.items():
        here = where[number] = {}
        for parent, environments, serves, bills, assets in rows:
            numbers, names = from_json(bills), from_json(assets)
            having.setdefault((number, parent), set()).update(numbers)
            owners.update(zip(numbers, names, strict=True))
            _apply(here, names, environments if serves is None else both(environments, serves))
    using = set().union(*where.values())
    if not using.issuperset(owners.values()):
        owners = {bill: asset for bill, asset in owners.items() if asset in using}
    found = ways(connection, [Above(child, parent, bills) for (child, parent), bills in having.items()], owners)
    out = []
    for number, here in where.items():
        groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for asset, environments in here.items():
            groups.setdefault((environments, found.get(asset, ())), []).append(asset)
        component = edges[number][0]
        out += [Users(component, decoded(places), way, assets) for (places, way), assets in groups.items()]
    return out


def _apply(here: dict[str, str], assets: Iterable[str], environments: str | None) -> None:
    """These assets use it there as well; nowhere when None."""
    if environments is None:
        return
    for asset in assets:
        known = here.get(asset)
        here[asset] = environments if known is None or known == environments else either(known, environments)


def _sorting(item: Component) -> tuple[str, str, str]:
    return item.name, item.id, item.version or ""
