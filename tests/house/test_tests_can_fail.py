"""A test that asserts nothing proves nothing: each asserts or expects an error, itself or through a helper of the tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).parents[1]
EXPECTING = frozenset({"raises", "warns", "fail", "check_schema"})
"""Calls that expect an error, or raise one: jsonschema's ``check_schema`` does at a wrong schema."""


class Written(NamedTuple):
    """A function of the tests."""

    where: str
    name: str
    by_itself: bool
    """Whether an assertion stands in it, or a call that expects an error."""
    calls: frozenset[str]
    """What it calls that may be written in the tests: a method, or a name that is defined in its file or imported from there."""

    @property
    def is_test(self) -> bool:
        return self.name.startswith("test_")

    def asserts(self, helpers: set[str]) -> bool:
        return self.by_itself or not self.calls.isdisjoint(helpers)


def test_every_test_asserts_something() -> None:
    every = [function for path in sorted(TESTS.rglob("*.py")) for function in _written(path)]
    helpers: set[str] = set()
    while found := {f.name for f in every if not f.is_test and f.asserts(helpers)} - helpers:
        helpers |= found
    tests = [f for f in every if f.is_test]
    assert len(tests) > 1_000
    assert [f"{f.where} {f.name}" for f in tests if not f.asserts(helpers)] == []


def _written(path: Path) -> Iterator[Written]:
    tree = ast.parse(path.read_bytes())
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and (n.module or "").startswith("tests.")]
    local = frozenset({f.name for f in functions} | {a.asname or a.name for n in imports for a in n.names})
    for function in functions:
        nodes = list(ast.walk(function))
        calls = [n.func for n in nodes if isinstance(n, ast.Call)]
        methods = frozenset(f.attr for f in calls if isinstance(f, ast.Attribute))
        names = frozenset(f.id for f in calls if isinstance(f, ast.Name))
        by_itself = any(isinstance(n, ast.Assert) for n in nodes) or not EXPECTING.isdisjoint(methods | names)
        where = f"{path.relative_to(TESTS)}:{function.lineno}"
        yield Written(where, function.name, by_itself, methods | (names & local))
