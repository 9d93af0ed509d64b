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
_SEEN = "promotion.seen"
"""The value under which is kept which version of each asset was looked at last in production."""
MOST = 50
"""Gates that are asked in one call: pages wait behind it."""


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
        seen: dict[str, str] = json.loads(tx.plumbing.get_value(_SEEN) or "{}")
        open_now = {c.asset_id: c for c in tx.inventory.concerns() if c.key == KEY}
        due = [d for d in serving.values() if seen.get(d.asset_id) != d.version or d.asset_id in open_now][:MOST]
        for deployment in due:
            first = deployment.asset_id not in seen
            found += _judge(tx, parts, deployment, open_now.get(deployment.asset_id), now, first=first)
        found += [
            Finding(a, None, f"nothing of {a} serves in production any more") for a in open_now if a not in serving
        ]
    current = {**{a: v for a, v in seen.items() if a in serving}, **{d.asset_id: d.version for d in due}}
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


def _judge(
    tx: Transaction, parts: RollbackParts, here: Deployment, standing: Concern | None, now: datetime, *, first: bool
) -> list[Finding]:
    same = standing is not None and standing.version == here.version
    ended = []
    if standing is not None and not same:
        ended = [Finding(here.asset_id, None, f"{standing.version} no longer serves in production")]
    against = _against(tx, parts, here, first=first and not same)
    if not against:
        return [Finding(here.asset_id, None, f"the gate lets {here.version} through")] if same else ended
    if same:
        return []
    what = f"{here.asset_id} {here.version} serves in production past the gate ({here.source}): {'; '.join(against)}"
    concern = Concern(
        asset_id=here.asset_id,
        key=KEY,
        what=clean(what, 600),
        todo=f"pulse-tui gate {here.asset_id} {here.version} --env production names what is missing; "
        f"or pulse-tui rollback plan {here.asset_id} --env production",
        source=SYSTEM,
        severity=Severity.HIGH,
        since=now,
        environment=Environment.PRODUCTION,
        version=here.version,
    )
    return [*ended, Finding(here.asset_id, concern)]


def _against(tx: Transaction, parts: RollbackParts, here: Deployment, *, first: bool) -> list[str]:
    """What the gate has against the version; nothing where it was put there through the gate or by a rollback."""
    release = tx.estate.release(here.asset_id, here.version)
    if release is None:
        return [f"{here.version} is not in the registry: nobody evaluated or approved it"]
    if first or here.source == OWN_ACTIONS or _decided(tx, parts, here):
        return []
    return assess(tx, parts, release, Environment.PRODUCTION).blocking


def _decided(tx: Transaction, parts: RollbackParts, here: Deployment) -> bool:
    """Whether the last promotion of the version there was decided here: through the gate, or by a verified rollback."""
    there = (p for p in tx.estate.promotions(here.asset_id) if p.environment is here.environment)
    last = takewhile(lambda p: p.version == here.version, there)  # a source reports the same move once more
    return any(p.decision_id is not None or p.by in parts.operators for p in last)
