"""Writes a module that states of every kind which protocol it keeps, for the type checker to agree or not."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from pulse_tui.kinds import FAMILIES, Kinds

PROTOCOL = {"collectors": "Collector", "actions": "Action", "steps": "Step"}
#: A kind that has the function promises the rest of its protocol too.
MORE = {
    "collectors": {"parse": "FileFormat", "accepts": "FileFormat", "hint": "Hinted"},
    "actions": {},
    "steps": {"unsettled": "Settling", "landed": "Probed", "sends_to": "Addressed"},
}


def promises(family: str, path: str) -> list[str]:
    """Names of the protocols that the module at ``path`` must keep."""
    module = import_module(path)
    more = {protocol for name, protocol in MORE[family].items() if hasattr(module, name)}
    return [PROTOCOL[family], *sorted(more)]


def typed_kinds() -> str:
    """The source of the module. Its last line is wrong on purpose: a checker that accepts it checks nothing."""
    return "\n".join([*_lines(), ""])


def _lines() -> Iterator[str]:
    more = {protocol for family in MORE.values() for protocol in family.values()}
    yield f"from pulse_tui.ports import {', '.join(sorted({*PROTOCOL.values(), *more}))}"
    wrong = ""
    for family in FAMILIES:
        for kind, path in sorted(Kinds(family).paths.items()):
            yield f"import {path}"
            for protocol in promises(family, path):
                yield f"{family}_{kind}_{protocol.lower()}: {protocol} = {path}"
            wrong = wrong or f"nonsense: Step = {path}  # type: ignore[assignment]"
    yield wrong
