"""Short ways to make components and bills for tests."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.bill import Bill, DependencyChange
from pulse_tui.domain.estate import Component
from pulse_tui.domain.words import ComponentKind, Environment
from tests.fakes.nouns import NOW


def package(name: str, version: str | None = "1.0") -> Component:
    """A PyPI package."""
    kind = ComponentKind.PACKAGE
    return Component(id=f"pkg:pypi/{name.lower()}", kind=kind, name=name, version=version, ecosystem="PyPI")


def declared(ident: str, kind: ComponentKind = ComponentKind.PLUGIN, version: str | None = None) -> Component:
    """A component that is no package."""
    return Component(id=ident, kind=kind, name=ident, version=version)


def bill(
    *components: Component,
    asset_id: str = "support-bot",
    source: str = "sbom",
    document: str = "image.json",
    at: datetime = NOW,
    ways: tuple[str, ...] = (),
    environments: tuple[Environment, ...] = (),
) -> Bill:
    """A bill of these; ``ways`` are edges as ``ray > protobuf`` by name, ``> ray`` from the asset itself."""
    place = {"": -1, **{c.name: i for i, c in enumerate(components)}}
    edges = tuple((place[a.strip()], place[b.strip()]) for a, b in (w.split(">") for w in ways))
    return Bill(
        source=source,
        asset_id=asset_id,
        document=document,
        at=at,
        components=components,
        edges=edges,
        environments=environments,
    )


def words(changes: list[DependencyChange]) -> list[str]:
    """What an operator reads of changes."""
    return [c.words() for c in changes]
