"""The configuration of a SageMaker endpoint, or the weight of one of its variants, by the service's own API.

SageMaker has **no compare-and-swap** and takes no idempotency key: the endpoint is read and compared right before it is
updated. While an update is under way the endpoint counts as unreadable, and it is verified once it is ``InService`` with
the new configuration: ``timeout`` is how long that may take (minutes). Requests are signed by Signature Version 4.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.text import clean
from pulse_tui.ports import Answer, StepContext
from pulse_tui.steps._shared.ask import ask, decoded, filled, held, place, refused, to_write
from pulse_tui.steps._shared.sigv4 import Keys, signed

Region = Annotated[str, Meta(pattern=r"\A[a-z]{2}(-[a-z]+)+-\d{1,2}\Z", max_length=40)]
_MOVING = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})
_MODELS = 5
"""Variants of a configuration whose model is looked up."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The endpoint, and what of it is moved: its configuration, or with ``variant`` the weight of one variant."""

    region: Region
    """The region that the endpoint is in."""
    endpoint: str
    """The endpoint's name; ``{asset}`` and ``{environment}`` are filled in."""
    value: str = "{version}"
    """The name of a release's endpoint configuration, such as ``support-bot-{registry_version}``."""
    variant: str | None = None
    """Move the weight of this variant instead, in playbooks that pause or shift."""
    retain_variants: bool = False
    """Keep weights and instance counts as they are now instead of those that the configuration states."""
    access_key: str = "${AWS_ACCESS_KEY_ID}"
    """Access key of a role that may describe and update the endpoint."""
    secret_key: str = "${AWS_SECRET_ACCESS_KEY}"  # noqa: S105  a name, no secret
    """Its secret."""
    session_token: str | None = None
    """Its session token as ``${AWS_SESSION_TOKEN}``, for temporary keys."""
    url: str | None = None
    """Another address of the API, such as a VPC endpoint; left out: the region's own."""


def target(options: Options) -> str:
    """``sagemaker <region>/<endpoint>#config``, or ``#weight:<variant>``; with another address: that too."""
    what = "config" if options.variant is None else f"weight:{clean(options.variant, 100)}"
    where = f" at {place(options.url.rstrip('/'))}" if options.url else ""
    return f"sagemaker {options.region}/{clean(options.endpoint, 100)}#{what}{where}"


def value_of(options: Options, release: Release) -> str:
    """The configuration of the release. Raises TargetError for a weight: no release has one."""
    if options.variant is not None:
        what = f"{target(options)} is a share of traffic and moves no release"
        raise TargetError(what, ambiguous=False, todo="Use it in a playbook that pauses, shifts or resumes")
    return filled(options.value, release)


def read(options: Options, context: StepContext) -> str:
    """The configuration's name, or the weight. Raises TargetError, also while an update is under way."""
    return _held(options, _endpoint(options, context))


def write(options: Options, value: str, *, expected: str, key: str, epoch: int, context: StepContext) -> None:
    """Compare, then update. ``key`` and ``epoch`` have no place in the API.

    Raises TargetError, not ambiguous when another value was found or SageMaker refused (as it does during an update).
    """
    del key, epoch
    holds = _held(options, _endpoint(options, context))
    if not to_write(target(options), holds, value, expected):
        return
    if options.variant is None:
        action = "UpdateEndpoint"
        wanted: dict[str, Any] = {"EndpointConfigName": value}
        if options.retain_variants:
            wanted["RetainAllVariantProperties"] = True
    else:
        action = "UpdateEndpointWeightsAndCapacities"
        wanted = {"DesiredWeightsAndCapacities": [{"VariantName": options.variant, "DesiredWeight": _weight(value)}]}
    answer = _call(options, context, action, {"EndpointName": options.endpoint, **wanted}, writes=True)
    if not 200 <= answer.status < 300:
        raise _error(options, action, answer, writes=True)


def unsettled(options: Options, context: StepContext) -> str:
    """Why the endpoint does not serve what it has; "" when it is ``InService``."""
    return _not_serving(_endpoint(options, context))


def check(options: Options, release: Release, context: StepContext) -> Sequence[Check]:
    """The endpoint can be updated, the configuration of the release is there, and so are its models."""
    found = _endpoint(options, context)
    why = _not_serving(found)
    checks = [Check(name="endpoint", ok=not why, detail=why or "the endpoint is InService")]
    return [*checks, *_artifacts(options, context, value_of(options, release))] if options.variant is None else checks


