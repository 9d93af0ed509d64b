"""A change of policy that is not in force, and a phase that keeps something back, stand in the header."""

from __future__ import annotations

import pytest

from pulse_tui.domain.policy_change import PolicyState, PolicyVersion
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW, later


def put(store: SqlStore, digest: str, state: PolicyState, phase: str = "automation") -> None:
    at = NOW if state is PolicyState.IN_FORCE else later(hours=1)
    version = PolicyVersion(digest=digest, seen_at=at, by="ana", state=state, phase=phase, rejected_by="ben", why="no")
    with store.write() as tx:
        tx.policies.put(version)


def test_a_policy_that_is_in_force_needs_no_word(store: SqlStore) -> None:
    put(store, "41c9ab", PolicyState.IN_FORCE)
    put(store, "0000aa", PolicyState.REPLACED, "visibility")
    header = store.board("acme", None, NOW).header
    assert (header.policy, header.phase) == ("", "")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (PolicyState.PROPOSED, "waits for a second person (ana proposed it); the former one stays in force"),
        (PolicyState.REJECTED, "was rejected by ben: no; the former one stays in force"),
    ],
)
def test_one_that_waits_or_was_rejected_is_named(store: SqlStore, state: PolicyState, words: str) -> None:
    put(store, "41c9ab", PolicyState.IN_FORCE)
    put(store, "77aa00", state)
    assert store.board("acme", None, NOW).header.policy == f"policy 77aa00 of the files {words}"


@pytest.mark.parametrize(("phase", "shown"), [("visibility", "visibility"), ("policy", "policy"), ("learning", "")])
def test_a_phase_is_named_where_it_keeps_something_back(store: SqlStore, phase: str, shown: str) -> None:
    put(store, "41c9ab", PolicyState.IN_FORCE, phase)
    put(store, "77aa00", PolicyState.PROPOSED, "visibility")
    assert store.board("acme", None, NOW).header.phase == shown
