"""Who is believed when several sources state one field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.claim import ESTATE, OWN_ACTIONS, Claim, settle

START = datetime(2026, 11, 1, tzinfo=UTC)
ORDER = ("registry", "ci")


def claim(source: str, value: str, hours: float = 0, *, field: str = "version", event: bool = False) -> Claim:
    since = START + timedelta(hours=hours)
    return Claim(subject="bot/production", field=field, source=source, value=value, since=since, event=event)


def believed(*claims: Claim) -> tuple[str, str, bool]:
    settled = settle(claims, ORDER)
    assert settled is not None
    return settled.value, settled.source, settled.disputed


def test_nobody_said_anything() -> None:
    assert settle([], ORDER) is None


def test_the_first_in_the_order_of_precedence_is_believed_whoever_spoke_last() -> None:
    assert believed(claim("ci", "2", 9), claim("registry", "1", 0)) == ("1", "registry", True)


def test_a_source_that_is_not_listed_comes_after_those_that_are() -> None:
    assert believed(claim("aaa", "2"), claim("ci", "1")) == ("1", "ci", True)


def test_sources_that_agree_are_no_dispute() -> None:
    settled = settle([claim("ci", "1"), claim("registry", "1")], ORDER)
    assert settled is not None
    assert (settled.agree, settled.disputed) == (("ci",), False)


def test_a_system_that_observes_is_believed_over_the_estate_and_the_difference_is_told() -> None:
    assert believed(claim(ESTATE, "1", 5), claim("ci", "2")) == ("2", "ci", True)


def test_people_decide_who_owns_an_asset() -> None:
    settled = settle([claim("registry", "ml", field="owner_team"), claim(ESTATE, "safety", field="owner_team")], ORDER)
    assert settled is not None
    assert (settled.value, settled.disputed) == ("safety", True)


def test_a_rollback_that_was_read_back_is_believed_over_every_older_word() -> None:
    assert believed(claim("registry", "2", 0), claim(OWN_ACTIONS, "1", 1)) == ("1", OWN_ACTIONS, True)
    assert believed(claim("registry", "3", 2), claim(OWN_ACTIONS, "1", 1)) == ("3", "registry", False)


def test_the_estate_and_a_deed_are_no_dispute_the_newer_holds() -> None:
    assert believed(claim(ESTATE, "2", 0), claim(OWN_ACTIONS, "1", 1)) == ("1", OWN_ACTIONS, False)
    assert believed(claim(ESTATE, "2", 2), claim(OWN_ACTIONS, "1", 1)) == ("2", ESTATE, False)


def test_a_deployment_job_that_ran_before_the_alias_moved_is_history_not_a_dispute() -> None:
    assert believed(claim("ci", "1", 0, event=True), claim("registry", "2", 3)) == ("2", "registry", False)
    order = ("ci", "registry")
    settled = settle([claim("ci", "1", 0, event=True), claim("registry", "2", 3)], order)
    assert settled is not None
    assert settled.value == "2"


def test_the_words_name_who_says_what() -> None:
    settled = settle([claim("ci", "2"), claim("registry", "1")], ORDER)
    assert settled is not None
    assert settled.words() == "registry says 1, ci says 2"


CLAIMS = st.lists(
    st.builds(
        claim,
        st.sampled_from(["registry", "ci", "git", ESTATE, OWN_ACTIONS]),
        st.sampled_from(["1", "2", "3"]),
        st.integers(0, 5).map(float),
        event=st.booleans(),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda c: c.source,
)


@given(CLAIMS, st.randoms())
def test_the_answer_does_not_depend_on_the_order_in_which_claims_are_read(claims: list[Claim], chance: object) -> None:
    turned = list(claims)
    chance.shuffle(turned)  # type: ignore[attr-defined]
    assert settle(claims, ORDER) == settle(turned, ORDER)


@given(CLAIMS)
def test_nobody_is_lost_each_source_agrees_is_against_or_was_superseded(claims: list[Claim]) -> None:
    settled = settle(claims, ORDER)
    assert settled is not None
    told = {settled.source, *settled.agree, *(c.source for c in settled.against)}
    assert told <= {c.source for c in claims}
    silent = [c for c in claims if c.source not in told]
    assert all(c.source in (ESTATE, OWN_ACTIONS) or c.event for c in silent)
