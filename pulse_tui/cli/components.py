"""``pulse-tui components``: what an asset is made of, and who uses a component."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.estate import Component
from pulse_tui.domain.text import clean
from pulse_tui.domain.views.registry import Dependents, Tree
from pulse_tui.process import operator_name

LIMIT = 100
_LOADED = "pulse-tui components loaded ASSET COMPONENT yes|no|unknown --why REASON"


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """A view and what it is about."""
    parser.add_argument("view", choices=["tree", "users", "find", "unaudited", "loaded"])
    parser.add_argument(
        "about",
        help="an asset (tree, unaudited, loaded); a component's id, name or 'name version' (users); a text (find)",
    )
    parser.add_argument("component", nargs="?", help="its id or name (loaded)")
    parser.add_argument("answer", nargs="?", choices=["yes", "no", "unknown"], help="loaded")
    parser.add_argument("--why", default="", help="the reason, for the audit log (loaded)")
    parser.epilog = (
        "tree ASSET       everything it is made of, and what changed since its serving release was approved\n"
        "users COMPONENT  every asset that a component reaches, directly or through others\n"
        "find TEXT        components whose name holds the text\n"
        "unaudited ASSET  what of it no stored advisory can judge, and why: it is neither matched nor clean\n"
        "loaded ASSET COMPONENT yes|no|unknown --why REASON\n"
        "                 whether the component is loaded when the asset runs; what is not is one step less urgent,\n"
        "                 what nobody knows counts as loaded"
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """0; find exits with 1 when there is nothing, unaudited when there is something."""
    from pulse_tui.services.components.tree import asset_unaudited  # noqa: PLC0415

    with opened(options) as house:
        house.sync()
        desk = house.desk(operator_name())
        if options.view == "tree":
            tree = desk.tree(options.about)
            emit(options, tree, _tree(tree))
        elif options.view == "users":
            users = desk.dependents(options.about)
            emit(options, users, _users(users))
        elif options.view == "unaudited":
            open_ = asset_unaudited(house.store, options.about, house.clock())
            lines = [f"{u.component.label}  {u.component.id}: {u.reason}" for u in open_]
            emit(options, open_, lines or [f"every package of {options.about} is audited"])
            return 1 if open_ else 0
        elif options.view == "loaded":
            if not (options.component and options.answer):
                raise WrongUse("loaded takes an asset, a component and yes, no or unknown", todo=_LOADED)
            result = desk.state_loaded(options.about, options.component, options.answer, options.why)
            emit(options, {"result": result}, [result])
        else:
            with house.store.read() as tx:
                found = tx.dependencies.find(options.about, LIMIT)
            emit(options, [_plain(c) for c in found], _found(found, options.about))
            return 0 if found else 1
    return 0


def _tree(tree: Tree) -> Iterator[str]:
    yield f"{tree.asset}: {tree.headline}"
    for row in tree.rows:
        note = f"  [{row.note}]" if row.note else ""
        again = "  (see above)" if row.again else ""
        version = f" {row.version}" if row.version else ""
        yield f"{'  ' * (row.depth + 1)}{row.name}{version}  {row.kind}{note}{again}"
    if not tree.rows:
        yield "  no component is known: ingest an SBOM or a lock file, or list components under the asset"
    for document in tree.documents:
        yield f"from {document}"


def _users(users: Dependents) -> Iterator[str]:
    yield users.headline
    for row in users.rows:
        where = ", ".join(row.environments) or "not deployed"
        more = [f"workflow {w}" for w in row.workflows] + [f"endpoint {e}" for e in row.endpoints]
        tail = f"; {', '.join(more)}" if more else ""
        yield f"  {row.asset} {row.version or '?'} ({where}): {row.via}, owner {row.owner or 'nobody'}{tail}"


def _found(found: Iterable[Component], text: str) -> list[str]:
    lines = [f"{c.label}  {c.kind.value}  {c.id}" for c in found]
    return lines or [f"no component's name holds {clean(text, 100)!r}"]


def _plain(component: Component) -> dict[str, str | None]:
    return {
        "id": component.id,
        "kind": component.kind.value,
        "name": component.name,
        "version": component.version,
        "ecosystem": component.ecosystem,
    }
