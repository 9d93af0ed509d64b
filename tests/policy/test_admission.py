"""Admission reviews as Kubernetes sends them: what they bring, and what is refused as no review."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.words import Environment
from pulse_tui.policy.admission import BadReview, Image, answered, named_by, parted, place_of, read_review, same_name
from pulse_tui.settings.admission import AdmissionShape, ImageShape

BOT = ImageShape(image="registry.acme.example:5000/ai/bot", asset="bot", version="v(.+)")
SHAPE = AdmissionShape(listen="127.0.0.1:0", images=(BOT,))
IMAGE = "registry.acme.example:5000/ai/bot:v3.8.2"


def pod(image: str = IMAGE, **more: Any) -> dict[str, Any]:
    return {"containers": [{"name": "bot", "image": image}, {"name": "proxy", "image": "envoy:1.31"}], **more}


def workload(kind: str = "Deployment", image: str = IMAGE, labels: Any = None, replicas: int = 1) -> dict[str, Any]:
    metadata = {"name": "bot", "namespace": "ai", "labels": labels or {}}
    spec: dict[str, Any] = {"replicas": replicas, "template": {"metadata": {"labels": {}}, "spec": pod(image)}}
    if kind == "Pod":
        spec = pod(image)
    if kind == "CronJob":
        spec = {"jobTemplate": {"spec": spec}}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}


def review(
    subject: Any = None, *, operation: str = "CREATE", old: Any = None, kind: str = "Deployment", **more: Any
) -> dict[str, Any]:
    """An AdmissionReview of ``admission.k8s.io/v1`` with the fields that the API server fills in."""
    request = {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": {"group": "apps", "version": "v1", "kind": kind},
        "resource": {"group": "apps", "version": "v1", "resource": "deployments"},
        "requestKind": {"group": "apps", "version": "v1", "kind": kind},
        "name": "bot",
        "namespace": "ai",
        "operation": operation,
        "userInfo": {"username": "ci", "uid": "1", "groups": ["system:authenticated"]},
        "object": workload(kind) if subject is None else subject,
        "oldObject": old,
        "dryRun": False,
        "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"},
    } | more
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


def read(found: Any) -> Any:
    return read_review(json.dumps(found).encode())


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "Job", "CronJob", "Pod", "Rollout"])
def test_images_are_found_in_a_pod_and_in_whatever_makes_pods(kind: str) -> None:
    found = read(review(workload(kind), kind=kind))
    assert found.brings
    assert [n[:3] for n in named_by(found, SHAPE)] == [("bot", "3.8.2", "")]
    assert found.what == f"{kind} ai/bot"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("bot", ("bot", "", "")),
        ("bot:v1", ("bot", "v1", "")),
        ("host:5000/a/bot", ("host:5000/a/bot", "", "")),
        ("host:5000/a/bot:v1@sha256:ab", ("host:5000/a/bot", "v1", "sha256:ab")),
        ("a/bot@sha256:ab", ("a/bot", "", "sha256:ab")),
    ],
)
def test_an_image_is_taken_apart(text: str, parts: tuple[str, str, str]) -> None:
    assert parted(text) == Image(*parts)


@pytest.mark.parametrize(
    ("spelt", "other"),
    [
        ("Registry.ACME.example/ai/bot", "registry.acme.example/ai/bot"),
        ("registry.acme.example:443/ai/bot", "registry.acme.example/ai/bot"),
        ("acme/bot", "docker.io/acme/bot"),
        ("index.docker.io/library/bot", "bot"),
    ],
)
def test_one_image_has_one_name_however_it_is_spelt(spelt: str, other: str) -> None:
    assert same_name(spelt) == same_name(other)
    shape = AdmissionShape(listen="127.0.0.1:0", images=(ImageShape(image=other, asset="bot", version="v(.+)"),))
    assert [n[:2] for n in named_by(read(review(workload(image=f"{spelt}:v2"))), shape)] == [("bot", "2")]


def test_another_registry_or_another_case_of_the_path_is_another_image() -> None:
    assert same_name("registry.acme.example:5000/ai/bot") != same_name("registry.acme.example/ai/bot")
    assert same_name("acme/bot") != same_name("acme.example/bot")


def test_an_image_behind_many_others_or_beside_an_empty_template_is_found() -> None:
    many = workload()
    others = [{"name": f"c{i}", "image": f"sidecar:{i}"} for i in range(300)]
    many["spec"]["template"]["spec"]["containers"] = [*others, {"name": "bot", "image": IMAGE}]
    many["spec"]["jobTemplate"] = {"spec": {"template": {"spec": {"containers": [{"image": "nginx:1"}]}}}}
    assert [n[:2] for n in named_by(read(review(many)), SHAPE)] == [("bot", "3.8.2")]


def test_a_change_that_brings_no_other_image_is_not_asked_about() -> None:
    more = workload(replicas=9)
    assert not read(review(more, operation="UPDATE", old=workload())).brings
    assert read(review(more, operation="UPDATE", old=workload(image=IMAGE + "1"))).brings
    assert not read(review(operation="DELETE", object=None, oldObject=workload())).brings
    assert not read(review(operation="UPDATE", old=workload(image="x"), subResource="status")).brings


def test_labels_name_what_no_image_does_and_never_another_than_the_image() -> None:
    labels = {"pulse.asset": "other", "pulse.version": "1.0"}
    by_label = read(review(workload(image="nginx:1", labels=labels)))
    assert [n[:2] for n in named_by(by_label, SHAPE)] == [("other", "1.0")]
    both = read(review(workload(labels=labels)))
    assert {n[:2] for n in named_by(both, SHAPE)} == {("bot", "3.8.2"), ("other", "1.0")}
    lies = read(review(workload(labels={"pulse.asset": "bot", "pulse.version": "1.0"})))
    assert [n[:2] for n in named_by(lies, SHAPE)] == [("bot", "3.8.2")]
    says = read(review(workload(image=BOT.image, labels={"pulse.asset": "bot", "pulse.version": "1.0"})))
    assert [n[:2] for n in named_by(says, SHAPE)] == [("bot", "1.0")]


def test_the_namespace_says_where_and_a_label_only_where_no_namespace_is_listed() -> None:
    mapped = AdmissionShape(listen="127.0.0.1:0", namespaces={"ai": Environment.CANARY})
    sly = read(review(workload(labels={"pulse.environment": "replica"})))
    assert place_of(sly, mapped) is Environment.CANARY
    assert place_of(sly, SHAPE) is Environment.REPLICA
    assert place_of(read(review(namespace="kube-system")), mapped) is None
    assert place_of(read(review()), SHAPE) is Environment.PRODUCTION
    with pytest.raises(BadReview, match="no environment"):
        place_of(read(review(workload(labels={"pulse.environment": "prod"}))), SHAPE)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (b"", "no JSON"),
        (b"<html>", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"{}", "no AdmissionReview"),
        (b"[]", "no AdmissionReview"),
        ({**review(), "apiVersion": "admission.k8s.io/v1beta1"}, "apiVersion"),
        ({**review(), "request": None}, "no request"),
        (review(uid=""), "no uid"),
        (review(uid=7), "no uid"),
        (review(uid="x\n"), "no uid"),
        (review(operation="DESTROY"), "no operation"),
        (review("x"), "no object"),
        ({**review(), "request": {**review()["request"], "kind": "Pod"}}, "no kind"),
    ],
)
def test_what_is_no_review_is_refused_with_the_reason(found: Any, why: str) -> None:
    with pytest.raises(BadReview, match=why):
        read_review(found if isinstance(found, bytes) else json.dumps(found).encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["spec", "template", "metadata", "labels", "containers", "image", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(subject=st.dictionaries(st.sampled_from(["spec", "metadata", "kind"]), JSON, max_size=3), old=JSON)
def test_an_object_of_any_shape_is_read_without_an_error(subject: Any, old: Any) -> None:
    found = read(review(subject, operation="UPDATE", old=old))
    named_by(found, SHAPE)


def test_an_answer_repeats_the_uid_and_holds_nothing_that_steers() -> None:
    denied = json.loads(answered("u-1", allowed=False, message="\x1b[31mno\x00" + "x" * 5_000))
    assert denied["apiVersion"] == "admission.k8s.io/v1"
    assert denied["kind"] == "AdmissionReview"
    assert (denied["response"]["uid"], denied["response"]["allowed"]) == ("u-1", False)
    assert denied["response"]["status"]["code"] == 403
    assert len(denied["response"]["status"]["message"]) <= 1_000
    assert "\x1b" not in denied["response"]["status"]["message"]
    allowed = json.loads(answered("u-1", allowed=True, warnings=["x" * 999] * 50))
    assert "status" not in allowed["response"]
    assert len(allowed["response"]["warnings"]) == 10
    assert max(map(len, allowed["response"]["warnings"])) <= 256
