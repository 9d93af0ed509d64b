"""A real listener over a real database, and what sends to it over a real socket."""

from __future__ import annotations

import asyncio
import http.client
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from pulse_tui.domain.estate import Estate
from pulse_tui.domain.signal import Signal, encode
from pulse_tui.domain.words import Environment
from pulse_tui.hooks.pushes import Pushes
from pulse_tui.hooks.receiver import Receiver
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.pushes import Senders
from pulse_tui.services.signals.sources import keep_sources
from pulse_tui.settings.hooks import HooksShape, SenderShape
from tests.fakes.clock import Clock
from tests.fakes.house import judging
from tests.fakes.nouns import asset, deployment, release, signal

SECRETS = {
    "T_CI": "ci-token-of-sixteen",
    "T_CI_NEXT": "ci-token-that-follows",
    "T_EVAL": "eval-token-0123456789",
    "T_AM": "alertmanager-token-77",
    "T_GRAFANA": "grafana-token-0123456",
    "T_EVENTS": "events-token-012345678",
}


def sender(ident: str = "ci", **fields: Any) -> SenderShape:
    """A sender; its token is ``${T_CI}``."""
    return SenderShape(**{"id": ident, "token": "${T_CI}", "rate": "1000000/s", **fields})


def record(number: object = 1, **fields: Any) -> dict[str, Any]:
    """What ``ci`` would send: a record of ``pulse.signal/1`` as plain values, without its source."""
    plain: dict[str, Any] = msgspec.json.decode(encode(signal(number)))
    del plain["source"]
    return {**plain, "asset_id": "support-bot", "environment": "production", **fields}


def quiet(number: object = 1, **fields: Any) -> dict[str, Any]:
    """A record on which no rule fires."""
    within = {"metric": "p95_latency", "value": 800.0, "objective": 1000.0, "unit": "ms"}
    return record(number, severity="low", evidence=within, **fields)


def estate_of(parts: JudgeParts) -> Estate:
    """``support-bot`` and ``embed-gateway``, each with a release in production."""
    with parts.store.write() as tx:
        for name in ("support-bot", "embed-gateway"):
            tx.estate.put_assets([asset(name)])
            tx.estate.add_release(release(asset_id=name))
            tx.estate.deploy(deployment("3.8.1", Environment.PRODUCTION, asset_id=name))
        return tx.estate.load()


class Answered(NamedTuple):
    """An answer over the wire."""

    status: int
    body: Any
    headers: Mapping[str, str]


class Open:
    """A listener that runs in a thread."""

    def __init__(self, parts: JudgeParts, senders: Senders, pushes: Pushes, receiver: Receiver) -> None:
        self.parts, self.senders, self.pushes, self.receiver = parts, senders, pushes, receiver
        self.told: list[str] = []
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    @property
    def port(self) -> int:
        assert self.receiver.address is not None
        return self.receiver.address[1]

    def start(self) -> None:
        self._thread.start()
        self.do(self.receiver.start(self.told.append))

    def do(self, work: Any) -> Any:
        """Await something on the listener's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def stop(self) -> None:
        self.do(self.receiver.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(60)

    def push(self, body: Any, token: str | None = "T_CI", kind: str = "application/json", **headers: str) -> Answered:
        """POST it; what is no bytes is sent as JSON, a list of kind ``x-ndjson`` as lines."""
        if not isinstance(body, bytes):
            body = (
                b"\n".join(msgspec.json.encode(one) for one in body) if "ndjson" in kind else msgspec.json.encode(body)
            )
        given = {"Content-Type": kind, **{k.replace("_", "-"): v for k, v in headers.items()}}
        if token is not None:
            given["Authorization"] = f"Bearer {SECRETS.get(token, token)}"
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            line.request("POST", "/signals", body, given)
            answer = line.getresponse()
            text = answer.read()
            named = {k.lower(): v for k, v in answer.getheaders()}
            return Answered(answer.status, msgspec.json.decode(text) if text[:1] in b"{[" else text, named)
        finally:
            line.close()

    def stored(self) -> list[Signal]:
        """Every signal, the eldest first."""
        with self.parts.store.read() as tx:
            return tx.signals.recent(100_000)[::-1]


def shape(*senders: SenderShape, **fields: Any) -> HooksShape:
    """A section with these senders; ``ci`` alone when none is given."""
    return HooksShape(listen="127.0.0.1:0", senders=senders or (sender(),), **fields)


def parts_for(store: Any, base: Path, clock: Clock, hooks: HooksShape) -> JudgeParts:
    """Parts that know the senders, with an estate."""
    parts = judging(store, base, clock, senders={s.id: s for s in hooks.senders})
    os.environ.update(SECRETS)
    keep_sources({}, parts, clock())
    estate_of(parts)
    return parts


@contextmanager
def listening(parts: JudgeParts, hooks: HooksShape) -> Iterator[Open]:
    """A listener for these senders."""
    senders = Senders(hooks, parts)
    pushes = Pushes(senders)
    there = Open(parts, senders, pushes, Receiver("hooks", "127.0.0.1", 0, [pushes.served]))
    there.receiver.ends.append(pushes.close)
    there.start()
    try:
        yield there
    finally:
        there.stop()
