"""A feature flag of an Unleash server in one environment: who gets which variant, how many get it, or whether it is on.

A strategy is changed by a JSON Patch that tests the old value at the server, so that nobody else's change is written
over; switching on and off has no such test and is compared right before. What fails the test is refused with status 500
by Unleash, which is not taken for an unknown end. https://docs.getunleash.io/api-overview
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any
from urllib.parse import quote

import msgspec

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.text import clean
from pulse_tui.ports import Answer, StepContext
from pulse_tui.steps._shared.ask import ask, decoded, filled, held, place, refused, to_write


class Part(StrEnum):
    """What of the flag is the value."""

    VARIANTS = "variants"
    """A variant's name when everybody gets it, else shares in percent: ``3.8.1=90,3.8.2=10``."""
    ROLLOUT = "rollout"
    """How many users in percent the strategy is for: ``100``."""
    ENABLED = "enabled"
    """``on`` or ``off`` in the environment."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The flag, the environment, and what of it is moved. Variants are those of the strategy; none is made or removed."""

    url: str
    """The server's address."""
    feature: str
    """The flag's name; ``{asset}`` is filled in."""
    environment: str
    """The environment as Unleash calls it; ``{environment}`` is filled in."""
    project: str = "default"
    """The project that the flag belongs to."""
    token: str | None = None
    """A token for the admin API as ``${NAME}``: a service account that may update strategies in that environment."""
    part: Part = Part.VARIANTS
    """The variants of the strategy, its rollout, or whether the flag is on."""
    strategy: str | None = None
    """Title or id of the strategy; needed when the environment has several that are on."""
    value: str = "{version}"
    """The variant of a release."""


_WHOLE = 1000
"""What the weights of all variants add up to."""
_SHARE = re.compile(r"(\d{1,3})(?:\.(\d))?\Z", re.ASCII)


def target(options: Options) -> str:
    """``unleash http://host/<project>/<feature>@<environment>#variants``."""
    names = "/".join(quote(clean(n, 200)) for n in (options.project, options.feature))
    which = f"{options.part.value}{f':{clean(options.strategy, 100)}' if options.strategy else ''}"
    return f"unleash {place(options.url.rstrip('/'))}/{names}@{quote(clean(options.environment, 100))}#{which}"


def value_of(options: Options, release: Release) -> str:
    """The variant of the release. Raises TargetError for a part that moves no release."""
    if options.part is not Part.VARIANTS:
        what = f"{target(options)} moves no release"
        raise TargetError(what, ambiguous=False, todo="Use it in a playbook that pauses, shifts or resumes")
    return filled(options.value, release)


def read(options: Options, context: StepContext) -> str:
    """Who gets what, how many get it, or ``on`` and ``off``. Raises TargetError."""
    return _held(options, _environment(options, context))


def write(options: Options, value: str, *, expected: str, key: str, epoch: int, context: StepContext) -> None:
    """Compare, then change; the server compares again. ``key`` and ``epoch`` have no place in the API.

    Raises TargetError, not ambiguous when another value was found or the server refused.
    """
    del key, epoch
    found = _environment(options, context)
    holds = _held(options, found)
    if not to_write(target(options), holds, value, expected):
        return
    if options.part is Part.ENABLED:
        if value not in ("on", "off"):
            raise _unfit(f"{clean(value, 40)!r} is neither on nor off")
        answer = _call(options, context, "POST", f"{_path(options)}/{value}", writes=True)
    else:
        strategy = _strategy(options, found)
        pointer, was, new = _change(options, strategy, value)
        patch = [{"op": "test", "path": pointer, "value": was}, {"op": "replace", "path": pointer, "value": new}]
        path = f"{_path(options)}/strategies/{quote(str(strategy.get('id', '')), safe='')}"
        answer = _call(options, context, "PATCH", path, json=patch, writes=True)
    if 200 <= answer.status < 300:
        return
    if "test operation failed" in _message(answer).lower():
        what = f"{target(options)}: the server refused, because the strategy is no longer as it was read"
        raise TargetError(what, ambiguous=False, todo="Somebody else moved it: check, then plan again")
    raise refused(_url(options, _path(options)), answer, writes=True)


def check(options: Options, release: Release, context: StepContext) -> Sequence[Check]:
    """The flag is not archived, the variant of the release is there, and whether anybody gets it at all."""
    path = f"/api/admin/projects/{quote(options.project, safe='')}/features/{quote(options.feature, safe='')}"
    answer = _call(options, context, "GET", path, writes=False)
    if answer.status not in (200, 404):
        raise refused(_url(options, path), answer, writes=False)
    flag = decoded(answer) if answer.status == 200 else None
    # The environment of an archived flag can still be read and even changed; the flag itself is not found any more.
    there = isinstance(flag, dict) and flag.get("archived") is not True
    name = clean(options.feature, 100)
    checks = [Check(name="flag", ok=there, detail=f"{name} {'is there' if there else 'is archived or gone'}")]
    if options.part is Part.VARIANTS:
        checks += _serving(options, _environment(options, context), value_of(options, release))
    return checks


