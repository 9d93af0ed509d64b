"""Claims about what serves in an environment, and which is believed. No source overwrites another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from pulse_tui.domain.claim import OWN_ACTIONS, Claim, asset_subject, place_subject, settle
from pulse_tui.domain.concern import Concern
from pulse_tui.domain.estate import Deployment
from pulse_tui.domain.words import Environment, Severity
from pulse_tui.ports import Transaction
from pulse_tui.services.advisories.rematch import rematch
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.registry.conflicts import conflict_todo
from pulse_tui.services.signals.concerns import Changes, stand

TRUE = "true"
GRACE = timedelta(minutes=1)
"""After an action of ours a registry may go on reporting the old value until it is polled again."""


class Settlement(NamedTuple):
    """The change of a deployment: what served before, what serves now, and the conflicts that began or ended."""

    before: Deployment | None
    after: Deployment | None
    changes: Changes

    @property
    def moved(self) -> bool:
        """Whether another version serves (from none and to none count too)."""
        return (self.before.version if self.before else None) != (self.after.version if self.after else None)


def place(
    tx: Transaction,
    parts: JudgeParts,
    asset_id: str,
    environment: Environment,
    version: str,
    source: str,
    now: datetime,
    traffic: float | None = None,
    since: datetime | None = None,
    *,
    event: bool = False,
) -> Settlement:
    """``source`` claims that ``version`` serves there, with ``traffic`` percent (None: unknown); settle it."""
    fields = {"version": version, "traffic": f"{traffic:g}"} if traffic is not None else {"version": version}
    return put_claims(tx, parts, asset_id, environment, fields, source, now, since, event=event)


def put_claims(
    tx: Transaction,
    parts: JudgeParts,
    asset_id: str,
    environment: Environment,
    fields: Mapping[str, str],
    source: str,
    now: datetime,
    since: datetime | None = None,
    *,
    event: bool = False,
) -> Settlement:
    """All claims of ``source`` about a deployment now (those it no longer makes are dropped); settle it."""
    subject = place_subject(asset_id, environment)
    claims = tx.inventory.claims(subject)
    resumed = stand(tx, asset_id, [], now, source=SYSTEM, keys=(unreported(environment),))
    if resumed.cleared:
        for other in {c.source for c in claims} - {source}:
            tx.inventory.drop_claims(subject, other)
        claims = tx.inventory.claims(subject)
    own = [c for c in claims if c.source == source]
    mine = {c.field: c.value for c in own}
    if event and since is not None and any(c.since < since for c in own):
        # It happened again: a new deployment is an event even when the version is the same.
        tx.inventory.drop_claims(subject, source)
        mine = {}
    if mine == dict(fields):
        return _with(resumed, _settled(tx, parts, asset_id, environment, claims, now))
    if gone := mine.keys() - fields.keys():
        tx.inventory.drop_claims(subject, source, gone)
    tx.inventory.put_claims(
        Claim(subject=subject, field=field, source=source, value=value, since=since or now, event=event)
        for field, value in fields.items()
        if mine.get(field) != value
    )
    return _with(resumed, _settled(tx, parts, asset_id, environment, tx.inventory.claims(subject), now))


def unreported(environment: Environment) -> str:
    """The key of the concern that the sources that reported on the environment are no longer configured."""
    return f"unreported:{environment.value}"


def _with(before: Changes, settled: Settlement) -> Settlement:
    before.add(settled.changes)
    return settled._replace(changes=before)


def resettle(tx: Transaction, parts: JudgeParts, asset_id: str, environment: Environment, now: datetime) -> Settlement:
    """The same claims under another order of precedence."""
    claims = tx.inventory.claims(place_subject(asset_id, environment))
    return _settled(tx, parts, asset_id, environment, claims, now)


def retract(
    tx: Transaction, parts: JudgeParts, asset_id: str, environment: Environment, source: str, now: datetime
) -> Settlement:
    """``source`` no longer claims anything about the deployment.

    What an action of ours put there ends with the last source that reported on it: the action is older than that.
    """
    subject = place_subject(asset_id, environment)
    tx.inventory.drop_claims(subject, source)
    if all(c.source == OWN_ACTIONS for c in tx.inventory.claims(subject)):
        tx.inventory.drop_claims(subject, OWN_ACTIONS)
    return _settled(tx, parts, asset_id, environment, tx.inventory.claims(subject), now)


def withdraw(tx: Transaction, parts: JudgeParts, asset_id: str, environment: Environment, now: datetime) -> Settlement:
    """Nothing serves there, whatever was claimed so far; a source that claims it again is believed again."""
    subject = place_subject(asset_id, environment)
    for source in {c.source for c in tx.inventory.claims(subject)}:
        tx.inventory.drop_claims(subject, source)
    return _settled(tx, parts, asset_id, environment, [], now)


def _settled(
    tx: Transaction, parts: JudgeParts, asset_id: str, environment: Environment, claims: list[Claim], now: datetime
) -> Settlement:
    before = tx.estate.deployment(asset_id, environment)
    version = settle((c for c in claims if c.field == "version"), parts.precedence)
    traffic = settle((c for c in claims if c.field == "traffic"), parts.precedence)
    critical = settle((c for c in claims if c.field == "critical"), parts.precedence)
    key = f"dispute:{environment.value}:version"
    wanted = []
    if version is not None and version.disputed and not (version.source == OWN_ACTIONS and now - version.since < GRACE):
        wanted.append(
            Concern(
                asset_id=asset_id,
                key=key,
                what=f"conflict about what serves as {asset_id} in {environment.value}: {version.words()}",
                todo=conflict_todo(tx, parts, asset_id, environment, version),
                source=SYSTEM,
                severity=Severity.MEDIUM,
                since=now,
                environment=environment,
                version=version.value,
            )
        )
    changes = stand(tx, asset_id, wanted, now, source=SYSTEM, keys=(key,))
    if version is None:
        if before is not None:
            tx.estate.undeploy(asset_id, environment, now)
            changes.add(rematch([asset_id], tx, now))  # there are no findings where nothing serves
        return Settlement(before, None, changes)
    same = before is not None and before.version == version.value
    after = Deployment(
        asset_id=asset_id,
        environment=environment,
        version=version.value,
        since=before.since if same and before is not None else version.since,
        traffic=float(traffic.value) if traffic is not None else 100.0,
        production_critical=critical is not None and critical.value == TRUE,
        source=version.source,
    )
    if after != before:
        tx.estate.deploy(after)
        if before is None or (before.traffic > 0) != (after.traffic > 0):
            changes.add(rematch([asset_id], tx, now, exposed=[asset_id]))
        elif not same:
            _made_of_another(tx, asset_id, changes, now)
    return Settlement(before, after, changes)


def _made_of_another(tx: Transaction, asset_id: str, changes: Changes, now: datetime) -> None:
    """Another release serves: its own bill applies now, and advisories may reach it."""
    if any(b.version is not None for b in tx.dependencies.bills(asset_id)):
        changes.add(rematch([asset_id], tx, now))


def describe(
    tx: Transaction, parts: JudgeParts, asset_id: str, facts: Mapping[str, str], source: str, now: datetime
) -> Changes:
    """Claims of ``source`` about the asset itself; one that contradicts the believed claim is a conflict."""
    subject = asset_subject(asset_id)
    claims = tx.inventory.claims(subject)
    mine = {c.field: c.value for c in claims if c.source == source}
    if mine != dict(facts):
        if gone := mine.keys() - facts.keys():
            tx.inventory.drop_claims(subject, source, gone)
        tx.inventory.put_claims(
            Claim(subject=subject, field=field, source=source, value=value, since=now)
            for field, value in facts.items()
            if mine.get(field) != value
        )
        claims = tx.inventory.claims(subject)
    elif not facts:
        return Changes([], [])
    return disputes(tx, parts, asset_id, claims, now)


def disputes(tx: Transaction, parts: JudgeParts, asset_id: str, claims: list[Claim], now: datetime) -> Changes:
    """Fields of the asset that two sources claim differently, as concerns."""
    wanted = []
    for field in sorted({c.field for c in claims}):
        settled = settle((c for c in claims if c.field == field), parts.precedence)
        if settled is not None and settled.disputed:
            wanted.append(
                Concern(
                    asset_id=asset_id,
                    key=f"dispute:{field}",
                    what=f"conflict about the {field.replace('_', ' ')} of {asset_id}: {settled.words()}",
                    todo=f"{settled.source} is believed. Correct whichever is wrong",
                    source=SYSTEM,
                    severity=Severity.LOW,
                    since=now,
                )
            )
    fields = tuple(f"dispute:{f}" for f in ("asset_type", "owner_team", "tier", "exposure", "workflow"))
    return stand(tx, asset_id, wanted, now, source=SYSTEM, keys=fields)
