"""The blast radius of a vulnerability: components, the assets that use them, and everything that depends on those."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pulse_tui.domain.advisory import Audit, Finding
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.estate import Deployment
from pulse_tui.domain.text import many
from pulse_tui.domain.views.advisories import Radius, RadiusRow
from pulse_tui.domain.words import Environment
from pulse_tui.enrich.tree import ASSET
from pulse_tui.ports import Store, Transaction


class _Hit(NamedTuple):
    """A component that the vulnerability is in, or may be in, and the assets that have it."""

    label: str
    findings: tuple[Finding, ...]

    @property
    def matched(self) -> bool:
        return any(f.audit is Audit.MATCHED for f in self.findings)

    @property
    def note(self) -> str:
        if not self.matched:
            return f"not audited: {self.findings[0].reason}"
        fixed = ", ".join(dict.fromkeys(v for f in self.findings for v in f.fixed))
        return f"matched; fixed in {fixed}" if fixed else "matched; no fix is named"


def radius(store: Store, name: str) -> Radius:
    """What the vulnerability of this id or name can hurt, as a tree. Raises NotFound.

    An asset is unfolded where it stands first; a cycle of assets that are built on each other ends there too.
    """
    with store.read() as tx:
        found = tx.advisories.get(name)
        if found is None:
            raise NotFound(f"there is no advisory {name!r}", todo="see what is stored: the Advisories pane")
        records = tx.advisories.called(found.name) or [found]
        hits = _hits(tx.advisories.findings_of([r.id for r in records]))
        direct = {f.asset_id for hit in hits for f in hit.findings}
        above = _above(tx, direct)
        every = direct.union(*above.values()) if above else direct
        facts = _Facts(tx, every)
    rows = tuple(_rows(hits, above, facts))
    return Radius(found.name, _headline(found.name, hits, rows, facts), rows)


def _hits(findings: Iterable[Finding]) -> list[_Hit]:
    """What it is surely in first; of one place the worse answer of several records."""
    worst: dict[tuple[str, str, Environment | None], Finding] = {}
    for finding in findings:
        place = finding.component, finding.asset_id, finding.environment
        if finding.audit is not Audit.CLEAN and (place not in worst or finding.audit is Audit.MATCHED):
            worst[place] = finding
    by_label: dict[str, list[Finding]] = {}
    for finding in worst.values():
        by_label.setdefault(finding.component, []).append(finding)
    hits = [
        _Hit(label, tuple(sorted(fs, key=lambda f: f.audit is not Audit.MATCHED))) for label, fs in by_label.items()
    ]
    return sorted(hits, key=lambda h: (not h.matched, h.label))


def _above(tx: Transaction, direct: Iterable[str]) -> dict[str, list[str]]:
    """Of each asset those that are built on it, at any remove; each asset is asked about once."""
    above: dict[str, list[str]] = {}
    asked = frontier = set(direct)
    while frontier:
        found: dict[str, list[str]] = {}
        for asset, component in tx.dependencies.made_of(ASSET + a for a in frontier):
            inner = component.removeprefix(ASSET)
            if asset != inner:
                found.setdefault(inner, []).append(asset)
        above |= {inner: sorted(set(assets)) for inner, assets in found.items()}
        frontier = {a for assets in found.values() for a in assets} - asked
        asked = asked | frontier
    return above


def _rows(hits: Sequence[_Hit], above: Mapping[str, Sequence[str]], facts: _Facts) -> Iterator[RadiusRow]:
    shown = set[str]()
    for hit in hits:
        name, _, version = hit.label.rpartition(" ")
        yield RadiusRow(0, "component", name or version, version if name else "", (), None, "", hit.note)
        places: dict[str, list[Finding]] = {}
        for finding in hit.findings:
            places.setdefault(finding.asset_id, []).append(finding)
        for asset in sorted(places, key=lambda a: (_nearest(places[a]), a)):
            where = [f.environment for f in places[asset] if f.environment is not None]
            waived = all(f.waiver for f in places[asset])
            worst = min((f.priority for f in places[asset]), key=lambda p: p.rank)
            note = f"{worst.glyph}, waived" if waived else worst.glyph
            yield from _asset(asset, where, note, above, facts, shown)


def _nearest(findings: Iterable[Finding]) -> int:
    """How near to customers the nearest place is."""
    return min(f.environment.rank if f.environment is not None else 9 for f in findings)


def _asset(
    asset: str,
    where: Iterable[Environment],
    note: str,
    above: Mapping[str, Sequence[str]],
    facts: _Facts,
    shown: set[str],
) -> Iterator[RadiusRow]:
    """The asset, what callers reach it by, the workflows it is a stage of, and the assets that are built on it."""
    stack: list[tuple[int, str, Sequence[Environment], str]] = [(1, asset, sorted(where, key=lambda e: e.rank), note)]
    while stack:  # no recursion: a chain of a thousand assets is no deeper than this
        depth, name, places, words = stack.pop()
        again = name in shown
        yield facts.asset(depth, name, places, words, again=again and facts.unfolds(name, above))
        if again:
            continue
        shown.add(name)
        yield from facts.around(depth + 1, name)
        for outer in sorted(above.get(name, ()), reverse=True):
            stack.append((depth + 1, outer, facts.runs(outer), f"built on {name}"))


class _Facts:
    """Owners, deployments, endpoints and workflows of the assets that are shown."""

    def __init__(self, tx: Transaction, assets: set[str]) -> None:
        self._owners: dict[str, str] = {}
        for owner, _, there in tx.estate.whereabouts(assets):
            self._owners.update(dict.fromkeys(there, owner))
        self._served: dict[str, dict[Environment, Deployment]] = {}
        for deployment in tx.estate.load().deployments:
            if deployment.asset_id in assets:
                self._served.setdefault(deployment.asset_id, {}).setdefault(deployment.environment, deployment)
        self._around: dict[str, list[tuple[str, str, tuple[str, ...], str, str]]] = {}
        for endpoint in tx.inventory.endpoints():
            if endpoint.asset_id in assets:
                critical = ("production-critical",) if endpoint.production_critical else ()
                note = ", ".join((*critical, *endpoint.segments))
                line = ("endpoint", endpoint.id, (endpoint.environment.value,), endpoint.owner_team or "", note)
                self._around.setdefault(endpoint.asset_id or "", []).append(line)
        for workflow in tx.inventory.workflows():
            for stage in workflow.stages:
                if stage.asset_id in assets:
                    about = (workflow.owner_team or "", f"stage {stage.name}")
                    self._around.setdefault(stage.asset_id, []).append(("workflow", workflow.id, (), *about))

    def runs(self, asset: str) -> list[Environment]:
        """Where it is deployed, production first."""
        return sorted(self._served.get(asset, {}), key=lambda e: e.rank)

    def unfolds(self, asset: str, above: Mapping[str, Sequence[str]]) -> bool:
        """Whether there is anything below its line."""
        return bool(self._around.get(asset) or above.get(asset))

    def asset(self, depth: int, name: str, where: Sequence[Environment], note: str, *, again: bool) -> RadiusRow:
        """Its line; version and share are those of the first of the environments."""
        served = self._served.get(name, {})
        first = next((served[e] for e in (*where, *self.runs(name)) if e in served), None)
        share = first.traffic / 100 if first is not None and first.environment in where else None
        version = first.version if first is not None else ""
        places = tuple(e.value for e in where)
        return RadiusRow(depth, "asset", name, version, places, share, self._owners.get(name, ""), note, again)

    def around(self, depth: int, name: str) -> Iterator[RadiusRow]:
        """Its endpoints and workflows."""
        for what, ident, where, owner, note in self._around.get(name, ()):
            yield RadiusRow(depth, what, ident, "", where, None, owner, note)

    @property
    def owners(self) -> set[str]:
        """Teams that own what is shown."""
        return {owner for owner in self._owners.values() if owner}


def _headline(name: str, hits: Sequence[_Hit], rows: Sequence[RadiusRow], facts: _Facts) -> str:
    """``CVE-2026-1: 2 components, 5 assets (3 in production), 1 workflow, 2 endpoints, 3 teams``."""
    assets = {r.name: r for r in reversed(rows) if r.what == "asset"}
    live = sum("production" in r.where for r in assets.values())
    flows = len({r.name for r in rows if r.what == "workflow"})
    ends = len({(r.name, r.where) for r in rows if r.what == "endpoint"})
    if not hits:
        return f"{name} reaches nothing that is known; what is not audited nobody can judge"
    parts = [
        many(len(hits), "component"),
        f"{many(len(assets), 'asset')} ({live} in production)",
        many(flows, "workflow"),
        many(ends, "endpoint"),
        many(len(facts.owners), "team"),
    ]
    open_ = sum(not hit.matched for hit in hits)
    doubt = f"; {many(open_, 'component')} of them not audited" if open_ else ""
    return f"{name}: {', '.join(parts)}{doubt}"
