"""A finished CI run becomes a version event, the provenance of a release, and an environment's version now."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from pulse_tui.collectors._shared.files import encoded, refuse
from pulse_tui.domain.errors import Refused
from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.moments import EPOCH, iso, to_us
from pulse_tui.domain.release import Attestation, RegistrySnapshot
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.source import Observation, Rejected
from pulse_tui.domain.text import as_name, clean
from pulse_tui.domain.words import Change, Environment, Recommended, Severity, SignalType
from pulse_tui.ports import CollectContext, HookRequest

T = TypeVar("T")

#: A tag (or branch) that is a version as a whole: ``v3.8.1``, ``3.8.1-rc.1``.
VERSION = r"^v?(\d+\.\d+\.\d+\S*)$"
#: Commits are SHA-1 or SHA-256.
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_AHEAD = timedelta(days=1)
_SHORT = 12


class Means(StrEnum):
    """What a run of a pipeline means for the asset."""

    BUILD = "build"
    DEPLOYMENT = "deployment"
    EVALUATION = "evaluation"


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which asset runs are about and what they mean; ``environment`` is where a deployment goes.

    ``version`` is a regular expression with one group, the version.
    """

    asset: str
    means: Means
    environment: Environment | None = None
    version: str = VERSION

    def __post_init__(self) -> None:
        """Raise ValueError for a deployment without environment, or an invalid pattern."""
        if (self.means is Means.DEPLOYMENT) is (self.environment is None):
            needs = "needs" if self.environment is None else "takes no"
            raise ValueError(f"'means: {self.means}' {needs} 'environment'")
        one_group(self.version)


def one_group(pattern: str) -> None:
    """Raise ValueError unless ``pattern`` is a regular expression with exactly one group."""
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"the pattern {pattern!r} is not a regular expression: {error}") from None
    if groups != 1:
        raise ValueError(f"the pattern {pattern!r} has {groups} groups: it needs one, the version")


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """A run that came to an end, under one rule. Texts are safe; times are aware."""

    rule: Rule
    key: str
    """Names this run and attempt within its source."""
    ok: bool
    ended: str
    """How it ended, as the CI names it."""
    commit: str
    searched: str
    """The text that was searched for the version."""
    at: datetime
    branch: str = ""
    repository: str = ""
    builder: str = ""
    run: str = ""
    actor: str = ""

    @property
    def version(self) -> str | None:
        """What the rule's pattern finds; None when it finds nothing."""
        match = re.search(self.rule.version, self.searched[:300])
        return as_name(match[1]) or None if match and match[1] else None


class Bad(ValueError):
    """A record that is refused; the text says why."""


def commit(text: str) -> str:
    """The commit id. Raises Bad when it is none."""
    if not _COMMIT.fullmatch(text):
        raise Bad(f"{clean(text, 80)!r} is not a commit id")
    return text


def plausible(moment: datetime, now: datetime) -> datetime:
    """The moment. Raises Bad for a future one, which would make all later ones outdated, or one before 1970."""
    if not EPOCH <= moment <= now + _AHEAD:
        raise Bad(f"the time {moment.isoformat()} is not plausible at {iso(now)}")
    return moment


def typed(raw: Any, shape: type[T], what: str, context: CollectContext, rejected: list[Rejected]) -> T | None:
    """The record as ``shape``, or None after refusing it by its id."""
    try:
        return msgspec.convert(raw, shape)
    except msgspec.ValidationError as error:
        name = str(raw.get("id", "?")) if isinstance(raw, dict) else "?"
        rejected.append(refuse(context.source, f"{what} {name}", str(error), encoded(raw)))
        return None


def fresh(rejected: Sequence[Rejected], before: Sequence[str]) -> tuple[tuple[Rejected, ...], list[str]]:
    """What was not refused in the last round already, and what to remember: lists are read with an overlap."""
    known = set(before)
    marks = [fingerprint(r.problem.where, r.problem.what) for r in rejected]
    new = tuple(r for r, mark in zip(rejected, marks, strict=True) if mark not in known)
    return new, sorted(set(marks))


