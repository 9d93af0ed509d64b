"""The read model of the tower: everything the panes draw, as rows ready to render."""

from __future__ import annotations

from typing import NamedTuple

from pulse_tui.domain.moments import from_us, iso
from pulse_tui.domain.views.registry import WorkflowRow


class RegistryRow(NamedTuple):
    """A deployment as pane 1 shows it."""

    asset: str
    environment: str
    version: str
    iteration: int | None
    state: str
    """A word of :class:`~pulse_tui.domain.standing.Standing`."""
    why: str
    since_us: int | None
    owner: str
    tier: str
    traffic: float
    critical: bool
    hold: str = ""
    """frozen, paused or blocked when such a hold is active here, also where ``state`` shows something more urgent."""
    release: str = ""
    """The release's own state: evaluated, approved, promoted, quarantined ...; empty when it is not in the registry."""
    pointer: str = ""
    """The rollback target; empty when nothing is named or found."""
    source: str = ""
    """The source that claims that this version serves."""
    concerns: int = 0
    """The number of open concerns about it."""
    kind: str = ""
    """The asset's type."""
    pointer_ok: bool = True
    """False: the last check of the target failed, or it found none."""
    run: str = ""
    """``stopped``, ``running`` or ``waiting`` when a rollback of it is in that state."""

    @property
    def key(self) -> str:
        """The row's identity."""
        return f"{self.asset}/{self.environment}"


UNNAMED = "not-audited"
"""The id of the row that stands for all components that no advisory can name."""


class AdvisoryRow(NamedTuple):
    """An advisory as pane 3 shows it."""

    id: str
    name: str
    priority: str
    component: str
    hits: int
    production_hits: int
    state: str
    title: str
    provider: str = ""
    """The component's own id, as its provider writes it; empty when it has no other."""

    @property
    def key(self) -> str:
        """The row's identity."""
        return f"{self.id}/{self.component}"


class AlertRow(NamedTuple):
    """An open alert as pane 4 shows it."""

    id: str
    priority: str
    state: str
    title: str
    owner: str
    asset: str
    environment: str
    since_us: int
    count: int  # type: ignore[assignment]  # a row is never searched like a tuple
    rule: str
    overdue: bool
    version: str = ""
    """The release it is about; empty when it is about none."""
    signal_type: str = ""
    """Of the signal it is based on."""
    verdict: str = ""
    """PASS, FAIL or INCONCLUSIVE when a statistic judged what was measured, else empty."""
    by: str = ""
    """Who acknowledged, silenced or waived it; empty while nobody did."""
    until_us: int | None = None
    """Until when that holds."""
    waived: bool = False
    due_us: int | None = None
    """By when somebody should have responded."""
    escalations: int = 0
    """How often its deadline passed with nobody responding."""

    @property
    def muted(self) -> bool:
        """Whether nobody is notified of it any more: silenced or waived. It is open all the same."""
        return self.state == "suppressed"

    @property
    def key(self) -> str:
        """The row's identity."""
        return self.id


class TrendPoint(NamedTuple):
    """One release on the benchmark chart. ``label`` is the version; low and high may be unknown."""

    label: str
    iteration: int
    value: float
    low: float | None
    high: float | None


class Trend(NamedTuple):
    """A metric of one asset over its releases, with the pinned baseline."""

    asset: str
    suite: str
    task: str
    metric: str
    higher_is_better: bool
    baseline: float | None
    baseline_version: str | None
    points: tuple[TrendPoint, ...]
    verdict: str
    """PASS, FAIL, INCONCLUSIVE or an empty string when nothing was compared."""
    note: str
    delta: float | None = None
    """The newest value minus the baseline in ``unit``, where a statistic judged it; so are the fields below."""
    low: float | None = None
    """The 90 % interval of ``delta``; None where it has no bound."""
    high: float | None = None
    margin: float | None = None
    """How much worse is still accepted."""
    unit: str = ""
    """pp, ms, % or empty."""
    n: int = 0
    """Items behind the verdict; 0 when that is not known."""


