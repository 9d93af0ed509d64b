"""Assets, dependencies, releases with their iteration numbers, deployments and stays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
import sqlalchemy as sa

from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.estate import Asset, Component, Dependency, Deployment, Estate
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.release import Release, ReleaseState, Stay
from pulse_tui.domain.words import ComponentKind, Environment
from pulse_tui.storage import tables as t
from pulse_tui.storage.codec import Codec, from_json, to_json
from pulse_tui.storage.upsert import upsert

_ASSET = Codec(Asset)
_RELEASE = Codec(Release)
_DEPLOYMENT = Codec(Deployment)
_STAY = Codec(Stay)


class EstateTables:
    """Implements :class:`pulse_tui.ports.EstateStore`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def load(self) -> Estate:
        assets = {r["id"]: _ASSET.item(r) for r in self._c.execute(sa.select(t.assets)).mappings()}
        deployments = tuple(_DEPLOYMENT.item(r) for r in self._c.execute(sa.select(t.deployments)).mappings())
        dependencies = tuple(_dependency(r) for r in self._c.execute(sa.select(t.dependencies)).mappings())
        return Estate(assets=assets, deployments=deployments, dependencies=dependencies)

    def put_assets(self, assets: Iterable[Asset]) -> int:
        return upsert(self._c, t.assets, [_ASSET.row(a) for a in assets])

    def put_dependencies(self, asset_id: str, dependencies: Iterable[Dependency]) -> int:
        rows = [
            {
                "asset_id": asset_id,
                "component_id": d.component.id,
                "kind": d.component.kind.value,
                "name": d.component.name,
                "version": d.component.version,
                "ecosystem": d.component.ecosystem,
                "environments": to_json([e.value for e in d.environments]),
            }
            for d in dependencies
        ]
        gone = sa.delete(t.dependencies).where(
            t.dependencies.c.asset_id == asset_id,
            t.dependencies.c.component_id.not_in([r["component_id"] for r in rows]),
        )
        return self._c.execute(gone).rowcount + upsert(self._c, t.dependencies, rows)

    def releases(self, asset_id: str) -> list[Release]:
        query = sa.select(t.releases).where(t.releases.c.asset_id == asset_id).order_by(t.releases.c.iteration)
        return [_RELEASE.item(r) for r in self._c.execute(query).mappings()]

    def release(self, asset_id: str, version: str) -> Release | None:
        row = self._c.execute(sa.select(t.releases).where(_release_key(asset_id, version))).mappings().first()
        return _RELEASE.item(row) if row else None

    def add_release(self, release: Release) -> Release:
        numbered = msgspec.structs.replace(release, iteration=self.next_iteration(release.asset_id))
        try:
            self._c.execute(sa.insert(t.releases), [_RELEASE.row(numbered)])
        except sa.exc.IntegrityError:
            raise Refused(f"release {release.asset_id} {release.version} is there already") from None
        return numbered

    def set_release_state(self, asset_id: str, version: str, state: ReleaseState) -> None:
        self._must(
            sa.update(t.releases).where(_release_key(asset_id, version)).values(state=state.value), asset_id, version
        )

    def set_rollback_pointer(self, asset_id: str, version: str, pointer: str | None) -> None:
        self._must(
            sa.update(t.releases).where(_release_key(asset_id, version)).values(rollback_pointer=pointer),
            asset_id,
            version,
        )

    def next_iteration(self, asset_id: str) -> int:
        bump = (
            sa.update(t.iterations)
            .where(t.iterations.c.asset_id == asset_id)
            .values(value=t.iterations.c.value + 1)
            .returning(t.iterations.c.value)
        )
        value = self._c.execute(bump).scalar()
        if value is None:  # only one writer at a time: nobody can have inserted in between
            self._c.execute(sa.insert(t.iterations), [{"asset_id": asset_id, "value": 1}])
            return 1
        return int(value)

    def deployment(self, asset_id: str, environment: Environment) -> Deployment | None:
        row = (
            self._c.execute(sa.select(t.deployments).where(_place(t.deployments, asset_id, environment)))
            .mappings()
            .first()
        )
        return _DEPLOYMENT.item(row) if row else None

    def deploy(self, deployment: Deployment) -> bool:
        before = self.deployment(deployment.asset_id, deployment.environment)
        if before is not None and before.version == deployment.version:
            same = msgspec.structs.replace(deployment, since=before.since)
            return upsert(self._c, t.deployments, [_DEPLOYMENT.row(same)]) > 0
        self._close_stay(deployment.asset_id, deployment.environment, deployment.since)
        stay = Stay(
            asset_id=deployment.asset_id,
            environment=deployment.environment,
            version=deployment.version,
            since=deployment.since,
        )
        self._c.execute(sa.insert(t.stays), [_STAY.row(stay)])
        upsert(self._c, t.deployments, [_DEPLOYMENT.row(deployment)])
        return True

    def undeploy(self, asset_id: str, environment: Environment, at: datetime) -> bool:
        self._close_stay(asset_id, environment, at)
        gone = sa.delete(t.deployments).where(_place(t.deployments, asset_id, environment))
        return self._c.execute(gone).rowcount > 0

    def stays(self, asset_id: str, environment: Environment) -> list[Stay]:
        query = sa.select(t.stays).where(_place(t.stays, asset_id, environment)).order_by(t.stays.c.seq.desc())
        return [_STAY.item(r) for r in self._c.execute(query).mappings()]

    def mark_unhealthy(self, asset_id: str, environment: Environment, version: str) -> None:
        # The last stay, even when it is over: bad news of a release often comes after somebody moved it away.
        place = _place(t.stays, asset_id, environment)
        last = sa.select(sa.func.max(t.stays.c.seq)).where(place, t.stays.c.version == version).scalar_subquery()
        self._c.execute(sa.update(t.stays).where(t.stays.c.seq == last).values(healthy=False))

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
    ) -> None:
        row = {
            "asset_id": asset_id, "version": version, "environment": environment.value, "by": by,
            "at": to_us(at), "decision_id": decision_id, "why": why,
        }  # fmt: skip
        self._c.execute(sa.insert(t.promotions), [row])

    def _close_stay(self, asset_id: str, environment: Environment, at: datetime) -> None:
        where = sa.update(t.stays).where(_place(t.stays, asset_id, environment))
        self._c.execute(where.where(t.stays.c.until.is_(None)).values(until=to_us(at)))

    def _must(self, statement: sa.Update, asset_id: str, version: str) -> None:
        if self._c.execute(statement).rowcount == 0:
            raise NotFound(f"asset {asset_id} has no release {version}", todo="pulse-tui status lists what there is")


def _release_key(asset_id: str, version: str) -> sa.ColumnElement[bool]:
    return sa.and_(t.releases.c.asset_id == asset_id, t.releases.c.version == version)


def _place(table: sa.Table, asset_id: str, environment: Environment) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.asset_id == asset_id, table.c.environment == environment.value)


def _dependency(row: sa.RowMapping) -> Dependency:
    component = Component(
        id=row["component_id"],
        kind=ComponentKind(row["kind"]),
        name=row["name"],
        version=row["version"],
        ecosystem=row["ecosystem"],
    )
    environments = tuple(Environment(e) for e in from_json(row["environments"]))
    return Dependency(asset_id=row["asset_id"], component=component, environments=environments)
