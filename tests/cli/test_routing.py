"""Pausing, shifting and resuming from a shell, at a Rollout and an InferenceService of a stand-in for the Kubernetes API."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Shell
from tests.servers.kubernetes_api import KubernetesApi
from tests.servers.loopback import Loopback

ROLLOUT = "/apis/argoproj.io/v1alpha1/namespaces/ai/rollouts/my-bot"
SERVICE = "/apis/serving.kserve.io/v1beta1/namespaces/ai/inferenceservices/my-bot"
BOOKS = """\
playbooks:
  - id: pause-rollout
    purpose: pause
    steps: [{{kind: argo_rollouts, url: "{url}", namespace: ai, name: "{{asset}}", field: /spec/paused, form: flag, value: true}}]
  - id: shift-traffic
    purpose: shift
    environments: [canary]
    steps: [{{kind: kserve, url: "{url}", namespace: ai, name: "{{asset}}", field: canaryTrafficPercent, value: "{{share}}"}}]
  - id: go-on
    purpose: resume
    on_failure: halt
    steps:
      - {{kind: argo_rollouts, url: "{url}", namespace: ai, name: "{{asset}}", field: /spec/paused, form: flag, value: false}}
      - {{kind: kserve, url: "{url}", namespace: ai, name: "{{asset}}", field: canaryTrafficPercent, value: 5}}
"""


@pytest.fixture
def api(server: Loopback, shell: Shell) -> KubernetesApi:
    """A Rollout that moves, and a service whose canary gets 5 percent."""
    (shell.config / "routing.yaml").write_text(BOOKS.format(url=server.url))
    api = KubernetesApi(server)
    api.put(ROLLOUT, {"spec": {"paused": False}, "status": {"phase": "Progressing", "observedGeneration": "99"}})
    ready = {"observedGeneration": 99, "conditions": [{"type": "Ready", "status": "True"}]}
    api.put(SERVICE, {"spec": {"predictor": {"canaryTrafficPercent": 5}}, "status": ready})
    return api


def carried_out(shell: Shell, *plan: str) -> str:
    """Plan it, approve it, run it; what the run printed."""
    made = shell("rollback", *plan, "--why", "p95", "--json")
    assert made.code == 0, made
    name = made.json()["hash"]
    assert shell("rollback", "approve", name, "--why", "yes").code == 0
    done = shell("rollback", "run", name)
    assert done.code == 0, done
    return done.out


def test_a_rollout_is_paused_shown_and_resumed(shell: Shell, api: KubernetesApi) -> None:
    planned = shell("rollback", "pause", "my-bot", "--env", "canary")
    assert "pause the rollout of my-bot in canary (1.1.0 stays)" in planned.out
    assert api.patched == []
    carried_out(shell, "pause", "my-bot", "--env", "canary")
    assert api.object(ROLLOUT)["spec"]["paused"] is True
    status = shell("status")
    assert "paused" in status.out
    assert "the rollout of my-bot in canary was paused by run" in status.out
    gate = shell("gate", "my-bot", "1.1.0", "--env", "production")
    assert gate.code == 1
    assert "the rollout of my-bot in canary was paused by run" in gate.out
    held = shell("muted")
    assert "pause/my-bot/canary/routing" in held.out
    lifted = shell("freeze", "--lift", "pause/my-bot/canary/routing", "--why", "go on")
    assert lifted.code == 1
    assert "pulse-tui rollback resume-traffic my-bot --env canary" in lifted.err
    carried_out(shell, "resume-traffic", "my-bot", "--env", "canary")
    assert api.object(ROLLOUT)["spec"]["paused"] is False
    assert "was paused by run" not in shell("status").out


def test_traffic_is_shifted_to_the_canary_and_back(shell: Shell, api: KubernetesApi) -> None:
    assert "leaves the share open" in shell("rollback", "shift", "my-bot", "--to", "canary").err
    carried_out(shell, "shift", "my-bot", "--to", "canary", "--share", "25")
    assert api.object(SERVICE)["spec"]["predictor"]["canaryTrafficPercent"] == 25
    shown = shell("status", "--json").json()
    assert "25 % of the traffic of my-bot was shifted to canary" in str(shown)
    carried_out(shell, "resume-traffic", "my-bot", "--env", "canary")
    assert api.object(SERVICE)["spec"]["predictor"]["canaryTrafficPercent"] == 5


def test_what_is_asked_wrongly_is_named(shell: Shell, api: KubernetesApi) -> None:
    for words, said in (
        (("pause", "my-bot"), "rollback pause needs --env"),
        (("shift", "my-bot"), "rollback shift needs --to"),
        (("pause", "my-bot", "--env", "canary", "--share", "3"), "--to and --share are for a shift"),
        (("shift", "my-bot", "--to", "canary", "--env", "production"), "a shift goes to one place"),
        (("pause", "my-bot", "--env", "shadow"), "is not deployed in shadow"),
        (("resume-traffic", "my-bot", "--env", "production", "--to", "canary"), "--to and --share are for a shift"),
    ):
        refused = shell("rollback", *words)
        assert refused.code != 0
        assert said in refused.err, words
    assert api.patched == []
    stranger = shell("rollback", "pause", "my-bot", "--env", "production", by="cyd")
    assert stranger.code == 1