class Header(NamedTuple):
    """The counts of the header line."""

    estate: str
    production_ok: int
    production_risk: int
    canary: int
    shadow: int
    p1: int
    p2: int
    p4: int
    frozen: tuple[str, ...]
    sources_good: int
    sources_total: int
    indeterminate: int
    dead_letters: int
    running: int = 0
    """Rollbacks that are being carried out."""
    stopped: int = 0
    """Runs of rollbacks that stopped short of their end and need a person."""
    waiting: int = 0
    """Plans that wait for an approval, or to be run."""
    muted: int = 0
    """Open alerts, counted above as well, of which nobody is notified."""
    production_stale: int = 0
    """Deployments that would be ok if the sources behind them were not silent; ``production_ok`` counts what is ok."""
    production_other: int = 0
    """Deployments that are neither ok nor at risk nor stale: watched, held, to be retested."""
    canary_risk: int = 0
    """Canaries that are at risk, as production counts it; ``canary`` counts all."""
    as_of: str = ""
    """When the newest of what is shown came, in UTC, once nothing came for a while; empty while the sources report."""


class SourceRow(NamedTuple):
    """A source as the sources screen shows it."""

    id: str
    kind: str
    health: str
    """A word of :class:`~pulse_tui.domain.health.Health`."""
    reason: str
    last_good_us: int | None


class RunRow(NamedTuple):
    """A run of a rollback that is under way, or that stopped and needs a person."""

    id: str
    plan: str
    """The hash of its plan."""
    asset: str
    environment: str
    state: str
    """running, unknown, halted or undone; ``abandoned`` when the process that carried it out is gone."""
    detail: str
    since_us: int
    """When it began; of one that ended, when that was."""
    by: str
    holder: str
    """The process that carries it out."""

    @property
    def stopped(self) -> bool:
        """Whether it needs a person."""
        return self.state != "running"

    @property
    def headline(self) -> str:
        """What is the matter, in one line."""
        where = f"{self.asset} in {self.environment}"
        if self.state == "running":
            return f"run {self.id} is rolling back {where}"
        if self.state == "abandoned":
            return f"run {self.id} of {where} was abandoned: its process is gone"
        if self.state == "undone":
            return f"the rollback of {where} failed and was undone (run {self.id})"
        return f"run {self.id} of {where} {'halted' if self.state == 'halted' else 'stopped as unknown'}"

    @property
    def todo(self) -> str:
        """The commands that bring it to an end; empty while it runs."""
        if self.state == "running":
            return ""
        if self.state == "undone":
            return f"pulse-tui rollback plan {self.asset} --env {self.environment}"
        return f"pulse-tui rollback resume {self.id} (or undo {self.id})"


class PlanRow(NamedTuple):
    """A plan of a rollback that waits."""

    hash: str
    asset: str
    environment: str
    from_version: str
    to_version: str
    state: str
    """``proposed`` waits for approvals, ``approved`` to be run."""
    approved_by: tuple[str, ...]
    needed: int
    since_us: int
    expires_us: int
    by: str
    """Who proposed it."""

    @property
    def headline(self) -> str:
        """What waits for what, in one line."""
        what = f"plan {self.hash[:12]} ({self.asset} in {self.environment}, {self.from_version} -> {self.to_version})"
        if self.state == "approved":
            return f"{what} is approved and waits to be run"
        left = self.needed - len(self.approved_by)
        given = f" ({', '.join(self.approved_by)} approved)" if self.approved_by else ""
        return f"{what} waits for {left} {'more ' if given else ''}approval{'' if left == 1 else 's'}{given}"

    @property
    def todo(self) -> str:
        """The command that comes next."""
        return f"pulse-tui rollback {'run' if self.state == 'approved' else 'approve'} {self.hash[:12]}"


HALF_WAY = ("abandoned", "unknown", "halted")
"""How a run stands that can be resumed, or put back."""


