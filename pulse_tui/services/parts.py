"""What the use cases need, gathered by wiring: the judgement parts and the rollback parts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, Protocol

from pulse_tui.domain.advice import Advice
from pulse_tui.domain.advisory import Advisory
from pulse_tui.domain.alert import Alert, AlertEvent
from pulse_tui.domain.decision import Decision, Fact
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.oncall import OnCall
from pulse_tui.domain.operator import Identity, Operator
from pulse_tui.domain.release import Release
from pulse_tui.domain.secrets import redacted
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.source import Cursor
from pulse_tui.domain.words import Environment
from pulse_tui.policy.gate import GateSection, GateStatus
from pulse_tui.policy.judge import Automatic
from pulse_tui.policy.phase import Phase
from pulse_tui.policy.rules import Flap
from pulse_tui.ports import (
    Action,
    Clock,
    CollectContext,
    Collector,
    Files,
    Http,
    NoSigning,
    Processes,
    Route,
    SendContext,
    Signing,
    Step,
    StepContext,
    Store,
    Transaction,
)
from pulse_tui.settings.changes import ChangesShape
from pulse_tui.settings.hooks import SenderShape
from pulse_tui.settings.links import LinkShape
from pulse_tui.settings.maintenance import MaintenanceShape
from pulse_tui.settings.shapes import ApprovalsShape, GovernanceShape, PlaybookShape, SourceShape, SuiteShape

SYSTEM = "pulse-tui"
"""The actor of the program's own actions."""


class RuleFace(Protocol):
    """What responses need of a rule."""

    @property
    def owner(self) -> str: ...
    @property
    def routes(self) -> tuple[str, ...]: ...
    @property
    def acts(self) -> bool:
        """Whether it is enforced: a rule that observes decides and does nothing."""
        ...

    @property
    def keep_firing_for(self) -> float | None: ...
    @property
    def heals_within(self) -> float | None:
        """Seconds in which its condition may end by itself, before anybody is called."""
        ...

    @property
    def at_once(self) -> str | None:
        """The condition under which somebody is called all the same."""
        ...

    @property
    def flap(self) -> Flap | None:
        """When a condition that comes and goes is one alert that flaps."""
        ...

    @property
    def storm(self) -> int | None:
        """How many alerts of it are announced one by one within ten minutes; None: :attr:`Judge.storm`."""
        ...


class Judge(Protocol):
    """A loaded policy."""

    @property
    def digest(self) -> str:
        """Identifies exactly this policy."""
        ...

    @property
    def source(self) -> str:
        """The section as JSON, so that it can be loaded again."""
        ...

    @property
    def approvals(self) -> int:
        """How many people beside the one who proposes it a change of it needs."""
        ...

    @property
    def gate(self) -> GateSection:
        """What closes the gate."""
        ...

    @property
    def phase(self) -> Phase:
        """How much of it may act."""
        ...

    @property
    def storm(self) -> int:
        """Alerts of one rule that are announced one by one within ten minutes."""
        ...

    @property
    def automatic(self) -> Automatic:
        """Which failures a pre-authorised rollback answers by itself."""
        ...

    def rule(self, rule_id: str) -> RuleFace | None:
        """The rule of this id."""
        ...

    def fires(self, rule_id: str) -> str:
        """A digest of what makes this rule fire and lets its alert be answered by itself."""
        ...

    def judge(self, fact: Fact) -> Sequence[Decision]:
        """The decision of every applicable rule on the fact. Pure."""
        ...


ROUND_S = 100.0
"""All requests of one round of a source, however many: less than its lease, after which another may begin it."""
SEND_S = 40.0
"""All requests of one delivery: less than the lease of its route."""


class Outside(NamedTuple):
    """The outside world, as far as services may touch it; every context of a kind is built here."""

    http: Http
    base: Path
    """Where relative paths of the configuration start."""
    secret: Callable[[str], str]
    files: Files
    processes: Processes
    clock: Clock
    ticks: Callable[[], float]
    """Seconds on a clock that nobody sets and that goes on while the machine sleeps."""
    redact: Callable[[bytes], bytes] = redacted
    """Takes the secrets out of what is kept or quoted, those that were filled in among them."""
    dead: Callable[[str], bool] = lambda _holder: False
    """Whether the process behind a lease's holder has certainly ended (False when that is unknown)."""
    give_up: Callable[[str], None] = lambda _holder: None
    """This process no longer carries out what it holds under this name: from now on that is as of one that has ended."""
    cron: Callable[[str, datetime], datetime | None] = lambda _expression, _after: None
    """When a schedule fires next after a moment."""
    frozen: Callable[[], Mapping[str, str]] | None = None
    """The frozen digest of each suite in the configuration as it is now; None: as it was read."""
    here: str = ""
    """This host, as others call it."""
    anchor: Callable[[str], None] = lambda _line: None
    """Write a line of the audit log's head where this program cannot change it. Raises PulseError."""

    def collecting(
        self, source: str, now: datetime, cursor: Cursor | None = None, *, folder: Path | None = None
    ) -> CollectContext:
        """What a kind of source gets; ``folder`` is where the file that is parsed lies. Its requests end in time."""
        return CollectContext(
            source=source,
            now=now,
            http=self.http.within(ROUND_S),
            cursor=cursor or Cursor(),
            base=self.base,
            files=self.files,
            processes=self.processes,
            secret=self.secret,
            folder=folder,
        )

    def sending(self, now: datetime) -> SendContext:
        """What a kind of action gets to deliver with. Its requests end in time."""
        return SendContext(
            http=self.http.within(SEND_S),
            base=self.base,
            files=self.files,
            processes=self.processes,
            secret=self.secret,
            now=now,
        )

    def stepping(self, timeout_s: float) -> StepContext:
        """What a kind of rollback step gets; ``timeout_s`` is how long it may wait for its target."""
        return StepContext(
            http=self.http,
            base=self.base,
            files=self.files,
            processes=self.processes,
            secret=self.secret,
            timeout_s=timeout_s,
            clock=self.clock,
        )


