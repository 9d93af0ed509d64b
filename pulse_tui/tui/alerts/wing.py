"""Alerts: opened and kept live, acknowledged, silenced, waived, resolved."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pulse_tui.domain.moments import from_us
from pulse_tui.tui.alerts.pane import AlertsPane
from pulse_tui.tui.alerts.verdict_keys import VERDICTS
from pulse_tui.tui.asks import alerts as asks
from pulse_tui.tui.kit.forms import Field, positive_count, positive_number
from pulse_tui.tui.wing import Wing

if TYPE_CHECKING:
    from pulse_tui.domain.views.alerts import AlertStory
    from pulse_tui.tui.context import Context


class AlertsWing(Wing):
    """The pane of the alerts, and the page of one."""

    def __init__(self, context: Context) -> None:
        """``context``: what it may use of the tower."""
        self._context = context
        self.pane = AlertsPane()
        self.panes = (self.pane,)
        self.answers = {
            asks.OpenAlert: self.open,
            asks.NextAlert: self.next,
            asks.Acknowledge: self.acknowledge,
            asks.AcknowledgeAll: self.acknowledge_all,
            asks.Silence: self.silence,
            asks.SilenceLike: self.silence_like,
            asks.EndSilence: self.end_silence,
            asks.Waive: self.waive,
            asks.Resolve: self.resolve,
            asks.Unmute: self.unmute,
            asks.Lift: self.lift,
            asks.ReviewHold: self.review,
            asks.OpenMuted: self.muted,
            asks.GiveVerdict: self.verdict,
        }

    def open(self, ask: asks.OpenAlert) -> None:
        """Open it, and keep it live; the page may have gone on to another alert."""
        from pulse_tui.tui.alerts.alert import AlertScreen  # noqa: PLC0415  nobody needs it before the first page

        context = self._context

        def show(story: AlertStory) -> None:
            page = AlertScreen(context.head, story)
            context.push(page, lambda: context.ask(lambda desk: desk.story(page.story.alert.id), page.show_story))

        context.ask(lambda desk: desk.story(ask.alert_id), show)

    def next(self, ask: asks.NextAlert) -> None:
        """The page goes on to the next row of the pane."""
        from pulse_tui.tui.alerts.alert import AlertScreen  # noqa: PLC0415

        screen = self._context.screen
        if not isinstance(screen, AlertScreen):
            return
        if not self.pane.move(ask.by) or self.pane.row is None:
            self._context.say("that was the last alert" if ask.by > 0 else "that was the first alert")
            return
        key = self.pane.row.id
        self._context.ask(lambda desk: desk.story(key), screen.show_story)

    def acknowledge(self, ask: asks.Acknowledge) -> None:
        """At once."""
        self._context.act(lambda desk: desk.acknowledge(ask.alert_id))

    def silence(self, ask: asks.Silence) -> None:
        """Ask how long and why."""
        fields = (Field("Hours", "4", positive_number), Field("Why"))
        self._context.form(
            "Silence this alert", ask.title, fields,
            lambda values: self._context.act(lambda desk: desk.silence(ask.alert_id, float(values[0]), values[1])),
        )  # fmt: skip

    def acknowledge_all(self, ask: asks.AcknowledgeAll) -> None:
        """At once."""
        self._context.act(lambda desk: desk.acknowledge_all(ask.alert_ids))

    def silence_like(self, ask: asks.SilenceLike) -> None:
        """Ask what to match, for how long and why; what it would hit stands in the form before it is placed."""
        from pulse_tui.tui.alerts.silencing import Silencing, like  # noqa: PLC0415  nobody needs it before the first X

        Silencing(self._context).ask(like(ask.asset, ask.signal_type))

    def end_silence(self, ask: asks.EndSilence) -> None:
        """Ask why."""
        self._context.form(
            "End this silence: what it covered and still holds fires again", ask.title, (Field("Why"),),
            lambda values: self._context.act(lambda desk: desk.end_silence(ask.alert_id, values[0])),
        )  # fmt: skip

    def waive(self, ask: asks.Waive) -> None:
        """Ask for how many days and why."""
        fields = (Field("Review in days", "30", positive_count), Field("Rationale"))
        self._context.form(
            "Waive: record an exception", ask.title, fields,
            lambda values: self._context.act(lambda desk: desk.waive(ask.alert_id, int(values[0]), values[1])),
        )  # fmt: skip

    def unmute(self, ask: asks.Unmute) -> None:
        """Ask why."""
        self._context.form(
            "Take back what mutes this alert", ask.title, (Field("Why"),),
            lambda values: self._context.act(lambda desk: desk.unmute(ask.alert_id, values[0])),
        )  # fmt: skip

    def lift(self, ask: asks.Lift) -> None:
        """Ask why."""
        self._context.form(
            "Lift this hold", ask.title, (Field("Why"),),
            lambda values: self._context.act(lambda desk: desk.lift(ask.alert_id, values[0])),
        )  # fmt: skip

    def review(self, ask: asks.ReviewHold) -> None:
        """Ask for how many days and why: the freeze stands, and blocks again when they are over."""
        fields = (Field("Days", "7", positive_count), Field("Why"))
        self._context.form(
            "Review this freeze: releases pass meanwhile", ask.title, fields, lambda v: self._reviewed(ask, *v)
        )

    def _reviewed(self, ask: asks.ReviewHold, days: str, why: str) -> None:
        until = from_us(self._context.now_us) + timedelta(days=int(days))
        self._context.act(lambda desk: desk.review_hold(ask.alert_id, until, why))

    def muted(self, _ask: asks.OpenMuted) -> None:
        """What ends first on top."""
        from pulse_tui.tui.alerts.muted import MutedScreen  # noqa: PLC0415  nobody needs it before the first U

        self._context.open(
            lambda desk: desk.quiet(),
            lambda rows: MutedScreen(self._context.head, rows, self._context.now_us),
            MutedScreen.show_rows,
        )

    def resolve(self, ask: asks.Resolve) -> None:
        """Ask why."""
        self._context.form(
            "Resolve this alert", ask.title, (Field("Why has it ended"),),
            lambda values: self._context.act(lambda desk: desk.resolve(ask.alert_id, values[0])),
        )  # fmt: skip

    def verdict(self, ask: asks.GiveVerdict) -> None:
        """At once, or one more key chooses."""
        if ask.verdict:
            self._context.act(lambda desk: desk.give_verdict(ask.alert_id, ask.verdict))
            return
        from pulse_tui.tui.kit.choice import ChoiceScreen  # noqa: PLC0415  nobody needs it before the first =

        if not self._context.refuses():
            self._context.dialog(
                ChoiceScreen("Verdict", ask.title, VERDICTS, "the state of the alert stays as it is"),
                lambda word: self._context.act(lambda desk: desk.give_verdict(ask.alert_id, word)),
            )
