"""The dependency tree of an asset with what changed since its approval, and who uses a component."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from pulse_tui.domain.bill import Head
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.estate import Component, Deployment
from pulse_tui.domain.moments import age, to_us
from pulse_tui.domain.purl import BadPurl
from pulse_tui.domain.purl import component as package
from pulse_tui.domain.views.registry import DependentRow, Dependents, Tree
from pulse_tui.domain.words import ComponentKind, Environment
from pulse_tui.enrich.tree import ASSET, Moved, asset_of, flatten, fold, headline
from pulse_tui.ports import BillHead, Edge, Store, Transaction, Users
from pulse_tui.services.advisories.audits import Unaudited, unaudited
from pulse_tui.services.registry.approvals import approved_at
from pulse_tui.settings.check import nearest

_DEEPEST = 200
"""Assets that one tree unfolds, at most."""
_NOWHERE: tuple[str, tuple[str, ...]] = ("", ())
"""Owner and environments of an asset that is only referenced."""


class Since(NamedTuple):
    """The moment from which changes are counted."""

    deployment: Deployment
    at: datetime
    word: str
    """approved, promoted, or deployed when neither is on record."""


def asset_tree(store: Store, asset_id: str, now: datetime) -> Tree:
    """An asset's dependencies, and which moved since its serving release was approved. Raises NotFound."""
    with store.read() as tx:
        if tx.estate.asset(asset_id) is None:
            raise NotFound(f"there is no asset {asset_id!r}", todo=nearest(asset_id, tx.estate.load().assets))
        edges = tx.dependencies.edges(asset_id)
        nested = _nested(tx, asset_id, edges)
        since = serving_since(tx, asset_id)
        moved = list(_changes(tx, asset_id, since.at, edges, nested)) if since is not None else []
        heads = tx.dependencies.heads({e.child.id for e in _all(edges, nested)})
        serves = {a: d.version for a in nested if (d := tx.estate.deployment(a, Environment.PRODUCTION)) is not None}
        bills = tx.dependencies.bills(asset_id)
        runs = [e for e in Environment if tx.estate.deployment(asset_id, e) is not None]
        open_ = unaudited(tx, (e.child for e in edges), tx.advisories.findings(asset_id=asset_id), now)
    notes = _Notes(moved, heads, serves, {(u.component.id, u.component.version): u.reason for u in open_ if u.own}, now)
    rows = tuple(flatten(asset_id, edges, nested, notes.note, notes.version, runs))
    head = _subject(since, moved, now) + (f"; {len(open_)} not audited" if open_ else "")
    return Tree(asset_id, head, rows, tuple(_document(b, since, now) for b in bills))


def asset_unaudited(store: Store, asset_id: str, now: datetime) -> list[Unaudited]:
    """The components of an asset that no advisory can judge, each with the reason. Raises NotFound."""
    with store.read() as tx:
        if tx.estate.asset(asset_id) is None:
            raise NotFound(f"there is no asset {asset_id!r}", todo=nearest(asset_id, tx.estate.load().assets))
        uses = (d.component for d in tx.dependencies.using(assets=[asset_id]))
        return unaudited(tx, uses, tx.advisories.findings(asset_id=asset_id), now)


def serving_since(tx: Transaction, asset_id: str) -> Since | None:
    """The deployment nearest to the customers, and when its release was approved for it."""
    for environment in sorted(Environment, key=lambda e: e.rank):
        deployment = tx.estate.deployment(asset_id, environment)
        if deployment is not None:
            at, word = approved_at(tx, deployment)
            return Since(deployment, at, word)
    return None


def dependents(store: Store, component: str) -> Dependents:
    """Who uses a component (by id, name, canonical name or ``name version``), directly or through others.

    Raises NotFound with the nearest names.
    """
    component = _as_kept(component)
    with store.read() as tx:
        found = _find(tx, component)
        ids = {c.id for c in found}
        only = {c.version for c in found} if all(component == c.label and c.version for c in found) else None
        direct = [u for u in tx.dependencies.users(ids) if only is None or u.component.version in only]
        versions = {asset: u.component.version or "" for u in direct for asset in u.assets}
        through = _through(tx, versions)
        facts = _Facts(tx, versions.keys() | through.keys())
    rows = [row for user in direct for row in facts.rows(user)]
    rows += [facts.row(asset, version, f"asset {way}") for asset, (version, way) in through.items()]
    rows.sort(key=itemgetter(0, 1))  # asset, version
    rows.sort(key=_elsewhere)
    label = found[0].label if only is not None else found[0].name
    live = len({r.asset for r in rows if not _elsewhere(r)})
    total = len({r.asset for r in rows})
    headline = f"{label} ({found[0].kind.value}): {total} asset{'' if total == 1 else 's'}, {live} in production"
    several = len({r.version for r in rows if r.version})
    more = f", in {several} versions" if several > 1 else ""
    return Dependents(label, headline + more, tuple(rows), provider=found[0].id)


