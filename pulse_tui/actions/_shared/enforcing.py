"""What kinds that enforce holds share: what a message asks for, in typed form."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.hold import Hold, HoldKind


class Do(StrEnum):
    """What is asked of a destination."""

    HOLD = "hold"
    LIFT = "lift"
    ANSWER = "answer"
    """To one deploy that waits there."""


class Asked(NamedTuple):
    """One message to a destination that enforces holds."""

    do: Do
    key: str
    hold: str
    """Its id."""
    why: str
    commits: tuple[str, ...]
    still: str
    """The id of another hold of the same scope that stands while this one is lifted; empty when none does."""
    still_why: str
    placed: datetime
    """When the hold was placed; when the message was made where it is about none."""


def asked(delivery: Delivery) -> Asked:
    """What a message asks for. Raises TargetError for one that asks for nothing of the kind."""
    given = delivery.payload
    try:
        do = Do(given.get("do", ""))
    except ValueError:
        what = f"{delivery.key} is no message about a hold: this route enforces holds and takes nothing else"
        raise TargetError(what, ambiguous=False, permanent=True) from None
    return Asked(
        do,
        given.get("key", delivery.thread),
        given.get("hold", ""),
        given.get("why", ""),
        tuple(given.get("commits", "").split()),
        given.get("still", ""),
        given.get("still_why", ""),
        _moment(given.get("placed_at", "")) or delivery.created_at,
    )


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def within(hold: Hold, assets: Collection[str], kinds: Collection[HoldKind]) -> bool:
    """Whether a destination for these assets (none: all) and kinds enforces the hold; one on everything is everywhere."""
    return hold.kind in kinds and (hold.asset_id is None or not assets or hold.asset_id in assets)
