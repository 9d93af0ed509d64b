"""Holds are enforced elsewhere by what stands here; what stands there is read back, and what differs is a concern."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import msgspec
import pytest

from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.enforcement import Enforced, Enforcement
from pulse_tui.domain.errors import NotFound, TargetError
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.notice import Use
from pulse_tui.ports import Held, Route, Seen, SendContext, Waiting
from pulse_tui.services.alerts.deliver import deliver
from pulse_tui.services.parts import JudgeParts, RollbackParts
from pulse_tui.services.promotion.enforce import again, forget, listing, push, read_back
from pulse_tui.services.promotion.waiting import Answered, answer_waiting
from tests.fakes.clock import Clock
from tests.fakes.house import rollback
from tests.fakes.nouns import PRODUCTION, hold
from tests.fakes.prepared import prepared
from tests.fakes.runs import measured_well
from tests.fakes.target import Places


class Options(msgspec.Struct, frozen=True):
    USES: ClassVar[frozenset[Use]] = frozenset({Use.ENFORCE})


class There:
    """A destination in memory."""

    Options = Options

    def __init__(self) -> None:
        self.held: set[str] = set()
        self.got: list[str] = []
        self.down = False
        self.refuses = False
        self.waits: list[Waiting] = []

    def respond(self, case: object) -> list[Any]:
        del case
        return []

    def takes(self, hold: Hold, options: object) -> bool:
        del hold, options
        return True

    def deliver(self, delivery: Delivery, options: object, context: SendContext) -> str:
        del options, context
        if self.refuses:
            raise TargetError("no rights", ambiguous=False, permanent=True)
        given = delivery.payload
        self.got.append(f"{given['do']} {given.get('hold') or given['state']}")
        if given["do"] == "hold":
            self.held.add(given["key"])
        elif given["do"] == "lift":
            self.held.discard(given["key"])
        return "done"

    def seen(self, held: Held, options: object, context: SendContext) -> Seen:
        del options, context
        if self.down:
            raise TargetError("it does not answer", ambiguous=False)
        return Seen(held.key in self.held, "looked")

    def waiting(self, options: object, context: SendContext) -> list[Waiting]:
        del options, context
        return self.waits

    def meant(self, waits: Waiting, options: object) -> list[tuple[str, Any, str]]:
        del options
        return [("support-bot", PRODUCTION, waits.ref)]


ROUTE = Route(id="ci", kind="there", options=Options())


@pytest.fixture
def there() -> There:
    return There()


@pytest.fixture
def parts(judge: JudgeParts, there: There) -> JudgeParts:
    return judge._replace(actions={**judge.actions, "there": there}, routes=[ROUTE])


def round_(parts: JudgeParts) -> list[Enforcement]:
    """What the housekeeping does in a minute."""
    now = parts.clock()
    push(parts, now)
    deliver(parts, "me", "ci")
    push(parts, now)
    read_back(parts, now)
    parts.clock.pass_(minutes=2)  # type: ignore[attr-defined]
    with parts.store.read() as tx:
        return listing(tx, parts.clock())


def place(parts: JudgeParts, ident: str = "block-1", **fields: Any) -> None:
    with parts.store.write() as tx:
        assert tx.judgements.put_hold(hold(ident, placed_at=parts.clock(), **fields))


def lift(parts: JudgeParts, ident: str = "block-1") -> None:
    with parts.store.write() as tx:
        assert tx.judgements.lift_hold(ident, "ana", parts.clock())


def concerns(parts: JudgeParts) -> list[str]:
    with parts.store.read() as tx:
        return [c.what for c in tx.inventory.concerns("support-bot") if c.kind == "enforce"]


def test_a_hold_is_asked_for_once_and_shown_as_standing_when_it_was_read_back(parts: JudgeParts, there: There) -> None:
    place(parts)
    now = parts.clock()
    assert push(parts, now) == 1
    with parts.store.read() as tx:
        (asked,) = listing(tx, now)
    assert (asked.state, asked.words) == (Enforced.ASKED, "asked, not confirmed there")
    (standing,) = round_(parts)
    assert (standing.state, standing.words) == (Enforced.STANDS, "stands there: looked")
    round_(parts)
    assert there.got == ["hold block-1"]


def test_what_is_lifted_here_is_lifted_there_and_confirmed(parts: JudgeParts, there: There) -> None:
    place(parts)
    round_(parts)
    lift(parts)
    (lifted,) = round_(parts)
    assert (lifted.state, there.held) == (Enforced.LIFTED, set())
    assert lifted.seen_at is not None
    round_(parts)
    assert there.got == ["hold block-1", "lift block-1"]


def test_a_hold_that_is_placed_again_is_another_one(parts: JudgeParts, there: There) -> None:
    place(parts)
    round_(parts)
    lift(parts)
    round_(parts)
    place(parts)
    assert sorted(e.state for e in round_(parts)) == [Enforced.LIFTED, Enforced.STANDS]
    assert len(there.held) == 1


def test_somebody_who_opens_it_there_is_seen_and_it_ends_when_it_stands_again(parts: JudgeParts, there: There) -> None:
    place(parts)
    (one,) = round_(parts)
    there.held.clear()
    (differs,) = round_(parts)
    assert (differs.state, differs.words) == (Enforced.DIFFERS, "DIFFERS THERE: looked")
    assert "DIFFERS THERE" in concerns(parts)[0]
    again(parts, one.key, "ana", parts.clock())
    (back,) = round_(parts)
    assert back.state is Enforced.STANDS
    assert concerns(parts) == []


def test_one_that_is_still_held_there_after_it_was_lifted_differs(parts: JudgeParts, there: There) -> None:
    place(parts)
    (one,) = round_(parts)
    lift(parts)
    push(parts, parts.clock())
    deliver(parts, "me", "ci")
    there.held.add(one.key)
    (differs,) = round_(parts)
    assert differs.state is Enforced.DIFFERS
    assert "still held there" in differs.words
    assert round_(parts)[0].state is Enforced.DIFFERS
    there.held.clear()
    assert round_(parts)[0].state is Enforced.LIFTED


def test_what_cannot_be_read_back_is_not_shown_as_standing_without_that(parts: JudgeParts, there: There) -> None:
    place(parts)
    round_(parts)
    there.down = True
    (doubt,) = round_(parts)
    assert doubt.words == "stands there: looked; not read back since: it does not answer"


def test_a_destination_that_refuses_is_a_failure_until_it_is_asked_again(parts: JudgeParts, there: There) -> None:
    place(parts)
    there.refuses = True
    (failed,) = round_(parts)
    assert failed.state is Enforced.FAILED
    assert "no rights" in failed.words
    assert concerns(parts)
    there.refuses = False
    again(parts, failed.key, "ana", parts.clock())
    assert round_(parts)[0].state is Enforced.STANDS


def test_a_route_that_is_taken_away_leaves_what_it_held_in_sight(parts: JudgeParts) -> None:
    place(parts)
    (one,) = round_(parts)
    bare = parts._replace(routes=[])
    push(bare, bare.clock())
    with bare.store.read() as tx:
        (left,) = listing(tx, bare.clock())
    assert left.state is Enforced.DIFFERS
    assert "no longer configured" in left.words
    forget(bare, one.key, "ana", bare.clock())
    assert concerns(bare) == []
    with pytest.raises(NotFound):
        forget(bare, "enforce-0", "ana", bare.clock())


def test_a_bug_of_a_kind_holds_up_no_other_one(parts: JudgeParts) -> None:
    place(parts)
    place(parts, "block-2")
    round_(parts)
    broken = SimpleNamespace(**{n: getattr(There(), n) for n in ("takes", "deliver")}, seen=lambda *_: 1 / 0)
    house = parts._replace(actions={**parts.actions, "there": broken})
    assert all("ZeroDivisionError" in e.unread for e in round_(house))


# --------------------------------------------------------------------------- deploys that wait


@pytest.fixture
def gate(parts: JudgeParts, target: Places, clock: Clock) -> RollbackParts:
    return prepared(rollback(measured_well(parts, "3.8.1", "3.8.2"), target, clock))


def answers(gate: RollbackParts, there: There) -> tuple[list[Answered], list[str]]:
    found = answer_waiting(gate, gate.clock())
    there.got.clear()
    deliver(gate.judging, "me", "ci")
    return found, list(there.got)


def waits(ref: str = "3.8.2", commit: str = "") -> Waiting:
    return Waiting("7.1", "prod", commit, ref, "deploy")


def test_a_deploy_that_waits_is_approved_when_the_gate_is_open(gate: RollbackParts, there: There) -> None:
    there.waits = [waits()]
    (found,), got = answers(gate, there)
    assert (found.state, got) == ("approved", ["answer approved"])
    assert answers(gate, there) == ([], [])


def test_one_is_left_waiting_with_the_reasons_until_the_gate_opens(gate: RollbackParts, there: There) -> None:
    place(gate.judging, version="3.8.2")
    there.waits = [waits()]
    (found,), got = answers(gate, there)
    assert (found.state, got) == ("", ["answer "])
    assert "holds: block block-1" in found.why
    assert answers(gate, there) == ([], [])
    lift(gate.judging)
    assert answers(gate, there)[1] == ["answer approved"]


@pytest.mark.parametrize(("ref", "commit"), [("9.9.9", ""), ("", "f" * 40), ("", "")])
def test_what_the_estate_does_not_know_is_not_approved(
    gate: RollbackParts, there: There, ref: str, commit: str
) -> None:
    there.waits = [waits(ref, commit)]
    (found,), _ = answers(gate, there)
    assert found.state == ""
    assert "is not known here" in found.why


def test_a_yes_that_was_not_taken_is_asked_for_anew_later(gate: RollbackParts, there: There) -> None:
    there.waits = [waits()]
    answers(gate, there)
    gate.clock.pass_(minutes=6)  # type: ignore[attr-defined]
    place(gate.judging, version="3.8.2")
    (found,), _ = answers(gate, there)
    assert found.state == ""
