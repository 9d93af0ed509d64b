"""Components, and which asset uses them by which document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from pulse_tui.domain.bill import Bill, DependencyChange, Head
from pulse_tui.domain.estate import Component, Dependency
from pulse_tui.domain.words import ComponentKind, Environment


class Edge(NamedTuple):
    """A line of a bill: ``parent`` (None: the asset itself) brings in ``child``."""

    parent: Component | None
    child: Component
    environments: tuple[Environment, ...]
    origin: str


class Users(NamedTuple):
    """Assets that use a component in the same environments (all when empty), brought in the same way.

    ``way`` is the shortest from the asset down to the component, whatever its version, as names from the top. Neither
    is among them: it is empty when the asset uses the component directly. A very long way begins with ``…``.
    """

    component: Component
    environments: tuple[Environment, ...]
    way: tuple[str, ...]
    assets: list[str]


class BillHead(NamedTuple):
    """A bill without its components."""

    origin: str
    source: str
    document: str
    version: str | None
    subject: str | None
    digest: str | None
    at: datetime
    components: int
    refused: int = 0
    """Records that could not be read and may have named components."""
    partial: bool = False
    """It lists some of the components alone."""


class Loadings(Protocol):
    """Whether components are loaded when their assets run; who says nothing is not there."""

    def put(self, asset_id: str, source: str, loaded: Mapping[str, bool], at: datetime) -> bool:
        """All that ``source`` (the origin of a bill, or "operator") says of the asset's components, by their ids, in the
        place of what it said before. False when that is the same."""
        ...

    def of(
        self, asset_ids: Iterable[str], component_ids: Iterable[str] | None = None
    ) -> dict[tuple[str, str], dict[str, bool]]:
        """(asset, component id): what each source says; of these components alone, where they are given."""
        ...

    def listing(self, asset_id: str, component_id: str) -> set[str]:
        """The origins of the bills in force that list the component, without those that list only some."""
        ...


class Dependencies(Protocol):
    """Components, which asset uses them by which document, and what changed when.

    A bill that was made for a release is in force where that release serves; one of no release in particular, everywhere.
    """

    def put_bill(self, bill: Bill) -> list[DependencyChange]:
        """Replace this document's bill of the asset; returns (and logs) what changed. A document's first bill
        is no change, it is where the log begins. A bill without a difference (whatever its time) writes
        nothing. A version that is not known is "" in the changes. Raises Refused when an edge names no component."""
        ...

    def billed_by(self, source: str) -> list[str]:
        """The assets of which a source has a bill."""
        ...

    def refuse_bill(self, asset_id: str, origin: str) -> None:
        """Its file cannot be read now: the bill stays, with at least one refused record."""
        ...

    def drop_bill(self, asset_id: str, origin: str, at: datetime) -> list[DependencyChange]:
        """The document is gone, and so is what only it listed."""
        ...

    def bills(self, asset_id: str) -> list[BillHead]:
        """By origin."""
        ...

    def using(
        self,
        *,
        assets: Iterable[str] = (),
        packages: Iterable[tuple[str, str]] = (),
        kinds: Iterable[ComponentKind] = (),
        components: Iterable[str] = (),
    ) -> tuple[Dependency, ...]:
        """Each (asset, component) once: all of ``assets``, and those on one of the (ecosystem, name) packages as
        :func:`~pulse_tui.enrich.lookups.package_key` spells them, of one of the kinds, or with one of the ids or names."""
        ...

    def edges(self, asset_id: str, *, every: bool = False) -> list[Edge]:
        """The asset's own bills, as far as they are in force (``every``: all of them), parents before children where there is no cycle."""
        ...

    def users(self, component_ids: Iterable[str]) -> list[Users]:
        """Who uses the components of these ids, by component (name, id, version): each (asset, component) once, assets
        that use it in the same way together."""
        ...

    def made_of(self, component_ids: Iterable[str]) -> list[tuple[str, str]]:
        """(asset, component id) of those that are assets themselves: who is made of them, by asset and component."""
        ...

    def leans(self, asset_ids: Iterable[str] | None = None) -> list[tuple[str, str]]:
        """(asset, component id) of hosted models, endpoints, stores and other assets that they use: no libraries. Of every
        asset when None. A bill of a release that serves nowhere does not count."""
        ...

    def find(self, text: str, limit: int = 20) -> list[Component]:
        """Components by exact id, name or ``name version``; else those whose name contains ``text``."""
        ...

    def put_head(self, head: Head) -> DependencyChange | None:
        """What a moving component is now; the change when it was another version before (and logs it)."""
        ...

    def heads(self, component_ids: Iterable[str]) -> dict[str, Head]: ...
    def changes(self, asset_id: str, since: datetime) -> list[DependencyChange]:
        """After ``since``, oldest first: those of the asset, and moved heads of components that it uses."""
        ...