class Made(NamedTuple):
    """Signals that an observation led to, conditions that are resolved, and whether the estate changed."""

    signals: list[Signal]
    cleared: list[str]
    estate_changed: bool = False
    moved: tuple[str, ...] = ()
    """Assets whose serving release, dependencies or measurements changed: open alerts depend on them."""
    remarks: tuple[str, ...] = ()
    """Remarks for whoever brought it in."""
    known: bool = False
    """It was stored already, unchanged."""
    new: int | None = None
    """Of several, how many were not; None: of one, which ``known`` is about."""
    why: Mapping[str, str] = MappingProxyType({})
    """Why a condition is resolved, where it is not that it no longer holds."""
    again: bool = False
    """There is more of it than one transaction should hold: it is to be recorded once more, in the next one."""
    steps: Iterable[Made] = ()
    """What else follows, one after the other: each is asked for when what the one before led to is stored."""


class Reported(NamedTuple):
    """Signals that came one after the other, every id once."""

    signals: Sequence[Signal]


class Advised(NamedTuple):
    """Advisories that came one after the other."""

    advisories: Sequence[Advisory]


class Recorder(Protocol):
    """Records one observation, or what is :class:`Reported` or :class:`Advised`, and returns its consequences (``record.py``; wired once, since it knows every wing)."""

    def __call__(self, item: object, tx: Transaction, parts: JudgeParts, estate: Estate, now: datetime, /) -> Made:
        """Raises TypeError for an unknown shape."""
        ...


class Reassess(Protocol):
    """Resolves the open alerts of some assets whose condition has ended (``conditions/``; it asks every wing)."""

    def __call__(self, tx: Transaction, parts: JudgeParts, now: datetime, asset_ids: Collection[str], /) -> int:
        """How many were resolved."""
        ...


class Advise(Protocol):
    """What to do about an alert, by the kind of its cause (``alerts/advice.py``; it asks every wing below)."""

    def __call__(self, tx: Transaction, parts: JudgeParts, alert: Alert, signal: Signal, now: datetime, /) -> Advice:
        """The same for the tower, ``explain``, tickets and messages."""
        ...


class SuiteVerdict(NamedTuple):
    """A suite's verdict on a release, as the gate words it."""

    gate: str
    """``functional`` or ``safety``."""
    status: GateStatus
    detail: str


class Correlate(Protocol):
    """Puts an alert into the incident that it belongs to (``alerts/incidents``; it looks at every wing)."""

    def __call__(self, tx: Transaction, parts: JudgeParts, alert: Alert, event: AlertEvent, now: datetime, /) -> None:
        """After the alert is stored, before anybody is notified of it."""
        ...


class Weigh(Protocol):
    """Ranks the causes of incidents again when signals came in (``alerts/incidents``)."""

    def __call__(self, tx: Transaction, parts: JudgeParts, signals: Sequence[Signal], now: datetime, /) -> None:
        """After the signals are stored and judged, in their transaction."""
        ...


class Verdicts(Protocol):
    """What the suites found of a release (``evals/verdicts.py``): a rollback target is asked for it too."""

    def __call__(
        self, tx: Transaction, parts: JudgeParts, release: Release, environment: Environment, /
    ) -> list[SuiteVerdict]:
        """A line for each suite that guards the asset; none where no suite names it."""
        ...


class JudgeParts(NamedTuple):
    """What is needed to ingest signals and respond to them."""

    store: Store
    policy: Judge
    actions: Mapping[str, Action]
    routes: Sequence[Route]
    suites: Mapping[str, SuiteShape]
    source_kinds: Mapping[str, Collector]
    sources: Mapping[str, SourceShape]
    outside: Outside
    clock: Callable[[], datetime]
    record: Recorder
    reassess: Reassess
    advise: Advise
    verdicts: Verdicts
    proposed: Judge | None = None
    """The policy that the files have, while another one is in force: it waits for a second person, or was rejected."""
    correlate: Correlate = lambda _tx, _parts, _alert, _event, _now: None
    weigh: Weigh = lambda _tx, _parts, _signals, _now: None
    oncall: OnCall = OnCall()
    """People, teams, schedules and ladders."""
    changes: ChangesShape = ChangesShape()
    """Change windows and embargoes."""
    maintenance: Sequence[MaintenanceShape] = ()
    """Windows that come again and again."""
    links: Sequence[LinkShape] = ()
    """Where to look while an incident is open."""
    senders: Mapping[str, SenderShape] = MappingProxyType({})
    """Sources that are not asked: they send."""
    precedence: Sequence[str] = ()
    """Source ids, the most believed first."""
    written: Mapping[str, str] = MappingProxyType({})
    """Where the configuration states the version of a deployment: ``file:line`` by the subject of its claims."""


class RollbackParts(NamedTuple):
    """What is needed to plan, approve and run a rollback."""

    store: Store
    steps: Mapping[str, Step]
    playbooks: Sequence[PlaybookShape]
    operators: Mapping[str, Operator]
    approvals: ApprovalsShape
    policy_digest: str
    playbooks_digest: str
    operators_digest: str
    outside: Outside
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    judging: JudgeParts
    identity: Identity = Identity()
    """What a vote has to prove, and where."""
    signing: Signing = NoSigning()
    """The operator's agent, and what verifies signatures."""
    governance: GovernanceShape = GovernanceShape()
    """Who answers for the system."""
    estate_name: str = ""
