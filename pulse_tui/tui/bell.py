"""The bell: once for a P1 that was not there before, and never for what nobody is called for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pulse_tui.domain.views.board import Board

APART_US: Final = 5_000_000
"""So long it stays quiet after it rang."""
RING: Final = "\a"


class Bell:
    """Looks at every live board. What was there at the start, or rang once, never rings again."""

    def __init__(self) -> None:
        """Nothing was seen."""
        self._known: set[str] | None = None
        self._rang_us: int | None = None

    def due(self, board: Board, now_us: int) -> bool:
        """Whether to ring now. Muted alerts (silence, maintenance, waiver) are only remembered."""
        urgent = {row.id: row for row in board.alerts if row.priority == "P1"}
        known, self._known = self._known, (self._known or set()) | urgent.keys()
        if known is None or not any(row.state == "firing" for name, row in urgent.items() if name not in known):
            return False
        if self._rang_us is not None and 0 <= now_us - self._rang_us < APART_US:
            return False
        self._rang_us = now_us
        return True
