"""Sources' health, leases with epochs, the outbox, small values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa

from pulse_tui.domain.delivery import LONGEST_BACKOFF, Delivery, DeliveryState
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.domain.source import SourceStatus
from pulse_tui.storage.plumbing import tables as t
from pulse_tui.storage.sql.codec import Codec
from pulse_tui.storage.sql.upsert import insert_new, upsert

_SOURCE = Codec(SourceStatus)
_DELIVERY = Codec(Delivery)


class PlumbingTables:
    """Implements :class:`pulse_tui.ports.Plumbing`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def sources(self) -> dict[str, SourceStatus]:
        query = sa.select(t.sources).order_by(t.sources.c.id)
        return {r["id"]: _SOURCE.item(r) for r in self._c.execute(query).mappings()}

    def put_source(self, status: SourceStatus) -> None:
        upsert(self._c, t.sources, [_SOURCE.row(status)])

    def keep_sources(self, ids: Iterable[str]) -> None:
        self._c.execute(sa.delete(t.sources).where(t.sources.c.id.not_in(list(ids))))

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

    def lease_until(self, name: str, holder: str) -> datetime | None:
        row = self._c.execute(sa.select(t.leases).where(t.leases.c.name == name)).first()
        return from_us(row.expires_at) if row is not None and row.holder == holder and row.expires_at else None

    def release(self, name: str, holder: str) -> None:
        # The row stays, so that the epoch never goes back.
        drop = sa.update(t.leases).where(t.leases.c.name == name, t.leases.c.holder == holder)
        self._c.execute(drop.values(expires_at=0))

    def enqueue(self, delivery: Delivery) -> bool:
        return insert_new(self._c, t.outbox, _DELIVERY.row(delivery))

    def has_delivery(self, key: str) -> bool:
        return self._c.execute(sa.select(t.outbox.c.key).where(t.outbox.c.key == key)).first() is not None

    def due_routes(self, now: datetime) -> list[str]:
        query = sa.select(t.outbox.c.route).where(_due(now)).distinct().order_by(t.outbox.c.route)
        return list(self._c.execute(query).scalars())

    def due_deliveries(self, now: datetime, limit: int = 50, *, route: str | None = None) -> list[Delivery]:
        query = sa.select(t.outbox).where(_due(now))
        if route is not None:
            query = query.where(t.outbox.c.route == route)
        query = query.order_by(t.outbox.c.created_at).limit(limit)
        return [_DELIVERY.item(r) for r in self._c.execute(query).mappings()]

    def put_delivery(self, delivery: Delivery) -> None:
        upsert(self._c, t.outbox, [_DELIVERY.row(delivery)])

    def deliveries(self, limit: int = 100) -> list[Delivery]:
        query = sa.select(t.outbox).order_by(t.outbox.c.created_at.desc(), t.outbox.c.key).limit(limit)
        return [_DELIVERY.item(r) for r in self._c.execute(query).mappings()]

    def get_value(self, key: str) -> str | None:
        return self._c.execute(sa.select(t.values.c.value).where(t.values.c.key == key)).scalar()

    def put_value(self, key: str, value: str) -> None:
        upsert(self._c, t.values, [{"key": key, "value": value}])


def _due(now: datetime) -> sa.ColumnElement[bool]:
    """What is to be sent now."""
    at = t.outbox.c.next_at
    when = sa.or_(at.is_(None), at <= to_us(now), at > to_us(now + LONGEST_BACKOFF))
    return sa.and_(t.outbox.c.state == DeliveryState.QUEUED.value, when)
