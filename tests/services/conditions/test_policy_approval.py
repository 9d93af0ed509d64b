"""Who may put a policy in force, and when."""

from __future__ import annotations

import pytest

from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.oncall import OnCall, Person, Right, Role
from pulse_tui.domain.policy_change import PolicyState
from pulse_tui.services.conditions.in_force import in_force, instead
from pulse_tui.services.conditions.policy_approval import approve, reject, unsettled
from pulse_tui.services.conditions.policy_change import take_policy
from pulse_tui.services.parts import JudgeParts
from tests.fakes.nouns import NOW, later
from tests.policy.build import load, rule

STRICT = "changes: {approvals: 1}\n"


def text(limit: str) -> str:
    return rule(f"all: [eval.worse_pp > {limit}]") + STRICT


@pytest.fixture
def waiting(judge: JudgeParts) -> JudgeParts:
    """One policy in force, another proposed by ana."""
    former, new = load(text("2.0")), load(text("2.5"))
    take_policy(judge._replace(policy=former), NOW, "ana")
    parts = judge._replace(policy=former, proposed=new)
    assert take_policy(parts, later(hours=1), "ana", lambda _former: "1 condition no longer") is None
    return parts


def digest(parts: JudgeParts) -> str:
    assert parts.proposed is not None
    return parts.proposed.digest


def test_a_proposal_is_kept_with_who_what_and_its_effect_and_the_former_is_in_force(waiting: JudgeParts) -> None:
    with waiting.store.read() as tx:
        version, former = unsettled(tx), in_force(tx)
        assert version is not None
        assert former is not None
        assert (version.state, version.by, version.effect) == (PolicyState.PROPOSED, "ana", "1 condition no longer")
        assert version.changed == ("accuracy: all[1]: eval.worse_pp > 2.0 -> eval.worse_pp > 2.5",)
        assert instead(tx, version.digest) == former
        assert instead(tx, former.digest) is None


def test_reading_the_files_again_proposes_nothing_twice(waiting: JudgeParts) -> None:
    take_policy(waiting, later(hours=2), "ben")
    with waiting.store.read() as tx:
        version = unsettled(tx)
        assert version is not None
        assert version.by == "ana"
        assert [e.action for e in tx.log.entries() if e.action.startswith("policy.")] == ["policy.proposed"]


def test_the_one_who_proposed_it_does_not_approve_it(waiting: JudgeParts) -> None:
    with pytest.raises(Refused, match="ana proposed it: another person approves it"):
        approve(waiting, digest(waiting)[:8], "ana", "fine", later(hours=2))
    with pytest.raises(WrongUse, match="a reason is missing"):
        approve(waiting, digest(waiting)[:8], "ben", " ", later(hours=2))
    with pytest.raises(NotFound, match="no policy 'ab' waits"):
        approve(waiting, "ab", "ben", "fine", later(hours=2))


def test_only_those_to_whom_the_configuration_gives_the_right_decide(waiting: JudgeParts) -> None:
    people = {"ben": Person(name="ben", role=Role.ML), "eve": Person(name="eve", role=Role.SECURITY)}
    parts = waiting._replace(oncall=OnCall(people=people, rights={Right.POLICY: (Role.SECURITY,)}))
    for decide in (approve, reject):
        with pytest.raises(Refused, match="ben may not change policy"):
            decide(parts, digest(parts)[:8], "ben", "fine", later(hours=2))
    assert "is in force" in approve(parts, digest(parts)[:8], "eve", "fine", later(hours=2))


def test_what_the_files_no_longer_have_is_not_approved(waiting: JudgeParts) -> None:
    moved = waiting._replace(proposed=load(text("3.0")))
    with pytest.raises(Refused, match="the files do not have policy"):
        approve(moved, digest(waiting)[:8], "ben", "fine", later(hours=2))
    take_policy(moved, later(hours=3), "ben")
    with waiting.store.read() as tx:
        (version,) = tx.policies.in_state(PolicyState.PROPOSED)
        assert (version.digest, version.by) == (digest(moved), "ben")


def test_an_approved_policy_is_in_force_once_and_a_rejected_one_never(waiting: JudgeParts) -> None:
    name = digest(waiting)[:8]
    reject(waiting, name, "ben", "too blunt", later(hours=2))
    with pytest.raises(Refused, match="was rejected by ben: too blunt"):
        approve(waiting, name, "cho", "fine", later(hours=3))
    with pytest.raises(Refused, match="rejected by ben already"):
        reject(waiting, name, "cho", "no", later(hours=3))
    with waiting.store.read() as tx:
        version = unsettled(tx)
        assert version is not None
        assert "rejected by ben: too blunt; the former one stays in force" in version.words
