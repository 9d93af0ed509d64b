"""People: the handover of a shift, and reviews."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pulse_tui.tui.asks import people as asks
from pulse_tui.tui.kit.forms import Bulk, Field
from pulse_tui.tui.wing import Wing

if TYPE_CHECKING:
    from pulse_tui.tui.context import Context
    from pulse_tui.tui.kit.palette import Command

SINCE = timedelta(hours=12)
"""What the page of the handover looks back on: a shift."""
MOST = timedelta(days=31)


ACTIONS: Final[Mapping[str, Bulk]] = {
    "take": Bulk(
        "Take this review", "Take these reviews: you work on them", "review", "taken",
        lambda desk, target, values: desk.take_review(target.id),
    ),
    "finish": Bulk(
        "This review is done", "These reviews are done", "review", "done",
        lambda desk, target, values: desk.finish_review(target.id, values[0]),
        (Field("What was found"),),
    ),
}  # fmt: skip


class PeopleWing(Wing):
    """Pages of what people have to do."""

    def __init__(self, context: Context) -> None:
        """``context``: what it may use of the tower."""
        self._context = context
        self._since = SINCE
        self.answers = {
            asks.OpenHandover: self.handover,
            asks.HandOver: self.hand_over,
            asks.OpenReviews: self.reviews,
            asks.OnReviews: lambda ask: context.on_each(ACTIONS[ask.action], ask.targets),
        }

    def handover(self, ask: asks.OpenHandover) -> None:
        """The last twelve hours, or as long as was asked for, and the next twelve."""
        from pulse_tui.domain.when import span  # noqa: PLC0415  nobody needs it before the first H
        from pulse_tui.tui.alerts.handover import HandoverScreen  # noqa: PLC0415

        since = span(ask.since) if ask.since else SINCE
        if since is None or not timedelta() < since <= MOST:
            self._context.say(f"{ask.since} is no time: write 8h or 2d, at most 31d", bad=True)
            return
        self._since = since
        self._context.open(
            lambda desk: desk.handover(since),
            lambda made: HandoverScreen(self._context.head, made),
            HandoverScreen.show_handover,
        )

    def hand_over(self, _ask: asks.HandOver) -> None:
        """Ask who takes over."""
        self._context.form(
            "Hand the shift over", "kept in the audit log", (Field("To"),),
            lambda values: self._context.act(lambda desk: desk.hand_over(values[0], self._since)),
        )  # fmt: skip

    def reviews(self, _ask: asks.OpenReviews) -> None:
        """What is due first on top."""
        from pulse_tui.tui.alerts.reviews import ReviewsScreen  # noqa: PLC0415  as above

        self._context.open(
            lambda desk: desk.review_tasks(),
            lambda rows: ReviewsScreen(self._context.head, rows, self._context.now_us),
            ReviewsScreen.show_rows,
        )

    def commands(self) -> Iterable[Command]:
        from pulse_tui.tui.kit.palette import Command  # noqa: PLC0415

        yield Command("handover", "for the next shift: what is open, quiet, to come", asks.OpenHandover())
        yield Command("on call", "who is on call now and next, atop the handover", asks.OpenHandover())
        yield Command("reviews", "what somebody has to look at: take one, finish one", asks.OpenReviews())