def _artifacts(options: Options, context: StepContext, name: str) -> Iterator[Check]:
    action = "DescribeEndpointConfig"
    answer = _call(options, context, action, {"EndpointConfigName": name}, writes=False)
    if answer.status == 400 and "ould not find" in _message(answer):
        yield Check(name="configuration", ok=False, detail=f"there is no endpoint configuration {clean(name, 100)}")
        return
    if answer.status != 200:
        raise _error(options, action, answer, writes=False)
    yield Check(name="configuration", ok=True, detail=f"endpoint configuration {clean(name, 100)} is there")
    body = decoded(answer)
    variants = _variants(body if isinstance(body, dict) else {})
    models = [str(variant["ModelName"]) for variant in variants if variant.get("ModelName")]
    for model in sorted(set(models))[:_MODELS]:
        answer = _call(options, context, "DescribeModel", {"ModelName": model}, writes=False)
        gone = answer.status == 400 and "ould not find" in _message(answer)
        if answer.status != 200 and not gone:
            raise _error(options, "DescribeModel", answer, writes=False)
        yield Check(name="model", ok=not gone, detail=f"model {clean(model, 100)} is {'gone' if gone else 'there'}")


def _not_serving(found: dict[str, Any]) -> str:
    status = found.get("EndpointStatus")
    if status == "InService":
        return ""
    reason = found.get("FailureReason")
    what = f"the endpoint is {status or 'in an unknown status'}" + (f": {reason}" if reason else "")
    # A failed endpoint takes no update any more: it can only be deleted.
    return clean(f"{what}. It can only be deleted and made again" if status == "Failed" else what, 400)


def _endpoint(options: Options, context: StepContext) -> dict[str, Any]:
    action = "DescribeEndpoint"
    answer = _call(options, context, action, {"EndpointName": options.endpoint}, writes=False)
    found = decoded(answer)
    if answer.status != 200 or not isinstance(found, dict) or not isinstance(found.get("EndpointStatus"), str):
        raise _error(options, action, answer, writes=False)
    return found


def _held(options: Options, found: dict[str, Any]) -> str:
    status = found["EndpointStatus"]
    if status in _MOVING:
        pending = found.get("PendingDeploymentSummary")
        to = pending.get("EndpointConfigName") if isinstance(pending, dict) else None
        what = f"{target(options)} is {clean(status, 40)}" + (f" to {clean(str(to), 100)}" if to else "")
        raise TargetError(
            what, ambiguous=False, todo="Wait until it is InService: SageMaker takes no other update before"
        )
    if options.variant is None:
        name = found.get("EndpointConfigName")
        return held(name) if isinstance(name, str) else ""
    for one in _variants(found):
        if one.get("VariantName") == options.variant:
            weight = one.get("CurrentWeight")
            return f"{weight:g}" if isinstance(weight, int | float) else ""
    what = f"{target(options)}: the endpoint has no such variant"
    raise TargetError(what, ambiguous=False, todo="Correct 'variant'")


def _variants(found: dict[str, Any]) -> list[dict[str, Any]]:
    listed = found.get("ProductionVariants")
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _weight(value: str) -> float:
    if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value, re.ASCII) and f"{float(value):g}" == value:
        return float(value)
    raise TargetError(f"{clean(value, 40)!r} is no weight", ambiguous=False, todo="Correct the playbook's value")


def _call(options: Options, context: StepContext, action: str, body: dict[str, Any], *, writes: bool) -> Answer:
    url = _url(options)
    whole = context.secret(url)
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"SageMaker.{action}"}
    content = msgspec.json.encode(body)
    keys = Keys(
        access_key=context.secret(options.access_key),
        secret_key=context.secret(options.secret_key),
        region=options.region,
        service="sagemaker",
        session_token=context.secret(options.session_token) if options.session_token else "",
    )
    sent = signed("POST", whole, headers, content, keys, context.clock())
    return ask(context, "POST", url, headers=sent, content=content, writes=writes)


def _url(options: Options) -> str:
    return f"{(options.url or f'https://api.sagemaker.{options.region}.amazonaws.com').rstrip('/')}/"


def _message(answer: Answer) -> str:
    body = decoded(answer)
    if not isinstance(body, dict):
        return ""
    said = body.get("message") or body.get("Message") or ""
    return ": ".join(str(part) for part in (str(body.get("__type", "")).rpartition("#")[2], said) if part)


def _error(options: Options, action: str, answer: Answer, *, writes: bool) -> TargetError:
    if said := _message(answer):
        what = f"{action} of {target(options)} answered {answer.status}: {clean(said, 300)}"
        return TargetError(what, ambiguous=writes and answer.status >= 500)
    return refused(_url(options), answer, writes=writes, todo="Check region, endpoint and keys")
