"""Messages of the desk that only remembers."""

from __future__ import annotations

from pulse_tui.domain.views.delivery import LetterRow


class FakeDeliveries:
    """Messages that the tests put there."""

    outgoing: tuple[LetterRow, ...] = ()

    def _did(self, name: str, *args: str) -> None:
        raise NotImplementedError

    def letters(self, *, every: bool = False, route: str = "") -> tuple[LetterRow, ...]:
        return tuple(r for r in self.outgoing if (every or r.late) and route in ("", r.route))

    def letter_story(self, key: str) -> tuple[tuple[str, str], ...]:
        return tuple(("message", r.line()) for r in self.outgoing if r.key == key)

    def replay_letters(self, key: str = "", route: str = "") -> str:
        self._did("replay_letters", key, route)
        self.outgoing = tuple(
            r._replace(state="queued", attempts=0) if key in ("", r.key) else r for r in self.outgoing
        )
        return f"replayed: {key or route}"

    def drop_letters(self, why: str, key: str = "", route: str = "") -> str:
        self._did("drop_letters", why, key, route)
        self.outgoing = tuple(r for r in self.outgoing if r.key != key)
        return f"dropped: {key or route}"
