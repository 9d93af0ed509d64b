"""A Rollout of a stand-in for the Kubernetes API, whose container has the value as its tag."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.step_targets._cluster import Object
from tests.servers.loopback import Loopback

ARGO = "/apis/argoproj.io/v1alpha1/namespaces/ai"
WAY = ("spec", "template", "spec", "containers", 0, "image")
NAME = "registry:5000/bot:"


@contextmanager
def target(folder: Path) -> Iterator[Object]:
    """An API server that runs until the end of the block."""
    del folder
    with Loopback() as server:
        template = {"spec": {"containers": [{"name": "bot", "image": f"{NAME}{Object.values[0]}"}]}}
        status = {"phase": "Healthy", "observedGeneration": "1"}
        rollout = Object(server, f"{ARGO}/rollouts/bot", {"spec": {"template": template}, "status": status}, WAY, NAME)
        rollout.api.collection(f"{ARGO}/analysisruns")
        rollout.api.collection("/apis/apps/v1/namespaces/ai/replicasets")
        yield rollout
