"""When the models that something is made of are shut down, by lists and catalogues and by what was announced to its owner."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from pulse_tui.domain.estate import Component
from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.words import SignalType
from pulse_tui.enrich.vendors.lifecycles import endings
from pulse_tui.enrich.vendors.platforms import place, platform
from pulse_tui.ports import Transaction
from pulse_tui.services.vendors.standing import standing


def announced_ends(tx: Transaction, asset_id: str, components: Sequence[Component]) -> dict[str, datetime]:
    """By component id the nearest date; "not sooner than" is none."""
    found: dict[str, datetime] = {}
    for ident, ending in endings(components, tx.vendors.lifecycles()).items():
        if ending.date is not None:
            found[ident] = ending.date
    mine = {c.id for c in components}
    for evidence in _announced(tx, asset_id):
        if evidence.effective_at is None or evidence.floor:
            continue
        for ident in mine.intersection(evidence.components):
            found[ident] = min(found.get(ident, evidence.effective_at), evidence.effective_at)
    return found


def undated_ends(tx: Transaction, asset_id: str, components: Sequence[Component]) -> dict[str, str]:
    """By component id what is known of an end that was announced without a date of its platform: when it is, nobody knows."""
    mine, found = {c.id for c in components}, dict[str, str]()
    for evidence in _announced(tx, asset_id):
        if evidence.effective_at is not None:
            continue
        words = "its end is announced without a date"
        if evidence.elsewhere is not None:
            day = f" on {evidence.elsewhere_at:%Y-%m-%d}" if evidence.elsewhere_at is not None else ""
            words = f"it ends on {evidence.elsewhere}{day}, and no date of its own platform is known"
        found |= dict.fromkeys(sorted(mine.intersection(evidence.components)), words)
    return found


def still_listed(tx: Transaction, components: Collection[str]) -> list[str]:
    """Sources whose catalogue, or list of models, has one of these under its exact id."""
    wanted = {where for c in components if (where := place(c)) is not None}
    return [
        page.source
        for page in tx.vendors.pages()
        if any((platform(m.platform), m.id) in wanted for m in tx.vendors.catalogue(page.source).values())
    ]


def _announced(tx: Transaction, asset_id: str) -> Iterator[NoteEvidence]:
    """What open alerts about ends of the asset's models rest on."""
    for _, _, evidence in standing(tx, SignalType.DEPRECATION, asset_id=asset_id):
        yield evidence
