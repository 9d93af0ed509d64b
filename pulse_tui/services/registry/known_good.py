"""The rollback target of an asset in an environment, and why other releases are not."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from pulse_tui.domain.release import Release, Stay
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Transaction


class Proof(StrEnum):
    """The reason for a release as a rollback target, as it is shown."""

    HEALTHY = "was healthy here"
    UNHEALTHY = "was NOT healthy here"
    NAMED = "named by the release, never served here"
    PRODUCTION = "serves in production"


_UNFIT = ("deleted", "digest")
"""Concerns about a release that make it no rollback target."""


class RollbackTarget(NamedTuple):
    """The rollback target (None: there is none) and the releases that were rejected."""

    release: Release | None
    tried: tuple[str, ...]
    proof: str = ""
    """What makes it good: it was healthy there, it serves in production, or only that the release names it."""


def rollback_target(tx: Transaction, asset_id: str, environment: Environment, serving: str) -> RollbackTarget:
    """The release's own pointer, else the last healthy one there, else (outside production) what production serves."""
    tried: dict[str, str] = {}
    odd = {c.version: c.kind for c in tx.inventory.concerns(asset_id) if c.kind in _UNFIT}
    for version, why in _candidates(tx, asset_id, environment, serving):
        if version == serving or version in tried:
            continue
        release = tx.estate.release(asset_id, version)
        if release is None:
            tried[version] = f"{version} ({why}) is not in the registry"
        elif why is Proof.UNHEALTHY:
            tried[version] = f"{version} is named by the release, but {why}"
        elif version in odd:
            what = "was deleted in its source" if odd[version] == "deleted" else "has another digest than was recorded"
            tried[version] = f"{version} ({why}) {what}"
        elif not release.usable:
            tried[version] = f"{version} ({why}) is {release.state.value}"
        else:
            return RollbackTarget(release, tuple(tried.values()), why)
    return RollbackTarget(None, tuple(tried.values()))


def interface_check(serving: Release, target: Release) -> Check:
    """Whether callers of ``serving`` can call ``target``: schema, prompt format and tooling are the same.

    A difference blocks. A part that is not recorded for one of the two is reported as not compared.
    """
    broken = serving.interface.breaks(target.interface)
    if broken:
        detail = f"{target.version} has {'; '.join(broken)} ({serving.version} serves)"
        return Check(name="interface", ok=False, detail=detail)
    unstated = list(dict.fromkeys([*serving.interface.unstated(), *target.interface.unstated()]))
    if unstated:
        detail = f"not compared: {', '.join(unstated)} not recorded for {serving.version} or {target.version}"
        return Check(name="interface", ok=False, blocking=False, detail=detail)
    return Check(name="interface", ok=True, detail=f"the same schema, prompt format and tooling as {serving.version}")


def last_stays(tx: Transaction, asset_id: str, environment: Environment) -> list[Stay]:
    """The last stay of each version there, newest first: a version that was unhealthy last is not good."""
    seen: dict[str, Stay] = {}
    for stay in tx.estate.stays(asset_id, environment):
        seen.setdefault(stay.version, stay)
    return list(seen.values())


def _candidates(tx: Transaction, asset_id: str, environment: Environment, serving: str) -> Iterator[tuple[str, Proof]]:
    here = tx.estate.release(asset_id, serving)
    stays = last_stays(tx, asset_id, environment)
    if here is not None and here.rollback_pointer is not None:
        last = next((s for s in stays if s.version == here.rollback_pointer), None)
        if last is None:
            yield here.rollback_pointer, Proof.NAMED
        else:
            yield here.rollback_pointer, Proof.HEALTHY if last.healthy else Proof.UNHEALTHY
    for stay in stays:
        if stay.healthy:
            yield stay.version, Proof.HEALTHY
    if environment is not Environment.PRODUCTION:
        production = tx.estate.deployment(asset_id, Environment.PRODUCTION)
        if production is not None:
            yield production.version, Proof.PRODUCTION
