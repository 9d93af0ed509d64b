"""A command that carries a rollback out: what a signal does to it, and what is printed when it stops half-way."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.lock import shown
from pulse_tui.process import holder_name
from pulse_tui.services.rollback.attended import Attendant, next_commands

if TYPE_CHECKING:
    from pulse_tui.domain.rollback import Run
    from pulse_tui.wiring import House

_STOPPING = "Ctrl-C: the step under way is brought to its entry in the journal, then the run halts"
_GOING_ON = "{name}: the run goes on to its end"
_AGAIN = "; a second signal leaves at once"


class Attending:
    """While it is entered, signals no longer cut a run off in the middle of a step.

    Ctrl-C lets it halt before the next step. SIGTERM and SIGHUP (the session was dropped) let it go on to its end: what was
    approved is better finished than half done. A second Ctrl-C or SIGTERM leaves at once. Before the run has begun any
    of them prevents it.
    """

    def __init__(self, house: House, taken_over: str = "") -> None:
        """``house`` knows the run when its beginning was interrupted; ``taken_over`` is the id of one that exists already."""
        self._house, self._taken_over = house, taken_over
        self.run: Run | None = None
        """The run, once it owns its target."""
        self._beginning = False
        self._signals: list[signal.Signals] = []
        self._before: dict[int, Any] = {}

    @property
    def attendant(self) -> Attendant:
        """What the run asks."""
        return Attendant(self._begun, self._stop)

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup started it
                self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if isinstance(error, KeyboardInterrupt | SystemExit):
            run = self.run or self._claimed()
            if run is None:
                note("left before the run had begun: nothing was sent (pulse-tui rollback list shows what stopped)")
            else:
                note(f"left at once: run {run.id} of {run.target} is half done. {next_commands(run.id)}")

    def _claimed(self) -> Run | None:
        """The run that this process owns by the database: the signal came between the claim and its answer."""
        with contextlib.suppress(PulseError), self._house.store.read() as tx:
            mine = f"{holder_name()}/"
            claimed = next((r for r in tx.rollbacks.runs(active_only=True) if r.holder.startswith(mine)), None)
            return claimed or tx.rollbacks.run(self._taken_over)
        return None

    def _take(self, number: int, _frame: FrameType | None) -> None:
        received = signal.Signals(number)
        if received is not signal.SIGHUP and any(s is not signal.SIGHUP for s in self._signals):
            raise KeyboardInterrupt if received is signal.SIGINT else SystemExit(128 + number)
        self._signals.append(received)
        what = _STOPPING if received is signal.SIGINT else _GOING_ON.format(name=received.name)
        note((what if self._beginning else f"{received.name}: the run is not started") + _AGAIN)

    def _begun(self, run: Run) -> None:
        self.run = run
        note(f"run {run.id} of {run.target} has begun; if it is cut off: pulse-tui rollback resume {run.id}")

    def _stop(self, run: Run | None) -> str:
        if run is None:
            self._beginning = not self._signals
            return "" if self._beginning else f"{self._signals[0].name} came first"
        return "stopped by Ctrl-C" if signal.SIGINT in self._signals else ""


def note(text: str) -> None:
    """On standard error, past every buffer: also from a signal handler, also when nobody is there to read it."""
    line = f"pulse-tui: {shown(text)}\n"
    with contextlib.suppress(OSError, ValueError):
        try:
            number = sys.stderr.fileno()
        except io.UnsupportedOperation:  # something stands in for it
            sys.stderr.write(line)
        else:
            os.write(number, line.encode())
