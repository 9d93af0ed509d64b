"""A KServe InferenceService through the Kubernetes API: the model it loads, or the canary's share of the traffic.

It is verified once the service is Ready with the change, its model loaded: ``timeout`` is how long that may take.
https://kserve.github.io/website/docs/model-serving/predictive-inference/rollout-strategies/canary
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.text import clean
from pulse_tui.ports import StepContext
from pulse_tui.steps._shared import kubernetes
from pulse_tui.steps._shared.ask import filled, place, to_write
from pulse_tui.steps._shared.kubernetes import Form, Kind, Name, ObjectOptions, at

SERVICE = Kind("serving.kserve.io", "v1beta1", "inferenceservices")


class Field(StrEnum):
    """What of the predictor is moved."""

    STORAGE_URI = "storageUri"
    TRAFFIC = "canaryTrafficPercent"


class Options(ObjectOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The InferenceService, and what of its predictor is moved."""

    field: Field = Field.STORAGE_URI
    """The model's storageUri, or canaryTrafficPercent: 0 to 100, for playbooks that pause or shift."""
    model: Name = "model"
    """The part of the predictor that has the storageUri; older services say ``sklearn``, ``pytorch`` and so on."""
    value: str = "{version}"
    """The storageUri of a release, such as ``s3://models/{asset}/{version}``."""


def target(options: Options) -> str:
    """``kserve https://host/<namespace>/<name>#storageUri``."""
    return f"kserve {place(options.url.rstrip('/'))}/{options.namespace}/{options.name}#{options.field.value}"


def value_of(options: Options, release: Release) -> str:
    """The template ``value`` with what the release has. Raises TargetError for a share of traffic: no release has one."""
    if options.field is Field.TRAFFIC:
        what = f"{target(options)} is a share of traffic and moves no release"
        raise TargetError(what, ambiguous=False, todo="Use it in a playbook that pauses, shifts or resumes")
    return filled(options.value, release)


def read(options: Options, context: StepContext) -> str:
    """The storageUri, or the share in percent; "" when the specification has none."""
    return _held(options, kubernetes.load(options, context, SERVICE))


def write(options: Options, value: str, *, expected: str, key: str, epoch: int, context: StepContext) -> None:
    """Compare, then patch against the version that was read: the API server refuses when anything changed since.

    Raises TargetError. ``key`` and ``epoch`` have no place in the API; a late request fails at the version.
    """
    del key, epoch
    found = kubernetes.load(options, context, SERVICE)
    holds = _held(options, found)
    if not to_write(target(options), holds, value, expected):
        return
    form = Form.NUMBER if options.field is Field.TRAFFIC else Form.TEXT
    new = kubernetes.formed(value, form) if value else None
    if isinstance(new, int) and not 0 <= new <= 100:
        raise TargetError(f"{new} is no share in percent", ambiguous=False, todo="Correct the playbook's value")
    kubernetes.change(options, context, SERVICE, found, _pointer(options), new)


def unsettled(options: Options, context: StepContext) -> str:
    """Why the service is not Ready with its specification yet."""
    return _not_ready(kubernetes.load(options, context, SERVICE))


def check(options: Options, release: Release, context: StepContext) -> Sequence[Check]:
    """Whether it is ready now, whether the model it goes back to is the one rolled out before, and who else writes it."""
    found = kubernetes.load(options, context, SERVICE)
    why = _not_ready(found)
    # A service that is not ready is what a rollback is for: shown, and no reason against it.
    checks = [Check(name="ready", ok=not why, detail=why or "the service is ready", blocking=False)]
    if options.field is Field.STORAGE_URI:
        checks += _storage(found, value_of(options, release))
    return [*checks, *kubernetes.controllers(options, context, found)]


def _storage(found: dict[str, Any], wanted: str) -> Iterator[Check]:
    share = at(found, "/spec/predictor/canaryTrafficPercent")
    if isinstance(share, int) and share < 100:
        detail = (
            f"canaryTrafficPercent is {share}: {clean(wanted, 200)} would get only that share until it is moved too"
        )
        yield Check(name="traffic", ok=False, detail=detail, blocking=False)


def _not_ready(found: dict[str, Any]) -> str:
    if unseen := kubernetes.seen(found):
        return unseen
    status, why = kubernetes.condition(found, "Ready")
    if status != "True":
        return clean(f"it is not ready: {why or 'no condition says so'}", 300)
    transition = at(found, "/status/modelStatus/transitionStatus")
    if transition not in (None, "", "UpToDate"):
        failure = at(found, "/status/modelStatus/lastFailureInfo/message")
        return clean(f"the model is {transition}" + (f": {failure}" if failure else ""), 300)
    return ""


def _pointer(options: Options) -> str:
    within = f"/{options.model}/storageUri" if options.field is Field.STORAGE_URI else f"/{options.field.value}"
    return f"/spec/predictor{within}"


def _held(options: Options, found: dict[str, Any]) -> str:
    return kubernetes.spelled(at(found, _pointer(options)), target(options))
