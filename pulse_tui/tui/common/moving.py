"""How an operator moves: back and forward through the pages of this session."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pulse_tui.tui.asks import common as asks
from pulse_tui.tui.asks.places import opens
from pulse_tui.tui.kit.trail import Trail
from pulse_tui.tui.wing import Wing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pulse_tui.domain.ref import Link
    from pulse_tui.tui.asks.base import OpenPage
    from pulse_tui.tui.context import Context
    from pulse_tui.tui.kit.screen import BaseScreen


class Place(NamedTuple):
    """Where an operator was."""

    pane: int
    """The pane that had the keys."""
    ask: OpenPage | None
    """What opens the page over the panes; None: they were on top."""


def same(one: Place, other: Place) -> bool:
    """Whether they are one page, or one pane."""
    if one.ask is None or other.ask is None:
        return one.ask is other.ask and one.pane == other.pane
    return one.ask.same(other.ask)


class MovingWing(Wing):
    """It has no pane, and keeps the order in which pages were seen."""

    def __init__(self, context: Context) -> None:
        """``context``: what it may use of the tower."""
        self._context = context
        self.trail: Trail[Place] = Trail(same)
        self._on: BaseScreen | None = None
        self._going = False
        """A page was asked for and has not come yet."""
        self.answers = {
            asks.Arrived: self.arrived,
            asks.Step: self.step,
            asks.Toggle: self.toggle,
            asks.Jump: self.jump,
        }

    def arrived(self, ask: asks.Arrived) -> None:
        """A page that nothing opens again is left out."""
        page, main = self._context.page, self._context.main
        place = Place(main.current, page.place())
        if page is not main and place.ask is None:
            return
        if page is not main and page is self._on:  # it went on to another alert
            self.trail.become(place)
            return
        self._on, self._going = page, False
        self.trail.arrive(place, again=ask.again)

    def step(self, ask: asks.Step) -> None:
        """Open what was there, as it is now."""
        self._forget_what_is_gone()
        if self._left_out():
            return
        place = self.trail.back() if ask.by < 0 else self.trail.forward()
        if place is None:
            self._context.say("no page before this one" if ask.by < 0 else "no page after this one")
        else:
            self._go(place)

    def toggle(self, _ask: asks.Toggle) -> None:
        """The same key leads back."""
        self._forget_what_is_gone()
        if self._left_out():
            return
        place = self.trail.before()
        if place is None:
            self._context.say("no page before this one")
        else:
            self._go(place)

    def jump(self, ask: asks.Jump) -> None:
        """One thing opens at once."""
        context, of = self._context, ask.ref
        if of is None:
            context.say("this is nothing that has a name: choose a row with one")
            return

        def show(links: Sequence[Link]) -> None:
            from pulse_tui.tui.common.related import RelatedScreen  # noqa: PLC0415  nobody needs it before the first J

            there = tuple(link for link in links if opens(link.ref) is not None)
            first = opens(there[0].ref) if there else None
            if first is None:
                context.say(f"nothing is related to {of}")
            elif len(there) == 1:
                context.answer(first)
            else:
                page = RelatedScreen(context.head, of, there, context.now_us)
                context.push(page, lambda: context.ask(lambda desk: desk.related(of), page.show_rows))

        context.ask(lambda desk: desk.related(of), show)

    def _left_out(self) -> bool:
        """From a page that the order does not have (help), back is to what it covers."""
        page = self._context.page
        if page is self._context.main or page.place() is not None:
            return False
        self._context.pop()
        return True

    def _forget_what_is_gone(self) -> None:
        if self._going:  # keys wait while a page opens: this one did not, or the operator gave up waiting for it
            self.trail.lost()
        self._going = False

    def _go(self, place: Place) -> None:
        context, ask = self._context, place.ask
        if ask is None:
            context.back_to_panes()
            context.main.action_pane(place.pane)
            return
        for page in reversed(context.pages):
            there = page.place()
            if there is not None and there.same(ask):
                context.pop_to(page)
                return
        if len(context.pages) == 1:
            context.main.action_pane(place.pane)
        self._going = True
        context.answer(ask)
