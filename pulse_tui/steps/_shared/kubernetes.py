"""Objects of a Kubernetes API server: one is read, one field of it is changed, and who else writes it is named.

A change is a JSON Patch that tests ``/metadata/resourceVersion`` and the field's own value first: the server compares
and sets in one transaction, so that nobody else's change is written over and a late request changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from msgspec import Meta

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.text import clean
from pulse_tui.ports import Answer, StepContext
from pulse_tui.steps._shared.ask import ask, decoded, held, refused

Name = Annotated[str, Meta(pattern=r"\A[a-z0-9{]([a-z0-9.{}-]*[a-z0-9}])?\Z", max_length=253)]
"""The name of an object or a namespace; ``{asset}`` and ``{environment}`` are still in it when the file is read."""
Pointer = Annotated[str, Meta(pattern=r"\A(/([^~/]|~[01])+)+\Z", max_length=500)]
"""A JSON pointer (RFC 6901)."""


class Form(StrEnum):
    """How a value stands in the object."""

    TEXT = "text"
    NUMBER = "number"
    """A whole number."""
    FLAG = "flag"
    """``true`` or ``false``."""


class ObjectOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the object is, and how to get there."""

    url: str
    """The API server, such as ``https://10.0.0.1:6443``; its certificate must be trusted here (``SSL_CERT_FILE``)."""
    namespace: Name
    """Where the object lives."""
    name: Name
    """What it is called there."""
    token: str | None = None
    """A bearer token as ``${NAME}``; it needs get and patch on the object, and get on what is checked."""
    argocd_namespace: Name = "argocd"
    """Where Argo CD keeps its Applications: one that would undo a change is named before it is made."""


class Kind(msgspec.Struct, frozen=True):
    """A kind of object, as the API server addresses it."""

    group: str
    version: str
    plural: str

    def path(self, namespace: str, name: str = "") -> str:
        """The path of all of them in a namespace, or of one."""
        whole = f"/apis/{self.group}/{self.version}/namespaces/{quote(namespace)}/{self.plural}"
        return f"{whole}/{quote(name)}" if name else whole


APPLICATION = Kind("argoproj.io", "v1alpha1", "applications")
KUSTOMIZATION = Kind("kustomize.toolkit.fluxcd.io", "v1", "kustomizations")
HELM_RELEASE = Kind("helm.toolkit.fluxcd.io", "v2", "helmreleases")
_FIELD_MANAGER = "pulse-tui"


def get(options: ObjectOptions, context: StepContext, path: str, params: dict[str, str] | None = None) -> Answer:
    """One GET below the server's address, whatever its status."""
    return ask(context, "GET", _url(options, path), params=params, headers=_headers(options, context), writes=False)


def load(options: ObjectOptions, context: StepContext, kind: Kind) -> dict[str, Any]:
    """The object. Raises TargetError when there is none, or when the answer is none."""
    path = kind.path(options.namespace, options.name)
    answer = get(options, context, path)
    found = decoded(answer) if answer.status == 200 else None
    if answer.status != 200:
        raise refused(_url(options, path), answer, writes=False, todo="Check url, namespace, name and the token's role")
    if not isinstance(found, dict) or not isinstance(at(found, "/metadata/resourceVersion"), str):
        what = f"{_url(options, path)} answered with no object of the API"
        raise TargetError(what, ambiguous=False, todo="Check that url is the API server")
    return found


def at(found: Any, pointer: str) -> Any:
    """What is at the pointer; None when nothing is."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list) and name.isascii() and name.isdigit() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found


def texts(found: Any, pointer: str) -> dict[str, str]:
    """The labels or annotations at the pointer."""
    some = at(found, pointer)
    return {str(k): str(v) for k, v in some.items()} if isinstance(some, dict) else {}


def spelled(value: Any, where: str) -> str:
    """A field's value as a text; "" when there is none. Raises TargetError for a list or an object."""
    if value is None:
        return ""
    if isinstance(value, dict | list):
        raise TargetError(f"{where} is no single value", ambiguous=False, todo="Name the field in it")
    return held(value if isinstance(value, str) else msgspec.json.encode(value).decode())


