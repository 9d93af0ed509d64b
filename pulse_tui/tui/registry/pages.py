"""The registry's pages: each ask becomes one question to the desk and one page over the answer.

The screens are imported when the first of them opens: the panes need none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.words import PRIORITY_RANK
from pulse_tui.tui.asks import registry as asks
from pulse_tui.tui.asks.advisories import OpenAdvisory
from pulse_tui.tui.kit.forms import Field, environment_field

if TYPE_CHECKING:
    from pulse_tui.domain.views.alerts import AlertRow
    from pulse_tui.domain.views.registry import RegistryRow, WorkflowRow
    from pulse_tui.ports.tower import Desk
    from pulse_tui.tui.context import Context


def look_up(desk: Desk, ref: str) -> str:
    """What a reference is the id of: ``asset``, ``advisory``, or an empty string."""
    for kind, ask in (("asset", desk.asset_story), ("advisory", desk.advisory_story)):
        try:
            ask(ref)
        except NotFound:
            continue
        return kind
    return ""


class Pages:
    """Opens what the registry knows, and keeps it as live as the panes."""

    def __init__(self, context: Context) -> None:
        """``context``: what it may use of the tower."""
        self._context = context

    def asset(self, ask: asks.OpenAsset) -> None:
        """What is recorded of it, with its rows of the board."""
        from pulse_tui.domain.views.rollback import unsettled  # noqa: PLC0415
        from pulse_tui.tui.registry.asset import AssetScreen  # noqa: PLC0415

        asset = ask.asset_id
        self._context.open(
            lambda desk: (desk.asset_story(asset), unsettled(desk.plans(asset))),
            lambda found: AssetScreen(
                self._context.head,
                asset,
                found[0],
                self._deployments(asset),
                self._alerts(asset),
                found[1],
                self._context.now_us,
            ),
            lambda page, found: page.show_story(found[0], self._deployments(asset), self._alerts(asset), found[1]),
        )

    def _deployments(self, asset: str) -> tuple[RegistryRow, ...]:
        board = self._context.board
        return tuple(row for row in (board.registry if board else ()) if row.asset == asset)

    def _alerts(self, asset: str) -> list[AlertRow]:
        board = self._context.board
        rows = (row for row in (board.alerts if board else ()) if row.asset == asset)
        return sorted(rows, key=lambda row: PRIORITY_RANK[row.priority])

    def history(self, ask: asks.OpenHistory) -> None:
        """Its releases."""
        from pulse_tui.tui.registry.history import HistoryScreen  # noqa: PLC0415

        asset = ask.asset_id
        self._context.open(
            lambda desk: desk.history(asset),
            lambda rows: HistoryScreen(self._context.head, asset, rows, self._context.now_us),
            HistoryScreen.show_history,
        )

    def release(self, ask: asks.OpenRelease) -> None:
        """Everything recorded of one."""
        from pulse_tui.tui.registry.release import ReleaseScreen  # noqa: PLC0415

        asset, version = ask.asset_id, ask.version
        self._context.open(
            lambda desk: desk.release_story(asset, version),
            lambda story: ReleaseScreen(self._context.head, asset, version, story),
            ReleaseScreen.show_story,
        )

    def diff(self, ask: asks.OpenDiff) -> None:
        """What is not the same between two."""
        from pulse_tui.tui.registry.release import DiffScreen  # noqa: PLC0415

        asset, older, newer = ask.asset_id, ask.older, ask.newer
        self._context.open(
            lambda desk: desk.release_diff(asset, older, newer),
            lambda lines: DiffScreen(self._context.head, asset, older, newer, lines),
            DiffScreen.show_story,
        )

    def gate(self, ask: asks.OpenGate) -> None:
        """May it go there? Where is asked first when it is not known."""
        from pulse_tui.tui.registry.release import GateScreen  # noqa: PLC0415

        asset, version, where = ask.asset_id, ask.version, ask.environment
        if where is None:
            about = f"{asset} {version}: may it go there?"
            self._context.form(
                "Gate",
                about,
                (environment_field(),),
                lambda values: self._context.answer(asks.OpenGate(asset, version, values[0])),
            )
            return
        self._context.open(
            lambda desk: desk.gate_story(asset, version, where),
            lambda story: GateScreen(self._context.head, asset, version, where, story),
            GateScreen.show_story,
        )

    def tree(self, ask: asks.OpenTree) -> None:
        """What the asset depends on."""
        from pulse_tui.tui.registry.tree import TreeScreen  # noqa: PLC0415

        self._context.open(
            lambda desk: desk.tree(ask.asset_id),
            lambda tree: TreeScreen(self._context.head, tree, self._context.now_us),
            TreeScreen.show_tree,
        )

    def dependents(self, ask: asks.OpenDependents) -> None:
        """Who uses a component. Which is asked first when it is not known."""
        from pulse_tui.tui.registry.tree import DependentsScreen  # noqa: PLC0415

        component = ask.component_id
        if component is None:
            self._context.form(
                "Used by", "who uses a component?", (Field("Component"),),
                lambda values: self._context.answer(asks.OpenDependents(values[0])),
            )  # fmt: skip
            return
        self._context.open(
            lambda desk: desk.dependents(component),
            lambda found: DependentsScreen(self._context.head, found, self._context.now_us),
            DependentsScreen.show_dependents,
        )

    def calendar(self, ask: asks.OpenCalendar) -> None:
        """Releases, ours and the vendors'."""
        from pulse_tui.tui.registry.estate import CalendarScreen  # noqa: PLC0415

        self._context.open(
            lambda desk: desk.calendar(),
            lambda rows: CalendarScreen(self._context.head, rows, self._context.now_us),
            CalendarScreen.show_calendar,
        )

    def inventory(self, ask: asks.OpenInventory) -> None:
        """Where the sources and the estate do not agree."""
        from pulse_tui.tui.registry.estate import InventoryScreen  # noqa: PLC0415

        self._context.open(
            lambda desk: desk.inventory(),
            lambda rows: InventoryScreen(self._context.head, rows, self._context.now_us),
            InventoryScreen.show_inventory,
        )

    def workflow(self, ask: asks.OpenWorkflow) -> None:
        """The board has it all: the desk is not asked."""
        from pulse_tui.tui.registry.estate import WorkflowScreen  # noqa: PLC0415

        def found() -> WorkflowRow | None:
            board = self._context.board
            return next((row for row in (board.workflows if board else ()) if row.key == ask.key), None)

        row = found()
        if row is None:
            self._context.say(f"there is no workflow {ask.key} any more", bad=True)
            return
        page = WorkflowScreen(self._context.head, row, self._context.now_us)

        def reload() -> None:
            now = found()
            if now is not None:
                page.show_workflow(now)

        self._context.push(page, reload)

    def reference(self, ask: asks.OpenReference) -> None:
        """An asset or an advisory opens as such; anything else as a page of what its line says."""

        def found(kind: str) -> None:
            from pulse_tui.tui.kit.entry import EntryScreen  # noqa: PLC0415

            if kind == "asset":
                self.asset(asks.OpenAsset(ask.ref))
            elif kind == "advisory":
                self._context.answer(OpenAdvisory(ask.ref))
            else:
                self._context.push(EntryScreen(self._context.head, ask.title, ask.lines))

        self._context.ask(lambda desk: look_up(desk, ask.ref) if ask.ref else "", found)
