"""The tower's calls about people: a part of the desk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.views.board import Board
from pulse_tui.domain.views.people import Handover, OnCallRow, ReviewTaskRow
from pulse_tui.services.alerts import handover, notified, reviews
from pulse_tui.services.calls import Calls


class PeopleCalls(Calls):
    """Implements :class:`pulse_tui.ports.people.PeopleDesk`. Calls block."""

    def on_call(self, at: datetime | None = None) -> tuple[OnCallRow, ...]:
        with self._store.read() as tx:
            return notified.oncall_rows(tx, self._parts.judging, at or self._parts.clock())

    def why_called(self, alert_id: str, name: str) -> tuple[str, ...]:
        with self._store.read() as tx:
            alert = tx.judgements.alert(alert_id)
            if alert is None:
                raise NotFound(f"there is no alert {alert_id!r}", todo="see the open ones: pulse-tui status")
            return notified.why(tx, self._parts.judging, alert, name, self._parts.clock())

    def handover(self, since: timedelta) -> Handover:
        now, cron = self._parts.clock(), self._parts.judging.outside.cron
        books = [(b.id, cron(b.drill, now)) for b in self._parts.playbooks if b.drill]
        drills = [(at, f"playbook {name} is drilled") for name, at in books if at is not None]
        board = self.board()
        return handover.handover(
            self._parts.judging, board, self.operator, since, now, drills, tuple(self._waits(board))
        )

    def _waits(self, board: Board) -> Iterator[str]:
        """What stopped, then what waits for whom, each with the command that comes next."""
        lines = [line for line in self.plans() if line.needs_somebody or line.state == "running"]
        shown = {line.run for line in lines}
        yield from (f"{run.headline} -> {run.todo}" for run in board.runs if run.stopped and run.id not in shown)
        for line in sorted(lines, key=lambda line: (not line.half_way, not line.run)):
            yield f"{line.headline} -> {line.todo}" if line.todo else line.headline
        yield from (f"{row.what}, not reviewed -> {row.todo}" for row in board.glass)
        yield from (row.headline for row in self.authorisations() if row.needs_somebody)
        if board.header.policy:
            yield f"{board.header.policy} -> pulse-tui policy list"

    def hand_over(self, to: str, since: timedelta) -> str:
        parts = self.acting("shift.hand_over", to)
        made = self.handover(since)
        return handover.hand_over(parts.judging, made, self.operator, to, parts.clock())

    def review_tasks(self, *, every: bool = False) -> tuple[ReviewTaskRow, ...]:
        with self._store.read() as tx:
            return reviews.rows(tx, self._parts.clock(), every=every)

    def take_review(self, key: str) -> str:
        parts = self.acting("review.take", key)
        return reviews.take(parts.judging, key, self.operator, parts.clock())

    def finish_review(self, key: str, why: str) -> str:
        parts = self.acting("review.done", key)
        return reviews.finish(parts.judging, key, self.operator, why, parts.clock())
