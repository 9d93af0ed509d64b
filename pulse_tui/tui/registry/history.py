"""The releases of an asset, with their pushed changes: compare two, ask the gate, approve, promote, quarantine, retire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from pulse_tui.domain.ref import Ref, RefKind, release_ref
from pulse_tui.domain.views.registry import ReleaseRow
from pulse_tui.tui.asks import registry as asks
from pulse_tui.tui.asks.common import Say
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.screen import Head
from pulse_tui.tui.registry.release import ReleaseKeys, Subject
from pulse_tui.tui.registry.release_rows import HISTORY, history_detail, to_compare


class HistoryScreen(ReleaseKeys, ListScreen[ReleaseRow]):
    """Newest iteration first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "open", "open the release", show=True),
        bind(
            "d", "diff", "diff",
            "compare with the marked release; without one with what serves in production, else with the one before",
            show=True,
        ),
        *ReleaseKeys.RELEASE_KEYS,
        *ListScreen.LIST_KEYS,
    ]  # fmt: skip

    def __init__(self, head: Head, asset: str, rows: Sequence[ReleaseRow], now_us: int) -> None:
        """The releases as the desk gave them."""
        title = [(" Releases  ", styles.DIM), (safe(asset), styles.BOLD)]
        super().__init__(head, title, HISTORY, (), now_us)
        self.asset_id, self.rows = asset, tuple(rows)
        self.show_history(rows)

    def ref(self) -> Ref:
        row = self.table.row
        return release_ref(self.asset_id, row.version) if row and row.version else Ref(RefKind.ASSET, self.asset_id)

    def show_history(self, rows: Sequence[ReleaseRow]) -> None:
        """The releases with news; a mark stays while its release does."""
        self.rows = tuple(rows)
        self.table.update_rows(self.rows, self.now_us)
        if self.is_mounted:
            self.moved()

    def detail(self, row: ReleaseRow) -> Sequence[Span]:
        return history_detail(row)

    def subject(self) -> Subject | None:
        row = self.table.row
        if row is None or row.change:
            return None
        return Subject(self.asset_id, row.version, row.state)

    def applies(self, action: str) -> bool:
        if action == "diff":
            return self.subject() is not None
        if action == "gate" or action.endswith("_release"):
            return self.release_applies(action)
        return super().applies(action)

    def action_open(self) -> None:
        row = self.table.row
        if row is not None and row.version:
            self.post_message(asks.OpenRelease(self.asset_id, row.version))

    def action_diff(self) -> None:
        subject = self.subject()
        if subject is None:
            return
        marked = next(
            (row.version for row in self.table.marked if not row.change and row.version != subject.version), None
        )
        pair = to_compare(self.rows, subject.version, marked)
        if pair is None:
            self.post_message(Say("there is no other release to compare it with"))
        else:
            self.post_message(asks.OpenDiff(self.asset_id, *pair))
