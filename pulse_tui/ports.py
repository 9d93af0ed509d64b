"""Protocols that the services need from the rim, and the shapes that pass through them.

A collector, an action and a step are *modules* that satisfy a protocol below: one file is one
kind, named as the configuration names it. See ``wiring.kinds`` for how they are found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from pulse_tui.domain.advisory import Advisory, Finding
from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.audit import AuditEntry
from pulse_tui.domain.board import AlertStory, Board, PlanStory, Trend
from pulse_tui.domain.decision import Decision, Fact
from pulse_tui.domain.delivery import Delivery, Retest
from pulse_tui.domain.effect import Effect
from pulse_tui.domain.estate import Asset, Dependency, Deployment, Estate
from pulse_tui.domain.evals import EvalRun
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.note import Note, Reading
from pulse_tui.domain.release import Release, ReleaseState, Stay
from pulse_tui.domain.rollback import Approval, Check, Plan, PlanState, Run, StepRecord
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.source import Collected, Cursor, Rejected, SourceStatus
from pulse_tui.domain.words import Environment, Outcome, Priority

# --------------------------------------------------------------------------- the world outside


class Answer(NamedTuple):
    """An HTTP answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Fetched(NamedTuple):
    """The answer to a conditional GET. ``body`` is empty when ``unchanged``.

    ``cursor`` carries the validators to keep *after a good parse*.
    """

    body: bytes
    unchanged: bool
    cursor: Cursor


class Http(Protocol):
    """The only way to the network. Every call has a timeout and a size cap.

    Raises :class:`~pulse_tui.domain.errors.SourceError` for an unreachable host, a body over the
    cap, or (in ``fetch`` and ``get_json``) a status that is not 2xx after the retries.
    """

    def fetch(self, url: str, cursor: Cursor, headers: Mapping[str, str] | None = None) -> Fetched:
        """Conditional GET with retries (429 and 5xx, honouring Retry-After)."""
        ...

    def get_json(
        self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """GET with retries, the body decoded as JSON."""
        ...

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        timeout_s: float = 10.0,
    ) -> Answer:
        """Exactly one request, no retries, any status is an answer."""
        ...


# --------------------------------------------------------------------------- collectors


class CollectContext(NamedTuple):
    """What a collector gets beside its options."""

    source: str
    """The source's id in the configuration."""
    now: datetime
    http: Http
    cursor: Cursor
    base: Path
    """Relative paths in options start here (the configuration's folder)."""
    secret: Callable[[str], str]
    """Replaces ``${NAME}`` in a text by the environment's value; raises ConfigError when unset."""


class Collector(Protocol):
    """A kind of source: ``collectors/<kind>.py``."""

    @property
    def Options(self) -> type[msgspec.Struct]:  # noqa: N802  a class in the module; read-only, so that subtypes fit
        """Options of this kind, as the configuration gives them."""
        ...

    def collect(self, options: Any, context: CollectContext) -> Collected:
        """One round. Raises SourceError when the source as a whole cannot be read.

        A bad record among good ones is a :class:`~pulse_tui.domain.source.Rejected`, not an error.
        """
        ...


class FileFormat(Collector, Protocol):
    """A collector that can also read one file, for ``pulse-tui ingest``."""

    def accepts(self, name: str, head: bytes) -> bool:
        """Whether a file of this name beginning with ``head`` (4 kB) is of this format."""
        ...

    def parse(self, name: str, data: bytes, options: Any, context: CollectContext) -> Collected:
        """All of one file. Raises SourceError when it is no such file at all."""
        ...


