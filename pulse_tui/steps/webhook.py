"""A value behind two HTTP addresses: one returns it, one sets it. For targets of one's own.

Every write carries ``Idempotency-Key`` and ``X-Fencing-Epoch`` and the expected value: a target that
compares them answers 409 or 412 to refuse, which is never ambiguous. With ``signing_secret`` it is signed, too, in the
form of Standard Webhooks (``webhook-id``, which is the idempotency key, ``webhook-timestamp``, ``webhook-signature``).

A target whose reads lag behind its writes should offer ``probe_url``: it is asked what became of a write that had no
answer, and before one is sent again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from urllib.parse import quote

import msgspec

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.text import address, clean
from pulse_tui.ports import StepContext
from pulse_tui.steps._shared.ask import (
    ask,
    decoded,
    digest_check,
    filled,
    held,
    place,
    refused,
    sent_to,
    template_problem,
)
from pulse_tui.steps._shared.signed import SECRET, signature


class Method(StrEnum):
    """How the value is set."""

    PUT = "PUT"
    POST = "POST"
    PATCH = "PATCH"


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``field`` is the dotted path of the value in the answer of ``read_url`` (``spec.version``, ``items.0.tag``).

    In the texts of ``body`` ``{value}``, ``{expected}``, ``{key}`` and ``{epoch}`` are filled in. ``headers`` may
    hold secrets as ``${NAME}``. ``artifact_url`` with ``{version}`` is asked before a rollback: 200, and
    ``artifact_field`` is the release's digest.
    """

    read_url: str
    write_url: str
    """Sets the value. ``{asset}`` and ``{environment}`` are filled in."""
    method: Method = Method.PUT
    """How the value is sent."""
    headers: dict[str, str] = {}
    field: str = "version"
    value: str = "{version}"
    """The value of a release: ``{version}``, ``{registry_version}`` and ``{digest}`` are filled in."""
    body: dict[str, Any] = msgspec.field(default_factory=lambda: {"version": "{value}", "expected": "{expected}"})
    artifact_url: str | None = None
    artifact_field: str = "digest"
    signing_secret: str | None = None
    """``${NAME}`` of a Standard Webhooks secret (``whsec_`` and base64 of 24 to 64 bytes) that signs every write."""
    probe_url: str | None = None
    """Says whether the write of ``{key}`` took effect, at ``probe_field``: true, false (it did not and no longer will), or
    anything else for not known. A status other than 200 is not known either."""
    probe_field: str = "landed"
    """The dotted path of the answer's true or false."""

    def __post_init__(self) -> None:
        if problem := template_problem(self.value):
            raise ValueError(problem)
        if self.signing_secret is not None and not SECRET.fullmatch(self.signing_secret):
            raise ValueError("signing_secret is ${NAME}: plans keep the options, and nothing secret belongs in them")
        if self.probe_url is not None and "{key}" not in self.probe_url:
            raise ValueError("probe_url has {key} in it, the idempotency key of the write")


def target(options: Options) -> str:
    """``webhook PUT http://host/path#field``."""
    return f"webhook {options.method.value} {place(options.write_url)}#{clean(options.field, 100)}"


def sends_to(options: Options) -> str:
    """The address and the body: ``field`` only says where the answer has the value."""
    return msgspec.json.encode([sent_to(options.write_url), options.body], order="sorted").decode()


def value_of(options: Options, release: Release) -> str:
    """As ``value`` says. Raises TargetError (nothing was sent) when the release has no such thing."""
    return filled(options.value, release)


def read(options: Options, context: StepContext) -> str:
    """The value at ``field``; "" when it is null. Raises TargetError for another status or a missing field."""
    url = options.read_url
    answer = ask(context, "GET", url, headers=_headers(options, context), writes=False)
    if answer.status != 200:
        raise refused(url, answer, writes=False, todo="Check read_url")
    found, value = _at(decoded(answer), options.field)
    if not found or isinstance(value, dict | list):
        what = f"{address(url)} has no value at {options.field!r}"
        raise TargetError(what, ambiguous=False, todo="Correct 'field'")
    return _text(value)


def write(options: Options, value: str, *, expected: str, key: str, epoch: int, context: StepContext) -> None:
    """One request. Raises TargetError; not ambiguous when the target refused, ambiguous when it did not answer."""
    url = options.write_url
    headers = {**_headers(options, context), "Idempotency-Key": key, "X-Fencing-Epoch": str(epoch)}
    names = {"{value}": value, "{expected}": expected, "{key}": key, "{epoch}": str(epoch)}
    body = msgspec.json.encode(_filled(options.body, names))
    headers["Content-Type"] = "application/json"
    if options.signing_secret is not None:
        headers |= signature(context.secret(options.signing_secret), key, context.clock(), body)
    answer = ask(context, options.method.value, url, headers=headers, content=body, writes=True)
    if 200 <= answer.status < 300:
        return
    if answer.status in (409, 412):
        found, holds = _at(decoded(answer), options.field)
        state = f"it holds {_text(holds) or 'nothing'}" if found else f"answer {answer.status}"
        what = f"{address(url)}: the target refused: {state}, expected was {expected or 'nothing'}"
        raise TargetError(what, ambiguous=False, todo="Somebody else moved it: check, then plan again")
    raise refused(url, answer, writes=True)


def landed(options: Options, key: str, context: StepContext) -> bool | None:
    """What the target says of the write at ``probe_url``; None when it does not say, or has no such address."""
    if options.probe_url is None:
        return None
    url = options.probe_url.replace("{key}", quote(key, safe=""))
    answer = ask(context, "GET", url, headers=_headers(options, context), writes=False)
    _, value = _at(decoded(answer), options.probe_field) if answer.status == 200 else (False, None)
    return value if isinstance(value, bool) else None


def check(options: Options, release: Release, context: StepContext) -> Sequence[Check]:
    """The artifact of the release is still there with the same digest, when ``artifact_url`` is set."""
    if options.artifact_url is None:
        return (Check(name="artifact", ok=False, detail="not checked: no artifact_url", blocking=False),)
    url = options.artifact_url.replace("{version}", quote(release.version, safe=""))
    answer = ask(context, "GET", url, headers=_headers(options, context), writes=False)
    if answer.status != 200:
        missing = f"{address(url)} answered {answer.status}"
        return (Check(name="artifact", ok=False, detail=missing),)
    found, digest = _at(decoded(answer), options.artifact_field)
    seen = _text(digest) if found and not isinstance(digest, dict | list) else ""
    return (
        Check(name="artifact", ok=True, detail=f"{address(url)} is there"),
        digest_check(release.digest, seen or None, "the target"),
    )


def _headers(options: Options, context: StepContext) -> dict[str, str]:
    return {"Accept": "application/json", **{name: context.secret(value) for name, value in options.headers.items()}}


_NAMES = re.compile(r"\{(?:value|expected|key|epoch)\}")


def _filled(part: Any, names: dict[str, str]) -> Any:
    if isinstance(part, str):
        # One pass: a value that happens to contain {key} is not filled in again.
        return _NAMES.sub(lambda match: names[match[0]], part)
    if isinstance(part, dict):
        return {key: _filled(value, names) for key, value in part.items()}
    return [_filled(value, names) for value in part] if isinstance(part, list | tuple) else part


def _at(value: Any, path: str) -> tuple[bool, Any]:
    """Whether something is at the dotted path, and what."""
    for name in path.split("."):
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isascii() and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return False, None
    return True, value


def _text(value: Any) -> str:
    return "" if value is None else held(str(value))
