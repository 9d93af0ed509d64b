"""The tower's side of the services: every call the screens can make, through the same functions as the commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.evals import Gate
from pulse_tui.domain.health import Health
from pulse_tui.domain.ref import Link, Ref
from pulse_tui.domain.rollback import Purpose
from pulse_tui.domain.scorecard import Scorecard
from pulse_tui.domain.text import many
from pulse_tui.domain.trust import Trust
from pulse_tui.domain.views.advisories import AdvisoryStory, LedgerPage, Radius, WaiverRow
from pulse_tui.domain.views.alerts import AlertStory, QuietRow
from pulse_tui.domain.views.board import Board
from pulse_tui.domain.views.evals import BenchStory, Flips, Trend
from pulse_tui.domain.views.registry import (
    CalendarRow,
    Dependents,
    GateStory,
    InventoryRow,
    ReleaseRow,
    ReleaseStory,
    Tree,
)
from pulse_tui.domain.views.rollback import (
    AuthorisationLine,
    DrillLine,
    PlanLine,
    PlanStory,
    ReviewRow,
    unsettled,
)
from pulse_tui.domain.views.vendors import CorrectionRow, NoteRow, NoteStory, Shutdowns, TempoLine
from pulse_tui.domain.words import UNHEALTHY, URGENT, Environment
from pulse_tui.ports import Transaction
from pulse_tui.ports.tower import PastDesk
from pulse_tui.services import objects
from pulse_tui.services.advisories import waived, waivers
from pulse_tui.services.advisories.settle import settle_fix, unsettle
from pulse_tui.services.advisories.story import advisory_story, ledger_page
from pulse_tui.services.alerts import operate, outbox
from pulse_tui.services.alerts.delivery_calls import DeliveryCalls
from pulse_tui.services.alerts.incident_calls import IncidentCalls
from pulse_tui.services.alerts.people_calls import PeopleCalls
from pulse_tui.services.alerts.quiet import hold_lines, quiet
from pulse_tui.services.alerts.silence_calls import SilenceCalls
from pulse_tui.services.alerts.story import alert_story
from pulse_tui.services.components.loaded import ANSWERS, state_loaded
from pulse_tui.services.components.radius import radius
from pulse_tui.services.components.tree import asset_tree, dependents
from pulse_tui.services.evals import baselines
from pulse_tui.services.evals.flips import flips
from pulse_tui.services.evals.story import bench_story
from pulse_tui.services.learning.desk import LearningCalls
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.past.replay import of_store
from pulse_tui.services.promotion import decide as release
from pulse_tui.services.promotion import emergency
from pulse_tui.services.promotion import story as release_views
from pulse_tui.services.promotion.gate import gate_page
from pulse_tui.services.registry.inventory import inventory
from pulse_tui.services.registry.routing import routed
from pulse_tui.services.registry.story import asset_story
from pulse_tui.services.related import related
from pulse_tui.services.rollback import approve, attended, authorise, execute, glass, plan, rehearse, route
from pulse_tui.services.rollback.drill_list import drills
from pulse_tui.services.rollback.listing import listed
from pulse_tui.services.rollback.preflight import Looked
from pulse_tui.services.rollback.story import plan_story
from pulse_tui.services.vendors import corrections as correcting
from pulse_tui.services.vendors import shutdowns as ends
from pulse_tui.services.vendors import story as note_views
from pulse_tui.services.vendors import vigil
from pulse_tui.services.vendors.reached import NoteMemory
from pulse_tui.services.vendors.scorecard import vendor_scorecard
from pulse_tui.services.vendors.tempo_line import TempoReader
from pulse_tui.settings.check import nearest
from pulse_tui.settings.references import Outlet, unpaged

BACK, AHEAD = timedelta(days=90), timedelta(days=180)
"""How far ahead the calendar goes."""


class ServiceDesk(DeliveryCalls, IncidentCalls, LearningCalls, PeopleCalls, SilenceCalls):
    """Implements :class:`pulse_tui.ports.Desk`. Calls block; the app runs them in threads."""

    def __init__(
        self,
        parts: RollbackParts,
        *,
        estate_name: str,
        operator: str,
        holder: str,
        acknowledge_for: float,
        read_only: bool,
        current: Callable[[], RollbackParts] | None = None,
    ) -> None:
        """``operator`` is who acts; ``holder`` names this process for leases; ``current`` gives the parts of one action, of the
        configuration as it is then, and raises Refused while that cannot be had. Reading goes on with ``parts``.
        """
        self.estate_name = estate_name
        self.operator = operator
        self.read_only = read_only
        self._parts = parts
        self._current = current if current is not None else lambda: parts
        self._store = parts.store
        self._looked: Looked | None = None
        self._tempo = TempoReader(parts.store)
        self._notes = NoteMemory()
        self._holder = holder
        self._acknowledge_for = acknowledge_for

    def board(self, asset: str | None = None) -> Board:
        return self._store.board(self.estate_name, asset, self._parts.clock())

    def trends(self, asset: str) -> tuple[Trend, ...]:
        return self._store.trends(asset)

    def change_mark(self) -> object:
        return self._store.change_mark()

    def story(self, alert_id: str) -> AlertStory:
        story = alert_story(self._parts, alert_id)
        if not story.alert.asset:
            return story
        alert, waits = story.alert, tuple(self._by_itself(story))
        return story._replace(
            rollbacks=unsettled(self.plans(alert.asset), alert.environment or None),
            todo=(*waits, *story.todo),
            advice=(*waits, *story.advice),
        )

    def _by_itself(self, story: AlertStory) -> Iterator[str]:
        """That an alert is about to be answered, until what came of it is on record."""
        alert = story.alert
        if alert.state == AlertState.RESOLVED or story.by_itself or not self._parts.judging.policy.phase.rolls_back:
            return
        for row in self.authorisations(alert.asset):
            if row.state == "valid" and (row.environment, row.trigger) == (alert.environment, alert.rule):
                given = f"{row.hash[:12]} of {' and '.join(row.voters)}"
                yield f"pre-authorised ({given}): it rolls back by itself once an agent or a tower runs and no guard rail holds it"

    def advisory_story(self, advisory_id: str) -> AdvisoryStory:
        return advisory_story(self._parts.judging, advisory_id, self._parts.clock())

    def ledger(self) -> LedgerPage:
        return ledger_page(self._store, self._parts.clock())

    def radius(self, advisory_id: str) -> Radius:
        return radius(self._store, advisory_id)

    def asset_story(self, asset_id: str) -> tuple[tuple[str, str], ...]:
        given = (("Pre-authorised", f"{row.meaning} ({row.hash[:12]})") for row in self.authorisations(asset_id))
        return (*asset_story(self._parts, asset_id), *given)

    def history(self, asset_id: str) -> tuple[ReleaseRow, ...]:
        return self._store.history(asset_id)

    def release_story(self, asset_id: str, version: str) -> ReleaseStory:
        return release_views.release_story(self._parts.judging, asset_id, version)

    def release_diff(self, asset_id: str, older: str, newer: str) -> tuple[tuple[str, str], ...]:
        return release_views.release_diff(self._parts.judging, asset_id, older, newer)

    def tree(self, asset_id: str) -> Tree:
        return asset_tree(self._store, asset_id, self._parts.clock())

    def dependents(self, component_id: str) -> Dependents:
        return dependents(self._store, component_id)

    def calendar(self) -> tuple[CalendarRow, ...]:
        now = self._parts.clock()
        return self._store.calendar(now - BACK, now + AHEAD)

    def inventory(self) -> tuple[InventoryRow, ...]:
        return inventory(self._parts.judging)

    def gate_story(self, asset_id: str, version: str, environment: str) -> GateStory:
        return gate_page(self._parts, asset_id, version, place(environment))

    def bench(self, asset_id: str, suite: str, run_id: str | None = None) -> BenchStory:
        return bench_story(self._parts.judging, asset_id, suite, run_id)

    def related(self, ref: Ref) -> tuple[Link, ...]:
        return related(self._store, ref)

    def flips(self, run_id: str, task: str, metric: str) -> Flips:
        return flips(self._parts.judging, run_id, task, metric)

    def pin_baseline(self, run_id: str, why: str) -> str:
        parts = self.acting("baseline.pin", run_id)
        return baselines.pin_baseline(parts.judging, run_id, self.operator, why, judge_now=False)

    def accept_risk(self, run_id: str, environment: str, gate: str, days: int, why: str) -> str:
        where = place(environment)
        parts = self.acting("risk.accept", run_id, where)
        return baselines.accept_risk(parts.judging, run_id, where, _gate(gate), days, self.operator, why)

    def move_release(self, asset_id: str, version: str, action: str, why: str) -> str:
        move = _MOVES.get(action)
        if move is None:
            raise WrongUse(f"there is no action {action!r}", todo=nearest(action, _MOVES))
        return move(self.acting(f"release.{action}", f"{asset_id} {version}"), asset_id, version, self.operator, why)

    def promote(self, asset_id: str, version: str, environment: str, why: str) -> str:
        where = place(environment)
        parts = self.acting("release.promote", f"{asset_id} {version}", where)
        return release.promote(parts, asset_id, version, where, self.operator, why)

    def source_problems(self) -> tuple[str, ...]:
        with self._store.read() as tx:
            now = self._parts.clock()
            sources = list(tx.plumbing.sources().values())
            failing = [s for s in sources if s.health(now) is Health.FAILING]
            suspect = [s for s in sources if s.health(now) is Health.SUSPECT]
            unsent = outbox.undelivered_lines(tx, now)
            refused = tx.signals.quarantined(20)
            firing = tx.judgements.alerts([AlertState.FIRING], 100_000)
        judging = self._parts.judging
        routes = [Outlet(r.id, r.kind, r.owners, r.uses) for r in judging.routes]
        owners = sorted({a.owner or "" for a in firing if a.priority in URGENT})
        lines = [f"source {s.id} failed {many(s.failures, 'time')}: {s.reason}" for s in failing]
        lines += [f"source {s.id} is suspect: {s.reason}" for s in suspect]
        lines += unsent
        lines += [
            f"nobody is paged for {owner or 'what has no owner'}: {why}"
            for owner in owners
            if (why := unpaged(routes, owner, judging.oncall))
        ]
        lines += [f"refused from {r.source}: {r.problem}" for _, r in refused]
        return tuple(lines)

    def trust(self) -> tuple[Trust, ...]:
        with self._store.read() as tx:
            return tuple(vigil.trust(tx, self._parts.clock()))

    def acknowledge(self, alert_id: str) -> str:
        parts = self._on(alert_id)
        return operate.acknowledge(parts.judging, alert_id, self.operator, self._acknowledge_for, parts.clock())

    def resolve(self, alert_id: str, why: str) -> str:
        parts = self._on(alert_id)
        return operate.resolve(parts.judging, alert_id, self.operator, why, parts.clock())

    def silence(self, alert_id: str, hours: float, why: str) -> str:
        parts = self._on(alert_id, "alert.silence")
        return operate.silence(parts.store, alert_id, self.operator, hours, why, parts.clock())

    def waive(self, alert_id: str, days: int, why: str) -> str:
        parts = self._on(alert_id, "alert.waive")
        return operate.waive(parts.store, alert_id, self.operator, days, why, parts.clock())

    def unmute(self, alert_id: str, why: str) -> str:
        parts = self._on(alert_id)
        return operate.unmute(parts.judging, alert_id, self.operator, why, parts.clock())

    def waive_advisory(
        self,
        name: str,
        asset_id: str,
        component: str = "",
        *,
        why: str,
        status: str = "affected",
        justification: str = "",
        owner: str = "",
        until: datetime | None = None,
        environment: str = "",
        every_version: bool = False,
    ) -> str:
        where = place(environment) if environment else None
        parts = self.acting("waiver.add", asset_id, where or Environment.PRODUCTION)
        return waivers.waive_advisory(
            parts.judging,
            name,
            asset_id,
            component,
            status=status,
            justification=justification,
            why=why,
            owner=owner,
            until=until,
            environment=where,
            every_version=every_version,
            by=self.operator,
            now=parts.clock(),
        )

    def waivers(self, *, every: bool = False) -> tuple[WaiverRow, ...]:
        return waived.listed(self._store, self._parts.clock(), every=every)

    def waiver_story(self, ident: str) -> tuple[tuple[str, str], ...]:
        return waived.waiver_lines(self._store, ident, self._parts.clock())

    def end_waiver(self, ident: str, why: str) -> str:
        with self._store.read() as tx:
            found = tx.waivers.get(ident)
        where = found.environment if found is not None else None
        parts = self.acting("waiver.end", ident, where or Environment.PRODUCTION)
        return waivers.end_waiver(parts.judging, ident, self.operator, why, parts.clock())

    def settle_fix(self, advisory_id: str, package: str, version: str, why: str) -> str:
        parts = self.acting("advisory.settle", advisory_id, Environment.PRODUCTION)
        if not version:
            return unsettle(parts.judging, advisory_id, package, self.operator, why, parts.clock())
        return settle_fix(parts.judging, advisory_id, package, version, self.operator, why, parts.clock())

    def state_loaded(self, asset_id: str, component: str, answer: str, why: str) -> str:
        parts = self.acting("component.loaded", asset_id, Environment.PRODUCTION)
        return state_loaded(parts.judging, asset_id, component, ANSWERS[answer], self.operator, why, parts.clock())

    def notes(self, *, source: str | None = None, review: bool = False) -> tuple[NoteRow, ...]:
        return note_views.note_rows(self._store, self._notes, source=source, review=review)

    def note_story(self, source: str, key: str) -> NoteStory:
        return note_views.note_story(self._store, source, key, self._parts.clock())

    def correct_note(self, source: str, key: str, labels: Sequence[str], why: str) -> str:
        parts = self.acting("note.correct", f"{source}/{key}")
        given = [note_views.label(name) for name in labels]
        return correcting.correct(parts.judging, source, key, given, self.operator, why, parts.clock())

    def corrections(self) -> tuple[CorrectionRow, ...]:
        return note_views.correction_rows(self._store)

    def withdraw_correction(self, rule_id: str, why: str) -> str:
        parts = self.acting("note.withdraw", rule_id)
        return correcting.take_back(parts.judging, rule_id, self.operator, why, parts.clock())

    def tempo(self) -> TempoLine | None:
        return self._tempo.line(self._parts.clock())

    def shutdowns(self) -> Shutdowns:
        return ends.shutdowns(self._store, self._notes, self._parts.clock())

    def scorecard(self) -> Scorecard:
        return vendor_scorecard(self._store, self._parts.clock())

    def quiet(self) -> tuple[QuietRow, ...]:
        return quiet(self._store, self._parts.clock())

    def freeze(self, asset_id: str | None, why: str) -> str:
        parts = self.acting("freeze", asset_id or "everything", Environment.PRODUCTION)
        return operate.freeze(parts.store, asset_id, self.operator, why, parts.clock())

    def holds(self, asset_id: str | None) -> tuple[tuple[str, str], ...]:
        with self._store.read() as tx:
            standing = [h for h in tx.judgements.holds(asset_id) if h.asset_id in (asset_id, None)]
        return tuple((h.id, f"{h.kind.value}: {h.why}; until {h.until_condition} (by {h.placed_by})") for h in standing)

    def lift(self, hold_id: str, why: str) -> str:
        parts = self.acting("lift", hold_id, self._held_in(hold_id))
        return operate.lift(parts.store, hold_id, self.operator, why, parts.clock())

    def review_hold(self, hold_id: str, until: datetime, why: str) -> str:
        parts = self.acting("hold.review", hold_id, self._held_in(hold_id))
        return operate.review(parts.store, hold_id, self.operator, until, why, parts.clock())

    def hold_story(self, hold_id: str) -> tuple[tuple[str, str], ...]:
        return hold_lines(self._store, hold_id, self._parts.clock())

    def override_freeze(self, asset_id: str, version: str, environment: str, why: str) -> str:
        where = place(environment)
        parts = self.acting("freeze.override", f"{asset_id} {version}", where)
        return emergency.override(parts, asset_id, version, where, self.operator, why)

    def review_override(self, asset_id: str, version: str, environment: str, why: str) -> str:
        where = place(environment)
        parts = self.acting("freeze.review", f"{asset_id} {version}", where)
        return emergency.review_override(parts, asset_id, version, where, self.operator, why)

    def propose(
        self, asset_id: str, environment: str, alert_id: str | None, why: str = "", *, checked: bool = True
    ) -> PlanStory:
        where = place(environment)
        parts = self.acting("rollback.plan", f"{asset_id}/{environment}", where)
        with self._store.read() as tx:
            alert = tx.judgements.alert(alert_id) if alert_id else None
            if alert is None:
                alert = _answered(tx, asset_id, environment)
        made = plan.propose(
            parts,
            asset_id,
            where,
            by=self.operator,
            reason=self._because(why, alert),
            alert_id=alert.id if alert else None,
        )
        return self.plan_story(made.hash, checked=checked)

    def plan_story(self, plan_hash: str, *, checked: bool = True) -> PlanStory:
        return plan_story(self._parts, plan_hash, self.operator, checked=checked)

    def approve(self, plan_hash: str, reason: str, *, break_glass: bool = False) -> PlanStory:
        parts = self.on_plan("rollback.approve", plan_hash)
        approve.approve(
            parts, plan_hash, self.operator, reason, break_glass=break_glass, looked=partial(setattr, self, "_looked")
        )
        return plan_story(self._parts, plan_hash, self.operator, checked=False)

    def reviews(self) -> tuple[ReviewRow, ...]:
        with self._store.read() as tx:
            return glass.reviews(tx)

    def review(self, run_id: str, why: str) -> str:
        return glass.review(self.on_run("rollback.review", run_id), run_id, self.operator, why)

    def reject(self, plan_hash: str, reason: str) -> PlanStory:
        approve.reject(self.on_plan("rollback.reject", plan_hash), plan_hash, self.operator, reason)
        return plan_story(self._parts, plan_hash, self.operator, checked=False)

    def authorisations(self, asset_id: str | None = None) -> tuple[AuthorisationLine, ...]:
        """The pre-authorisations (of one asset), newest first."""
        return authorise.listed(self._parts, asset_id)

    def is_authorisation(self, name: str) -> bool:
        """Whether this names a pre-authorisation."""
        with self._store.read() as tx:
            try:
                authorise.find(tx, self._parts, name)
            except NotFound:
                return False
        return True

    def authorise(self, asset_id: str, environment: str, trigger: str, lasts: timedelta, why: str) -> AuthorisationLine:
        """Ask for a pre-authorisation. Raises Refused with what is missing."""
        where = place(environment)
        parts = self.acting("rollback.authorise", f"{asset_id}/{environment}", where)
        asked = authorise.propose(parts, asset_id, where, trigger, lasts, by=self.operator, why=why)
        return self._authorisation(asked.hash)

    def vote(self, name: str, how: str, why: str) -> AuthorisationLine:
        """``approve``, ``reject`` or ``revoke`` a pre-authorisation. Raises Refused, NotFound."""
        _VOTES[how](self.on_authorisation(f"rollback.{how}", name), name, self.operator, why)
        return self._authorisation(name)

    def on_authorisation(self, what: str, name: str) -> RollbackParts:
        """:meth:`acting` where a pre-authorisation is for. Raises NotFound for one that is not there."""
        with self._store.read() as tx:
            asked = authorise.find(tx, self._parts, name).asked
        return self.acting(what, f"{asked.asset_id}/{asked.environment.value}", asked.environment)

    def _authorisation(self, name: str) -> AuthorisationLine:
        with self._store.read() as tx:
            return authorise.line(authorise.find(tx, self._parts, name), self._parts.clock())

    def execute(self, plan_hash: str) -> PlanStory:
        parts = self.on_plan("rollback.run", plan_hash)
        execute.execute(parts, plan_hash, self.operator, self._holder, looked=self._looked)
        return plan_story(self._parts, plan_hash, self.operator, checked=False)

    def route(
        self,
        asset_id: str,
        environment: str,
        purpose: str = "",
        traffic: float | None = None,
        why: str = "",
        *,
        checked: bool = True,
    ) -> PlanStory:
        where = place(environment)
        with self._store.read() as tx:
            held = next(routed(tx, asset_id, where), None)
            wanted = Purpose(purpose) if purpose else Purpose.PAUSE if held is None else Purpose.RESUME
            alert = _answered(tx, asset_id, environment) if wanted is not Purpose.RESUME else None
        parts = self.acting(f"rollback.{wanted.value}", f"{asset_id}/{environment}", where)
        made = route.propose(
            parts,
            asset_id,
            where,
            wanted,
            by=self.operator,
            reason=self._because(why, alert),
            traffic=traffic,
            alert_id=alert.id if alert else None,
        )
        return self.plan_story(made.hash, checked=checked)

    def undo(self, plan_hash: str, *, checked: bool = True) -> PlanStory:
        parts = self.on_plan("rollback.undo", plan_hash)
        with self._store.read() as tx:
            done, _ = approve.find(tx, plan_hash)
            verified = any(r.state.value == "verified" for r in tx.rollbacks.runs(plan_hash=done.hash))
        if not verified:
            raise NotFound(f"plan {done.hash[:12]} has no verified run to undo")
        return self.plan_story(plan.propose_undo(parts, done, by=self.operator).hash, checked=checked)

    def plans(self, asset_id: str | None = None) -> tuple[PlanLine, ...]:
        return listed(self._parts, asset_id=asset_id)

    def drills(self, asset_id: str | None = None) -> tuple[DrillLine, ...]:
        return drills(self._parts, asset_id)

    def resume(self, run_id: str) -> PlanStory:
        run = execute.resume(self.on_run("rollback.resume", run_id), run_id, self.operator, self._holder)
        return plan_story(self._parts, run.plan_hash, self.operator, checked=False)

    def put_back(self, run_id: str) -> PlanStory:
        run = execute.put_back(self.on_run("rollback.undo", run_id), run_id, self.operator, self._holder)
        return plan_story(self._parts, run.plan_hash, self.operator, checked=False)

    def drill(self, asset_id: str, environment: str, trigger: str = "") -> PlanStory:
        parts = self.acting("rollback.drill", f"{asset_id}/{Environment.REPLICA.value}", Environment.REPLICA)
        held = rehearse.drill(parts, asset_id, place(environment), self.operator, self._holder, trigger)
        return plan_story(self._parts, held.plan.hash, self.operator, checked=False)

    def halt(self, run_id: str) -> str:
        return attended.halt(self.on_run("rollback.halt", run_id), run_id, self.operator)

    def past(self, moment: datetime) -> PastDesk:
        return of_store(self._store, moment, self._parts.clock())

    def described(self, ref: Ref) -> Any:
        return objects.described(self, ref)

    def close(self) -> None:
        self._store.close()

    def acting(self, what: str, subject: str, environment: Environment | None = None) -> RollbackParts:
        """Parts for one action of this operator, under the configuration as it is now.

        Raises Refused, and records it, when the operators' file does not let this operator act there or the configuration is
        not valid. ``environment`` None: it is of none, and any operator may.
        """
        if self.read_only:
            raise Refused("this tower is read-only", todo="Start it without --read-only to act")
        try:
            parts = self._current()
            release.may(parts, self.operator, environment, what)
        except Refused as error:
            with self._store.write() as tx:
                detail = {"what": what, "why": str(error)}
                tx.log.append(self._parts.clock(), self.operator, "action.refused", subject, detail)
            raise
        return parts

    def _because(self, why: str, alert: Alert | None) -> str:
        """The reason of a plan: what was said, and the alert that it answers."""
        if alert is None:
            return why or f"requested by {self.operator}"
        about = f"{alert.priority.value} {alert.title} (alert {alert.id})"
        return f"{why}; {about}" if why else about

    def _held_in(self, hold_id: str) -> Environment | None:
        with self._store.read() as tx:
            hold = next((h for h in tx.judgements.holds() if h.id == hold_id), None)
        # One that names no environment holds production, too.
        return (hold.environment or Environment.PRODUCTION) if hold is not None else None

    def _on(self, alert_id: str, what: str = "alert") -> RollbackParts:
        """Who acts on an alert is an operator who may act where it stands."""
        with self._store.read() as tx:
            alert = tx.judgements.alert(alert_id)
        return self.acting(what, alert_id, alert.environment if alert is not None else None)

    def on_plan(self, what: str, plan_hash: str) -> RollbackParts:
        """:meth:`acting` where a plan moves something. Raises NotFound for one that is not there."""
        with self._store.read() as tx:
            about, _ = approve.find(tx, plan_hash)
        return self.acting(what, about.target, about.environment)

    def on_run(self, what: str, run_id: str) -> RollbackParts:
        """:meth:`acting` where a run moves something. Raises NotFound for one that is not there."""
        with self._store.read() as tx:
            run = tx.rollbacks.run(run_id)
        if run is None:
            raise NotFound(f"there is no run {run_id!r}", todo="see the plans and their runs: pulse-tui rollback list")
        return self.on_plan(what, run.plan_hash)


_LIVE = (AlertState.FIRING, AlertState.ACKNOWLEDGED)


def _answered(tx: Transaction, asset_id: str, environment: str) -> Alert | None:
    """The most urgent open alert there that a rollback can answer: one that says that the release does badly.

    A rollback says nothing of a vulnerability or an announcement: such an alert is named by who plans, or by nobody.
    """
    for alert in sorted(tx.judgements.alerts(list(_LIVE), asset_id=asset_id), key=lambda a: a.priority.rank):
        signal = tx.signals.get(alert.signal_id) if alert.environment == environment else None
        if signal is not None and signal.signal_type in UNHEALTHY:
            return alert
    return None


_VOTES = {"approve": authorise.approve, "reject": authorise.reject, "revoke": authorise.revoke}
_MOVES = {"approve": release.approve, "quarantine": release.quarantine, "retire": release.retire}


def place(environment: str) -> Environment:
    """The environment of this name. Raises WrongUse with the nearest name."""
    names = {e.value: e for e in Environment}
    if environment not in names:
        raise WrongUse(f"there is no environment {environment!r}", todo=nearest(environment, names))
    return names[environment]


def _gate(name: str) -> Gate:
    """The kind of gate of this name. Raises WrongUse with the nearest name."""
    names = {g.value: g for g in Gate}
    if name not in names:
        raise WrongUse(f"there is no gate {name!r}", todo=nearest(name, names))
    return names[name]
