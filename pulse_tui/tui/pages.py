"""What opens over the panes: each message becomes one question to the desk and one page over the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pulse_tui.tui.asks import common as messages
from pulse_tui.tui.calls import Calls

if TYPE_CHECKING:
    from pulse_tui.domain.views.panes import AlertStory, PlanStory, RegistryRow, SourceRow
    from pulse_tui.tui.alerts.alert import NextAlert
    from pulse_tui.tui.kit.listing import ListScreen
    from pulse_tui.tui.kit.page import PageScreen


class Pages(Calls):
    """Opens pages and keeps them as live as the panes."""

    def on_open_alert(self, message: messages.OpenAlert) -> None:
        """Open it, and keep it live."""
        from pulse_tui.tui.alerts.alert import AlertScreen  # noqa: PLC0415

        def show(story: AlertStory) -> None:
            page = AlertScreen(self.head, story)
            self._push(page, lambda: self._ask(lambda desk: desk.story(page.story.alert.id), page.show_story))

        self._ask(lambda desk: desk.story(message.alert_id), show)

    def on_next_alert(self, message: NextAlert) -> None:
        """The alert screen goes on to the next row of pane 4."""
        from pulse_tui.tui.alerts.alert import AlertScreen  # noqa: PLC0415

        screen, table = self.screen, self.main.alerts
        if not isinstance(screen, AlertScreen):
            return
        if not table.move(message.by) or table.row is None:
            self.say("that was the last alert" if message.by > 0 else "that was the first alert")
            return
        self._ask(lambda desk, key=table.row.id: desk.story(key), screen.show_story)  # type: ignore[misc]

    def on_open_advisory(self, message: messages.OpenAdvisory) -> None:
        """Open it, and keep it live."""
        from pulse_tui.tui.opened import AdvisoryScreen, Lines  # noqa: PLC0415

        key = message.advisory_id
        name = next((row.name for row in (self.board.advisories if self.board else ()) if row.id == key), key)

        def show(lines: Lines) -> None:
            page = AdvisoryScreen(self.head, name, lines)
            self._push(page, lambda: self._ask(lambda desk: desk.advisory_story(key), page.show_story))

        self._ask(lambda desk: desk.advisory_story(key), show)

    def on_open_asset(self, message: messages.OpenAsset) -> None:
        """Open it, and keep it live."""
        from pulse_tui.tui.opened import AssetScreen, Lines  # noqa: PLC0415

        asset = message.asset_id

        def show(lines: Lines) -> None:
            page = AssetScreen(self.head, asset, lines, self.main.is_frozen(asset), self._runs(asset))

            def news(lines: Lines) -> None:
                page.show_story(lines, self.main.is_frozen(asset), self._runs(asset))

            self._push(page, lambda: self._ask(lambda desk: desk.asset_story(asset), news))

        self._ask(lambda desk: desk.asset_story(asset), show)

    def _runs(self, asset: str) -> tuple[RegistryRow, ...]:
        return tuple(row for row in (self.board.registry if self.board else ()) if row.asset == asset)

    def on_open_sources(self) -> None:
        """Open the sources, and keep them live."""
        from pulse_tui.tui.opened import SourcesScreen  # noqa: PLC0415

        def rows() -> tuple[SourceRow, ...]:
            return self.board.sources if self.board else ()

        def show(problems: tuple[str, ...]) -> None:
            page = SourcesScreen(self.head, rows(), problems, self._now_us())

            def news(problems: tuple[str, ...]) -> None:
                page.show_story(rows(), problems, self._now_us())

            self._push(page, lambda: self._ask(lambda desk: desk.source_problems(), news))

        self._ask(lambda desk: desk.source_problems(), show)

    def on_open_messages(self) -> None:
        from pulse_tui.tui.opened import MessagesScreen  # noqa: PLC0415

        self.push_screen(MessagesScreen(self.head, list(self.log_entries)))

    def _open_plan(self, plan: PlanStory) -> None:
        from pulse_tui.tui.rollback.plan import PlanScreen  # noqa: PLC0415

        page = PlanScreen(self.head, plan)
        self._push(page, lambda: self._ask(lambda desk: desk.plan_story(page.plan.hash), page.show_plan))

    def _push(self, page: PageScreen | ListScreen[Any], reload: Callable[[], None]) -> None:
        """Open a page; ``reload`` asks for it again when somebody wrote, so that it is as live as the panes."""
        page.reload = reload
        self.push_screen(page)

    def reload_page(self) -> None:
        """Ask again for what the open page shows."""
        reload = getattr(self._page(), "reload", None)  # the panes have none, and need not know what a page is
        if reload is not None:
            reload()

    # ------------------------------------------------------------------ the palette

    def on_open_palette(self) -> None:
        from pulse_tui.tui.commands import commands  # noqa: PLC0415
        from pulse_tui.tui.kit.palette import PaletteScreen  # noqa: PLC0415

        page = self._page() or self.main

        def answered(words: str | None) -> None:
            if words is not None:
                self._run_command(words)

        self.push_screen(PaletteScreen(commands(page, self.main, self.board)), answered)

    def _run_command(self, words: str) -> None:
        from pulse_tui.tui.commands import resolve  # noqa: PLC0415

        target, action = resolve(words)
        if action is not None:
            if target == "main":
                while len(self.screen_stack) > 1:
                    self.pop_screen()
            self._spawn(self._run_action(action))
        else:
            self.on_open_asset(messages.OpenAsset(target))

    async def _run_action(self, action: str) -> None:
        await self.run_action(action, self.screen if self._page() is self.screen else self.main)
