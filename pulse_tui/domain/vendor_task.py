"""What a vendor's announcement asks of an owner, and how far it is."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class TaskKind(StrEnum):
    """What is to be done."""

    RETEST = "retest"
    """Run the suites on what serves, begun after the announcement."""
    SUCCESSOR = "successor"
    """Evaluate the named successor."""
    MIGRATION = "migration"
    """Serve without the model before it ends."""


class VendorTask(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do for one asset. ``key`` is stable: the same announcement asks once."""

    key: str
    kind: TaskKind
    asset_id: str
    component: str
    """The id of the component that the announcement is about."""
    source: str
    note: str
    """The key of the note, or of the catalogue's or tripwire's event."""
    title: str
    asked_at: datetime
    due_at: datetime | None = None
    version: str | None = None
    """What served when it was asked."""
    successor: str | None = None
    run_id: str | None = None
    """The evaluation run that answers it."""
    verdict: str | None = None
    done_at: datetime | None = None
    how: str = ""
    """What ended it: a run, the note was taken back, the component is no longer used."""
