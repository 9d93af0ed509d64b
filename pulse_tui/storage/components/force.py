"""Where an edge of a bill is in force: a bill made for a release is where that release serves; a package that only the
configuration declares is where the serving release has no bill of its own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from pulse_tui.domain.bill import ADDED
from pulse_tui.domain.claim import ESTATE
from pulse_tui.domain.words import ComponentKind, Environment
from pulse_tui.storage.sql.codec import from_json, to_json
from pulse_tui.storage.sql.later import sa

_SERVES = {
    "postgresql": "(SELECT COALESCE(json_agg(p.environment), '[]')::text FROM deployments p {at})",
    "sqlite": "(SELECT json_group_array(p.environment) FROM deployments p {at})",
}
_AT = "WHERE p.asset_id = b.asset_id AND p.version = b.version"
_OWN = """EXISTS (SELECT 1 FROM bills o WHERE o.asset_id = p.asset_id AND o.version = p.version AND o.refused = 0 AND NOT o.partial
          AND EXISTS (SELECT 1 FROM dependencies e WHERE e.bill = o.num))"""
"""An empty bill, one of which something could not be read, and one that lists only some take nothing away."""
_GIVES_WAY = f"""b.source = '{ESTATE}' AND substr(b.document, 1, {len(ADDED)}) <> '{ADDED}'
                 AND EXISTS (SELECT 1 FROM components k WHERE k.num = d.child AND k.kind = '{ComponentKind.PACKAGE.value}')
                 AND EXISTS (SELECT 1 FROM deployments p WHERE p.asset_id = b.asset_id AND {_OWN})"""  # noqa: S608  names of our own


def in_force(connection: sa.Connection, sql: str) -> str:
    """``sql`` with its ``{serves}``, of bill ``b`` and its edge ``d``: where the release that the bill was made for
    serves, or where a declared package does not give way to such a bill; null where neither restricts it."""
    array = _SERVES[connection.dialect.name]
    serves, elsewhere = array.format(at=_AT), array.format(at=f"WHERE p.asset_id = b.asset_id AND NOT {_OWN}")
    case = f"CASE WHEN b.version IS NOT NULL THEN {serves} WHEN {_GIVES_WAY} THEN {elsewhere} ELSE NULL END"
    return sql.format(serves=case)


def encoded(every: Iterable[Environment]) -> str:
    """Environments as the edges keep them, production first."""
    return to_json([e.value for e in sorted(set(every), key=lambda e: e.rank)])


@lru_cache(maxsize=64)
def decoded(environments: str) -> tuple[Environment, ...]:
    """What :func:`encoded` was given; none is everywhere."""
    return tuple(Environment(e) for e in from_json(environments))


@lru_cache(maxsize=256)
def both(environments: str, serves: str) -> str | None:
    """Where an edge applies and its release serves; None when that is nowhere."""
    only, places = decoded(environments), decoded(serves)
    here = [e for e in places if not only or e in only]
    return encoded(here) if here else None


@lru_cache(maxsize=64)
def either(one: str, other: str) -> str:
    """Where at least one of two edges applies; an edge without environments applies everywhere."""
    first, second = decoded(one), decoded(other)
    return encoded((*first, *second)) if first and second else "[]"
