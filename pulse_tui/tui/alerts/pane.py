"""The pane of the open alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from pulse_tui.domain.each import Target
from pulse_tui.domain.health import PUSHED
from pulse_tui.domain.words import PRIORITY_RANK
from pulse_tui.tui.alerts.rows import ALERTS, INCIDENT
from pulse_tui.tui.alerts.verdict_keys import VERDICT_KEYS
from pulse_tui.tui.asks.alerts import (
    OnAlerts,
    OpenAlert,
    SilenceLike,
)
from pulse_tui.tui.asks.incidents import OpenIncident
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.pane import Subject, TablePane

if TYPE_CHECKING:
    from pulse_tui.domain.views.alerts import AlertRow
    from pulse_tui.domain.views.board import Board
    from pulse_tui.tui.asks.base import Ask


def no_alerts(board: Board) -> str:
    """What stands where no alert is open: why, as far as that is known, and what to press or to run next."""
    from pulse_tui.domain.text import many  # noqa: PLC0415  the first frame needs none

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
        if all(source.kind == PUSHED for source in board.sources):
            from pulse_tui.domain.text import many  # noqa: PLC0415  the first frame has no board

            return f"none of {many(len(board.sources), 'sender')} sent anything yet: S says how each is doing"
        return f"none of {len(board.sources)} sources was collected yet: ctrl-r collects now, S says how each is doing"
    good = f"{len(board.sources) - len(bad)} of {len(board.sources)} sources are good"
    doubt = f" ({', '.join(bad[:3])}{' …' if len(bad) > 3 else ''} not: S says why)" if bad else ""
    on = "1 asset" if assets == 1 else f"{assets} assets"
    return (
        f"no alert is open on {on}; {good}{doubt}. What fires stands here: Enter opens it, p plans its rollback. "
        "Tab or 1 to 4 goes to another pane, ? lists every key"
    )


def grouped(board: Board) -> list[AlertRow]:
    """A row for each open incident in place of its alerts, and the alerts that belong to none; the most urgent first."""
    first = {row.incident: row for row in reversed(board.alerts) if row.incident}
    rows = [
        first[i.id]._replace(
            id=i.id, priority=i.priority, title=f"{i.title}; {i.cause_words}", owner=i.owner, asset=i.asset,
            since_us=i.onset_us if i.onset_us is not None else i.opened_us, count=i.open, rule=INCIDENT, verdict="",
        )
        for i in board.incidents
        if i.id in first
    ]  # fmt: skip
    rows += [row for row in board.alerts if not row.incident]
    return sorted(rows, key=lambda row: PRIORITY_RANK[row.priority])


OF_ROW: Final = ("group", "silence_like")
"""Actions that are about the row under the cursor whatever is marked."""


class AlertsPane(TablePane["AlertRow"]):
    """The alerts pane: open conditions, most urgent first."""

    TAB = "Alerts"
    KEYS: ClassVar = (
        bind(
            "a",
            "acknowledge",
            "ack",
            "acknowledge the alert, or all that are marked: you are working on it",
            show=True,
            changes=True,
        ),
        bind(
            "X",
            "silence_like",
            "all like it",
            "silence everything of its kind on its asset, with a preview",
            changes=True,
        ),
        bind("s", "silence", "silence", "silence the alert for some hours, with a reason", show=True, changes=True),
        bind("w", "waive", "waive", "record an exception with a reason and a review date", show=True, changes=True),
        bind("u", "unmute", "unmute", "take back what mutes it: an acknowledgement, a silence, a waiver", changes=True),
        bind(
            "R", "resolve", "resolve", "close the alert by hand, with a reason: its condition has ended", changes=True
        ),
        bind(
            "z", "group", "group", "show incidents in place of the alerts that belong to one, or every alert", show=True
        ),
        *VERDICT_KEYS,
    )

    def __init__(self) -> None:
        """Empty until the first board."""
        super().__init__(ALERTS, id="alerts")
        self._grouped = False
        self._last: tuple[Board, int] | None = None
        self._reviews = 0
        self._policy = self._phase = ""

    def show_board(self, board: Board, now_us: int, lead: str | None) -> None:
        self.empty = "" if board.alerts else no_alerts(board)
        self._reviews = len(board.header.reviews)
        self._policy, self._phase = board.header.policy, board.header.phase
        self._last = board, now_us
        self.update_rows(grouped(board) if self._grouped else board.alerts, now_us)

    @property
    def heading(self) -> str:
        """With what is to be known of the policy: what is judged here is judged by it."""
        words = ["by incident"] if self._grouped else []
        words += [f"phase {self._phase}"] if self._phase else []
        if self._policy:
            words.append("a policy is not in force: pulse-tui policy list")
        elif self._reviews:
            rules = "1 rule's" if self._reviews == 1 else f"{self._reviews} rules'"
            words.append(f"{rules} review overdue: pulse-tui doctor")
        return " ─ ".join((super().heading, *words))

    def opens(self, row: AlertRow) -> Ask:
        return OpenIncident(row.id) if row.rule == INCIDENT else OpenAlert(row.id)

    def subject(self) -> Subject | None:
        row = self.row
        if row is None or not row.asset:
            return None
        return Subject(row.asset, row.environment, None if row.rule == INCIDENT else row.id)

    def applies(self, action: str) -> bool:
        if action == "group":
            return self._grouped or (self._last is not None and bool(self._last[0].incidents))
        if self.marks and action not in OF_ROW:
            return True
        if self.row is not None and self.row.rule == INCIDENT:
            return False  # what is decided of an alert is decided of each by itself: mark the incident for all of them
        if action == "silence_like":
            return self.row is not None and bool(self.row.asset)
        if action == "unmute":
            return self.row is not None and bool(self.row.by)
        return self.row is not None

    def action_group(self) -> None:
        self._grouped = not self._grouped
        if self._last is not None:
            self.show_board(*self._last, None)

    def targets(self) -> tuple[Target, ...]:
        """What an action is about: the marked alerts and the open ones of marked incidents, else the row's."""
        alerts = {row.id: row for row in (self._last[0].alerts if self._last else ())}
        if not self.marks:
            return (_target(self.row),) if self.row is not None and self.row.rule != INCIDENT else ()
        found: dict[str, Target] = {}
        for key in [*(row.key for row in self.rows if row.key in self.marks), *sorted(self.marks)]:
            for row in [alerts[key]] if key in alerts else [r for r in alerts.values() if r.incident == key]:
                found.setdefault(row.id, _target(row, key))
        return tuple(found.values())

    def known_keys(self) -> set[str]:
        """Marks stay on alerts that an incident stands for, and on incidents while single alerts are shown."""
        board = self._last[0] if self._last else None
        return {row.key for row in board.alerts} | {row.id for row in board.incidents} if board else set()

    def marked_words(self) -> str:
        if not self.marks:
            return ""
        from pulse_tui.domain.text import many  # noqa: PLC0415  the first frame needs none

        alerts, words = len(self.targets()), super().marked_words()
        return words + (f": {many(alerts, 'alert')}" if alerts != len(self.marks) else "")

    def _post(self, action: str, word: str = "") -> None:
        if targets := self.targets():
            self.post_message(OnAlerts(action, targets, word))

    def action_acknowledge(self) -> None:
        self._post("acknowledge")

    def action_silence_like(self) -> None:
        if (row := self.one()) is not None and row.asset:
            self.post_message(SilenceLike(row.asset, row.signal_type))

    def action_silence(self) -> None:
        self._post("silence")

    def action_resolve(self) -> None:
        self._post("resolve")

    def action_unmute(self) -> None:
        self._post("unmute")

    def action_waive(self) -> None:
        self._post("waive")

    def action_verdict_useful(self) -> None:
        self._post("verdict", "useful")

    def action_verdict_noise(self) -> None:
        self._post("verdict", "noise")

    def action_verdict(self) -> None:
        self._post("verdict")


def _target(row: AlertRow, mark: str = "") -> Target:
    return Target(row.id, row.title, row.priority, mark)
