"""The database: one protocol a group of tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from pulse_tui.domain.advisory import Advisory, Finding
from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.audit import AuditEntry
from pulse_tui.domain.bill import Bill, DependencyChange, Head
from pulse_tui.domain.claim import Claim
from pulse_tui.domain.concern import Concern
from pulse_tui.domain.decision import Decision, Fact
from pulse_tui.domain.delivery import Delivery, Retest
from pulse_tui.domain.estate import Asset, Component, Dependency, Deployment, Endpoint, Estate, Workflow
from pulse_tui.domain.evals import Acceptance, Comparison, EvalRun, SuiteRun
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.note import Note, Reading
from pulse_tui.domain.pointer import PointerCheck
from pulse_tui.domain.release import Promotion, Release, ReleaseState, Stay
from pulse_tui.domain.rollback import Approval, Plan, PlanState, Run, StepRecord
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.source import Rejected, SourceStatus
from pulse_tui.domain.views.panes import Board, Trend
from pulse_tui.domain.views.registry import CalendarRow, ReleaseRow
from pulse_tui.domain.words import ComponentKind, Environment, Outcome, Priority


class Signals(Protocol):
    """Append-only signals and the quarantine."""

    def add(self, signals: Sequence[tuple[Signal, bytes]]) -> list[Signal]:
        """Append signals with their raw payload; returns those whose id was not there yet."""
        ...

    def get(self, signal_id: str) -> Signal | None: ...
    def recent(self, limit: int, asset_id: str | None = None) -> list[Signal]: ...
    def count(self) -> int: ...
    def quarantine(self, rejected: Sequence[Rejected], at: datetime) -> None: ...
    def quarantined(self, limit: int) -> list[tuple[datetime, Rejected]]: ...


class Whereabouts(NamedTuple):
    """Assets of one owner ("" when not declared) that serve in the same environments, production first."""

    owner: str
    environments: tuple[Environment, ...]
    assets: list[str]


class EstateStore(Protocol):
    """Assets, deployments, releases, and where each release has been."""

    def load(self) -> Estate:
        """Assets and deployments; dependencies only as far as they are asked for (:meth:`Dependencies.using`)."""
        ...

    def asset(self, asset_id: str) -> Asset | None: ...
    def whereabouts(self, asset_ids: Iterable[str]) -> list[Whereabouts]:
        """Owner and environments of thousands of assets at once; an asset that nobody declared and that serves nowhere
        is not told."""
        ...

    def put_assets(self, assets: Iterable[Asset]) -> int:
        """Insert or change; returns how many rows were written (0 when all was the same)."""
        ...

    def drop_assets(self, ids: Iterable[str]) -> int:
        """Forget that they are declared; releases, stays and promotions stay. How many there were."""
        ...

    def releases(self, asset_id: str) -> list[Release]: ...
    def release(self, asset_id: str, version: str) -> Release | None: ...
    def add_release(self, release: Release) -> Release:
        """Insert with the next iteration number of the asset (``release.iteration`` is ignored)."""
        ...

    def releases_by_digest(self, digest: str) -> list[Release]:
        """Releases of any asset with exactly this content digest."""
        ...

    def complete_release(self, release: Release) -> bool:
        """Fill in what was not known of a release (digest, provenance keys, branch, interface, lineage parts).

        What is recorded already stays; False when nothing was missing. Raises NotFound.
        """
        ...

    def set_release_state(self, asset_id: str, version: str, state: ReleaseState) -> None: ...
    def set_rollback_pointer(self, asset_id: str, version: str, pointer: str | None) -> None: ...
    def next_iteration(self, asset_id: str) -> int:
        """A number never handed out before for this asset, one higher than the last."""
        ...

    def deployment(self, asset_id: str, environment: Environment) -> Deployment | None: ...
    def deploy(self, deployment: Deployment) -> bool:
        """Record what serves; opens a stay and closes the former. False when nothing changed."""
        ...

    def deploy_new(self, deployments: Sequence[Deployment]) -> None:
        """Record what serves in places where nothing did so far: many at once."""
        ...

    def undeploy(self, asset_id: str, environment: Environment, at: datetime) -> bool: ...
    def stays(self, asset_id: str, environment: Environment) -> list[Stay]:
        """Newest first."""
        ...

    def mark_unhealthy(self, asset_id: str, environment: Environment, version: str) -> None:
        """The version's last stay there, standing or over, was no good one."""
        ...

    def record_promotion(
        self,
        asset_id: str,
        version: str,
        environment: Environment,
        *,
        by: str,
        at: datetime,
        decision_id: str | None,
        why: str,
    ) -> None: ...
    def promotions(self, asset_id: str, limit: int = 500) -> list[Promotion]:
        """Newest first."""
        ...


