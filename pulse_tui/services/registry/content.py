"""What a source's version adds to a release: its content, and what was not known yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import msgspec

from pulse_tui.domain.release import Interface, Lineage, RegistryVersion, Release

S = TypeVar("S", Lineage, Interface)


def as_release(version: RegistryVersion, source: str) -> Release:
    """The version as a release; its iteration number is given when it is kept."""
    return Release(
        asset_id=version.asset_id,
        version=version.version,
        iteration=0,
        digest=version.digest,
        created_at=version.created_at,
        lineage=version.lineage,
        provenance={"source": source, **version.provenance},
        registry_version=version.registry_version,
        branch=version.branch,
        interface=version.interface,
    )


def another_digest(release: Release, found: str | None) -> tuple[str, str] | None:
    """(recorded, found) when both digest the same way and differ: ``git-tree:`` does not contradict ``sha256:``."""
    if found is None:
        return None
    way = found.partition(":")[0]
    for recorded in _digests(release):
        if recorded.partition(":")[0] == way and recorded != found:
            return recorded, found
    return None


def _digests(release: Release) -> Iterator[str]:
    if release.digest is not None:
        yield release.digest
    for key, value in release.provenance.items():
        if key.startswith("digest."):
            yield f"{key.removeprefix('digest.')}:{value}"


def fill(release: Release, version: RegistryVersion) -> Release | None:
    """The release with what was not known of it yet; None when it all was. What is recorded stays as it is."""
    provenance = {k: v for k, v in version.provenance.items() if k not in release.provenance}
    digest = release.digest or version.digest
    if version.digest and release.digest and version.digest.partition(":")[0] != release.digest.partition(":")[0]:
        way, _, value = version.digest.partition(":")
        if f"digest.{way}" not in release.provenance:
            provenance[f"digest.{way}"] = value
    lineage = _over(release.lineage, version.lineage)
    interface = _over(release.interface, version.interface)
    filled = msgspec.structs.replace(
        release,
        digest=digest,
        provenance={**release.provenance, **provenance} if provenance else release.provenance,
        branch=release.branch or version.branch,
        lineage=lineage,
        interface=interface,
        registry_version=release.registry_version or version.registry_version,
    )
    return filled if filled != release else None


def _over(known: S, stated: S) -> S:
    """``known`` with the parts that only ``stated`` states."""
    new = {
        name: value
        for name in known.__struct_fields__
        if getattr(known, name) is None and (value := getattr(stated, name)) is not None
    }
    return msgspec.structs.replace(known, **new) if new else known
