"""What the configuration names and does not have: assets, versions, suites, owners; placeholders that were left in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from pulse_tui.domain.notice import ANY_USE, Use
from pulse_tui.domain.oncall import OnCall
from pulse_tui.settings.check import closest, nearest
from pulse_tui.settings.hooks import in_scope
from pulse_tui.settings.shapes import AssetShape, Settings

_PLACEHOLDER = re.compile(
    r"\A<[^<>]+>\Z|\b(?:change[-_ ]?me|replace[-_ ]?me|your[-_][\w-]+|todo|fixme|xxx+)\b|://(?:[\w-]+\.)*example\.(?:com|org|net)\b",
    re.IGNORECASE,
)
_SECRET = re.compile(r"\$\{(\w+)\}")


class Broken(NamedTuple):
    """A reference that leads nowhere."""

    where: str
    """``playbook move``, ``suite golden`` ..."""
    what: str


class Known(NamedTuple):
    """What exists beside the configuration: what sources have brought in."""

    assets: Collection[str] = ()
    versions: Mapping[str, Collection[str]] = {}
    """Of each asset, from registries and runs."""
    rule_owners: Collection[str] = ()


def broken(settings: Settings, known: Known) -> Iterator[Broken]:
    """Every reference that leads nowhere, with the nearest name that exists."""
    versions = {a: set(known.versions.get(a, ())) for a in (*known.assets, *(a.id for a in settings.estate.assets))}
    for asset in settings.estate.assets:
        versions[asset.id].update(r.version for r in asset.releases)
    for asset in settings.estate.assets:
        yield from _of_asset(asset, versions)
    for where, name in _named_assets(settings):
        yield from _asset(where, name, versions)
    for suite in settings.suites:
        for asset_id, version in suite.baselines.items():
            if asset_id in versions:
                yield from _version(f"suite {suite.id}: baseline of {asset_id}", version, versions[asset_id])
    suites = [s.id for s in settings.suites]
    for source in settings.sources:
        named = dict(_options(source.options)).get("suite")
        if isinstance(named, str) and named not in suites:
            yield Broken(f"source {source.id}", f"there is no suite {named!r} {nearest(named, suites)}".rstrip())
    for sender in settings.hooks.senders if settings.hooks is not None else ():
        for name in sender.assets:
            if name.endswith("*") and not any(in_scope(asset, (name,)) for asset in versions):
                yield Broken(
                    f"sender {sender.id}", f"no asset begins with {name[:-1]!r} {nearest(name[:-1], versions)}".rstrip()
                )
    yield from _owners(settings, known)


def _named_assets(settings: Settings) -> Iterator[tuple[str, str]]:
    """(where, asset) of everything that names one."""
    for flow in settings.estate.workflows:
        yield from ((f"workflow {flow.id}", stage.asset) for stage in flow.stages)
    yield from ((f"endpoint {e.id}", e.asset) for e in settings.estate.endpoints if e.asset is not None)
    yield from ((f"suite {s.id}", a) for s in settings.suites for a in s.baselines)
    yield from ((f"playbook {b.id}", a) for b in settings.playbooks for a in b.assets)
    yield from ((f"playbook {b.id}", s.asset) for b in settings.playbooks for s in b.steps if s.asset is not None)
    for source in settings.sources:
        for name, value in _options(source.options):
            if name in ("asset", "assets"):
                yield from ((f"source {source.id}", a) for a in _texts(value))
    for route in settings.routes:
        for name, value in _options(route.options):
            if name in ("asset", "assets"):
                yield from ((f"route {route.id}", a) for a in _texts(value))
            if name == "deployments":
                places = value if isinstance(value, (list, tuple)) else ()
                yield from ((f"route {route.id}", a) for p in places for n, a in _options(p) if n == "asset")
    for sender in settings.hooks.senders if settings.hooks is not None else ():
        plain = (a for a in sender.assets if not a.endswith("*"))
        yield from ((f"sender {sender.id}", a) for a in (*plain, *sender.labels.assets.values()))
    if settings.admission is not None:
        yield from ((f"admission of {i.image}", i.asset) for i in settings.admission.images)
    yield from ((f"change window {w.why}".rstrip(), a) for w in settings.changes.windows for a in w.assets)
    yield from ((f"embargo {e.why}", a) for e in settings.changes.embargoes for a in e.assets)


def _owners(settings: Settings, known: Known) -> Iterator[Broken]:
    teams = {a.owner_team for a in settings.estate.assets if a.owner_team}
    owners = teams | set(known.rule_owners)
    for route in settings.routes:
        for owner in route.owner_teams:
            if owner not in owners:
                yield Broken(f"route {route.id}", f"nothing is owned by {owner!r} {nearest(owner, owners)}".rstrip())


class Outlet(NamedTuple):
    """A route, as far as it matters whom it reaches."""

    id: str
    kind: str
    owners: Collection[str]
    """None: everybody."""
    uses: Collection[Use]

    @property
    def calls(self) -> bool:
        """Whether a person reads it at once; a ticket waits for office hours."""
        return Use.PAGE in self.uses or Use.NOTIFY in self.uses


Routes = Sequence[Outlet]


def unreached(settings: Settings) -> Iterator[tuple[Broken, bool]]:
    """Owners whom nothing pages; True where no route of any kind serves them."""
    for owner in sorted({a.owner_team for a in settings.estate.assets if a.owner_team}):
        routes = routes_of(settings)
        if why := unpaged(routes, owner, settings.oncall):
            nobody = not _serving(routes, owner, settings.oncall)
            yield Broken(f"owner {owner}", f"{why}; nobody is paged"), nobody


def unpaged(routes: Routes, owner: str, oncall: OnCall) -> str:
    """Why nobody is paged when something urgent of this owner opens; empty when somebody is."""
    serving = _serving(routes, owner, oncall)
    if any(r.calls for r in serving):
        return ""
    others = f"only {', '.join(sorted({r.kind for r in serving}))}" if serving else "none at all"
    return f"no notify route serves it ({others}): add one under routes"


def routes_of(settings: Settings) -> Routes:
    """The configured routes."""
    found = []
    for r in settings.routes:
        able: frozenset[Use] = getattr(r.options, "USES", ANY_USE)
        found.append(Outlet(r.id, r.kind, r.owner_teams, able.intersection(r.uses) if r.uses else able))
    return found


def _serving(routes: Routes, owner: str, oncall: OnCall) -> list[Outlet]:
    """Those that reach the owner: of a team that is configured its own and its members'; none of other people or teams."""
    team = oncall.teams.get(owner)
    taken = {i for p in oncall.people.values() for i in p.routes} | {i for t in oncall.teams.values() for i in t.routes}
    own = set(team.routes) if team is not None else set()
    own |= {
        i for m in (team.members if team is not None else ()) if m in oncall.people for i in oncall.people[m].routes
    }
    return [r for r in routes if r.id in own or (owner in r.owners if r.owners else r.id not in taken)]


