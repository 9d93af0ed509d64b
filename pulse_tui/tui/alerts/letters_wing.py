"""Messages: listed, opened, replayed, dropped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from pulse_tui.tui.asks import deliveries as asks
from pulse_tui.tui.kit.forms import Bulk, Field
from pulse_tui.tui.wing import Wing

if TYPE_CHECKING:
    from pulse_tui.tui.context import Context
    from pulse_tui.tui.kit.palette import Command


ACTIONS: Final[Mapping[str, Bulk]] = {
    "replay": Bulk(
        "Send this message again", "Send these messages again, each under its key", "message", "sent again",
        lambda desk, target, values: desk.replay_letters(target.id),
    ),
    "drop": Bulk(
        "Drop this message: nobody needs it any more", "Drop these messages: nobody needs them any more", "message", "dropped",
        lambda desk, target, values: desk.drop_letters(values[0], target.id),
        (Field("Why"),),
    ),
}  # fmt: skip


class LettersWing(Wing):
    """The list of what did not arrive."""

    def __init__(self, context: Context) -> None:
        """``context``: what it may use of the tower."""
        self._context = context
        self.answers = {
            asks.OpenLetters: self.list,
            asks.OpenLetter: self.open,
            asks.ReplayLetters: self.replay_all,
            asks.OnLetters: lambda ask: context.on_each(ACTIONS[ask.action], ask.targets),
        }

    def list(self, _ask: asks.OpenLetters) -> None:
        """What is dead on top."""
        from pulse_tui.tui.alerts.letters import LettersScreen  # noqa: PLC0415  nobody needs it before the first O

        self._context.open(
            lambda desk: desk.letters(),
            lambda rows: LettersScreen(self._context.head, rows, self._context.now_us),
            LettersScreen.show_rows,
        )

    def open(self, ask: asks.OpenLetter) -> None:
        """One message as a page."""
        from pulse_tui.tui.alerts.letter import LetterScreen  # noqa: PLC0415  as above

        self._context.open(
            lambda desk: desk.letter_story(ask.key),
            lambda story: LetterScreen(self._context.head, ask.key, story),
            LetterScreen.show_story,
        )

    def replay_all(self, _ask: asks.ReplayLetters) -> None:
        """At once."""
        self._context.act(lambda desk: desk.replay_letters())

    def commands(self) -> Iterable[Command]:
        from pulse_tui.tui.kit.palette import Command  # noqa: PLC0415

        yield Command("undelivered messages", "messages that did not arrive: replay or drop them", asks.OpenLetters())
