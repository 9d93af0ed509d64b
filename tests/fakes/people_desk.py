"""The people's side of the fake desk: a rota, a handover, one review."""

from __future__ import annotations

from datetime import datetime, timedelta

from pulse_tui.domain.moments import iso
from pulse_tui.domain.views.people import Handover, OnCallRow, ReviewTaskRow
from tests.fakes.registry_desk import NOW


class FakePeople:
    """Part of :class:`tests.fakes.desk.FakeDesk`."""

    def _did(self, *call: str) -> None:
        raise NotImplementedError

    def on_call(self, at: datetime | None = None) -> tuple[OnCallRow, ...]:
        del at
        words = "ana (ml) until 08:00, then ben"
        return (OnCallRow("ml-rota", ("ml-support",), "ana", "ml", "2026-11-23T07:00:00Z", "ben", "known", "", words),)

    def why_called(self, alert_id: str, name: str) -> tuple[str, ...]:
        return (f"{name} was not notified of {alert_id}", "not on call: ana was, by schedule ml-rota")

    def handover(self, since: timedelta) -> Handover:
        return Handover(
            iso(NOW - since),
            "2026-11-23T03:10:00Z",
            "ana",
            (
                ("ON CALL", ("ml-support: ana (ml) until 08:00, then ben",)),
                ("OPEN", ("P2 a-1  accuracy -5.2 pp on support-bot  [support-bot canary; ml-support; 2h; x2]",)),
                ("DUE NEXT", ("2026-11-23T07:00:00Z (in 3h)  ml-support: ana -> ben",)),
            ),
        )

    def hand_over(self, to: str, since: timedelta) -> str:
        del since
        self._did("hand_over", to)
        return f"handed over to {to}: 1 alert firing"

    def review_tasks(self, *, every: bool = False) -> tuple[ReviewTaskRow, ...]:
        del every
        return (
            ReviewTaskRow(
                "review-1", "alert", "review of a safety regression", "safety", "open", "2026-11-24T03:10:00Z", False
            ),
        )

    def take_review(self, key: str) -> str:
        self._did("take_review", key)
        return f"review {key} is with ana"

    def finish_review(self, key: str, why: str) -> str:
        self._did("finish_review", key, why)
        return f"review {key} is done"
