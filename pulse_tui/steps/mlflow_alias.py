"""An alias of a registered model in an MLflow registry. It holds a version number of the registry.

MLflow has **no compare-and-swap**: the alias is read and compared right before it is set, and between
the two requests another writer can slip in (the last one wins, without history). The registry takes no
idempotency key and no fencing token either. The executor therefore re-reads after the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.text import clean
from pulse_tui.ports import Answer, StepContext
from pulse_tui.steps._shared.ask import VALUE_LIMIT, ask, decoded, digest_check, place, refused


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


def value_of(options: Options, release: Release) -> str:
    """The registry's number of the release. Raises TargetError (nothing was sent) when it has none."""
    if not release.registry_version:
        raise TargetError(
            f"release {release.asset_id} {release.version} has no version number of the registry {options.model!r}",
            ambiguous=False,
            todo="Let an mlflow source read the registry first",
        )
    return release.registry_version


def read(options: Options, context: StepContext) -> str:
    """The version the alias points at; "" when there is no such alias (MLflow answers that with 400)."""
    query = {"name": options.model, "alias": options.alias}
    answer = _call(options, context, "GET", "registered-models/alias", params=query, writes=False)
    if answer.status == 400 and _no_alias(answer):
        return ""
    version = _model_version(answer).get("version") if answer.status == 200 else None
    if version is None:
        raise refused(_url(options, "registered-models/alias"), answer, writes=False, todo="Check the model")
    return clean(str(version), VALUE_LIMIT)


def write(options: Options, value: str, *, expected: str, key: str, epoch: int, context: StepContext) -> None:
    """Compare with ``expected``, then set the alias ("" deletes it). ``key`` and ``epoch`` have no place in MLflow.

    Raises TargetError; not ambiguous when another value was found or the registry refused.
    """
    del key, epoch
    now = read(options, context)
    if now == value:
        return
    if now != expected:
        what = f"{target(options)} was not touched: it holds {now or 'nothing'}, expected was {expected or 'nothing'}"
        raise TargetError(what, ambiguous=False, todo="Somebody else moved it: check, then plan again")
    named = {"name": options.model, "alias": options.alias}
    if value:
        answer = _call(
            options, context, "POST", "registered-models/alias", json={**named, "version": value}, writes=True
        )
    else:
        answer = _call(options, context, "DELETE", "registered-models/alias", json=named, writes=True)
    if not 200 <= answer.status < 300:
        raise refused(_url(options, "registered-models/alias"), answer, writes=True)


def check(options: Options, release: Release, context: StepContext) -> Sequence[Check]:
    """The version is there, READY, has the release's digest, and nobody tagged it ``pulse.status=bad``."""
    number = release.registry_version
    if not number:
        return (Check(name="registry version", ok=False, detail=f"{release.version} has no number in the registry"),)
    query = {"name": options.model, "version": number}
    answer = _call(options, context, "GET", "model-versions/get", params=query, writes=False)
    if answer.status == 404:
        gone = f"{options.model} has no version {number} ({release.version}) any more"
        return (Check(name="registry version", ok=False, detail=clean(gone, 300)),)
    if answer.status != 200:
        raise refused(_url(options, "model-versions/get"), answer, writes=False)
    found = _model_version(answer)
    tags = {t["key"]: str(t.get("value", "")) for t in found.get("tags") or () if isinstance(t, dict) and "key" in t}
    status = clean(str(found.get("status") or "unknown"), 40)
    mark = tags.get(options.status_tag, "")
    bad = mark.strip().lower() == "bad"
    return (
        Check(name="registry version", ok=True, detail=clean(f"{options.model} {number} is {release.version}", 300)),
        Check(name="status", ok=status == "READY", detail=status),
        digest_check(release.digest, tags.get(options.digest_tag) or None, "the registry"),
        Check(name="not marked bad", ok=not bad, detail=clean(f"{options.status_tag}={mark or 'not set'}", 300)),
    )


def _url(options: Options, path: str) -> str:
    return f"{options.url.rstrip('/')}/api/2.0/mlflow/{path}"


def _call(
    options: Options,
    context: StepContext,
    method: str,
    path: str,
    *,
    writes: bool,
    params: dict[str, str] | None = None,
    json: Any = None,
) -> Answer:
    headers = {"Authorization": f"Bearer {context.secret(options.token)}"} if options.token else None
    url = _url(options, path)
    return ask(context, method, url, writes=writes, params=params, headers=headers, json=json)


def _model_version(answer: Answer) -> dict[str, Any]:
    body = decoded(answer)
    version = body.get("model_version") if isinstance(body, dict) else None
    return version if isinstance(version, dict) else {}


def _no_alias(answer: Answer) -> bool:
    """Distinguish a missing alias from every other bad parameter: MLflow gives both the same code."""
    body = decoded(answer)
    if not isinstance(body, dict) or body.get("error_code") != "INVALID_PARAMETER_VALUE":
        return False
    message = str(body.get("message", "")).lower()
    return "alias" in message and "not found" in message
