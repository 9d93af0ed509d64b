"""The configuration's estate as nouns: pure, from shapes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from pulse_tui.domain.bill import ADDED, Bill
from pulse_tui.domain.claim import ESTATE
from pulse_tui.domain.cpe import LONGEST, parse_cpe, product_name
from pulse_tui.domain.estate import Asset, Component, Endpoint, Stage, Workflow
from pulse_tui.domain.purl import component as package
from pulse_tui.domain.release import Release
from pulse_tui.domain.text import as_name, clean
from pulse_tui.domain.usage import Usage
from pulse_tui.domain.words import ComponentKind, Environment
from pulse_tui.enrich.advisories.configurations import version_of
from pulse_tui.enrich.vendors.names import canonical
from pulse_tui.settings.shapes import AssetShape, ComponentShape, EndpointShape, EstateShape, ReleaseShape


def asset(shape: AssetShape) -> Asset:
    """The asset itself."""
    return Asset(
        id=shape.id,
        asset_type=shape.asset_type,
        owner_team=shape.owner_team,
        tier=shape.tier,
        exposure=shape.exposure,
        data=shape.data,
        workflow=shape.workflow,
    )


def facts(shape: AssetShape) -> dict[str, str]:
    """The estate's claims about an asset."""
    claimed = {"asset_type": shape.asset_type.value, "owner_team": shape.owner_team, "tier": shape.tier.value}
    claimed["exposure"] = shape.exposure.value
    return claimed | ({"workflow": shape.workflow} if shape.workflow else {})


def places(shape: AssetShape) -> dict[Environment, tuple[dict[str, str], datetime | None]]:
    """The estate's claims about each environment, and since when."""
    critical = {e.environment for e in shape.endpoints if e.critical}
    out: dict[Environment, tuple[dict[str, str], datetime | None]] = {}
    for environment in sorted({*shape.environments, *critical}, key=lambda e: e.rank):
        item = shape.environments.get(environment)
        claimed: dict[str, str] = {}
        if item is not None and item.version is not None:
            claimed["version"] = item.version
        if item is not None and item.traffic != 100.0:
            claimed["traffic"] = f"{item.traffic:g}"
        if environment in critical or (item is not None and item.critical):
            claimed["critical"] = "true"
        out[environment] = claimed, item.since if item is not None else None
    return out


def release(asset_id: str, shape: ReleaseShape, now: datetime) -> Release:
    """A release that no registry knows."""
    return Release(
        asset_id=asset_id,
        version=shape.version,
        iteration=0,
        digest=shape.digest,
        created_at=shape.created or now,
        state=shape.state,
        lineage=shape.lineage,
        provenance={"source": ESTATE, **shape.provenance},
        rollback_pointer=shape.rollback_to,
        branch=shape.branch,
        interface=shape.interface,
    )


def component(shape: ComponentShape) -> Component:
    """A component as configured, under the name that advisories and notes use."""
    if shape.purl is not None:
        return _named(package(shape.purl), shape)
    if shape.model is not None:
        name = canonical(shape.model).name
        return Component(id=shape.model, kind=ComponentKind.HOSTED_MODEL, name=name, version=shape.version)
    if shape.asset is not None:
        return Component(id=f"asset:{shape.asset}", kind=ComponentKind.ASSET, name=shape.asset, version=shape.version)
    assert shape.kind is not None
    assert shape.id is not None
    return _named(Component(id=shape.id, kind=shape.kind, name=shape.id), shape)


def _named(found: Component, shape: ComponentShape) -> Component:
    """With its version, the names that advisories use, and its platform. A CPE name may state the version too."""
    platform = (shape.platform,) if isinstance(shape.platform, str) else shape.platform
    known_as = tuple(clean(name, LONGEST) for name in (shape.cpe, shape.product) if name is not None)
    # By another name or on another platform it is another component: an advisory may reach the one and not the other.
    words = [_identity(name) for name in known_as]
    words += [_word("platform", name) for name in platform]
    found = msgspec.structs.replace(
        found,
        id=as_name(f"{found.id}?{'&'.join(words)}") if words else found.id,
        known_as=known_as,
        platform=tuple(clean(p, LONGEST) for p in platform),
    )
    return msgspec.structs.replace(found, version=found.version or shape.version or version_of(found))


def _identity(name: str) -> str:
    """Of a CPE name everything but the part and the version: an upgrade is of the same component."""
    if not name.lower().startswith("cpe:"):
        return _word("product", name)
    found = parse_cpe(name)
    more = ":".join(found[4:]).rstrip(":*")
    return f"cpe={found.key}" + (f":{more}" if more else "")


def _word(key: str, name: str) -> str:
    return f"{key}={product_name(name.removeprefix('cpe:2.3:')).replace(' ', '-')}"


def bills(shape: AssetShape, now: datetime) -> Iterator[Bill]:
    """The asset's declared dependencies: one bill for all environments, one for each narrower reach; those that count
    beside a release's own bill in bills apart."""
    reaches = {(c.beside_bill, c.environments) for c in shape.components} | {(False, ())}
    for added, reach in sorted(reaches):
        here = [c for c in shape.components if (c.beside_bill, c.environments) == (added, reach)]
        uses = tuple(dict.fromkeys(component(c) for c in here))
        loaded = {component(c).id: c.loaded for c in here if c.loaded is not None}
        document = "+".join([*([ADDED] if added else []), *(e.value for e in reach)])
        yield Bill(
            source=ESTATE,
            asset_id=shape.id,
            document=document,
            at=now,
            components=uses,
            environments=tuple(reach),
            loaded=tuple(sorted(loaded.items())),
        )


def usages(shape: EstateShape) -> dict[str, dict[str, Usage]]:
    """What each asset is declared to use of its models, by asset and component id."""
    found: dict[str, dict[str, Usage]] = {}
    for one in shape.assets:
        for item in one.components:
            if item.usage is not None:
                found.setdefault(one.id, {})[component(item).id] = item.usage
    return found


def endpoints(shape: EstateShape) -> list[Endpoint]:
    """Those of the assets, and those that are declared by themselves."""
    own = [_endpoint(e, a.id) for a in shape.assets for e in a.endpoints]
    return own + [_endpoint(e, e.asset) for e in shape.endpoints]


def _endpoint(shape: EndpointShape, asset_id: str | None) -> Endpoint:
    return Endpoint(
        id=shape.id,
        environment=shape.environment,
        asset_id=asset_id,
        owner_team=shape.owner_team,
        segments=shape.segments,
        production_critical=shape.critical,
    )


def workflows(shape: EstateShape) -> list[Workflow]:
    """As written; an asset's ``workflow: name`` alone makes it a stage of that name, in the assets' order."""
    out = {
        w.id: Workflow(id=w.id, stages=tuple(Stage(s.name, s.asset) for s in w.stages), owner_team=w.owner_team)
        for w in shape.workflows
    }
    for item in shape.assets:
        if item.workflow is None or any(w.id == item.workflow for w in shape.workflows):
            continue
        before = out.get(item.workflow, Workflow(id=item.workflow, stages=()))
        out[item.workflow] = Workflow(id=before.id, stages=(*before.stages, Stage(item.id, item.id)))
    return list(out.values())
