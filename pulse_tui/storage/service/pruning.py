"""What is old enough to go, found in small pieces: no writer waits for long behind one of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.domain.pruned import Kept, Pruned
from pulse_tui.domain.words import Outcome, SignalType
from pulse_tui.ports.storing.service import OldLetter, OldRow
from pulse_tui.storage.alerts.later import t as of_alerts
from pulse_tui.storage.evals.later import t as of_evals
from pulse_tui.storage.plumbing.later import t as of_plumbing
from pulse_tui.storage.service.later import t
from pulse_tui.storage.signals.later import t as of_signals
from pulse_tui.storage.sql.bodies import Bodies
from pulse_tui.storage.sql.codec import from_json, to_json
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.lookup import among, present

_PRUNED = Bodies(t, "pruned", Pruned, "kind")
_FIRED = (
    f"SELECT DISTINCT signal_id FROM decisions WHERE signal_id {{among}} AND outcome <> '{Outcome.NOT_FIRED.value}'"  # noqa: S608
)
_EMPTY = b""
"""The items of a sheet that were pruned: the sheet itself stays, and says that there were some."""


def _moment(kind: Kept) -> sa.Column[int]:
    found: sa.Column[int] = of_signals.signals.c.observed_at if kind is Kept.SIGNALS else of_alerts.decisions.c.at
    return found


class PrunedTable:
    """Implements :class:`pulse_tui.ports.storing.service.Prunings`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def put(self, pruned: Pruned) -> None:
        _PRUNED.put(self._c, pruned)

    def all(self) -> dict[Kept, Pruned]:
        return {found.kind: found for found in _PRUNED.asked(self._c)}

    def until(self, kind: Kept, before: datetime) -> int:
        moment = _moment(kind)
        seq = moment.table.c.seq
        low, high = 0, int(self._c.execute(sa.select(sa.func.coalesce(sa.func.max(seq), 0))).scalar_one())
        while low < high:  # they came about in the order of their moments: two dozen questions instead of all rows
            middle = (low + high + 1) // 2
            at = self._c.execute(sa.select(moment).where(seq >= middle).order_by(seq).limit(1)).scalar()
            low, high = (middle, high) if at is not None and at < to_us(before) else (low, middle - 1)
        return low

    def old_signals(self, before: datetime, after: int, until: int, limit: int) -> list[OldRow]:
        c = of_signals.signals.c
        query = sa.select(c.seq, c.id, c.fingerprint, c.signal_type, c.observed_at)
        return self._old(query, c.seq, c.observed_at, before, after, until, limit)

    def old_decisions(self, before: datetime, after: int, until: int, limit: int) -> list[OldRow]:
        c = of_alerts.decisions.c
        query = sa.select(c.seq, c.signal_id, c.fingerprint, sa.literal(""), c.at)
        return self._old(query, c.seq, c.at, before, after, until, limit)

    def _old(
        self, query: Any, seq: Any, moment: Any, before: datetime, after: int, until: int, limit: int
    ) -> list[OldRow]:
        query = query.where(seq > after, seq <= until).order_by(seq).limit(limit)
        rows = [(n, i, f, k, at) for n, i, f, k, at in self._c.execute(query)]
        return [
            OldRow(n, ident, fingerprint, SignalType(kind) if kind else None, from_us(at), at < to_us(before))
            for n, ident, fingerprint, kind, at in rows
        ]

    def of_alerts(self, signal_ids: Iterable[str]) -> set[str]:
        return present(self._c, of_alerts.alerts.c.signal_id, signal_ids)

    def fired(self, signal_ids: Iterable[str]) -> set[str]:
        return {row[0] for row in among(self._c, _FIRED, dict.fromkeys(signal_ids))}

    def drop(self, kind: Kept, numbers: Sequence[int]) -> int:
        table = _moment(kind).table
        return self._delete(f"DELETE FROM {table.name} WHERE seq {{among}}", numbers)  # noqa: S608  names of our own

    def _delete(self, sql: str, keys: Sequence[int] | Sequence[str]) -> int:
        if not keys:
            return 0
        if self._c.dialect.name == "postgresql":
            return self._c.exec_driver_sql(sql.replace("{among}", "= ANY(%s)"), (list(keys),)).rowcount
        asked = sql.replace("{among}", "IN (SELECT value FROM json_each(?))")
        return self._c.exec_driver_sql(asked, (to_json(list(keys)),)).rowcount

    def runs_with_items(self, before: datetime) -> list[str]:
        r, s = of_evals.eval_runs.c, of_evals.eval_sheets.c
        query = sa.select(r.id).where(r.at < to_us(before), sa.func.length(s.data) > 0)
        query = query.join(of_evals.eval_sheets, s.run_id == r.id).group_by(r.id, r.at).order_by(r.at, r.id)
        return list(self._c.execute(query).scalars())

    def newest_runs(self) -> set[str]:
        r = of_evals.eval_runs.c
        last = sa.select(r.asset_id, r.suite, sa.func.max(r.iteration).label("iteration")).group_by(r.asset_id, r.suite)
        newest = last.subquery()
        same = sa.and_(*(r[name] == newest.c[name] for name in ("asset_id", "suite", "iteration")))
        return set(self._c.execute(sa.select(r.id).join(newest, same)).scalars())

    def runs_of(self, releases: Collection[tuple[str, str]]) -> set[str]:
        r = of_evals.eval_runs.c
        rows = self._c.execute(sa.select(r.id, r.asset_id, r.version))
        return {ident for ident, asset, version in rows if (asset, version) in releases}

    def drop_items(self, run_id: str) -> int:
        mine = sa.update(of_evals.eval_sheets).where(
            of_evals.eval_sheets.c.run_id == run_id, sa.func.length(of_evals.eval_sheets.c.data) > 0
        )
        return self._c.execute(mine.values(data=_EMPTY)).rowcount

    def letters(self) -> list[OldLetter]:
        c = of_plumbing.outbox.c
        rows = self._c.execute(sa.select(c.key, c.state, c.created_at))
        return [OldLetter(key, state, from_us(at)) for key, state, at in rows]

    def alerts_of(self, keys: Sequence[str]) -> dict[str, str]:
        rows = among(self._c, "SELECT key, payload FROM outbox WHERE key {among}", keys)
        return {key: str(from_json(payload).get("alert", "")) for key, payload in rows}

    def drop_letters(self, keys: Sequence[str]) -> int:
        return self._delete("DELETE FROM outbox WHERE key {among}", keys)
