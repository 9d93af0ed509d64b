"""The signals of one vulnerability, with what is known of its exploitation and of what is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pulse_tui.domain.advisory import Advisory, Finding
from pulse_tui.domain.claim import ESTATE
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.exploitation import Evidence, together
from pulse_tui.domain.signal import Signal
from pulse_tui.enrich.advisories.groups import merged
from pulse_tui.enrich.advisories.matching import advisory_signals
from pulse_tui.ports import Transaction
from pulse_tui.services.advisories.settled import as_settled

OPERATOR = "operator"
"""Who says whether a component is loaded where that is no document."""


def signals_of(
    records: Sequence[Advisory], findings: Sequence[Finding], estate: Estate, tx: Transaction, now: datetime
) -> list[Signal]:
    """One for each asset and environment that the vulnerability reaches; ``records``: all of its group that stand."""
    records = as_settled({records[0].name: records}, tx)[records[0].name]
    known, loaded = evidence_of(records, tx, now), loaded_of(findings, tx)
    return advisory_signals(merged(records), findings, estate, now, known, loaded)


def evidence_of(records: Sequence[Advisory], tx: Transaction, now: datetime) -> Evidence:
    """What the lists say of any CVE of the group, as of ``now``; a record that states exploitation is enough."""
    cves = cves_of(records)
    known = together(tx.exploitation.of(cves).values()).as_of(now)
    return known.exploited() if any(r.known_exploited for r in records) else known


def loaded_of(findings: Sequence[Finding], tx: Transaction) -> dict[tuple[str, str | None], bool]:
    """(asset, component id): whether it is loaded, as far as that is known.

    An operator's answer counts before the configuration's, and that before the bills'. By bills a component is not
    loaded where each that lists it states so; one that is silent leaves it unknown.
    """
    said = tx.loading.of({f.asset_id for f in findings}, {f.component_id for f in findings if f.component_id})
    wanted = {(f.asset_id, f.component_id): said[f.asset_id, f.component_id] for f in findings
              if f.component_id is not None and (f.asset_id, f.component_id) in said}  # fmt: skip
    out = dict[tuple[str, str | None], bool]()
    for (asset_id, component_id), answers in wanted.items():
        told = answers.get(OPERATOR, next((a for origin, a in sorted(answers.items()) if _declared(origin)), None))
        if told is not None:
            out[asset_id, component_id] = told
        elif any(answers.values()) or all(
            origin in answers or _declared(origin) for origin in tx.loading.listing(asset_id, str(component_id))
        ):
            out[asset_id, component_id] = any(answers.values())
    return out


def _declared(origin: str) -> bool:
    return origin == ESTATE or origin.startswith(f"{ESTATE}:")


def cves_of(records: Sequence[Advisory]) -> tuple[str, ...]:
    """Every CVE of an alias group."""
    ids = (i for r in records for i in (r.group, r.id, *r.aliases))
    return tuple(dict.fromkeys(i for i in ids if i.startswith("CVE-")))