def placeholders(settings: Settings) -> Iterator[Broken]:
    """Values that were copied from an example and never filled in."""
    for where, name, value in _values(settings):
        for text in _texts(value):
            if _PLACEHOLDER.search(text):
                yield Broken(where, f"{name} is still a placeholder: {text[:80]}")


def secrets(settings: Settings) -> Iterator[tuple[str, str]]:
    """(where, NAME) of every ``${NAME}`` that is filled in from the environment when it is used; each once."""
    found = [(where, name) for where, _, value in _values(settings) for name in sorted(secret_names(value))]
    found += [(f"suite {s.id}", name) for s in settings.suites for name in (*sorted(secret_names(s.command)), *s.env)]
    yield from dict.fromkeys(found)


def secret_names(value: Any) -> set[str]:
    """The NAME of every ``${NAME}`` in an option, however deep."""
    return {name for text in _texts(value) for name in _SECRET.findall(text)}


def _values(settings: Settings) -> Iterator[tuple[str, str, Any]]:
    """(where, option, value) of everything that is filled in by hand."""
    for kind, items in (("source", settings.sources), ("route", settings.routes)):
        for item in items:
            yield from ((f"{kind} {item.id}", name, value) for name, value in _options(item.options))
    for sender in settings.hooks.senders if settings.hooks is not None else ():
        yield f"sender {sender.id}", "token", sender.tokens
    for book in settings.playbooks:
        for step in book.steps:
            yield from ((f"playbook {book.id}", f"{step.kind} {name}", value) for name, value in step.options.items())
    yield from ((f"operator {o.name}", "key", o.label) for o in settings.operators)


def folders(settings: Settings) -> Iterator[Broken]:
    """Folders and files that sources and routes name and that are not there."""
    for where, name, value in _values(settings):
        if name not in ("path", "folder", "directory") or not isinstance(value, str):
            continue
        if "://" in value or any(c in value for c in "*?[{"):
            continue
        path = Path(settings.base) / Path(value).expanduser()
        made = where.startswith("route ") and path.parent.is_dir()  # what is sent there makes it
        if not path.exists() and not made:
            meant = closest(path.name, [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else [])
            todo = f"did you mean {meant!r}?" if meant else f"Create it or correct {name!r}"
            yield Broken(where, f"{path} does not exist. {todo}")


def _of_asset(asset: AssetShape, versions: Mapping[str, Collection[str]]) -> Iterator[Broken]:
    mine = versions[asset.id]
    for environment, placed in asset.environments.items():
        if placed.version is not None:
            yield from _version(f"asset {asset.id} in {environment.value}", placed.version, mine)
    for release in asset.releases:
        if release.rollback_to is not None:
            yield from _version(f"asset {asset.id} {release.version}: rollback_to", release.rollback_to, mine)
    for component in asset.components:
        if component.asset is not None:
            yield from _asset(f"asset {asset.id}", component.asset, versions)


def _asset(where: str, name: str, assets: Iterable[str]) -> Iterator[Broken]:
    if name not in set(assets) and "{" not in name:
        yield Broken(where, f"there is no asset {name!r} {nearest(name, assets)}".rstrip())


def _version(where: str, version: str, versions: Collection[str]) -> Iterator[Broken]:
    if version not in versions:
        yield Broken(where, f"no release {version!r} is known {nearest(version, versions)}".rstrip())


def _options(options: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(options, msgspec.Struct):
        for name in options.__struct_fields__:
            value = getattr(options, name)
            if value:
                yield name, value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
