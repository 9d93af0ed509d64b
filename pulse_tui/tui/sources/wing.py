"""Sources: how each is doing, and a round of them now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pulse_tui.domain.errors import NotFound, PulseError
from pulse_tui.domain.health import PUSHED
from pulse_tui.domain.typed import line
from pulse_tui.tui.asks.sources import Collect, OpenSource, OpenSources
from pulse_tui.tui.wing import Wing

if TYPE_CHECKING:
    from pulse_tui.domain.trust import Trust
    from pulse_tui.domain.views.signals import SourceRow
    from pulse_tui.ports.tower import Desk
    from pulse_tui.tui.context import Context
    from pulse_tui.tui.kit.palette import Noun, Thing


class SourcesWing(Wing):
    """The page of the sources, and collecting on demand."""

    def __init__(self, context: Context) -> None:
        """``context``: what it may use of the tower."""
        self._context = context
        self.answers = {OpenSources: self.open, OpenSource: self.one, Collect: self.collect}

    def _rows(self) -> tuple[SourceRow, ...]:
        return self._context.board.sources if self._context.board else ()

    def open(self, ask: OpenSources) -> None:
        """How far each can be trusted, and what was refused."""
        from pulse_tui.tui.sources.sources import SourcesScreen  # noqa: PLC0415  nobody needs it before the first S

        self._context.open(
            lambda desk: (desk.trust(), desk.source_problems()),
            lambda found: SourcesScreen(self._context.head, *found, self._context.now_us),
            lambda page, found: page.show_story(*found, self._context.now_us),
        )

    def one(self, ask: OpenSource) -> None:
        """How far it can be trusted. A name that no source has is refused with the nearest."""
        from pulse_tui.tui.sources.source import SourceScreen  # noqa: PLC0415  nobody needs it before the first of them

        def found(desk: Desk) -> Trust:
            rows = desk.trust()
            row = next((row for row in rows if row.source == ask.source), None)
            if row is None:
                from pulse_tui.settings.check import nearest  # noqa: PLC0415  only for who mistyped

                raise NotFound(
                    f"there is no source {ask.source!r}", todo=nearest(ask.source, [row.source for row in rows])
                )
            return row

        def again(page: SourceScreen, row: Trust) -> None:
            page.show_source(row)

        self._context.open(found, lambda row: SourceScreen(self._context.head, row, self._context.now_us), again)

    def collect(self, ask: Collect) -> None:
        """One round now."""
        context, runner = self._context, self._context.runner
        if runner is None:
            context.say("no sources are collected by this tower; an agent does, or it is still starting", bad=True)
            return
        context.say(f"collecting from {ask.source or 'all sources'}…")

        async def run() -> None:
            async with context.notices.reported():
                words = ("refresh", *((ask.source,) if ask.source else ()))
                command, ended, bad = line(words, context.entrance), "collected: S says how each source is doing", False
                try:
                    await runner.refresh(ask.source)
                except PulseError as error:
                    ended, bad = str(error), True
                    raise
                finally:
                    context.notices.did(command, ended, bad, "")
                await context.read_board()

        context.spawn(run())

    def nouns(self) -> Iterable[Noun]:
        from pulse_tui.tui.kit.palette import Noun  # noqa: PLC0415

        yield Noun(
            "source",
            "how every source is doing; one by its name",
            self._known,
            "sources",
            OpenSources(),
            None,
            OpenSource,
        )
        if not self._context.head.read_only:
            yield Noun("refresh", "collect from a source now", self._collected, leads=True)

    def _known(self) -> Iterator[Thing]:
        for row in self._rows():
            yield row.id, f"{row.kind}: {row.health}", OpenSource(row.id)

    def _collected(self) -> Iterator[Thing]:
        for row in self._rows():
            if row.kind != PUSHED:
                yield row.id, f"collect from this {row.kind} source", Collect(row.id)
