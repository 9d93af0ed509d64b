"""The read model of the tower: everything the panes draw at one moment, as rows ready to render."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from pulse_tui.domain.comparison import LiveComparison
from pulse_tui.domain.member import Concern
from pulse_tui.domain.views.advisories import AdvisoryRow
from pulse_tui.domain.views.alerts import AlertRow
from pulse_tui.domain.views.evals import Trend
from pulse_tui.domain.views.incidents import IncidentRow
from pulse_tui.domain.views.registry import RegistryRow, WorkflowRow
from pulse_tui.domain.views.rollback import PlanRow, ReviewRow, RunRow
from pulse_tui.domain.views.signals import SourceRow


class Review(NamedTuple):
    """When a rule of the policy is to be reviewed, and by whom."""

    rule: str
    owner: str
    due: date

    @property
    def words(self) -> str:
        """``cve-critical (platform-ai, due 2026-11-01)``."""
        return f"{self.rule} ({self.owner}, due {self.due})"


class OfPeople(NamedTuple):
    """What the header shows of people."""

    on_call: str = ""
    late_reviews: int = 0
    changes_us: int | None = None
    """When that becomes different though nobody writes: a shift ends, a review is due."""


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
    undelivered: int
    """Messages that reached nobody: they failed, or nobody sends them."""
    running: int = 0
    """Rollbacks that are being carried out."""
    stopped: int = 0
    """Runs of rollbacks that stopped short of their end and need a person."""
    waiting: int = 0
    """Plans that wait for an approval, or to be run."""
    unpaged: int = 0
    """Firing P1 and P2 alerts whose owner no notify route serves."""
    muted: int = 0
    """Open alerts, counted above as well, of which nobody is notified."""
    production_stale: int = 0
    """Deployments that would be ok if the sources behind them were not silent; ``production_ok`` counts what is ok."""
    production_other: int = 0
    """Deployments that are neither ok nor at risk nor stale: watched, held, to be retested."""
    canary_risk: int = 0
    """Canaries that are at risk, as production counts it; ``canary`` counts all."""
    undeclared: int = 0
    """Deployments of what is no asset of the estate."""
    reviews: tuple[Review, ...] = ()
    """Rules of the policy whose review is overdue."""
    policy: str = ""
    """A change of policy that is not in force, in words: it waits for a second person, or was rejected."""
    phase: str = ""
    """Of the estate, where it keeps back a part of what policy asks for: visibility, policy."""
    glass: int = 0
    """Runs that one person approved alone and that nobody has reviewed."""
    by_itself: int = 0
    """Pre-authorised rollbacks that ran and that nobody has reviewed."""
    paused: tuple[str, ...] = ()
    """Assets whose rollout stays where it is, with the environment where only that does."""
    on_call: str = ""
    """Who is on call now and next, in words; empty where no schedule is configured."""
    late_reviews: int = 0
    """Reviews that nobody has done by their day."""
    quiet: tuple[str, ...] = ()
    """Silences and maintenance windows that stand: ``maintenance m-3f2a until 2026-11-30T06:00:00Z``."""
    members: tuple[Concern, ...] = ()
    """What is not as it should be among the towers and agents: other configurations, an old version, a clock that is off."""
    disk: str = ""
    """That the disk of the database is nearly full, in words; empty while there is room, and of a database elsewhere."""
    as_of: str = ""
    """When the newest of what is shown came, in UTC, once nothing came for a while; empty while the sources report."""


class Board(NamedTuple):
    """All four panes and the header at one moment."""

    header: Header
    registry: Sequence[RegistryRow]
    advisories: Sequence[AdvisoryRow]
    alerts: Sequence[AlertRow]
    trends: tuple[Trend, ...]
    """The trends of the requested asset; first the one with the worst verdict."""
    sources: tuple[SourceRow, ...]
    workflows: tuple[WorkflowRow, ...] = ()
    runs: tuple[RunRow, ...] = ()
    """Those that need a person first."""
    plans: tuple[PlanRow, ...] = ()
    """The newest first."""
    glass: tuple[ReviewRow, ...] = ()
    """Runs that one person approved alone, or that ran by themselves, and that nobody has reviewed, the oldest first."""
    changes_us: int | None = None
    """When something of it becomes different though nobody writes: a source late, a deadline missed, a day begun."""
    incidents: tuple[IncidentRow, ...] = ()
    """The open ones, the most urgent first."""
    comparisons: tuple[LiveComparison, ...] = ()
    """Canaries beside what serves with them, the worst first."""
