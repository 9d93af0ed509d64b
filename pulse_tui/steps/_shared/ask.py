"""What the kinds share: one request whose failure says whether it may have arrived, and targets in words."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from pulse_tui.domain.errors import SourceError, TargetError
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.text import address, clean
from pulse_tui.ports import Answer, StepContext

#: What a target holds is a version or a name, not a document.
VALUE_LIMIT = 500


def ask(
    context: StepContext,
    method: str,
    url: str,
    *,
    writes: bool,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    content: bytes | None = None,
) -> Answer:
    """Exactly one request. Raises TargetError, ambiguous only for a write that may have arrived.

    Secrets in ``url`` are still ``${NAME}``: they are filled in here and nowhere shown.
    """
    whole = context.secret(url)
    try:
        return context.http.send(
            method, whole, params=params, headers=headers, json=json, content=content, timeout_s=context.timeout_s
        )
    except SourceError as error:
        what = error.what.replace(address(whole), address(url))
        raise TargetError(what, ambiguous=writes and error.sent, todo=error.todo) from None


def refused(url: str, answer: Answer, *, writes: bool, todo: str = "") -> TargetError:
    """The error for a status that is no success. After a 5xx nobody knows whether a write happened."""
    body = decoded(answer)
    message = body.get("message") if isinstance(body, dict) else None
    what = f"{address(url)} answered {answer.status}" + (f": {clean(message, 200)}" if isinstance(message, str) else "")
    return TargetError(what, ambiguous=writes and answer.status >= 500, todo=todo)


def moved(target: str, holds: str, expected: str) -> TargetError:
    """The refusal of a target that has another value than the one that was expected. Nothing was changed."""
    what = f"{target} was not touched: it holds {holds or 'nothing'}, expected was {expected or 'nothing'}"
    return TargetError(what, ambiguous=False, todo="Somebody else moved it: check, then plan again")


def to_write(target: str, holds: str, value: str, expected: str) -> bool:
    """Compare before a write: False when ``value`` is there already. Raises TargetError for what is neither it nor expected."""
    if holds not in (value, expected):
        raise moved(target, holds, expected)
    return holds != value


def held(value: str) -> str:
    """What a target holds, safe to show. What must be cleaned or cut gets a digest: it never reads like another value."""
    safe = clean(value, VALUE_LIMIT)
    if safe == value:
        return value
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{clean(value, VALUE_LIMIT - len(digest) - 1)}~{digest}"


def filled(template: str, release: Release) -> str:
    """``{version}``, ``{digest}`` and ``{registry_version}`` filled in. Raises TargetError for one the release lacks."""
    known = {"version": release.version, "digest": release.digest, "registry_version": release.registry_version}

    def one(match: re.Match[str]) -> str:
        value = known[match[1]]
        if not value:
            what = f"release {release.asset_id} {release.version} has no {match[1].replace('_', ' ')}"
            raise TargetError(what, ambiguous=False, todo="Let a source read the registry first")
        return value

    return re.sub(r"\{(version|digest|registry_version)\}", one, template)


def template_problem(template: str) -> str:
    """Why a template gives the same value for every release, or none; empty when it is one."""
    if unknown := set(re.findall(r"\{([a-z_]*)\}", template)) - {"version", "digest", "registry_version"}:
        return f"value: {{{min(unknown)}}} is none of {{version}}, {{registry_version}} and {{digest}}"
    return "" if "{" in template else f"value: {template!r} names nothing of the release, such as {{version}}"


def decoded(answer: Answer) -> Any:
    """The body as JSON; None when it is none."""
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def place(url: str) -> str:
    """The address in words. A query may hold a secret and still distinguishes targets: it is shown as a hash."""
    query = url.partition("?")[2]
    return address(url) + (f"?#{hashlib.sha256(query.encode()).hexdigest()[:8]}" if query else "")


def sent_to(url: str) -> str:
    """What of an address reaches the server, in one form: no fragment, no user, the path without detours."""
    parts = urlsplit(url)
    path = posixpath.normpath(parts.path) if parts.path else "/"
    host = parts.netloc.rpartition("@")[2].lower()
    return f"{parts.scheme.lower()}://{host}{path}" + (f"?{parts.query}" if parts.query else "")


def digest_check(known: str | None, seen: str | None, where: str) -> Check:
    """Whether the artifact is the one that was released. What is unknown warns and does not block."""
    if known and seen:
        same = known == seen
        detail = clean(seen, 100) if same else f"{where} has {clean(seen, 100)}, released was {clean(known, 100)}"
        return Check(name="digest", ok=same, detail=detail)
    missing = "the release has no digest" if not known else f"{where} states no digest"
    return Check(name="digest", ok=False, detail=f"not compared: {missing}", blocking=False)
