"""Alerts: opened and kept live, acknowledged, silenced, waived, resolved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pulse_tui.domain.each import Target
from pulse_tui.domain.moments import from_us
from pulse_tui.tui.alerts.pane import AlertsPane
from pulse_tui.tui.alerts.verdict_keys import VERDICTS
from pulse_tui.tui.asks import alerts as asks
from pulse_tui.tui.kit.forms import Bulk, Field, positive_count, positive_number
from pulse_tui.tui.wing import Wing

if TYPE_CHECKING:
    from pulse_tui.domain.views.alerts import AlertStory
    from pulse_tui.ports.tower import Desk
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
            asks.OnAlerts: self.on_each,
            asks.Acknowledge: lambda ask: self._on("acknowledge", (Target(ask.alert_id, ""),)),
            asks.Silence: self._one("silence"),
            asks.SilenceLike: self.silence_like,
            asks.Waive: self._one("waive"),
            asks.Resolve: self._one("resolve"),
            asks.Unmute: self._one("unmute"),
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

    def silence_like(self, ask: asks.SilenceLike) -> None:
        """Ask what to match, for how long and why; what it would hit stands in the form before it is placed."""
        from pulse_tui.tui.alerts.silencing import Silencing, like  # noqa: PLC0415  nobody needs it before the first X

        Silencing(self._context).ask(like(ask.asset, ask.signal_type))

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

    def on_each(self, ask: asks.OnAlerts) -> None:
        """One or several."""
        self._on(ask.action, ask.targets, ask.word)

    def _one(self, action: str) -> Callable[[asks.OfAlert], None]:
        return lambda ask: self._on(action, (Target(ask.alert_id, ask.title),))

    def verdict(self, ask: asks.GiveVerdict) -> None:
        """At once, or one more key chooses."""
        self._on("verdict", (Target(ask.alert_id, ask.title),), ask.verdict)

    def _on(self, action: str, targets: Sequence[Target], word: str = "") -> None:
        self._context.on_each(_verdict(word) if action == "verdict" else ACTIONS[action], targets)


ACTIONS: Final[Mapping[str, Bulk]] = {
    "acknowledge": Bulk(
        "Acknowledge this alert", "Acknowledge these alerts", "alert", "acknowledged",
        lambda desk, target, values: desk.acknowledge(target.id),
    ),
    "silence": Bulk(
        "Silence this alert", "Silence these alerts", "alert", "silenced",
        lambda desk, target, values: desk.silence(target.id, float(values[0]), values[1]),
        (Field("Hours", "4", positive_number), Field("Why")),
    ),
    "waive": Bulk(
        "Waive: record an exception", "Waive these alerts: an exception of each", "alert", "waived",
        lambda desk, target, values: desk.waive(target.id, int(values[0]), values[1]),
        (Field("Review in days", "30", positive_count), Field("Rationale")),
    ),
    "unmute": Bulk(
        "Take back what mutes this alert", "Take back what mutes these alerts", "alert", "no longer muted",
        lambda desk, target, values: desk.unmute(target.id, values[0]),
        (Field("Why"),),
    ),
    "take_back": Bulk(
        "Take this back", "Take these back: what they covered and still holds fires again", "entry", "taken back",
        lambda desk, target, values: _take_back(desk, target, values[0]),
        (Field("Why"),),
        plural="entries",
    ),
    "resolve": Bulk(
        "Resolve this alert", "Resolve these alerts", "alert", "resolved",
        lambda desk, target, values: desk.resolve(target.id, values[0]),
        (Field("Why has it ended"),),
    ),
}  # fmt: skip


def _verdict(word: str) -> Bulk:
    """The word that is known already, or a choice of all."""
    return Bulk(
        "Verdict", f"Verdict {word} on these alerts" if word else "Verdict on these alerts", "alert",
        f"judged {word}" if word else "judged",
        lambda desk, target, values: desk.give_verdict(target.id, word or values[0]),
        choices=() if word else VERDICTS,
        about=("the state of the alert stays as it is",),
    )  # fmt: skip


def _take_back(desk: Desk, target: Target, why: str) -> str:
    """An alert is unmuted, a silence or window ends, a hold is lifted."""
    take = {"hold": desk.lift, "silence": desk.end_silence}.get(target.detail, desk.unmute)
    return take(target.id, why)