# --------------------------------------------------------------------------- responses


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A destination from the configuration: who it is for, and the options of its action kind."""

    id: str
    kind: str
    owners: tuple[str, ...] = ()
    options: Any = None

    def serves(self, owner: str | None) -> bool:
        """Whether deliveries for this owner go here (no owners listed: all do)."""
        return not self.owners or owner in self.owners


class Case(NamedTuple):
    """What an action responds to."""

    decision: Decision
    fact: Fact
    alert: Alert
    new_episode: bool
    """False when the alert was open already: the condition was seen again."""
    routes: Sequence[Route]
    now: datetime
    rule_owner: str | None = None
    """The team that owns the rule (safety, security ...): reviews go there."""
    rule_routes: tuple[str, ...] = ()
    """Ids of the routes that the rule names; none: every route that serves the owner."""


class SendContext(NamedTuple):
    """What an action gets to deliver with."""

    http: Http
    base: Path
    secret: Callable[[str], str]
    now: datetime


class Action(Protocol):
    """A kind of response: ``actions/<kind>.py``. ``respond`` is pure; ``deliver`` touches the world."""

    @property
    def Options(self) -> type[msgspec.Struct]:  # noqa: N802  a class in the module; read-only, so that subtypes fit
        """Options of a route of this kind; an empty struct when the kind has no destination."""
        ...

    def respond(self, case: Case) -> Sequence[Effect]:
        """What to do about the case, as values."""
        ...

    def deliver(self, delivery: Delivery, options: Any, context: SendContext) -> str:
        """Send one delivery; returns a receipt. Raises TargetError."""
        ...


# --------------------------------------------------------------------------- rollback steps


class StepContext(NamedTuple):
    """What a step gets beside its options."""

    http: Http
    secret: Callable[[str], str]
    timeout_s: float


class Step(Protocol):
    """A kind of rollback step: ``steps/<kind>.py``.

    A step is a place that holds one value (an alias, a deployed version). The executor owns the
    protocol (intent, probe, send, verify, undo); a kind only reads and writes its place.
    """

    @property
    def Options(self) -> type[msgspec.Struct]:  # noqa: N802  a class in the module; read-only, so that subtypes fit
        """Options of this kind, as the configuration gives them."""
        ...

    def target(self, options: Any) -> str:
        """The place in words, without secrets: it is shown, hashed and compared."""
        ...

    def value_of(self, options: Any, release: Release) -> str:
        """The value this place holds when ``release`` is the one that serves."""
        ...

    def read(self, options: Any, context: StepContext) -> str:
        """The value it holds now ("" when it holds none). Raises TargetError."""
        ...

    def write(self, options: Any, value: str, *, expected: str, key: str, epoch: int, context: StepContext) -> None:
        """Put ``value`` there.

        ``expected`` is the value seen just before, ``key`` the idempotency key, ``epoch`` the
        fencing token; a target that can compare them must refuse a mismatch. Raises TargetError,
        ``ambiguous`` when the write may have happened.
        """
        ...

    def check(self, options: Any, release: Release, context: StepContext) -> Sequence[Check]:
        """Preflight: the artifact of ``release`` is still there with the same digest."""
        ...


# --------------------------------------------------------------------------- storage


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


class EstateStore(Protocol):
    """Assets, components, deployments, releases, and where each release has been."""

    def load(self) -> Estate: ...
    def put_assets(self, assets: Iterable[Asset]) -> int:
        """Insert or change; returns how many rows were written (0 when all was the same)."""
        ...

    def put_dependencies(self, asset_id: str, dependencies: Iterable[Dependency]) -> int: ...
    def releases(self, asset_id: str) -> list[Release]: ...
    def release(self, asset_id: str, version: str) -> Release | None: ...
    def add_release(self, release: Release) -> Release:
        """Insert with the next iteration number of the asset (``release.iteration`` is ignored)."""
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


class Evals(Protocol):
    """Runs, their scores, and the pinned baselines."""

    def add(self, run: EvalRun, iteration: int) -> bool:
        """False when a run of this id is there already."""
        ...

    def has(self, run_id: str) -> bool: ...
    def get(self, run_id: str) -> EvalRun | None: ...
    def runs(self, asset_id: str, suite: str) -> list[tuple[int, EvalRun]]:
        """(iteration, run), oldest first."""
        ...

    def baseline(self, asset_id: str, suite: str) -> EvalRun | None: ...
    def pin(self, asset_id: str, suite: str, run_id: str) -> None: ...


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
    def change_mark(self) -> object:
        """A value that differs when anybody has written since it was last asked; cheap."""
        ...

    def close(self) -> None: ...


# --------------------------------------------------------------------------- the tower


class Desk(Protocol):
    """What the tower can ask for. Every call may block: the app calls it in a thread.

    Deeds raise :class:`~pulse_tui.domain.errors.Refused` with the reasons; any
    :class:`~pulse_tui.domain.errors.PulseError` is shown to the operator as it stands.
    """

    estate_name: str
    operator: str
    read_only: bool

    def board(self, asset: str | None = None) -> Board: ...
    def trends(self, asset: str) -> tuple[Trend, ...]: ...
    def change_mark(self) -> object: ...
    def story(self, alert_id: str) -> AlertStory: ...
    def advisory_story(self, advisory_id: str) -> tuple[tuple[str, str], ...]:
        """(label, text) lines about an advisory and what it hits."""
        ...

    def asset_story(self, asset_id: str) -> tuple[tuple[str, str], ...]:
        """(label, text) lines about an asset: deployments, releases, holds, dependencies."""
        ...

    def source_problems(self) -> tuple[str, ...]: ...
    def acknowledge(self, alert_id: str) -> str:
        """Returns a sentence that says what was done (as do the other deeds)."""
        ...

    def resolve(self, alert_id: str, why: str) -> str: ...
    def silence(self, alert_id: str, hours: float, why: str) -> str: ...
    def waive(self, alert_id: str, days: int, why: str) -> str: ...
    def freeze(self, asset_id: str, why: str) -> str: ...
    def unfreeze(self, asset_id: str) -> str: ...
    def propose(self, asset_id: str, environment: str, alert_id: str | None) -> PlanStory: ...
    def plan_story(self, plan_hash: str) -> PlanStory: ...
    def approve(self, plan_hash: str, reason: str) -> PlanStory: ...
    def reject(self, plan_hash: str, reason: str) -> PlanStory: ...
    def execute(self, plan_hash: str) -> PlanStory: ...
    def undo(self, plan_hash: str) -> PlanStory: ...
    def close(self) -> None: ...


# --------------------------------------------------------------------------- time


Clock = Callable[[], datetime]
"""The present moment, aware, in UTC. Only wiring knows a real one."""
