"""Which files a configuration consists of, and the little of it that the first screen needs: light, nothing is checked."""

from __future__ import annotations

import stat
from functools import partial
from pathlib import Path

from pulse_tui.domain.errors import Problem
from pulse_tui.settings.document import read
from pulse_tui.settings.trusted import untrusted


def peek(path: Path) -> tuple[str, str | None]:
    """Name and database of a configuration without checking it: what the first screen needs."""
    found: dict[str, object] = {}
    for file in files_in(path, []):
        name = shown(path, file)
        node, _ = read(file, name, partial(untrusted, shown=name))
        if node is not None and isinstance(node.value, dict):
            for key in ("name", "database"):
                if (child := node.get(key)) is not None:
                    found.setdefault(key, child.value)  # of two the first, as where they are checked
    return str(found.get("name", "pulse")), str(found["database"]) if found.get("database") else None


def files_of(path: Path) -> list[Path]:
    """The files that a configuration consists of now; none where it cannot be read or trusted."""
    return files_in(path, [])


def files_in(path: Path, problems: list[Problem]) -> list[Path]:
    """The files to read; none of a folder that somebody else can put files into."""
    try:
        there = path.stat()
        if not stat.S_ISDIR(there.st_mode):
            return [path]
        if wrong := untrusted(path, there):
            problems.extend(wrong)
            return []
        files = sorted(p for p in path.iterdir() if p.suffix in (".yaml", ".yml") and not p.name.startswith("."))
    except FileNotFoundError:
        problems.append(Problem(str(path), "does not exist", "pulse-tui init writes a first configuration"))
        return []
    except OSError as error:
        problems.append(Problem(str(path), f"cannot be read: {error.strerror or error}"))
        return []
    if not files:
        problems.append(Problem(str(path), "holds no .yaml file", "pulse-tui init writes a first one"))
    return files


def shown(root: Path, file: Path) -> str:
    """The file as a message names it: without the folder that was given."""
    return str(file) if root == file else file.name
