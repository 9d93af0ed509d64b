"""What runs: assets, the components they depend on, where releases are deployed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property

import msgspec

from pulse_tui.domain.words import SOFTWARE, AssetType, ComponentKind, Environment, Exposure, Tier


class DataHandling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an asset stores of what users enter."""

    stores_prompts: bool = False
    stores_traces: bool = False
    stores_user_content: bool = False
    regulated: bool = False

    @property
    def stores_anything(self) -> bool:
        """True when a leak would expose what users entered."""
        return self.stores_prompts or self.stores_traces or self.stores_user_content

    def words(self) -> list[str]:
        """The marks an operator reads beside the asset."""
        marks = [
            (self.regulated, "regulated"),
            (self.stores_prompts, "stores prompts"),
            (self.stores_traces, "stores traces"),
            (self.stores_user_content, "stores user content"),
        ]
        return [word for on, word in marks if on]


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """A thing that runs and can be rolled back."""

    id: str
    asset_type: AssetType
    owner_team: str
    tier: Tier = Tier.INTERNAL
    exposure: Exposure = Exposure.INTERNAL
    data: DataHandling = DataHandling()
    workflow: str | None = None


GROUP = "group:"
"""How the id of a part of a bill begins that only holds others, such as a lock file in an image: nothing to audit."""

SKIPPED = "skipped:"
"""How the id of a package begins that a scanner says it did not judge, and that nothing else names with a version."""


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """A versioned dependency: a package, image or driver by purl, a hosted model by (platform, id), ...

    ``id`` is the purl without version for packages, ``platform/exact-id`` for hosted models,
    ``asset:<id>`` for another asset of the estate, a declared id for the other kinds. ``name`` is what tables
    show: for a hosted model the canonical ``lab/model``, whatever its platform calls it.
    """

    id: str
    kind: ComponentKind
    name: str
    version: str | None = None
    ecosystem: str | None = None
    known_as: tuple[str, ...] = ()
    """What advisories call it where that is no package name: a CPE 2.3 name, a vendor's product name."""
    platform: tuple[str, ...] = ()
    """What it runs on or with, as CPE names or words: some advisories are of one platform."""

    @property
    def label(self) -> str:
        """``name version`` as tables show it."""
        return f"{self.name} {self.version}" if self.version else self.name

    @property
    def auditable(self) -> bool:
        """Whether advisories describe what it is: software, or what is declared by the name that they use."""
        return self.kind in SOFTWARE or bool(self.known_as)


class Dependency(msgspec.Struct, frozen=True, kw_only=True):
    """An asset uses a component, in some environments (all when empty)."""

    asset_id: str
    component: Component
    environments: tuple[Environment, ...] = ()


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """A release in an environment, its share of the traffic in percent, and since when."""

    asset_id: str
    environment: Environment
    version: str
    since: datetime
    traffic: float = 100.0
    production_critical: bool = False
    source: str = "estate"


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where callers reach an asset in an environment, and who they are."""

    id: str
    environment: Environment
    asset_id: str | None = None
    """None: it is not known which asset answers there."""
    owner_team: str | None = None
    """None: the asset's owner."""
    segments: tuple[str, ...] = ()
    """Customer segments that it serves."""
    production_critical: bool = False
    source: str = "estate"


class Stage(msgspec.Struct, frozen=True):
    """One step of a workflow: its name and the asset that does it."""

    name: str
    asset_id: str


class Workflow(msgspec.Struct, frozen=True, kw_only=True):
    """Stages in their order; a change under one of them shows on the whole."""

    id: str
    stages: tuple[Stage, ...]
    owner_team: str | None = None


class Estate(msgspec.Struct, frozen=True, dict=True):
    """Everything that runs, as one value for policy and matching.

    ``dependencies`` holds those that were requested, not all there are: an estate may have a million.
    """

    assets: dict[str, Asset] = {}
    deployments: tuple[Deployment, ...] = ()
    dependencies: tuple[Dependency, ...] = ()

    def deployment(self, asset_id: str | None, environment: Environment | None) -> Deployment | None:
        """Where ``asset_id`` runs in ``environment``, if it does."""
        return next((d for d in self._places.get(asset_id or "", ()) if d.environment == environment), None)

    def of_asset(self, asset_id: str) -> Sequence[Deployment]:
        """Where the asset runs."""
        return self._places.get(asset_id, ())

    def environments(self, asset_id: str) -> list[Environment]:
        """Environments where the asset is deployed, production first."""
        return sorted({d.environment for d in self.of_asset(asset_id)}, key=lambda e: e.rank)

    @cached_property
    def _places(self) -> Mapping[str, Sequence[Deployment]]:
        """By asset: an estate of ten thousand is asked for a place with every signal."""
        found: dict[str, list[Deployment]] = {}
        for deployment in self.deployments:
            found.setdefault(deployment.asset_id, []).append(deployment)
        return found
