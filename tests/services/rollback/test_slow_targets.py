"""Targets that take a value first and serve it later, followed to their end by the executor; each a stand-in on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.domain.rollback import RunState
from pulse_tui.kinds import Kinds
from pulse_tui.ports import Step
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.execute import execute, put_back, resume
from pulse_tui.settings.shapes import PlaybookShape, StepShape
from pulse_tui.wiring import outside
from tests.collectors.contexts import quick_web
from tests.fakes.clock import Clock
from tests.fakes.nouns import CANARY
from tests.servers.github_api import GithubApi
from tests.servers.kubernetes_api import KubernetesApi
from tests.servers.loopback import Loopback
from tests.servers.sagemaker_api import KEYS, SageMakerApi
from tests.services.rollback.test_execute import approved, states

ROLLOUT = "/apis/argoproj.io/v1alpha1/namespaces/ai/rollouts/bot"
SECRETS = {"${AWS_ACCESS_KEY_ID}": KEYS.access_key, "${AWS_SECRET_ACCESS_KEY}": KEYS.secret_key}
Using = Callable[..., RollbackParts]


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture
def using(parts: RollbackParts, tmp_path: Path, clock: Clock) -> Using:
    """``using(kind, timeout, **options)``: a playbook of one step at a target that is really asked over HTTP."""

    def made(kind: str, timeout: float = 60.0, **options: Any) -> RollbackParts:
        step = StepShape(kind=kind, timeout=timeout, options=options, mark="playbooks.yaml:1")
        book = PlaybookShape(id="move", assets=(), environments=(CANARY,), steps=(step,), on_failure="undo")
        world = outside(quick_web(), tmp_path, clock)._replace(secret=lambda text: SECRETS.get(text, text))
        steps: dict[str, Step] = {kind: Kinds("steps")[kind]}
        return parts._replace(steps=steps, playbooks=(book,), outside=world)

    return made


def rolling(phases: list[str]) -> Callable[[dict[str, Any]], None]:
    """A controller that comes to the next phase each time it is asked; the last one stays."""

    def controller(found: dict[str, Any]) -> None:
        if found["metadata"]["generation"] > 1:
            phase = phases.pop(0) if len(phases) > 1 else phases[0]
            found["status"] = {"phase": phase, "observedGeneration": str(found["metadata"]["generation"])}

    return controller


def a_rollout(server: Loopback, phases: list[str]) -> KubernetesApi:
    api = KubernetesApi(server)
    template = {"spec": {"containers": [{"name": "bot", "image": "registry/bot:3.8.2"}]}}
    status = {"phase": "Degraded", "observedGeneration": "1"}
    api.put(ROLLOUT, {"spec": {"template": template}, "status": status}, rolling(phases))
    api.collection("/apis/argoproj.io/v1alpha1/namespaces/ai/analysisruns")
    api.collection("/apis/apps/v1/namespaces/ai/replicasets")
    return api


def test_a_rollout_is_verified_once_it_is_healthy(using: Using, server: Loopback) -> None:
    api = a_rollout(server, ["Progressing", "Progressing", "Paused", "Progressing", "Healthy"])
    parts = using("argo_rollouts", url=server.url, namespace="ai", name="bot")
    run = execute(parts, approved(parts).hash, "ana", "host:1")
    assert (run.state, len(api.patched)) == (RunState.VERIFIED, 1)


def test_a_rollout_that_degrades_is_unknown_and_not_moved_back_by_itself(using: Using, server: Loopback) -> None:
    api = a_rollout(server, ["Progressing", "Degraded"])
    parts = using("argo_rollouts", timeout=5.0, url=server.url, namespace="ai", name="bot")
    run = execute(parts, approved(parts).hash, "ana", "host:1")
    assert run.state is RunState.UNKNOWN
    assert "3.8.1 is set and does not serve yet: the rollout is Degraded" in run.detail
    assert len(api.patched) == 1
    back = put_back(parts, run.id, "ana", "host:2")
    assert (back.state, states(parts, back)) == (RunState.UNDONE, ["undone"])
    assert len(api.patched) == 2


def test_an_endpoint_is_followed_through_its_update(using: Using, server: Loopback, clock: Clock) -> None:
    api = SageMakerApi(server, slow=6, clock=clock)
    api.config, api.configs = "3.8.2", {"3.8.2": "model-2", "3.8.1": "model-1"}
    parts = using("sagemaker", url=server.url, region="eu-west-1", endpoint="bot")
    run = execute(parts, approved(parts).hash, "ana", "host:1")
    assert (run.state, len(api.updates)) == (RunState.VERIFIED, 1)


def test_an_update_that_outlasts_its_time_is_unknown_and_resumed_without_a_second_one(
    using: Using, server: Loopback, clock: Clock
) -> None:
    api = SageMakerApi(server, slow=9, clock=clock)
    api.config, api.configs = "3.8.2", {"3.8.2": "model-2", "3.8.1": "model-1"}
    parts = using("sagemaker", timeout=1.0, url=server.url, region="eu-west-1", endpoint="bot")
    run = execute(parts, approved(parts).hash, "ana", "host:1")
    assert run.state is RunState.UNKNOWN
    assert "is Updating to 3.8.1" in run.detail
    for attempt in range(2, 20):
        run = resume(parts, run.id, "ana", f"host:{attempt}")
        if run.state is RunState.VERIFIED:
            break
    assert (run.state, len(api.updates)) == (RunState.VERIFIED, 1)


def test_a_workflow_is_waited_for_and_never_started_twice(using: Using, server: Loopback) -> None:
    api = GithubApi(server, "3.8.2", slow=6)
    parts = using("github_dispatch", url=server.url, repository="acme/bot", workflow="roll.yml", variable="VERSION")
    plan = approved(parts)
    api.fault("landed")
    run = execute(parts, plan.hash, "ana", "host:1")
    assert (run.state, api.took, len(api.runs)) == (RunState.VERIFIED, ["3.8.1"], 1)


def test_a_workflow_that_failed_and_moved_nothing_is_a_failure(using: Using, server: Loopback) -> None:
    api = GithubApi(server, "3.8.2", slow=2)
    api.conclusion = "failure"
    parts = using(
        "github_dispatch", timeout=5.0, url=server.url, repository="acme/bot", workflow="roll.yml", variable="VERSION"
    )
    run = execute(parts, approved(parts).hash, "ana", "host:1")
    assert (run.state, api.version, len(api.runs)) == (RunState.UNDONE, "3.8.2", 1)
