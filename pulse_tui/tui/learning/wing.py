"""What is learnt: reports, the launch checklist; and who did what: decisions, activity."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pulse_tui.tui.asks import learning as asks
from pulse_tui.tui.kit.forms import Field
from pulse_tui.tui.wing import Wing

if TYPE_CHECKING:
    from pulse_tui.tui.context import Context
    from pulse_tui.tui.kit.palette import Command
    from pulse_tui.tui.learning.report import ReportScreen


class LearningWing(Wing):
    """It has no pane: ``A`` opens the activity, ``:`` the others."""

    def __init__(self, context: Context) -> None:
        """``context``: what it may use of the tower."""
        self._context = context
        self.answers = {
            asks.OpenActivity: self.activity,
            asks.OlderActivity: self.older,
            asks.OpenDecisions: self.decisions,
            asks.OpenChecklist: self.checklist,
            asks.OpenReport: self.report,
            asks.RecordMissed: self.missed,
        }

    def commands(self) -> Iterable[Command]:
        from pulse_tui.tui.kit.palette import Command  # noqa: PLC0415  nobody needs it before the first :
        from pulse_tui.tui.learning.report import AUDIENCES  # noqa: PLC0415

        yield Command("activity", "everything that anybody did, newest first", asks.OpenActivity())
        yield Command(
            "decisions", "who waived, lifted, accepted, overrode, approved what, and why", asks.OpenDecisions()
        )
        yield Command("checklist", "the launch checklist, and when rules are reviewed", asks.OpenChecklist())
        for audience in AUDIENCES:
            words = (
                "the noise of each rule, and a change that was tried"
                if audience == "noise"
                else f"how we do, for {audience}"
            )
            yield Command(f"report {audience}", words, asks.OpenReport(audience))
        if not self._context.head.read_only:
            yield Command("missed", "record what no alert reported", asks.RecordMissed())

    def activity(self, _ask: asks.OpenActivity) -> None:
        """The newest page."""
        from pulse_tui.tui.learning.activity import ActivityScreen  # noqa: PLC0415  nobody needs it before the first A

        self._context.open(
            lambda desk: desk.activity(),
            lambda rows: ActivityScreen(self._context.head, rows, self._context.now_us),
            ActivityScreen.show_newest,
        )

    def older(self, _ask: asks.OlderActivity) -> None:
        """The next page, below what the page has."""
        from pulse_tui.tui.learning.activity import ActivityScreen  # noqa: PLC0415

        page = self._context.page
        if isinstance(page, ActivityScreen):
            before = page.before
            self._context.ask_aside(lambda desk: desk.activity(before), page.show_older)

    def decisions(self, _ask: asks.OpenDecisions) -> None:
        """The newest first."""
        from pulse_tui.tui.learning.decisions import DecisionsScreen  # noqa: PLC0415

        self._context.open(
            lambda desk: desk.decisions(),
            lambda rows: DecisionsScreen(self._context.head, rows, self._context.now_us),
            DecisionsScreen.show_rows,
        )

    def checklist(self, _ask: asks.OpenChecklist) -> None:
        """What fails first."""
        from pulse_tui.tui.learning.checklist import ChecklistScreen  # noqa: PLC0415

        self._context.open(
            lambda desk: desk.checklist(),
            lambda found: ChecklistScreen(self._context.head, found),
            ChecklistScreen.show_checklist,
        )

    def report(self, ask: asks.OpenReport) -> None:
        """In the page that is open, where one is."""
        from pulse_tui.tui.learning.report import ReportScreen  # noqa: PLC0415

        page = self._context.page
        if isinstance(page, ReportScreen):
            self._context.ask(lambda desk: desk.learning_report(ask.audience), page.show_report)
            return
        self._context.ask(
            lambda desk: desk.learning_report(ask.audience),
            lambda found: self._show(ReportScreen(self._context.head, found)),
        )

    def _show(self, page: ReportScreen) -> None:
        context = self._context
        context.push(page, lambda: context.ask(lambda d: d.learning_report(page.found.audience), page.show_report))

    def missed(self, _ask: asks.RecordMissed) -> None:
        """Ask what it was, how long ago it began, and on which asset."""
        fields = (Field("What happened"), Field("Hours ago", "1", _hours), Field("Asset", wrong=lambda _value: ""))
        self._context.form(
            "Record what no alert reported", "it stands in reports and on the asset's alerts", fields, self._record
        )

    def _record(self, values: tuple[str, ...]) -> None:
        from datetime import timedelta  # noqa: PLC0415

        from pulse_tui.domain.moments import from_us  # noqa: PLC0415

        onset = from_us(self._context.now_us) - timedelta(hours=float(values[1]))
        self._context.act(lambda desk: desk.add_missed(values[0], onset, values[2]))


def _hours(value: str) -> str:
    try:
        good = 0 < float(value) <= 8_760
    except ValueError:
        good = False
    return "" if good else "it must be a number above 0 (at most 8760)"
