"""Votes: which of them count, why the others do not, and how one is signed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pulse_tui.domain.audit import Anchor
from pulse_tui.domain.errors import NoAgent, NotSigned, Refused
from pulse_tui.domain.moments import iso
from pulse_tui.domain.operator import NAMESPACE, Identity, Operator
from pulse_tui.domain.rollback import Approval
from pulse_tui.domain.sshsig import BadSignature, PublicKey, Signature, armored, open_armored, signed_data
from pulse_tui.domain.text import clean
from pulse_tui.domain.vote import LONGEST_REASON, SHORTEST_BREAK_GLASS, Ballot, Head, Payload, differences, read_payload
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Signing, Transaction
from pulse_tui.services.parts import RollbackParts

AHEAD = timedelta(seconds=60)
"""How much another machine's clock may be ahead of this one's."""


class Tally(NamedTuple):
    """The votes on something, judged now."""

    needed: int
    counting: tuple[Approval, ...]
    others: tuple[tuple[Approval, str], ...]
    """Yes votes that do not count, each with the reason in words."""
    wrong: tuple[str, ...] = ()
    """Why no vote can count at all."""

    @property
    def alone(self) -> Approval | None:
        """The vote of somebody who broke the glass, if it is needed."""
        return next((v for v in self.counting if v.break_glass), None) if len(self.counting) < self.needed else None

    @property
    def enough(self) -> bool:
        """Whether it may run: enough operators, or one who broke the glass."""
        return len(self.counting) >= self.needed or self.alone is not None

    @property
    def missing(self) -> int:
        """Votes that are still needed."""
        return 0 if self.enough else self.needed - len(self.counting)

    def short(self) -> list[str]:
        """Why it may not run; empty when it may."""
        if self.enough:
            return []
        counted = f"{len(self.counting)} of {self.needed} approvals count"
        return [*self.wrong, counted, *(why for _, why in self.others)]


def tally(
    tx: Transaction,
    parts: RollbackParts,
    ballot: Ballot,
    now: datetime,
    *,
    forged: Sequence[str] | None = None,
    given_by: datetime | None = None,
) -> Tally:
    """The votes that count: of distinct operators of today's file, with distinct keys of today's file, whose signatures
    verify, unexpired, and all of them as the audit log recorded them. One that somebody wrote into the database makes none
    count; ``forged`` says what was found of that already (None: nobody looked).

    ``given_by``: the moment by which a vote must not have expired, now unless something was begun with them earlier.
    """
    votes = tx.rollbacks.approvals(ballot.hash)
    if forged is None and votes:
        why = tx.log.contradiction(f"approvals/{ballot.hash}", votes[0].audit_head)
        forged = [why] if why else []
    counting, others, seen = list[Approval](), list[tuple[Approval, str]](), set[str]()
    for vote in votes:
        if not vote.yes:
            continue
        why = forged[0] if forged else unfit(parts, ballot, vote, now, given_by or now)
        if not why and {f"p:{vote.principal}", f"k:{vote.key}"} & seen:
            why = f"{vote.principal}, or their key, counts already"
        if why:
            others.append((vote, why))
        else:
            seen |= {f"p:{vote.principal}", f"k:{vote.key}"}
            counting.append(vote)
    return Tally(ballot.needed, tuple(counting), tuple(others))


def lapsed(tx: Transaction, plan_hash: str, now: datetime) -> bool:
    """Whether a yes has expired: nobody votes twice on one plan, so that a new plan is needed."""
    return any(v.yes and v.expires_at <= now for v in tx.rollbacks.approvals(plan_hash))


def unfit(parts: RollbackParts, ballot: Ballot, vote: Approval, now: datetime, given_by: datetime | None = None) -> str:
    """Why a vote does not count, in words; empty when it does."""
    whose, where = f"{vote.principal}'s approval", ballot.environment
    operator = parts.operators.get(vote.principal)
    ends = min(vote.expires_at, vote.at + _lasts(parts, ballot))
    if vote.plan_hash != ballot.hash:
        return f"{whose} is of another {ballot.what}"
    if operator is None:
        return f"{vote.principal} is no longer in the operators' file"
    if where not in operator.environments:
        return f"{vote.principal} may not approve in {where.value}"
    if ends <= (given_by or now):
        return f"{whose} expired at {iso(ends)}"
    if vote.at > max(now, given_by or now) + AHEAD:
        # A clock that was set back: it would count until the moment comes at which it was given, and longer.
        return f"{whose} is from {iso(vote.at)}, which is in the future"
    if vote.signature:
        why = _unproved(parts, ballot, operator, vote, now)
    elif parts.identity.must_sign(where):
        why = f"it is not signed, and {where.value} counts signed ones only"
    else:
        why = (
            ""
            if vote.key == operator.unsigned
            else f"its key is not the one that the operators' file has of {operator.name}"
        )
    if not why and vote.break_glass:
        why = glass(parts, where, vote.reason)
    return f"{whose} does not count: {why}" if why else ""


def _lasts(parts: RollbackParts, ballot: Ballot) -> timedelta:
    """How long a vote on it counts from when it is given."""
    return ballot.lasts if ballot.lasts is not None else timedelta(seconds=parts.approvals.expire)


def _unproved(parts: RollbackParts, ballot: Ballot, operator: Operator, vote: Approval, now: datetime) -> str:
    signature = _signature(vote)
    if isinstance(signature, str):
        return signature
    signer = operator.signer(signature.key)
    if signer is None:
        return f"the key {signature.key.fingerprint} is none of {operator.name}'s keys"
    unfit = parts.identity.unfit(signer, ballot.environment, now)
    return unfit or parts.signing.wrong(signature, vote.payload.encode())


def forged_vote(vote: Approval, signing: Signing) -> str:
    """Why a signed vote is not what somebody signed with the key that it names, whoever that is; empty when it is."""
    signature = _signature(vote)
    return signature if isinstance(signature, str) else signing.wrong(signature, vote.payload.encode())


def _signature(vote: Approval) -> Signature | str:
    """The signature, when the vote is what was signed with it; else why not."""
    try:
        payload, signature = read_payload(vote.payload.encode()), open_armored(vote.signature)
    except (Refused, BadSignature) as error:
        return error.what
    if wrong := differences(vote, payload):
        return f"what was signed has another {wrong[0]}"
    if signature.namespace != NAMESPACE:
        return f"its signature is for {signature.namespace!r}, not for {NAMESPACE}"
    if vote.key != signature.key.fingerprint:
        return f"it names the key {vote.key} and is signed with {signature.key.fingerprint}"
    return signature


def glass(parts: RollbackParts, environment: Environment, reason: str) -> str:
    """Why nobody may approve alone there for this reason; empty when somebody may."""
    if environment not in parts.identity.break_glass:
        return f"the configuration allows no break-glass in {environment.value}"
    if len("".join(reason.split())) < SHORTEST_BREAK_GLASS:
        return f"break-glass needs a reason of at least {SHORTEST_BREAK_GLASS} characters"
    return ""


def may_alone(parts: RollbackParts, environment: Environment, principal: str) -> bool:
    """Whether somebody may break the glass there."""
    operator = parts.operators.get(principal)
    return operator is not None and environment in operator.environments and environment in parts.identity.break_glass


class Pen(NamedTuple):
    """What signs for somebody somewhere."""

    key: PublicKey | None
    comment: str
    """As the agent calls the key."""
    why: str
    """Why none signs; empty when one does."""
    required: bool
    """Whether only signed votes count there."""

    @property
    def possible(self) -> bool:
        """Whether an approval there would count."""
        return self.key is not None or not self.required

    @property
    def words(self) -> str:
        """In a line for a dialog and a page."""
        if self.key is not None:
            touch = ", which must be touched" if self.key.touch else ""
            return (
                f"signed by your SSH agent with {self.key.fingerprint}"
                + (f" ({self.comment})" if self.comment else "")
                + touch
            )
        return f"cannot be signed: {self.why}" if self.required else f"not signed: {self.why}"


def pen(parts: RollbackParts, principal: str, environment: Environment, now: datetime) -> Pen:
    """What would sign for the operator there now."""
    return pen_of(parts.operators.get(principal), principal, parts.identity, parts.signing, environment, now)


def pen_of(
    operator: Operator | None,
    principal: str,
    identity: Identity,
    signing: Signing,
    environment: Environment,
    now: datetime,
) -> Pen:
    """The first of their keys that counts there and that the agent holds, or why there is none."""
    required = identity.must_sign(environment)
    if operator is None:
        return Pen(None, "", f"{principal} is not in the operators' file", required)
    if not operator.signers:
        return Pen(None, "", f"the operators' file has no public key of {principal}", required)
    reasons = [identity.unfit(s, environment, now) for s in operator.signers]
    fit = [s for s, why in zip(operator.signers, reasons, strict=True) if not why]
    if not fit:
        return Pen(None, "", "; ".join(reasons), required)
    try:
        held = {h.key.blob: h for h in signing.held()}
    except NoAgent as error:
        return Pen(None, "", error.what, required)
    for signer in fit:
        if (found := held.get(signer.key.blob)) is not None:
            return Pen(signer.key, found.comment, "", required)
    wanted = ", ".join(s.key.fingerprint for s in fit)
    return Pen(None, "", f"the SSH agent does not hold {principal}'s key {wanted}", required)


def drafted(
    parts: RollbackParts,
    ballot: Ballot,
    principal: str,
    head: Anchor,
    now: datetime,
    *,
    yes: bool = True,
    reason: str = "",
    break_glass: bool = False,
) -> Payload:
    """The vote to sign: it counts from now on, and expires by its own clock."""
    return Payload(
        plan=ballot.hash,
        decision="yes" if yes else "no",
        principal=principal,
        reason=clean(reason, LONGEST_REASON),
        nonce=secrets.token_hex(16),
        at=now,
        expires_at=now + _lasts(parts, ballot),
        audit=Head(seq=head.seq, hash=head.hash),
        break_glass=break_glass,
    )


def signed(parts: RollbackParts, ballot: Ballot, payload: Payload, now: datetime) -> Approval:
    """The vote, signed where a key signs and else by name. It may wait for the agent: no transaction may be open.

    Raises Refused where only signed votes count and none can be, NotSigned when the agent was asked and did not: an agent
    that refuses was told to by its owner, and no unsigned vote takes the place of that.
    """
    found = pen(parts, payload.principal, ballot.environment, now)
    if found.key is None:
        if found.required:
            raise Refused(
                f"{ballot.what} {ballot.hash[:12]} needs signed approvals, and none can be made here",
                [found.why],
                todo=f"ssh-add the key, or sign elsewhere: pulse-tui rollback payload {ballot.hash[:12]}",
            )
        return by_name(parts, payload)
    raw = payload.encoded()
    made = parts.signing.sign(found.key, signed_data(NAMESPACE, raw))
    text = armored(found.key, NAMESPACE, made)
    try:
        why = parts.signing.wrong(open_armored(text), raw)
    except BadSignature as error:
        why = error.what
    if why:
        raise NotSigned(f"what the SSH agent returned is not believed: {why}", todo="Nothing was recorded")
    return _vote(payload, found.key.fingerprint, raw.decode(), text)


def taken(parts: RollbackParts, tx: Transaction, ballot: Ballot, raw: bytes, signature: str, now: datetime) -> Approval:
    """A vote that was signed elsewhere, with ``ssh-keygen -Y sign`` over the text of ``rollback payload``.

    Raises Refused with why it does not count: it is judged as it will be when the plan is run.
    """
    payload = read_payload(raw)
    try:
        key = open_armored(signature).key.fingerprint
    except BadSignature as error:
        raise Refused(f"the signature cannot be used: {error.what}") from None
    vote = _vote(payload, key, raw.decode(), signature)
    reasons = [why] if (why := unfit(parts, ballot, vote, now)) else []
    if payload.expires_at > payload.at + _lasts(parts, ballot):
        reasons.append(f"it would count until {iso(payload.expires_at)}, longer than the configuration allows")
    if tx.log.walk(asked=[payload.audit.hash]).kept.get(payload.audit.hash) != payload.audit.seq:
        reasons.append("it names a line of the audit log that is not there")
    if any(
        v.payload and read_payload(v.payload.encode()).nonce == payload.nonce
        for v in tx.rollbacks.approvals(ballot.hash)
    ):
        reasons.append("it was taken in already")
    if reasons:
        raise Refused(f"this vote on {ballot.what} {ballot.hash[:12]} is not taken in", reasons)
    return vote


def by_name(parts: RollbackParts, payload: Payload) -> Approval:
    """A vote that nothing proves."""
    return _vote(payload, parts.operators[payload.principal].unsigned)


def _vote(payload: Payload, key: str, raw: str = "", signature: str = "") -> Approval:
    return Approval(
        plan_hash=payload.plan,
        principal=payload.principal,
        key=key,
        yes=payload.decision == "yes",
        at=payload.at,
        expires_at=payload.expires_at,
        audit_head=payload.audit.hash,
        reason=payload.reason,
        payload=raw,
        signature=signature,
        break_glass=payload.break_glass,
    )


def cast(tx: Transaction, ballot: Ballot, vote: Approval, action: str, now: datetime) -> None:
    """Record a vote and its line of the log. Raises Refused for the same person or key a second time."""
    tx.rollbacks.add_approval(vote)
    detail = {"plan": ballot.hash, "reason": vote.reason, "head": vote.audit_head}
    if vote.signature:
        detail["key"] = vote.key
    if vote.break_glass:
        detail["break_glass"] = "yes"
    tx.log.append(now, vote.principal, action, ballot.subject, detail)
