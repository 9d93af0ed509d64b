"""Another estate in the same tower: it is checked first, and nothing of this one stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pulse_tui.tui.asks import estates as asks
from pulse_tui.tui.wing import Wing

if TYPE_CHECKING:
    from pulse_tui.tui.context import Context, EstateLine
    from pulse_tui.tui.kit.palette import Noun, Thing


class EstatesWing(Wing):
    """It has no pane: ``:ctx`` opens the list."""

    def __init__(self, context: Context) -> None:
        """``context``: what it may use of the tower."""
        self._context = context
        self.answers = {asks.OpenEstates: self.open, asks.SwitchEstate: self.switch}

    def nouns(self) -> Iterable[Noun]:
        from pulse_tui.tui.kit.palette import Noun  # noqa: PLC0415  nobody needs it before the first :

        yield Noun(
            "ctx", "another estate in this tower", self._things, alone=asks.OpenEstates(), other=asks.SwitchEstate,
            aliases=("context", "estate"),
        )  # fmt: skip

    def _things(self) -> Iterator[Thing]:
        estates = self._context.estates
        for row in estates.known() if estates is not None else ():
            yield row.name, "this one" if row.current else row.where, asks.SwitchEstate(row.name)

    def open(self, _ask: asks.OpenEstates) -> None:
        """Those of the operator's file first."""
        from pulse_tui.tui.common.estates import EstatesScreen  # noqa: PLC0415  nobody needs it before the first :ctx

        context, estates = self._context, self._context.estates
        if estates is None:
            context.say("this tower shows one estate", bad=True)
            return
        context.ask(
            lambda _desk: estates.known(),
            lambda rows: context.push(EstatesScreen(context.head, rows, context.now_us)),
        )

    def switch(self, ask: asks.SwitchEstate) -> None:
        """What is wrong with the other one is said here, and this one stays."""
        context, estates = self._context, self._context.estates
        if estates is None:
            context.say("this tower shows one estate", bad=True)
            return
        if self._acting():
            return
        context.say(f"looking at {ask.name}…")

        def checked(line: EstateLine | None) -> None:
            if line is None:
                context.say(f"{ask.name} is the estate that is open")
            elif not self._acting():
                estates.go(ask.name)

        def check() -> EstateLine | None:
            estates.check(ask.name)
            return next((row for row in estates.known() if row.name == ask.name and not row.current), None)

        context.ask_aside(lambda _desk: check(), checked)

    def _acting(self) -> bool:
        if self._context.acting:
            self._context.say("an action is under way: see how it ends before you go to another estate", bad=True)
        return self._context.acting
