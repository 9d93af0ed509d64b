"""The registry's pages: each message becomes one question to the desk and one page over the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from pulse_tui.domain.errors import NotFound
from pulse_tui.tui.asks import common as messages
from pulse_tui.tui.asks import registry as asks
from pulse_tui.tui.pages import Pages

if TYPE_CHECKING:
    from pulse_tui.ports import Desk
    from pulse_tui.tui.kit.listing import ListScreen
    from pulse_tui.tui.kit.page import PageScreen

T = TypeVar("T")
Story = tuple[tuple[str, str], ...]


def look_up(desk: Desk, ref: str) -> str:
    """What a reference is the id of: ``asset``, ``advisory``, or an empty string."""
    for kind, ask in (("asset", desk.asset_story), ("advisory", desk.advisory_story)):
        try:
            ask(ref)
        except NotFound:
            continue
        return kind
    return ""


class RegistryPages(Pages):
    """Opens what the registry knows, and keeps it as live as the panes."""

    def _open(
        self,
        call: Callable[[Desk], T],
        page: Callable[[T], PageScreen | ListScreen[Any]],
        news: Callable[[Any, T], None],
    ) -> None:
        """Ask, open ``page`` over the answer, and ask again when somebody wrote."""
        from pulse_tui.tui.kit.listing import ListScreen  # noqa: PLC0415  nobody needs it before the first page

        def show(answer: T) -> None:
            opened = page(answer)

            def again(answer: T) -> None:
                if isinstance(opened, ListScreen):
                    opened.now_us = self._now_us()
                news(opened, answer)

            self._push(opened, lambda: self._ask(call, again))

        self._ask(call, show)

    def on_open_history(self, message: asks.OpenHistory) -> None:
        from pulse_tui.tui.registry.history import HistoryScreen  # noqa: PLC0415

        asset = message.asset_id
        self._open(
            lambda desk: desk.history(asset),
            lambda rows: HistoryScreen(self.head, asset, rows, self._now_us()),
            HistoryScreen.show_history,
        )

    def on_open_release(self, message: asks.OpenRelease) -> None:
        from pulse_tui.tui.registry.release import ReleaseScreen  # noqa: PLC0415

        asset, version = message.asset_id, message.version
        self._open(
            lambda desk: desk.release_story(asset, version),
            lambda story: ReleaseScreen(self.head, asset, version, story),
            ReleaseScreen.show_story,
        )

    def on_open_diff(self, message: asks.OpenDiff) -> None:
        from pulse_tui.tui.registry.release import DiffScreen  # noqa: PLC0415

        asset, older, newer = message.asset_id, message.older, message.newer
        self._open(
            lambda desk: desk.release_diff(asset, older, newer),
            lambda lines: DiffScreen(self.head, asset, older, newer, lines),
            DiffScreen.show_story,
        )

    def on_open_gate(self, message: asks.OpenGate) -> None:
        """Ask for which environment first."""
        from pulse_tui.tui.kit.ask import AskScreen, environment_field  # noqa: PLC0415

        def answered(values: tuple[str, ...] | None) -> None:
            if values is not None:
                self.open_gate(message.asset_id, message.version, values[0])

        about = f"{message.asset_id} {message.version}: may it go there?"
        self.push_screen(AskScreen("Gate", about, (environment_field(),)), answered)

    def open_gate(self, asset: str, version: str, where: str) -> None:
        """The gate's page."""
        from pulse_tui.tui.registry.release import GateScreen  # noqa: PLC0415

        self._open(
            lambda desk: desk.gate_story(asset, version, where),
            lambda story: GateScreen(self.head, asset, version, where, story),
            GateScreen.show_story,
        )

    def on_open_tree(self, message: asks.OpenTree) -> None:
        from pulse_tui.tui.registry.tree import TreeScreen  # noqa: PLC0415

        self._open(
            lambda desk: desk.tree(message.asset_id),
            lambda tree: TreeScreen(self.head, tree, self._now_us()),
            TreeScreen.show_tree,
        )

    def on_open_dependents(self, message: asks.OpenDependents) -> None:
        from pulse_tui.tui.registry.tree import DependentsScreen  # noqa: PLC0415

        self._open(
            lambda desk: desk.dependents(message.component_id),
            lambda found: DependentsScreen(self.head, found, self._now_us()),
            DependentsScreen.show_dependents,
        )

    def on_find_dependents(self) -> None:
        """Ask for the component's name first."""
        from pulse_tui.tui.kit.ask import AskScreen, Field  # noqa: PLC0415

        def answered(values: tuple[str, ...] | None) -> None:
            if values is not None:
                self.on_open_dependents(asks.OpenDependents(values[0]))

        self.push_screen(AskScreen("Used by", "who uses a component?", (Field("Component"),)), answered)

    def on_open_calendar(self) -> None:
        from pulse_tui.tui.registry.estate import CalendarScreen  # noqa: PLC0415

        self._open(
            lambda desk: desk.calendar(),
            lambda rows: CalendarScreen(self.head, rows, self._now_us()),
            CalendarScreen.show_calendar,
        )

    def on_open_inventory(self) -> None:
        from pulse_tui.tui.registry.estate import InventoryScreen  # noqa: PLC0415

        self._open(
            lambda desk: desk.inventory(),
            lambda rows: InventoryScreen(self.head, rows, self._now_us()),
            InventoryScreen.show_inventory,
        )

    def on_open_workflow(self, message: asks.OpenWorkflow) -> None:
        """The board has it all: nothing is asked."""
        from pulse_tui.tui.registry.estate import WorkflowScreen  # noqa: PLC0415

        row = next((r for r in (self.board.workflows if self.board else ()) if r.key == message.key), None)
        if row is None:
            self.say(f"there is no workflow {message.key} any more", bad=True)
            return
        page = WorkflowScreen(self.head, row, self._now_us())

        def reload() -> None:
            now = next((r for r in (self.board.workflows if self.board else ()) if r.key == message.key), None)
            if now is not None:
                page.show_workflow(now)

        self._push(page, reload)

    def on_open_reference(self, message: asks.OpenReference) -> None:
        """An asset or an advisory opens as such; anything else as a page of what its line says."""

        def found(kind: str) -> None:
            from pulse_tui.tui.opened import EntryScreen  # noqa: PLC0415

            if kind == "asset":
                self.on_open_asset(messages.OpenAsset(message.ref))
            elif kind == "advisory":
                self.on_open_advisory(messages.OpenAdvisory(message.ref))
            else:
                self.push_screen(EntryScreen(self.head, message.title, message.lines))

        self._ask(lambda desk: look_up(desk, message.ref) if message.ref else "", found)

    # ------------------------------------------------------------------ the palette

    def action_history(self, asset: str) -> None:
        """``history support-bot`` in the palette."""
        self.on_open_history(asks.OpenHistory(asset))

    def action_tree(self, asset: str) -> None:
        """``tree support-bot`` in the palette."""
        self.on_open_tree(asks.OpenTree(asset))
