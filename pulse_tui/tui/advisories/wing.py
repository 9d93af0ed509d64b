"""Advisories: opened and kept live, waived, the ledger, the blast radius."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from pulse_tui.domain.errors import Refused
from pulse_tui.domain.moments import from_us
from pulse_tui.tui.advisories.pane import AdvisoriesPane
from pulse_tui.tui.asks.advisories import (
    EndWaiver,
    OpenAdvisory,
    OpenLedger,
    OpenRadius,
    OpenWaivers,
    WaiveAdvisories,
    WaiveAdvisory,
)
from pulse_tui.tui.kit.forms import Bulk, Field, positive_count
from pulse_tui.tui.wing import Wing

if TYPE_CHECKING:
    from pulse_tui.domain.each import Target
    from pulse_tui.ports.tower import Desk
    from pulse_tui.tui.context import Context
    from pulse_tui.tui.kit.palette import Command, Noun, Thing

CHOICES = 8
"""Places to waive that the form lists."""


class AdvisoriesWing(Wing):
    """The pane of the advisories, and its pages."""

    def __init__(self, context: Context) -> None:
        """``context``: what it may use of the tower."""
        self._context = context
        self.panes = (AdvisoriesPane(),)
        self.answers = {
            OpenAdvisory: self.open,
            OpenLedger: self.ledger,
            OpenRadius: self.radius,
            WaiveAdvisory: self.waive,
            WaiveAdvisories: self.waive_each,
            OpenWaivers: self.waivers,
            EndWaiver: self.end,
        }

    def commands(self) -> Iterable[Command]:
        from pulse_tui.tui.kit.palette import Command  # noqa: PLC0415  nobody needs it before the first :

        yield Command("coverage ledger", "matched, clean, not audited; how new each feed is", OpenLedger())
        yield Command("waivers", "recorded exceptions of vulnerabilities, those that ended too", OpenWaivers())

    def nouns(self) -> Iterable[Noun]:
        from pulse_tui.tui.kit.palette import Noun  # noqa: PLC0415

        yield Noun("radius", "everything that a vulnerability can hurt", self._named)

    def _named(self) -> Iterator[Thing]:
        board = self._context.board
        for name in dict.fromkeys(row.id for row in board.advisories if row.record) if board else ():
            yield name, "", OpenRadius(name)

    def open(self, ask: OpenAdvisory) -> None:
        """By any of its ids."""
        from pulse_tui.tui.advisories.advisory import AdvisoryScreen  # noqa: PLC0415  nobody needs it before

        key = ask.advisory_id
        self._context.open(
            lambda desk: desk.advisory_story(key),
            lambda story: AdvisoryScreen(self._context.head, key, story),
            AdvisoryScreen.show_story,
        )

    def ledger(self, _ask: OpenLedger) -> None:
        """What nobody can judge stands at its end."""
        from pulse_tui.tui.advisories.ledger import LedgerScreen  # noqa: PLC0415

        self._context.open(
            lambda desk: desk.ledger(),
            lambda page: LedgerScreen(self._context.head, page, self._context.now_us),
            LedgerScreen.show_ledger,
        )

    def radius(self, ask: OpenRadius) -> None:
        """As a tree."""
        from pulse_tui.tui.advisories.radius import RadiusScreen  # noqa: PLC0415

        self._context.open(
            lambda desk: desk.radius(ask.advisory_id),
            lambda radius: RadiusScreen(self._context.head, radius, self._context.now_us),
            RadiusScreen.show_radius,
        )

    def waivers(self, _ask: OpenWaivers) -> None:
        """Those that stand on top."""
        from pulse_tui.tui.advisories.waivers import WaiversScreen  # noqa: PLC0415

        self._context.open(
            lambda desk: desk.waivers(every=True),
            lambda rows: WaiversScreen(self._context.head, rows, self._context.now_us),
            WaiversScreen.show_rows,
        )

    def end(self, ask: EndWaiver) -> None:
        """Ask why."""
        self._context.form(
            "End this waiver", ask.title, (Field("Why"),),
            lambda values: self._context.act(lambda desk: desk.end_waiver(ask.waiver_id, values[0])),
        )  # fmt: skip

    def waive_each(self, ask: WaiveAdvisories) -> None:
        """The risk is accepted; what is not affected or fixed is said on the advisory's own page."""

        def waive(desk: Desk, target: Target, values: tuple[str, ...]) -> str:
            owner, days, why = values
            until = from_us(self._context.now_us) + timedelta(days=int(days))
            reached = desk.advisory_story(target.id).reached
            places = [(asset, part) for asset, part in reached if part == target.detail] or list(reached)
            if not places:
                raise Refused("it reaches no asset that is known: there is nothing to waive")
            return "; ".join(
                desk.waive_advisory(target.id, asset, part, why=why, owner=owner, until=until) for asset, part in places
            )

        fields = (
            Field("Owner", note="who answers for it"),
            Field("Review in days", "30", positive_count),
            Field("Rationale"),
        )
        about = ("in every asset that it reaches; open it to say that something is not affected or fixed",)
        self._context.on_each(
            Bulk(
                "Accept this risk", "Accept these risks", "advisory", "waived", waive, fields, about=about,
                plural="advisories",
            ),
            ask.targets,
        )  # fmt: skip

    def waive(self, ask: WaiveAdvisory) -> None:
        """Ask for what a VEX statement needs; the service refuses what would excuse without saying why."""
        from pulse_tui.tui.advisories.waiving import Terms, waiver_fields, wrong_together  # noqa: PLC0415

        shown = [f"{asset}: {component}" for asset, component in ask.reached[:CHOICES]]
        more = [f"and {len(ask.reached) - CHOICES} more"] if len(ask.reached) > CHOICES else []
        about = "\n".join((f"{ask.advisory_id}, in:", *shown, *more))

        def placed(values: tuple[str, ...]) -> None:
            terms = Terms(*values)
            self._context.act(
                lambda desk: desk.waive_advisory(
                    ask.advisory_id, terms.asset, terms.component, why=terms.why, status=terms.status,
                    justification=terms.justification, owner=terms.owner, until=terms.until(self._context.now_us),
                )
            )  # fmt: skip

        self._context.form("Waive", about, waiver_fields(ask.reached), placed, wrong_together)
