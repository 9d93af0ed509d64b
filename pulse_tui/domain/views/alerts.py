"""Read models of the alerts: rows and pages ready to draw. Times are microseconds since the epoch."""

from __future__ import annotations

from typing import NamedTuple

from pulse_tui.domain.moments import from_us, iso
from pulse_tui.domain.views.rollback import PlanLine


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
    """It fires, and a deadline passed with nobody responding: the one that runs, or one before an escalation."""
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
    missed_us: int | None = None
    """The first deadline that passed so; None when none did since its clock began."""

    @property
    def muted(self) -> bool:
        """Whether nobody is notified of it any more: silenced or waived. It is open all the same."""
        return self.state == "suppressed"

    @property
    def word(self) -> str:
        """The state as it is shown: ``waived`` or ``muted`` for suppressed."""
        return ("waived" if self.waived else "muted") if self.muted else self.state

    @property
    def key(self) -> str:
        """The row's identity."""
        return self.id


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
    advice: tuple[str, ...] = ()
    """Of ``todo``, what is to be done about the cause: the words of every other outlet."""
    rollbacks: tuple[PlanLine, ...] = ()
    """The rollbacks of its deployment that need a person, or failed last."""
    note: tuple[str, str] = ("", "")
    """(source, key) of the vendor's note that it is about, where that has a page."""
    by_itself: tuple[str, ...] = ()
    """Of ``todo``, what was done about it without waiting for anybody, or why nothing was."""
    verdict: str = ""
    """What somebody thought of the alert: ``noise by ana 2026-11-23T03:10:00Z: planned load test``. Empty: nobody gave one."""
