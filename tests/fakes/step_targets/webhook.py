"""A service behind HTTP that compares the expected value, knows the keys of its writes, and fences."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.fakes.step_targets import Fault, Target
from tests.servers.loopback import Loopback, Reply, Request


class Service(Target):
    """The value is at ``GET`` and ``PUT /state``; ``GET /keys/<key>`` says what became of a write."""

    fenced = True

    def __init__(self, server: Loopback) -> None:
        super().__init__()
        self.secrets = {"TOKEN": "s3cret-token", "HOOK": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"}
        self.options: dict[str, Any] = {
            "read_url": f"{server.url}/state",
            "write_url": f"{server.url}/state",
            "probe_url": f"{server.url}/keys?k={{key}}",
            "headers": {"Authorization": "Bearer ${TOKEN}"},
            "signing_secret": "${HOOK}",
        }
        self._server = server
        self._value, self._epoch, self._keys = self.values[0], 0, set[str]()
        self._lock = threading.Lock()
        server.on("GET", "/state", lambda _: Reply.json({"version": self._value}))
        server.on("PUT", "/state", self._put)
        server.on("GET", "/keys", lambda r: Reply.json({"landed": r.query["k"] in self._keys or None}))

    def holds(self) -> str:
        return self._value

    def put(self, value: str) -> None:
        self._value = value

    def vanish(self) -> None:
        self._server.close()

    def _put(self, request: Request) -> Reply:
        with self._lock:
            wanted, key, epoch = request.json(), request.headers["idempotency-key"], request.headers["x-fencing-epoch"]
            fault = self.due()
            if fault is Fault.REFUSED:
                return Reply(403)
            if fault is Fault.LOST:
                return Reply(drop=True)
            if fault is Fault.IGNORED or key in self._keys:
                return Reply.json({"version": self._value})
            if int(epoch) < self._epoch or wanted["expected"] != self._value:
                return Reply.json({"version": self._value}, status=412)
            self._value, self._epoch = wanted["version"], int(epoch)
            self._keys.add(key)
            self.took.append(self._value)
            return Reply(drop=True) if fault is Fault.LANDED else Reply.json({"version": self._value})


@contextmanager
def target(folder: Path) -> Iterator[Service]:
    """A service that runs until the end of the block."""
    del folder
    with Loopback() as server:
        yield Service(server)
