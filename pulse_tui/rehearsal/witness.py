"""A store that watches what is written through it: what happened, in order, when its transaction has landed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.incident import Incident, Member
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.notice import Notice
from pulse_tui.domain.silence import Silence


class Lifted(NamedTuple):
    """A hold was lifted."""

    hold: str
    by: str


class Left(NamedTuple):
    """An alert left its incident."""

    alert_id: str


class Queued(NamedTuple):
    """A message was put into the outbox."""

    delivery: Delivery


class Landed(NamedTuple):
    """The outbox knows what became of a message."""

    delivery: Delivery


class Hastened(NamedTuple):
    """What waits for a destination is sent now: it works again."""

    route: str


Happening = Alert | Hold | Lifted | Notice | Queued | Landed | Hastened | Incident | Member | Left | Silence
"""What a rehearsal shows or waits for: a value as it was stored."""
Hook = Callable[..., Sequence[Happening]]


def _one(made: bool, value: Happening) -> Sequence[Happening]:
    return (value,) if made else ()


_WATCHED: Mapping[str, Mapping[str, Hook]] = {
    "judgements": {
        "put_alert": lambda _made, alert: (alert,),
        "put_hold": _one,
        "lift_hold": lambda made, hold, by, _at: _one(made, Lifted(hold, by)),
    },
    "notices": {"add": lambda _made, notices: tuple(notices)},
    "plumbing": {
        "enqueue": lambda made, delivery: _one(made, Queued(delivery)),
        "put_delivery": lambda _made, delivery: (Landed(delivery),),
        "put_deliveries": lambda _made, deliveries: tuple(map(Landed, deliveries)),
        "hasten": lambda made, route, _now: _one(bool(made), Hastened(route)),
    },
    "incidents": {
        "put": lambda _made, incident: (incident,),
        "join": _one,
        "leave": lambda made, alert_id: _one(made, Left(alert_id)),
    },
    "silences": {"put": lambda _made, silence: (silence,)},
}
"""Of each table the calls that change what a rehearsal shows, and what they come to; the first argument is the answer."""


class WatchedStore:
    """A store whose writes are reported; everything else is the real one's."""

    def __init__(self, real: Any, landed: Callable[[Sequence[Happening]], None]) -> None:
        """``landed`` is called after each transaction in which something happened; of one that was undone, nothing did."""
        self._real = real
        self._landed = landed
        self._alerts: dict[str, Alert] = {}

    @contextmanager
    def write(self, *, quiet: bool = False) -> Iterator[Any]:
        """One unit of work of the real store."""
        seen = list[Happening]()
        with self._real.write(quiet=quiet) as tx:
            for table, hooks in _WATCHED.items():
                setattr(tx, table, _Watched(getattr(tx, table), hooks, seen))
            yield tx
        self._alerts.update({each.id: each for each in seen if isinstance(each, Alert)})
        if seen:
            self._landed(seen)

    @contextmanager
    def read(self) -> Iterator[Any]:
        """A view of one moment. The list of alerts, which is asked for at every moment that is played, is not read again:
        all of them were written through here."""
        with self._real.read() as tx:
            tx.judgements = _Remembered(tx.judgements, self._alerts)
            yield tx

    def acting(self, check: Callable[[], None]) -> WatchedStore:
        """This store for one action."""
        acting = WatchedStore(self._real.acting(check), self._landed)
        acting._alerts = self._alerts
        return acting

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class _Watched:
    """A table whose calls are passed on; those with a hook are reported as well."""

    def __init__(self, real: Any, hooks: Mapping[str, Hook], seen: list[Happening]) -> None:
        self._real = real
        self._hooks = hooks
        self._seen = seen

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._real, name)
        hook = self._hooks.get(name)
        if hook is None:
            return call

        def watched(*given: Any, **named: Any) -> Any:
            answer = call(*given, **named)
            self._seen.extend(hook(answer, *given, **named))
            return answer

        return watched


def _order(alert: Alert) -> tuple[int, str]:
    """As the table lists them: the newest first."""
    return -to_us(alert.first_at), alert.id


class _Remembered:
    """The table of alerts and decisions, with its list of alerts in memory."""

    def __init__(self, real: Any, alerts: Mapping[str, Alert]) -> None:
        self._real = real
        self._alerts = alerts

    def alerts(
        self, states: Sequence[AlertState] | None = None, limit: int = 1000, asset_id: str | None = None
    ) -> list[Alert]:
        if states is None:
            found: list[Alert] = self._real.alerts(states, limit, asset_id)
            return found
        kept = [a for a in self._alerts.values() if a.state in states and asset_id in (None, a.asset_id)]
        return sorted(kept, key=_order)[:limit]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)
