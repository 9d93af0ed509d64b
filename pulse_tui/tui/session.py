"""What a tower remembers until its next start: the pane, the cursors, the filters, and how the registry is shown."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple


class Session(NamedTuple):
    """The places an operator left."""

    pane: int = 3
    cursors: dict[str, str] = {}  # noqa: RUF012  a NamedTuple default is shared and never changed
    filters: dict[str, str] = {}  # noqa: RUF012
    view: str = ""
    """Of the registry: ``assets`` or ``workflows``."""
    sort: str = ""


def load(path: Path | None) -> tuple[Session, str]:
    """The saved session and a complaint. A missing file is the default; a damaged one too, with a sentence."""
    if path is None:
        return Session(), ""
    if not path.exists():  # a first start imports no JSON reader
        return Session(), ""
    import json  # noqa: PLC0415

    try:
        raw: Any = json.loads(path.read_bytes())
        pane, cursors, filters = raw["pane"], raw["cursors"], raw["filters"]
        return Session(range(4).index(pane), _words(cursors), _words(filters), *_registry(raw)), ""
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return Session(), f"the last session could not be read from {path} ({error}); it starts afresh"


def save(path: Path, session: Session) -> None:
    """Write beside and rename, so that a crash leaves the old file. Raises OSError."""
    import json  # noqa: PLC0415

    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.write_text(json.dumps(session._asdict(), indent=1), encoding="utf-8")
    beside.replace(path)


def _registry(raw: dict[str, Any]) -> tuple[str, str]:
    """An older tower wrote none of these."""
    return str(raw.get("view", "")), str(raw.get("sort", ""))


def _words(raw: Any) -> dict[str, str]:
    return {str(key): str(value) for key, value in raw.items()}
