"""The signals of one vulnerability, with what is known of its exploitation and of what is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pulse_tui.domain.advisory import Advisory, Finding
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.exploitation import Evidence, together
from pulse_tui.domain.signal import Signal
from pulse_tui.enrich.advisories.groups import merged
from pulse_tui.enrich.advisories.matching import advisory_signals
from pulse_tui.ports import Transaction


def signals_of(
    records: Sequence[Advisory], findings: Sequence[Finding], estate: Estate, tx: Transaction, now: datetime
) -> list[Signal]:
    """One for each asset and environment that the vulnerability reaches; ``records``: all of its group that stand."""
    return advisory_signals(merged(records), findings, estate, now, evidence_of(records, tx, now))


def evidence_of(records: Sequence[Advisory], tx: Transaction, now: datetime) -> Evidence:
    """What the lists say of any CVE of the group, as of ``now``; a record that states exploitation is enough."""
    cves = cves_of(records)
    known = together(tx.exploitation.of(cves).values()).as_of(now)
    return known.exploited() if any(r.known_exploited for r in records) else known


def cves_of(records: Sequence[Advisory]) -> tuple[str, ...]:
    """Every CVE of an alias group."""
    ids = (i for r in records for i in (r.group, r.id, *r.aliases))
    return tuple(dict.fromkeys(i for i in ids if i.startswith("CVE-")))
