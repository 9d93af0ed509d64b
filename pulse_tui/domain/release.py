"""Releases: immutable versions of an asset, and how their state moves."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from pulse_tui.domain.errors import Refused
from pulse_tui.domain.words import Environment


class ReleaseState(StrEnum):
    """Where a release is in its life."""

    DRAFT = "draft"
    EVALUATED = "evaluated"
    APPROVED = "approved"
    PROMOTED = "promoted"
    QUARANTINED = "quarantined"
    RETIRED = "retired"


_MOVES: dict[ReleaseState, frozenset[ReleaseState]] = {
    ReleaseState.DRAFT: frozenset(
        {
            ReleaseState.EVALUATED,
            ReleaseState.APPROVED,
            ReleaseState.PROMOTED,
            ReleaseState.QUARANTINED,
            ReleaseState.RETIRED,
        }
    ),
    ReleaseState.EVALUATED: frozenset(
        {ReleaseState.APPROVED, ReleaseState.PROMOTED, ReleaseState.QUARANTINED, ReleaseState.RETIRED}
    ),
    ReleaseState.APPROVED: frozenset({ReleaseState.PROMOTED, ReleaseState.QUARANTINED, ReleaseState.RETIRED}),
    ReleaseState.PROMOTED: frozenset({ReleaseState.QUARANTINED, ReleaseState.RETIRED, ReleaseState.APPROVED}),
    ReleaseState.QUARANTINED: frozenset({ReleaseState.EVALUATED, ReleaseState.RETIRED}),
    ReleaseState.RETIRED: frozenset(),
}


class Lineage(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a release was made from; each is a version or digest of its own."""

    base_model: str | None = None
    prompt_template: str | None = None
    retrieval_corpus: str | None = None
    finetune_dataset: str | None = None
    safety_policy: str | None = None
    eval_run: str | None = None

    def difference(self, older: Lineage) -> list[str]:
        """``prompt_template refund-v8 -> refund-v9`` for each part that is not the same."""
        out = []
        for name in self.__struct_fields__:
            before, after = getattr(older, name), getattr(self, name)
            if before != after and name != "eval_run":
                out.append(f"{name.replace('_', ' ')} {before or 'none'} -> {after or 'none'}")
        return out


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """One immutable version of an asset."""

    asset_id: str
    version: str
    iteration: int
    digest: str | None
    created_at: datetime
    state: ReleaseState = ReleaseState.DRAFT
    lineage: Lineage = Lineage()
    provenance: dict[str, str] = {}
    rollback_pointer: str | None = None
    registry_version: str | None = None
    """The number that the model registry gave this release, when it came from one."""

    def move(self, to: ReleaseState) -> Release:
        """The release in another state. Raises Refused for a move its life does not allow."""
        if to is self.state:
            return self
        if to not in _MOVES[self.state]:
            raise Refused(f"release {self.asset_id} {self.version} is {self.state} and cannot become {to}")
        return msgspec.structs.replace(self, state=to)

    @property
    def usable(self) -> bool:
        """Whether a rollback may go there at all."""
        return self.state not in (ReleaseState.QUARANTINED, ReleaseState.RETIRED)


class Stay(msgspec.Struct, frozen=True, kw_only=True):
    """A release was in an environment from then until then (None: still), healthy or not."""

    asset_id: str
    environment: Environment
    version: str
    since: datetime
    until: datetime | None = None
    healthy: bool = True


class RegistryVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A model version as a registry reports it."""

    asset_id: str
    registry_version: str
    version: str
    digest: str | None
    created_at: datetime
    lineage: Lineage = Lineage()
    provenance: dict[str, str] = {}


class RegistrySnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What one registry says of one asset now: all its versions, and where each environment points.

    ``placements`` maps an environment to (version, traffic percent).
    """

    source: str
    asset_id: str
    versions: tuple[RegistryVersion, ...]
    placements: dict[Environment, tuple[str, float]]
    managed: tuple[Environment, ...] = ()
    """Environments the registry speaks for: one that is missing in ``placements`` was taken away."""
