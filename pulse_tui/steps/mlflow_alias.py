"""An alias of a registered model in an MLflow registry. It holds a version number of the registry.

MLflow has **no compare-and-swap**: the alias is read and compared right before it is set, and between
the two requests another writer can slip in (the last one wins, without history). The registry takes no
idempotency key and no fencing token either. The executor therefore re-reads after the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check
from pulse_tui.ports import Answer, StepContext
from pulse_tui.steps._shared.ask import decoded, held, place, refused, sent_to, to_write
from pulse_tui.steps._shared.mlflow import Registry, numbered, part, version_checks


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The alias, and the version tags that are checked. ``token`` is a secret such as ``${MLFLOW_TOKEN}``."""

    url: str
    """The registry's address."""
    model: str
    """The registered model; ``{asset}`` is filled in."""
    alias: str
    """The alias that is moved."""
    token: str | None = None
    digest_tag: str = "digest"
    """The version tag that holds the content digest, compared before the rollback."""
    status_tag: str = "pulse.status"
    """The version tag that says a version must not be used, such as quarantined."""


def target(options: Options) -> str:
    """``mlflow http://host/#models/<model>@<alias>``."""
    return f"mlflow {place(options.url.rstrip('/'))}/#models/{quote(options.model)}@{quote(options.alias)}"


def sends_to(options: Options) -> str:
    """The registry in one form, and what is moved there."""
    return msgspec.json.encode([sent_to(options.url), options.model, options.alias]).decode()


def value_of(options: Options, release: Release) -> str:
    """The registry's number of the release. Raises TargetError (nothing was sent) when it has none."""
    return numbered(release, options.model)


def read(options: Options, context: StepContext) -> str:
    """The version the alias points at; "" when there is no such alias (MLflow answers that with 400)."""
    registry = _registry(options, context)
    answer = registry.get("registered-models/alias", alias=options.alias)
    if answer.status == 400 and _no_alias(answer):
        return ""
    version = part(answer, "model_version").get("version") if answer.status == 200 else None
    if version is None:
        raise refused(registry.url("registered-models/alias"), answer, writes=False, todo="Check the model")
    return held(str(version))


def write(options: Options, value: str, *, expected: str, key: str, epoch: int, context: StepContext) -> None:
    """Compare with ``expected``, then set the alias ("" deletes it). ``key`` and ``epoch`` have no place in MLflow.

    Raises TargetError; not ambiguous when another value was found or the registry refused.
    """
    del key, epoch
    now = read(options, context)
    if not to_write(target(options), now, value, expected):
        return
    registry = _registry(options, context)
    if value:
        registry.change("POST", "registered-models/alias", alias=options.alias, version=value)
    else:
        registry.change("DELETE", "registered-models/alias", alias=options.alias)


def check(options: Options, release: Release, context: StepContext) -> Sequence[Check]:
    """The version is there, READY, has the release's digest, and nobody tagged it ``pulse.status=bad``."""
    return version_checks(_registry(options, context), release, options.digest_tag, options.status_tag)


def _registry(options: Options, context: StepContext) -> Registry:
    return Registry(options.url, options.token, options.model, context)


def _no_alias(answer: Answer) -> bool:
    """Distinguish a missing alias from every other bad parameter: MLflow gives both the same code."""
    body = decoded(answer)
    if not isinstance(body, dict) or body.get("error_code") != "INVALID_PARAMETER_VALUE":
        return False
    message = str(body.get("message", "")).lower()
    return "alias" in message and "not found" in message
