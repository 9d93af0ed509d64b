"""Rights go by role: of the person, or of a team of theirs."""

from __future__ import annotations

import pytest

from pulse_tui.domain.oncall import OnCall, Person, Right, Role, Team
from pulse_tui.enrich.oncall.rights import NEEDS, may

ONCALL = OnCall(
    people={"ana": Person(name="ana", role=Role.ML), "dora": Person(name="dora")},
    teams={"security": Team(id="security", role=Role.SECURITY, members=("dora",))},
    rights={Right.WAIVE: (Role.SECURITY,)},
)


def test_without_rights_everybody_may() -> None:
    assert all(may(OnCall(), "anybody", right) is None for right in Right)


def test_a_right_that_is_not_listed_is_everybodys() -> None:
    assert may(ONCALL, "ana", Right.SILENCE) is None
    assert may(ONCALL, "ana", None) is None


def test_a_member_of_a_team_of_the_role_may() -> None:
    assert may(ONCALL, "dora", Right.WAIVE) is None


@pytest.mark.parametrize(("who", "has"), [("ana", "ml"), ("nobody", "none")])
def test_others_may_not_and_read_whose_it_is(who: str, has: str) -> None:
    assert may(ONCALL, who, Right.WAIVE) == f"{who} may not waive: that is for security, and the role of {who} is {has}"


def test_every_right_is_asked_for_somewhere() -> None:
    assert set(NEEDS.values()) == set(Right)
