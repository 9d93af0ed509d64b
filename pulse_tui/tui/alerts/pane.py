"""The pane of the open alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pulse_tui.tui.alerts.rows import ALERTS
from pulse_tui.tui.alerts.verdict_keys import VERDICT_KEYS
from pulse_tui.tui.asks.alerts import Acknowledge, GiveVerdict, OpenAlert, Resolve, Silence, Unmute, Waive
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.pane import Subject, TablePane

if TYPE_CHECKING:
    from pulse_tui.domain.views.alerts import AlertRow
    from pulse_tui.domain.views.board import Board


def no_alerts(board: Board) -> str:
    """What stands where no alert is open: why, as far as that is known, and what to press or to run next."""
    assets = len({row.asset for row in board.registry})
    bad = [source.id for source in board.sources if source.health != "good"]
    if not assets:
        first = (
            "pulse-tui doctor checks the configuration" if board.sources else "pulse-tui init writes a configuration"
        )
        return f"no asset is known, so nothing is watched. q leaves; then {first}, pulse-tui help explains it"
    if not board.sources:
        return "no source is configured, so nothing is watched. q leaves; then pulse-tui help sources names the kinds"
    if all(source.last_good_us is None for source in board.sources):
        return f"none of {len(board.sources)} sources was collected yet: ctrl-r collects now, S says how each is doing"
    good = f"{len(board.sources) - len(bad)} of {len(board.sources)} sources are good"
    doubt = f" ({', '.join(bad[:3])}{' …' if len(bad) > 3 else ''} not: S says why)" if bad else ""
    on = "1 asset" if assets == 1 else f"{assets} assets"
    return (
        f"no alert is open on {on}; {good}{doubt}. What fires stands here: Enter opens it, p plans its rollback. "
        "Tab or 1 to 4 goes to another pane, ? lists every key"
    )


class AlertsPane(TablePane["AlertRow"]):
    """The alerts pane: open conditions, most urgent first."""

    TAB = "Alerts"
    KEYS: ClassVar = (
        bind("a", "acknowledge", "ack", "acknowledge the alert: you are working on it", show=True, changes=True),
        bind("s", "silence", "silence", "silence the alert for some hours, with a reason", show=True, changes=True),
        bind("w", "waive", "waive", "record an exception with a reason and a review date", show=True, changes=True),
        bind("u", "unmute", "unmute", "take back what mutes it: an acknowledgement, a silence, a waiver", changes=True),
        bind(
            "R", "resolve", "resolve", "close the alert by hand, with a reason: its condition has ended", changes=True
        ),
        *VERDICT_KEYS,
    )

    def __init__(self) -> None:
        """Empty until the first board."""
        super().__init__(ALERTS, id="alerts")
        self._reviews = 0
        self._policy = self._phase = ""

    def show_board(self, board: Board, now_us: int, lead: str | None) -> None:
        self.empty = no_alerts(board)
        self._reviews = len(board.header.reviews)
        self._policy, self._phase = board.header.policy, board.header.phase
        self.update_rows(board.alerts, now_us)

    @property
    def heading(self) -> str:
        """With what is to be known of the policy: what is judged here is judged by it."""
        words = [f"phase {self._phase}"] if self._phase else []
        if self._policy:
            words.append("a policy is not in force: pulse-tui policy list")
        elif self._reviews:
            rules = "1 rule's" if self._reviews == 1 else f"{self._reviews} rules'"
            words.append(f"{rules} review overdue: pulse-tui doctor")
        return " ─ ".join((super().heading, *words))

    def opens(self, row: AlertRow) -> OpenAlert:
        return OpenAlert(row.id)

    def subject(self) -> Subject | None:
        row = self.row
        return Subject(row.asset, row.environment, row.id) if row is not None and row.asset else None

    def applies(self, action: str) -> bool:
        if action == "unmute":
            return self.row is not None and bool(self.row.by)
        return self.row is not None

    def action_acknowledge(self) -> None:
        if self.row is not None:
            self.post_message(Acknowledge(self.row.id))

    def action_silence(self) -> None:
        if self.row is not None:
            self.post_message(Silence(self.row.id, self.row.title))

    def action_resolve(self) -> None:
        if self.row is not None:
            self.post_message(Resolve(self.row.id, self.row.title))

    def action_unmute(self) -> None:
        if self.row is not None:
            self.post_message(Unmute(self.row.id, self.row.title))

    def action_waive(self) -> None:
        if self.row is not None:
            self.post_message(Waive(self.row.id, self.row.title))

    def action_verdict_useful(self) -> None:
        self._verdict("useful")

    def action_verdict_noise(self) -> None:
        self._verdict("noise")

    def action_verdict(self) -> None:
        self._verdict("")

    def _verdict(self, word: str) -> None:
        if self.row is not None:
            self.post_message(GiveVerdict(self.row.id, self.row.title, word))
