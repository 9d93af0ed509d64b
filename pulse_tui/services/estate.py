"""Put the configuration's estate into the store: what no other system says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pulse_tui.domain.estate import Asset, Component, Dependency, Deployment
from pulse_tui.domain.release import Release
from pulse_tui.domain.words import ComponentKind, Environment
from pulse_tui.enrich.matching import advisory_fingerprint, advisory_signals, match
from pulse_tui.ports import Transaction
from pulse_tui.services.ingest import absorb
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.respond import Responder
from pulse_tui.settings.shapes import AssetShape, ComponentShape, EstateShape


def sync_estate(shape: EstateShape, parts: JudgeParts, now: datetime) -> int:
    """Bring the store in line with the YAML; returns the number of rows that changed.

    A deployment that a registry speaks for is left alone: the registry is nearer to the truth.
    Releases are only ever added.
    """
    if not shape.assets:
        return 0
    changed = 0
    with parts.store.write() as tx:
        changed += tx.estate.put_assets(_asset(a) for a in shape.assets)
        for asset in shape.assets:
            moved = tx.estate.put_dependencies(asset.id, list(_dependencies(asset)))
            changed += moved + _releases(asset, tx, now) + _deployments(asset, tx, now)
            if moved:
                _rematch(asset, tx, parts, now)
    return changed


def component(shape: ComponentShape) -> Component:
    """A component as configured, under the name that advisories and notes use."""
    if shape.purl is not None:
        return _package(shape.purl)
    if shape.model is not None:
        return Component(
            id=shape.model, kind=ComponentKind.HOSTED_MODEL, name=shape.model.split("/", 1)[-1], version=shape.version
        )
    assert shape.kind is not None
    assert shape.id is not None
    return Component(id=shape.id, kind=shape.kind, name=shape.id, version=shape.version)


_ECOSYSTEMS = {
    "pypi": "PyPI",
    "npm": "npm",
    "golang": "Go",
    "cargo": "crates.io",
    "maven": "Maven",
    "nuget": "NuGet",
    "gem": "RubyGems",
}


def _package(purl: str) -> Component:
    """``pkg:type/namespace/name@version?qualifiers`` (the purl specification), without qualifiers."""
    body = purl.removeprefix("pkg:").split("#", 1)[0].split("?", 1)[0]
    path, _, version = body.rpartition("@") if "@" in body.rsplit("/", 1)[-1] else (body, "", "")
    kind, _, name = path.partition("/")
    if kind == "pypi":
        name = name.lower().replace("_", "-").replace(".", "-")
    return Component(
        id=f"pkg:{kind}/{name}",
        kind=ComponentKind.PACKAGE,
        name=name,
        version=version or None,
        ecosystem=_ECOSYSTEMS.get(kind, kind),
    )


def _asset(shape: AssetShape) -> Asset:
    return Asset(
        id=shape.id,
        asset_type=shape.type,
        owner_team=shape.owner,
        tier=shape.tier,
        exposure=shape.exposure,
        data=shape.data,
        workflow=shape.workflow,
    )


def _dependencies(shape: AssetShape) -> Iterator[Dependency]:
    for item in shape.components:
        yield Dependency(asset_id=shape.id, component=component(item), environments=item.environments)


def _releases(shape: AssetShape, tx: Transaction, now: datetime) -> int:
    known = {r.version for r in tx.estate.releases(shape.id)}
    added = 0
    for item in shape.releases:
        if item.version in known:
            continue
        added += 1
        tx.estate.add_release(
            Release(
                asset_id=shape.id,
                version=item.version,
                iteration=0,
                digest=item.digest,
                created_at=item.created or now,
                state=item.state,
                lineage=item.lineage,
                provenance={"source": "estate"},
                rollback_pointer=item.rollback_to,
                registry_version=None,
            )
        )
    return added


def _deployments(shape: AssetShape, tx: Transaction, now: datetime) -> int:
    changed = 0
    for environment in sorted(shape.environments, key=lambda e: Environment(e).rank):
        item = shape.environments[environment]
        before = tx.estate.deployment(shape.id, environment)
        if before is not None and before.source != "estate":
            continue
        deployment = Deployment(
            asset_id=shape.id,
            environment=environment,
            version=item.version,
            since=item.since or (before.since if before and before.version == item.version else now),
            traffic=item.traffic,
            production_critical=item.critical,
        )
        changed += tx.estate.deploy(deployment)
    return changed


def _rematch(shape: AssetShape, tx: Transaction, parts: JudgeParts, now: datetime) -> None:
    """The asset's components changed: stored advisories may reach it now, or no longer."""
    estate = tx.estate.load()
    before = tx.advisories.findings(asset_id=shape.id)
    tx.advisories.drop_findings(asset_id=shape.id)
    packages = [(c.ecosystem, c.name) for c in (component(i) for i in shape.components) if c.ecosystem is not None]
    reached: set[tuple[str, Environment | None]] = set()
    for advisory in tx.advisories.touching(packages):
        here = [f for f in match(advisory, estate) if f.asset_id == shape.id]
        reached |= {(f.advisory_id, f.environment) for f in here}
        tx.advisories.put_findings(here)
        absorb(advisory_signals(advisory, here, estate, now), tx, parts, now)
    for finding in before:
        gone = tx.advisories.get(finding.advisory_id)
        if gone is not None and (finding.advisory_id, finding.environment) not in reached:
            over = advisory_fingerprint(gone, shape.id, finding.environment)
            Responder(tx, parts, now).clear(over, f"{shape.id} no longer uses {finding.component}")
