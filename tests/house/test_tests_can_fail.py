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

    path: Path
    tree: ast.FunctionDef | ast.AsyncFunctionDef
    local: frozenset[str]
    """The names in its file that are written in the tests: defined there, or imported from there."""

    @property
    def is_test(self) -> bool:
        return self.tree.name.startswith("test_")

    def asserts(self, helpers: set[str]) -> bool:
        return any(isinstance(node, ast.Assert) or self._is_call(node, helpers) for node in ast.walk(self.tree))

    def _is_call(self, node: ast.AST, helpers: set[str]) -> bool:
        match node:
            case ast.Call(func=ast.Name(id=name)):
                return name in EXPECTING or (name in helpers and name in self.local)
            case ast.Call(func=ast.Attribute(attr=name)):
                return name in EXPECTING or name in helpers
        return False


def test_every_test_asserts_something() -> None:
    every = [function for path in sorted(TESTS.rglob("*.py")) for function in _written(path)]
    helpers: set[str] = set()
    while found := {f.tree.name for f in every if not f.is_test and f.asserts(helpers)} - helpers:
        helpers |= found
    tests = [f for f in every if f.is_test]
    assert len(tests) > 1_000
    assert [f"{f.path}:{f.tree.lineno} {f.tree.name}" for f in tests if not f.asserts(helpers)] == []


def _written(path: Path) -> Iterator[Written]:
    tree = ast.parse(path.read_bytes())
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and (n.module or "").startswith("tests.")]
    local = frozenset({f.name for f in functions} | {a.asname or a.name for n in imports for a in n.names})
    for function in functions:
        yield Written(path.relative_to(TESTS), function, local)
