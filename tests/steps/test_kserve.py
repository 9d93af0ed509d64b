"""What the InferenceService step reads, patches and waits for, at a stand-in that speaks the API of Kubernetes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.release import Release
from pulse_tui.ports import StepContext
from pulse_tui.steps import kserve
from pulse_tui.wiring import outside
from tests.collectors.contexts import NOW, quick_web
from tests.servers.kubernetes_api import KubernetesApi
from tests.servers.loopback import Loopback

SERVICE = "/apis/serving.kserve.io/v1beta1/namespaces/ai/inferenceservices/bot"


def step_context() -> StepContext:
    return outside(quick_web(), Path(), lambda: NOW).stepping(5.0)


def options(server: Loopback, **changes: Any) -> kserve.Options:
    known = {"url": server.url, "namespace": "ai", "name": "bot", "value": "s3://models/bot/{version}"}
    return msgspec.convert({**known, **changes}, kserve.Options)


def service(uri: str = "s3://models/bot/3.8.2", **predictor: Any) -> dict[str, Any]:
    model = {"modelFormat": {"name": "sklearn"}, "storageUri": uri}
    ready = [{"type": "Ready", "status": "True"}]
    status = {"observedGeneration": 1, "conditions": ready, "modelStatus": {"transitionStatus": "UpToDate"}}
    return {"spec": {"predictor": {"model": model, **predictor}}, "status": status}


@pytest.fixture
def api(server: Loopback) -> KubernetesApi:
    api = KubernetesApi(server)
    api.put(SERVICE, service())
    return api


def write(chosen: kserve.Options, value: str, expected: str) -> None:
    kserve.write(chosen, value, expected=expected, key="k", epoch=1, context=step_context())


def release() -> Release:
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    return Release(asset_id="bot", version="3.8.1", iteration=1, digest=None, created_at=moment)


def checked(server: Loopback, **changes: Any) -> dict[str, tuple[bool, bool, str]]:
    found = kserve.check(options(server, **changes), release(), step_context())
    return {c.name: (c.ok, c.blocking, c.detail) for c in found}


def test_the_storage_uri_is_read_patched_and_read_back(api: KubernetesApi, server: Loopback) -> None:
    chosen = options(server)
    assert kserve.read(chosen, step_context()) == "s3://models/bot/3.8.2"
    write(chosen, kserve.value_of(chosen, release()), expected="s3://models/bot/3.8.2")
    assert kserve.read(chosen, step_context()) == "s3://models/bot/3.8.1"
    write(chosen, "s3://models/bot/3.8.1", expected="elsewhere")
    assert len(api.managers) == 1


def test_an_older_service_names_its_framework(api: KubernetesApi, server: Loopback) -> None:
    api.put(SERVICE, {"spec": {"predictor": {"pytorch": {"storageUri": "gs://old"}}}})
    assert kserve.read(options(server, model="pytorch"), step_context()) == "gs://old"
    assert kserve.read(options(server), step_context()) == ""
    with pytest.raises(TargetError, match="refused the change") as caught:
        write(options(server), "gs://new", expected="")
    assert not caught.value.ambiguous


def test_the_canarys_share_is_a_number_from_0_to_100(api: KubernetesApi, server: Loopback) -> None:
    traffic = options(server, field="canaryTrafficPercent")
    assert kserve.read(traffic, step_context()) == ""
    write(traffic, "10", expected="")
    assert api.object(SERVICE)["spec"]["predictor"]["canaryTrafficPercent"] == 10
    write(traffic, "0", expected="10")
    assert kserve.read(traffic, step_context()) == "0"
    for bad in ("101", "-1", "half"):
        with pytest.raises(TargetError, match="is no") as caught:
            write(traffic, bad, expected="0")
        assert not caught.value.ambiguous
    write(traffic, "", expected="0")
    assert "canaryTrafficPercent" not in api.object(SERVICE)["spec"]["predictor"]
    with pytest.raises(TargetError, match="moves no release"):
        kserve.value_of(traffic, release())


def test_somebody_elses_change_is_never_written_over(api: KubernetesApi, server: Loopback) -> None:
    with pytest.raises(TargetError, match=r"was not touched: it holds s3://models/bot/3\.8\.2") as moved:
        write(options(server), "x", expected="s3://models/bot/3.8.0")
    api.fault("conflict", "503", "lost")
    ambiguous = []
    for _ in range(3):
        with pytest.raises(TargetError) as caught:
            write(options(server), "x", expected="s3://models/bot/3.8.2")
        ambiguous.append(caught.value.ambiguous)
    assert not moved.value.ambiguous
    assert ambiguous == [False, True, True]
    assert kserve.read(options(server), step_context()) == "s3://models/bot/3.8.2"


def test_it_settles_when_it_is_ready_with_the_model_loaded(api: KubernetesApi, server: Loopback) -> None:
    chosen = options(server)
    assert kserve.unsettled(chosen, step_context()) == ""
    write(chosen, "s3://models/bot/3.8.1", expected="s3://models/bot/3.8.2")
    assert kserve.unsettled(chosen, step_context()) == "its controller has not seen the change yet"
    broken = {"type": "Ready", "status": "False", "reason": "PredictorNotReady", "message": "no pods"}
    status: dict[str, Any] = {"observedGeneration": 2, "conditions": [broken]}
    api.reports(SERVICE, status)
    assert kserve.unsettled(chosen, step_context()) == "it is not ready: PredictorNotReady: no pods"
    failure = {"transitionStatus": "BlockedByFailedLoad", "lastFailureInfo": {"message": "no such bucket"}}
    loading = {**status, "conditions": [{"type": "Ready", "status": "True"}], "modelStatus": failure}
    api.reports(SERVICE, loading)
    assert kserve.unsettled(chosen, step_context()) == "the model is BlockedByFailedLoad: no such bucket"
    api.touch(SERVICE, lambda o: o["status"].update(modelStatus={"transitionStatus": "UpToDate"}))
    assert kserve.unsettled(chosen, step_context()) == ""
    api.touch(SERVICE, lambda o: o.pop("status"))
    assert "has not seen the change" in kserve.unsettled(chosen, step_context())


def test_the_preflight_says_whether_it_is_ready_and_what_share_the_model_would_get(
    api: KubernetesApi, server: Loopback
) -> None:
    assert checked(server)["ready"] == (True, False, "the service is ready")
    assert "traffic" not in checked(server)
    api.put(SERVICE, {**service(canaryTrafficPercent=10), "status": {}})
    found = checked(server)
    assert found["ready"][:2] == (False, False)
    assert "s3://models/bot/3.8.1 would get only that share" in found["traffic"][2]
    helm = {"labels": {"app.kubernetes.io/managed-by": "Helm"}}
    api.put(SERVICE, {**service(), "metadata": helm})
    assert checked(server)["controller"][:2] == (False, False)
    assert "traffic" not in checked(server, field="canaryTrafficPercent")


def test_the_target_names_the_place_and_bad_options_are_refused(server: Loopback) -> None:
    chosen = options(server, url="https://u:pw@k8s:6443")
    assert kserve.target(chosen) == "kserve https://k8s:6443/ai/bot#storageUri"
    for bad in ({"field": "minReplicas"}, {"model": "a/b"}, {"name": "b_c"}, {"colour": "red"}):
        with pytest.raises(msgspec.ValidationError):
            options(server, **bad)
