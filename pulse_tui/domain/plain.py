"""Read models as plain data: what ``--json`` prints, and what the tower shows of an object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def plain(data: Any) -> Any:
    """Named tuples as objects with names: their positions mean nothing to a reader."""
    if isinstance(data, tuple) and hasattr(data, "_asdict"):
        return {k: plain(v) for k, v in data._asdict().items()}
    if isinstance(data, (list, tuple)):
        return [plain(v) for v in data]
    if isinstance(data, dict):
        return {k: plain(v) for k, v in data.items()}
    return data


def labelled(lines: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """(label, text) lines as objects."""
    return [{"label": label, "text": text} for label, text in lines]
