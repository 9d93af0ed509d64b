"""Assets, releases with their iteration numbers, deployments and stays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.estate import Asset, Deployment, Estate
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.release import Promotion, PushedChange, Release, ReleaseState, Stay
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Whereabouts
from pulse_tui.storage.registry.later import t
from pulse_tui.storage.sql.codec import Codec, from_json
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.lookup import among, chunks, fetched
from pulse_tui.storage.sql.plain import asked
from pulse_tui.storage.sql.upsert import insert_many, put_difference, upsert

_ASSET = Codec(Asset)
_RELEASE = Codec(Release)
_DEPLOYMENT = Codec(Deployment)
_STAY = Codec(Stay)
_PROMOTION = Codec(Promotion)
_CHANGE = Codec(PushedChange)
_RELEASES = f"SELECT {_RELEASE.columns} FROM releases WHERE asset_id = :asset"  # noqa: S608  names of our own
_HERE = "WHERE asset_id = :asset AND environment = :environment"
_DEPLOYED = f"SELECT {_DEPLOYMENT.columns} FROM deployments {_HERE}"  # noqa: S608  names of our own
_STAYS = f"SELECT {_STAY.columns} FROM stays {_HERE} ORDER BY seq DESC"  # noqa: S608  names of our own

_RANKED = sorted(Environment, key=lambda e: e.rank)
_BITS = " ".join(f"WHEN '{e.value}' THEN {1 << i}" for i, e in enumerate(_RANKED))
_SETS = [tuple(e for i, e in enumerate(_RANKED) if bits >> i & 1) for bits in range(1 << len(_RANKED))]
_WHERE = (
    f"SELECT bits, {{ids}} FROM (SELECT asset_id AS id, SUM(CASE environment {_BITS} ELSE 0 END) AS bits "  # noqa: S608  words of our own
    "FROM deployments{of} GROUP BY asset_id) AS each GROUP BY bits"
)
_OWNERS = "SELECT owner_team, {ids} FROM assets{of} GROUP BY owner_team"
_VERSIONS = "SELECT asset_id, version FROM releases WHERE asset_id {among} AND version {among}"
_ITERATIONS = "SELECT asset_id, value FROM iterations WHERE asset_id {among}"
_COUNT = "SELECT COUNT(*) FROM assets"
_MARK = "SELECT CAST(COALESCE(SUM(value), 0) AS BIGINT) FROM marks WHERE name = 'estate'"
_MOST = 3
"""When this part of the assets is asked for, all are read: cheaper than asking for each."""
_IDS = {"postgresql": "json_agg(id)::text", "sqlite": "json_group_array(id)"}


class KeptEstate:
    """The estate as it was read last, with its mark: of ten thousand assets it takes a quarter of a second."""

    newest: tuple[int, Estate] | None = None


class EstateTables:
    """Implements :class:`pulse_tui.ports.EstateStore`."""

    def __init__(self, connection: sa.Connection, kept: KeptEstate | None = None) -> None:
        """All work happens in the connection's transaction; ``kept`` is the store's."""
        self._c = connection
        self._kept = kept if kept is not None else KeptEstate()
        self._changed = False
        """What it reads from here on may be rolled back, and is nobody else's."""

    def load(self) -> Estate:
        mark = int(fetched(self._c, _MARK)[0][0])
        newest = self._kept.newest
        if newest is not None and newest[0] == mark:
            return newest[1]
        assets = {a.id: a for a in _ASSET.items(fetched(self._c, f"SELECT {_ASSET.columns} FROM assets"))}  # noqa: S608
        rows = fetched(self._c, f"SELECT {_DEPLOYMENT.columns} FROM deployments")  # noqa: S608  names of our own
        deployments = tuple(_DEPLOYMENT.items(rows))
        estate = Estate(assets=assets, deployments=deployments)
        if not self._changed:
            self._kept.newest = mark, estate
        return estate

    def asset(self, asset_id: str) -> Asset | None:
        rows = asked(self._c, f"SELECT {_ASSET.columns} FROM assets WHERE id = :asset", {"asset": asset_id})  # noqa: S608
        return next(_ASSET.items(rows), None)

    def whereabouts(self, asset_ids: Iterable[str]) -> list[Whereabouts]:
        wanted = set(asset_ids)
        every = len(wanted) * _MOST > fetched(self._c, _COUNT)[0][0]
        where = self._columns(_WHERE, "asset_id", wanted, every=every)
        owners = self._columns(_OWNERS, "id", wanted, every=every)
        groups: dict[tuple[str, int], list[str]] = {}
        for asset, owner in owners.items():
            groups.setdefault((owner, where.pop(asset, 0)), []).append(asset)
        for asset, places in where.items():
            groups.setdefault(("", places), []).append(asset)
        return [Whereabouts(owner, _SETS[places], assets) for (owner, places), assets in groups.items()]

    def put_assets(self, assets: Iterable[Asset]) -> int:
        self._changed = True
        return put_difference(self._c, t.assets, [_ASSET.row(a) for a in assets], "id")

    def drop_assets(self, ids: Iterable[str]) -> int:
        self._changed = True
        gone = [sa.delete(t.assets).where(t.assets.c.id.in_(some)) for some in chunks(ids)]
        return sum(self._c.execute(statement).rowcount for statement in gone)

    def releases(self, asset_id: str) -> list[Release]:
        return list(_RELEASE.items(asked(self._c, f"{_RELEASES} ORDER BY iteration", {"asset": asset_id})))

    def release(self, asset_id: str, version: str) -> Release | None:
        rows = asked(self._c, f"{_RELEASES} AND version = :version", {"asset": asset_id, "version": version})
        return next(_RELEASE.items(rows), None)

    def add_release(self, release: Release) -> Release:
        numbered = msgspec.structs.replace(release, iteration=self.next_iteration(release.asset_id))
        try:
            self._c.execute(sa.insert(t.releases), [_RELEASE.row(numbered)])
        except sa.exc.IntegrityError:
            raise Refused(f"release {release.asset_id} {release.version} is there already") from None
        return numbered

    def add_pushed(self, releases: Sequence[Release], changes: Sequence[PushedChange]) -> None:
        insert_many(self._c, t.releases, [_RELEASE.row(r) for r in releases])
        insert_many(self._c, t.pushed_changes, [_CHANGE.row(c) for c in changes])

    def pushed_changes(self, asset_id: str, version: str | None = None, limit: int = 500) -> list[PushedChange]:
        query = sa.select(t.pushed_changes).where(t.pushed_changes.c.asset_id == asset_id)
        if version is not None:
            query = query.where(t.pushed_changes.c.version == version)
        rows = self._c.execute(query.order_by(t.pushed_changes.c.iteration.desc()).limit(limit))
        return [_CHANGE.item(r) for r in rows.mappings()]

    def known_versions(self, versions: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        # By both columns apart: more than was asked, which costs less than a statement for each.
        rows = among(self._c, _VERSIONS, {asset for asset, _ in versions}, {version for _, version in versions})
        return {(asset, version) for asset, version in rows} & set(versions)

    def releases_by_digest(self, digest: str) -> list[Release]:
        order = t.releases.c.asset_id, t.releases.c.iteration
        query = sa.select(t.releases).where(t.releases.c.digest == digest).order_by(*order)
        return [_RELEASE.item(r) for r in self._c.execute(query).mappings()]

    def complete_release(self, release: Release) -> bool:
        known = self.release(release.asset_id, release.version)
        if known is None:
            raise _no_release(release.asset_id, release.version)
        whole = known.completed(release)
        if whole == known:
            return False
        where = _release_key(release.asset_id, release.version)
        self._c.execute(sa.update(t.releases).where(where).values(_RELEASE.row(whole)))
        return True

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

    def next_iterations(self, asset_ids: Sequence[str]) -> list[int]:
        last = {asset: int(value) for asset, value in among(self._c, _ITERATIONS, set(asset_ids))}
        numbers = []
        for asset in asset_ids:
            last[asset] = last.get(asset, 0) + 1
            numbers.append(last[asset])
        put_difference(self._c, t.iterations, [{"asset_id": a, "value": n} for a, n in last.items()], "asset_id")
        return numbers

    def iterations(self) -> dict[str, int]:
        return {a: int(n) for a, n in self._c.execute(sa.select(t.iterations.c.asset_id, t.iterations.c.value))}

    def lift_iterations(self, at_least: Mapping[str, int]) -> None:
        rows = [
            {"asset_id": a, "value": max(n, at_least.get(a, 0))}
            for a, n in (dict.fromkeys(at_least, 0) | self.iterations()).items()
        ]
        put_difference(self._c, t.iterations, rows, "asset_id")

    def deployment(self, asset_id: str, environment: Environment) -> Deployment | None:
        rows = asked(self._c, _DEPLOYED, {"asset": asset_id, "environment": environment.value})
        return next(_DEPLOYMENT.items(rows), None)

    def deploy(self, deployment: Deployment) -> bool:
        self._changed = True
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

    def deploy_new(self, deployments: Sequence[Deployment]) -> None:
        self._changed = True
        stays = [
            _STAY.row(Stay(asset_id=d.asset_id, environment=d.environment, version=d.version, since=d.since))
            for d in deployments
        ]
        insert_many(self._c, t.stays, stays)
        insert_many(self._c, t.deployments, [_DEPLOYMENT.row(d) for d in deployments])

    def undeploy(self, asset_id: str, environment: Environment, at: datetime) -> bool:
        self._changed = True
        self._close_stay(asset_id, environment, at)
        gone = sa.delete(t.deployments).where(_place(t.deployments, asset_id, environment))
        return self._c.execute(gone).rowcount > 0

    def stays(self, asset_id: str, environment: Environment) -> list[Stay]:
        return list(_STAY.items(asked(self._c, _STAYS, {"asset": asset_id, "environment": environment.value})))

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

    def promotions(self, asset_id: str, limit: int = 500) -> list[Promotion]:
        query = sa.select(t.promotions).where(t.promotions.c.asset_id == asset_id)
        rows = self._c.execute(query.order_by(t.promotions.c.at.desc(), t.promotions.c.seq.desc()).limit(limit))
        return [_PROMOTION.item(r) for r in rows.mappings()]

    def _columns(self, sql: str, column: str, wanted: set[str], *, every: bool) -> dict[str, Any]:
        """The value of each id, of rows (value, JSON of ids)."""
        gathered = _IDS[self._c.dialect.name]
        if every and wanted:
            rows = fetched(self._c, sql.format(ids=gathered, of=""))
        else:
            rows = among(self._c, sql.format(ids=gathered, of=f" WHERE {column} {{among}}"), wanted)
        return {ident: value for value, ids in rows for ident in from_json(ids) if ident in wanted}

    def _close_stay(self, asset_id: str, environment: Environment, at: datetime) -> None:
        where = sa.update(t.stays).where(_place(t.stays, asset_id, environment))
        self._c.execute(where.where(t.stays.c.until.is_(None)).values(until=to_us(at)))

    def _must(self, statement: sa.Update, asset_id: str, version: str) -> None:
        if self._c.execute(statement).rowcount == 0:
            raise _no_release(asset_id, version)


def _no_release(asset_id: str, version: str) -> NotFound:
    return NotFound(f"asset {asset_id} has no release {version}", todo="see what there is: pulse-tui status")


def _release_key(asset_id: str, version: str) -> sa.ColumnElement[bool]:
    return sa.and_(t.releases.c.asset_id == asset_id, t.releases.c.version == version)


def _place(table: sa.Table, asset_id: str, environment: Environment) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.asset_id == asset_id, table.c.environment == environment.value)
