"""A combination: what a playbook moves together, each asset to a release that works with the others'.

Model, prompt, corpus and schema of one workflow are released against each other: taking one of them back alone may break
what all of them together repair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import NamedTuple

from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Member
from pulse_tui.domain.words import Environment
from pulse_tui.enrich.lineage import references
from pulse_tui.ports import Transaction
from pulse_tui.services.registry.compatible import compatibility
from pulse_tui.services.registry.known_good import rollback_target
from pulse_tui.settings.shapes import PlaybookShape

_TRIED = 256
"""Combinations that are compared, the likeliest first."""


class Moving(NamedTuple):
    """An asset of a combination: what serves of it, and what is to."""

    serving: Release
    target: Release

    @property
    def member(self) -> Member:
        """As a plan states it."""
        return Member(
            asset_id=self.target.asset_id,
            from_version=self.serving.version,
            from_digest=self.serving.digest,
            to_version=self.target.version,
            to_digest=self.target.digest,
        )


def turned(member: Member) -> Member:
    """The same move, undone."""
    return Member(
        asset_id=member.asset_id, from_version=member.to_version, from_digest=member.to_digest,
        to_version=member.from_version, to_digest=member.from_digest,
    )  # fmt: skip


def serving_release(tx: Transaction, asset_id: str, environment: Environment) -> Release:
    """What serves there. Raises NotFound where nothing does, Refused where the registry does not know it."""
    deployment = tx.estate.deployment(asset_id, environment)
    if deployment is None:
        raise NotFound(
            f"{asset_id} is not deployed in {environment.value}", todo="see what runs where: pulse-tui status"
        )
    release = tx.estate.release(asset_id, deployment.version)
    if release is None:
        raise Refused(
            f"{asset_id} {deployment.version} serves in {environment.value}, but the registry does not know it",
            todo="Add it under the asset's releases, or refresh the registry",
        )
    return release


def others(playbook: PlaybookShape, asset_id: str) -> list[str]:
    """The assets that its steps move beside ``asset_id``, in the order of the steps."""
    return list(dict.fromkeys(s.asset for s in playbook.steps if s.asset not in (None, asset_id)))


def combination(tx: Transaction, playbook: PlaybookShape, own: Moving, environment: Environment) -> dict[str, Moving]:
    """What else moves when ``own`` does, by asset; what serves already is not among it.

    Each asset goes to what its ``own`` target was made with, else to what served beside it, else to its own rollback
    target, else it stays: the first of all combinations in which no requirement is broken. Raises NotFound or Refused.
    """
    names = others(playbook, own.target.asset_id)
    if not names:
        return {}
    serving = {name: serving_release(tx, name, environment) for name in names}
    choices = [list(_choices(tx, own.target, serving[name], environment)) for name in names]
    broken: list[str] = []
    for chosen in islice(product(*choices), _TRIED):
        together = {own.target.asset_id: own.target, **dict(zip(names, chosen, strict=True))}
        found = _broken(tx, together, environment)
        if not found:
            pairs = zip(names, chosen, strict=True)
            return {n: Moving(serving[n], r) for n, r in pairs if r.version != serving[n].version}
        broken = broken or found
    raise Refused(
        f"no releases of {', '.join(names)} are known that work with {own.target.asset_id} {own.target.version}",
        broken,
        todo="Release one that does, or name another rollback target: rollback_to of the release",
    )


def _choices(tx: Transaction, own: Release, serving: Release, environment: Environment) -> Iterator[Release]:
    """Where one asset may go, the likeliest first."""
    seen: set[str] = set()
    for find in _WAYS:
        release = find(tx, own, serving, environment)
        if release is not None and release.version not in seen and (release.usable or release == serving):
            seen.add(release.version)
            yield release


def _made_with(tx: Transaction, own: Release, serving: Release, environment: Environment) -> Release | None:
    del environment
    version = next((v for _, (asset, v) in references(own.lineage) if asset == serving.asset_id), None)
    return tx.estate.release(serving.asset_id, version) if version is not None else None


def _beside(tx: Transaction, own: Release, serving: Release, environment: Environment) -> Release | None:
    """What served of it when ``own`` last did."""
    stays = tx.estate.stays(own.asset_id, environment)
    last = next((s for s in stays if s.version == own.version), None)
    for stay in tx.estate.stays(serving.asset_id, environment) if last is not None else ():
        overlaps = last is not None and (last.until is None or stay.since < last.until)
        if overlaps and (stay.until is None or (last is not None and stay.until > last.since)):
            return tx.estate.release(serving.asset_id, stay.version) if stay.healthy else None
    return None


def _known_good(tx: Transaction, own: Release, serving: Release, environment: Environment) -> Release | None:
    del own
    return rollback_target(tx, serving.asset_id, environment, serving.version).release


def _stays(tx: Transaction, own: Release, serving: Release, environment: Environment) -> Release:
    del tx, own, environment
    return serving


_WAYS: Sequence[Callable[[Transaction, Release, Release, Environment], Release | None]] = (
    _made_with, _beside, _known_good, _stays,
)  # fmt: skip


def _broken(tx: Transaction, together: Mapping[str, Release], environment: Environment) -> list[str]:
    """Requirements that this combination breaks."""
    return [
        check.detail
        for asset_id, release in together.items()
        for check in compatibility(tx, release, environment, {a: r for a, r in together.items() if a != asset_id})
        if check.blocking and not check.ok
    ]
