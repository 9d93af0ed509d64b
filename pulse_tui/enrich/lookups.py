"""Indexes of an estate: deployments by asset and environment, dependencies by asset, package and hosted model."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

from pulse_tui.domain.cpe import BadCpe, formatted, parse_cpe, product_name
from pulse_tui.domain.estate import Asset, Component, Dependency, Deployment, Estate
from pulse_tui.domain.purl import RELEASED, BadPurl, Purl, parse, release_of
from pulse_tui.domain.words import ComponentKind, Environment

_EXTRAS = re.compile(r"\[[^\]]*\]\Z")
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
_GO_HOSTS = frozenset({"github.com", "gitlab.com", "bitbucket.org", "golang.org"})
"""Where a repository is named by two parts after the host."""
_MAJOR = re.compile(r"v[0-9]+")
_SEPARATORS = re.compile(r"[-_.]+")


@lru_cache(1_024)
def ecosystem_key(ecosystem: str) -> str:
    """The ecosystem's name for comparison: lower case, purl types by their OSV name, no release suffix."""
    base = ecosystem.partition(":")[0].strip().lower()
    return _PURL_TYPES.get(base, base)


@lru_cache(4_096)
def covered_key(ecosystem: str) -> str:
    """The ecosystem as a feed covers it: of a distribution with its release, for one of Debian 11 says nothing of 12."""
    key = ecosystem_key(ecosystem)
    release = release_of(ecosystem) if key in RELEASED and ":" in ecosystem else ""
    return f"{key}:{release}" if release else key


@lru_cache(16_384)
def package_key(ecosystem: str, name: str) -> tuple[str, str]:
    """(ecosystem, name) as packages are compared: PyPI by PEP 503 without extras, Maven as written, others in lower case;
    crates with ``-`` for ``_``, which crates.io takes for the same name.

    Go's too: tools write its paths in lower case, and no two modules differ in their case alone. An action is its
    repository, a Swift package its address without scheme and ending.
    """
    kind, name = ecosystem_key(ecosystem), name.strip()
    if kind == "pypi":
        return kind, _SEPARATORS.sub("-", _EXTRAS.sub("", name)).lower()
    if kind == "maven":
        return kind, name
    if kind == "product":
        return kind, product_name(name)
    name = name.lower()
    if kind == "crates.io":
        return kind, name.replace("_", "-")
    if kind == "github actions":
        return kind, "/".join(name.split("/")[:2])
    if kind == "swifturl":
        return kind, (name.partition("://")[2] or name).removesuffix("/").removesuffix(".git")
    return kind, "stdlib" if (kind, name) == ("go", "std") else name


def component_key(component: Component) -> tuple[str, str] | None:
    """The package key of a component, from its ecosystem or its purl; None when no advisory can name it."""
    if component.ecosystem:
        return package_key(component.ecosystem, component.name)
    found = _purl(component.id) if component.id.startswith("pkg:") and component.kind is ComponentKind.PACKAGE else None
    if found is not None and found.ecosystem:
        return package_key(found.ecosystem, component.name)
    return next(iter(product_keys(component)), None) if component.known_as else None


def product_keys(component: Component) -> tuple[tuple[str, str], ...]:
    """("cpe", "vendor:product") of its CPE name, ("product", name) of its vendor's product name; at most one of each."""
    found: dict[str, tuple[str, str]] = {}
    for name in component.known_as:
        if (key := _named(name)) is not None:
            found.setdefault(key[0], key)
    return tuple(found[kind] for kind in ("cpe", "product") if kind in found)


PRODUCTS = frozenset({"cpe", "product"})
"""Ecosystems of what has no package: products by CPE name, by their vendor's name."""


def as_known(ecosystem: str, name: str) -> tuple[str, ...]:
    """What a product of one of :data:`PRODUCTS` is known as; a CPE name whole, or ``vendor:product``."""
    if ecosystem_key(ecosystem) != "cpe" or name.lower().startswith("cpe:"):
        return (name,)
    vendor, _, product = name.partition(":")
    return (formatted("*", vendor, product),)


@lru_cache(16_384)
def _named(name: str) -> tuple[str, str] | None:
    if not name.lower().startswith("cpe:"):
        normal = product_name(name)
        return ("product", normal) if normal else None
    try:
        return "cpe", parse_cpe(name).key
    except BadCpe:
        return None


def ecosystem_of(component: Component) -> str | None:
    """The ecosystem of a package as OSV spells it, from its own words or its purl; None for what is none of any."""
    if component.ecosystem or component.kind is not ComponentKind.PACKAGE:
        return component.ecosystem
    found = _purl(component.id) if component.id.startswith("pkg:") else None
    return found.ecosystem if found is not None else None


class Source(NamedTuple):
    """The source package that a distribution built a component from."""

    key: tuple[str, str]
    version: str | None
    """None: that of the component."""


def source_of(component: Component) -> Source | None:
    """The source package of a component, when that has another name or version than the component has."""
    if "upstream=" not in component.id or (key := component_key(component)) is None:
        return None
    found = _purl(component.id)
    return Source((key[0], found.advised[0].lower()), found.advised[1] or None) if found is not None else None


def keys_of(component: Component) -> tuple[tuple[str, str], ...]:
    """Every key under which an advisory may name the component: its own, its source package's, its Go tree's."""
    if (key := component_key(component)) is None:
        return ()
    source = source_of(component)
    other = source.key if source is not None else _tree(key)
    own = (key,) if other == key else (key, other)
    return tuple(dict.fromkeys((*own, *product_keys(component)))) if component.known_as else own


def keys_named(ecosystem: str, name: str) -> tuple[tuple[str, str], ...]:
    """The keys of a package that an advisory names: its own, its Go tree's."""
    key = package_key(ecosystem, name)
    return tuple(dict.fromkeys((key, _tree(key))))


def _tree(key: tuple[str, str]) -> tuple[str, str]:
    """Of a Go path the repository it is in: a module of it, or a package of a module, may be what is meant."""
    if key[0] != "go":
        return key
    parts = key[1].split("/")
    return key[0], "/".join(parts[: 3 if parts[0] in _GO_HOSTS else 2])


def go_parents(name: str) -> list[str]:
    """The paths above a Go package that may be its module, nearest first: not those of another major version."""
    parts = name.split("/")
    out = []
    for end in range(len(parts) - 1, 1, -1):
        if _MAJOR.fullmatch(parts[end]):
            break
        out.append("/".join(parts[:end]))
    return out


@lru_cache(16_384)
def _purl(text: str) -> Purl | None:
    try:
        return parse(text)
    except BadPurl:
        return None


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
            for key in keys_of(component):
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
