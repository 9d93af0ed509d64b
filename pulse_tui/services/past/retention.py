"""For how long pictures of the board are kept, and how the recording stands."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from pulse_tui.domain.frame import Weight
from pulse_tui.domain.moments import age, iso, to_us
from pulse_tui.domain.pruned import Kept, Pruned
from pulse_tui.domain.text import many
from pulse_tui.ports import Store
from pulse_tui.services.parts import SYSTEM
from pulse_tui.services.past.recorder import GAP

_ONCE = 500
"""Frames that one transaction drops: no writer waits for more."""


def prune_frames(store: Store, before: datetime, now: datetime, *, most: int = 20_000, by: str = SYSTEM) -> int:
    """Drop what is older, in small transactions and ``most`` at a time, and remember that it was; returns how many. What a
    frame of ``before`` or later rests on stays.
    """
    gone = 0
    while gone < most:
        with store.write() as tx:
            dropped = tx.frames.prune(before, min(_ONCE, most - gone))
            if not dropped:
                break
            earlier = tx.pruned.all().get(Kept.FRAMES)
            count = dropped + (earlier.count if earlier is not None else 0)
            tx.pruned.put(Pruned(kind=Kept.FRAMES, before=before, at=now, count=count, by=by))
        gone += dropped
    return gone


def prune_due(store: Store, keep: timedelta, now: datetime) -> int:
    """What is older than ``keep``, with the whole picture it begins with; nothing while little is: the first look is cheap."""
    with store.read() as tx:
        span = tx.frames.span()
    slack = max(keep / 50, timedelta(minutes=10))
    return prune_frames(store, now - keep, now) if span is not None and span[0].at < now - keep - slack else 0


class Standing(NamedTuple):
    """How the recording stands."""

    first: datetime | None
    last: datetime | None
    """None: nothing is on record."""
    weight: Weight


def recorded(store: Store) -> Standing:
    """How the recording stands."""
    with store.read() as tx:
        span, weight = tx.frames.span(), tx.frames.weight()
    return Standing(span[0].at, span[1].at, weight) if span is not None else Standing(None, None, weight)


def idle(store: Store, now: datetime) -> str:
    """That nobody records now, and since when; empty while somebody does, and before the first time."""
    with store.read() as tx:
        span = tx.frames.span()
    if span is None or now - span[1].at <= GAP:
        return ""
    return f"the board was recorded last at {iso(span[1].at)}: a tower or an agent records while it runs"


def standing(store: Store, keep: timedelta | None, now: datetime) -> tuple[bool | None, str]:
    """Whether the board is recorded now (None: it is not meant to be, or nobody collects), and in words."""
    found = recorded(store)
    if keep is None:
        left = f"; {size(found.weight.bytes)} of earlier are left" if found.weight.frames else ""
        return None, f"off: what the board was cannot be replayed{left}"
    if found.first is None or found.last is None:
        return None, "nothing is on record yet: a tower or an agent records while it runs"
    days = keep / timedelta(days=1)
    words = (
        f"last {age(to_us(found.last), to_us(now))} ago, since {iso(found.first)}, "
        f"{many(found.weight.frames, 'frame')}, {size(found.weight.bytes)}, kept {days:g} d"
    )
    if now - found.last <= GAP:
        return True, words
    return None, f"{words}; nobody records now: a tower or an agent does while it runs"


def size(count: int) -> str:
    """``3.1 MB``."""
    for unit, least in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= least:
            return f"{count / least:.1f} {unit}"
    return f"{count} bytes"
