"""Every kind there is keeps its protocol, says what it does, and is cheap to import: found, never listed.

The types are checked in one go with the rest of the tree: see ``typed_kinds.py``.
"""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

import pulse_tui.actions
from pulse_tui import ports
from pulse_tui.kinds import FAMILIES, Kinds
from tests.house.typed_kinds import promises, typed_kinds

HEAVY = (
    "httpx",
    "feedparser",
    "sqlalchemy",
    "packaging",
    "zstandard",
    "numpy",
    "scipy",
    "pulse_tui.web",
    "pulse_tui.services",
)
ALL = [(family, kind) for family in FAMILIES for kind in Kinds(family)]


def functions(protocol: type[Any]) -> Iterator[tuple[str, list[inspect.Parameter]]]:
    """What a protocol asks for, without ``self``."""
    for name, member in inspect.getmembers(protocol, inspect.isfunction):
        if not name.startswith("_"):
            yield name, list(inspect.signature(member).parameters.values())[1:]


@pytest.mark.parametrize(("family", "kind"), ALL)
def test_a_kind_keeps_its_protocols(family: str, kind: str) -> None:
    module: ModuleType = Kinds(family)[kind]
    assert (module.__doc__ or "").strip()
    options = module.Options
    assert issubclass(options, msgspec.Struct)
    assert options.__struct_config__.frozen
    assert options.__struct_config__.forbid_unknown_fields
    assert inspect.getdoc(options)
    for protocol in promises(family, Kinds(family).paths[kind]):
        for name, wanted in functions(getattr(ports, protocol)):
            function = getattr(module, name)
            assert function.__doc__, f"{module.__name__}.{name} has no docstring"
            found = list(inspect.signature(function).parameters.values())
            assert [(p.name, p.kind) for p in found] == [(p.name, p.kind) for p in wanted]


@pytest.mark.parametrize("kind", [k for f, k in ALL if f == "collectors" and hasattr(Kinds(f)[k], "parse")])
def test_ingest_reads_a_file_without_options(kind: str) -> None:
    options = Kinds("collectors")[kind].Options
    assert options() == msgspec.convert({}, options)


def test_importing_the_kinds_imports_nothing_heavy() -> None:
    names = [path for family in FAMILIES for path in Kinds(family).paths.values()]
    code = f"import importlib, sys\nfor n in {names!r}: importlib.import_module(n)\n"
    code += f"print([m for m in {HEAVY!r} if m in sys.modules])\nimport pulse_tui.web\n"
    code += "print([m for m in ('httpx', 'sqlalchemy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split("\n")[:2] == ["[]", "[]"]


NEW_KIND = '''"""A kind of several files."""
from pulse_tui.actions._shared.case import NoOptions as Options
from pulse_tui.actions.brand_new.words import respond
def deliver(delivery, options, context):
    """Nothing."""
    return ""
'''


def test_a_new_kind_is_found_and_its_types_are_checked_without_an_edit_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = tmp_path / "brand_new"
    room.mkdir()
    (room / "__init__.py").write_text(NEW_KIND)
    (room / "words.py").write_text('def respond(case):\n    """Nothing."""\n    return ()\n')
    (tmp_path / "_draft.py").write_text("no kind")
    monkeypatch.setattr(pulse_tui.actions, "__path__", [*pulse_tui.actions.__path__, str(tmp_path)])
    found = set(Kinds("actions")) - {kind for family, kind in ALL if family == "actions"}
    try:
        assert found == {"brand_new"}
        assert "actions_brand_new_action: Action = pulse_tui.actions.brand_new\n" in typed_kinds()
    finally:
        for name in [n for n in sys.modules if n.startswith("pulse_tui.actions.brand_new")]:
            del sys.modules[name]


def test_every_kind_of_every_family_is_in_what_the_type_checker_reads() -> None:
    text = typed_kinds()
    assert len(ALL) > 30
    assert all(f"\n{family}_{kind}_" in text for family, kind in ALL)
    assert text.count(": FileFormat = ") == sum(hasattr(m, "parse") for m in Kinds("collectors").values())
    assert text.count(": Hinted = ") == sum(hasattr(m, "hint") for m in Kinds("collectors").values()) > 0
