"""Sentences for the operator: in the last line for some seconds, in the log for good."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import NamedTuple

from textual.app import App
from textual.timer import Timer

from pulse_tui.domain.errors import PulseError
from pulse_tui.tui.kit.screen import BaseScreen

SAY_S = 6.0
SAY_BAD_S = 20.0
NEWS_S = 3.0
"""News of the sources gives the keys back sooner: nobody asked for it."""
LOG_KEPT = 200


class Notice(NamedTuple):
    """One sentence and when it was shown (``hh:mm:ss``)."""

    at: str
    text: str
    bad: bool
    command: str = ""
    """Of an action: the command line that does the same; ``text`` says how it ended."""
    note: str = ""
    """What the command does otherwise."""
    number: int = 0
    """In the order in which they came."""


class Notices:
    """Shows each on the topmost screen that has a last line."""

    def __init__(self, app: App[None], clock: Callable[[], datetime]) -> None:
        """``clock`` dates the log."""
        self._app, self._clock = app, clock
        self.log: list[Notice] = []
        """The newest of this session, oldest first."""
        self.commands: list[Notice] = []
        """What was done from this tower, oldest first."""
        self._count = itertools.count(1)
        self._shown: Timer | None = None
        self._unasked = False
        """Whether what was shown last is of the sources, and answers nobody."""

    def page(self) -> BaseScreen | None:
        """The topmost screen that has a last line."""
        return next((s for s in reversed(self._app.screen_stack) if isinstance(s, BaseScreen)), None)

    def say(self, text: str, *, bad: bool = False, shown_s: float | None = None) -> None:
        """``bad``: something did not work, so it stays longer."""
        self.record(text, bad=bad)
        screen = self.page()
        if screen is None:
            return
        self._unasked = False
        screen.say(text, bad=bad)
        if self._shown is not None:
            self._shown.stop()
        self._shown = self._app.set_timer(shown_s or (SAY_BAD_S if bad else SAY_S), self._clear)

    def record(self, text: str, *, bad: bool = False) -> None:
        """In the log only."""
        self._keep(self.log, text, bad)

    def did(self, command: str, text: str, bad: bool, note: str) -> None:
        """An action of this tower, as a command line; from any thread."""
        self._keep(self.commands, text, bad, command, note)

    def _keep(self, log: list[Notice], text: str, bad: bool, command: str = "", note: str = "") -> None:
        log.append(Notice(self._clock().strftime("%H:%M:%S"), text, bad, command, note, next(self._count)))
        del log[:-LOG_KEPT]

    def news(self, text: str) -> None:
        """What the sources brought. It never covers an error that still stands in the last line, nor an answer."""
        screen = self.page()
        if screen is not None and screen.bottom.bad:
            self.record(text)
        else:
            self._of_sources(text, bad=False, shown_s=NEWS_S)

    def trouble(self, text: str) -> None:
        """What the sources could not do: red, and it gives the keys back as any other sentence does. It covers no answer."""
        self._of_sources(text, bad=True, shown_s=SAY_S)

    def _of_sources(self, text: str, *, bad: bool, shown_s: float) -> None:
        screen = self.page()
        if screen is not None and screen.bottom.message and not self._unasked:
            self.record(text, bad=bad)  # the header counts the sources, too
            return
        self.say(text, bad=bad, shown_s=shown_s)
        self._unasked = True

    def failed(self, error: BaseException) -> None:
        """An error that no code expected."""
        self.say(f"internal error: {type(error).__name__}: {error}", bad=True)

    @contextlib.asynccontextmanager
    async def reported(self) -> AsyncIterator[None]:
        """A refusal or failure inside becomes a notice; the tower stays up."""
        try:
            yield
        except PulseError as error:
            self.say(str(error), bad=True)

    def _clear(self) -> None:
        for screen in self._app.screen_stack:
            if isinstance(screen, BaseScreen) and screen.bottom.message:
                screen.say("")