def formed(value: str, form: Form) -> Any:
    """The value as it stands in the object. Raises TargetError (nothing was sent) for one that is none of its form."""
    if form is Form.TEXT:
        return value
    if form is Form.FLAG and value in ("true", "false"):
        return value == "true"
    if form is Form.NUMBER and re.fullmatch(r"-?\d{1,15}", value, re.ASCII):
        return int(value)
    raise TargetError(f"{clean(value, 80)!r} is no {form.value}", ambiguous=False, todo="Correct the playbook's value")


def change(
    options: ObjectOptions, context: StepContext, kind: Kind, found: dict[str, Any], pointer: str, value: Any
) -> None:
    """Put ``value`` at the pointer of the object that was read (None takes the field out). Raises TargetError.

    Not ambiguous when the server refused: a 409 or 422 says that the object is no longer as it was read.
    """
    was, version = at(found, pointer), at(found, "/metadata/resourceVersion")
    patch: list[dict[str, Any]] = [{"op": "test", "path": "/metadata/resourceVersion", "value": version}]
    if was is None:
        patch.append({"op": "add", "path": pointer, "value": value})
    else:
        patch.append({"op": "test", "path": pointer, "value": was})
        patch.append(
            {"op": "replace", "path": pointer, "value": value}
            if value is not None
            else {"op": "remove", "path": pointer}
        )
    path = kind.path(options.namespace, options.name)
    headers = {**_headers(options, context), "Content-Type": "application/json-patch+json"}
    params = {"fieldManager": _FIELD_MANAGER}
    answer = ask(context, "PATCH", _url(options, path), params=params, headers=headers, json=patch, writes=True)
    if 200 <= answer.status < 300:
        return
    error = refused(_url(options, path), answer, writes=True)
    # Old servers say with 500 that a test of a patch failed; nothing was changed.
    if answer.status in (409, 422) or "testing value" in error.what.lower():
        what = f"the API server refused the change to the object as it was read: {error.what}"
        raise TargetError(what, ambiguous=False, todo="If somebody else moved it: check, then plan again")
    raise error


def seen(found: dict[str, Any]) -> str:
    """Why the status does not speak of the object as it is now; "" when its controller has seen the last change."""
    generation, observed = at(found, "/metadata/generation"), at(found, "/status/observedGeneration")
    known = (
        int(observed)
        if isinstance(observed, int) or (isinstance(observed, str) and observed.isascii() and observed.isdecimal())
        else None
    )
    if isinstance(generation, int) and (known is None or known < generation):
        return "its controller has not seen the change yet"
    return ""


def condition(found: dict[str, Any], name: str) -> tuple[str, str]:
    """Status (True, False, Unknown; "" when it has none) and the reason of a condition."""
    listed = at(found, "/status/conditions")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get("type") == name:
            why = ": ".join(str(one[k]) for k in ("reason", "message") if one.get(k))
            return str(one.get("status", "")), clean(why, 300)
    return "", ""


def controllers(options: ObjectOptions, context: StepContext, found: dict[str, Any]) -> Iterator[Check]:
    """Who else writes the object, and whether it would undo a change at once: that blocks; what might later is noted."""
    labels, notes = texts(found, "/metadata/labels"), texts(found, "/metadata/annotations")
    if at(found, "/metadata/deletionTimestamp"):
        yield Check(name="controller", ok=False, detail="the object is being deleted")
    checks = [*_argo_cd(options, context, labels, notes), *_flux(options, context, labels, notes)]
    release = notes.get("meta.helm.sh/release-name", "")
    if not checks and (release or labels.get("app.kubernetes.io/managed-by") == "Helm"):
        detail = f"Helm release {clean(release, 100) or 'unknown'}: its next upgrade undoes the change"
        checks = [Check(name="controller", ok=False, detail=detail, blocking=False)]
    yield from checks or [
        Check(name="controller", ok=True, detail="no label or annotation names one that would undo it")
    ]


