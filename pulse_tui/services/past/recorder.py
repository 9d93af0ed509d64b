"""Who keeps pictures of the board: a whole one now and then, differences between, and a sign of life while nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.frame import Frame
from pulse_tui.domain.views.board import Board
from pulse_tui.domain.views.evals import Trend
from pulse_tui.domain.views.registry import RegistryRow
from pulse_tui.enrich.past.packing import difference, nothing, still, whole
from pulse_tui.ports import Store

LEASE: Final = "recorder"
"""Who records: one process of all that share the database."""
ALIVE: Final = timedelta(minutes=5)
"""How often a frame is written though nothing changed: so old are counts and the ages of sources at most, and a longer
silence means that nobody recorded."""
GAP: Final = 2 * ALIVE + timedelta(minutes=1)
"""From then on two frames have a time between them of which nothing is known."""
_CHAIN: Final = 100
"""Differences that are read after a whole picture at most: a moment of 10,000 assets is read in some 50 ms."""
_DAY: Final = timedelta(days=1)
_LEADING: Final = 100
"""Assets, the worst first, whose benchmarks are kept: more would be asked for one by one."""
_TRENDS_S: Final = timedelta(minutes=5)


class Recorder:
    """Writes a frame for each board that differs from the one before. It opens with a whole picture, and after every failure."""

    def __init__(self, put: Callable[[Frame], None]) -> None:
        """``put`` keeps a frame, and raises PulseError when it cannot."""
        self._put = put
        self._before: Board | None = None
        self._whole_at: datetime | None = None
        self._last_at: datetime | None = None
        self._since, self._weight, self._light = 0, 0, 0

    def take(self, board: Board, at: datetime) -> bool:
        """Whether a frame was written: something changed, or nothing was for a while. Raises PulseError when it was not kept."""
        board = still(board)
        try:
            return self._take(board, at)
        except PulseError:
            self._before = None
            raise

    def _take(self, board: Board, at: datetime) -> bool:
        if self._before is None or self._whole_at is None or (self._last_at is not None and at < self._last_at):
            self._whole(board, at, begins=True)
            return True
        found = difference(self._before, board)
        alive = self._last_at is None or at - self._last_at >= ALIVE
        if not alive and (found is None or not found.news):
            return False
        self._keep(Frame(at=at, whole=False, body=found.body if found is not None else nothing()))
        self._before, self._since = board, self._since + 1
        self._light += len(found.body) if found is not None else 0
        if self._since >= _CHAIN or self._light > self._weight or at - self._whole_at >= _DAY:
            self._whole(board, at, begins=False)
        return True

    def due(self, at: datetime) -> bool:
        """Whether a sign of life is."""
        return self._last_at is None or at - self._last_at >= ALIVE or at < self._last_at

    def _whole(self, board: Board, at: datetime, *, begins: bool) -> None:
        body = whole(board, begins=begins)
        self._keep(Frame(at=at, whole=True, body=body))
        self._before, self._whole_at, self._since, self._weight, self._light = board, at, 0, len(body), 0

    def _keep(self, frame: Frame) -> None:
        self._put(frame)
        self._last_at = frame.at


class Picturing:
    """The board with the benchmarks of what leads it, for a recorder: nobody's cursor chooses an asset."""

    def __init__(self, store: Store) -> None:
        """Nothing is read yet."""
        self._store = store
        self._known: dict[str, tuple[Trend, ...]] = {}
        self._rows: dict[str, RegistryRow] = {}
        self._read_at: datetime | None = None

    def of(self, board: Board, at: datetime) -> Board:
        """The board, with these trends instead of its own. An asset's are read again when its row changed, and every five minutes."""
        rows = dict[str, RegistryRow]()
        for row in board.registry:
            rows.setdefault(row.asset, row)
            if len(rows) >= _LEADING:
                break
        every = self._read_at is None or not timedelta(0) <= at - self._read_at < _TRENDS_S
        if every:
            self._read_at = at
        for asset, row in rows.items():
            if every or self._rows.get(asset) != row:
                self._known[asset] = self._store.trends(asset)
        self._known = {asset: self._known[asset] for asset in rows}
        self._rows = rows
        return board._replace(trends=tuple(trend for trends in self._known.values() for trend in trends))