class QuietRow(NamedTuple):
    """Something that is muted, waived or held: who decided it, until when, and why."""

    kind: str
    """acknowledged, silenced, waived, block, pause or freeze."""
    id: str
    """Of the alert, or of the hold."""
    subject: str
    what: str
    by: str
    until_us: int | None
    """None: until its condition holds, or somebody lifts it."""
    why: str
    asset: str = ""

    @property
    def hold(self) -> bool:
        """Whether it is a hold and not a muted alert."""
        return self.kind in ("block", "pause", "freeze")

    def line(self) -> str:
        """As text."""
        until = f", until {iso(from_us(self.until_us))}" if self.until_us is not None else ""
        return f"{self.kind:<12} {self.id}  {self.what}  [{self.subject}]  by {self.by}{until}: {self.why}"


class PlanLine(NamedTuple):
    """A plan in the list."""

    plan: str
    """Its hash."""
    asset: str
    environment: str
    from_version: str
    to_version: str
    state: str
    """Of its run where it has one (``abandoned`` when the process is gone), else of the plan; ``void`` and
    ``expired`` when no approval of it counts any more."""
    since_us: int
    waits: str
    """Who waits for whom, or why it can no longer be run; empty when nothing is open."""
    run: str
    """The id of its run; empty when it was never run."""
    detail: str
    targets: tuple[str, ...]
    """``target: state, what was found`` of each step of the run."""
    todo: str
    """The command that comes next; empty when there is none."""

    @property
    def needs_somebody(self) -> bool:
        """Whether it stopped half-way, or waits."""
        return bool(self.todo)

    def lines(self) -> list[str]:
        """As text."""
        head = (
            f"{self.plan[:12]}  {self.asset}/{self.environment}  {self.from_version} -> {self.to_version}  {self.state}"
        )
        more = [f"run {self.run}: {self.detail}" if self.detail else f"run {self.run}"] if self.run else []
        more += [*self.targets, *filter(None, [self.waits])]
        if self.todo:
            more.append(f"next: {self.todo}")
        return [head, *(f"    {line}" for line in more)]


class Board(NamedTuple):
    """All four panes and the header at one moment."""

    header: Header
    registry: tuple[RegistryRow, ...]
    advisories: tuple[AdvisoryRow, ...]
    alerts: tuple[AlertRow, ...]
    trends: tuple[Trend, ...]
    """The trends of the requested asset; first the one with the worst verdict."""
    sources: tuple[SourceRow, ...]
    workflows: tuple[WorkflowRow, ...] = ()
    runs: tuple[RunRow, ...] = ()
    """Those that need a person first."""
    plans: tuple[PlanRow, ...] = ()
    """The newest first."""
    changes_us: int | None = None
    """When something of it becomes different though nobody writes: a source late, a deadline missed, a day begun."""


class AlertStory(NamedTuple):
    """The page of an alert: the three questions and the evidence, as lines of plain text."""

    alert: AlertRow
    changed: tuple[str, ...]
    risk: tuple[str, ...]
    todo: tuple[str, ...]
    why: tuple[str, ...]
    correlated: tuple[str, ...]
    timeline: tuple[str, ...]
    rollback_possible: bool
    plan_hash: str | None = None
    suite: str = ""
    """The benchmark suite that the alert is about; empty when it is about none."""


class PlanStory(NamedTuple):
    """The page of a plan: what would happen, every check, who approved, what the run did."""

    hash: str
    asset: str
    environment: str
    from_version: str
    to_version: str
    state: str
    headline: str
    facts: tuple[tuple[str, str], ...]
    """(label, text) lines: from, to, expires, blast radius, on failure ..."""
    steps: tuple[str, ...]
    checks: tuple[tuple[str, bool, bool, str], ...]
    """(name, ok, blocking, detail)."""
    approvals: tuple[str, ...]
    approvals_needed: int
    approvals_given: int
    run: tuple[str, ...]
    may_approve: bool
    why_not: str
    run_id: str = ""
    """Of the run that carried it out; empty before there is one."""

    @property
    def stopped(self) -> bool:
        """Whether its run stopped half-way: it can be resumed, or put back."""
        return self.state in HALF_WAY
