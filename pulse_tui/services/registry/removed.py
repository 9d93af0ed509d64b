"""A source is taken out of the configuration: what it said of assets and deployments nobody says any more."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from pulse_tui.domain.claim import OWN_ACTIONS, asset_subject, place_subject
from pulse_tui.domain.concern import Concern
from pulse_tui.domain.words import Environment, Severity
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.registry import claims
from pulse_tui.services.signals.concerns import Changes, report, stand


def forget(tx: Transaction, parts: JudgeParts, gone: Collection[str], now: datetime) -> None:
    """Let go of the claims of removed sources where another source makes one.

    What only they reported stays as last known, with a concern, until another source reports on it.
    """
    changes, moved = Changes([], []), set[str]()
    for subject in sorted({c.subject for source in gone for c in tx.inventory.claims_by(source)}):
        asset_id, _, where = subject.rpartition("/")
        if where in list(Environment) and asset_id:
            if _deployment(tx, parts, asset_id, Environment(where), gone, changes, now):
                moved.add(asset_id)
        elif any(c.source not in gone for c in tx.inventory.claims(subject)):
            for source in gone:
                tx.inventory.drop_claims(subject, source)
            if subject == asset_subject(subject) and tx.estate.asset(subject) is not None:
                changes.add(claims.disputes(tx, parts, subject, tx.inventory.claims(subject), now))
    report(tx, parts, changes, "the source is no longer configured", now)
    if moved:
        parts.reassess(tx, parts, now, moved)


def _deployment(
    tx: Transaction,
    parts: JudgeParts,
    asset_id: str,
    environment: Environment,
    gone: Collection[str],
    changes: Changes,
    now: datetime,
) -> bool:
    """Whether another version is believed to serve there now."""
    stated = tx.inventory.claims(place_subject(asset_id, environment), "version")
    if any(c.source not in (*gone, OWN_ACTIONS) for c in stated):
        settled = [claims.retract(tx, parts, asset_id, environment, source, now) for source in sorted(gone)]
        for one in settled:
            changes.add(one.changes)
        return any(one.moved for one in settled)
    here = tx.estate.deployment(asset_id, environment)
    if here is None:
        return False
    key = claims.unreported(environment)
    concern = Concern(
        asset_id=asset_id,
        key=key,
        what=f"no source reports any more what serves as {asset_id} in {environment.value}: {here.source} is no longer "
        f"configured (last known {here.version})",
        todo="Configure a source that reports it, or state the version under environments; if nothing serves there: "
        f"pulse-tui release withdraw {asset_id} --env {environment.value}",
        source=SYSTEM,
        severity=Severity.MEDIUM,
        since=now,
        environment=environment,
        version=here.version,
    )
    changes.add(stand(tx, asset_id, [concern], now, source=SYSTEM, keys=(key,)))
    return False
