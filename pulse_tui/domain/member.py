"""Towers and agents that share a database: who they are, what they know, and when each was last there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import msgspec

from pulse_tui.domain.moments import iso

EVERY_S = 30.0
"""How often a process writes itself down."""
MISSED = 3
"""So many times not seen in a row: it is gone."""
FORGOTTEN = timedelta(days=1)
"""So long a process that is gone is still listed."""
SKEW_S = 10.0
"""A host's clock that is further off the database's is reported: nothing goes by it, but its logs do."""


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
    every_s: float = EVERY_S
    """How often it writes itself down."""
    sections: Mapping[str, str] = {}
    """A digest of each section of its configuration; empty: it did not say."""
    config_at: datetime | None = None
    """When the newest file of its configuration was written."""
    sources: int = 0
    """How many it reads."""

    @property
    def name(self) -> str:
        """``agent db-1 (4711)``."""
        return f"{self.kind} {self.host} ({self.id.rpartition(':')[2]})"


def gone(member: Member, now: datetime) -> bool:
    """Whether it was not seen for so long that nobody relies on it."""
    return now - member.seen_at > timedelta(seconds=MISSED * member.every_s)


def until(member: Member, now: datetime) -> datetime:
    """When something about it may be otherwise though nobody writes: it is gone then, or has restarted long enough ago."""
    ends = member.seen_at + timedelta(seconds=MISSED * member.every_s)
    return ends if ends > now else now + timedelta(seconds=member.every_s)


def long_gone(member: Member, now: datetime) -> bool:
    """Whether it is of no interest any more."""
    return now - member.seen_at > FORGOTTEN


class Concern(NamedTuple):
    """Something about the members that an operator should know."""

    short: str
    """A word or two, for the header."""
    what: str
    todo: str


def reads_others(members: Iterable[Member], mine: Member, now: datetime) -> bool:
    """Whether another process at work has other sources than this one, and not only because it has not yet taken up what was
    written just now."""
    since = (mine.config_at or mine.started_at) + timedelta(seconds=EVERY_S)
    own, key = mine.sections, "sources"
    return any(
        m.id != mine.id and not gone(m, now) and m.seen_at > since and m.sections.get(key) != own.get(key)
        for m in members
        if m.sections
    )


def concerns(members: Iterable[Member], now: datetime, head: str = "") -> tuple[Concern, ...]:
    """What is not as it should be among those that are there; ``head`` is the schema of the database."""
    there = [m for m in members if not gone(m, now)]
    return (*_configurations(there), *_schemas(there, head), *_clocks(there))


def _configurations(there: Sequence[Member]) -> list[Concern]:
    """Members with the same configuration are one side; each side is named by its first member."""
    began = max((m.started_at for m in there), default=None)
    # A changed configuration is applied by one after the other: who was not seen since may have it already.
    if began is not None and any(m.seen_at < began for m in there):
        newest_seen = max(m.seen_at for m in there)
        if newest_seen - began < timedelta(seconds=EVERY_S * 2):
            there = [m for m in there if m.seen_at >= began]
    sides: dict[str, list[Member]] = {}
    for member in there:
        sides.setdefault(member.config, []).append(member)
    if len(sides) < 2:
        return []
    sections = sorted({key for m in there for key in m.sections})
    differ = [s for s in sections if len({m.sections.get(s, "") for m in there if m.sections}) > 1]
    newest = max(sides.values(), key=lambda side: (_written(side), len(side)))
    words = [f"{_named(side)} has {_when(side)}" for side in sides.values()]
    what = (
        f"{len(sides)} configurations are in use at once, they differ in {', '.join(differ) or 'what is not known'}: "
    )
    todo = f"give every host the same configuration; the newest is that of {newest[0].name}"
    return [Concern(f"{len(sides)} configurations", what + "; ".join(words), todo)]


def _schemas(there: Sequence[Member], head: str) -> list[Concern]:
    newest = max((m.schema for m in there), default="")
    behind = [m for m in there if m.schema < max(newest, head)]
    if not behind:
        return []
    what = f"{_named(behind)} runs {behind[0].version} (schema {behind[0].schema}), the database is for {max(newest, head)}"
    return [Concern("old version", what, "upgrade pulse_tui there: one version beside the next is for a while only")]


def _clocks(there: Sequence[Member]) -> list[Concern]:
    """One of each host."""
    off = {m.host: m.offset_s for m in there if abs(m.offset_s) > SKEW_S}
    return [
        Concern(
            "clock off",
            f"the clock of {host} is {abs(offset):.0f} s {'ahead of' if offset > 0 else 'behind'} the database's",
            "set it (chrony, systemd-timesyncd); leases and deadlines go by the database's clock meanwhile",
        )
        for host, offset in sorted(off.items())
    ]


def _written(side: Sequence[Member]) -> str:
    at = max((m.config_at for m in side if m.config_at is not None), default=None)
    return iso(at) if at is not None else ""


def _when(side: Sequence[Member]) -> str:
    at = _written(side)
    return f"one of {at}" if at else f"one that it began with at {iso(min(m.started_at for m in side))}"


def _named(side: Sequence[Member]) -> str:
    return side[0].name + (f" and {len(side) - 1} more" if len(side) > 1 else "")
