"""What the tower can ask for about messages."""

from __future__ import annotations

from typing import Protocol

from pulse_tui.domain.views.delivery import LetterRow


class DeliveryDesk(Protocol):
    """Messages that did not arrive, and what people do about them."""

    def letters(self, *, every: bool = False, route: str = "") -> tuple[LetterRow, ...]:
        """What is dead first, then what is tried again; ``every``: what arrived too, the newest first."""
        ...

    def letter_story(self, key: str) -> tuple[tuple[str, str], ...]:
        """One message, as label and text: where it is, what it says, its lines of the log. Raises NotFound."""
        ...

    def replay_letters(self, key: str = "", route: str = "") -> str:
        """Send a dead message again under its key, or all dead ones to a route (none named: to all). Raises NotFound, Refused."""
        ...

    def drop_letters(self, why: str, key: str = "", route: str = "") -> str:
        """Nobody needs it any more, or any dead one to the route. Raises NotFound, Refused."""
        ...
