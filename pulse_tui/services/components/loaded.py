"""An operator states whether a component of an asset is loaded when it runs; what that makes of its advisories."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pulse_tui.domain.errors import NotFound
from pulse_tui.enrich.lookups import estate_index
from pulse_tui.services.advisories.evidence import OPERATOR
from pulse_tui.services.advisories.exploitation import judged_again
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.reasons import reason_of
from pulse_tui.services.signals.ingest import absorb
from pulse_tui.settings.check import nearest

ANSWERS = {"yes": True, "no": False, "unknown": None}


def state_loaded(
    parts: JudgeParts, asset_id: str, component: str, loaded: bool | None, by: str, why: str, now: datetime
) -> str:
    """Record the answer (None: take it back) with its reason, and judge the advisories of the component again.

    ``component``: its id, or its name. Raises NotFound and Refused.
    """
    reason = reason_of(why)
    with parts.store.write() as tx:
        estate = tx.estate.load()
        if asset_id not in estate.assets:
            raise NotFound(f"there is no asset {asset_id!r}", todo=nearest(asset_id, estate.assets))
        uses = tx.dependencies.using(assets=[asset_id])
        index = estate_index(msgspec.structs.replace(estate, dependencies=uses))
        found = {d.component.id for d in index.uses(asset_id, component)}
        if not found:
            todo = f"pulse-tui components tree {asset_id}"
            raise NotFound(f"{asset_id} has no component {component!r}", todo=todo)
        stood = {
            ident: answers[OPERATOR]
            for (_, ident), answers in tx.loading.of([asset_id]).items()
            if OPERATOR in answers and ident not in found
        }
        answers = stood if loaded is None else stood | dict.fromkeys(found, loaded)
        word = next(word for word, answer in ANSWERS.items() if answer is loaded)
        if not tx.loading.put(asset_id, OPERATOR, answers, now):
            return f"{component} of {asset_id} is recorded so already: loaded {word}"
        tx.log.append(now, by, "component.loaded", f"{asset_id}/{component}", {"loaded": word, "why": reason})
        records = tx.advisories.records({f.advisory_id for f in tx.advisories.findings(asset_id=asset_id)
                                         if f.component_id in found})  # fmt: skip
        again = judged_again({r.name for r in records.values()}, tx, estate, now)
        tally = absorb([s for s in again if s.asset_id == asset_id], tx, parts, now)
    judged = f"; {tally.signals} judged again" if tally.signals else ""
    return f"{component} of {asset_id}: loaded {word}{judged}"
