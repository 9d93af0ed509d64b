"""From the key that opens a screen until that screen was seen: what is under way. While there is any, keys are dropped."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from textual.message_pump import MessagePump

from pulse_tui.tui.asks.base import Ask

if TYPE_CHECKING:
    from textual.message import Message


class _Call:
    """A call of the desk that an ask waits for."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask


class Opening:
    """What was asked to open and is not on the screen yet.

    An ask counts from the key that posted it until it was answered; a call of the desk that the answer makes counts
    until it returned and its screen was pushed. From there on the screen itself says when it was seen.
    """

    def __init__(self) -> None:
        """Nothing is under way."""
        self._asked: list[Ask] = []
        self._reading: list[_Call] = []
        self._answering: Ask | None = None

    @property
    def under_way(self) -> bool:
        """Whether a screen was asked for that is not there yet."""
        return bool(self._asked or self._reading)

    def asked(self, ask: Ask) -> None:
        """A key posted this."""
        self._asked.append(ask)

    def answered(self, ask: Ask) -> None:
        """It was: what it opens is there, or the desk is being asked."""
        self._asked = [each for each in self._asked if each is not ask]

    @property
    def answered_now(self) -> Ask | None:
        """The ask that a screen is being opened for; None where none is."""
        return self._answering

    @contextlib.contextmanager
    def answering(self, ask: Ask | None) -> Iterator[None]:
        """What the desk is asked for inside belongs to the screen that ``ask`` opens; None: to none."""
        before, self._answering = self._answering, ask
        try:
            yield
        finally:
            self._answering = before

    def reading(self) -> _Call | None:
        """A call of the desk begins; what to hand to :meth:`read`. None when no screen waits for it."""
        call = _Call(self._answering) if self._answering is not None else None
        if call is not None:
            self._reading.append(call)
        return call

    @contextlib.contextmanager
    def read(self, call: _Call | None) -> Iterator[bool]:
        """The call has returned: whether its answer is still wanted. What it calls in turn belongs to the same screen."""
        with self.answering(call.ask if call is not None else None):
            yield call is None or call in self._reading

    def ended(self, call: _Call | None) -> None:
        """It was read, or nothing comes of it."""
        self._reading = [each for each in self._reading if each is not call]

    def give_up(self) -> bool:
        """Open nothing of what the desk is still being asked for; whether there was any."""
        waited, self._reading = bool(self._reading), []
        return waited


class Asking(MessagePump):
    """A screen or pane whose asks count from the moment they are posted: the next key may be on its way already."""

    def post_message(self, message: Message) -> bool:
        posted = super().post_message(message)
        opening: Any = getattr(self.app, "opening", None) if isinstance(message, Ask) and message.opens else None
        if posted and opening is not None:
            opening.asked(message)
        return posted
