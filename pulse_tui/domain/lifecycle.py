"""When a platform stops serving a model, as its pages, lists and catalogues state it.

A date belongs to (platform, exact id): the same weights end on another day elsewhere.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec


class Stage(StrEnum):
    """Where a model stands in its life on a platform."""

    PREVIEW = "preview"
    ACTIVE = "active"
    LEGACY = "legacy"
    DEPRECATED = "deprecated"
    RETIRED = "retired"
    UNKNOWN = "unknown"


class Lifecycle(msgspec.Struct, frozen=True, kw_only=True):
    """What one source states of one model on one platform."""

    source: str
    platform: str
    model: str
    """The exact id, as the platform writes it."""
    stage: Stage = Stage.UNKNOWN
    ends_at: datetime | None = None
    """When it stops serving; midnight UTC at the beginning of the day."""
    floor: bool = False
    """``ends_at`` is "not sooner than": no date of an end."""
    month_only: bool = False
    """The source gives the month, not the day."""
    announced_at: datetime | None = None
    successor: str | None = None
    link: str | None = None
    note: str | None = None
    """The key of the note that states it, where one does."""


class Stated(NamedTuple):
    """What one source states of the end of a model on one platform."""

    source: str
    ends_at: datetime | None
    floor: bool = False
    month_only: bool = False
    listed: bool = True
    """False: the source lists the model no longer, which is no retirement."""
    stage: Stage = Stage.UNKNOWN

    @property
    def when(self) -> str:
        """``2026-07-01``, ``2026-07``, ``not before 2026-07-01``, ``no date``."""
        if self.ends_at is None:
            return "no date"
        text = f"{self.ends_at:%Y-%m}" if self.month_only else f"{self.ends_at:%Y-%m-%d}"
        return f"not before {text}" if self.floor else text


class Lifecycles(msgspec.Struct, frozen=True, kw_only=True):
    """What a source states now. ``whole``: it lists all models of its platforms; what is gone is no longer listed, which is no
    retirement."""

    source: str
    items: tuple[Lifecycle, ...]
    whole: bool = True


class StoredLifecycle(msgspec.Struct, frozen=True, kw_only=True):
    """A statement with when it last changed, and whether its source still lists the model."""

    item: Lifecycle
    changed_at: datetime
    listed: bool = True
