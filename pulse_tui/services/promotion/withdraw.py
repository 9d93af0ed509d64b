"""An operator records that nothing serves in an environment any more."""

from __future__ import annotations

from pulse_tui.domain.claim import OWN_ACTIONS, place_subject
from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.promotion.decide import may
from pulse_tui.services.reasons import reason_of
from pulse_tui.services.registry import claims
from pulse_tui.services.signals.concerns import clear_concern, report


def withdraw(parts: RollbackParts, asset_id: str, environment: Environment, by: str, why: str) -> str:
    """Remove what is shown as last known in an environment whose alias is gone.

    Raises NotFound when nothing is shown there, Refused while a source still reports that a version serves: it
    would be back after the next round.
    """
    reason, now = reason_of(why), parts.clock()
    may(parts, by, environment)
    key = f"gone:{environment.value}"
    with parts.store.write() as tx:
        before = tx.estate.deployment(asset_id, environment)
        if before is None:
            raise NotFound(
                f"{asset_id} serves nowhere in {environment.value}", todo="see what serves: pulse-tui status"
            )
        if saying := _still(tx, asset_id, environment, key):
            raise Refused(
                f"{asset_id} cannot be withdrawn from {environment.value}", saying, todo="Move or remove it there first"
            )
        settled = claims.withdraw(tx, parts.judging, asset_id, environment, now)
        for concern in (key, claims.unreported(environment)):
            clear_concern(tx, parts.judging, asset_id, concern, f"withdrawn by {by}", now)
        report(tx, parts.judging, settled.changes, f"withdrawn by {by}", now)
        tx.log.append(
            now,
            by,
            "deployment.withdrawn",
            f"{asset_id}/{environment.value}",
            {"version": before.version, "why": reason},
        )
    return f"withdrawn by {by}: nothing serves as {asset_id} in {environment.value} (was {before.version})"


def _still(tx: Transaction, asset_id: str, environment: Environment, key: str) -> list[str]:
    """The sources that report that something serves, except one whose alias is gone or that is no longer configured,
    and our own actions."""
    if any(c.key == claims.unreported(environment) for c in tx.inventory.concerns(asset_id)):
        return []
    gone = {c.source for c in tx.inventory.concerns(asset_id) if c.key == key}
    found = tx.inventory.claims(place_subject(asset_id, environment), "version")
    return [f"{c.source} says {c.value}" for c in found if c.source not in (*gone, OWN_ACTIONS)]
