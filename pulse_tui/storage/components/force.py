"""Where an edge of a bill is in force: a bill made for a release is where that release serves."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import sqlalchemy as sa

from pulse_tui.domain.words import Environment
from pulse_tui.storage.sql.codec import from_json, to_json

_SERVES = {
    "postgresql": "(SELECT COALESCE(json_agg(p.environment), '[]')::text FROM deployments p {at})",
    "sqlite": "(SELECT json_group_array(p.environment) FROM deployments p {at})",
}
_AT = "WHERE p.asset_id = b.asset_id AND p.version = b.version"


def in_force(connection: sa.Connection, sql: str) -> str:
    """``sql`` with its ``{serves}``: where the release that bill ``b`` was made for serves; null for a bill of no
    release in particular."""
    serves = _SERVES[connection.dialect.name].format(at=_AT)
    return sql.format(serves=f"CASE WHEN b.version IS NULL THEN NULL ELSE {serves} END")


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
