"""How far a team has come with its policy, and what the program may therefore do by itself. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Phase(StrEnum):
    """What may act; each lets through what the one before does, and more."""

    VISIBILITY = "visibility"
    """Notes and notifications: people see what policy would do."""
    POLICY = "policy"
    """Also pages, tickets, reviews, retests, and holds on releases."""
    AUTOMATION = "automation"
    """Also rollbacks that are proposed, or that run by themselves where they were pre-authorised."""
    LEARNING = "learning"
    """Everything; verdicts on alerts change the policy."""

    def admits(self, kind: str) -> bool:
        """Whether an action of this kind may do something. One that an installed package adds may do anything, and
        waits for the phase in which rollbacks may."""
        return _ORDER.index(self) >= _ORDER.index(_FROM.get(kind, Phase.AUTOMATION))

    @property
    def rolls_back(self) -> bool:
        """Whether a pre-authorised rollback may run by itself."""
        return self.admits("rollback")

    def keeps_back(self, kind: str) -> str:
        """Why nothing is done, in words: ``the estate is in phase visibility: nothing is frozen``."""
        return f"the estate is in phase {self.value}: {_INSTEAD.get(kind, f'{kind} does nothing')}"


def means(kind: str, use: str | None) -> str:
    """As what an action counts: as itself; a destination that is used by its own name (``use``) as what it is used for."""
    return kind if use is None or kind in _FROM else use


_ORDER = tuple(Phase)
_FROM: Mapping[str, Phase] = {
    "note": Phase.VISIBILITY,
    "notify": Phase.VISIBILITY,
    **dict.fromkeys(("page", "ticket", "review", "retest", "block", "pause", "freeze"), Phase.POLICY),
    "rollback": Phase.AUTOMATION,
}
_INSTEAD: Mapping[str, str] = {
    "page": "nobody is paged",
    "ticket": "no ticket is written",
    "review": "no review starts",
    "retest": "no retest is asked for",
    "block": "nothing is blocked",
    "pause": "nothing is paused",
    "freeze": "nothing is frozen",
    "rollback": "no rollback is proposed",
}
