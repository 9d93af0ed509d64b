"""A registry's reports become releases, claims and version events. Releases are immutable."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.claim import place_subject
from pulse_tui.domain.concern import Concern
from pulse_tui.domain.estate import Asset, Deployment
from pulse_tui.domain.release import RegistrySnapshot, RegistryVersion, Release, ReleaseState
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.text import name_problem
from pulse_tui.domain.words import Change, Environment, Severity
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.registry import claims
from pulse_tui.services.registry.attest import complete
from pulse_tui.services.registry.content import another_digest, as_release, fill
from pulse_tui.services.registry.events import digest_changed, event, past_hold, withdrawn
from pulse_tui.services.registry.held import covering
from pulse_tui.services.registry.known_good import rollback_target
from pulse_tui.services.registry.names import check_names, check_others
from pulse_tui.services.signals.concerns import Changes, stand

BEFORE_PROMOTION = (ReleaseState.DRAFT, ReleaseState.EVALUATED, ReleaseState.APPROVED)
_CONCERNS = ("digest:", "deleted:", "gone:", "unfit:", "placed:")


def sync(snapshot: RegistrySnapshot, tx: Transaction, parts: JudgeParts, asset: Asset | None, now: datetime) -> Changes:
    """Record a snapshot; returns a version event for each thing that changed, nothing when nothing did."""
    return _Sync(snapshot, tx, parts, asset, now).run()


class _Sync:
    """One snapshot being recorded, in one transaction."""

    def __init__(
        self, snapshot: RegistrySnapshot, tx: Transaction, parts: JudgeParts, asset: Asset | None, now: datetime
    ) -> None:
        self._snapshot, self._tx, self._parts, self._asset, self._now = snapshot, tx, parts, asset, now
        self._changes = Changes([], [])
        self._wanted: list[Concern] = []
        self._own_signals: dict[str, Signal] = {}
        self._known = {r.version: r for r in tx.estate.releases(snapshot.asset_id)}
        self._changed = False

    def run(self) -> Changes:
        snapshot = self._snapshot
        for version in snapshot.versions:
            self._version(version)
        if snapshot.complete:
            self._deleted()
        for environment, (serving, traffic) in sorted(snapshot.placements.items()):
            self._place(environment, serving, traffic)
        for environment in snapshot.managed:
            if environment not in snapshot.placements:
                self._absent(environment)
        for remark in snapshot.remarks:
            severity = Severity.HIGH if remark.serious else Severity.MEDIUM
            key, where = f"placed:{remark.key}", remark.environment
            self._concern(key, remark.what, remark.todo, severity, environment=where, version=remark.version)
        self._changes.add(
            stand(
                self._tx, snapshot.asset_id, self._wanted, self._now,
                source=snapshot.source, keys=_CONCERNS, own_signals=self._own_signals,
            )
        )  # fmt: skip
        self._changes.add(
            claims.describe(self._tx, self._parts, snapshot.asset_id, snapshot.facts, snapshot.source, self._now)
        )
        if self._changed:
            self._changes.add(check_names(self._tx, self._parts, snapshot.asset_id, self._now))
            self._changes.add(check_others(self._tx, self._parts, snapshot.asset_id, self._now))
        return self._changes

    # ------------------------------------------------------------ releases

    def _version(self, version: RegistryVersion) -> None:
        release = self._known.get(version.version)
        if release is None:
            added = self._tx.estate.add_release(as_release(version, self._snapshot.source))
            self._known[added.version] = added
            self._changed = True
            self._changes.signals.append(
                event(
                    self._snapshot,
                    self._asset,
                    self._now,
                    version.change,
                    added.version,
                    added,
                    None,
                    iteration=added.iteration,
                )
            )
            self._changes.add(complete(added, self._tx, self._parts, self._now))
            return
        if (seen := another_digest(release, version.digest)) is not None:
            recorded, found = seen
            self._concern(
                f"digest:{release.version}",
                f"{release.asset_id} {release.version} has another digest than when it was recorded: "
                f"{self._snapshot.source} has {found}, recorded is {recorded}",
                "A release never changes: find out who rebuilt it; promote neither until that is known",
                Severity.HIGH,
                version=release.version,
            )
            self._own_signals[f"digest:{release.version}"] = digest_changed(
                self._snapshot, self._asset, self._now, release, recorded, found
            )
        filled = fill(release, version)
        if filled is not None and self._tx.estate.complete_release(filled):
            self._known[release.version] = filled
            self._changed = True

    def _deleted(self) -> None:
        """Releases that came from this source and that it no longer has stay on record, with the reason."""
        there = {v.version for v in self._snapshot.versions}
        serving = {d.version: d.environment for d in self._deployments()}
        for release in self._known.values():
            if release.provenance.get("source") != self._snapshot.source or release.version in there:
                continue
            if name_problem(release.version):
                continue  # recorded before such names were refused at the door: whether it is there is not known
            place = serving.get(release.version)
            if place is None and release.state is ReleaseState.RETIRED:
                continue
            where = f" while it served in {place.value}" if place else ""
            self._concern(
                f"deleted:{release.version}",
                f"{release.asset_id} {release.version} was deleted in {self._snapshot.source}{where}",
                "It stays on record, but nothing can be rolled back to it: restore it there, or retire it",
                Severity.HIGH if place else Severity.LOW,
                environment=place,
                version=release.version,
            )

    def _deployments(self) -> list[Deployment]:
        found = (self._tx.estate.deployment(self._snapshot.asset_id, e) for e in self._snapshot.managed)
        return [d for d in found if d is not None and d.source == self._snapshot.source]

    # ------------------------------------------------------------ deployments

    def _place(self, environment: Environment, serving: str, traffic: float) -> None:
        # 100 percent comes from a registry that knows no shares: it does not contradict one that does.
        share = traffic if traffic != 100.0 else None
        at = self._snapshot.placed_at.get(environment)
        settled = claims.place(
            self._tx, self._parts, self._snapshot.asset_id, environment, serving, self._snapshot.source, self._now, share,
            since=at, event=at is not None,
        )  # fmt: skip
        self._changes.add(settled.changes)
        self._moved(environment, settled)
        if settled.after is not None:
            self._unfit(environment, settled.after.version)
        if environment is Environment.PRODUCTION and not settled.moved and settled.after is not None:
            self._serves(settled.after.version)

    def _unfit(self, environment: Environment, version: str) -> None:
        """A quarantined or retired release serves nevertheless: it was deployed outside this program."""
        release = self._known.get(version)
        if release is None or release.usable:
            return
        self._concern(
            f"unfit:{environment.value}",
            f"{release.asset_id} {version} serves in {environment.value} and is {release.state.value}",
            f"It was deployed outside this program. Roll it back: pulse-tui rollback plan {release.asset_id} --env {environment.value}",
            Severity.HIGH,
            environment=environment,
            version=version,
        )

    def _serves(self, version: str) -> None:
        """A release that serves customers when it is first seen was promoted before this program watched."""
        release = self._known.get(version)
        if release is not None and release.state in BEFORE_PROMOTION:
            self._tx.estate.set_release_state(release.asset_id, version, ReleaseState.PROMOTED)
            self._known[version] = release.move(ReleaseState.PROMOTED)

    def _moved(self, environment: Environment, settled: claims.Settlement) -> None:
        if not settled.moved or settled.after is None:
            return
        serving, asset_id = settled.after.version, self._snapshot.asset_id
        release = self._known.get(serving)
        iteration = self._tx.estate.next_iteration(asset_id)
        promoted(
            self._tx, asset_id, release, settled, environment, settled.after.source, "the registry moved", self._now
        )
        held = [h.hold for h in covering(self._tx, asset_id, serving, environment)]
        if held and settled.before is not None:
            self._changes.signals.append(
                past_hold(self._snapshot, self._asset, self._now, environment, serving, iteration, held[0])
            )
        change = Change.PROMOTION if environment is Environment.PRODUCTION else Change.DEPLOYMENT
        self._changes.signals.append(
            event(
                self._snapshot,
                self._asset,
                self._now,
                change,
                serving,
                release,
                settled.before,
                iteration=iteration,
                environment=environment,
            )
        )

    def _absent(self, environment: Environment) -> None:
        """The registry reports on the environment and names no version there."""
        snapshot = self._snapshot
        subject = place_subject(snapshot.asset_id, environment)
        mine = [c for c in self._tx.inventory.claims(subject, "version") if c.source == snapshot.source]
        if not mine:
            return
        was = mine[0].value
        deleted = snapshot.complete and was not in {v.version for v in snapshot.versions}
        if environment is Environment.PRODUCTION or deleted:
            # Something still serves there. The last known version stays, with the reason, until more is known.
            why = "its version was deleted" if deleted else "the alias was removed"
            why = "it is configured to read another model" if snapshot.unread else why
            self._concern(
                f"gone:{environment.value}",
                f"{snapshot.asset_id} {environment.value} no longer points at a version in {snapshot.source}: {why} (was {was})",
                f"{was} is shown as the last known version. Set the alias again, or record that nothing serves: "
                f"pulse-tui release withdraw {snapshot.asset_id} --env {environment.value}",
                Severity.HIGH if deleted else Severity.MEDIUM,
                environment=environment,
                version=was,
            )
            return
        settled = claims.retract(self._tx, self._parts, snapshot.asset_id, environment, snapshot.source, self._now)
        self._changes.add(settled.changes)
        self._changes.signals.append(withdrawn(snapshot, self._asset, self._now, environment, was))
        self._moved(environment, settled)

    # ------------------------------------------------------------ what is reported

    def _concern(
        self,
        key: str,
        what: str,
        todo: str,
        severity: Severity,
        *,
        environment: Environment | None = None,
        version: str | None = None,
    ) -> None:
        self._wanted.append(
            Concern(
                asset_id=self._snapshot.asset_id,
                key=key,
                what=what,
                todo=todo,
                source=self._snapshot.source,
                severity=severity,
                since=self._now,
                environment=environment,
                version=version,
            )
        )


def promoted(
    tx: Transaction,
    asset_id: str,
    release: Release | None,
    settled: claims.Settlement,
    environment: Environment,
    by: str,
    why: str,
    now: datetime,
) -> None:
    """What a move to another version changes: the rollback target, the record of the promotion, and the release's state
    when it serves customers now (a canary is a trial, whoever put it there)."""
    if settled.after is None:
        return
    serving = settled.after.version
    if environment is Environment.PRODUCTION and release is not None and release.state in BEFORE_PROMOTION:
        tx.estate.set_release_state(asset_id, serving, ReleaseState.PROMOTED)
    if release is not None and settled.before is not None and release.rollback_pointer is None:
        back = rollback_target(tx, asset_id, environment, serving).release
        tx.estate.set_rollback_pointer(asset_id, serving, back.version if back is not None else None)
    tx.estate.record_promotion(asset_id, serving, environment, by=by, at=now, decision_id=None, why=why)