class Edge(NamedTuple):
    """A line of a bill: ``parent`` (None: the asset itself) brings in ``child``."""

    parent: Component | None
    child: Component
    environments: tuple[Environment, ...]
    origin: str


class Users(NamedTuple):
    """Assets that use a component in the same environments (all when empty), brought in the same way.

    ``way`` is the shortest from the asset down to the component, whatever its version, as names from the top. Neither
    is among them: it is empty when the asset uses the component directly. A very long way begins with ``…``.
    """

    component: Component
    environments: tuple[Environment, ...]
    way: tuple[str, ...]
    assets: list[str]


class BillHead(NamedTuple):
    """A bill without its components."""

    origin: str
    source: str
    document: str
    version: str | None
    subject: str | None
    digest: str | None
    at: datetime
    components: int


class Dependencies(Protocol):
    """Components, which asset uses them by whose word, and what of it changed when.

    A bill that was made for a release is in force where that release serves; one of no release in particular, everywhere.
    """

    def put_bill(self, bill: Bill) -> list[DependencyChange]:
        """Replace what this document said of the asset; returns (and logs) what changed. A document's first bill
        is no change, it is where the log begins. A bill that says what stands already (whenever it says so) writes
        nothing. A version that is not known is "" in the changes. Raises Refused when an edge names no component."""
        ...

    def drop_bill(self, asset_id: str, origin: str, at: datetime) -> list[DependencyChange]:
        """The document is gone, and so is what only it said."""
        ...

    def bills(self, asset_id: str) -> list[BillHead]:
        """By origin."""
        ...

    def using(
        self,
        *,
        assets: Iterable[str] = (),
        packages: Iterable[tuple[str, str]] = (),
        kinds: Iterable[ComponentKind] = (),
        components: Iterable[str] = (),
    ) -> tuple[Dependency, ...]:
        """Each (asset, component) once: all of ``assets``, and those on one of the (ecosystem, name) packages as
        :func:`~pulse_tui.enrich.places.package_key` spells them, of one of the kinds, or with one of the ids or names."""
        ...

    def edges(self, asset_id: str, *, every: bool = False) -> list[Edge]:
        """The asset's own bills, as far as they are in force (``every``: all of them), parents before children where there is no cycle."""
        ...

    def users(self, component_ids: Iterable[str]) -> list[Users]:
        """Who uses the components of these ids, by component (name, id, version): each (asset, component) once, assets
        that use it in the same way together."""
        ...

    def made_of(self, component_ids: Iterable[str]) -> list[tuple[str, str]]:
        """(asset, component id) of those that are assets themselves: who is made of them, by asset and component."""
        ...

    def find(self, text: str, limit: int = 20) -> list[Component]:
        """Components by exact id, name or ``name version``; else those whose name contains ``text``."""
        ...

    def put_head(self, head: Head) -> DependencyChange | None:
        """What a moving component is now; the change when it was another version before (and logs it)."""
        ...

    def heads(self, component_ids: Iterable[str]) -> dict[str, Head]: ...
    def changes(self, asset_id: str, since: datetime) -> list[DependencyChange]:
        """After ``since``, oldest first: those of the asset, and moved heads of components that it uses."""
        ...


