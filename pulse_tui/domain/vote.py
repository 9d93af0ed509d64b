"""A vote as it is signed: what it is about, what it says, from when until when it counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from pulse_tui.domain.errors import Refused
from pulse_tui.domain.rollback import Approval, Authorisation, Plan
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment

FORMAT: Final = "pulse-approve@v1"
"""Of the payload; the namespace of its signature has the same name."""
LONGEST_REASON: Final = 500
SHORTEST_BREAK_GLASS: Final = 20
"""Characters of the reason of somebody who approves alone."""
_LARGEST: Final = 8_192
_FIRST_YEAR, _LAST_YEAR = 2_000, 9_000
"""Any other moment cannot be reckoned with: adding an hour to it, or its offset, leaves the calendar."""
_HASH = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
_MOMENT = Annotated[datetime, Meta(tz=True)]


class Ballot(NamedTuple):
    """What is voted on."""

    hash: str
    subject: str
    """Under which the audit log has it: ``asset/environment``."""
    environment: Environment
    needed: int
    what: str = "plan"
    """How it is called: a plan, or a pre-authorisation."""
    lasts: timedelta | None = None
    """How long a vote counts from when it is given; None: as long as the configuration says of plans."""


def of_plan(plan: Plan) -> Ballot:
    """A plan is voted on by its hash."""
    return Ballot(plan.hash, plan.target, plan.environment, plan.approvals_needed)


def of_authorisation(asked: Authorisation) -> Ballot:
    """So is a pre-authorisation: it lasts from the vote on, not from when it was asked for."""
    subject = f"{asked.asset_id}/{asked.environment.value}"
    lasts = asked.expires_at - asked.created_at
    return Ballot(asked.hash, subject, asked.environment, asked.approvals_needed, "pre-authorisation", lasts)


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The newest line of the audit log when the vote was made: a log that is cut later contradicts the vote."""

    seq: Annotated[int, Meta(ge=0)]
    hash: _HASH


class Payload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed. Its bytes are the canonical JSON of these fields and a line's end."""

    format: Literal["pulse-approve@v1"] = FORMAT
    plan: _HASH
    """The hash of the plan, or of the pre-authorisation."""
    decision: Literal["yes", "no"]
    principal: Annotated[str, Meta(min_length=1, max_length=120)]
    reason: Annotated[str, Meta(max_length=LONGEST_REASON)]
    nonce: Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]
    at: _MOMENT
    expires_at: _MOMENT
    audit: Head
    break_glass: bool = False

    def encoded(self) -> bytes:
        """The bytes that are signed, stored and exported: keys sorted, no white space, UTF-8, one line."""
        return _ENCODER.encode(self) + b"\n"


_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder(Payload)


def read_payload(raw: bytes) -> Payload:
    """A payload of its bytes. Raises Refused for anything that is not to the byte what :meth:`Payload.encoded` makes."""
    if len(raw) > _LARGEST:
        raise Refused(f"a vote of {len(raw)} bytes is longer than any")
    try:
        made = _DECODER.decode(raw)
        same = made.encoded() == raw
    except (msgspec.MsgspecError, UnicodeError, ValueError, OverflowError) as error:
        raise Refused(f"this is no vote in the form {FORMAT}: {clean(str(error), 200)}") from None
    if not same:
        raise Refused("this vote is not written as votes are", todo="Sign the text of `rollback payload` as it is")
    if not all(_FIRST_YEAR <= moment.year <= _LAST_YEAR for moment in (made.at, made.expires_at)):
        raise Refused("this vote is of a time that no vote is of")
    if clean(made.reason, LONGEST_REASON) != made.reason or clean(made.principal, 120) != made.principal:
        raise Refused("this vote holds characters that cannot be shown")
    return made


def differences(vote: Approval, payload: Payload) -> list[str]:
    """The fields in which a stored vote is not what was signed."""
    pairs = {
        "plan": (vote.plan_hash, payload.plan),
        "decision": ("yes" if vote.yes else "no", payload.decision),
        "principal": (vote.principal, payload.principal),
        "reason": (vote.reason, payload.reason),
        "time": (vote.at, payload.at),
        "expiry": (vote.expires_at, payload.expires_at),
        "audit head": (vote.audit_head, payload.audit.hash),
        "break-glass": (vote.break_glass, payload.break_glass),
    }
    return [name for name, (stored, signed) in pairs.items() if stored != signed]
