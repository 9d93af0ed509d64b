"""A pre-authorisation: given after its trigger was drilled, voted on like a plan, and void with whatever it rests on."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.rollback import Authorisation, Drill
from pulse_tui.domain.words import SignalType
from pulse_tui.policy.judge import Policy
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback import authorise
from pulse_tui.services.rollback.authorise import Standing
from pulse_tui.services.rollback.drill import record
from tests.fakes.clock import Clock
from tests.fakes.house import OPERATORS, playbook
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, later

BOOK = msgspec.structs.replace(playbook("alias"), digest="d" * 64)
TRIGGER = "latency-breach-canary"
MONTH = timedelta(days=30)


@pytest.fixture
def parts(parts: RollbackParts) -> RollbackParts:
    return parts._replace(playbooks=(BOOK,))


def drill(parts: RollbackParts, trigger: str = TRIGGER, **fields: Any) -> None:
    values: dict[str, Any] = {
        "run_id": f"drill-{trigger}", "asset_id": "support-bot", "playbook": "move", "playbook_digest": BOOK.digest,
        "trigger": trigger, "from_version": "3.8.2", "to_version": "3.8.1", "at": NOW, "ok": True, "detail": "",
        "seconds": 2.0, "by": "ana",
    }  # fmt: skip
    with parts.store.write() as tx:
        record(tx, Drill(**{**values, **fields}))


def asked(parts: RollbackParts, environment: Any = PRODUCTION, trigger: str = TRIGGER) -> Authorisation:
    drill(parts, trigger)
    return authorise.propose(parts, "support-bot", environment, trigger, MONTH, by="ana", why="nights are long")


def given(parts: RollbackParts, *by: str) -> Standing:
    """Asked for production, and approved by these."""
    name = asked(parts).hash
    for who in by:
        authorise.approve(parts, name, who, "drilled, and I trust it")
    return now(parts, name)


def now(parts: RollbackParts, name: str) -> Standing:
    with parts.store.read() as tx:
        return authorise.find(tx, parts, name)


def test_it_is_valid_with_the_last_vote_and_lasts_from_the_votes_on(parts: RollbackParts, clock: Clock) -> None:
    """teleport 50011: the clock starts when it is approved, not when it was asked for."""
    name = asked(parts).hash
    clock.pass_(days=3)
    first = authorise.approve(parts, name, "ana", "drilled")
    assert (first.word, first.why) == ("proposed", "waits for 1 of: ben, cho")
    clock.pass_(days=1)
    done = authorise.approve(parts, name[:10], "ben", "drilled")
    assert done.valid
    assert done.voters == ("ana", "ben")
    assert done.until == later(days=33)  # ana's vote is the first that runs out
    assert done.since == later(days=4)
    with parts.store.read() as tx:
        assert [s.asked.hash for s in authorise.valid(tx, parts, "support-bot", PRODUCTION, clock())] == [name]
        assert authorise.valid(tx, parts, "support-bot", CANARY, clock()) == []
    clock.pass_(days=29)
    assert now(parts, name).word == "expired"


def test_what_expired_is_still_listed_and_on_record(parts: RollbackParts, clock: Clock) -> None:
    """teleport 68308: expired requests vanish from the audit."""
    name = asked(parts).hash
    clock.pass_(days=31)
    with parts.store.read() as tx:
        (only,) = authorise.standings(tx, parts, clock())
        actions = [e.action for e in tx.log.entries(subject="support-bot/production")]
    assert (only.asked.hash, only.word) == (name, "expired")
    assert actions == ["authorisation.proposed"]
    with pytest.raises(Refused, match="cannot be approved"):
        authorise.approve(parts, name, "ana", "late")


def test_one_that_ends_within_a_week_says_so(parts: RollbackParts, clock: Clock) -> None:
    here = given(parts, "ana", "ben")
    assert not here.ends_soon(clock())
    clock.pass_(days=23)
    assert now(parts, here.asked.hash).ends_soon(clock())


@pytest.mark.parametrize(
    ("trigger", "drilled", "why"),
    [
        ("latency-breach", "latency-breach", "policy does not name 'latency-breach' for automatic rollback"),
        (TRIGGER, None, "no drill of playbook move is recorded: pulse-tui rollback drill support-bot"),
        (TRIGGER, "accuracy-regression", f"no drill of playbook move for the trigger {TRIGGER} is recorded"),
    ],
)
def test_it_is_refused_for_a_trigger_that_policy_does_not_name_or_that_was_not_drilled(
    parts: RollbackParts, trigger: str, drilled: str | None, why: str
) -> None:
    if drilled is not None:
        drill(parts, drilled)
    with pytest.raises(Refused) as refused:
        authorise.propose(parts, "support-bot", PRODUCTION, trigger, MONTH, by="ana", why="x y z")
    assert why in str(refused.value)


def test_an_old_drill_an_unknown_asset_and_a_span_that_is_too_long_are_refused(parts: RollbackParts) -> None:
    drill(parts, at=later(days=-91))
    with pytest.raises(Refused, match="overdue"):
        authorise.propose(parts, "support-bot", PRODUCTION, TRIGGER, MONTH, by="ana", why="x y z")
    with pytest.raises(NotFound):
        authorise.propose(parts, "suport-bot", PRODUCTION, TRIGGER, MONTH, by="ana", why="x y z")
    with pytest.raises(WrongUse):
        authorise.propose(parts, "support-bot", PRODUCTION, TRIGGER, timedelta(days=91), by="ana", why="x y z")


def test_the_same_question_is_one_and_nobody_votes_twice_or_without_being_an_operator(parts: RollbackParts) -> None:
    name = asked(parts).hash
    assert authorise.propose(parts, "support-bot", PRODUCTION, TRIGGER, MONTH, by="ben", why="me too").hash == name
    authorise.approve(parts, name, "ana", "yes")
    for who, why in (("ana", "ana has already decided on it"), ("eve", "'eve' is not in the operators' file")):
        with pytest.raises(Refused) as refused:
            authorise.approve(parts, name, who, "yes")
        assert why in str(refused.value)


def test_a_rejection_and_a_revocation_end_it(parts: RollbackParts) -> None:
    here = given(parts, "ana", "ben")
    assert authorise.revoke(parts, here.asked.hash, "cho", "we hired people").word == "revoked"
    assert now(parts, here.asked.hash).why == "by cho: we hired people"
    other = asked(parts).hash
    assert other == here.asked.hash or authorise.reject(parts, other, "cho", "no").word == "rejected"
    with pytest.raises(Refused, match="cannot be revoked"):
        authorise.revoke(parts, here.asked.hash, "cho", "again")


def test_it_is_void_with_the_playbook_the_operators_file_a_voter_the_votes_needed_or_the_policy(
    parts: RollbackParts,
) -> None:
    name = given(parts, "ana", "ben").asked.hash
    assert now(parts, name).valid
    changed = msgspec.structs.replace(BOOK, digest="e" * 64)
    assert now(parts._replace(playbooks=(changed,)), name).why == "playbook move changed"
    assert now(parts._replace(operators_digest="other"), name).why == "the operators' file changed"
    fewer = {n: o for n, o in OPERATORS.items() if n != "ben"}
    left = now(parts._replace(operators=fewer), name)
    assert (left.valid, left.why) == (False, "ben is no longer in the operators' file")
    stricter = msgspec.structs.replace(parts.approvals, production=3)
    assert now(parts._replace(approvals=stricter), name).why == "production now needs 3 approvals"


def test_it_is_void_once_its_trigger_fires_on_something_else(parts: RollbackParts) -> None:
    """Two signed for an answer to this failure; whoever writes the rules alone must not make it one to any other."""
    name = given(parts, "ana", "ben").asked.hash
    policy, trigger = parts.judging.policy, now(parts, name).asked.trigger
    assert isinstance(policy, Policy)

    def under(**changes: Any) -> RollbackParts:
        rules = []
        for compiled in policy.compiled:
            one = copy.copy(compiled)
            if one.rule.id == trigger:
                one.rule = msgspec.structs.replace(one.rule, **changes)
            rules.append(one)
        made = Policy(tuple(rules), policy.engine, "another", policy.gate, policy.automatic)
        return parts._replace(judging=parts.judging._replace(policy=made))

    assert now(under(owner="somebody", description="as it was"), name).valid
    for changes in ({"all": ("true",)}, {"any": ("true",)}, {"on": (SignalType.CVE,)}):
        here = now(under(**changes), name)
        assert (here.word, here.why) == ("void", f"rule {trigger} fires on something else than when it was asked for")


def test_a_row_that_somebody_wrote_counts_for_nothing(parts: RollbackParts) -> None:
    name = asked(parts).hash
    store: Any = parts.store
    with store._engine.begin() as connection:
        connection.execute(sa.text("UPDATE authorisations SET state = 'approved'"))
    assert now(parts, name).why.startswith("it is not as the audit log recorded it")
