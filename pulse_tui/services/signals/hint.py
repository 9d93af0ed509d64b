"""A webhook comes in: verify it by its source's kind, refuse what is forged, stale or replayed.

It is a hint, a reason to poll at once. Its body is never read for facts.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

from pulse_tui.domain.errors import NotFound, Problem, PulseError, Refused, Replayed
from pulse_tui.domain.source import Rejected
from pulse_tui.domain.text import clean
from pulse_tui.ports import Hint, HookRequest, Route
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.quarantine import keep_refused
from pulse_tui.settings.check import nearest
from pulse_tui.settings.shapes import SourceShape

REMEMBERED = timedelta(minutes=10)
"""A signed time may be five minutes off either way: a delivery that is older than this is stale by itself."""
DELIVERIES = 2_000
"""Remembered for each source. Of more genuine deliveries in ten minutes the eldest may be repeated and cost a poll."""
WINDOW = timedelta(minutes=1)
KEPT = 20
"""Refused webhooks of one source that are quarantined a minute; the rest is counted."""
RAW = 4_096
_DELIVERY = ("delivery-id", "-delivery", "webhook-id", "event-uuid")
"""Endings of header names in which senders put a delivery's id."""


class _Window:
    """The refused webhooks of one source in the present minute."""

    def __init__(self, began: datetime) -> None:
        self.began = began
        self.count = 0


class Replays:
    """Recent webhooks by source: deliveries that were accepted, and how many were refused. Threads may share it."""

    def __init__(self) -> None:
        """Empty."""
        self._lock = threading.Lock()
        self._taken: dict[str, OrderedDict[str, datetime]] = {}
        self._refused: dict[str, _Window] = {}

    def take(self, source: str, delivery: str, now: datetime) -> bool:
        """Remember a genuine delivery; False when it was accepted within the last ten minutes."""
        with self._lock:
            taken = self._taken.setdefault(source, OrderedDict())
            while taken and now - next(iter(taken.values())) > REMEMBERED:
                taken.popitem(last=False)
            if delivery in taken:
                return False
            taken[delivery] = now
            if len(taken) > DELIVERIES:
                taken.popitem(last=False)
            return True

    def refuse(self, source: str, now: datetime) -> tuple[bool, tuple[str, ...]]:
        """Count a refused webhook: whether to keep it, and sentences to keep beside it."""
        with self._lock:
            window = self._refused.get(source)
            remarks: list[str] = []
            if window is None or not timedelta(0) <= now - window.began < WINDOW:
                if window is not None and window.count > KEPT:
                    remarks.append(
                        f"{window.count - KEPT} more webhooks were refused in the minute from "
                        f"{window.began:%Y-%m-%d %H:%M:%S} UTC and are not kept"
                    )
                window = self._refused[source] = _Window(now)
            window.count += 1
            if window.count == KEPT + 1:
                remarks.append(
                    f"more than {KEPT} webhooks were refused within a minute: the rest of it is counted only"
                )
            return window.count <= KEPT, tuple(remarks)


def take_hint(source_id: str, request: HookRequest, parts: JudgeParts, seen: Replays) -> Hint:
    """Verify a webhook that names a source, or a route at which deploys wait for the gate. What is refused goes into the quarantine, as far as there is room.

    Raises NotFound for a source that is not configured, Replayed for a delivery that was accepted before, and
    Refused for every other reason not to trust it.
    """
    shape = parts.sources.get(source_id) or next((r for r in parts.routes if r.id == source_id), None)
    if shape is None:
        raise NotFound(f"there is no source {clean(source_id, 120)!r}", todo=nearest(source_id, parts.sources))
    now = parts.clock()
    try:
        hint = _verified(shape, request, parts, now)
        if not seen.take(source_id, hint.delivery, now):
            raise Replayed("replayed: this delivery was accepted before", todo="Nothing to do if its sender retried")
    except Refused as refused:
        _keep(source_id, request, refused, parts, seen, now)
        raise
    return hint


def _verified(shape: SourceShape | Route, request: HookRequest, parts: JudgeParts, now: datetime) -> Hint:
    kind: object = parts.actions[shape.kind] if isinstance(shape, Route) else parts.source_kinds[shape.kind]
    verify = getattr(kind, "hint", None)
    if verify is None:
        raise Refused(
            f"the {'route' if isinstance(shape, Route) else 'source'} {shape.id} ({shape.kind}) takes no webhooks",
            todo="It is polled; remove the webhook at its sender",
        )
    context = parts.outside.collecting(shape.id, now)
    try:
        hint: Hint = verify(shape.options, request, context)
    except Refused:
        raise
    except PulseError as error:  # the secret is not set: nothing can be verified until it is
        raise Refused(str(error)) from error
    except Exception as error:  # on a bug in the kind the webhook is refused, and the bug is shown
        raise Refused(f"the {shape.kind} collector broke: {type(error).__name__}: {error}") from error
    return hint


def _keep(source: str, request: HookRequest, refused: Refused, parts: JudgeParts, seen: Replays, now: datetime) -> None:
    keep, remarks = seen.refuse(source, now)
    rejected = [Rejected(source=source, problem=Problem("webhooks", sentence), raw=b"") for sentence in remarks]
    if keep:
        problem = Problem(f"webhook {_delivery(request)}", clean(refused.what), clean(refused.todo))
        rejected.append(Rejected(source=source, problem=problem, raw=request.body[:RAW]))
    if rejected:
        with parts.store.write() as tx:
            keep_refused(tx, rejected, parts.outside, now, again=False)  # each attempt counts


def _delivery(request: HookRequest) -> str:
    """What an unproven request calls itself."""
    named = next((value for name, value in request.headers.items() if name.endswith(_DELIVERY)), "")
    return clean(named, 80) or "without an id"