# --------------------------------------------------------------------------- the tree


def _nested(tx: Transaction, asset_id: str, edges: Sequence[Edge]) -> dict[str, list[Edge]]:
    """The edges of every asset that this one is built on, however deep."""
    out: dict[str, list[Edge]] = {}
    queue = [edges]
    for own in queue:
        for inner in dict.fromkeys(filter(None, (asset_of(e.child) for e in own))):
            if inner not in out and inner != asset_id and len(out) < _DEEPEST:
                out[inner] = tx.dependencies.edges(inner)
                queue.append(out[inner])
    return out


def _changes(
    tx: Transaction, asset_id: str, since: datetime, edges: Sequence[Edge], nested: dict[str, list[Edge]]
) -> Iterator[Moved]:
    """What moved under the asset since then: its components, heads of what it uses, the assets it is built on."""
    yield from _own(tx, asset_id, since, edges)
    for inner, own in nested.items():
        yield from _own(tx, inner, since, own)
        stays = tx.estate.stays(inner, Environment.PRODUCTION)
        # Present at the first round: its first stay is as old as that round.
        then = next((s.version for s in stays if s.since <= since), stays[-1].version if stays else None)
        current = stays[0].version if stays and stays[0].until is None else None
        if then is not None and current is not None and then != current:
            yield Moved(ASSET + inner, inner, then, current, alias=False)


def _own(tx: Transaction, asset_id: str, since: datetime, edges: Sequence[Edge]) -> Iterator[Moved]:
    """A component that one document dropped and another still names is not gone."""
    there = {e.child.id for e in edges}
    for moved in fold(tx.dependencies.changes(asset_id, since)):
        if moved.after is not None or moved.component_id not in there:
            yield moved


def _all(edges: Sequence[Edge], nested: dict[str, list[Edge]]) -> Iterator[Edge]:
    yield from edges
    for own in nested.values():
        yield from own


class _Notes:
    """What is shown beside each component."""

    def __init__(
        self,
        moved: Sequence[Moved],
        heads: dict[str, Head],
        serves: dict[str, str],
        open_: dict[tuple[str, str | None], str],
        now: datetime,
    ) -> None:
        self._moved: dict[str, list[Moved]] = {}
        for item in moved:
            self._moved.setdefault(item.component_id, []).append(item)
        self._heads, self._serves, self._now_us = heads, serves, to_us(now)
        self._open = open_

    def version(self, component: Component) -> str:
        """As in the bill; of an asset that it only references, what serves in production."""
        inner = asset_of(component)
        return component.version or (self._serves.get(inner, "") if inner is not None else "")

    def note(self, component: Component) -> str:
        out = []
        for moved in self._moved.get(component.id, ()):
            if moved.after in (None, component.version) or moved.alias or component.version is None:
                out.append(moved.steps())
        head = self._heads.get(component.id)
        if head is not None and head.version != component.version:
            out.append(f"is {head.version} since {age(to_us(head.at), self._now_us)}")
        inner = asset_of(component)
        serves = self._serves.get(inner) if inner is not None else None
        if serves is not None and component.version is not None and serves != component.version:
            out.append(f"{serves} serves in production")
        if (why := self._open.get((component.id, component.version))) is not None:
            out.append(f"not audited: {why}")
        return "; ".join(out)


def _subject(since: Since | None, moved: Sequence[Moved], now: datetime) -> str:
    if since is None:
        return "it is deployed nowhere: there is no approval to compare with"
    serving = since.deployment
    where = "" if serving.environment is Environment.PRODUCTION else f" in {serving.environment.value}"
    old = age(to_us(since.at), to_us(now))
    return headline(f"since {serving.version} was {since.word}{where} ({old})", moved)


