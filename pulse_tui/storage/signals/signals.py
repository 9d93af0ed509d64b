"""Append-only signals and the quarantine of refused records."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from pulse_tui.domain.errors import Problem
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.domain.signal import Signal, decode_evidence
from pulse_tui.domain.source import RefusedCount, Rejected
from pulse_tui.domain.words import SignalType
from pulse_tui.ports.storing.signals import Glimpse
from pulse_tui.storage.signals.later import t
from pulse_tui.storage.sql.codec import Codec
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.lookup import among, chunks, fetched, named, present
from pulse_tui.storage.sql.plain import asked, where
from pulse_tui.storage.sql.upsert import insert_many

_ROW = Codec(Signal)
_PLAIN = Codec(Signal, skip=("evidence",))
_SIGNALS = f"SELECT {_ROW.columns} FROM signals"  # noqa: S608  names of our own
_LAST = (
    "SELECT id FROM signals WHERE seq IN (SELECT max(seq) FROM signals WHERE fingerprint {among} GROUP BY fingerprint)"
)
_DECIDED = "SELECT DISTINCT signal_id FROM decisions WHERE signal_id {among}"
_RECENT = 20_000
_KEPT = 2_048
"""Rows of which the signal is kept: causes are ranked again and again among the same few hundred."""
_AROUND = f"""
SELECT {", ".join(_ROW.names)} FROM signals
 WHERE seq IN (SELECT seq FROM signals WHERE asset_id IS NULL AND seq > {{first}}
               UNION ALL SELECT seq FROM signals WHERE asset_id {{among}} AND seq > {{first}})
   AND occurred_at + 0 >= {{since}} AND occurred_at + 0 <= {{until}} AND signal_type {{among}}
 ORDER BY occurred_at DESC, seq DESC LIMIT {{limit}}
