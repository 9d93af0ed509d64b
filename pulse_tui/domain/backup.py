"""A copy of the database, and what was written down beside it when it was made."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from pulse_tui.domain.audit import Anchor

FORMAT = "pulse-tui/backup-1"


class Form(StrEnum):
    """What kind of file it is."""

    SQLITE = "sqlite"
    PG_DUMP = "pg_dump"
    """PostgreSQL's own, in its custom format."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What stands beside a backup, in ``<its name>.json``: enough to know whether it is the file that was written."""

    file: str
    """Its name, without a folder."""
    form: Form
    sha256: str
    size: int
    """Bytes."""
    schema: str
    """The migration that it is at."""
    program: str
    """The version of this program that wrote it."""
    estate: str
    """How the configuration calls the estate; empty where none was known."""
    at: datetime
    """The moment that it holds."""
    audit_seq: int
    audit_hash: str
    rows: dict[str, int] = {}
    """By table; none of an empty one."""
    format: str = FORMAT

    @property
    def head(self) -> Anchor:
        """The newest line of its audit log."""
        return Anchor(self.audit_seq, self.audit_hash)
