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
    incident: str = ""
    """The open incident that it belongs to; empty: none."""

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
    """acknowledged, silenced, waived, silence, maintenance, block, pause or freeze."""
    id: str
    """Of the alert, of the silence or window, or of the hold."""
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

    @property
    def silence(self) -> bool:
        """Whether it is a silence or a window, that covers what it matches."""
        return self.kind in ("silence", "maintenance")

    def line(self) -> str:
        """As text."""
        until = f", until {iso(from_us(self.until_us))}" if self.until_us is not None else ""
        return f"{self.kind:<12} {self.id}  {self.what}  [{self.subject}]  by {self.by}{until}: {self.why}"


class SilenceRow(NamedTuple):
    """A silence or a maintenance window: what it matches, from when until when, who placed it and why."""

    id: str
    kind: str
    """silence or maintenance."""
    match: str
    state: str
    """stands, to come, over, or who ended it."""
    by: str
    from_us: int
    until_us: int
    why: str
    covered: int = 0
    """Open alerts that are suppressed by it now."""
    everything: bool = False
    """P1 and what has no priority too."""
    besides: int = 0
    """Alerts that were taken out of it."""
    broken: str = ""
    """Why its expression cannot be used any more, so that it covers nothing."""
    zone: str = ""

    def line(self) -> str:
        """As text."""
        span = f"{iso(from_us(self.from_us))} to {iso(from_us(self.until_us))}"
        more = " P1 too;" if self.everything else ""
        more += f" {self.besides} taken out;" if self.besides else ""
        more += f" {self.broken};" if self.broken else ""
        covers = f" covers {self.covered} now;" if self.state == "stands" else ""
        return f"{self.kind:<11} {self.id}  {self.state}  {span};{covers}{more}  {self.match}  by {self.by}: {self.why}"


class SilencePreview(NamedTuple):
    """What a silence would hit."""

    hits: tuple[str, ...]
    """Open alerts that it would suppress now, a line each."""
    urgent: tuple[str, ...]
    """Open alerts that it matches and does not cover, for they are P1 or have no priority."""
    unsure: tuple[str, ...]
    """Open alerts of which the expression cannot be decided, with why: they are not covered."""
    before: int
    """Alerts of the last 7 days that it would have covered."""
    of: int
    """Alerts of the last 7 days."""
    unsure_before: int
    """Alerts, open or of the last 7 days, of which it cannot be decided."""

    def lines(self) -> list[str]:
        """As text."""
        out = [f"would suppress {len(self.hits)} open alert{'' if len(self.hits) == 1 else 's'} now"]
        out += [f"  {line}" for line in self.hits]
        if self.urgent:
            out.append(f"matches {len(self.urgent)} that it does not cover (P1 or no priority; --all covers them too)")
            out += [f"  {line}" for line in self.urgent]
        if self.unsure:
            out.append(f"cannot be decided for {len(self.unsure)}, which it does not cover")
            out += [f"  {line}" for line in self.unsure]
        unsure = f", {self.unsure_before} undecided" if self.unsure_before else ""
        return [*out, f"would have covered {self.before} of the {self.of} alerts of the last 7 days{unsure}"]


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
    incident: str = ""
    """The incident that it belongs to, open or not; empty: none."""
    verdict: str = ""
    """What somebody thought of the alert: ``noise by ana 2026-11-23T03:10:00Z: planned load test``. Empty: nobody gave one."""
    called: tuple[str, ...] = ()
    """Who is on call, what comes if nobody responds, who was notified by which route, and who was not, with the reason."""
