"""Incidents: listed, opened; their causes confirmed, alerts split off, merged, ended, and each taken back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pulse_tui.tui.asks import incidents as asks
from pulse_tui.tui.kit.forms import Field
from pulse_tui.tui.wing import Wing

if TYPE_CHECKING:
    from pulse_tui.domain.views.incidents import IncidentRow
    from pulse_tui.tui.context import Context
    from pulse_tui.tui.kit.palette import Command

Then = Callable[[str], object]
_SPAN = re.compile(r"(\d{1,4})([mhd])\Z")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_MOST = 9
"""What one more key chooses among: 1 to 9."""


class IncidentsWing(Wing):
    """The list of incidents, and the page of one."""

    def __init__(self, context: Context) -> None:
        """``context``: what it may use of the tower."""
        self._context = context
        self.answers = {
            asks.OpenIncidents: self.list,
            asks.OpenIncident: self.open,
            asks.ConfirmCause: self.confirm,
            asks.SplitAlert: self.split,
            asks.MergeIncident: self.merge,
            asks.UndoIncident: self.undo,
            asks.StateOnset: self.onset,
            asks.StateImpact: self.impact,
            asks.ResolveIncident: self.resolve,
        }

    def list(self, _ask: asks.OpenIncidents) -> None:
        """The open ones first."""
        from pulse_tui.tui.alerts.incidents import IncidentsScreen  # noqa: PLC0415  nobody needs it before the first I

        self._context.open(
            lambda desk: desk.incidents(every=True),
            lambda rows: IncidentsScreen(self._context.head, rows, self._context.now_us),
            IncidentsScreen.show_rows,
        )

    def open(self, ask: asks.OpenIncident) -> None:
        """One as a page."""
        from pulse_tui.tui.alerts.incident import IncidentScreen  # noqa: PLC0415  as above

        self._context.open(
            lambda desk: desk.incident_story(ask.name),
            lambda story: IncidentScreen(self._context.head, story),
            IncidentScreen.show_story,
        )

    def confirm(self, ask: asks.ConfirmCause) -> None:
        """One more key says which."""
        choices = [(str(n), str(n), words) for n, words in enumerate(ask.causes[:_MOST], 1)]
        self._choose(
            "Confirm the cause", ask.title, choices,
            lambda chosen: self._context.act(lambda desk: desk.confirm_cause(ask.name, chosen)),
        )  # fmt: skip

    def split(self, ask: asks.SplitAlert) -> None:
        """As above."""
        choices = [(str(n), alert, words) for n, (alert, words) in enumerate(ask.alerts[:_MOST], 1)]
        self._choose(
            "Split off", ask.title, choices,
            lambda chosen: self._context.act(lambda desk: desk.split_incident(ask.name, chosen)),
        )  # fmt: skip

    def merge(self, ask: asks.MergeIncident) -> None:
        """Among the other open ones."""

        def show(rows: Sequence[IncidentRow]) -> None:
            others = [row for row in rows if row.id != ask.name][:_MOST]
            if not others:
                self._context.say("no other incident is open")
                return
            choices = [(str(n), row.id, f"{row.priority} {row.title}") for n, row in enumerate(others, 1)]
            self._choose(
                "Make it part of", ask.title, choices,
                lambda chosen: self._context.act(lambda desk: desk.merge_incident(ask.name, chosen)),
            )  # fmt: skip

        if not self._context.refuses():
            self._context.ask(lambda desk: desk.incidents(), show)

    def undo(self, ask: asks.UndoIncident) -> None:
        """At once."""
        self._context.act(lambda desk: desk.undo_incident(ask.name))

    def onset(self, ask: asks.StateOnset) -> None:
        """Ask when."""
        fields = (
            Field("Began", wrong=_no_moment, note="2026-11-23T02:50Z, or how long ago: 45m, 2h, 1d"),
            Field("Why"),
        )
        self._context.form("State when it began", ask.title, fields, lambda values: self._began(ask.name, *values))

    def _began(self, name: str, when: str, why: str) -> None:
        at = _moment(when, self._context.now_us)
        self._context.act(lambda desk: desk.state_onset(name, at, why))

    def impact(self, ask: asks.StateImpact) -> None:
        """Ask whether, and since when."""
        words = ("none", "customers")
        fields = (
            Field("Impact", "", lambda v: "" if v.strip() in words else "none or customers", words),
            Field(
                "Since",
                "",
                lambda v: _no_moment(v) if v.strip() else "",
                note="a moment, or how long ago: 45m, 2h, 1d; empty: since it began",
            ),
            Field("Why", note="who states it, and why"),
        )
        self._context.form("State the impact", ask.title, fields, lambda values: self._affected(ask.name, *values))

    def _affected(self, name: str, impact: str, since: str, why: str) -> None:
        at = _moment(since, self._context.now_us) if since.strip() else None
        self._context.act(lambda desk: desk.state_impact(name, impact.strip(), at, why))

    def resolve(self, ask: asks.ResolveIncident) -> None:
        """Ask why, and what helped."""
        fields = (
            Field("Why has it ended"),
            Field("What helped", "", lambda _value: "", note="it is shown the next time; may be empty"),
        )
        self._context.form(
            "Resolve this incident", ask.title, fields,
            lambda values: self._context.act(lambda desk: desk.resolve_incident(ask.name, values[0], values[1])),
        )  # fmt: skip

    def _choose(self, what: str, about: str, choices: Sequence[tuple[str, str, str]], then: Then) -> None:
        from pulse_tui.tui.kit.choice import ChoiceScreen  # noqa: PLC0415  nobody needs it before the first choice

        if not self._context.refuses():
            note = f"the first {_MOST} are shown; pulse-tui incident takes any" if len(choices) == _MOST else ""
            self._context.dialog(ChoiceScreen(what, about, choices, note), then)

    def commands(self) -> Iterable[Command]:
        from pulse_tui.tui.kit.palette import Command  # noqa: PLC0415

        yield Command("incidents", "alerts handled as one, with their likely causes", asks.OpenIncidents())


def _moment(text: str, now_us: int) -> datetime:
    from pulse_tui.domain.moments import from_us  # noqa: PLC0415

    if span := _SPAN.match(text.strip()):
        return from_us(now_us) - timedelta(**{_UNITS[span[2]]: int(span[1])})
    moment = datetime.fromisoformat(text.strip())
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _no_moment(text: str) -> str:
    try:
        _moment(text, 0)
    except (ValueError, OverflowError):
        return "a moment such as 2026-11-23T02:50Z, or how long ago: 45m, 2h, 1d"
    return ""
