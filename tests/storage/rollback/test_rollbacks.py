from __future__ import annotations

import pytest
import sqlalchemy as sa

from pulse_tui.domain.errors import NotFound, Refused, StorageError
from pulse_tui.domain.rollback import PlanState, RunState, StepState
from pulse_tui.storage.rollback import tables as t
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW, approval, changed, later, plan, run, step
from tests.fakes.sshkeys import pair
from tests.fakes.tampering import tamper


def test_a_plan_is_kept_under_its_hash_once(store: SqlStore) -> None:
    made = plan(steps=(step("a"), step("b", params={"name": "b", "n": 1, "deep": {"x": [1, None]}})))
    with store.write() as tx:
        assert tx.rollbacks.add_plan(made)
        assert not tx.rollbacks.add_plan(made)
        tx.rollbacks.set_plan_state(made.hash, PlanState.APPROVED)
    with store.read() as tx:
        assert tx.rollbacks.plan(made.hash) == (made, PlanState.APPROVED)
        assert tx.rollbacks.plan(made.hash[:8]) == (made, PlanState.APPROVED)
        assert tx.rollbacks.plans("support-bot") == [(made, PlanState.APPROVED)]
        assert tx.rollbacks.plans("other") == []
        assert tx.rollbacks.plan("0" * 64) is None
        with pytest.raises(NotFound, match="at least 8"):
            tx.rollbacks.plan(made.hash[:7])


def test_a_pattern_is_no_name_of_a_plan(store: SqlStore) -> None:
    with store.write() as tx:
        tx.rollbacks.add_plan(plan())
        assert tx.rollbacks.plan("%%%%%%%%") is None
        assert tx.rollbacks.plan("________") is None


@pytest.mark.parametrize("body", [plan(to_version="6.6.6").canonical(), plan().canonical() + b" ", b"{}", b"\xff", b""])
def test_a_plan_that_was_changed_in_the_database_is_never_read(store: SqlStore, body: bytes) -> None:
    made = plan()
    with store.write() as tx:
        tx.rollbacks.add_plan(made)
    tamper(store, sa.update(t.plans).values(body=body))
    with store.read() as tx:
        if body.rstrip() == made.canonical():
            # White space outside of the canonical form means nothing: what would run is what was approved.
            assert tx.rollbacks.plan(made.hash) == (made, PlanState.PROPOSED)
            return
        with pytest.raises(StorageError, match="was changed in the database"):
            tx.rollbacks.plan(made.hash)


def test_a_person_and_a_key_speak_once_on_a_plan(store: SqlStore) -> None:
    made, other = plan(), plan(reason="another")
    with store.write() as tx:
        tx.rollbacks.add_approval(approval(made, "ana", "k1"))
        tx.rollbacks.add_approval(approval(other, "ana", "k1"))
    for principal, key in (("ana", "k1"), ("ana", "k2"), ("ben", "k1")):
        with pytest.raises(Refused, match="already decided"), store.write() as tx:
            tx.rollbacks.add_approval(approval(made, principal, key, yes=False))
    with store.write() as tx:
        tx.rollbacks.add_approval(approval(made, "ben", "k2", at=later(minutes=1)))
        assert [a.principal for a in tx.rollbacks.approvals(made.hash)] == ["ana", "ben"]
        assert tx.rollbacks.approvals(made.hash)[0] == approval(made, "ana", "k1")


def test_one_run_at_a_time_owns_a_target(store: SqlStore) -> None:
    made = plan()
    with store.write() as tx:
        tx.rollbacks.start_run(run(made), 2)
    with pytest.raises(Refused, match="another run is active"), store.write() as tx:
        tx.rollbacks.start_run(run(made, "run-2"), 1)
    with store.write() as tx:
        tx.rollbacks.put_run(run(made, state=RunState.UNKNOWN))
    with pytest.raises(Refused, match="another run is active"), store.write() as tx:
        tx.rollbacks.start_run(run(made, "run-2"), 1)
    with store.write() as tx:
        tx.rollbacks.put_run(run(made, state=RunState.VERIFIED, ended_at=later(minutes=1)))
        tx.rollbacks.start_run(run(made, "run-2", started_at=later(minutes=2)), 1)
        assert [r.id for r in tx.rollbacks.runs(plan_hash=made.hash)] == ["run-2", "run-1"]
        assert [r.id for r in tx.rollbacks.runs(active_only=True)] == ["run-2"]
        assert tx.rollbacks.run("run-1") == run(made, state=RunState.VERIFIED, ended_at=later(minutes=1))


def test_the_journal_keeps_every_move_and_the_line_the_last(store: SqlStore) -> None:
    made = plan()
    with store.write() as tx:
        tx.rollbacks.start_run(run(made), 2)
        first, second = tx.rollbacks.steps("run-1")
        assert (first.key, second.key, first.state) == ("run-1-0", "run-1-1", StepState.PENDING)
        intent = first.move(StepState.INTENT, at=NOW, detail="to 3.8.1")
        tx.rollbacks.put_step(intent)
        done = intent.move(StepState.SENT, at=later(seconds=1), sent_at=later(seconds=1), seen_before="3.8.2")
        tx.rollbacks.put_step(done)
        with pytest.raises(ValueError, match="without a time"):
            tx.rollbacks.put_step(changed(second, at=None))
    with store.read() as tx:
        assert tx.rollbacks.steps("run-1") == [done, second]
        assert tx.rollbacks.journal("run-1") == [
            (NOW, 0, "intent", "to 3.8.1"),
            (later(seconds=1), 0, "sent", "to 3.8.1"),
        ]


def test_a_signed_vote_comes_back_to_the_byte_and_the_microsecond(store: SqlStore) -> None:
    made = plan()
    raw = '{"reason":"p95 \u00e4\u2713"}\n'
    given = [
        approval(made, "ana", "SHA256:a", payload=raw, signature=pair().sign(raw.encode()), at=later(microseconds=1)),
        approval(made, "ben", "unsigned:ben", at=later(microseconds=1), break_glass=True),
    ]
    with store.write() as tx:
        for vote in given:
            tx.rollbacks.add_approval(vote)
    with store.read() as tx:
        assert sorted(tx.rollbacks.approvals(made.hash), key=lambda v: v.principal) == given