class Inventory(Protocol):
    """Who says what, what does not add up, endpoints, workflows and rollback pointers."""

    def claims(self, subject: str, field: str | None = None) -> list[Claim]: ...
    def claims_by(self, source: str) -> list[Claim]: ...
    def subjects(self, *, besides: str) -> set[str]:
        """What any source but this one says something of."""
        ...

    def put_claims(self, claims: Iterable[Claim]) -> int:
        """Insert or change (``since`` is kept while the value is the same); how many were written."""
        ...

    def drop_claims(self, subject: str, source: str, fields: Iterable[str] | None = None) -> int: ...
    def concerns(self, asset_id: str | None = None) -> list[Concern]: ...
    def put_concern(self, concern: Concern) -> bool:
        """True when it was not standing with these words already (``since`` of a standing one is kept)."""
        ...

    def drop_concern(self, asset_id: str, key: str) -> Concern | None:
        """The concern that stood, if one did."""
        ...

    def endpoints(self, asset_id: str | None = None) -> list[Endpoint]: ...
    def put_endpoints(self, endpoints: Sequence[Endpoint], source: str = "estate") -> int:
        """All that this source knows; what it no longer names is gone. How many rows changed."""
        ...

    def workflows(self) -> list[Workflow]: ...
    def put_workflows(self, workflows: Sequence[Workflow]) -> int:
        """All there are. How many rows changed."""
        ...

    def pointers(self, asset_id: str | None = None) -> list[PointerCheck]: ...
    def put_pointer(self, check: PointerCheck) -> None: ...


class RunHead(NamedTuple):
    """A run without its numbers."""

    iteration: int
    id: str
    version: str
    at: datetime
    """When it was measured, which is not when it came in."""


class Evals(Protocol):
    """Runs with their scores and items, the pinned baselines, and what comparisons said."""

    def add(self, run: EvalRun, iteration: int) -> bool:
        """False when a run of this id is there already."""
        ...

    def attach(self, run: EvalRun) -> bool:
        """The items, and the scores made from them, of the tasks that came in without (a tool writes one after the other).

        False when each has its items already, or the run is not there.
        """
        ...

    def has(self, run_id: str) -> bool: ...
    def get(self, run_id: str, *, sheets: bool = False) -> EvalRun | None:
        """A run; its items only when they are asked for: they are large."""
        ...

    def iteration(self, run_id: str) -> int | None: ...
    def runs(self, asset_id: str, suite: str, newest: int | None = None) -> list[tuple[int, EvalRun]]:
        """(iteration, run) without items, oldest first; with ``newest`` only so many that came last."""
        ...

    def heads(self, asset_id: str, suite: str) -> list[RunHead]:
        """As :meth:`runs`, for who asks only which there are."""
        ...

    def versions(self, asset_id: str, suite: str) -> set[str]:
        """The versions that have a run of the suite."""
        ...

    def suites_of(self, asset_id: str) -> list[str]:
        """Suites of which the asset has runs, by id."""
        ...

    def baseline(self, asset_id: str, suite: str, *, sheets: bool = False) -> EvalRun | None: ...
    def baselines(self) -> list[tuple[str, str, str]]:
        """(asset, suite, run) of everything that is pinned."""
        ...

    def pin(self, asset_id: str, suite: str, run_id: str) -> None: ...
    def put_comparison(self, comparison: Comparison) -> None:
        """Instead of what was said of the run before."""
        ...

    def comparison(self, run_id: str) -> Comparison | None: ...
    def reopen(self, baseline_id: str) -> int:
        """What was said against this baseline is to be said anew: it answers another question than is asked now."""
        ...

    def unjudged(
        self, definitions: Mapping[str, str], newest: int, asset_id: str | None = None
    ) -> list[tuple[str, str, str]]:
        """(asset, suite, run), oldest first: of the ``newest`` runs on each asset (or on one) of each suite that
        ``definitions`` names, and of the pinned ones, those that were not compared with the pinned run (it with itself)
        under the definition of the suite."""
        ...

    def put_acceptance(self, acceptance: Acceptance) -> None: ...
    def acceptances(self, asset_id: str, version: str | None = None) -> list[Acceptance]:
        """All, newest first, also those that expired."""
        ...

    def put_suite_run(self, run: SuiteRun) -> None:
        """Insert, or update the one of its id."""
        ...

    def suite_runs(self, suite: str | None = None, asset_id: str | None = None, limit: int = 200) -> list[SuiteRun]:
        """Newest first."""
        ...


