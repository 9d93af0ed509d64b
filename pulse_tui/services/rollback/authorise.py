"""Pre-authorisations: a playbook may answer one trigger on one asset without waiting for votes, until that expires.

It is voted on like a plan and only after that trigger was drilled. What it rests on is checked each time it is asked for:
the playbook and the operators' file as they were, the votes of operators who still may, the log that recorded it all.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.moments import iso, to_us
from pulse_tui.domain.rollback import Approval, Authorisation, Plan, PlanState
from pulse_tui.domain.text import clean
from pulse_tui.domain.views.rollback import AuthorisationLine
from pulse_tui.domain.vote import Ballot, Payload, of_authorisation
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.reasons import reason_of
from pulse_tui.services.rollback.anchor import anchor
from pulse_tui.services.rollback.drill import book, counting, drilled
from pulse_tui.services.rollback.votes import Tally, cast, drafted, signed, taken, tally, unfit
from pulse_tui.settings.check import nearest

LONGEST = timedelta(days=90)
"""No pre-authorisation lasts longer: it is given again by people who know what serves then."""
SHORTEST = timedelta(hours=1)
SOON = timedelta(days=7)
"""One that ends within this is shown, so that it is renewed in time."""
VALID, REVOKED, EXPIRED, VOID = "valid", "revoked", "expired", "void"
PROPOSED = "authorisation.proposed"
"""What the audit log calls it."""
_SHORTEST_NAME = 8


class Standing(NamedTuple):
    """A pre-authorisation as it stands now."""

    asked: Authorisation
    word: str
    """``proposed``, ``valid``, ``rejected``, ``revoked``, ``expired`` or ``void``."""
    why: str = ""
    """Why it is not valid, or whom it waits for."""
    voters: tuple[str, ...] = ()
    """Whose votes count."""
    since: datetime | None = None
    """When the last vote that it needed was given."""
    until: datetime | None = None
    """When too few of its votes count any more."""

    @property
    def valid(self) -> bool:
        """Whether a rollback may rest on it."""
        return self.word == VALID

    @property
    def name(self) -> str:
        """``ab12cd34ef56 of ana and ben``."""
        return f"{self.asked.hash[:12]} of {' and '.join(self.voters)}"

    def ends_soon(self, now: datetime) -> bool:
        """Whether it is valid and has to be renewed."""
        return self.valid and self.until is not None and self.until - now <= SOON


def authorise_command(asset_id: str, environment: Environment, trigger: str = "RULE") -> str:
    """The command that asks for one."""
    where = f"{asset_id} --env {environment.value}"
    return f"pulse-tui rollback authorise {where} --trigger {trigger} --for 30d --why REASON"


def approve_command(here: Standing) -> str:
    """The command that votes for it."""
    return f"pulse-tui rollback approve {here.asked.hash[:12]} --why REASON"


# --------------------------------------------------------------------------- asking for one


def propose(
    parts: RollbackParts, asset_id: str, environment: Environment, trigger: str, lasts: timedelta, *, by: str, why: str
) -> Authorisation:
    """Ask for a pre-authorisation; the same question again gives the same one.

    Raises Refused with what is missing: a trigger that policy names, a playbook, a drill of that trigger which counts.
    """
    reason, now = reason_of(why), parts.clock()
    if not SHORTEST <= lasts <= LONGEST:
        raise WrongUse(f"a pre-authorisation lasts from an hour to {LONGEST.days} days", todo="For example --for 30d")
    named = parts.judging.policy.automatic.rules
    if trigger not in named:
        hint = nearest(trigger, named) if named else "policy names none: rollback: {automatic: [RULE]}"
        raise Refused(f"policy does not name {trigger!r} for automatic rollback", todo=hint)
    with parts.store.write() as tx:
        if tx.estate.asset(asset_id) is None:
            raise NotFound(f"there is no asset {asset_id!r}", todo=nearest(asset_id, tx.estate.load().assets))
        playbook, drill = book(parts, asset_id, environment), counting(tx, parts, asset_id, environment, now, trigger)
        if playbook is None or drill is None:
            what = f"a rollback of {asset_id} in {environment.value} on {trigger} cannot be pre-authorised"
            raise Refused(what, [drilled(tx, parts, asset_id, environment, now, trigger).detail])
        asked = Authorisation(
            asset_id=asset_id,
            environment=environment,
            playbook=playbook.id,
            playbook_digest=playbook.digest,
            trigger=trigger,
            drill=drill.run_id,
            proposed_by=by,
            created_at=now,
            expires_at=now + lasts,
            approvals_needed=parts.approvals.needed(environment),
            operators_digest=parts.operators_digest,
        )
        for other in standings(tx, parts, now, asset_id):
            if other.word == PlanState.PROPOSED.value and _same(other.asked, asked):
                return other.asked
        detail = {
            "authorisation": asked.hash,
            "trigger": trigger,
            "fires": parts.judging.policy.fires(trigger),
            "playbook": f"{playbook.id} @ {playbook.digest[:12]}",
            "drill": drill.run_id,
            "until": iso(asked.expires_at),
            "reason": reason,
        }
        # The line first: it is the open one then, and carries the digest of the row.
        tx.log.append(now, by, PROPOSED, of_authorisation(asked).subject, detail)
        tx.rollbacks.add_authorisation(asked)
    return asked


def approve(parts: RollbackParts, name: str, by: str, why: str) -> Standing:
    """Vote yes, signed by the agent where that is asked for; valid with the last vote that it needs.

    Raises Refused with every objection: expired, void, unknown principal, a second vote, nothing that signs.
    """
    ballot, draft = _drafted(parts, name, by, why)
    return _cast(parts, ballot, signed(parts, ballot, draft, parts.clock()), by)


def payload_for(parts: RollbackParts, name: str, by: str, why: str) -> bytes:
    """The text of a yes that ``by`` signs elsewhere. Raises Refused as :func:`approve` does."""
    return _drafted(parts, name, by, why)[1].encoded()


def approve_with(parts: RollbackParts, name: str, by: str, payload: bytes, signature: str) -> Standing:
    """Record a yes that ``by`` signed elsewhere. Raises Refused as :func:`approve` does, and for a vote that is not theirs."""
    with parts.store.read() as tx:
        ballot = of_authorisation(find(tx, parts, name).asked)
        vote = taken(parts, tx, ballot, payload, signature, parts.clock())
    if vote.principal != by or not vote.yes:
        raise Refused(f"this is no yes of {by}", todo="$PULSE_OPERATOR names you")
    return _cast(parts, ballot, vote, by)


def _drafted(parts: RollbackParts, name: str, by: str, why: str) -> tuple[Ballot, Payload]:
    with parts.store.read() as tx:
        here = find(tx, parts, name)
        head = tx.log.head()
        if reasons := _objections(tx, parts, here, by):
            raise Refused(f"pre-authorisation {here.asked.hash[:12]} cannot be approved", reasons)
    ballot = of_authorisation(here.asked)
    return ballot, drafted(parts, ballot, by, head, parts.clock(), reason=clean(why, 500))


def _cast(parts: RollbackParts, ballot: Ballot, vote: Approval, by: str) -> Standing:
    with parts.store.write() as tx:
        now, here = parts.clock(), find(tx, parts, ballot.hash)
        reasons = _objections(tx, parts, here, by) or [why for why in [unfit(parts, ballot, vote, now)] if why]
        if reasons:
            raise Refused(f"pre-authorisation {here.asked.hash[:12]} cannot be approved", reasons)
        others = tally(tx, parts, ballot, now)
        cast(tx, ballot, vote, "authorisation.approved", now)
        if len(others.counting) + 1 >= ballot.needed:
            tx.rollbacks.set_authorisation_state(ballot.hash, PlanState.APPROVED.value)
    anchor(parts, f"authorisation.approved {ballot.hash[:12]} {ballot.subject} by {by}")
    with parts.store.read() as tx:
        return find(tx, parts, ballot.hash)


def reject(parts: RollbackParts, name: str, by: str, why: str) -> Standing:
    """A no: it never becomes valid. Raises Refused for who may not vote there, and once it was decided."""
    reason = clean(why, 500)
    with parts.store.write() as tx:
        now, here = parts.clock(), find(tx, parts, name)
        reasons = _no_say(parts, here.asked, by)
        if here.word not in (PlanState.PROPOSED.value, VOID):
            reasons.append(f"it is {here.word}" + (": revoke it" if here.valid else ""))
        if reasons:
            raise Refused(f"pre-authorisation {here.asked.hash[:12]} cannot be rejected", reasons)
        _ended(tx, here.asked, PlanState.REJECTED.value, by, reason, now)
    anchor(parts, f"authorisation.rejected {here.asked.hash[:12]} by {by}")
    return here._replace(word=PlanState.REJECTED.value, why=f"by {by}: {reason}")


def revoke(parts: RollbackParts, name: str, by: str, why: str) -> Standing:
    """Take it back, whoever gave it; nothing rests on it from now on. Raises Refused for who may not vote there."""
    reason = reason_of(why)
    with parts.store.write() as tx:
        now, here = parts.clock(), find(tx, parts, name)
        reasons = _no_say(parts, here.asked, by)
        if here.word in (REVOKED, PlanState.REJECTED.value):
            reasons.append(f"it is {here.word} already")
        if reasons:
            raise Refused(f"pre-authorisation {here.asked.hash[:12]} cannot be revoked", reasons)
        _ended(tx, here.asked, REVOKED, by, reason, now)
    anchor(parts, f"authorisation.revoked {here.asked.hash[:12]} by {by}")
    return here._replace(word=REVOKED, why=f"by {by}: {reason}")


# --------------------------------------------------------------------------- how they stand


def listed(parts: RollbackParts, asset_id: str | None = None) -> tuple[AuthorisationLine, ...]:
    """All of them, of one asset when it is named, newest first."""
    now = parts.clock()
    with parts.store.read() as tx:
        return tuple(line(s, now) for s in standings(tx, parts, now, asset_id))


def line(here: Standing, now: datetime) -> AuthorisationLine:
    """One of them, ready to show."""
    asked = here.asked
    return AuthorisationLine(
        hash=asked.hash,
        asset=asked.asset_id,
        environment=asked.environment.value,
        trigger=asked.trigger,
        playbook=f"{asked.playbook} @ {asked.playbook_digest[:12]}",
        state=here.word,
        why=here.why,
        voters=here.voters,
        by=asked.proposed_by,
        drill=asked.drill,
        until_us=to_us(here.until) if here.until is not None else None,
        ends_soon=here.ends_soon(now),
    )


def find(tx: Transaction, parts: RollbackParts, name: str) -> Standing:
    """The one of this hash (8 digits or more are enough when only one fits). Raises NotFound."""
    found = [a for a in tx.rollbacks.authorisations() if len(name) >= _SHORTEST_NAME and a[0].hash.startswith(name)]
    if len(found) != 1:
        raise NotFound(f"no single pre-authorisation is named {name!r}", todo="pulse-tui rollback authorisations")
    return _standing(tx, parts, *found[0], parts.clock())


def standings(tx: Transaction, parts: RollbackParts, now: datetime, asset_id: str | None = None) -> Iterator[Standing]:
    """Every one, also those that are over: what was asked for and lapsed does not vanish. Newest first."""
    for asked, state in tx.rollbacks.authorisations(asset_id):
        yield _standing(tx, parts, asked, state, now)


def valid(
    tx: Transaction, parts: RollbackParts, asset_id: str, environment: Environment, now: datetime
) -> list[Standing]:
    """Those on which a rollback of the asset there may rest."""
    here = standings(tx, parts, now, asset_id)
    return [s for s in here if s.valid and s.asked.environment is environment]


def votes_for(tx: Transaction, parts: RollbackParts, plan: Plan, now: datetime) -> Tally:
    """The votes under which a plan of an automatic run may be carried out: those of its pre-authorisation, if that is valid
    and of this very playbook, asset, environment and trigger; else none, with the reason."""
    found = [a for a in tx.rollbacks.authorisations(plan.asset_id) if a[0].hash == plan.authorisation]
    if not found:
        return Tally(plan.approvals_needed, (), (), (f"pre-authorisation {str(plan.authorisation)[:12]} is not there",))
    here = _standing(tx, parts, *found[0], now)
    asked, wrong = (
        here.asked,
        [] if here.valid else [f"pre-authorisation {here.asked.hash[:12]} is {here.word}: {here.why}"],
    )
    pairs = {
        "asset": (asked.asset_id, plan.asset_id),
        "environment": (asked.environment, plan.environment),
        "playbook": (asked.playbook, plan.playbook),
        "trigger": (asked.trigger, plan.trigger),
    }
    wrong += [f"the pre-authorisation is of another {name}" for name, (one, other) in pairs.items() if one != other]
    if plan.undoes is not None:
        wrong.append("nothing pre-authorises the undo of a rollback")
    if wrong:
        return Tally(asked.approvals_needed, (), (), tuple(wrong))
    return tally(tx, parts, of_authorisation(asked), now)


def _standing(tx: Transaction, parts: RollbackParts, asked: Authorisation, state: str, now: datetime) -> Standing:
    if state in (REVOKED, PlanState.REJECTED.value):
        lines = tx.log.entries(subject=of_authorisation(asked).subject)
        last = next((e for e in reversed(lines) if e.detail.get("authorisation") == asked.hash), None)
        return Standing(asked, state, f"by {last.actor}: {last.detail.get('reason', '')}" if last is not None else "")
    ballot = of_authorisation(asked)
    if wrong := _wrong(tx, parts, asked, ballot):
        return Standing(asked, VOID, "; ".join(wrong))
    votes = tally(tx, parts, ballot, now)
    voters = tuple(v.principal for v in votes.counting)
    if state == PlanState.APPROVED.value and len(voters) >= ballot.needed:
        ends = sorted((min(v.expires_at, v.at + LONGEST) for v in votes.counting), reverse=True)
        since = sorted(v.at for v in votes.counting)[ballot.needed - 1]
        return Standing(asked, VALID, "", voters, since, ends[ballot.needed - 1])
    if state == PlanState.APPROVED.value:
        late = any(v.expires_at <= now for v, _ in votes.others)
        why = "; ".join(why for _, why in votes.others) or "too few of its votes count"
        return Standing(asked, EXPIRED if late else VOID, why, voters)
    if asked.expires_at <= now:
        return Standing(asked, EXPIRED, f"nobody gave the last vote before {iso(asked.expires_at)}", voters)
    missing = ballot.needed - len(voters)
    able = [n for n, o in sorted(parts.operators.items()) if asked.environment in o.environments and n not in voters]
    return Standing(asked, state, f"waits for {missing} of: {', '.join(able) or 'nobody'}", voters)


def _wrong(tx: Transaction, parts: RollbackParts, asked: Authorisation, ballot: Ballot) -> list[str]:
    """What has changed since, so that it counts no more."""
    out = []
    if not tx.log.vouches(f"authorisations/{asked.hash}", ballot.subject):
        out.append("it is not as the audit log recorded it: pulse-tui audit verify")
    playbook = book(parts, asked.asset_id, asked.environment)
    if playbook is None or (playbook.id, playbook.digest) != (asked.playbook, asked.playbook_digest):
        out.append(f"playbook {asked.playbook} changed")
    if asked.operators_digest != parts.operators_digest:
        out.append("the operators' file changed")
    if asked.approvals_needed < parts.approvals.needed(asked.environment):
        out.append(f"{asked.environment.value} now needs {parts.approvals.needed(asked.environment)} approvals")
    if asked.trigger not in parts.judging.policy.automatic.rules:
        out.append(f"policy no longer names {asked.trigger} for automatic rollback")
    elif parts.judging.policy.fires(asked.trigger) not in _fired(tx, asked, ballot):
        out.append(f"rule {asked.trigger} fires on something else than when it was asked for")
    return out


def _fired(tx: Transaction, asked: Authorisation, ballot: Ballot) -> set[str]:
    """What made its trigger fire when it was asked for, as the log has it."""
    lines = tx.log.entries(subject=ballot.subject)
    proposed = (e for e in lines if e.action == PROPOSED and e.detail.get("authorisation") == asked.hash)
    return {e.detail.get("fires", "") for e in proposed}


def _objections(tx: Transaction, parts: RollbackParts, here: Standing, by: str) -> list[str]:
    """Why ``by`` may not vote on it now."""
    out = _no_say(parts, here.asked, by)
    if here.word != PlanState.PROPOSED.value:
        out.append(f"it is {here.word}" + (f": {here.why}" if here.why else ""))
    if any(v.principal == by for v in tx.rollbacks.approvals(here.asked.hash)):
        out.append(f"{by} has already decided on it")
    return out


def _no_say(parts: RollbackParts, asked: Authorisation, by: str) -> list[str]:
    operator = parts.operators.get(by)
    if operator is None:
        return [f"{by!r} is not in the operators' file ($PULSE_OPERATOR names you)"]
    if asked.environment not in operator.environments:
        return [f"{by} may not approve in {asked.environment.value}"]
    return []


def _ended(tx: Transaction, asked: Authorisation, state: str, by: str, reason: str, now: datetime) -> None:
    detail = {"authorisation": asked.hash, "trigger": asked.trigger, "reason": reason}
    tx.log.append(now, by, f"authorisation.{state}", of_authorisation(asked).subject, detail)
    tx.rollbacks.set_authorisation_state(asked.hash, state)


def _same(one: Authorisation, other: Authorisation) -> bool:
    fields = ("environment", "playbook", "playbook_digest", "trigger", "approvals_needed", "operators_digest")
    same_span = one.expires_at - one.created_at == other.expires_at - other.created_at
    return same_span and all(getattr(one, f) == getattr(other, f) for f in fields)
