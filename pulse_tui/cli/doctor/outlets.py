"""Messages that reached nobody, and the webhooks that are taken in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from http import HTTPStatus

from pulse_tui.cli.doctor.lines import Line
from pulse_tui.domain.delivery import UNSENT, DeliveryState, undelivered
from pulse_tui.domain.enforcement import Enforced
from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.moments import iso
from pulse_tui.domain.text import clean, many
from pulse_tui.domain.vitals import State
from pulse_tui.web.reach import is_here
from pulse_tui.wiring import House

MESSAGES = 10_000
"""The newest, which are looked through for those that reached nobody."""
SERVICE_S = 3.0
"""How long an agent of this host may take to say how it is."""


def messages(house: House) -> Iterator[Line]:
    """Messages that reached nobody: they failed, or nobody sends them."""
    now = house.clock()
    with house.store.read() as tx:
        open_ = tx.plumbing.deliveries(MESSAGES, states=(DeliveryState.QUEUED, DeliveryState.DEAD))
    waiting = undelivered(open_, now)
    for route in sorted({d.route for d in waiting}):
        there = [d for d in waiting if d.route == route]
        last = there[0]
        why = last.error or f"due since {iso(last.due)} and nobody sends it: no collector runs"
        tried = f"tried {last.attempts} times, {last.state.value}"
        if any(d.state is DeliveryState.DEAD for d in there):
            tried += f"; once it works: pulse-tui delivery replay --route {route}"
        yield Line(f"messages to {route}", False, f"{len(there)} not delivered; the newest: {why} ({tried})")
    if waiting:
        return
    queued = [d for d in open_ if d.state is DeliveryState.QUEUED]
    paused = [d.next_at for d in queued if d.next_at is not None and d.next_at > now + UNSENT]
    if not queued:
        yield Line("messages", True, "none waits, none was lost")
    elif not paused:
        yield Line("messages", True, f"none was lost, {many(len(queued), 'message')} on the way")
    else:
        routes = ", ".join(sorted({d.route for d in queued}))
        what = (
            f"{many(len(queued), 'message')} to {routes} on the way; the next attempt of some is at {iso(min(paused))}"
        )
        yield Line("messages", None, f"{what}: pulse-tui delivery list")


def enforced(house: House) -> Iterator[Line]:
    """Whether holds are enforced where deploys happen as they were asked for."""
    from pulse_tui.services.promotion.enforce import enforcing, listing  # noqa: PLC0415

    with house.store.read() as tx:
        found = listing(tx, house.clock())
    if not enforcing(house.judging.routes) and not found:
        yield Line(
            "enforcement", None, "holds are kept by this gate alone: no route enforces them where deploys happen"
        )
        return
    wrong = [e for e in found if e.wrong]
    for each in wrong:
        yield Line(f"enforcement at {each.route}", False, f"{each.scope}: {each.words}")
    doubt = [e for e in found if not e.wrong and e.unread]
    for each in doubt:
        yield Line(f"enforcement at {each.route}", None, f"{each.scope}: {each.words}")
    if not wrong and not doubt:
        standing = sum(e.state is Enforced.STANDS for e in found)
        yield Line("enforcement", True, f"{standing} holds are enforced elsewhere, none otherwise than asked")


def heartbeat(house: House) -> Iterator[Line]:
    """Whether somebody outside would notice that the tower stands still."""
    from pulse_tui.services.alerts.heartbeat import standing  # noqa: PLC0415

    shape = house.settings.heartbeat
    if shape is None:
        yield Line(
            "heartbeat", None, "nobody outside notices when the tower stands still: heartbeat: {url: ..., every: 1m}"
        )
        return
    yield Line("heartbeat", *standing(shape, house.judging))


def hooks(house: House) -> Iterator[Line]:
    """Whether webhooks make polls immediate, and of which sources."""
    parts, shape = house.judging, house.settings.hooks
    able = [s for s in parts.sources.values() if hasattr(parts.source_kinds[s.kind], "hint")]
    trusted = [s.id for s in able if _filled(getattr(s.options, "webhook_secret", None))]
    if shape is None:
        could = f"; {', '.join(s.id for s in able)} could send them: hooks: {{listen: 127.0.0.1:8765}}" if able else ""
        yield Line("hooks", None, f"no webhooks are taken in, sources are polled{could}")
        return
    bare = [s.id for s in able if s.id not in trusted]
    everywhere = shape.host in ("0.0.0.0", "::")  # noqa: S104  said, not done
    yield Line(
        "hooks",
        True if (trusted or shape.senders) and is_here(shape.host) and not everywhere else None,
        f"a tower or agent listens on {shape.listen}, POST /hooks/<source>; "
        + (f"hints from {', '.join(trusted)}" if trusted else "no source has a webhook_secret")
        + (f"; POST /signals: {', '.join(s.id for s in shape.senders)}" if shape.senders else "")
        + (f"; without a webhook_secret: {', '.join(bare)}" if trusted and bare else "")
        + (
            f"; {'every network of this machine' if everywhere else 'the network'} reaches it in the clear: listen on "
            "127.0.0.1 behind a proxy with TLS"
            if everywhere or not is_here(shape.host)
            else ""
        ),
    )


def service(house: House) -> Iterator[Line]:
    """Whether the agent answers where it is watched, and what it says of itself."""
    shape = house.settings.service
    if shape.listen is None:
        return
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(shape.host, shape.listen.rpartition(":")[0])  # noqa: S104
    try:
        answer = house.web.within(SERVICE_S).send("GET", f"http://{host}:{shape.port}/readyz")
    except PulseError:
        nobody = f"no agent answers on {shape.listen}: start pulse-tui agent with this configuration"
        yield Line("service", False, nobody, todo=True)
        return
    state, *reasons = [clean(line) for line in answer.body[:2_000].decode("utf-8", "replace").splitlines()] or ["?"]
    words = f"the agent on {shape.listen} is {state}" + (f": {'; '.join(reasons)}" if reasons else "")
    yield Line("service", answer.status == HTTPStatus.OK and state == State.READY, words)


def senders(house: House) -> Iterator[Line]:
    """Tokens of senders that are not accepted, and why."""
    shape = house.settings.hooks
    if shape is None or not shape.senders:
        return
    from pulse_tui.services.signals.pushes import Senders  # noqa: PLC0415

    for bad in Senders(shape, house.judging).unusable:
        yield Line(f"sender {bad.sender}", False, f"nothing of it is taken: {bad.why}")


def _filled(secret: str | None) -> bool:
    """Whether a secret is configured and its variables hold something."""
    from pulse_tui.settings.references import secret_names  # noqa: PLC0415

    return bool(secret) and all(os.environ.get(name, "").strip() for name in secret_names(secret))
