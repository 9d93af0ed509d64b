"""A tag at an MLflow registry, of a registered model or of one of its versions. It holds a version.

For deployments that follow a tag, such as ``serving=12``. As with an alias, MLflow has **no compare-and-swap**: the
tag is read and compared right before it is set, and of two writers the last one wins, without history. The registry
takes no idempotency key and no fencing token. The executor therefore re-reads after the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check
from pulse_tui.ports import StepContext
from pulse_tui.steps._shared.ask import filled, held, place, refused, sent_to, template_problem, to_write
from pulse_tui.steps._shared.mlflow import Registry, part, tags_of, version_checks


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tag, and the version tags that are checked. ``token`` is a secret such as ``${MLFLOW_TOKEN}``."""

    url: str
    """The registry's address."""
    model: str
    """The registered model; ``{asset}`` is filled in."""
    tag: str
    """The tag that is set; the registry refuses one that it keeps for itself (``mlflow.*``)."""
    on_version: str | None = None
    """The number of the version that has the tag. Without it, the tag is the model's."""
    value: str = "{registry_version}"
    """The tag's value of a release: ``{registry_version}`` (its number there, ``12``), ``{version}`` (``3.8.1``), ``{digest}``."""
    token: str | None = None
    digest_tag: str = "digest"
    """The version tag that holds the content digest, compared before the rollback."""
    status_tag: str = "pulse.status"
    """The version tag that says a version must not be used, such as quarantined."""

    def __post_init__(self) -> None:
        if not self.tag:
            raise ValueError("name the tag")
        if problem := template_problem(self.value):
            raise ValueError(problem)
        if self.on_version is not None and not (self.on_version.isascii() and self.on_version.isdecimal()):
            raise ValueError("on_version is a number of the registry, such as 12")


def target(options: Options) -> str:
    """``mlflow http://host/#models/<model>:tag=<tag>``, with ``/<version>`` behind the model for a version's tag."""
    whose = quote(options.model) + (f"/{options.on_version}" if options.on_version else "")
    return f"mlflow {place(options.url.rstrip('/'))}/#models/{whose}:tag={quote(options.tag)}"


def sends_to(options: Options) -> str:
    """The registry in one form, and what is moved there."""
    return msgspec.json.encode([sent_to(options.url), options.model, options.on_version, options.tag]).decode()


def value_of(options: Options, release: Release) -> str:
    """As ``value`` says. Raises TargetError (nothing was sent) when the release has no such thing."""
    return filled(options.value, release)


def read(options: Options, context: StepContext) -> str:
    """The tag's value; "" when there is no such tag. Raises TargetError when there is no such model or version."""
    registry = _registry(options, context)
    if options.on_version:
        answer, name = registry.get("model-versions/get", version=options.on_version), "model_version"
    else:
        answer, name = registry.get("registered-models/get"), "registered_model"
    found = part(answer, name)
    if answer.status != 200 or "name" not in found:  # a login page in its place must not read as no tag
        path = "model-versions/get" if options.on_version else "registered-models/get"
        raise refused(registry.url(path), answer, writes=False, todo="Check the model")
    return held(tags_of(found).get(options.tag, ""))


def write(options: Options, value: str, *, expected: str, key: str, epoch: int, context: StepContext) -> None:
    """Compare with ``expected``, then set the tag ("" deletes it). ``key`` and ``epoch`` have no place in MLflow.

    Raises TargetError; not ambiguous when another value was found or the registry refused.
    """
    del key, epoch
    now = read(options, context)
    if not to_write(target(options), now, value, expected):
        return
    registry = _registry(options, context)
    whose = {"version": options.on_version} if options.on_version else {}
    room = "model-versions" if options.on_version else "registered-models"
    if value:
        registry.change("POST", f"{room}/set-tag", key=options.tag, value=value, **whose)
    else:
        registry.change("DELETE", f"{room}/delete-tag", key=options.tag, **whose)


def check(options: Options, release: Release, context: StepContext) -> Sequence[Check]:
    """The version is there, READY, has the release's digest, and nobody tagged it ``pulse.status=bad``."""
    return version_checks(_registry(options, context), release, options.digest_tag, options.status_tag)


def _registry(options: Options, context: StepContext) -> Registry:
    return Registry(options.url, options.token, options.model, context)
