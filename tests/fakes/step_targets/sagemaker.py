"""An endpoint of a stand-in for SageMaker, whose configuration is the value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.fakes.step_targets import Fault, Target
from tests.servers.loopback import Loopback
from tests.servers.sagemaker_api import KEYS, SageMakerApi

FAULTS = {Fault.REFUSED: "throttled", Fault.LOST: "lost", Fault.LANDED: "landed", Fault.IGNORED: "ignored"}


class Endpoint(Target):
    """The endpoint ``bot``."""

    compares = False
    keyed = False

    def __init__(self, server: Loopback) -> None:
        super().__init__()
        self.secrets = {"AWS_ACCESS_KEY_ID": KEYS.access_key, "AWS_SECRET_ACCESS_KEY": KEYS.secret_key}
        self.options: dict[str, Any] = {"url": server.url, "region": "eu-west-1", "endpoint": "bot"}
        self.api = SageMakerApi(server, clock=lambda: datetime.now(UTC))
        self.api.config = self.values[0]
        self.api.configs = dict(zip(self.values, ("model-1", "model-2"), strict=True))

    def holds(self) -> str:
        return self.api.pending or self.api.config

    def put(self, value: str) -> None:
        self.api.config, self.api.pending, self.api.status = value, "", "InService"

    def effects(self) -> list[str]:
        return [update["EndpointConfigName"] for update in self.api.updates]

    def fault(self, fault: Fault) -> None:
        self.api.fault(FAULTS[fault])

    def vanish(self) -> None:
        self.api.server.close()


@contextmanager
def target(folder: Path) -> Iterator[Endpoint]:
    """A service that runs until the end of the block."""
    del folder
    with Loopback() as server:
        yield Endpoint(server)
