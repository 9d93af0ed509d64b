"""Read models of what is learnt: noise by rule, the launch checklist, decisions and activity, reports."""

from __future__ import annotations

from typing import NamedTuple

from pulse_tui.domain.measure import Measure, Series, lasting
from pulse_tui.domain.moments import from_us, iso
from pulse_tui.domain.text import many


class Proposal(NamedTuple):
    """A change of a rule that stored facts were judged by, and what it would have done."""

    rule: str
    kind: str
    """``threshold``, ``heals_within``, ``keep_firing_for``, ``observe`` or ``priority``."""
    change: str
    """What to write: ``latency.ratio > 1.15 becomes latency.ratio > 1.31``."""
    alerts: int
    """So many were judged again."""
    gone: int
    """So many of them would not have opened, or would have called nobody."""
    noise: int
    """Of these: with the verdict noise."""
    useful: int
    """Of these: with the verdict useful or late; 0 of every proposal."""
    unjudged: int
    """Of these: without a verdict."""
    replayed: str = ""
    """What it would have made of every stored signal of the span; empty where it changes no decision."""

    @property
    def effect(self) -> str:
        """``of 14 alerts 9 less: 8 noise, 0 useful, 1 without a verdict``."""
        return (
            f"of {many(self.alerts, 'alert')} {self.gone} less: {self.noise} noise, {self.useful} useful, "
            f"{self.unjudged} without a verdict"
        )


class RuleNoise(NamedTuple):
    """What the alerts of one rule were worth."""

    rule: str
    owner: str
    alerts: int
    useful: int
    noise: int
    duplicate: int
    late: int
    unjudged: int
    flapping: int
    """Alerts that opened within an hour after the one before about the same condition ended."""
    never_acknowledged: int
    """Of those that ended: nobody ever acknowledged them."""
    self_resolved_s: float | None
    """The median time after which those ended, in seconds; None: none did."""
    proposal: Proposal | None = None
    why: str = ""
    """Why nothing is proposed."""

    @property
    def judged(self) -> int:
        """How many have a verdict."""
        return self.useful + self.noise + self.duplicate + self.late

    @property
    def share(self) -> float | None:
        """Of those with a verdict, how many were noise; None: nobody gave one."""
        return self.noise / self.judged if self.judged else None

    @property
    def lines(self) -> list[str]:
        """As text, the name of the rule aside."""
        share = "? unknown: nobody gave a verdict" if self.share is None else f"{self.share:.0%} noise"
        verdicts = (
            f"{self.useful} useful, {self.noise} noise, {self.duplicate} duplicate, {self.late} late, "
            f"{self.unjudged} without a verdict"
        )
        ended = (
            f"; half of these ended within {lasting(self.self_resolved_s)}" if self.self_resolved_s is not None else ""
        )
        out = [
            f"{many(self.alerts, 'alert')}: {share} ({verdicts})",
            f"{self.flapping} flapping; {self.never_acknowledged} ended with nobody acknowledging{ended}",
        ]
        if self.proposal is not None:
            made = self.proposal
            over = [f"replayed over all signals: {made.replayed}"] if made.replayed else []
            return [*out, f"proposed: {made.change}", f"tried on its alerts: {made.effect}", *over]
        return [*out, f"no proposal: {self.why}"]


class Table(NamedTuple):
    """Rows of a report."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Section(NamedTuple):
    """One part of a report."""

    title: str
    sentences: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    table: Table | None = None
    charts: tuple[Series, ...] = ()


class LearningReport(NamedTuple):
    """A report for one audience over whole days."""

    audience: str
    estate: str
    since_us: int
    until_us: int
    sections: tuple[Section, ...]

    @property
    def title(self) -> str:
        """``acme-ai for platform, 2026-08-31 to 2026-11-29``."""
        days = f"{from_us(self.since_us):%Y-%m-%d} to {from_us(self.until_us - 1):%Y-%m-%d}"
        return f"{self.estate} for {self.audience}, {days}"

    def lines(self) -> list[str]:
        """As text."""
        out = [self.title]
        for section in self.sections:
            out += ["", section.title.upper(), *(f"  {line}" for line in section_lines(section))]
        return out


def section_lines(section: Section) -> list[str]:
    """A section as text: sentences, measures, the table in columns, charts in numbers."""
    out = [*section.sentences, *(m.line for m in section.measures)]
    if section.table is not None and section.table.rows:
        rows = (section.table.columns, *section.table.rows)
        widths = [max(len(row[n]) for row in rows) for n in range(len(section.table.columns))]
        out += ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    for chart in section.charts:
        out.append(f"{chart.what}: " + (", ".join(f"{label} {value:g}" for label, value in chart.points) or "nothing"))
    return out


class ChecklistLine(NamedTuple):
    """One thing that must be in order before an AI product is launched, and stay so."""

    id: str
    what: str
    ok: bool | None
    """None: it does not apply yet, or nobody can know; not in order."""
    evidence: str
    missing: tuple[str, ...] = ()
    """What lacks it: assets, components, routes ..."""
    todo: str = ""

    @property
    def mark(self) -> str:
        """``ok``, ``FAIL`` or ``?``."""
        return {True: "ok", False: "FAIL", None: "?"}[self.ok]

    def lines(self) -> list[str]:
        """As text."""
        out = [f"{self.mark:<4} {self.what}: {self.evidence}"]
        if self.missing:
            shown = ", ".join(self.missing[:8]) + (f" and {len(self.missing) - 8} more" if self.missing[8:] else "")
            out.append(f"     lacks it: {shown}")
        if self.todo and self.ok is not True:
            out.append(f"     to do: {self.todo}")
        return out


class ReviewDate(NamedTuple):
    """When a rule of the policy is to be reviewed."""

    rule: str
    owner: str
    due: str
    """``2027-05-01``."""
    overdue: bool


class Checklist(NamedTuple):
    """The launch checklist and the calendar of policy reviews, overdue ones first."""

    system: str
    owner: str
    """Who answers for the system; empty: nobody is named."""
    lines: tuple[ChecklistLine, ...]
    reviews: tuple[ReviewDate, ...] = ()

    @property
    def failing(self) -> int:
        """How many lines are not in order."""
        return sum(line.ok is False for line in self.lines)

    @property
    def sentence(self) -> str:
        """``7 of 10 in order, 2 fail, 1 unknown``."""
        good = sum(line.ok is True for line in self.lines)
        unknown = sum(line.ok is None for line in self.lines)
        return f"{good} of {len(self.lines)} in order, {self.failing} fail, {unknown} unknown"


class DecisionRow(NamedTuple):
    """Something that a person decided and that others have to live with."""

    seq: int
    """Of its line in the audit log."""
    at_us: int
    by: str
    kind: str
    """waiver, lift, accepted risk, override, approval, policy, hold ..."""
    what: str
    """The line's action and subject in words."""
    asset: str
    why: str

    def line(self) -> str:
        """As text."""
        asset = f" [{self.asset}]" if self.asset else ""
        why = f": {self.why}" if self.why else ""
        return f"{iso(from_us(self.at_us))}  {self.kind:<14} {self.by:<16} {self.what}{asset}{why}"


class ActivityRow(NamedTuple):
    """A line of the audit log."""

    seq: int
    at_us: int
    who: str
    action: str
    subject: str
    detail: str
    origin: str = ""

    def line(self) -> str:
        """As text."""
        return f"{self.seq:>7}  {iso(from_us(self.at_us))}  {self.who:<16} {self.action:<26} {self.subject}" + (
            f"  {self.detail}" if self.detail else ""
        )
