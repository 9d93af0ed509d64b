"""The past: the tower as it stood at a moment, and from change to change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from pulse_tui.domain.moments import from_us
from pulse_tui.tui.asks import past as asks
from pulse_tui.tui.wing import Wing

if TYPE_CHECKING:
    from pulse_tui.domain.views.past import Landing
    from pulse_tui.ports.tower import PastDesk
    from pulse_tui.tui.context import Context


class PastWing(Wing):
    """Goes to a moment, steps, and comes back. It has no pane: all panes show what was."""

    def __init__(self, context: Context) -> None:
        """``context``: what it may use of the tower."""
        self._context = context
        self.answers = {
            asks.Replay: self.replay,
            asks.Live: self.live,
            asks.StepTo: self.step,
            asks.Pass: self.pass_,
        }

    def replay(self, ask: asks.Replay) -> None:
        """To a moment; of a rollback that is under way somebody sees the end first."""
        from pulse_tui.domain.when import FORMS  # noqa: PLC0415  nobody needs it before the first replay
        from pulse_tui.tui.kit.forms import Field  # noqa: PLC0415

        context = self._context
        if context.acting:
            context.say("an action is under way: see how it ends before you look at the past", bad=True)
        elif ask.at:
            self._to(ask.at)
        else:
            context.form(
                "Replay the tower as of",
                f"{context.zone}: {FORMS}",
                (Field("Moment"),),
                lambda values: self._to(values[0]),
            )

    def _to(self, text: str) -> None:
        from pulse_tui.domain.when import moment  # noqa: PLC0415

        now = from_us(self._context.live_us)
        at, zone = text.strip(), self._context.zone

        def go() -> tuple[PastDesk, Landing]:
            desk = self._context.past or self._context.desk
            assert desk is not None
            past = desk.past(moment(at, now, zone))
            return past, past.landed()

        self._move(go)

    def step(self, ask: asks.StepTo) -> None:
        """To the next change."""
        if (past := self._context.past) is not None:
            self._move(lambda: (past, past.step(ask.by)))

    def pass_(self, ask: asks.Pass) -> None:
        """Some minutes."""
        if (past := self._context.past) is not None:
            to = from_us(self._context.now_us) + timedelta(minutes=ask.minutes)
            self._move(lambda: (past, past.go(to)))

    def _move(self, go: Callable[[], tuple[PastDesk, Landing]]) -> None:
        context = self._context

        async def run() -> None:
            async with context.notices.reported():
                past, landing = await context.run("read", go)
                context.back_to_panes()  # a page of another moment must not stand under the new one
                await context.show_past(past, landing)
                if landing.missing:
                    context.say(landing.missing, bad=True)
                elif landing.changed:
                    context.page.say(landing.changed)
                else:
                    context.page.say("")

        if context.desk is None:
            context.say("the estate is still being opened; try again in a moment", bad=True)
        else:
            context.spawn(run())

    def live(self, _ask: asks.Live) -> None:
        """As it is."""
        context = self._context

        async def run() -> None:
            if context.past is None:
                context.say("this is the live tower")
                return
            context.back_to_panes()
            if await context.show_present():
                context.say("the live tower again")
            else:
                context.say("there is no live tower behind this replay: q leaves it")

        context.spawn(run())
