"""Every command that the program advises exists, and is written as the command line takes it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import pulse_tui
from pulse_tui.cli.main import COMMANDS, parser_of

SERVICES = Path(pulse_tui.__file__).parent / "services"
_COMMAND = re.compile(r"pulse-tui ([a-z][^;,()\n]*)")
"""A command ends with the sentence, or at the sign that ends its part."""


_WORDS = {"environment": "production", "e.value": "production", "kind.value": "functional"}
"""What stands for what is filled in, where one of some words belongs; elsewhere any word does."""


def commands(text: str) -> list[str]:
    """The commands that a text names."""
    return [m.strip(" .") for m in _COMMAND.findall(text)]


def parse(command: str) -> None:
    """Read it as the entrance does. Raises SystemExit when it is wrong."""
    name, *rest = command.split()
    assert name in COMMANDS, f"there is no command {name!r}"
    parser_of(name).parse_intermixed_args(rest)


def _text(node: ast.expr) -> str:
    """A string as it may come out: what is filled in is one word, an environment where one belongs."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    parts = []
    for part in node.values if isinstance(node, ast.JoinedStr) else ():
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
        else:
            parts.append(next((word for name, word in _WORDS.items() if name in ast.unparse(part)), "x"))
    return "".join(parts)


def _strings(node: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """Every string but docstrings, each whole."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Constant, ast.JoinedStr)):
            yield child
        elif not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)):
            yield from _strings(child)


def advised() -> Iterator[tuple[str, str]]:
    """(where, command) of every text in the services."""
    for file in sorted(SERVICES.rglob("*.py")):
        for node in _strings(ast.parse(file.read_text())):
            if "pulse-tui " in (text := _text(node)):
                for command in commands(text):
                    yield f"{file.relative_to(SERVICES)}:{node.lineno}", command


FOUND = sorted(set(advised()))


@pytest.mark.parametrize("command", sorted({command for _, command in FOUND}))
def test_a_command_that_is_advised_can_be_typed(command: str) -> None:
    where = [at for at, found in FOUND if found == command]
    try:
        parse(command)
    except SystemExit:
        pytest.fail(f"pulse-tui {command} is no command line ({', '.join(where)})")


def test_there_are_commands_to_look_at() -> None:
    assert len(FOUND) > 20