def _argo_cd(
    options: ObjectOptions, context: StepContext, labels: dict[str, str], notes: dict[str, str]
) -> Iterator[Check]:
    tracked = notes.get("argocd.argoproj.io/tracking-id", "").partition(":")[0]
    name = tracked or labels.get("argocd.argoproj.io/instance", "")
    guessed = not name
    name = name or labels.get("app.kubernetes.io/instance", "")
    if not name:
        return
    # Applications outside Argo CD's own namespace are tracked as <namespace>_<name>.
    namespace, _, alone = name.rpartition("_")
    answer = get(options, context, APPLICATION.path(namespace or options.argocd_namespace, alone))
    who = f"Argo CD application {clean(name, 100)}"
    if answer.status == 404 and guessed:
        return  # the label is Helm's too
    if answer.status != 200:
        if guessed:
            who = f"{who} (if there is one)"
        detail = f"{who}: whether it undoes the change is unknown ({answer.status})"
        yield Check(name="controller", ok=False, detail=detail, blocking=False)
        return
    automated = at(decoded(answer), "/spec/syncPolicy/automated")
    works = isinstance(automated, dict) and automated.get("enabled") is not False
    if works and automated.get("selfHeal") is True:
        detail = f"{who} heals itself: it would undo the change within seconds"
        yield Check(name="controller", ok=False, detail=f"{detail}. Turn its self-heal off, or change its source")
    else:
        when = "its next commit" if works else "its next sync"
        yield Check(name="controller", ok=False, detail=f"{who}: {when} undoes the change", blocking=False)


def _flux(
    options: ObjectOptions, context: StepContext, labels: dict[str, str], notes: dict[str, str]
) -> Iterator[Check]:
    for kind, title in ((KUSTOMIZATION, "Flux kustomization"), (HELM_RELEASE, "Flux Helm release")):
        name = labels.get(f"{kind.group}/name", "")
        if not name:
            continue
        namespace = labels.get(f"{kind.group}/namespace", options.namespace)
        answer = get(options, context, kind.path(namespace, name))
        who = f"{title} {clean(f'{namespace}/{name}', 150)}"
        spec = at(decoded(answer), "/spec") if answer.status == 200 else None
        if not isinstance(spec, dict):
            detail = f"{who}: whether it undoes the change is unknown ({answer.status})"
            yield Check(name="controller", ok=False, detail=detail, blocking=False)
            continue
        off = spec.get("suspend") is True or notes.get(f"{kind.group}/reconcile") == "disabled"
        heals = kind is KUSTOMIZATION or at(spec, "/driftDetection/mode") == "enabled"
        if heals and not off:
            detail = (
                f"{who} reconciles: it would undo the change at its next interval. Suspend it, or change its source"
            )
            yield Check(name="controller", ok=False, detail=detail)
        else:
            when = "is suspended: it undoes the change once it is resumed" if off else "undoes it at its next upgrade"
            yield Check(name="controller", ok=False, detail=f"{who} {when}", blocking=False)


def items(answer: Answer) -> Sequence[dict[str, Any]]:
    """The objects of a list; none when the answer is no list."""
    some = at(decoded(answer), "/items") if answer.status == 200 else None
    return [one for one in some if isinstance(one, dict)] if isinstance(some, list) else []


def _url(options: ObjectOptions, path: str) -> str:
    return f"{options.url.rstrip('/')}{path}"


def _headers(options: ObjectOptions, context: StepContext) -> dict[str, str]:
    token = {"Authorization": f"Bearer {context.secret(options.token)}"} if options.token else {}
    return {"Accept": "application/json", **token}
