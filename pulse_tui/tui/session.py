"""What a tower remembers until its next start: the pane, and of every pane its cursor, its filter and how it is shown."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

START = 3
"""The pane of a first start: the alerts."""


class Session(NamedTuple):
    """Where an operator was."""

    pane: int = START
    cursors: dict[str, str] = {}  # noqa: RUF012  a NamedTuple default is shared and never changed
    filters: dict[str, str] = {}  # noqa: RUF012
    shown: dict[str, str] = {}  # noqa: RUF012
    """What else a pane lets its operator choose, by a name of its own: the registry's ``view`` and ``sort``."""
    commands: tuple[str, ...] = ()
    """What was run by name, the newest first."""


def together(pane: int, parts: Iterable[Session], commands: tuple[str, ...] = ()) -> Session:
    """The session of a tower whose ``pane`` has the keys, from what each pane remembers."""
    whole = Session(pane, {}, {}, {}, commands)
    for part in parts:
        whole.cursors.update(part.cursors)
        whole.filters.update(part.filters)
        whole.shown.update(part.shown)
    return whole


def load(path: Path | None, panes: int) -> tuple[Session, str]:
    """The saved session and a complaint. A missing file is the default; a damaged one too, with a sentence."""
    if path is None:
        return Session(), ""
    if not path.exists():  # a first start imports no JSON reader
        return Session(), ""
    import json  # noqa: PLC0415

    try:
        raw: Any = json.loads(path.read_bytes())
        pane, cursors, filters = range(panes).index(raw.pop("pane")), raw.pop("cursors"), raw.pop("filters")
        commands = tuple(str(words) for words in raw.pop("commands", ()))
        return Session(pane, _words(cursors), _words(filters), _words(raw), commands), ""
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return Session(), f"the last session could not be read from {path} ({error}); it starts afresh"


def save(path: Path, session: Session) -> None:
    """Write beside and rename, so that a crash leaves the old file. Raises OSError."""
    import json  # noqa: PLC0415

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    raw = {
        **session.shown, "pane": session.pane, "cursors": session.cursors, "filters": session.filters,
        "commands": session.commands,
    }  # fmt: skip
    # Filters and cursors name what is open: for their owner alone.
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(raw, file, indent=1)
    beside.replace(path)


def _words(raw: Any) -> dict[str, str]:
    return {str(key): str(value) for key, value in raw.items()}
