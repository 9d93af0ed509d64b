"""Two versions work side by side: a migration after 0019 only adds, or says that whoever is older must stop."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulse_tui.storage.version import OLDEST

FIRST = "0020"
"""From here on it holds."""
FOLDER = Path(__file__).parents[2] / "pulse_tui" / "storage" / "migrations" / "versions"
_ADDS = {"create_table", "create_index", "add_column", "get_bind", "get_context", "f", "inline_literal"}
_WORDS = ("DROP ", "RENAME", "ALTER COLUMN", "SET NOT NULL")


def takes_away(source: str) -> Iterator[str]:
    """What of a migration's ``upgrade`` a version that does not know it may stumble over."""
    tree = ast.parse(source)
    upgrade = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "upgrade")
    for node in ast.walk(upgrade):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if not (isinstance(node.func.value, ast.Name) and node.func.value.id in {"op", "batch"}):
            continue
        name, text = node.func.attr, ast.unparse(node)
        if name == "execute":
            yield from (f"line {node.lineno}: {w.strip()}" for w in _WORDS if w in text.upper())
        elif name not in _ADDS:
            yield f"line {node.lineno}: op.{name}"
        elif name == "add_column" and "server_default" not in text and "nullable=True" not in text:
            yield f"line {node.lineno}: a column that an older version does not fill"


@pytest.mark.parametrize("file", sorted(p for p in FOLDER.glob("0*.py") if p.name >= FIRST), ids=lambda p: p.stem)
def test_a_migration_only_adds_or_says_whom_it_stops(file: Path) -> None:
    found = list(takes_away(file.read_text()))
    assert not found or file.name[:4] <= OLDEST, (
        f"{file.name} takes something away ({'; '.join(found)}): storage/version.OLDEST must be {file.name[:4]}"
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('op.drop_column("alerts", "owner")', "op.drop_column"),
        ('op.alter_column("alerts", "owner", new_column_name="team")', "op.alter_column"),
        ('op.add_column("alerts", sa.Column("colour", sa.Text, nullable=False))', "does not fill"),
        ('op.execute("ALTER TABLE alerts RENAME owner TO team")', "RENAME"),
        ('op.rename_table("alerts", "alarms")', "op.rename_table"),
    ],
)
def test_what_takes_away_is_seen(body: str, words: str) -> None:
    assert words in "; ".join(takes_away(f"def upgrade():\n    {body}\n"))


@pytest.mark.parametrize(
    "body",
    [
        'op.create_table("x", sa.Column("id", sa.Text, primary_key=True))',
        'op.add_column("alerts", sa.Column("colour", sa.Text, nullable=False, server_default=""))',
        'op.add_column("alerts", sa.Column("colour", sa.Text, nullable=True))',
        'op.create_index("ix_alerts_colour", "alerts", ["colour"])',
    ],
)
def test_what_adds_is_fine(body: str) -> None:
    assert list(takes_away(f"def upgrade():\n    {body}\n")) == []