class Advisories(Protocol):
    """Advisories, findings, vendor notes."""

    def put(self, advisories: Iterable[Advisory]) -> list[Advisory]:
        """Insert or update; returns those that are new or changed."""
        ...

    def get(self, name: str) -> Advisory | None:
        """By id or alias."""
        ...

    def touching(self, packages: Iterable[tuple[str, str]]) -> list[Advisory]:
        """Advisories that name one of the (ecosystem, name) pairs, however each of them spells the name."""
        ...

    def put_findings(self, findings: Iterable[Finding]) -> None: ...
    def drop_findings(self, *, advisory_id: str | None = None, asset_id: str | None = None) -> None: ...
    def findings(self, advisory_id: str | None = None, asset_id: str | None = None) -> list[Finding]: ...
    def set_priority(self, name: str, asset_id: str, environment: Environment | None, priority: Priority) -> None:
        """Policy's word on the findings of an advisory (id or alias) on an asset."""
        ...

    def put_note(self, note: Note, reading: Reading) -> bool:
        """False when the same note with the same body is there already."""
        ...


class Judgements(Protocol):
    """Decisions, alerts, holds, retests."""

    def add_decisions(self, decisions: Sequence[tuple[Decision, Fact]]) -> None:
        """Append; a decision id that is there already is left alone."""
        ...

    def variables(self, decision_id: str) -> dict[str, Any]:
        """What the policy saw when it decided."""
        ...

    def decision(self, decision_id: str) -> Decision | None:
        """By id, or by a beginning of at least 4 digits that only one has (as for alerts)."""
        ...

    def decisions(
        self, *, signal_id: str | None = None, outcome: Outcome | None = None, limit: int = 100
    ) -> list[Decision]: ...
    def add_responses(self, decision_id: str, responses: Sequence[tuple[str, str]], at: datetime) -> None:
        """What each action of a decision did: (action, what)."""
        ...

    def responses(self, decision_id: str) -> list[tuple[str, str]]: ...
    def open_alerts(self, fingerprints: Iterable[str]) -> dict[str, Alert]: ...
    def open_alerts_about(self, signal_fingerprint: str) -> list[Alert]: ...
    def alert(self, alert_id: str) -> Alert | None: ...
    def alerts(
        self, states: Sequence[AlertState] | None = None, limit: int = 1000, asset_id: str | None = None
    ) -> list[Alert]:
        """Newest first; of one asset when it is named."""
        ...

    def put_alert(self, alert: Alert) -> None: ...
    def holds(self, asset_id: str | None = None, *, standing: bool = True) -> list[Hold]:
        """Holds on the asset and estate-wide ones (all holds when None)."""
        ...

    def put_hold(self, hold: Hold) -> bool:
        """False when a hold of this id stands already."""
        ...

    def lift_hold(self, hold_id: str, by: str, at: datetime) -> bool:
        """False when no such hold stands."""
        ...

    def put_retest(self, retest: Retest) -> bool: ...
    def retests(self, *, open_only: bool = True) -> list[Retest]: ...
    def finish_retests(self, asset_id: str, at: datetime) -> int:
        """A run arrived: the asset's open retests are done."""
        ...