def _document(bill: BillHead, since: Since | None, now: datetime) -> str:
    refused = f", {bill.refused} records refused" if bill.refused else ""
    only = " that a scanner found vulnerable, not all there are" if bill.partial else ""
    parts = [f"{bill.components} components{only}{refused}", age(to_us(bill.at), to_us(now))]
    if bill.version is not None:
        other = since is not None and since.deployment.version != bill.version
        parts.append(f"of {bill.version}" + (f", not of {since.deployment.version}" if other and since else ""))
    if bill.subject:
        parts.append(bill.subject)
    named = f"{bill.source}:{bill.document}" if bill.document else bill.source
    return f"{named}: " + ", ".join(parts)


# --------------------------------------------------------------------------- the reverse


def _find(tx: Transaction, text: str) -> list[Component]:
    """The components that ``text`` names; all versions of one, unless it names a version."""
    inner = text.removeprefix(ASSET)
    found = tx.dependencies.find(text)
    if not found and tx.estate.asset(inner) is not None:
        return [Component(id=ASSET + inner, kind=ComponentKind.ASSET, name=inner)]
    exact = [c for c in found if text in (c.id, c.name, c.label)]
    if not exact and len({c.id for c in found}) == 1:
        exact = found
    if not exact:
        near = (
            nearest(text, {c.name for c in found}) if found else "look for a part of it: pulse-tui components find TEXT"
        )
        raise NotFound(f"no component is named {text!r}", todo=near)
    return exact


def _as_kept(text: str) -> str:
    """A purl with its version, as bills write it, in the words of a table: ``name version``."""
    if not text.startswith("pkg:"):
        return text
    try:
        named = package(text)
    except BadPurl:
        return text
    return named.label if named.version else named.id


def _through(tx: Transaction, direct: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Assets that use one of the direct users, at any remove: (version of the component, the way)."""
    out: dict[str, tuple[str, str]] = {}
    ways = dict.fromkeys(direct, "")
    frontier = list(direct)
    while frontier:
        pairs = tx.dependencies.made_of(ASSET + a for a in frontier)
        frontier = []
        for asset, component_id in pairs:
            inner = component_id.removeprefix(ASSET)
            if asset in ways:
                continue
            ways[asset] = f"{inner} > {ways[inner]}" if ways[inner] else inner
            out[asset] = (direct[inner] if inner in direct else out[inner][0], ways[asset])
            frontier.append(asset)
    return out


def _elsewhere(row: DependentRow) -> bool:
    return "production" not in row.environments


class _Facts:
    """Owners, deployments, workflows and endpoints of the assets that are shown."""

    def __init__(self, tx: Transaction, assets: set[str]) -> None:
        self._places: dict[str, tuple[str, tuple[str, ...]]] = {}
        for owner, environments, there in tx.estate.whereabouts(assets):
            self._places.update(dict.fromkeys(there, (owner, _names(environments))))
        self._workflows: dict[str, tuple[str, ...]] = {}
        for workflow in tx.inventory.workflows():
            for asset in {s.asset_id for s in workflow.stages} & assets:
                self._workflows[asset] = (*self._workflows.get(asset, ()), workflow.id)
        self._endpoints: dict[str, tuple[str, ...]] = {}
        for endpoint in tx.inventory.endpoints():
            if endpoint.asset_id in assets:
                known = self._endpoints.get(endpoint.asset_id or "", ())
                if endpoint.id not in known:
                    self._endpoints[endpoint.asset_id or ""] = (*known, endpoint.id)

    def rows(self, user: Users) -> Iterator[DependentRow]:
        """A row for each asset that uses the component in this way."""
        component, only, way, assets = user
        via = " > ".join([*way, component.name]) if way else "directly"
        names = _names(only)
        for asset in assets:
            yield self.row(asset, component.version or "", via, names)

    def row(self, asset: str, version: str, via: str, only: tuple[str, ...] = ()) -> DependentRow:
        """``only``: of the environments of the asset, those where the component is; none for all."""
        owner, places = self._places.get(asset, _NOWHERE)
        if only:
            places = _within(places, only)
        return DependentRow(
            asset, version, places, via, owner, self._workflows.get(asset, ()), self._endpoints.get(asset, ())
        )


@lru_cache(maxsize=256)
def _within(places: tuple[str, ...], only: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(e for e in places if e in only)


def _names(environments: Iterable[Environment]) -> tuple[str, ...]:
    return tuple(e.value for e in environments)
