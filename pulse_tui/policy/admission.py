"""What a Kubernetes admission review asks: which images and labels a workload brings. Pure.

https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment
from pulse_tui.settings.admission import AdmissionShape, ImageShape

API = "admission.k8s.io/v1"
ASSET, VERSION, PLACE = "pulse.asset", "pulse.version", "pulse.environment"
"""Labels, or annotations, that name what a workload is."""
WARNING = 240
"""Characters of a warning: clients cut what is longer."""
MESSAGE = 1_000


class BadReview(ValueError):
    """The request is no review that can be answered: the text says why."""


class Image(NamedTuple):
    """An image as a container names it, in its parts."""

    name: str
    tag: str
    digest: str


class Review(NamedTuple):
    """One review, as far as it matters."""

    uid: str
    what: str
    """``Deployment ai/support-bot``."""
    namespace: str
    images: tuple[Image, ...]
    labels: Mapping[str, str]
    brings: bool
    """Whether it brings anything: it creates a workload, or changes its images or labels."""


class Named(NamedTuple):
    """What a workload is in the estate: an asset, and its version or digest as far as they are named."""

    asset: str
    version: str
    digest: str
    by: str
    """What names it, for a sentence."""


def read_review(body: bytes) -> Review:
    """The review in a request. Raises BadReview."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadReview("it is no JSON") from None
    if not isinstance(found, dict) or found.get("kind") != "AdmissionReview":
        raise BadReview("it is no AdmissionReview")
    if found.get("apiVersion") != API:
        raise BadReview(f"its apiVersion is not {API}")
    request = found.get("request")
    if not isinstance(request, dict):
        raise BadReview("it has no request")
    uid = request.get("uid")
    if not isinstance(uid, str) or not 1 <= len(uid) <= 200 or not uid.isprintable():
        raise BadReview("its request has no uid")
    operation = request.get("operation")
    if operation not in ("CREATE", "UPDATE", "DELETE", "CONNECT"):
        raise BadReview("its request has no operation that is known")
    kind = request.get("kind")
    name = kind.get("kind") if isinstance(kind, dict) else None
    if not isinstance(name, str):
        raise BadReview("its request has no kind")
    subject = request.get("object")
    if operation in ("CREATE", "UPDATE") and not isinstance(subject, dict):
        raise BadReview("its request has no object")
    namespace = _text(request.get("namespace"))
    images, labels = _content(subject)
    before = _content(request.get("oldObject")) if operation == "UPDATE" else None
    brings = operation in ("CREATE", "UPDATE") and not _text(request.get("subResource")) and before != (images, labels)
    own = _text(request.get("name")) or _text(_member(_member(subject, "metadata"), "name"))
    what = clean(f"{name} {namespace}/{own}" if namespace else f"{name} {own}", 200)
    return Review(uid, what, namespace, images, labels, brings)


def _content(subject: Any) -> tuple[tuple[Image, ...], dict[str, str]]:
    """Images and names of a pod, or of what makes pods."""
    metadata = [_member(subject, "metadata")]
    own = _member(subject, "spec")
    specs = [own]
    for path in (("jobTemplate", "spec", "template"), ("template",)):
        template: Any = own
        for key in path:
            template = _member(template, key)
        metadata.append(_member(template, "metadata"))
        specs.append(_member(template, "spec"))
    named: dict[str, str] = {}
    for each in metadata:
        for group in ("annotations", "labels"):
            for key in (ASSET, VERSION, PLACE):
                if text := _text(_member(_member(each, group), key)):
                    named[key] = text
    found = dict.fromkeys(
        _text(_member(container, "image"))
        for spec in specs
        for group in ("containers", "initContainers", "ephemeralContainers")
        for container in _listed(_member(spec, group))
    )
    return tuple(parted(text) for text in found if text), named


def parted(text: str) -> Image:
    """``registry:5000/ai/bot:v1@sha256:…`` in its parts."""
    rest, _, digest = text.partition("@")
    head, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:  # the colon is of the registry's port
        head, tag = rest, ""
    return Image(head, tag, digest)


def same_name(name: str) -> str:
    """A registry and repository in the one form of all that mean the same: a host has no case, ``:443`` is what https means, and no host is
    Docker Hub's."""
    host, slash, rest = name.partition("/")
    if not slash or not (set(".:") & set(host) or host.lower() == "localhost" or host != host.lower()):
        host, rest = "docker.io", name
    host = host.lower().removesuffix(":443")
    if host in ("docker.io", "index.docker.io", "registry-1.docker.io"):
        host = "docker.io"
        rest = rest if "/" in rest else f"library/{rest}"
    return f"{host}/{rest}"


def named_by(review: Review, shape: AdmissionShape) -> list[Named]:
    """What the workload is: by each image that is of an asset, and by its labels where an image does not say more.

    What an image is counts whatever a label says: a label must not be a way around the gate.
    """
    found = list(dict.fromkeys(_by_image(review.images, shape)))
    asset, version = review.labels.get(ASSET), review.labels.get(VERSION, "")
    if not asset:
        return found
    sure = [n for n in found if n.asset != asset or n.version or n.digest]
    if not any(n.asset == asset for n in sure):
        sure.append(Named(asset, version, "", f"label {ASSET}"))
    return sure


def _by_image(images: Sequence[Image], shape: AdmissionShape) -> Iterator[Named]:
    ours: dict[str, list[ImageShape]] = {}
    for known in shape.images:
        ours.setdefault(same_name(known.image), []).append(known)
    for image in images:
        for known in ours.get(same_name(image.name), ()):
            match = re.fullmatch(known.version, image.tag) if image.tag else None
            yield Named(known.asset, (match[1] or "") if match else "", image.digest, clean(image.name, 200))


def place_of(review: Review, shape: AdmissionShape) -> Environment | None:
    """Where in the estate it is; None: in a namespace that is none of ours. Raises BadReview for a label that is no environment."""
    if shape.namespaces:
        return shape.namespaces.get(review.namespace)
    if stated := review.labels.get(PLACE):
        try:
            return Environment(stated)
        except ValueError:
            raise BadReview(f"the label {PLACE} is {clean(stated, 40)!r}, which is no environment") from None
    return Environment.PRODUCTION


def answered(uid: str, *, allowed: bool, message: str = "", warnings: Sequence[str] = ()) -> bytes:
    """The review with its answer, as JSON."""
    response: dict[str, Any] = {"uid": uid, "allowed": allowed}
    if not allowed:
        response["status"] = {"code": 403, "reason": "Forbidden", "message": clean(message, MESSAGE)}
    if warnings:
        response["warnings"] = [clean(w, WARNING) for w in warnings[:10]]
    return msgspec.json.encode({"apiVersion": API, "kind": "AdmissionReview", "response": response})


def _member(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
