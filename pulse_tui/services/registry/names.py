"""References of releases and suites to other releases: do they exist, and are they free of cycles?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pulse_tui.domain.concern import Concern
from pulse_tui.domain.release import Release, ReleaseState
from pulse_tui.domain.words import Severity
from pulse_tui.enrich.lineage import Node, cycle, references
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.signals.concerns import Changes, stand

_KEYS = ("lineage:", "pointer:", "baseline:")


def check_names(tx: Transaction, parts: JudgeParts, asset_id: str, now: datetime) -> Changes:
    """Concerns about the references of an asset's releases and suites. Nothing is removed because of them."""
    releases = tx.estate.releases(asset_id)
    known = _Known(tx, asset_id, releases)
    alive = [r for r in releases if r.state is not ReleaseState.RETIRED]
    wanted = [c for r in alive for c in _lineage(r, known, now)]
    wanted += [c for r in alive for c in _pointer(r, known, now)]
    if releases:
        wanted += list(_baselines(parts, asset_id, known, now))
    return stand(tx, asset_id, wanted, now, source=SYSTEM, keys=_KEYS)


def check_others(tx: Transaction, parts: JudgeParts, asset_id: str, now: datetime) -> Changes:
    """Other assets with an open lineage concern: the missing release may have come with this asset."""
    changes = Changes([], [])
    for other in sorted({c.asset_id for c in tx.inventory.concerns() if c.kind == "lineage"} - {asset_id}):
        changes.add(check_names(tx, parts, other, now))
    return changes


class _Known:
    """Releases by asset, read once each."""

    def __init__(self, tx: Transaction, asset_id: str, releases: list[Release]) -> None:
        self._tx = tx
        self._read = {asset_id: {r.version: r for r in releases}}

    def of(self, asset_id: str) -> dict[str, Release]:
        if asset_id not in self._read:
            self._read[asset_id] = {r.version: r for r in self._tx.estate.releases(asset_id)}
        return self._read[asset_id]

    def ours(self, asset_id: str) -> bool:
        """Whether such a name is an asset of this estate at all: others are external."""
        return bool(self.of(asset_id)) or self._tx.estate.asset(asset_id) is not None

    def made_of(self, node: Node) -> list[Node]:
        release = self.of(node[0]).get(node[1])
        return [named for _, named in references(release.lineage)] if release is not None else []


def _lineage(release: Release, known: _Known, now: datetime) -> Iterator[Concern]:
    named = [(part, node) for part, node in references(release.lineage) if known.ours(node[0])]
    if not named:
        return
    key = f"lineage:{release.version}"
    for part, (asset, version) in named:
        if version not in known.of(asset):
            what = f"{release.asset_id} {release.version} names {asset}@{version} as its {part.replace('_', ' ')}, which no source knows"
            todo = "Correct the name, or add the source that has it"
            yield _concern(release, key, what, todo, Severity.MEDIUM, now)
            return
    circle = cycle((release.asset_id, release.version), known.made_of)
    if circle:
        way = " from ".join(f"{a}@{v}" for a, v in circle)
        what = f"the lineage of {release.asset_id} {release.version} is cyclic: {way}"
        yield _concern(release, key, what, "Correct its lineage", Severity.MEDIUM, now)


def _pointer(release: Release, known: _Known, now: datetime) -> Iterator[Concern]:
    target = release.rollback_pointer
    if target is not None and target not in known.of(release.asset_id):
        what = f"{release.asset_id} {release.version} names {target} as its rollback target, which no source knows"
        todo = "Correct rollback_to, or register that release"
        yield _concern(release, f"pointer:{release.version}", what, todo, Severity.MEDIUM, now)


def _baselines(parts: JudgeParts, asset_id: str, known: _Known, now: datetime) -> Iterator[Concern]:
    for suite in parts.suites.values():
        version = suite.baselines.get(asset_id)
        if version is not None and version not in known.of(asset_id):
            yield Concern(
                asset_id=asset_id,
                key=f"baseline:{suite.id}",
                what=f"the suite {suite.id} compares {asset_id} with {version}, which no source knows",
                todo="Correct the suite's baselines, or register that release",
                source=SYSTEM,
                severity=Severity.MEDIUM,
                since=now,
                version=version,
            )


def _concern(release: Release, key: str, what: str, todo: str, severity: Severity, now: datetime) -> Concern:
    return Concern(
        asset_id=release.asset_id,
        key=key,
        what=what,
        todo=todo,
        source=SYSTEM,
        severity=severity,
        since=now,
        version=release.version,
    )
