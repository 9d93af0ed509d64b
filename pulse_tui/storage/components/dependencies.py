"""Components, which asset uses them by which document, and what changed when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

import msgspec

from pulse_tui.domain.bill import Bill, DependencyChange, Head
from pulse_tui.domain.estate import Component, Dependency
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.domain.words import ComponentKind
from pulse_tui.ports import BillHead, Edge, Users
from pulse_tui.storage.components import components as parts
from pulse_tui.storage.components.bills import ASSET, Words, difference, pairs, parents_first
from pulse_tui.storage.components.components import Key, key_of
from pulse_tui.storage.components.force import both, decoded, either, encoded, in_force
from pulse_tui.storage.components.later import t
from pulse_tui.storage.components.users import made_of, users
from pulse_tui.storage.sql.codec import Codec, to_json
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.lookup import among, fetched
from pulse_tui.storage.sql.plain import asked
from pulse_tui.storage.sql.upsert import insert_many, upsert

_CHANGE = Codec(DependencyChange)
_HEAD = Codec(Head)
_HEADED = ("origin", "source", "document", "version", "subject", "digest", "at", "refused", "partial", "components")
_BILLS = f"""SELECT {", ".join(_HEADED[:-1])}, (SELECT COUNT(DISTINCT child) FROM dependencies WHERE bill = b.num)
             FROM bills b WHERE asset_id = :asset ORDER BY origin"""  # noqa: S608  names of our own
_SINCE = f"SELECT at, seq, {_CHANGE.columns} FROM dependency_changes WHERE at > :since AND "  # noqa: S608  names of our own
_OWN = f"{_SINCE}asset_id = :asset"
_MOVED = f"""{_SINCE}asset_id IS NULL AND component_id IN (
   SELECT c.id FROM components c JOIN dependencies d ON d.child = c.num JOIN bills b ON b.num = d.bill
   WHERE b.asset_id = :asset)"""  # noqa: S608  names of our own

_OF_ASSETS = """SELECT b.asset_id, d.child, d.environments, {serves} FROM bills b JOIN dependencies d ON d.bill = b.num
                WHERE b.asset_id {{among}}"""
_OF_COMPONENTS = """SELECT b.asset_id, d.child, d.environments, {serves} FROM dependencies d
                    JOIN bills b ON b.num = d.bill WHERE d.child {{among}}"""
_LEANS = """SELECT DISTINCT b.asset_id, c.id FROM bills b JOIN dependencies d ON d.bill = b.num
            JOIN components c ON c.num = d.child WHERE c.kind NOT IN ('package', 'image')
            AND (b.version IS NULL OR EXISTS
                (SELECT 1 FROM deployments p WHERE p.asset_id = b.asset_id AND p.version = b.version))
            {asked} ORDER BY 1, 2"""
_EDGES = f"""SELECT b.origin, d.parent, d.environments, {parts.COLUMNS}, {{serves}} FROM bills b
             JOIN dependencies d ON d.bill = b.num JOIN components c ON c.num = d.child WHERE b.asset_id {{{{among}}}}"""  # noqa: S608  names of our own
_BILL = f"""SELECT d.parent, d.environments, {parts.COLUMNS} FROM dependencies d
            JOIN components c ON c.num = d.child WHERE d.bill {{among}}"""  # noqa: S608


class DependencyTables:
    """Implements :class:`pulse_tui.ports.Dependencies`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection
        self._every: dict[str, list[Edge]] = {}
        """All edges of an asset, as this transaction read them: hundreds of alerts of one scan ask for the same bill."""

    def put_bill(self, bill: Bill) -> list[DependencyChange]:
        self._every.clear()  # another asset's components may be called otherwise now, too
        wanted = pairs(bill)
        row = self._c.execute(sa.select(t.bills).where(_bill_key(bill.asset_id, bill.origin))).mappings().first()
        number = row["num"] if row else self._next_bill()
        stored = _Stored(among(self._c, _BILL, [number]) if row else [])
        named = {key_of(c): c for c in bill.components}
        unknown = {key: c for key, c in named.items() if key not in stored.numbers}
        numbers = stored.numbers | (parts.numbers_of(self._c, unknown) if unknown else {})
        environments = encoded(bill.environments)
        edges = {(numbers[above] if above else ASSET, numbers[key]): environments for above, key in wanted}
        moved = self._write_edges(number, stored.edges, edges)
        for key, item in named.items():
            if key in stored.words and stored.words[key] != _words(item):
                parts.reword(self._c, numbers[key], number, item)
        head = {"version": bill.version, "subject": bill.subject, "digest": bill.digest, "refused": bill.refused}
        head["partial"] = bill.partial
        if row is None:
            key_words = {"asset_id": bill.asset_id, "origin": bill.origin, "source": bill.source}
            more = {"document": bill.document, "at": to_us(bill.at), "num": number}
            insert_many(self._c, t.bills, [{**key_words, **more, **head}])
            return []
        if moved or any(row[k] != v for k, v in head.items()):
            self._c.execute(sa.update(t.bills).where(t.bills.c.num == number).values({**head, "at": to_us(bill.at)}))
        if stored.words.keys() == named.keys():
            return []
        before = {key: Words(ComponentKind(kind), name) for key, (kind, name, *_) in stored.words.items()}
        return self._log(difference(bill, before, named.values()))

    def refuse_bill(self, asset_id: str, origin: str) -> None:
        self._every.clear()
        whole = sa.update(t.bills).where(_bill_key(asset_id, origin), t.bills.c.refused == 0).values(refused=1)
        self._c.execute(whole)

    def drop_bill(self, asset_id: str, origin: str, at: datetime) -> list[DependencyChange]:
        self._every.clear()
        row = self._c.execute(sa.select(t.bills).where(_bill_key(asset_id, origin))).mappings().first()
        if row is None:
            return []
        changes: list[DependencyChange] = []
        if row["version"] is None:
            empty = Bill(source=row["source"], asset_id=asset_id, document=row["document"], at=at, components=())
            changes = self.put_bill(empty)
        self._c.execute(sa.delete(t.dependencies).where(t.dependencies.c.bill == row["num"]))
        self._c.execute(sa.delete(t.bills).where(t.bills.c.num == row["num"]))
        said = (t.loading.c.asset_id == asset_id, t.loading.c.source == origin)
        self._c.execute(sa.delete(t.loading).where(*said))
        return changes

    def billed_by(self, source: str) -> list[str]:
        return list(
            self._c.execute(sa.select(t.bills.c.asset_id).where(t.bills.c.source == source).distinct()).scalars()
        )

    def bills(self, asset_id: str) -> list[BillHead]:
        rows = (dict(zip(_HEADED, row, strict=True)) for row in asked(self._c, _BILLS, {"asset": asset_id}))
        return [BillHead(**{**row, "at": from_us(row["at"]), "partial": bool(row["partial"])}) for row in rows]

    def using(
        self,
        *,
        assets: Iterable[str] = (),
        packages: Iterable[tuple[str, str]] = (),
        kinds: Iterable[ComponentKind] = (),
        components: Iterable[str] = (),
    ) -> tuple[Dependency, ...]:
        found = parts.matching(self._c, packages, kinds, components)
        where: dict[tuple[str, int], str] = {}
        of_assets, of_components = in_force(self._c, _OF_ASSETS), in_force(self._c, _OF_COMPONENTS)
        for rows in (among(self._c, of_assets, assets), among(self._c, of_components, found)):
            for asset_id, number, environments, serves in rows:
                here = environments if serves is None else both(environments, serves)
                if here is None:
                    continue
                place = asset_id, number
                known = where.get(place)
                where[place] = here if known is None else either(known, here)
        found |= parts.by_number(self._c, {number for _, number in where} - found.keys())
        places = {text: decoded(text) for text in set(where.values())}
        order = {n: i for i, n in enumerate(sorted(found, key=lambda n: _sorting(found[n])))}
        return tuple(
            Dependency(asset_id=asset_id, component=found[number], environments=places[where[asset_id, number]])
            for asset_id, number in sorted(where, key=lambda place: (place[0], order[place[1]]))
        )

    def leans(self, asset_ids: Iterable[str] | None = None) -> list[tuple[str, str]]:
        rows = (
            fetched(self._c, _LEANS.format(asked=""))
            if asset_ids is None
            else among(self._c, _LEANS.format(asked="AND b.asset_id {among}"), dict.fromkeys(asset_ids))
        )
        return [(asset, component) for asset, component in rows]

    def edges(self, asset_id: str, *, every: bool = False) -> list[Edge]:
        if not every:
            return self._edges(asset_id, every=False)
        if asset_id not in self._every:
            self._every[asset_id] = self._edges(asset_id, every=True)
        return [*self._every[asset_id]]

    def _edges(self, asset_id: str, *, every: bool) -> list[Edge]:
        rows = []
        items: dict[int, Component | None] = {ASSET: None}
        for origin, parent, environments, *item, serves in among(self._c, in_force(self._c, _EDGES), [asset_id]):
            here = environments if serves is None or every else both(environments, serves)
            if here is None:
                continue
            rows.append((origin, parent, here, *item))
            if item[0] not in items:
                items[item[0]] = parts.component(item)
        rows.sort(key=lambda r: (r[7], r[4], r[5], r[0]))
        place = parents_first((r[1], r[3]) for r in rows)
        rows.sort(key=lambda r: place[r[1]])
        return [Edge(items[r[1]], _must(items[r[3]]), decoded(r[2]), r[0]) for r in rows]

    def users(self, component_ids: Iterable[str]) -> list[Users]:
        return users(self._c, component_ids)

    def made_of(self, component_ids: Iterable[str]) -> list[tuple[str, str]]:
        return made_of(self._c, component_ids)

    def find(self, text: str, limit: int = 20) -> list[Component]:
        return parts.find(self._c, text, limit)

    def put_head(self, head: Head) -> DependencyChange | None:
        before = self.heads([head.component_id]).get(head.component_id)
        if before is not None and before.version == head.version:
            upsert(self._c, t.heads, [_HEAD.row(msgspec.structs.replace(head, at=before.at))])
            return None
        upsert(self._c, t.heads, [_HEAD.row(head)])
        if before is None:
            return None
        change = DependencyChange(
            asset_id=None,
            component_id=head.component_id,
            kind=head.kind,
            name=head.name or head.component_id,
            before=before.version,
            after=head.version,
            at=head.at,
            source=head.source,
        )
        return self._log([change])[0]

    def heads(self, component_ids: Iterable[str]) -> dict[str, Head]:
        columns = ", ".join(_HEAD.names)
        sql = f"SELECT {columns} FROM heads WHERE component_id {{among}}"  # noqa: S608  names of our own
        rows = (dict(zip(_HEAD.names, row, strict=True)) for row in among(self._c, sql, component_ids))
        return {row["component_id"]: _HEAD.item(row) for row in rows}

    def changes(self, asset_id: str, since: datetime) -> list[DependencyChange]:
        given = {"asset": asset_id, "since": to_us(since)}
        rows = sorted([*asked(self._c, _OWN, given), *asked(self._c, _MOVED, given)], key=itemgetter(0, 1))
        return list(_CHANGE.items(row[2:] for row in rows))

    def _log(self, changes: list[DependencyChange]) -> list[DependencyChange]:
        insert_many(self._c, t.dependency_changes, [_CHANGE.row(c) for c in changes])
        return changes

    def _next_bill(self) -> int:
        # Only one writer at a time: nobody can take the same number.
        return int(self._c.execute(sa.select(sa.func.coalesce(sa.func.max(t.bills.c.num), 0))).scalar_one()) + 1

    def _write_edges(self, bill: int, before: dict[tuple[int, int], str], after: dict[tuple[int, int], str]) -> bool:
        """Write the difference; False when there is none."""
        gone = [edge for edge, environments in before.items() if after.get(edge) != environments]
        came = [edge for edge, environments in after.items() if before.get(edge) != environments]
        d = t.dependencies.c
        if gone:
            one = sa.and_(d.bill == bill, d.parent == sa.bindparam("p"), d.child == sa.bindparam("k"))
            self._c.execute(sa.delete(t.dependencies).where(one), [{"p": p, "k": k} for p, k in gone])
        rows = [{"bill": bill, "parent": p, "child": k, "environments": after[p, k]} for p, k in came]
        insert_many(self._c, t.dependencies, rows)
        return bool(gone or came)


class _Stored:
    """What stands of a bill."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self.edges: dict[tuple[int, int], str] = {}
        self.numbers: dict[Key, int] = {}
        self.words: dict[Key, tuple[str, str, str | None, str, str]] = {}
        for parent, environments, number, ident, version, kind, name, *more in rows:
            self.edges[parent, number] = environments
            self.numbers[ident, version] = number
            self.words[ident, version] = (kind, name, *more)


def _words(item: Component) -> tuple[str, str, str | None, str, str]:
    return item.kind._value_, item.name, item.ecosystem, to_json(item.known_as), to_json(item.platform)


def _sorting(item: Component) -> tuple[str, str, str]:
    return item.name, item.id, item.version or ""


def _bill_key(asset_id: str, origin: str) -> sa.ColumnElement[bool]:
    return sa.and_(t.bills.c.asset_id == asset_id, t.bills.c.origin == origin)


def _must(item: Component | None) -> Component:
    assert item is not None, "number 0 is the asset, which no edge leads to"
    return item