def tell(runs: Sequence[Finished], placed: dict[str, int], context: CollectContext) -> Iterator[Observation]:
    """Version events and attestations, the oldest run first, then where environments point now.

    ``placed`` remembers the newest successful deployment (microseconds) of each asset and environment, and
    is brought up to date: a run that ended before it does not show what serves now.
    """
    newest: dict[str, Finished] = {}
    for run in sorted(runs, key=lambda run: (run.at, run.key)):
        yield _signal(run, context)
        rule, version = run.rule, run.version
        if not run.ok:
            continue
        if rule.means is Means.BUILD and version is not None:
            yield _attestation(run, version, context.source)
        if rule.environment is not None:
            place = f"{rule.asset}/{rule.environment.value}"
            if to_us(run.at) > placed.get(place, -1):
                placed[place] = to_us(run.at)
                newest[place] = run
    for run in newest.values():
        version, environment = run.version, run.rule.environment
        # A deployment of an unknown version is a signal; it cannot point at a release.
        if version is not None and environment is not None:
            yield RegistrySnapshot(
                source=context.source,
                asset_id=run.rule.asset,
                versions=(),
                placements={environment: (version, 100.0)},
                placed_at={environment: run.at},
                complete=False,
            )


def _signal(run: Finished, context: CollectContext) -> Signal:
    rule, version = run.rule, run.version
    shown = version or run.commit[:_SHORT]
    where = f" to {rule.environment.value}" if rule.environment else ""
    ended = "succeeded" if run.ok else f"failed ({run.ended})" if run.ended != "failed" else "failed"
    stated = [f"by {run.actor}"] if run.actor else []
    if version is None:
        stated.append(f"{clean(run.searched, 80)!r} names no version: its commit is used")
    condition = ("version",) if run.ok else ("failed", rule.means.value)
    return observed(
        SignalType.VERSION_EVENT,
        source=context.source,
        event=(run.key, rule.means, rule.asset, rule.environment),
        fingerprint=fingerprint(*condition, rule.asset, rule.environment, shown),
        change=Change(rule.means.value),
        asset_id=rule.asset,
        environment=rule.environment,
        current_version=shown,
        severity=Severity.LOW if run.ok else Severity.MEDIUM,
        confidence=0.9 if version else 0.5,
        recommended=Recommended.NOTE if run.ok else Recommended.REVIEW,
        at=run.at,
        now=context.now,
        title=f"{rule.asset} {rule.means.value} of {shown}{where} {ended}",
        summary="; ".join(stated),
        links=[run.run],
        evidence=VersionEvidence(ref=run.commit, actor=run.actor or None),
    )


def _attestation(run: Finished, version: str, source: str) -> Attestation:
    facts = {
        "commit": run.commit,
        "repository": run.repository,
        "branch": run.branch,
        "builder": run.builder,
        "run": run.run,
    }
    return Attestation(
        source=source,
        at=run.at,
        facts={key: value for key, value in facts.items() if value},
        asset_id=run.rule.asset,
        version=version,
    )


def link(text: str | None) -> str:
    """An http(s) address that is safe to draw; "" for anything else."""
    text = clean(text or "", 2_000)
    return text if text.startswith(("http://", "https://")) else ""


def header(request: HookRequest, *names: str) -> str:
    """The first of these headers that the webhook has. Raises Refused when it has none."""
    for name in names:
        if value := request.headers.get(name):
            return value
    raise Refused(f"the webhook has no header {' or '.join(names)}", todo="Check what sends it")


def about(request: HookRequest, event: str) -> str:
    """The event's name with the action or kind that the body gives, safe to draw. Raises Refused for no JSON."""
    try:
        stated = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused("the webhook's body is not JSON", todo="Let it send application/json") from None
    words = [event, *(str(stated.get(key) or "") for key in ("action", "object_kind") if isinstance(stated, dict))]
    return clean(" ".join(dict.fromkeys(word for word in words if word)), 200) or "an event"
