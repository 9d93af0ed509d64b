"""``Cargo.lock`` of Rust, formats 1 to 4. It holds what builds and tests need too, and does not say which: all is listed.

https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html
"""

from __future__ import annotations

import msgspec

from pulse_tui.collectors._shared.bills import (
    BillOptions,
    Graph,
    Refusals,
    Subject,
    hand_over,
    of_ecosystem,
    package,
    packages_of,
    place,
    read_bills,
    text,
)
from pulse_tui.collectors._shared.files import named
from pulse_tui.collectors._shared.toml_texts import read_toml
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.estate import Component
from pulse_tui.domain.purl import BadPurl
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext


class Options(BillOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path`` (file, folder searched for ``Cargo.lock``, or glob), ``asset``, ``version``, ``environments``, and the
    expected ``subject`` (the crate's name). ``max_bytes``: cap of one file.
    """


class _Crate(msgspec.Struct):
    name: str
    version: str
    source: str | None = None
    """None: it lies in this repository."""
    dependencies: list[str] = []


_CRATES_IO = (
    "registry+https://github.com/rust-lang/crates.io-index",
    "sparse+https://index.crates.io/",
    "registry+sparse+https://index.crates.io/",
)


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the lock files that are new or changed since the last round."""
    return read_bills("Cargo.lock", options, context, lambda name, data: parse(name, data, options, context))


def accepts(name: str, head: bytes) -> bool:
    """A file named ``Cargo.lock``, or ``*.Cargo.lock``."""
    return named(name, "Cargo.lock") != ""


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One bill. A crate of another shape, and a dependency that the lock does not hold, are Rejected by name; the others land.
    Raises SourceError when it is not TOML, or no Cargo lock.
    """
    place(name, options)
    document = read_toml(name, data)
    entries = document.get("package")
    if not isinstance(entries, list):
        raise SourceError(f"{name} is not a Cargo.lock: it has no [[package]]", todo="Give the Cargo.lock")
    root = document.get("root")  # the crate itself, as the oldest format has it
    refusals, graph = Refusals(context.source, name), Graph()
    listed = [*entries, *([root] if isinstance(root, dict) else [])]
    crates = [crate for _, crate in packages_of(listed, _Crate, refusals)]
    own = [c for c in crates if c.source is None]
    by_name: dict[str, list[_Crate]] = {}
    for crate in crates:
        by_name.setdefault(crate.name, []).append(crate)
        if crate.source is None:
            graph.root(_key(crate))
            continue
        try:
            graph.add(_key(crate), _component(crate))
        except BadPurl as error:
            refusals.add(f"package {clean(crate.name, 100)}", str(error), lost=True)
    for crate in crates:
        for need in crate.dependencies:
            _link(crate, need, by_name, graph, refusals)
    subject = Subject(name=text(own[0].name) if len(own) == 1 else None, spellings=tuple(c.name for c in own))
    return hand_over(name, options, context, graph, refusals, subject=subject)


def _key(crate: _Crate) -> tuple[str, str, str | None]:
    return crate.name, crate.version, crate.source


def _component(crate: _Crate) -> Component:
    """A crate of crates.io or of a repository. One of another registry may be no crate that advisories name."""
    if (
        crate.source is not None
        and crate.source.startswith(("registry+", "sparse+"))
        and crate.source not in _CRATES_IO
    ):
        return package(crate.name, crate.version)
    return of_ecosystem("cargo", crate.name, crate.version)


def _link(crate: _Crate, need: str, by_name: dict[str, list[_Crate]], graph: Graph, refusals: Refusals) -> None:
    """``name``, ``name version`` or ``name version (source)``: as much as it takes to be unique."""
    name, _, rest = need.partition(" ")
    version, _, source = rest.partition(" ")
    found = [
        c
        for c in by_name.get(name, ())
        if (not version or c.version == version)
        and (not source or source.strip("()") == (c.source or "").partition("#")[0] or source.strip("()") == c.source)
    ]
    if not found:
        refusals.add(
            f"package {clean(crate.name, 100)}", f"it needs {clean(need, 100)}, which is not in the lock", lost=True
        )
    graph.spend(len(by_name.get(name, ())))
    for child in found:
        if graph.knows(_key(crate)) and graph.knows(_key(child)):
            graph.link(_key(crate), _key(child))
