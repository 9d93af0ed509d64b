"""Read models of incidents: rows and pages ready to draw. Times are microseconds since the epoch."""

from __future__ import annotations

from typing import NamedTuple

from pulse_tui.domain.moments import from_us, iso
from pulse_tui.domain.text import many

VERDICTS = {"named": "likely", "unknown": "unknown", "confirmed": "confirmed"}
"""How a verdict on the cause is called."""


class IncidentRow(NamedTuple):
    """An incident as lists show it."""

    id: str
    state: str
    priority: str
    title: str
    asset: str
    environment: str
    owner: str
    opened_us: int
    last_us: int
    alerts: int
    open: int
    verdict: str
    cause: str
    """The title of what is confirmed or likeliest; empty where the evidence does not decide."""
    external: str = ""
    onset_us: int | None = None
    impact: str = ""
    resolved_us: int | None = None

    @property
    def key(self) -> str:
        """The row's identity."""
        return self.id

    @property
    def cause_words(self) -> str:
        """``likely: deploy of ...``, or that it is unknown."""
        return f"{VERDICTS[self.verdict]}: {self.cause}" if self.cause else "cause unknown"

    def line(self) -> str:
        """As text."""
        where = f"{self.asset} {self.environment}".strip()
        state = self.state if self.state != "open" else f"open, {self.open} of {many(self.alerts, 'alert')}"
        since = iso(from_us(self.onset_us if self.onset_us is not None else self.opened_us))
        names = f" ({self.external})" if self.external else ""
        return f"{'?' if self.priority == 'unknown' else self.priority:<3} {self.id}{names}  {state}  since {since}  [{where}] {self.title}; {self.cause_words}"


class CauseLine(NamedTuple):
    """A ranked cause."""

    number: int
    signal: str
    score: float
    kind: str
    title: str
    why: tuple[str, ...]
    confirmed: bool
    at_us: int | None
    also: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """As text: the cause, and a line for each piece of evidence."""
        mark = "confirmed" if self.confirmed else f"{self.score:.2f}"
        also = f" (+{len(self.also)} signals of the same)" if self.also else ""
        return [
            f"{self.number}. {mark}  {self.kind}: {self.title}  [{self.signal}]{also}",
            *(f"     {w}" for w in self.why),
        ]


class MemberLine(NamedTuple):
    """An alert of an incident."""

    alert: str
    priority: str
    state: str
    title: str
    asset: str
    environment: str
    why: str
    by: str
    joined_us: int

    def line(self) -> str:
        """As text."""
        where = f"{self.asset} {self.environment}".strip()
        return f"{self.priority:<3} {self.alert}  {self.state}  [{where}] {self.title}: {self.why}"


class Moment(NamedTuple):
    """A line of the timeline."""

    at_us: int
    who: str
    """Empty: it happened."""
    what: str

    def line(self) -> str:
        """As text."""
        return f"{iso(from_us(self.at_us))}  {self.who + ': ' if self.who else ''}{self.what}"


class NoticeLine(NamedTuple):
    """Who was notified, or why somebody was not."""

    at_us: int
    to: str
    use: str
    outcome: str
    why: str
    alert: str

    def line(self) -> str:
        """As text."""
        return f"{iso(from_us(self.at_us))}  {self.use} to {self.to}: {self.outcome}{', ' + self.why if self.why else ''} [{self.alert}]"


class LinkLine(NamedTuple):
    """Where to look."""

    name: str
    url: str


class IncidentStory(NamedTuple):
    """All that is known of an incident."""

    row: IncidentRow
    causes: tuple[CauseLine, ...]
    members: tuple[MemberLine, ...]
    more: int
    """Alerts that are not listed."""
    onset: str
    impact: str
    ended: str
    """How it ended and what helped; empty while it is open."""
    todo: tuple[str, ...]
    """What to do now, by the most urgent open alert."""
    seen_before: tuple[str, ...]
    notices: tuple[NoticeLine, ...]
    timeline: tuple[Moment, ...]
    links: tuple[LinkLine, ...]
    undo: str = ""
    """The last act, which can be taken back; empty: there is none."""

    def lines(self) -> list[str]:
        """As text."""
        out = [self.row.line(), "", f"BEGAN      {self.onset}", f"IMPACT     {self.impact}"]
        out += [f"ENDED      {self.ended}"] if self.ended else []
        out += ["", f"CAUSES     {self.row.cause_words}"]
        out += [f"  {line}" for cause in self.causes for line in cause.lines()]
        if not self.causes:
            out.append("  nothing that came in before it is related to it")
        out += ["", f"ALERTS     {self.row.open} of {self.row.alerts} open", *(f"  {m.line()}" for m in self.members)]
        out += [f"  and {self.more} more: they are counted, not listed"] if self.more else []
        for title, lines in (("WHAT TO DO", self.todo), ("SEEN BEFORE", self.seen_before)):
            out += ["", title, *(f"  {line}" for line in lines)] if lines else []
        out += ["", "NOTIFIED", *(f"  {n.line()}" for n in self.notices)] if self.notices else []
        out += ["", "TIMELINE", *(f"  {m.line()}" for m in self.timeline)]
        out += ["", "LOOK AT", *(f"  {link.name}: {link.url}" for link in self.links)] if self.links else []
        return [*out, "", f"UNDO       {self.undo}"] if self.undo else out
