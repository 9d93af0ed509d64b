"""Sources' health, leases with epochs, the outbox, small values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from pulse_tui.domain.comparison import KEPT, kept_at
from pulse_tui.domain.delivery import LONGEST_WAIT, Delivery, DeliveryState, Queued, lineup
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.domain.source import SourceStatus
from pulse_tui.storage.plumbing.later import t
from pulse_tui.storage.sql.codec import Codec
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.lookup import among
from pulse_tui.storage.sql.plain import asked, one, where
from pulse_tui.storage.sql.upsert import insert_new, replace_many, upsert

_SOURCE = Codec(SourceStatus)
_DELIVERY = Codec(Delivery)
_KEYED = f"SELECT {_DELIVERY.columns} FROM outbox WHERE key {{among}}"  # noqa: S608  names of our own
_STATES = {state.value: state for state in DeliveryState}
LINE = 20_000
"""Messages of a route that are looked at for whose turn it is: of a longer queue the eldest."""


class PlumbingTables:
    """Implements :class:`pulse_tui.ports.Plumbing`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection
        self.awake = set[str]()
        """Routes that got something to send in it."""

    def sources(self) -> dict[str, SourceStatus]:
        rows = asked(self._c, f"SELECT {_SOURCE.columns} FROM sources ORDER BY id")  # noqa: S608  names of our own
        return {status.id: status for status in _SOURCE.items(rows)}

    def source(self, ident: str) -> SourceStatus | None:
        row = self._c.execute(sa.select(t.sources).where(t.sources.c.id == ident)).mappings().first()
        return _SOURCE.item(row) if row is not None else None

    def put_source(self, status: SourceStatus) -> None:
        upsert(self._c, t.sources, [_SOURCE.row(status)])

    def keep_sources(self, ids: Iterable[str]) -> None:
        ids = list(ids)
        self._c.execute(sa.delete(t.sources).where(t.sources.c.id.not_in(ids)))
        key = t.values.c.key  # what a source compared ends with it
        others = sa.and_(key.startswith(KEPT, autoescape=True), key.not_in([kept_at(ident) for ident in ids]))
        self._c.execute(sa.delete(t.values).where(others))

    def claim(
        self, name: str, holder: str, now: datetime, ttl_s: float, dead: Callable[[str], bool] = lambda _holder: False
    ) -> int | None:
        expires = to_us(now + timedelta(seconds=ttl_s))
        row = self._c.execute(sa.select(t.leases).where(t.leases.c.name == name)).first()
        if row is None:
            self._c.execute(sa.insert(t.leases), [{"name": name, "holder": holder, "epoch": 1, "expires_at": expires}])
            return 1
        if row.holder != holder and row.expires_at > to_us(now) and not dead(row.holder):
            return None
        # A lease that ran out and comes back is a new epoch too: the old holder may still be sending.
        renewed = row.holder == holder and row.expires_at > to_us(now)
        epoch = int(row.epoch) if renewed else int(row.epoch) + 1
        change = sa.update(t.leases).where(t.leases.c.name == name)
        self._c.execute(change.values(holder=holder, epoch=epoch, expires_at=expires))
        return epoch

    def claim_all(
        self,
        names: Collection[str],
        holder: str,
        now: datetime,
        ttl_s: float,
        dead: Callable[[str], bool] = lambda _holder: False,
    ) -> int | None:
        rows = {r.name: r for r in self._c.execute(sa.select(t.leases).where(t.leases.c.name.in_(names)))}
        at, expires = to_us(now), to_us(now + timedelta(seconds=ttl_s))
        if any(r.holder != holder and r.expires_at > at and not dead(r.holder) for r in rows.values()):
            return None
        epochs = {int(r.epoch) for r in rows.values()}
        mine = len(rows) == len(names) and all(r.holder == holder and r.expires_at > at for r in rows.values())
        epoch = max(epochs) if mine and len(epochs) == 1 else max(epochs, default=0) + 1
        if rows:
            kept = sa.update(t.leases).where(t.leases.c.name.in_(rows))
            self._c.execute(kept.values(holder=holder, epoch=epoch, expires_at=expires))
        new = [{"name": n, "holder": holder, "epoch": epoch, "expires_at": expires} for n in names if n not in rows]
        if new:
            self._c.execute(sa.insert(t.leases), new)
        return epoch

    def renew_all(self, names: Collection[str], holder: str, epoch: int, now: datetime, ttl_s: float) -> bool:
        held = sa.and_(t.leases.c.name.in_(names), t.leases.c.holder == holder, t.leases.c.epoch == epoch)
        until = to_us(now + timedelta(seconds=ttl_s))
        changed = self._c.execute(
            sa.update(t.leases).where(held, t.leases.c.expires_at > to_us(now)).values(expires_at=until)
        )
        return changed.rowcount == len(set(names))

    def held_until(self, names: Collection[str], holder: str, epoch: int) -> datetime | None:
        held = sa.and_(t.leases.c.name.in_(names), t.leases.c.holder == holder, t.leases.c.epoch == epoch)
        found = list(self._c.execute(sa.select(t.leases.c.expires_at).where(held)).scalars())
        return from_us(min(found)) if len(found) == len(set(names)) else None

    def release_all(self, names: Collection[str], holder: str) -> None:
        drop = sa.update(t.leases).where(t.leases.c.name.in_(names), t.leases.c.holder == holder)
        self._c.execute(drop.values(expires_at=0))

    def holds_lease(self, name: str, holder: str, epoch: int, now: datetime) -> bool:
        row = self._c.execute(sa.select(t.leases).where(t.leases.c.name == name)).first()
        return row is not None and row.holder == holder and row.epoch == epoch and row.expires_at > to_us(now)

    def lease(self, name: str) -> tuple[str, datetime] | None:
        row = self._c.execute(sa.select(t.leases).where(t.leases.c.name == name)).first()
        return (row.holder, from_us(row.expires_at)) if row is not None else None

    def lease_until(self, name: str, holder: str) -> datetime | None:
        row = self._c.execute(sa.select(t.leases).where(t.leases.c.name == name)).first()
        return from_us(row.expires_at) if row is not None and row.holder == holder and row.expires_at else None

    def release(self, name: str, holder: str) -> None:
        # The row stays, so that the epoch never goes back.
        drop = sa.update(t.leases).where(t.leases.c.name == name, t.leases.c.holder == holder)
        self._c.execute(drop.values(expires_at=0))

    def epochs(self) -> dict[str, int]:
        return {name: int(epoch) for name, epoch in self._c.execute(sa.select(t.leases.c.name, t.leases.c.epoch))}

    def free_all(self, at_least: Mapping[str, int], more: int) -> None:
        for name, epoch in (self.epochs() | dict.fromkeys(at_least, 0)).items():
            row = {"name": name, "holder": "", "epoch": max(epoch + more, at_least.get(name, 0) + 1), "expires_at": 0}
            upsert(self._c, t.leases, [row])

    def enqueue(self, delivery: Delivery) -> bool:
        new = insert_new(self._c, t.outbox, _DELIVERY.row(delivery))
        if new:
            self.awake.add(delivery.route)
        return new

    def wake(self, routes: Collection[str]) -> None:
        self.awake.update(routes)

    def has_delivery(self, key: str) -> bool:
        return one(self._c, "SELECT key FROM outbox WHERE key = :key", {"key": key}) is not None

    def due_routes(self, now: datetime) -> list[str]:
        query = sa.select(t.outbox.c.route).where(_due(now)).distinct().order_by(t.outbox.c.route)
        return list(self._c.execute(query).scalars())

    def due_deliveries(self, now: datetime, limit: int = 50, *, route: str | None = None) -> list[Delivery]:
        turns = lineup(self.queue(route), now).turns[:limit]
        found = self.deliveries_of([turn.key for turn in turns])
        return [found[turn.key] for turn in turns]

    def queue(self, route: str | None = None) -> list[Queued]:
        c = t.outbox.c
        query = sa.select(c.key, c.state, c.attempts, c.created_at, c.next_at)
        query = query.where(c.state.in_([DeliveryState.QUEUED.value, DeliveryState.DEAD.value]))
        if route is not None:
            query = query.where(c.route == route)
        rows = self._c.execute(query.order_by(c.state.desc(), c.created_at).limit(LINE)).all()
        return [
            Queued(key, _STATES[state], attempts, from_us(made), from_us(at) if at is not None else None)
            for key, state, attempts, made, at in rows
        ]

    def deliveries_of(self, keys: Sequence[str]) -> dict[str, Delivery]:
        return {d.key: d for d in _DELIVERY.items(among(self._c, _KEYED, dict.fromkeys(keys)))}

    def put_delivery(self, delivery: Delivery) -> None:
        upsert(self._c, t.outbox, [_DELIVERY.row(delivery)])

    def put_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        replace_many(self._c, t.outbox, [_DELIVERY.row(d) for d in deliveries])

    def hasten(self, route: str, now: datetime) -> int:
        c = t.outbox.c
        waits = sa.and_(c.route == route, c.state == DeliveryState.QUEUED.value, c.next_at > to_us(now))
        return self._c.execute(sa.update(t.outbox).where(waits).values(next_at=to_us(now))).rowcount

    def deliveries(
        self, limit: int = 100, *, states: Collection[DeliveryState] = (), route: str | None = None
    ) -> list[Delivery]:
        wanted = ["route = :route"] * (route is not None)
        if states:
            wanted.append(f"state IN ({', '.join(repr(state.value) for state in states)})")  # words of our own
        sql = f"SELECT {_DELIVERY.columns} FROM outbox {where(wanted)} ORDER BY created_at DESC, key LIMIT :limit"  # noqa: S608
        return list(_DELIVERY.items(asked(self._c, sql, {"route": route, "limit": limit})))

    def get_value(self, key: str) -> str | None:
        value: str | None = one(self._c, "SELECT value FROM settings_values WHERE key = :key", {"key": key})
        return value

    def put_value(self, key: str, value: str) -> None:
        upsert(self._c, t.values, [{"key": key, "value": value}])


def _due(now: datetime) -> sa.ColumnElement[bool]:
    """What is to be sent now."""
    at = t.outbox.c.next_at
    when = sa.or_(at.is_(None), at <= to_us(now), at > to_us(now + LONGEST_WAIT))
    return sa.and_(t.outbox.c.state == DeliveryState.QUEUED.value, when)