class Rollbacks(Protocol):
    """Plans, approvals, runs and their journal."""

    def add_plan(self, plan: Plan) -> bool: ...
    def plan(self, plan_hash: str) -> tuple[Plan, PlanState] | None:
        """By hash or a unique prefix of at least 8 digits. Raises StorageError when the stored bytes do not match."""
        ...

    def plans(self, asset_id: str | None = None, limit: int = 50) -> list[tuple[Plan, PlanState]]: ...
    def set_plan_state(self, plan_hash: str, state: PlanState) -> None: ...
    def add_approval(self, approval: Approval) -> None:
        """Raises Refused when the principal or the key has spoken on this plan already."""
        ...

    def approvals(self, plan_hash: str) -> list[Approval]: ...
    def start_run(self, run: Run, steps: int) -> None:
        """Raises Refused when another run is active on the target."""
        ...

    def run(self, run_id: str) -> Run | None: ...
    def runs(self, *, plan_hash: str | None = None, active_only: bool = False, limit: int = 50) -> list[Run]: ...
    def put_run(self, run: Run) -> None: ...
    def steps(self, run_id: str) -> list[StepRecord]: ...
    def put_step(self, step: StepRecord) -> None:
        """Update the step's line and append the move to the journal."""
        ...

    def journal(self, run_id: str) -> list[tuple[datetime, int, str, str]]:
        """(when, step, state, detail), oldest first."""
        ...


class Log(Protocol):
    """The audit chain."""

    def append(
        self, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, str] | None = None
    ) -> AuditEntry: ...
    def head(self) -> str: ...
    def sealed(self) -> tuple[int, str] | None:
        """(number, hash) of the line that was written last, as remembered beside the log."""
        ...

    def entries(self, *, subject: str | None = None, limit: int | None = None) -> list[AuditEntry]:
        """Oldest first; with ``limit`` the newest ones."""
        ...


class Plumbing(Protocol):
    """Sources, leases, the outbox."""

    def sources(self) -> dict[str, SourceStatus]: ...
    def put_source(self, status: SourceStatus) -> None: ...
    def keep_sources(self, ids: Iterable[str]) -> None:
        """Forget sources that the configuration no longer has."""
        ...

    def claim(
        self, name: str, holder: str, now: datetime, ttl_s: float, dead: Callable[[str], bool] = ...
    ) -> int | None:
        """Take or renew a lease; returns its epoch (it rises when the holder changes), None when held by another.

        ``dead`` says that a holder certainly no longer lives: its lease need not run out first.
        """
        ...

    def holds_lease(self, name: str, holder: str, epoch: int, now: datetime) -> bool: ...
    def release(self, name: str, holder: str) -> None: ...
    def enqueue(self, delivery: Delivery) -> bool: ...
    def due_deliveries(self, now: datetime, limit: int = 50) -> list[Delivery]: ...
    def put_delivery(self, delivery: Delivery) -> None: ...
    def deliveries(self, limit: int = 100) -> list[Delivery]: ...
    def get_value(self, key: str) -> str | None: ...
    def put_value(self, key: str, value: str) -> None: ...


class Transaction(Protocol):
    """One unit of work: all of it lands, or nothing."""

    @property
    def signals(self) -> Signals: ...
    @property
    def estate(self) -> EstateStore: ...
    @property
    def dependencies(self) -> Dependencies: ...
    @property
    def inventory(self) -> Inventory: ...
    @property
    def evals(self) -> Evals: ...
    @property
    def advisories(self) -> Advisories: ...
    @property
    def judgements(self) -> Judgements: ...
    @property
    def rollbacks(self) -> Rollbacks: ...
    @property
    def log(self) -> Log: ...
    @property
    def plumbing(self) -> Plumbing: ...


class Store(Protocol):
    """The database. ``write`` takes the write lock at once; ``read`` sees one moment."""

    def write(self) -> AbstractContextManager[Transaction]: ...
    def read(self) -> AbstractContextManager[Transaction]: ...
    def board(self, estate_name: str, asset: str | None, now: datetime) -> Board: ...
    def trends(self, asset: str) -> tuple[Trend, ...]: ...
    def history(self, asset: str) -> tuple[ReleaseRow, ...]:
        """An asset's releases as rows, newest iteration first."""
        ...

    def calendar(self, since: datetime, until: datetime) -> tuple[CalendarRow, ...]:
        """Releases, promotions, rollbacks and vendors' dates of all assets between two moments, newest first."""
        ...

    def change_mark(self) -> object:
        """A value that differs when anybody has written since it was last asked; cheap."""
        ...

    def close(self) -> None: ...
