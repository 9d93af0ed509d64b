"""Indexes of an estate: deployments by asset and environment, dependencies by asset, package and hosted model."""

from __future__ import annotations

import re
from collections import defaultdict

from pulse_tui.domain.estate import Asset, Component, Dependency, Deployment, Estate
from pulse_tui.domain.words import Environment

_PURL_TYPES = {
    "golang": "go",
    "cargo": "crates.io",
    "gem": "rubygems",
    "composer": "packagist",
    "githubactions": "github actions",
    "swift": "swifturl",
    "deb": "debian",
    "apk": "alpine",
}
_SEPARATORS = re.compile(r"[-_.]+")


def ecosystem_key(ecosystem: str) -> str:
    """The ecosystem's name for comparison: lower case, purl types by their OSV name, no release suffix."""
    base = ecosystem.partition(":")[0].strip().lower()
    return _PURL_TYPES.get(base, base)


def package_key(ecosystem: str, name: str) -> tuple[str, str]:
    """(ecosystem, name) as packages are compared: PyPI by PEP 503, Go and Maven as written, others in lower case."""
    kind = ecosystem_key(ecosystem)
    if kind == "pypi":
        return kind, _SEPARATORS.sub("-", name.strip()).lower()
    return kind, name.strip() if kind in ("go", "maven") else name.strip().lower()


def component_key(component: Component) -> tuple[str, str] | None:
    """The package key of a component, from its ecosystem or its purl; None when it is not a package."""
    ecosystem = component.ecosystem
    if ecosystem is None and component.id.startswith("pkg:"):
        ecosystem = component.id[4:].partition("/")[0]
    return package_key(ecosystem, component.name) if ecosystem else None


class EstateIndex:
    """An estate with its indexes. Build it once per estate through :func:`estate_index`."""

    def __init__(self, estate: Estate) -> None:
        """Linear in the number of deployments and dependencies."""
        self.estate = estate
        self._deployments: dict[tuple[str, Environment], Deployment] = {}
        by_asset: dict[str, list[Deployment]] = defaultdict(list)
        for deployment in estate.deployments:
            self._deployments.setdefault((deployment.asset_id, deployment.environment), deployment)
            by_asset[deployment.asset_id].append(deployment)
        self._by_asset = {a: sorted(ds, key=lambda d: d.environment.rank) for a, ds in by_asset.items()}
        self.packages: dict[tuple[str, str], list[Dependency]] = defaultdict(list)
        self._components: dict[tuple[str, str], list[Dependency]] = defaultdict(list)
        for dependency in estate.dependencies:
            component = dependency.component
            key = component_key(component)
            if key is not None:
                self.packages[key].append(dependency)
            for name in {component.id, component.name, component.label}:
                self._components[dependency.asset_id, name].append(dependency)

    def asset(self, asset_id: str | None) -> Asset | None:
        """The asset, if the estate has it."""
        return self.estate.assets.get(asset_id) if asset_id is not None else None

    def deployment(self, asset_id: str, environment: Environment | None) -> Deployment | None:
        """What serves there."""
        return self._deployments.get((asset_id, environment)) if environment is not None else None

    def deployments(self, asset_id: str) -> list[Deployment]:
        """Where the asset runs, production first."""
        return self._by_asset.get(asset_id, [])

    def uses(self, asset_id: str, component: str) -> list[Dependency]:
        """Dependencies of the asset on a component, by its id, name or label."""
        return self._components.get((asset_id, component), [])

    def running(self, dependency: Dependency) -> list[Environment]:
        """Environments where the dependency runs: the asset is deployed there and uses it there."""
        return [
            d.environment
            for d in self.deployments(dependency.asset_id)
            if not dependency.environments or d.environment in dependency.environments
        ]


_latest: EstateIndex | None = None


def estate_index(estate: Estate) -> EstateIndex:
    """The indexes of ``estate``; the last one is kept, because a batch of signals shares one estate."""
    global _latest  # noqa: PLW0603  a memo of a pure function, swapped in one assignment
    latest = _latest
    if latest is None or latest.estate is not estate:
        latest = _latest = EstateIndex(estate)
    return latest
