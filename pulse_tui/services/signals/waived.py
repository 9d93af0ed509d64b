"""The waivers of a vulnerability, and whether they excuse a condition: asked when an alert opens, and again later."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from pulse_tui.domain.advisory import Advisory, Finding
from pulse_tui.domain.evidence import AdvisoryEvidence
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.waiver import Waiver
from pulse_tui.domain.words import Environment, Priority
from pulse_tui.enrich.advisories.waived import excused, names_of, reaching
from pulse_tui.ports import Transaction


class Group(NamedTuple):
    """A vulnerability: every record of it that stands, and every id that means it."""

    name: str
    names: frozenset[str]
    records: tuple[Advisory, ...]


def group_of(tx: Transaction, *names: str) -> Group:
    """The vulnerability of these ids; a name alone where no record of it is stored."""
    found = next((r for n in names if (r := tx.advisories.get(n)) is not None), None)
    if found is None:
        return Group(names[0], frozenset(names), ())
    records = tx.advisories.called(found.name)
    return Group(found.name, names_of(records, *names), tuple(r for r in records if not r.withdrawn))


def findings_of(tx: Transaction, group: Group) -> list[Finding]:
    """What it reaches, or may."""
    return tx.advisories.findings_of([record.id for record in group.records])


def names_in(signal: Signal) -> tuple[str, ...]:
    """The ids of the vulnerability that a signal reports; empty for any other signal."""
    told = signal.evidence
    return (told.advisory, *told.aliases) if isinstance(told, AdvisoryEvidence) else ()


def excuse_of(
    tx: Transaction, signal: Signal, environment: Environment | None, priority: Priority, now: datetime
) -> tuple[Waiver | None, bool]:
    """The waiver under which the condition of a signal stands, and whether any waiver at all was placed on it."""
    names = names_in(signal)
    if not names:
        return None, False
    group = group_of(tx, *names)
    waivers = [w for w in tx.waivers.named(group.names) if w.asset_id in (None, signal.asset_id)]
    if not waivers:
        return None, False
    here = [f for f in findings_of(tx, group) if (f.asset_id, f.environment) == (signal.asset_id, environment)]
    return excused(reaching(here), waivers, priority, now), True
