"""What the Rollout step reads, patches and warns of, at a stand-in that speaks the API of Kubernetes."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.release import Release
from pulse_tui.ports import StepContext
from pulse_tui.steps import argo_rollouts
from pulse_tui.wiring import outside
from tests.collectors.contexts import NOW, quick_web
from tests.servers.kubernetes_api import KubernetesApi
from tests.servers.loopback import Loopback

APIS = "/apis/argoproj.io/v1alpha1/namespaces"
ROLLOUT = f"{APIS}/ai/rollouts/bot"
ANALYSES = f"{APIS}/ai/analysisruns"
SETS = "/apis/apps/v1/namespaces/ai/replicasets"
APP = f"{APIS}/argocd/applications/support"
KUSTOMIZATION = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations/apps"
HELM_RELEASE = "/apis/helm.toolkit.fluxcd.io/v2/namespaces/ai/helmreleases/bot"
TRACKED = {"argocd.argoproj.io/tracking-id": "support:argoproj.io/Rollout:ai/bot"}


def step_context(timeout_s: float = 5.0) -> StepContext:
    world = outside(quick_web(), Path(), lambda: NOW)
    return world._replace(secret=lambda text: text.replace("${KUBE}", "s3cret")).stepping(timeout_s)


def options(server: Loopback, **changes: Any) -> argo_rollouts.Options:
    known = {"url": server.url, "namespace": "ai", "name": "bot", "token": "${KUBE}"}
    return msgspec.convert({**known, **changes}, argo_rollouts.Options)


def rollout(tag: str = "3.8.2", *, sidecar: bool = False, **status: Any) -> dict[str, Any]:
    containers = [{"name": "bot", "image": f"registry:5000/ai/bot:{tag}"}]
    if sidecar:
        containers.append({"name": "proxy", "image": "envoy"})
    spec = {"selector": {"matchLabels": {"app": "bot"}}, "template": {"spec": {"containers": containers}}}
    known = {"phase": "Healthy", "observedGeneration": "1", "stableRS": "h1", "currentPodHash": "h2"}
    return {"spec": spec, "status": {**known, **status}}


def replica_set(name: str, hashed: str, revision: int, tag: str, **more: Any) -> dict[str, Any]:
    meta = {
        "labels": {"app": "bot", "rollouts-pod-template-hash": hashed},
        "annotations": {"rollout.argoproj.io/revision": str(revision)},
        "ownerReferences": [{"kind": "Rollout", "uid": more.pop("owner", "uid-bot")}],
    }
    containers = [{"name": "bot", "image": f"registry:5000/ai/bot:{tag}"}]
    spec = {"replicas": 4, "template": {"spec": {"containers": containers}}}
    return {"metadata": {**meta, "name": name}, "spec": spec, "status": {"availableReplicas": 4}, **more}


@pytest.fixture
def api(server: Loopback) -> KubernetesApi:
    """3.8.2 is being rolled out, 3.8.1 is the stable revision."""
    api = KubernetesApi(server, "s3cret")
    api.put(ROLLOUT, rollout())
    api.put(f"{SETS}/bot-h1", replica_set("bot-h1", "h1", 7, "3.8.1"))
    api.put(f"{SETS}/bot-h2", replica_set("bot-h2", "h2", 8, "3.8.2"))
    api.put(f"{SETS}/other", replica_set("other", "h9", 9, "3.8.1", owner="uid-other"))
    api.collection(ANALYSES)
    return api


def write(chosen: argo_rollouts.Options, value: str, expected: str) -> None:
    argo_rollouts.write(chosen, value, expected=expected, key="k", epoch=1, context=step_context())


def release(version: str = "3.8.1", **more: Any) -> Release:
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    return Release(
        **{"asset_id": "bot", "version": version, "iteration": 1, "digest": None, "created_at": moment, **more}
    )


def checked(server: Loopback, **changes: Any) -> dict[str, tuple[bool, bool, str]]:
    found = argo_rollouts.check(options(server, **changes), release(), step_context())
    assert len({c.name for c in found}) == len(found)
    return {c.name: (c.ok, c.blocking, c.detail) for c in found}


def image(api: KubernetesApi) -> str:
    return str(api.object(ROLLOUT)["spec"]["template"]["spec"]["containers"][0]["image"])


def test_the_tag_is_read_patched_and_read_back(api: KubernetesApi, server: Loopback) -> None:
    chosen = options(server)
    assert argo_rollouts.read(chosen, step_context()) == "3.8.2"
    write(chosen, "3.8.1", expected="3.8.2")
    assert argo_rollouts.read(chosen, step_context()) == "3.8.1"
    assert image(api) == "registry:5000/ai/bot:3.8.1"
    assert api.managers == ["pulse-tui"]
    patch = server.seen("PATCH", ROLLOUT)[0].json()
    assert [(o["op"], o["path"]) for o in patch[:2]] == [
        ("test", "/metadata/resourceVersion"),
        ("test", "/spec/template/spec/containers/0/image"),
    ]


def test_writing_what_is_there_already_sends_nothing(api: KubernetesApi, server: Loopback) -> None:
    write(options(server), "3.8.2", expected="3.8.1")
    assert api.managers == []


def test_another_value_or_another_version_is_refused_and_certain(api: KubernetesApi, server: Loopback) -> None:
    with pytest.raises(TargetError, match=r"it holds 3\.8\.2, expected was 3\.8\.0") as moved:
        write(options(server), "3.8.1", expected="3.8.0")
    api.fault("conflict")
    with pytest.raises(TargetError, match="refused the change to the object as it was read") as changed:
        write(options(server), "3.8.1", expected="3.8.2")
    assert not moved.value.ambiguous
    assert not changed.value.ambiguous
    assert (api.refused, image(api)) == (1, "registry:5000/ai/bot:3.8.2")


@pytest.mark.parametrize(
    ("fault", "ambiguous"),
    [("lost", True), ("landed", True), ("500", True), ("503", True), ("429", False), ("409", False), ("denied", False)],
)
def test_only_a_patch_that_may_have_arrived_is_ambiguous(
    api: KubernetesApi, server: Loopback, fault: str, ambiguous: bool
) -> None:
    api.fault(fault)
    with pytest.raises(TargetError) as caught:
        write(options(server), "3.8.1", expected="3.8.2")
    assert caught.value.ambiguous is ambiguous
    assert argo_rollouts.read(options(server), step_context()) == ("3.8.1" if fault == "landed" else "3.8.2")


def test_a_server_that_accepts_and_does_nothing_is_seen_by_reading(api: KubernetesApi, server: Loopback) -> None:
    api.fault("ignored")
    write(options(server), "3.8.1", expected="3.8.2")
    assert argo_rollouts.read(options(server), step_context()) == "3.8.2"


def test_of_racing_writers_exactly_one_wins(api: KubernetesApi, server: Loopback) -> None:
    errors: list[TargetError] = []

    def race(number: int) -> None:
        try:
            write(options(server), f"4.0.{number}", expected="3.8.2")
        except TargetError as error:
            errors.append(error)

    threads = [threading.Thread(target=race, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(api.managers) == 1
    assert len(errors) == 5
    assert not any(e.ambiguous for e in errors)


def test_it_settles_when_the_controller_saw_the_change_and_is_healthy(api: KubernetesApi, server: Loopback) -> None:
    chosen = options(server)
    assert argo_rollouts.unsettled(chosen, step_context()) == ""
    write(chosen, "3.8.1", expected="3.8.2")
    assert argo_rollouts.unsettled(chosen, step_context()) == "its controller has not seen the change yet"
    for phase, message, word in (
        ("Progressing", "more replicas need to be updated", "Progressing: more replicas"),
        ("Paused", "CanaryPauseStep", "Paused: CanaryPauseStep"),
        ("Degraded", "RolloutAborted: metric failed", "Degraded: RolloutAborted"),
        ("Healthy", "", ""),
    ):
        api.reports(ROLLOUT, {"phase": phase, "message": message, "observedGeneration": "2"})
        assert word in (why := argo_rollouts.unsettled(chosen, step_context()))
        assert bool(why) == (phase != "Healthy")


def test_a_field_is_a_flag_a_number_or_a_text_and_an_empty_value_takes_it_out(
    api: KubernetesApi, server: Loopback
) -> None:
    paused = options(server, field="/spec/paused", form="flag")
    assert argo_rollouts.read(paused, step_context()) == ""
    write(paused, "true", expected="")
    assert api.object(ROLLOUT)["spec"]["paused"] is True
    assert argo_rollouts.read(paused, step_context()) == "true"
    write(paused, "", expected="true")
    assert "paused" not in api.object(ROLLOUT)["spec"]
    with pytest.raises(TargetError, match="'maybe' is no flag") as caught:
        write(paused, "maybe", expected="")
    assert not caught.value.ambiguous
    weight = options(server, field="/spec/replicas", form="number")
    write(weight, "7", expected="")
    assert api.object(ROLLOUT)["spec"]["replicas"] == 7
    with pytest.raises(TargetError, match="is no number"):
        write(weight, "7.5", expected="7")
    with pytest.raises(TargetError, match="is no single value"):
        argo_rollouts.read(options(server, field="/spec/template"), step_context())
    nowhere = options(server, field="/spec/nothing/here")
    with pytest.raises(TargetError, match="refused the change") as missing:
        write(nowhere, "x", expected="")
    assert not missing.value.ambiguous


def test_a_whole_image_or_a_digest_is_moved_too(api: KubernetesApi, server: Loopback) -> None:
    whole = options(server, part="image", value="registry:5000/ai/bot:{version}")
    assert argo_rollouts.value_of(whole, release()) == "registry:5000/ai/bot:3.8.1"
    digest = options(server, value="{digest}")
    assert argo_rollouts.value_of(digest, release(digest="sha256:aa")) == "sha256:aa"
    with pytest.raises(TargetError, match="has no digest"):
        argo_rollouts.value_of(digest, release())
    write(digest, "sha256:aa", expected="3.8.2")
    assert image(api) == "registry:5000/ai/bot@sha256:aa"
    assert argo_rollouts.read(digest, step_context()) == "sha256:aa"
    write(digest, "3.8.2", expected="sha256:aa")
    assert argo_rollouts.read(whole, step_context()) == "registry:5000/ai/bot:3.8.2"
    with pytest.raises(TargetError, match="without an image"):
        write(whole, "", expected="registry:5000/ai/bot:3.8.2")


def test_which_of_several_containers_is_meant_must_be_said(api: KubernetesApi, server: Loopback) -> None:
    api.put(ROLLOUT, rollout(sidecar=True))
    with pytest.raises(TargetError, match="The template has bot, proxy"):
        argo_rollouts.read(options(server), step_context())
    with pytest.raises(TargetError, match="which container"):
        argo_rollouts.read(options(server, container="nobody"), step_context())
    assert argo_rollouts.read(options(server, container="bot"), step_context()) == "3.8.2"
    assert argo_rollouts.read(options(server, container="proxy"), step_context()) == ""


def test_the_stable_revision_is_a_good_target(api: KubernetesApi, server: Loopback) -> None:
    found = checked(server)
    assert all(ok for ok, _, _ in found.values()), found
    assert "revision 7 (bot-h1) is the stable one, 4 of 4 replicas are available" in found["revision"][2]


def test_no_rollback_onto_an_aborted_or_failed_revision_argo_rollouts_3039(
    api: KubernetesApi, server: Loopback
) -> None:
    failed = {"metadata": {"labels": {"rollouts-pod-template-hash": "h1"}}, "status": {"phase": "Failed"}}
    api.put(f"{ANALYSES}/bot-h1-7", failed)
    ok, blocking, detail = checked(server)["analysis"]
    assert (ok, blocking) == (False, True)
    assert "revision 7 (bot-h1) failed its analysis (bot-h1-7: Failed)" in detail
    api.put(ROLLOUT, rollout(currentPodHash="h1", stableRS="h0", abort=True, phase="Degraded"))
    assert checked(server)["revision"] == (False, True, "revision 7 (bot-h1) was aborted")
    api.put(ROLLOUT, rollout(currentPodHash="h1", stableRS="h0", phase="Degraded", message="ProgressDeadlineExceeded"))
    assert checked(server)["revision"][2] == "revision 7 (bot-h1) is degraded: ProgressDeadlineExceeded"


def test_a_revision_that_is_not_stable_gone_or_down_is_named(api: KubernetesApi, server: Loopback) -> None:
    api.put(ROLLOUT, rollout(stableRS="h0"))
    assert checked(server)["revision"][:2] == (False, False)
    api.put(ROLLOUT, rollout())
    api.put(f"{SETS}/bot-h1", replica_set("bot-h1", "h1", 7, "3.8.1", status={}))
    assert checked(server)["revision"][:2] == (False, True)
    api.put(f"{SETS}/bot-h1", replica_set("bot-h1", "h1", 7, "3.7.9"))
    assert "no ReplicaSet has 3.8.1 any more" in checked(server)["revision"][2]
    api.touch(ROLLOUT, lambda o: o["spec"].update(paused=True))
    assert checked(server)["rollout"][:2] == (False, True)
    assert "revision" not in checked(server, field="/spec/paused", form="flag")


def tracked(api: KubernetesApi, automated: Any) -> None:
    api.put(ROLLOUT, {**rollout(), "metadata": {"annotations": TRACKED}})
    api.put(APP, {"spec": {"syncPolicy": {"automated": automated}}})


@pytest.mark.parametrize(
    ("automated", "blocking", "word"),
    [
        ({"selfHeal": True}, True, "heals itself: it would undo the change within seconds"),
        ({"selfHeal": True, "enabled": False}, False, "its next sync undoes the change"),
        ({"prune": True}, False, "its next commit undoes the change"),
        (None, False, "its next sync undoes the change"),
    ],
)
def test_an_argo_cd_application_that_would_undo_the_change_is_named(
    api: KubernetesApi, server: Loopback, automated: Any, blocking: bool, word: str
) -> None:
    tracked(api, automated)
    ok, blocks, detail = checked(server)["controller"]
    assert (ok, blocks) == (False, blocking)
    assert "Argo CD application support" in detail
    assert word in detail


def test_an_application_that_cannot_be_read_is_unknown_and_helms_label_alone_is_none(
    api: KubernetesApi, server: Loopback
) -> None:
    api.put(ROLLOUT, {**rollout(), "metadata": {"annotations": TRACKED}})
    ok, blocks, detail = checked(server)["controller"]
    assert (ok, blocks) == (False, False)
    assert "support: whether it undoes the change is unknown (404)" in detail
    api.put(ROLLOUT, {**rollout(), "metadata": {"labels": {"app.kubernetes.io/instance": "support"}}})
    assert checked(server)["controller"][0]
    elsewhere = {"argocd.argoproj.io/tracking-id": "team-a_support:argoproj.io/Rollout:ai/bot"}
    api.put(ROLLOUT, {**rollout(), "metadata": {"annotations": elsewhere}})
    api.put(f"{APIS}/team-a/applications/support", {"spec": {"syncPolicy": {"automated": {"selfHeal": True}}}})
    assert checked(server)["controller"][:2] == (False, True)


def test_flux_and_helm_are_named_with_what_they_would_do(api: KubernetesApi, server: Loopback) -> None:
    flux = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
    api.put(ROLLOUT, {**rollout(), "metadata": {"labels": flux}})
    assert "is unknown (404)" in checked(server)["controller"][2]
    api.put(KUSTOMIZATION, {"spec": {}})
    assert checked(server)["controller"][:2] == (False, True)
    api.put(KUSTOMIZATION, {"spec": {"suspend": True}})
    assert checked(server)["controller"][:2] == (False, False)
    api.put(ROLLOUT, {**rollout(), "metadata": {"labels": {"helm.toolkit.fluxcd.io/name": "bot"}}})
    api.put(HELM_RELEASE, {"spec": {"driftDetection": {"mode": "enabled"}}})
    assert checked(server)["controller"][:2] == (False, True)
    api.put(HELM_RELEASE, {"spec": {"driftDetection": {"mode": "warn"}}})
    assert checked(server)["controller"][:2] == (False, False)
    helm = {"labels": {"app.kubernetes.io/managed-by": "Helm"}, "annotations": {"meta.helm.sh/release-name": "bot"}}
    api.put(ROLLOUT, {**rollout(), "metadata": helm})
    assert checked(server)["controller"] == (False, False, "Helm release bot: its next upgrade undoes the change")


def test_a_missing_object_a_web_page_and_a_wrong_token_are_errors_and_never_a_value(
    api: KubernetesApi, server: Loopback
) -> None:
    for chosen, word in (
        (options(server, name="nobody"), "answered 404"),
        (options(server, token=None), "answered 401: Unauthorized"),
        (options(server, url=f"{server.url}/apis"), "answered 404"),
    ):
        with pytest.raises(TargetError, match=word) as caught:
            argo_rollouts.read(chosen, step_context())
        assert not caught.value.ambiguous
        assert "s3cret" not in str(caught.value)


def test_the_target_names_the_place_without_secrets() -> None:
    chosen = msgspec.convert(
        {"url": "https://u:pw@k8s:6443/", "namespace": "ai", "name": "bot", "token": "${KUBE}"}, argo_rollouts.Options
    )
    assert argo_rollouts.target(chosen) == "rollout https://k8s:6443/ai/bot#image:tag"
    paused = msgspec.structs.replace(chosen, field="/spec/paused")
    assert argo_rollouts.target(paused) == "rollout https://k8s:6443/ai/bot#/spec/paused"


@pytest.mark.parametrize(
    "bad",
    [
        {"namespace": "../kube-system"},
        {"name": "bot?x=1"},
        {"name": ""},
        {"field": "spec/paused"},
        {"field": "/spec//paused"},
        {"field": "/a~2"},
        {"form": "boolean"},
        {"part": "digest"},
        {"extra": 1},
    ],
)
def test_bad_options_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"url": "http://k", "namespace": "ai", "name": "bot", **bad}, argo_rollouts.Options)