def _serving(options: Options, found: dict[str, Any], wanted: str) -> Iterator[Check]:
    strategy = _strategy(options, found)
    names = [str(v.get("name")) for v in _variants(strategy)]
    there = wanted in names or all(n in names for n in _shares(wanted, names))
    detail = f"the strategy has {clean(wanted, 100)}" if there else f"it has {clean(', '.join(names), 200) or 'none'}"
    yield Check(name="variant", ok=there, detail=detail)
    rollout = _rollout(strategy)
    got = [] if found.get("enabled") is True else [f"the flag is off in {clean(options.environment, 60)}"]
    got += [f"the strategy is for {rollout} % of users"] if rollout not in ("", "100") else []
    others = [s for s in _strategies(found) if s is not strategy and s.get("disabled") is not True]
    got += [f"{len(others)} more of its strategies are on: who matches one gets what that says"] if others else []
    yield Check(name="reach", ok=not got, detail="; ".join(got) or "every user gets the variant", blocking=False)


def _change(options: Options, strategy: dict[str, Any], value: str) -> tuple[str, Any, Any]:
    """JSON pointer in the strategy, what is there, and what will be. Raises TargetError (nothing was sent)."""
    if options.part is Part.ROLLOUT:
        if not value.isascii() or not value.isdigit() or int(value) > 100:
            raise _unfit(f"{clean(value, 40)!r} is no share in percent")
        return "/parameters/rollout", strategy.get("parameters", {}).get("rollout"), str(int(value))
    variants = _variants(strategy)
    names = [str(v.get("name")) for v in variants]
    shares = _shares(value, names)
    missing = [n for n in shares if n not in names]
    if missing or sum(shares.values()) != _WHOLE:
        why = f"there is no variant {clean(missing[0], 100)!r}" if missing else "the shares do not add up to 100 %"
        raise _unfit(f"{clean(value, 100)!r}: {why}")
    # The server gives what is left to a variable one, and wants one: the largest, so that its share comes out the same.
    largest = max(names, key=lambda n: shares.get(n, 0))
    new = [
        {**v, "weight": shares.get(n, 0), "weightType": "variable" if n == largest else "fix"}
        for n, v in zip(names, variants, strict=True)
    ]
    return "/variants", variants, new


def _shares(value: str, names: Sequence[str]) -> dict[str, int]:
    """Weights by variant: of one name all of it, of ``a=90,b=10`` what is said. Empty for what cannot be read."""
    if value in names or "=" not in value:
        return {value: _WHOLE}
    out: dict[str, int] = {}
    for part in value.split(","):
        name, _, share = part.rpartition("=")
        found = _SHARE.match(share)
        if found is None or not name or name in out:
            return {}
        out[name] = int(found[1]) * 10 + int(found[2] or 0)
    return out


def _held(options: Options, found: dict[str, Any]) -> str:
    if options.part is Part.ENABLED:
        return "on" if found.get("enabled") is True else "off"
    strategy = _strategy(options, found)
    if options.part is Part.ROLLOUT:
        return _rollout(strategy)
    weights = {str(v.get("name")): v.get("weight") for v in _variants(strategy)}
    some = {n: w for n, w in sorted(weights.items()) if isinstance(w, int) and w > 0}
    if len(some) == 1:
        return held(next(iter(some)))
    return held(",".join(f"{n}={w // 10}{f'.{w % 10}' if w % 10 else ''}" for n, w in some.items()))


def _rollout(strategy: dict[str, Any]) -> str:
    parameters = strategy.get("parameters")
    return clean(str(parameters.get("rollout", "")), 20) if isinstance(parameters, dict) else ""


def _strategies(found: dict[str, Any]) -> list[dict[str, Any]]:
    some = found.get("strategies")
    return [s for s in some if isinstance(s, dict)] if isinstance(some, list) else []


def _variants(strategy: dict[str, Any]) -> list[dict[str, Any]]:
    some = strategy.get("variants")
    return [v for v in some if isinstance(v, dict)] if isinstance(some, list) else []


def _strategy(options: Options, found: dict[str, Any]) -> dict[str, Any]:
    """The one strategy that is meant. Raises TargetError when that is not clear."""
    some = _strategies(found)
    if options.strategy is None:
        chosen = [s for s in some if s.get("disabled") is not True]
    else:
        chosen = [s for s in some if options.strategy in (s.get("title"), s.get("id"))]
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(clean(str(s.get("title") or s.get("id")), 60) for s in some) or "none"
    what = f"{target(options)}: which strategy is meant? The environment has {names}"
    raise TargetError(what, ambiguous=False, todo="Name one of them: strategy")


def _environment(options: Options, context: StepContext) -> dict[str, Any]:
    path = _path(options)
    answer = _call(options, context, "GET", path, writes=False)
    found = decoded(answer)
    if answer.status != 200 or not isinstance(found, dict) or "enabled" not in found:
        raise refused(_url(options, path), answer, writes=False, todo="Check url, project, feature and environment")
    return found


def _path(options: Options) -> str:
    project, feature, environment = (
        quote(part, safe="") for part in (options.project, options.feature, options.environment)
    )
    return f"/api/admin/projects/{project}/features/{feature}/environments/{environment}"


def _url(options: Options, path: str) -> str:
    return f"{options.url.rstrip('/')}{path}"


def _call(options: Options, context: StepContext, method: str, path: str, *, writes: bool, json: Any = None) -> Answer:
    headers = {"Accept": "application/json"}
    if options.token:
        headers["Authorization"] = context.secret(options.token)
    return ask(context, method, _url(options, path), writes=writes, headers=headers, json=json)


def _message(answer: Answer) -> str:
    body = decoded(answer)
    return str(body.get("message", "")) if isinstance(body, dict) else ""


def _unfit(what: str) -> TargetError:
    return TargetError(what, ambiguous=False, todo="Correct the playbook's value")
