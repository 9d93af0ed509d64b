"""The report of a run: what was planned, who decided, what each target held, how long it took."""

from __future__ import annotations

from typing import NamedTuple


class Checked(NamedTuple):
    """A line of the certificate as it was when the run began."""

    name: str
    word: str
    """``ok``, ``note`` or ``NO``."""
    detail: str


class Vote(NamedTuple):
    """Who decided what on the plan."""

    who: str
    decision: str
    """approved or rejected."""
    at: str
    key: str
    signed: bool
    break_glass: bool
    reason: str


class Event(NamedTuple):
    """A line of the timeline."""

    at: str
    who: str
    what: str


class Read(NamedTuple):
    """A target before and after."""

    step: int
    asset: str
    kind: str
    target: str
    planned_from: str
    planned_to: str
    before: str | None
    """What was read before it was written; None: it was not read."""
    after: str | None
    """What was read last."""
    state: str


class Report(NamedTuple):
    """Everything that is recorded of a run. Moments are ISO 8601 in UTC, durations seconds."""

    run: str
    kind: str
    """rollback, undo, drill, or what else its playbook is for."""
    title: str
    state: str
    detail: str
    facts: tuple[tuple[str, str], ...]
    certificate: tuple[Checked, ...]
    votes: tuple[Vote, ...]
    timeline: tuple[Event, ...]
    targets: tuple[Read, ...]
    took: tuple[tuple[str, float], ...]
    """From what to what, in seconds."""
    undone: tuple[str, ...]
    """The plans that undo it, and what became of them."""
    people: tuple[tuple[str, str], ...]
    """Who did what."""

    def sections(self) -> list[tuple[str, list[str]]]:
        """(heading, lines), the same for every form."""
        word = {True: "signed", False: "recorded by name"}
        return [
            ("Plan", [f"{label}: {text}" for label, text in self.facts]),
            ("Time", [f"{name}: {seconds(s)}" for name, s in self.took] or ["nothing was moved"]),
            (
                "Certificate when it began",
                [f"{c.word:<4} {c.name}: {c.detail}" for c in self.certificate] or ["it was not recorded"],
            ),
            (
                "Approvals",
                [
                    f"{v.at} {v.who} {v.decision} ({word[v.signed]} with {v.key}"
                    + (", BREAK-GLASS" if v.break_glass else "")
                    + f"){': ' + v.reason if v.reason else ''}"
                    for v in self.votes
                ]
                or ["none was needed"],
            ),
            ("Timeline", [f"{e.at} {e.who}: {e.what}" for e in self.timeline]),
            (
                "Targets",
                [
                    f"{r.step}. {r.target} ({r.kind}, {r.asset}): {r.planned_from} -> {r.planned_to}; "
                    f"read before: {_value(r.before)}, read last: {_value(r.after)}; {r.state}"
                    for r in self.targets
                ],
            ),
            ("Undo", list(self.undone) or ["none"]),
            ("People", [f"{who}: {what}" for who, what in self.people]),
        ]

    def lines(self) -> list[str]:
        """As text."""
        out = [self.title, f"run {self.run}: {self.state}" + (f", {self.detail}" if self.detail else "")]
        for heading, lines in self.sections():
            out += ["", heading.upper(), *(f"  {line}" for line in lines)]
        return out

    def markdown(self) -> list[str]:
        """As Markdown; what came from outside cannot form any."""
        out = [f"# {_plain(self.title)}", "", f"Run `{self.run}`: **{self.state}**, {_plain(self.detail)}"]
        for heading, lines in self.sections():
            out += ["", f"## {heading}", "", *(f"- {_plain(line)}" for line in lines)]
        return out


def _value(seen: str | None) -> str:
    return "not read" if seen is None else seen or "nothing"


def seconds(span: float) -> str:
    """``0.4 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if span < 60:
        return f"{span:.1f} s"
    minutes, rest = divmod(round(span), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>#|!"})


def _plain(text: str) -> str:
    return text.translate(_MARKS)