"""  # noqa: S608  names of our own
"""The newest rows of each asset are found in the index of assets: by the moment, a flood of signals would all be read, and
by the asset alone all that it ever had."""
_LISTED = 200
"""Most values that a query lists."""


class SignalTable:
    """Implements :class:`pulse_tui.ports.Signals`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection
        self._any_pruned: bool | None = None
        self._read: dict[str, Signal] = {}
        """What was asked for by its id: a stored signal never changes."""

    def add(self, signals: Sequence[tuple[Signal, bytes]]) -> list[Signal]:
        if not signals:
            return []
        known = self.known(s.id for s, _ in signals)
        new: list[Signal] = []
        rows = []
        for signal, raw in signals:
            if signal.id in known:
                continue
            known.add(signal.id)
            new.append(signal)
            row = _ROW.row(signal)
            row["raw"] = raw
            rows.append(row)
        insert_many(self._c, t.signals, rows)
        return new

    def known(self, signal_ids: Iterable[str]) -> set[str]:
        asked = list(signal_ids)
        here = self.stored(asked)
        if len(here) < len(asked) and self._pruned():
            # A signal that was pruned left its decisions: it does not come in once more.
            here |= {row[0] for row in among(self._c, _DECIDED, dict.fromkeys(i for i in asked if i not in here))}
        return here

    def stored(self, signal_ids: Iterable[str]) -> set[str]:
        return present(self._c, t.signals.c.id, signal_ids)

    def _pruned(self) -> bool:
        if self._any_pruned is None:
            self._any_pruned = bool(fetched(self._c, "SELECT 1 FROM pruned WHERE kind = 'signals'"))
        return self._any_pruned

    def last(self, fingerprints: Iterable[str]) -> set[str]:
        return {row[0] for row in among(self._c, _LAST, dict.fromkeys(fingerprints))}

    def get(self, signal_id: str) -> Signal | None:
        known = self._read.get(signal_id)
        if known is None and (found := asked(self._c, f"{_SIGNALS} WHERE id = :id", {"id": signal_id})):
            known = self._read[signal_id] = _known(found[0])
        return known

    def types(self, signal_ids: Iterable[str]) -> dict[str, SignalType]:
        sql = "SELECT id, signal_type FROM signals WHERE id {among}"
        return {row[0]: SignalType(row[1]) for row in among(self._c, sql, dict.fromkeys(signal_ids))}

    def named(self, name: str) -> Signal | None:
        row = named(self._c, t.signals, t.signals.c.id, name)
        return _signal(row) if row else None

    def recent(self, limit: int, asset_id: str | None = None, types: Collection[SignalType] = ()) -> list[Signal]:
        wanted = ["asset_id = :asset"] * (asset_id is not None)
        if types:
            wanted.append(
                f"signal_type IN ({', '.join(sorted(repr(kind.value) for kind in types))})"
            )  # words of our own
        sql = f"{_SIGNALS} {where(wanted)} ORDER BY seq DESC LIMIT :limit"
        return list(map(_known, asked(self._c, sql, {"asset": asset_id, "limit": limit})))

    def around(
        self,
        since: datetime,
        until: datetime,
        types: Collection[SignalType],
        asset_ids: Collection[str],
        limit: int = 500,
    ) -> list[Signal]:
        newest = fetched(self._c, "SELECT max(seq) FROM signals")[0][0] or 0
        sql = _AROUND
        for name, value in (
            ("{first}", newest - _RECENT),
            ("{since}", to_us(since)),
            ("{until}", to_us(until)),
            ("{limit}", limit),
        ):
            sql = sql.replace(name, str(value))
        # No asset has an empty id: it stands for none at all, as an empty list would end the question.
        return list(map(_known, among(self._c, sql, asset_ids or [""], sorted(kind.value for kind in types))))

    def newest(self, since: datetime, types: Collection[SignalType] = ()) -> list[Signal]:
        last = sa.select(sa.func.max(t.signals.c.seq)).where(t.signals.c.observed_at >= to_us(since))
        if types:
            last = last.where(t.signals.c.signal_type.in_(sorted(kind.value for kind in types)))
        query = sa.select(t.signals).where(t.signals.c.seq.in_(last.group_by(t.signals.c.fingerprint)))
        return [_signal(row) for row in self._c.execute(query.order_by(t.signals.c.seq)).mappings()]

    def glimpses(
        self, since: datetime, types: Collection[SignalType], *, before: int | None, limit: int
    ) -> list[Glimpse]:
        c = t.signals.c
        query = sa.select(c.seq, c.id, c.signal_type, c.fingerprint, c.title, c.observed_at)
        query = query.where(c.observed_at >= to_us(since), c.signal_type.in_(sorted(kind.value for kind in types)))
        if before is not None:
            query = query.where(c.seq < before)
        rows = self._c.execute(query.order_by(c.seq.desc()).limit(limit))
        return [Glimpse(n, i, SignalType(kind), f, title, from_us(at)) for n, i, kind, f, title, at in rows]

    def some(self, signal_ids: Iterable[str]) -> list[Signal]:
        found: list[Signal] = []
        for ids in chunks(signal_ids):
            query = sa.select(t.signals).where(t.signals.c.id.in_(ids)).order_by(t.signals.c.seq)
            found += [_signal(row) for row in self._c.execute(query).mappings()]
        return found

    def count(self) -> int:
        return self._c.execute(sa.select(sa.func.count()).select_from(t.signals)).scalar_one()

    def quarantine(self, rejected: Sequence[Rejected], at: datetime, *, again: bool = False) -> None:
        if again:
            self._forget(self._same(rejected))
        rows = [
            {
                "at": to_us(at),
                "source": r.source,
                "place": r.problem.where,
                "reason": r.problem.what,
                "hint": r.problem.hint,
                "raw": r.raw,
            }
            for r in rejected
        ]
        insert_many(self._c, t.quarantine, rows)

    def quarantined(self, limit: int) -> list[tuple[datetime, Rejected]]:
        rows = self._c.execute(sa.select(t.quarantine).order_by(t.quarantine.c.seq.desc()).limit(limit))
        return [
            (from_us(r.at), Rejected(source=r.source, problem=Problem(r.place, r.reason, r.hint), raw=r.raw))
            for r in rows
        ]

    def refused(self) -> list[RefusedCount]:
        rows = asked(self._c, "SELECT source, COUNT(*), MIN(at), MAX(at) FROM quarantine GROUP BY source")
        found = [RefusedCount(s, n, from_us(first), from_us(last)) for s, n, first, last in rows]
        return sorted(found, key=lambda r: r.last, reverse=True)

    def prune_quarantine(self, before: datetime, *, spared: int, of_source: int, in_all: int, at_once: int) -> int:
        q = t.quarantine.c
        newest = sa.func.row_number().over(order_by=q.seq.desc())
        of_its = sa.func.row_number().over(partition_by=q.source, order_by=q.seq.desc())
        ranked = sa.select(q.seq, q.at, newest.label("newest"), of_its.label("of_its")).subquery()
        r = ranked.c
        old = sa.and_(r.of_its > spared, sa.or_(r.newest > in_all, r.at < to_us(before)))
        gone: list[int] = []
        for late in (r.of_its > of_source, sa.or_(old, r.newest > 2 * in_all)):  # a loud source pushes no other out
            gone = gone or list(self._c.scalars(sa.select(r.seq).where(late).order_by(r.seq).limit(at_once)))
        self._forget(gone)
        return len(gone)

    def _same(self, rejected: Sequence[Rejected]) -> list[int]:
        """The numbers of what is kept of the same source, place and reason."""
        q, these = t.quarantine.c, {(r.source, r.problem.where, r.problem.what) for r in rejected}
        query, sources = sa.select(q.seq, q.source, q.place, q.reason), {source for source, _, _ in these}
        if len(sources) <= _LISTED:
            query = query.where(q.source.in_(sources))
        return [row.seq for row in self._c.execute(query) if (row.source, row.place, row.reason) in these]

    def _forget(self, numbers: Sequence[int]) -> None:
        for start in range(0, len(numbers), _LISTED):
            self._c.execute(sa.delete(t.quarantine).where(t.quarantine.c.seq.in_(numbers[start : start + _LISTED])))


def _signal(row: Mapping[Any, Any]) -> Signal:
    evidence = decode_evidence(SignalType(row["signal_type"]), row["evidence"])
    return _PLAIN.item(row, evidence=evidence)


@lru_cache(_KEPT)
def _known(row: tuple[Any, ...]) -> Signal:
    """The signal of a row of the driver's own, values in the order of ``_ROW.names``. Equal rows are one signal, of whatever
    transaction they are."""
    return _signal(dict(zip(_ROW.names, row, strict=True)))
