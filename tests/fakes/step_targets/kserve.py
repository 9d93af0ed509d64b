"""An InferenceService of a stand-in for the Kubernetes API, whose model's address is the value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.step_targets._cluster import Object
from tests.servers.loopback import Loopback

PATH = "/apis/serving.kserve.io/v1beta1/namespaces/ai/inferenceservices/bot"


@contextmanager
def target(folder: Path) -> Iterator[Object]:
    """An API server that runs until the end of the block."""
    del folder
    with Loopback() as server:
        found = {"spec": {"predictor": {"model": {"storageUri": Object.values[0]}}}, "status": {}}
        yield Object(server, PATH, found, ("spec", "predictor", "model", "storageUri"))
