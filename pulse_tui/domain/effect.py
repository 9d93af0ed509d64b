"""What a response asks for: values that ``services.respond`` carries out in the decision's transaction."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

from pulse_tui.domain.delivery import Delivery, Retest
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.notice import Use
from pulse_tui.domain.review_task import ReviewTask
from pulse_tui.domain.vendor_task import VendorTask
from pulse_tui.domain.words import Environment


class PlaceHold(msgspec.Struct, frozen=True):
    """Put a block, pause or freeze in place (kept once per id while it is active)."""

    hold: Hold


class Queue(msgspec.Struct, frozen=True):
    """Put a delivery in the outbox (kept once per key).

    A later message of a thread that was never begun begins it (its key becomes the thread's), unless ``follows``: then
    there is nobody to notify, and nothing is queued.
    """

    delivery: Delivery
    follows: bool = False
    use: Use = Use.NOTIFY
    team: str | None = None
    role: str | None = None
    person: str | None = None
    rung: int = 0
    """On whose behalf it goes there, and how far up the ladder."""
    why: str = ""
    """Why it goes there, where that is not where it should."""


class AskRetest(msgspec.Struct, frozen=True):
    """Put a retest on the owner's list (kept once per key)."""

    retest: Retest


class AskTask(msgspec.Struct, frozen=True):
    """Put what a vendor's announcement asks for on the owner's list (once while the same is open)."""

    task: VendorTask


class AskReview(msgspec.Struct, frozen=True):
    """Put a review on the owner's list (once while it is open)."""

    task: ReviewTask


class ProposeRollback(msgspec.Struct, frozen=True):
    """Make a plan for an operator to approve. Nothing is executed."""

    asset_id: str
    environment: Environment
    reason: str


class Nothing(msgspec.Struct, frozen=True):
    """The response could not do anything, and why: shown to the operator, never dropped."""

    why: str


Effect = PlaceHold | Queue | AskRetest | AskTask | AskReview | ProposeRollback | Nothing


def effect_name(kind: str, rule_id: str, alert_id: str, *more: str | None) -> str:
    """The id of what a rule asked for in an alert's episode: the same whenever it is asked for again."""
    parts = [kind, rule_id, alert_id, *more]
    return f"{kind}-{hashlib.sha256(chr(31).join(p or '' for p in parts).encode()).hexdigest()[:16]}"


class Did(StrEnum):
    """What came of an effect."""

    DONE = "done"
    QUEUED = "queued"
    """A message waits in the outbox: its delivery says what becomes of it."""
    NOTHING = "nothing"


class Response(NamedTuple):
    """What an action of a decision did, for whoever reads the alert."""

    action: str
    what: str
    did: Did
    at: datetime | None = None
    """When; None before it is stored."""
