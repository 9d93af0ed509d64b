"""Put the configuration's estate into the store: what no other system reports.

Everything in it is a claim beside the claims of other sources; what is believed follows from the order of
precedence. An estate that is unchanged since the last sync costs one read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from pulse_tui import __version__
from pulse_tui.domain.claim import ESTATE, Claim, asset_subject, place_subject
from pulse_tui.domain.concern import Concern
from pulse_tui.domain.estate import Asset, Deployment
from pulse_tui.domain.words import Environment, Severity
from pulse_tui.ports import Transaction
from pulse_tui.services.advisories.rematch import rematch
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.registry import claims, declared
from pulse_tui.services.registry.content import another_digest
from pulse_tui.services.registry.names import check_names
from pulse_tui.services.registry.sync import promoted
from pulse_tui.services.signals.concerns import Changes, report, stand
from pulse_tui.services.signals.dependents import asset_moved, parts_changed
from pulse_tui.services.vendors.later import still_announced
from pulse_tui.services.vendors.usages import put_usages
from pulse_tui.settings.shapes import AssetShape, EstateShape

_SEEN = "estate.digest"
_ORDER = "estate.precedence"


def sync_estate(shape: EstateShape, parts: JudgeParts, now: datetime, *, stated: bool = False) -> int:
    """Bring the store in line with the YAML; returns the number of things that changed.

    A deployment that a registry reports goes on following the registry: the YAML's other claim is kept and shown.
    Releases are only ever added. What the YAML no longer names is no longer claimed.
    An estate without assets ends what was declared only where it is ``stated``: a configuration without that section,
    as one of an agent, says nothing of it.
    """
    if not shape.assets and not stated:
        return 0
    digest = _digest(shape, parts)
    with parts.store.read() as tx:
        if tx.plumbing.get_value(_SEEN) == digest:
            return 0
    with parts.store.write() as tx:
        order = ",".join(parts.precedence)
        reordered = tx.plumbing.get_value(_ORDER) not in (order, None)
        changed = _Sync(tx, shape, parts, now).run(reordered=reordered)
        tx.plumbing.put_value(_SEEN, digest)
        tx.plumbing.put_value(_ORDER, order)
    return changed


def _digest(shape: EstateShape, parts: JudgeParts) -> str:
    """Identifies this estate, under this order of precedence, as this version of the program reads it."""
    suites = {s.id: s.baselines for s in parts.suites.values()}
    words = [__version__, msgspec.to_builtins(shape), list(parts.precedence), suites]
    return hashlib.sha256(msgspec.json.encode(words, order="deterministic")).hexdigest()


def _weight(asset: Asset) -> tuple[object, ...]:
    return asset.tier, asset.exposure, asset.data


class _Sync:
    """One sync, in one transaction."""

    def __init__(self, tx: Transaction, shape: EstateShape, parts: JudgeParts, now: datetime) -> None:
        self._tx, self._shape, self._parts, self._now = tx, shape, parts, now
        self._changes = Changes([], [])
        self._removed: list[str] = []
        self._claimed: dict[str, dict[str, str]] = {}
        for claim in tx.inventory.claims_by(ESTATE):
            self._claimed.setdefault(claim.subject, {})[claim.field] = claim.value
        self._claimed_by_others = tx.inventory.subjects(besides=ESTATE) | self._claimed.keys()

    def run(self, *, reordered: bool) -> int:
        tx, shape = self._tx, self._shape
        changed = self._gone()
        known = tx.estate.load().assets
        named = [declared.asset(a) for a in shape.assets]
        changed += tx.estate.put_assets(named)
        changed += self._describe()
        # A vulnerability weighs otherwise on an asset that others reach, or that stores more.
        exposed = [a.id for a in named if a.id in known and _weight(a) != _weight(known[a.id])]
        moved: list[str] = []
        for asset in shape.assets:
            changed += self._releases(asset)
            if self._bills(asset):
                moved.append(asset.id)
        # All are declared before one is reported to name what nobody knows: it may stand further down.
        for asset in shape.assets:
            if asset.releases:
                self._changes.add(check_names(tx, self._parts, asset.id, self._now))
        changed += self._places() + len(moved)
        if reordered:
            changed += self._reorder()
        put_usages(tx, declared.usages(shape))
        changed += tx.inventory.put_endpoints(declared.endpoints(shape))
        changed += tx.inventory.put_workflows(declared.workflows(shape))
        self._changes.add(rematch({*moved, *exposed, *self._removed}, tx, self._now, exposed=exposed))
        self._changes.signals.extend(still_announced(moved, tx, tx.estate.load(), self._now))
        report(tx, self._parts, self._changes, "the configuration was corrected", self._now)
        if changed:
            self._parts.reassess(tx, self._parts, self._now, {*(a.id for a in named), *self._removed})
        return changed

    # ------------------------------------------------------------ what it claims

    def _describe(self) -> int:
        """The estate's claims about each asset. Only where they changed can a conflict begin or end."""
        fresh: list[Claim] = []
        changed = 0
        for asset in self._shape.assets:
            subject, facts = asset_subject(asset.id), declared.facts(asset)
            if self._claimed.get(subject) == facts:
                continue
            changed += 1
            if subject in self._claimed_by_others:
                self._changes.add(claims.describe(self._tx, self._parts, asset.id, facts, ESTATE, self._now))
            else:
                fresh += self._claims(subject, facts, self._now)
        self._tx.inventory.put_claims(fresh)
        return changed

    def _places(self) -> int:
        """Where each asset runs. Deployments without claims so far are put in together: there may be thousands."""
        runs = {(d.asset_id, d.environment) for d in self._tx.estate.load().deployments}
        fresh: list[Claim] = []
        serving: list[Deployment] = []
        changed = 0
        for asset in self._shape.assets:
            for environment, (claimed, since) in declared.places(asset).items():
                subject = place_subject(asset.id, environment)
                if self._claimed.get(subject, {}) == claimed:
                    continue
                changed += 1
                if (asset.id, environment) in runs or subject in self._claimed_by_others:
                    self._settle(asset.id, environment, claimed, since)
                    continue
                fresh += self._claims(subject, claimed, since or self._now)
                if "version" in claimed:
                    serving.append(_deployment(asset.id, environment, claimed, since or self._now))
        self._tx.inventory.put_claims(fresh)
        self._tx.estate.deploy_new(serving)
        return changed

    def _settle(
        self, asset_id: str, environment: Environment, claimed: Mapping[str, str], since: datetime | None
    ) -> None:
        # A changed claim is as new as its change, whatever time the file states: our own actions are older.
        if place_subject(asset_id, environment) in self._claimed:
            since = None
        settled = claims.put_claims(self._tx, self._parts, asset_id, environment, claimed, ESTATE, self._now, since)
        self._changes.add(settled.changes)
        if settled.moved and settled.after is not None and settled.before is not None:
            release = self._tx.estate.release(asset_id, settled.after.version)
            self._tx.estate.next_iteration(asset_id)
            why = "as configured"
            promoted(self._tx, asset_id, release, settled, environment, settled.after.source, why, self._now)
            self._dependents(asset_id, environment, settled.before.version, settled.after.version)

    def _dependents(self, asset_id: str, environment: Environment, before: str, after: str) -> None:
        """Another version serves: what depends on it is tested again."""
        if before != after:
            estate = self._tx.estate.load()
            event = f"{asset_id}/{environment.value}/{before}/{after}/{self._now.isoformat()}"
            self._changes.signals.extend(
                asset_moved(asset_id, environment, before, after, ESTATE, event, self._tx, estate, self._now)
            )

    def _reorder(self) -> int:
        """Another order of precedence: deployments with claims of several sources are settled again."""
        moved = 0
        for subject in sorted(self._tx.inventory.subjects(besides=ESTATE)):
            asset_id, _, environment = subject.rpartition("/")
            if environment in list(Environment):
                settled = claims.resettle(self._tx, self._parts, asset_id, Environment(environment), self._now)
                self._changes.add(settled.changes)
                moved += settled.moved
        return moved

    def _claims(self, subject: str, claimed: Mapping[str, str], since: datetime) -> Iterator[Claim]:
        for field, value in claimed.items():
            yield Claim(subject=subject, field=field, source=ESTATE, value=value, since=since)

    def _releases(self, asset: AssetShape) -> int:
        """Add what is not known; a release that is known stays as it is, and another digest is reported."""
        if not asset.releases:
            return 0
        known = {r.version: r for r in self._tx.estate.releases(asset.id)}
        added = 0
        wanted: list[Concern] = []
        for item in asset.releases:
            release = known.get(item.version)
            if release is None:
                self._tx.estate.add_release(declared.release(asset.id, item, self._now))
                added += 1
            elif (seen := another_digest(release, item.digest)) is not None:
                recorded, found = seen
                wanted.append(
                    Concern(
                        asset_id=asset.id,
                        key=f"digest:{item.version}",
                        what=f"{asset.id} {item.version} has another digest in the estate than when it was recorded: {found}, recorded is {recorded}",
                        todo="A release never changes: correct the estate, or give the new content a version of its own",
                        source=ESTATE,
                        severity=Severity.HIGH,
                        since=self._now,
                        version=item.version,
                    )
                )
        self._changes.add(stand(self._tx, asset.id, wanted, self._now, source=ESTATE, keys=("digest:",)))
        return added

    def _bills(self, asset: AssetShape) -> bool:
        """Whether the asset's dependencies changed."""
        before: set[str] = set()
        if asset_subject(asset.id) in self._claimed:
            before = {b.origin for b in self._tx.dependencies.bills(asset.id) if b.source == ESTATE}
        moved = False
        for bill in declared.bills(asset, self._now):
            known = bill.origin in before
            before.discard(bill.origin)
            if not bill.components and not known:
                continue
            changes = self._tx.dependencies.put_bill(bill)
            if known and changes:
                estate = self._tx.estate.load()
                self._changes.signals.extend(
                    parts_changed(asset.id, bill.origin, changes, ESTATE, self._now, estate, self._now)
                )
            moved = bool(changes) or moved or not known
            moved = self._tx.loading.put(asset.id, bill.origin, dict(bill.loaded), self._now) or moved
        for origin in before:
            moved = bool(self._tx.dependencies.drop_bill(asset.id, origin, self._now)) or moved
        return moved

    # ------------------------------------------------------------ what it no longer claims

    def _gone(self) -> int:
        """Subjects that the YAML no longer names: the estate no longer claims anything about them."""
        named = {asset_subject(a.id) for a in self._shape.assets}
        places = {place_subject(a.id, e) for a in self._shape.assets for e in declared.places(a)}
        gone = 0
        for subject in self._claimed.keys() - named - places:
            gone += 1
            asset_id, slash, environment = subject.rpartition("/")
            if slash and environment in list(Environment):
                settled = claims.retract(self._tx, self._parts, asset_id, Environment(environment), ESTATE, self._now)
                self._changes.add(settled.changes)
                continue
            self._removed.append(subject)
            self._tx.inventory.drop_claims(subject, ESTATE)
            for bill in self._tx.dependencies.bills(subject):
                if bill.source == ESTATE:
                    self._tx.dependencies.drop_bill(subject, bill.origin, self._now)
        self._tx.estate.drop_assets(self._removed)
        return gone


def _deployment(asset_id: str, environment: Environment, claimed: Mapping[str, str], since: datetime) -> Deployment:
    return Deployment(
        asset_id=asset_id,
        environment=environment,
        version=claimed["version"],
        since=since,
        traffic=float(claimed.get("traffic", "100")),
        production_critical=claimed.get("critical") == claims.TRUE,
        source=ESTATE,
    )
