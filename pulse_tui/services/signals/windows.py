"""The maintenance windows of the configuration: which stand, which come next; each occurrence is kept like one that was placed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from pulse_tui.domain import cron
from pulse_tui.domain.moments import iso
from pulse_tui.domain.silence import Silence, SilenceKind
from pulse_tui.ports import Transaction
from pulse_tui.settings.maintenance import MaintenanceShape

CONFIGURED = "configuration"
"""Who placed them."""
_OVERLAPS = 20
"""So many occurrences of one entry can stand at once."""


def occurrences(shape: MaintenanceShape, now: datetime) -> Iterator[Silence]:
    """Those that stand at ``now``, and the one that comes next: by the wall clock of its zone, whatever daylight saving does."""
    zone = ZoneInfo(shape.zone)
    span = timedelta(seconds=shape.lasts)
    after = now - span - timedelta(hours=2)  # a night on which the clock is set is shorter or longer
    for _ in range(_OVERLAPS + 2):
        start = cron.next_local(shape.cron, after, zone)
        if start is None:
            return
        wall = start.astimezone(zone).replace(tzinfo=None) + span
        end = wall.replace(tzinfo=zone).astimezone(UTC)
        if end > now:
            yield Silence(
                id=f"{shape.id}@{start:%Y%m%dT%H%MZ}",
                kind=SilenceKind.MAINTENANCE,
                match=shape.match,
                starts_at=start,
                ends_at=end,
                by=CONFIGURED,
                why=shape.why,
                created_at=now,
                everything=shape.all,
                zone=shape.zone,
                entry=shape.id,
            )
        if start > now:
            return
        after = start


class Changes(NamedTuple):
    """What has to be written so that the kept windows are those of the configuration."""

    wanted: list[Silence]
    """New ones, and kept ones that are otherwise now."""
    gone: list[Silence]
    """Kept ones that the configuration does not have any more."""


def changes(tx: Transaction, shapes: Sequence[MaintenanceShape], now: datetime) -> Changes:
    """Of the kept occurrences that have not ended."""
    kept = {s.id: s for s in tx.silences.all(ended_after=now) if s.entry and s.ended_at is None}
    wanted: list[Silence] = []
    names: set[str] = set()
    for shape in shapes:
        for one in occurrences(shape, now):
            names.add(one.id)
            before = kept.get(one.id) or tx.silences.get(one.id)
            if before is None:
                wanted.append(one)
            elif before.ended_at is None and _said(before) != _said(one):
                wanted.append(msgspec.structs.replace(one, created_at=before.created_at, besides=before.besides))
    return Changes(wanted, [s for s in kept.values() if s.id not in names])


def keep(tx: Transaction, shapes: Sequence[MaintenanceShape], now: datetime) -> None:
    """Keep what is new or otherwise; :func:`pulse_tui.services.alerts.silences.apply` begins it, and ends what is gone."""
    for one in changes(tx, shapes, now).wanted if shapes else ():
        tx.silences.put(one)
        tx.log.append(now, CONFIGURED, "maintenance.placed", one.id, {"match": one.match, "until": iso(one.ends_at)})


def _said(silence: Silence) -> tuple[object, ...]:
    return silence.match, silence.starts_at, silence.ends_at, silence.everything, silence.why
