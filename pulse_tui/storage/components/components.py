"""Each version of a component once, under a number that the edges of the bills use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pulse_tui.domain.estate import Component
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.advisories.coverage import unreadable
from pulse_tui.enrich.lookups import component_key, keys_of, package_key
from pulse_tui.storage.components.later import t
from pulse_tui.storage.sql.codec import from_json, to_json
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.lookup import among
from pulse_tui.storage.sql.upsert import insert_many

Key = tuple[str, str]
"""(id, version) of a component; "" where the version is not known."""

COLUMNS = "c.num, c.id, c.version, c.kind, c.name, c.ecosystem, c.known_as, c.platform"
_BY_NUMBER = f"SELECT {COLUMNS} FROM components c WHERE c.num {{among}}"  # noqa: S608  names of our own
_OF_ID = f"SELECT {COLUMNS} FROM components c WHERE c.id {{among}}"  # noqa: S608
_BY_ID = "SELECT num, id, version FROM components WHERE id {among}"
_KINDS = {k.value: k for k in ComponentKind}


def key_of(component: Component) -> Key:
    """What names a component among all."""
    return component.id, component.version or ""


def package_of(component: Component) -> str | None:
    """``ecosystem/name`` as packages are compared; None when it is no package."""
    key = component_key(component)
    return "/".join(key) if key is not None else None


def source_of(component: Component) -> str | None:
    """The other key under which advisories may name it (its source package, its Go repository); None for none."""
    keys = keys_of(component)
    return "/".join(keys[1]) if len(keys) > 1 else None


def component(row: Sequence[Any]) -> Component:
    """The component of :data:`COLUMNS`."""
    _num, ident, version, kind, name, ecosystem, known_as, platform = row
    return Component(
        id=ident,
        kind=_KINDS[kind],
        name=name,
        version=version or None,
        ecosystem=ecosystem,
        known_as=_texts(known_as),
        platform=_texts(platform),
    )


def _texts(column: str) -> tuple[str, ...]:
    return () if column == "[]" else tuple(from_json(column))


def by_number(connection: sa.Connection, numbers: Iterable[int]) -> dict[int, Component]:
    """The components of these numbers."""
    return {row[0]: component(row) for row in among(connection, _BY_NUMBER, numbers)}


def by_id(connection: sa.Connection, ids: Iterable[str]) -> dict[int, Component]:
    """All versions of these components."""
    return {row[0]: component(row) for row in among(connection, _OF_ID, ids)}


def matching(
    connection: sa.Connection,
    packages: Iterable[tuple[str, str]],
    kinds: Iterable[ComponentKind],
    names: Iterable[str],
) -> dict[int, Component]:
    """Components of one of the packages or kinds, or with one of the ids or names."""
    idents = list(names)
    named = ["/".join(package_key(*p)) for p in packages]
    asked = {
        "package": named,
        "source": named,
        "kind": [k.value for k in kinds],
        "id": idents,
        "name": idents,
    }
    found: dict[int, Component] = {}
    for column, values in asked.items():
        sql = f"SELECT {COLUMNS} FROM components c WHERE c.{column} {{among}}"  # noqa: S608  names of our own
        for row in among(connection, sql, values):
            if row[0] not in found:
                found[row[0]] = component(row)
    return found


def numbers_of(connection: sa.Connection, components: Mapping[Key, Component]) -> dict[Key, int]:
    """The number of each component; those that are not there yet are added."""
    found = _numbers(connection, components)
    missing = [c for key, c in components.items() if key not in found]
    if not missing:
        return found
    insert_many(connection, t.components, [_row(c) for c in missing])
    return found | _numbers(connection, {key_of(c): c for c in missing})


def reword(connection: sa.Connection, number: int, bill: int, item: Component) -> bool:
    """Give a component another kind, name and ecosystem. False when another bill uses it too: its first ones stay,
    or two documents that spell a name differently would overwrite each other for ever."""
    others = sa.exists().where(t.dependencies.c.child == number, t.dependencies.c.bill != bill)
    row = {k: v for k, v in _row(item).items() if k not in ("id", "version")}
    words = sa.update(t.components).where(t.components.c.num == number, ~others).values(row)
    return connection.execute(words).rowcount > 0


def find(connection: sa.Connection, text: str, limit: int) -> list[Component]:
    """By exact id, name or ``name version``; else those whose name contains ``text``, in any case."""
    c = t.components.c
    name, _, version = text.rpartition(" ")
    exact = sa.or_(c.id == text, c.name == text, sa.and_(c.name == name, c.version == version))
    inside: sa.ColumnElement[bool] = sa.func.lower(c.name).contains(text.lower(), autoescape=True)
    for condition in (exact, inside):
        query = sa.select(c.num, c.id, c.version, c.kind, c.name, c.ecosystem, c.known_as, c.platform).where(condition)
        rows = connection.execute(query.order_by(c.name, c.version, c.id).limit(limit)).all()
        if rows:
            return [component(row) for row in rows]
    return []


def _numbers(connection: sa.Connection, components: Mapping[Key, Component]) -> dict[Key, int]:
    rows = among(connection, _BY_ID, {ident for ident, _ in components})
    return {(i, v): n for n, i, v in rows if (i, v) in components}


def _row(item: Component) -> dict[str, Any]:
    return {
        "id": item.id,
        "version": item.version or "",
        "kind": item.kind.value,
        "name": item.name,
        "ecosystem": item.ecosystem,
        "known_as": to_json(item.known_as),
        "platform": to_json(item.platform),
        "package": package_of(item),
        "readable": not unreadable(item),
        "source": source_of(item),
    }
