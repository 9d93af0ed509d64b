"""A version that serves in production and came there past the gate: what the gate has against it stands as a concern.

It ends when the gate would let the version through, or the version no longer serves.
"""

from __future__ import annotations

import json
from datetime import datetime
from itertools import takewhile
from typing import NamedTuple

from pulse_tui.domain.claim import OWN_ACTIONS
from pulse_tui.domain.concern import Concern
from pulse_tui.domain.estate import Deployment
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment, Severity
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, RollbackParts
from pulse_tui.services.promotion.gate import assess
from pulse_tui.services.signals.concerns import clear_concern, raise_concern

KEY = "past-gate:production"
_SEEN = "promotion.known"
"""The value under which is kept which versions of each asset are known in production."""
MOST = 50
"""Gates that are asked in one call: pages wait behind it."""


class Known(NamedTuple):
    """What is known of an asset in production."""

    version: str
    """The one that was checked last."""
    accepted: tuple[str, ...]
    """Those that may come back: they served before anybody looked, or came through the gate."""


class Finding(NamedTuple):
    """What is to be done about a deployment: ``concern`` begins, or (None) the one that was open ends by ``why``."""

    asset_id: str
    concern: Concern | None
    why: str = ""


def check_promotions(parts: RollbackParts, now: datetime) -> int:
    """Ask the gate about what was put into production by another way; returns how many concerns began or ended.

    What serves when it is first seen was put there before anybody looked: only a version that no registry knows is
    reported then.
    """
    found: list[Finding] = []
    with parts.store.read() as tx:
        serving = {d.asset_id: d for d in tx.estate.load().deployments if d.environment is Environment.PRODUCTION}
        seen = {a: Known(v, tuple(o)) for a, (v, o) in json.loads(tx.plumbing.get_value(_SEEN) or "{}").items()}
        open_now = {c.asset_id: c for c in tx.inventory.concerns() if c.key == KEY}
        current = {asset: known for asset, known in seen.items() if asset in serving}
        due = [d for d in serving.values() if d.asset_id not in seen or seen[d.asset_id].version != d.version]
        due += [d for a, d in serving.items() if a in open_now and d not in due]
        for here in due[:MOST]:
            known = seen.get(here.asset_id)
            against = _against(tx, parts, here, known)
            found += _findings(here, open_now.get(here.asset_id), against, now)
            accepted = {*(known.accepted if known else ()), *(() if against else (here.version,))}
            current[here.asset_id] = Known(here.version, tuple(sorted(accepted)))
        found += [
            Finding(a, None, f"nothing of {a} serves in production any more") for a in open_now if a not in serving
        ]
    if not found and current == seen:
        return 0
    with parts.store.write() as tx:
        tx.plumbing.put_value(_SEEN, json.dumps(current, sort_keys=True))
        for each in found:
            if each.concern is None:
                clear_concern(tx, parts.judging, each.asset_id, KEY, each.why, now)
            else:
                raise_concern(tx, parts.judging, each.concern, now)
    return len(found)


def _findings(here: Deployment, standing: Concern | None, against: list[str], now: datetime) -> list[Finding]:
    same = standing is not None and standing.version == here.version
    ended = []
    if standing is not None and not same:
        ended = [Finding(here.asset_id, None, f"{standing.version} no longer serves in production")]
    if not against:
        return [Finding(here.asset_id, None, f"the gate lets {here.version} through")] if same else ended
    what = f"{here.asset_id} {here.version} serves in production past the gate ({here.source}): {'; '.join(against)}"
    if same and standing is not None and standing.what == clean(what, 600):
        return []
    concern = Concern(
        asset_id=here.asset_id,
        key=KEY,
        what=clean(what, 600),
        todo=f"see what is missing: pulse-tui gate {here.asset_id} {here.version} --env production; then approve it, "
        f"or take it out: pulse-tui rollback plan {here.asset_id} --env production",
        source=SYSTEM,
        severity=Severity.HIGH,
        since=now,
        environment=Environment.PRODUCTION,
        version=here.version,
    )
    return [*ended, Finding(here.asset_id, concern)]


def _against(tx: Transaction, parts: RollbackParts, here: Deployment, known: Known | None) -> list[str]:
    """What the gate has against the version; nothing where it was put there through the gate or by a rollback, and
    where it comes back after it was accepted."""
    release = tx.estate.release(here.asset_id, here.version)
    if release is None:
        return [f"{here.version} is not in the registry: nobody evaluated or approved it"]
    accepted = known is None or here.version in known.accepted
    if (accepted and release.usable) or here.source == OWN_ACTIONS or _decided(tx, parts, here):
        return []
    return assess(tx, parts, release, Environment.PRODUCTION).blocking


def _decided(tx: Transaction, parts: RollbackParts, here: Deployment) -> bool:
    """Whether the last promotion of the version there was decided here: through the gate, or by a verified rollback."""
    there = (p for p in tx.estate.promotions(here.asset_id) if p.environment is here.environment)
    last = takewhile(lambda p: p.version == here.version, there)  # a source reports the same move once more
    return any(p.decision_id is not None or p.by in parts.operators for p in last)
