"""The image of an Argo Rollouts Rollout, or another field of it, through the Kubernetes API.

The image is verified once the Rollout is Healthy with it: ``timeout`` is how long that may take. Going back to the
ReplicaSet that is still stable skips the steps of the strategy; any other goes through them, pauses included, and an
aborted or failed revision is refused. https://argoproj.github.io/argo-rollouts/features/rollback/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.text import clean
from pulse_tui.ports import StepContext
from pulse_tui.steps._shared import kubernetes
from pulse_tui.steps._shared.ask import filled, held, place, to_write
from pulse_tui.steps._shared.kubernetes import Form, Kind, Name, ObjectOptions, Pointer, at

ROLLOUT = Kind("argoproj.io", "v1alpha1", "rollouts")
REPLICA_SETS = Kind("apps", "v1", "replicasets")
ANALYSES = Kind("argoproj.io", "v1alpha1", "analysisruns")
_HASH = "rollouts-pod-template-hash"
_REVISION = "rollout.argoproj.io/revision"


class Part(StrEnum):
    """Which part of the container's image is the value."""

    IMAGE = "image"
    TAG = "tag"


class Options(ObjectOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The Rollout, and what of it is moved: a container's image or its tag, or the ``field`` at a JSON pointer."""

    container: Name | None = None
    """The container whose image is moved; needed when the template has several."""
    part: Part = Part.TAG
    """The tag alone, or the whole image with its registry and name."""
    value: str = "{version}"
    """What a release stands as there: ``{version}``, ``{digest}`` and ``{registry_version}`` are filled in."""
    field: Pointer | None = None
    """Another field instead, such as ``/spec/paused``; it is verified once the controller has seen it."""
    form: Form = Form.TEXT
    """How the value of ``field`` stands there; ``/spec/paused`` is a flag."""


def target(options: Options) -> str:
    """``rollout https://host/<namespace>/<name>#<container>:tag``, or ``#/spec/...`` for a field."""
    what = options.field or f"{options.container or 'image'}:{options.part.value}"
    return f"rollout {place(options.url.rstrip('/'))}/{options.namespace}/{options.name}#{clean(what, 200)}"


def value_of(options: Options, release: Release) -> str:
    """The template ``value`` with what the release has."""
    return filled(options.value, release)


def read(options: Options, context: StepContext) -> str:
    """The tag, image or field as the specification has it; "" when it has none."""
    return _held(options, kubernetes.load(options, context, ROLLOUT))


def write(options: Options, value: str, *, expected: str, key: str, epoch: int, context: StepContext) -> None:
    """Compare, then patch against the version that was read: the API server refuses when anything changed since.

    Raises TargetError. ``key`` and ``epoch`` have no place in the API; a late request fails at the version.
    """
    del key, epoch
    found = kubernetes.load(options, context, ROLLOUT)
    holds = _held(options, found)
    if not to_write(target(options), holds, value, expected):
        return
    if options.field is not None:
        new = kubernetes.formed(value, options.form) if value else None
        kubernetes.change(options, context, ROLLOUT, found, options.field, new)
        return
    if not value:
        raise TargetError("a container cannot be without an image", ambiguous=False, todo="Correct the playbook")
    pointer, image = _image(options, found)
    name, _ = _split(image)
    new_image = value if options.part is Part.IMAGE else f"{name}{'@' if _is_digest(value) else ':'}{value}"
    kubernetes.change(options, context, ROLLOUT, found, pointer, new_image)


def unsettled(options: Options, context: StepContext) -> str:
    """Why the Rollout is not Healthy with its specification yet; a field of one's own has only to be seen."""
    found = kubernetes.load(options, context, ROLLOUT)
    if unseen := kubernetes.seen(found):
        return unseen
    phase = at(found, "/status/phase")
    if options.field is not None or phase == "Healthy":
        return ""
    return clean(
        f"the rollout is {phase or 'in an unknown phase'}: {at(found, '/status/message') or 'no message'}", 300
    )


def check(options: Options, release: Release, context: StepContext) -> Sequence[Check]:
    """The revision of the release was never aborted and has no failed analysis; nobody else would undo the change."""
    found = kubernetes.load(options, context, ROLLOUT)
    checks = [*kubernetes.controllers(options, context, found)]
    if options.field is None:
        checks += _revision(options, context, found, value_of(options, release))
    return checks


def _revision(options: Options, context: StepContext, found: dict[str, Any], value: str) -> Iterator[Check]:
    if at(found, "/spec/paused") is True:
        # A paused Rollout takes the image and does nothing with it.
        yield Check(name="rollout", ok=False, detail="it is paused (spec.paused): resume it, or nothing will move")
    chosen = [one for one in _replica_sets(options, context, found) if _held(options, one) == value]
    if not chosen:
        detail = f"no ReplicaSet has {clean(value, 200)} any more: it is started from its image, through all steps"
        yield Check(name="revision", ok=False, detail=detail, blocking=False)
        return
    latest = max(chosen, key=_revision_number)
    hashed = kubernetes.texts(latest, "/metadata/labels").get(_HASH, "")
    name = f"revision {_revision_number(latest)} ({clean(str(at(latest, '/metadata/name')), 100)})"
    if hashed and hashed == at(found, "/status/currentPodHash") and at(found, "/status/abort") is True:
        yield Check(name="revision", ok=False, detail=f"{name} was aborted")
        return
    if hashed and hashed == at(found, "/status/currentPodHash") and at(found, "/status/phase") == "Degraded":
        why = clean(str(at(found, "/status/message") or "no message"), 200)
        yield Check(name="revision", ok=False, detail=f"{name} is degraded: {why}")
        return
    yield from _analyses(options, context, hashed, name)
    if hashed and hashed == at(found, "/status/stableRS"):
        ready, wanted = at(latest, "/status/availableReplicas") or 0, at(latest, "/spec/replicas") or 0
        detail = f"{name} is the stable one, {ready} of {wanted} replicas are available: the steps are skipped"
        yield Check(name="revision", ok=not wanted or ready > 0, detail=detail)
    else:
        detail = f"{name} is not the stable one: it goes through the steps of the strategy, pauses included"
        yield Check(name="revision", ok=False, detail=detail, blocking=False)


def _analyses(options: Options, context: StepContext, hashed: str, name: str) -> Iterator[Check]:
    """A revision that was aborted leaves no mark on its ReplicaSet; its failed analysis is what is left."""
    selector = {"labelSelector": f"{_HASH}={hashed}"}
    answer = kubernetes.get(options, context, ANALYSES.path(options.namespace), selector)
    if answer.status != 200 or not hashed:
        detail = f"whether an analysis of {name} failed is unknown ({answer.status})"
        yield Check(name="analysis", ok=False, detail=detail, blocking=False)
        return
    bad = [one for one in kubernetes.items(answer) if at(one, "/status/phase") in ("Failed", "Error")]
    if bad:
        which = clean(str(at(bad[-1], "/metadata/name")), 100)
        detail = f"{name} failed its analysis ({which}: {clean(str(at(bad[-1], '/status/phase')), 40)})"
        yield Check(name="analysis", ok=False, detail=detail)
    else:
        yield Check(name="analysis", ok=True, detail=f"no failed analysis of {name} is recorded")


def _replica_sets(options: Options, context: StepContext, found: dict[str, Any]) -> list[dict[str, Any]]:
    labels = kubernetes.texts(found, "/spec/selector/matchLabels")
    selector = {"labelSelector": ",".join(f"{k}={v}" for k, v in sorted(labels.items()))} if labels else None
    answer = kubernetes.get(options, context, REPLICA_SETS.path(options.namespace), selector)
    if answer.status != 200:
        path = quote(REPLICA_SETS.path(options.namespace))
        what = f"{place(options.url.rstrip('/'))}{path} answered {answer.status}"
        raise TargetError(what, ambiguous=False, todo="The token needs to list replicasets")
    owner = at(found, "/metadata/uid")
    return [one for one in kubernetes.items(answer) if any(o.get("uid") == owner for o in _owners(one))]


def _owners(one: dict[str, Any]) -> list[dict[str, Any]]:
    owners = at(one, "/metadata/ownerReferences")
    return [o for o in owners if isinstance(o, dict)] if isinstance(owners, list) else []


def _revision_number(one: dict[str, Any]) -> int:
    text = kubernetes.texts(one, "/metadata/annotations").get(_REVISION, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _held(options: Options, found: dict[str, Any]) -> str:
    """The value in a Rollout or in a ReplicaSet of it: both have the template in the same place."""
    if options.field is not None:
        return kubernetes.spelled(at(found, options.field), f"{target(options)}")
    _, image = _image(options, found)
    return held(image if options.part is Part.IMAGE else _split(image)[1])


def _image(options: Options, found: dict[str, Any]) -> tuple[str, str]:
    """Pointer and text of the container's image. Raises TargetError when it is not clear which one is meant."""
    some = at(found, "/spec/template/spec/containers")
    containers = [c if isinstance(c, dict) else {} for c in some] if isinstance(some, list) else []
    named = [
        (f"/spec/template/spec/containers/{n}/image", str(c.get("image", "")))
        for n, c in enumerate(containers)
        if options.container is None or c.get("name") == options.container
    ]
    if len(named) != 1:
        names = ", ".join(clean(str(c.get("name")), 60) for c in containers) or "none"
        what = f"{target(options)}: which container is meant? The template has {names}"
        raise TargetError(what, ambiguous=False, todo="Name one of them: container")
    return named[0]


def _split(image: str) -> tuple[str, str]:
    """Name and tag or digest: ``host:5000/app:1.2`` has the tag 1.2, ``app@sha256:..`` the digest."""
    name, at_sign, digest = image.partition("@")
    if at_sign:
        return name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name, digest
    head, slash, last = image.rpartition("/")
    last, _, tag = last.partition(":")
    return f"{head}{slash}{last}", tag


def _is_digest(value: str) -> bool:
    return value.startswith(("sha256:", "sha512:"))
