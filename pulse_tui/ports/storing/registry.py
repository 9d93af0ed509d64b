"""What runs where, and which source claims it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from pulse_tui.domain.claim import Claim
from pulse_tui.domain.concern import Concern
from pulse_tui.domain.estate import Asset, Deployment, Endpoint, Estate, Workflow
from pulse_tui.domain.pointer import PointerCheck
from pulse_tui.domain.release import Promotion, PushedChange, Release, ReleaseState, Stay
from pulse_tui.domain.words import Environment


class Whereabouts(NamedTuple):
    """Assets of one owner ("" when not declared) that serve in the same environments, production first."""

    owner: str
    environments: tuple[Environment, ...]
    assets: list[str]


class EstateStore(Protocol):
    """Assets, deployments, releases, and where each release has been."""

    def load(self) -> Estate:
        """Assets and deployments; dependencies only as far as they are asked for (:meth:`Dependencies.using`)."""
        ...

    def asset(self, asset_id: str) -> Asset | None: ...
    def whereabouts(self, asset_ids: Iterable[str]) -> list[Whereabouts]:
        """Owner and environments of thousands of assets at once; an asset that nobody declared and that serves nowhere
        is left out."""
        ...

    def put_assets(self, assets: Iterable[Asset]) -> int:
        """Insert or change; returns how many rows were written (0 when all was the same)."""
        ...

    def drop_assets(self, ids: Iterable[str]) -> int:
        """Forget that they are declared; releases, stays and promotions stay. How many there were."""
        ...

    def releases(self, asset_id: str) -> list[Release]: ...
    def release(self, asset_id: str, version: str) -> Release | None: ...
    def add_release(self, release: Release) -> Release:
        """Insert with the next iteration number of the asset (``release.iteration`` is ignored)."""
        ...

    def add_pushed(self, releases: Sequence[Release], changes: Sequence[PushedChange]) -> None:
        """Insert new releases and changes of known ones with the iteration numbers that they carry."""
        ...

    def pushed_changes(self, asset_id: str, version: str | None = None, limit: int = 500) -> list[PushedChange]:
        """Newest first; ``version``: only of this one."""
        ...

    def known_versions(self, versions: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of the (asset, version) that are releases."""
        ...

    def releases_by_digest(self, digest: str) -> list[Release]:
        """Releases of any asset with exactly this content digest."""
        ...

    def complete_release(self, release: Release) -> bool:
        """Fill in what was not known of a release (digest, provenance keys, branch, interface, lineage parts).

        What is recorded already stays; False when nothing was missing. Raises NotFound.
        """
        ...

    def set_release_state(self, asset_id: str, version: str, state: ReleaseState) -> None: ...
    def set_rollback_pointer(self, asset_id: str, version: str, pointer: str | None) -> None: ...
    def next_iteration(self, asset_id: str) -> int:
        """A number never handed out before for this asset, one higher than the last."""
        ...

    def next_iterations(self, asset_ids: Sequence[str]) -> list[int]:
        """The next number of each, in their order; an asset that stands there twice gets two."""
        ...

    def iterations(self) -> dict[str, int]:
        """The number that each asset handed out last."""
        ...

    def lift_iterations(self, at_least: Mapping[str, int]) -> None:
        """Hand out none of these numbers, nor any below, from now on."""
        ...

    def deployment(self, asset_id: str, environment: Environment) -> Deployment | None: ...
    def deploy(self, deployment: Deployment) -> bool:
        """Record what serves; opens a stay and closes the former. False when nothing changed."""
        ...

    def deploy_new(self, deployments: Sequence[Deployment]) -> None:
        """Record what serves where nothing did so far: many at once."""
        ...

    def undeploy(self, asset_id: str, environment: Environment, at: datetime) -> bool: ...
    def stays(self, asset_id: str, environment: Environment) -> list[Stay]:
        """Newest first."""
        ...

    def mark_unhealthy(self, asset_id: str, environment: Environment, version: str) -> None:
        """The version's last stay there, standing or over, was no good one."""
        ...

    def record_promotion(
        self,
        asset_id: str,
        version: str,
        environment: Environment,
        *,
        by: str,
        at: datetime,
        decision_id: str | None,
        why: str,
    ) -> None: ...
    def promotions(self, asset_id: str, limit: int = 500) -> list[Promotion]:
        """Newest first."""
        ...


class Inventory(Protocol):
    """Which source claims what, concerns, endpoints, workflows and rollback pointers."""

    def claims(self, subject: str, field: str | None = None) -> list[Claim]: ...
    def claims_by(self, source: str) -> list[Claim]: ...
    def subjects(self, *, besides: str) -> set[str]:
        """Subjects that any source but this one makes a claim about."""
        ...

    def put_claims(self, claims: Iterable[Claim]) -> int:
        """Insert or change (``since`` is kept while the value is the same); how many were written."""
        ...

    def drop_claims(self, subject: str, source: str, fields: Iterable[str] | None = None) -> int: ...
    def concerns(self, asset_id: str | None = None) -> list[Concern]: ...
    def put_concern(self, concern: Concern) -> bool:
        """True when it did not stand with this text already (``since`` of a standing one is kept)."""
        ...

    def drop_concern(self, asset_id: str, key: str) -> Concern | None:
        """The concern that stood, if one did."""
        ...

    def endpoints(self, asset_id: str | None = None) -> list[Endpoint]: ...
    def put_endpoints(self, endpoints: Sequence[Endpoint], source: str = "estate") -> int:
        """All that this source knows; what it no longer names is gone. How many rows changed."""
        ...

    def workflows(self) -> list[Workflow]: ...
    def put_workflows(self, workflows: Sequence[Workflow]) -> int:
        """All there are. How many rows changed."""
        ...

    def pointers(self, asset_id: str | None = None) -> list[PointerCheck]: ...
    def pointers_to_unusable(self) -> set[tuple[str, Environment]]:
        """(asset, environment) of each pointer whose release was quarantined or retired since it was checked."""
        ...

    def put_pointer(self, check: PointerCheck) -> None: ...
