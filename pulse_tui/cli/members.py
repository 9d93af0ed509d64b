"""``pulse-tui members``: the towers and agents that share the database, and what is not as it should be among them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.member import Member, concerns, gone
from pulse_tui.domain.moments import iso
from pulse_tui.domain.text import many
from pulse_tui.rounds.attendance import LEASE
from pulse_tui.wiring import House

EPILOG = """\
One line for each process that collects: where it runs, its version and schema, the digest of its configuration, how many sources it
reads, since when, when it was last seen. One of them does the chores (deadlines, reminders, what ends); each source is read and each
message sent by whoever comes first. A tower that only reads, and a command, is no member.
Exits with 1 when nobody collects, or the members do not agree: about the configuration, the schema, the time."""
NOBODY = "no agent or tower collects: start pulse-tui agent (one is enough, several share the work)"


class MemberRow(NamedTuple):
    """One process."""

    id: str
    kind: str
    host: str
    version: str
    schema: str
    config: str
    sources: int
    started_at: datetime
    seen_at: datetime
    offset_s: float
    state: str
    """``there``, or ``gone``: it was not seen for three of its intervals, and did not say that it leaves."""
    chores: bool


class MembersView(NamedTuple):
    """All of them."""

    members: tuple[MemberRow, ...]
    wrong: tuple[str, ...]


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """No options of its own."""
    parser.epilog = EPILOG


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when somebody collects and all agree, 1 otherwise."""
    with opened(options, read_only=True) as house:
        view = members_of(house)
    emit(options, view, _lines(view))
    return 1 if view.wrong else 0


def members_of(house: House) -> MembersView:
    """What the database has of them. Raises PulseError."""
    from pulse_tui.process import is_dead  # noqa: PLC0415

    with house.store.read() as tx:
        found, lease = tx.members.all(), tx.plumbing.lease(LEASE)
    now, schema = house.clock(), house.store.schema
    found = [m for m in found if not is_dead(m.id)]
    keeper = lease[0] if lease is not None and lease[1] > now else ""
    rows = tuple(_row(m, now, keeper) for m in sorted(found, key=lambda m: (m.host, m.kind, m.id)))
    wrong = [f"{c.what}; {c.todo}" for c in concerns(found, now, schema)]
    if house.settings.sources and not any(row.state == "there" for row in rows):
        wrong.insert(0, NOBODY)
    return MembersView(rows, tuple(wrong))


def _row(member: Member, now: datetime, keeper: str) -> MemberRow:
    state = "gone" if gone(member, now) else "there"
    return MemberRow(
        member.id, member.kind, member.host, member.version, member.schema, member.config[:8], member.sources,
        member.started_at, member.seen_at, member.offset_s, state, member.id == keeper,
    )  # fmt: skip


def _lines(view: MembersView) -> Iterator[str]:
    for row in view.members:
        clock = f"  clock {row.offset_s:+.0f} s" if abs(row.offset_s) >= 1 else ""
        seen = f"last seen {iso(row.seen_at)}" if row.state == "gone" else f"since {iso(row.started_at)}"
        yield (
            f"{row.state:<5}  {row.kind:<5}  {row.host} ({row.id.rpartition(':')[2]})  {row.version} (schema {row.schema})  "
            f"config {row.config}  {many(row.sources, 'source')}  {seen}{clock}{'  does the chores' if row.chores else ''}"
        )
    yield from view.wrong
