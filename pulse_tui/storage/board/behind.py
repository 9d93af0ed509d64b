"""Which assets a silent source stands behind: what it would report is about these, or, where nobody knows, about any."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from pulse_tui.domain.scope import Scope
from pulse_tui.domain.words import ENVIRONMENT_RANK, ComponentKind
from pulse_tui.storage.board.trends import Execute

_BROUGHT = """
SELECT source, asset_id FROM deployments WHERE source IN ({some}) UNION
SELECT source, subject FROM claims WHERE source IN ({some}) UNION
SELECT source, asset_id FROM bills WHERE source IN ({some}) UNION
SELECT source, asset_id FROM eval_runs WHERE source IN ({some})
"""
_COMPONENTS = f"""
SELECT DISTINCT b.asset_id, c.kind, c.id, LOWER(c.name)
FROM components c JOIN dependencies d ON d.child = c.num JOIN bills b ON b.num = d.bill
WHERE c.kind = '{ComponentKind.HOSTED_MODEL}' OR LOWER(c.name) IN ({{some}})
"""  # noqa: S608  a word of our own

_HOSTS = frozenset({"alibaba", "amazon", "google", "ibm", "microsoft", "nvidia"})
"""Labs that serve the models of others too, and write of those."""


def behind(execute: Execute, silent: frozenset[str], scopes: Mapping[str, Scope]) -> dict[str, tuple[str, ...]]:
    """By asset, the silent sources that report on it: by what they brought so far and by what their options name.

    Of a vendor's notes: the assets that use its models, a model whose lab is not known, one of another lab that it or its platform
    serves, or a package of its name. "" are the sources of which nothing says on what they report, as of advisories: on any.
    """
    names = sorted(silent)
    found: dict[str, set[str]] = defaultdict(set)
    for source, subject in execute(*_some(_BROUGHT, names)):
        found[source].add(_asset(subject))
    vendors = {name: scopes[name].vendor for name in names if name in scopes and scopes[name].vendor}
    for name in names:
        found[name] |= scopes[name].assets if name in scopes else set()
    for name, assets in _of_vendors(execute, vendors).items():
        found[name] |= assets
    about: dict[str, tuple[str, ...]] = {}
    for name in names:
        for asset in found[name] or {""}:
            about[asset] = (*about.get(asset, ()), name)
    return about


def _of_vendors(execute: Execute, vendors: Mapping[str, str]) -> dict[str, set[str]]:
    """By source: the assets that its vendor's notes can reach; without what nobody can say of a vendor."""
    if not vendors:
        return {}
    from pulse_tui.enrich.vendors.labs import ORGS  # noqa: PLC0415  seldom asked for, and slow to load
    from pulse_tui.enrich.vendors.names import canonical  # noqa: PLC0415
    from pulse_tui.enrich.vendors.platforms import place, platform  # noqa: PLC0415

    words = {name: vendor.lower() for name, vendor in vendors.items()}
    found: dict[str, set[str]] = {name: set() for name in vendors}
    for asset, kind, ident, called in execute(*_some(_COMPONENTS, sorted(set(words.values())))):
        model = canonical(ident) if kind == ComponentKind.HOSTED_MODEL else None
        where = place(ident) if model is not None else None
        for name, vendor in words.items():
            lab = ORGS.get(vendor)
            theirs = model is not None and (model.lab in (None, lab) or (model.provider and lab in _HOSTS))
            served = where is not None and where[0] == platform(vendor)  # a cloud is a vendor too, and no lab
            if called == vendor or served or (lab is not None and theirs):
                found[name].add(asset)
    return found


def _some(sql: str, values: list[str]) -> tuple[str, dict[str, str]]:
    return sql.format(some=", ".join(f":s{n}" for n in range(len(values)))), {f"s{n}": v for n, v in enumerate(values)}


def _asset(subject: str) -> str:
    """Whose claim it is: of an asset, of what serves in an environment, or of a release (``domain/claim``)."""
    name = subject.partition("@")[0]
    asset, _, environment = name.rpartition("/")
    return asset if asset and environment in ENVIRONMENT_RANK else name
