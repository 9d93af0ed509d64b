"""Towers and agents that share a database: who they are, what they know, and when each was last there."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class MemberKind(StrEnum):
    """What a process is."""

    AGENT = "agent"
    TOWER = "tower"


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One process. It writes itself down now and then; one that is not seen for a while is gone, not absent."""

    id: str
    """The holder's name, as leases know it: host, process, start."""
    kind: MemberKind
    host: str
    version: str
    """Of the program."""
    schema: str
    """The newest migration that it knows."""
    config: str
    """A digest of the configuration that it works with: members with another one judge otherwise."""
    started_at: datetime
    seen_at: datetime
    """By the clock of the database where that has one, else by its own."""
    offset_s: float = 0.0
    """How far its own clock is ahead of the database's, in seconds; 0 where the database has none."""
    every_s: float = 30.0
    """How often it writes itself down."""
