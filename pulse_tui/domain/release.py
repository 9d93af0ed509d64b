"""Releases: immutable versions of an asset, and how their state moves."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TypeVar

import msgspec

from pulse_tui.domain.errors import Refused
from pulse_tui.domain.requirement import PARTS, terms
from pulse_tui.domain.words import Change, Environment


class ReleaseState(StrEnum):
    """The state of a release."""

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
        """``prompt_template refund-v8 -> refund-v9`` for each part that differs."""
        out = []
        for name in self.__struct_fields__:
            before, after = getattr(older, name), getattr(self, name)
            if before != after and name != "eval_run":
                out.append(f"{name.replace('_', ' ')} {before or 'none'} -> {after or 'none'}")
        return out


class Interface(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What callers and tools rely on: a rollback across a difference breaks them."""

    schema: str | None = None
    prompt_format: str | None = None
    tooling: str | None = None
    requires: dict[str, str] | None = None
    """What it needs of other assets to work with them: asset -> ``>=3.1.0, prompt_format=chatml-2``
    (:mod:`~pulse_tui.domain.requirement`)."""

    def __post_init__(self) -> None:
        for text in (self.requires or {}).values():
            list(terms(text))

    def breaks(self, other: Interface) -> list[str]:
        """``prompt_format chatml-2, not chatml-1`` for each part that both state and that differs."""
        return [
            f"{name.replace('_', ' ')} {theirs}, not {mine}"
            for name in PARTS
            if (mine := getattr(self, name)) and (theirs := getattr(other, name)) and mine != theirs
        ]

    def unstated(self) -> list[str]:
        """The parts that are not recorded."""
        return [name.replace("_", " ") for name in PARTS if not getattr(self, name)]

    def stated(self) -> dict[str, str]:
        """Everything that is recorded, by name: ``requires refund-prompt`` beside the parts."""
        parts = {name.replace("_", " "): value for name in PARTS if (value := getattr(self, name))}
        return parts | {f"requires {asset}": text for asset, text in sorted((self.requires or {}).items())}


PROVENANCE = (
    "commit", "repository", "branch", "builder", "run", "statement", "statement_type", "bundle", "artifact",
)  # fmt: skip
"""Keys of ``Release.provenance`` that have a meaning: source commit and repository, who built it (a builder's id)
in which run, the SHA-256 of an in-toto/SLSA statement with its predicate type, the SHA-256 of a Sigstore bundle,
and where the artifact is. ``source`` says who reported the release; other keys are kept as they came."""


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
    branch: str | None = None
    """The branch it was released on: as its source gives it, else ``3.8`` of 3.8.1."""
    interface: Interface = Interface()

    def move(self, to: ReleaseState) -> Release:
        """The release in another state. Raises Refused for a transition that is not allowed."""
        if to is self.state:
            return self
        if to not in _MOVES[self.state]:
            raise Refused(f"release {self.asset_id} {self.version} is {self.state} and cannot become {to}")
        return msgspec.structs.replace(self, state=to)

    def completed(self, reported: Release) -> Release:
        """With what ``reported`` has and this one lacks; what is recorded stays as it is."""
        return msgspec.structs.replace(
            self,
            digest=self.digest or reported.digest,
            lineage=_filled(self.lineage, reported.lineage),
            provenance={**reported.provenance, **self.provenance},
            registry_version=self.registry_version or reported.registry_version,
            branch=self.branch or reported.branch,
            interface=_filled(self.interface, reported.interface),
        )

    @property
    def usable(self) -> bool:
        """Whether it may be a rollback target at all."""
        return self.state not in (ReleaseState.QUARANTINED, ReleaseState.RETIRED)


_Parts = TypeVar("_Parts", Lineage, Interface)


def _filled(known: _Parts, reported: _Parts) -> _Parts:
    return type(known)(*(getattr(known, name) or getattr(reported, name) for name in known.__struct_fields__))


def numbered(version: str, iteration: int | None) -> str:
    """``3.8.1 (iteration 7)``: beside a version stands the number that its release was registered with."""
    return f"{version} (iteration {iteration})" if iteration is not None else f"{version} (not in the registry)"


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
    branch: str | None = None
    interface: Interface = Interface()
    change: Change = Change.BUILD
    """What its appearance is: a build, a retraining, a prompt revision, an adapter update ..."""


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """A release was put into an environment: who, when, on which decision, why."""

    asset_id: str
    version: str
    environment: Environment
    by: str
    at: datetime
    decision_id: str | None = None
    why: str = ""


class PushedChange(msgspec.Struct, frozen=True, kw_only=True):
    """A pushed event changed a version that was known already: a retraining, another adapter or prompt."""

    asset_id: str
    iteration: int
    """Its own, of the asset's counter: the version keeps the one that it was registered with."""
    change: Change
    at: datetime
    by: str
    """Who did it, else the source that reported it."""
    what: str
    version: str | None = None
    """None: the event named none, and nothing served where it happened."""
    environment: Environment | None = None
    digest: str | None = None
    """Of the content after the change."""

    @property
    def sentence(self) -> str:
        """``system prompt change by ana: the refund paragraph``."""
        return f"{self.change.value.replace('_', ' ')} by {self.by}: {self.what}"


class Attestation(msgspec.Struct, frozen=True, kw_only=True):
    """How a release was made, as a build system or a signed statement reports it.

    The release is named by asset and version, or by its content digest. ``facts`` are
    :data:`PROVENANCE` keys; a fact that contradicts what is recorded is a concern, never an update.
    """

    source: str
    at: datetime
    facts: dict[str, str]
    asset_id: str | None = None
    version: str | None = None
    digest: str | None = None


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """Something about an asset that its registry does not say clearly, as the collector found it."""

    key: str
    """Names it among the remarks of its kind: ``alias:Champion``."""
    what: str
    todo: str
    serious: bool = False
    """It is about what serves."""
    environment: Environment | None = None
    version: str | None = None


class RegistrySnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What one registry reports of one asset now: all its versions, and the version in each environment.

    ``placements`` maps an environment to (version, traffic percent).
    """

    source: str
    asset_id: str
    versions: tuple[RegistryVersion, ...]
    placements: dict[Environment, tuple[str, float]]
    placed_at: dict[Environment, datetime] = {}
    """Placements that are events (a deployment job that ran) rather than the present state, and when they happened."""
    managed: tuple[Environment, ...] = ()
    """Environments the registry reports on: one that is missing in ``placements`` was removed."""
    complete: bool = True
    """``versions`` is all the registry has: a release that it reported before and that is missing was deleted."""
    unread: bool = False
    """Its source is configured not to read the asset any more."""
    facts: dict[str, str] = {}
    """What it reports of the asset itself: ``owner_team``, ``tier``, ``exposure``, ``asset_type``."""
    remarks: tuple[Remark, ...] = ()


def same_content(one: str | None, other: str | None) -> bool | None:
    """Whether two digests are of one content, however each is written (``SHA256:AB`` and ``ab``); None: one is not known.

    For what is held back by its content. What must be exactly as it was recorded is compared as it stands.
    """
    if not one or not other:
        return None
    return one.casefold().rpartition(":")[2] == other.casefold().rpartition(":")[2]
