"""Records the board while this process collects: one of all that share the database does, in a thread of its own.

It looks once a second, and less often where a look takes long: a storm is recorded in coarser steps, and holds up nobody.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from pulse_tui.domain.errors import PulseError, StorageError
from pulse_tui.process import holder_name, is_dead
from pulse_tui.wiring import House

if TYPE_CHECKING:
    from pulse_tui.domain.frame import Frame
    from pulse_tui.services.past.recorder import Picturing, Recorder

LOOK_S = 1.0
CLAIM_S = 15.0
"""How often who does not record asks whether nobody does any more."""
LEASE_S = 120.0
"""After so long without a sign another process records; one that is known to be dead need not run out."""
RENEW_S = 50.0
SHARE = 20
"""A look that takes a second is followed by so many seconds without one."""


class _SinkError(PulseError):
    """The file takes no more."""


class Sink(Protocol):
    """Where frames go beside the database."""

    def add(self, frame: Frame) -> None:
        """Raises StorageError when it cannot be kept."""
        ...


class Recording:
    """The thread. It ends with the process, or when it is asked to."""

    def __init__(
        self, house: House, sink: Sink | None = None, stopped: Callable[[str], None] = lambda _why: None
    ) -> None:
        """Nothing is read yet. ``sink`` instead of the database: then whoever else records does not matter, and the first
        frame that cannot be kept ends it; ``stopped`` is called with why, once.
        """
        self._house, self._sink, self._stopped = house, sink, stopped
        self._left = threading.Event()
        self._thread: threading.Thread | None = None
        self._epoch: int | None = None
        self._claimed = -CLAIM_S
        self._recorder: Recorder | None = None
        self._pictures: Picturing | None = None
        self._seen: object = None
        self._changes_us: int | None = None

    def start(self) -> None:
        """Begin, where the configuration wants it; a file is wanted by who names it."""
        wanted = self._house.settings.recording is not None and not self._house.read_only
        if wanted or self._sink is not None:
            thread = threading.Thread(target=self._run, name="recorder", daemon=True)
            thread.start()
            self._thread = thread  # once it has begun: stop() may be called meanwhile, and could not join it before

    def stop(self, seconds: float = 0.5) -> None:
        """End, and let another process record at once."""
        self._left.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(seconds)

    def _run(self) -> None:
        pause = 0.0
        while not self._left.wait(max(LOOK_S, pause)):
            began = time.thread_time()
            try:
                self.look()
            except _SinkError as error:
                self._stopped(f"{error}; the tower goes on")
                return
            except PulseError:  # busy, full or away: the housekeeping, which asks the same, reports it
                self._lost()
            except Exception:  # closed under us: whoever leaves does not wait for this thread
                if self._left.is_set():
                    return
                self._lost()
            pause = SHARE * (time.thread_time() - began)
        if self._epoch is not None:
            with contextlib.suppress(Exception), self._house.store.write(quiet=True) as tx:
                from pulse_tui.services.past.recorder import LEASE  # noqa: PLC0415

                tx.plumbing.release(LEASE, holder_name())

    def look(self) -> bool:
        """Record, if this process is who does and something changed; whether a frame was written. Raises PulseError."""
        from pulse_tui.domain.moments import to_us  # noqa: PLC0415
        from pulse_tui.services.past.recorder import Picturing, Recorder  # noqa: PLC0415

        house, now = self._house, self._house.clock()
        if not self._claim():
            return False
        if self._recorder is None or self._pictures is None:
            self._recorder, self._pictures, self._seen = Recorder(self._keep), Picturing(house.store), None
        mark = house.store.change_mark()
        passed = self._changes_us is not None and self._changes_us <= to_us(now)
        if mark == self._seen and not passed and not self._recorder.due(now):
            return False
        board = house.store.board(house.settings.name, None, now)
        self._seen, self._changes_us = mark, board.changes_us
        return self._recorder.take(self._pictures.of(board, now), now)

    def _claim(self) -> bool:
        """Whether this process is who records; asked now and then, for others wait for it to end."""
        from pulse_tui.services.past.recorder import LEASE  # noqa: PLC0415

        if self._sink is not None:
            return True
        since = time.monotonic() - self._claimed
        if since < (RENEW_S if self._epoch is not None else CLAIM_S):
            return self._epoch is not None
        self._claimed = time.monotonic()
        with self._house.store.write(quiet=True) as tx:
            epoch = tx.plumbing.claim(LEASE, holder_name(), self._house.clock(), LEASE_S, is_dead)
        if epoch != self._epoch:
            self._recorder = None  # somebody else recorded meanwhile
        self._epoch = epoch
        return epoch is not None

    def _keep(self, frame: Frame) -> None:
        from pulse_tui.services.past.recorder import LEASE  # noqa: PLC0415

        if self._sink is not None:
            try:
                self._sink.add(frame)
            except StorageError as error:
                raise _SinkError(error.what) from None
            return
        with self._house.store.write(quiet=True) as tx:
            if self._epoch is None or not tx.plumbing.holds_lease(LEASE, holder_name(), self._epoch, frame.at):
                raise PulseError("another process records the board")
            tx.frames.add(frame)

    def _lost(self) -> None:
        self._recorder, self._epoch = None, None
