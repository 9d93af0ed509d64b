"""How far each source can be trusted now: the panel of the sources."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pulse_tui.domain.health import PUSHED
from pulse_tui.domain.trust import Trust, TrustState
from pulse_tui.enrich.vendors.vigil import trust_of
from pulse_tui.ports import Transaction
from pulse_tui.services.signals.pushes import counts_of

_ORDER = {state: place for place, state in enumerate(TrustState)}


def trust(tx: Transaction, now: datetime) -> list[Trust]:
    """Every source, the least trusted first."""
    pages = {page.source: page for page in tx.vendors.pages()}
    found = [
        msgspec.structs.replace(
            trust_of(status, pages.get(status.id), now),
            sent=counts.words() if status.kind == PUSHED and any(counts := counts_of(tx, status.id)) else "",
        )
        for status in tx.plumbing.sources().values()
    ]
    return sorted(found, key=lambda t: (_ORDER[t.state], t.source))
