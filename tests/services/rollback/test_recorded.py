"""What somebody writes into the database is nobody's decision, and the log shows it."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress

import msgspec
import pytest
import sqlalchemy as sa

from pulse_tui.domain.audit import Anchor
from pulse_tui.domain.errors import NotFound, PulseError, Refused
from pulse_tui.domain.rollback import Plan, PlanState, RunState
from pulse_tui.services.alerts.operate import freeze
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.execute import execute, resume
from pulse_tui.services.rollback.recorded import verified
from pulse_tui.storage.sql import append_only
from tests.fakes.nouns import PRODUCTION, later
from tests.fakes.tampering import tamper
from tests.fakes.target import Places
from tests.services.rollback.test_plan import in_production, make, state

HEX = "0" * 64
COUNT = 240


def sql(parts: RollbackParts, *statements: str) -> None:
    tamper(parts.store, *map(sa.text, statements))  # type: ignore[arg-type]


def found(parts: RollbackParts, *anchors: Anchor) -> list[str]:
    """What the hashes say; that triggers are gone is another matter."""
    with parts.store.read() as tx:
        weakened = tx.log.weakened()
        return [line for line in verified(tx, anchors).wrong if line not in weakened]


@pytest.fixture
def played(parts: RollbackParts) -> RollbackParts:
    """A plan that was approved and run, another one that waits, and a freeze."""
    plan = make(parts)
    approve(parts, plan.hash, "ana", "sure")
    assert execute(parts, plan.hash, "ana", "host:1:1").state is RunState.VERIFIED
    freeze(parts.store, "gateway", "ana", "a CVE", parts.clock())
    assert found(parts) == []
    return parts


CHANGES = {
    "an approval is deleted": "DELETE FROM approvals",
    "an approval has another principal": "UPDATE approvals SET principal = 'ben'",
    "an approval has another reason": "UPDATE approvals SET reason = 'as agreed'",
    "a yes becomes a no": "UPDATE approvals SET yes = FALSE",
    "an approval is valid for longer": "UPDATE approvals SET expires_at = expires_at + 1",
    "an approval names another head": f"UPDATE approvals SET audit_head = '{HEX}'",
    "an approval is added": "INSERT INTO approvals (plan_hash, principal, key, yes, at, expires_at, audit_head, reason) SELECT plan_hash, 'eve', 'k9', yes, at, expires_at, audit_head, reason FROM approvals",
    "a run is deleted": "DELETE FROM runs",
    "a run ended otherwise": "UPDATE runs SET state = 'undone'",
    "a run was started by another": "UPDATE runs SET started_by = 'ben'",
    "the journal is deleted": "DELETE FROM journal",
    "a line of the journal is deleted": "DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)",
    "a line of the journal is another": "UPDATE journal SET detail = 'x' WHERE seq = (SELECT max(seq) FROM journal)",
    "a step is another": "UPDATE steps SET seen_after = 'x'",
    "a plan is deleted": "DELETE FROM plans",
    "a plan is open again": "UPDATE plans SET state = 'approved'",
    "a hold is deleted": "DELETE FROM holds",
    "a hold is lifted": "UPDATE holds SET open_key = NULL, lifted_by = 'ana', lifted_at = 5",
    "a hold has another reason": "UPDATE holds SET why = 'x'",
    "the seal is deleted": "DELETE FROM settings_values WHERE key = 'audit.newest'",
    "the last line is deleted": "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
    "a line in the middle is deleted": "DELETE FROM audit WHERE seq = 3",
    "a line has another actor": "UPDATE audit SET actor = 'eve' WHERE seq = 3",
    "a line has another origin": "UPDATE audit SET origin = 'uid 0' WHERE seq = 3",
    "a line recorded otherwise": "UPDATE audit SET records = '{}' WHERE seq = 3",
    "a line is no line": "UPDATE audit SET detail = '{' WHERE seq = 3",
    "a time is no time": "UPDATE audit SET at = 9e18 WHERE seq = 3",
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_behind_the_log_is_found(played: RollbackParts, change: str) -> None:
    sql(played, change)
    assert found(played) != []


def test_an_end_cut_off_with_its_seal_is_found_by_the_records_it_wrote_or_by_an_anchor(played: RollbackParts) -> None:
    with played.store.read() as tx:
        head = tx.log.head()
    with played.store.write() as tx:
        tx.log.append(later(hours=1), "ana", "alert.acknowledged", "a1")
        more = tx.log.head()
    seal = "UPDATE settings_values SET value = '{}:{}' WHERE key = 'audit.newest'"
    sql(played, f"DELETE FROM audit WHERE seq = {more.seq}", seal.format(*head))
    assert found(played, head) == []  # nothing that is left names the line: only an anchor shows this
    assert found(played, more) == [f"line {more.seq}, which was anchored, is not there: the log was cut or rewritten"]
    with played.store.read() as tx:
        before = tx.log.entries()[-2]
    sql(played, f"DELETE FROM audit WHERE seq = {head.seq}", seal.format(before.seq, before.hash))
    assert any(line.startswith("holds/") for line in found(played))


def _changes(parts: RollbackParts, count: int) -> Iterator[str]:
    """Single fields of protected rows and of lines, each with another value; rows deleted; rows written twice."""
    choose = random.Random(7)
    engine = sa.create_engine(parts.store.url)  # type: ignore[attr-defined]
    tables = sa.MetaData()
    tables.reflect(engine, only=["plans", "approvals", "runs", "steps", "journal", "holds", "audit"])
    engine.dispose()
    for _ in range(count):
        table = choose.choice(tables.sorted_tables)
        column = choose.choice([c for c in table.columns if c.name != "seq"])
        now = f'"{column.name}"'
        other = {
            "TEXT": f"coalesce({now}, '') || '{choose.choice('xyz0')}'",
            "BLOB": "CAST('{}' AS BLOB)",
            "BOOLEAN": f"NOT {now}",
        }.get(str(column.type), f"coalesce({now}, 0) + {choose.choice([-1, 1, 60_000_000])}")
        yield f"UPDATE {table.name} SET {now} = {other} WHERE rowid = (SELECT max(rowid) FROM {table.name})"


class Disk:
    """The database file as somebody reaches it without this program and its triggers, and as it was before."""

    def __init__(self, parts: RollbackParts) -> None:
        self.raw = sqlite3.connect(parts.store.url.database, isolation_level=None)  # type: ignore[attr-defined]
        for statement in append_only.drop("sqlite"):
            self.raw.execute(statement)
        self._kept = sqlite3.connect(":memory:")
        self.raw.backup(self._kept)

    def restore(self) -> None:
        self._kept.backup(self.raw)

    def close(self) -> None:
        self.raw.close()
        self._kept.close()


def test_two_hundred_generated_changes_are_all_found(played: RollbackParts) -> None:
    missed = []
    with closing(Disk(played)) as disk:
        for change in _changes(played, COUNT):
            disk.raw.execute(change)
            if not found(played):
                missed.append(change)
            disk.restore()
    assert missed == []
    assert found(played) == []
    print(f"{COUNT} changes of records and lines, 0 unnoticed")


def _vote(plan: Plan, who: str, key: str, head: str) -> str:
    at = "1795403400000000"
    return f"INSERT INTO approvals (plan_hash, principal, key, yes, at, expires_at, audit_head, reason) VALUES ('{plan.hash}', '{who}', '{key}', TRUE, {at}, 4000000000000000, '{head}', 'sure')"


@pytest.mark.parametrize("heads", ["the newest line", "no line"])
def test_approvals_that_were_written_into_the_database_do_not_count(parts: RollbackParts, heads: str) -> None:
    plan = make(in_production(parts), PRODUCTION)
    with parts.store.read() as tx:
        head = tx.log.head().hash if heads == "the newest line" else HEX
    keys = {name: o.unsigned for name, o in parts.operators.items()}
    votes = [_vote(plan, who, keys[who], head) for who in ("ana", "ben")]
    sql(parts, *votes, f"UPDATE plans SET state = 'approved' WHERE hash = '{plan.hash}'")
    with pytest.raises(Refused) as refused:
        execute(parts, plan.hash, "ana", "host:1:1")
    assert "audit log" in str(refused.value)
    with parts.store.read() as tx:
        assert tx.rollbacks.runs() == []
    assert len(found(parts)) >= 2


def test_a_forged_approval_takes_a_real_one_down_with_it(parts: RollbackParts) -> None:
    plan = make(in_production(parts), PRODUCTION)
    approve(parts, plan.hash, "ana", "sure")
    with parts.store.read() as tx:
        (real,) = tx.rollbacks.approvals(plan.hash)
    sql(parts, _vote(plan, "ben", parts.operators["ben"].unsigned, real.audit_head))
    assert state(parts, plan) is PlanState.PROPOSED
    with pytest.raises(Refused, match="not as the audit log recorded it"):
        approve(parts, plan.hash, "cho", "sure")


def test_a_run_that_was_written_into_the_database_is_not_resumed(parts: RollbackParts) -> None:
    plan = make(in_production(parts), PRODUCTION)
    sql(
        parts,
        "INSERT INTO runs (id, plan_hash, target, active_key, epoch, holder, started_by, started_at, state, detail) VALUES"
        f" ('r1', '{plan.hash}', '{plan.target}', '{plan.target}', 1, 'h', 'ana', 1795403400000000, 'unknown', '')",
        "INSERT INTO steps (run_id, \"index\", state, key, detail) VALUES ('r1', 0, 'pending', 'r1-0', '')",
    )
    with pytest.raises(Refused, match="in no line of the audit log"):
        resume(parts, "r1", "ana", "host:1:1")


def test_a_plan_that_was_written_into_the_database_is_not_approved(parts: RollbackParts) -> None:
    plan = make(parts)
    forged = msgspec.structs.replace(plan, reason="another")
    row = "INSERT INTO plans (hash, asset_id, state, body) VALUES (:h, :a, 'proposed', :b)"
    bound = sa.text(row).bindparams(h=forged.hash, a=forged.asset_id, b=forged.canonical())
    tamper(parts.store, bound)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="in no line of the audit log"):
        approve(parts, forged.hash, "ana", "sure")


def test_the_start_of_a_run_names_who_approved_it_and_every_line_where_it_came_from(played: RollbackParts) -> None:
    with played.store.read() as tx:
        lines = tx.log.entries()
    (started,) = [e for e in lines if e.action == "run.started"]
    assert started.detail["approved by"] == "ana"
    assert {record.partition("/")[0] for record in started.records} == {"plans", "runs", "steps"}


def test_every_decision_is_anchored_outside_and_a_lost_anchor_stands_in_the_log(parts: RollbackParts) -> None:
    kept: list[str] = []
    parts = parts._replace(outside=parts.outside._replace(anchor=kept.append))
    plan = make(parts)
    approve(parts, plan.hash, "ana", "sure")
    with parts.store.read() as tx:
        head = tx.log.head()
    assert kept == [
        f"audit {head.seq} {head.hash} {parts.clock():%Y-%m-%dT%H:%M:%SZ} plan.approved {plan.hash[:12]} {plan.target} by ana"
    ]


def test_the_end_of_a_run_is_anchored_as_its_start_is(parts: RollbackParts) -> None:
    kept: list[str] = []
    parts = parts._replace(outside=parts.outside._replace(anchor=kept.append))
    plan = make(parts)
    approve(parts, plan.hash, "ana", "sure")
    execute(parts, plan.hash, "ana", "host:1:1")
    assert [line.split()[4] for line in kept] == ["plan.approved", "run.started", "run.verified"]
    with parts.store.read() as tx:
        head = tx.log.head()
    assert kept[-1].startswith(f"audit {head.seq} {head.hash} ")


def test_a_run_that_ended_stands_without_its_anchor(parts: RollbackParts) -> None:
    def lost(_line: str) -> None:
        raise PulseError("no room")

    plan = make(parts)
    approve(parts, plan.hash, "ana", "sure")
    run = execute(parts._replace(outside=parts.outside._replace(anchor=lost)), plan.hash, "ana", "host:1:1")
    assert run.state is RunState.VERIFIED
    with parts.store.read() as tx:
        assert [e.action for e in tx.log.entries()][-1] == "anchor.failed"


FORGED = 200


_RUN = (
    "INSERT INTO runs (id, plan_hash, target, active_key, epoch, holder, started_by, started_at, state, detail)"
    " VALUES ('forged', :plan, :target, :active, 1, 'h', 'ana', 1795403400000000, :state, '')"
)
_STEP = "INSERT INTO steps (run_id, \"index\", state, key, detail) VALUES ('forged', 0, 'pending', 'k', '')"


def _forge(choose: random.Random, parts: RollbackParts, plan: Plan, raw: sqlite3.Connection) -> str:
    """Write something that looks like a decision into the database; returns the plan's hash and what was done."""
    heads = [HEX, *(row[0] for row in raw.execute("SELECT hash FROM audit"))]
    who = choose.choice(["ben", "cho"])
    done = []
    if choose.random() < 0.4:  # another plan, more convenient than the real one
        changes = {"approvals_needed": choose.choice([0, 1]), "expires_at": later(days=900), "reason": "as agreed"}
        plan = msgspec.structs.replace(plan, **{k: changes[k] for k in choose.sample(sorted(changes), 2)})
        row = (plan.hash, plan.asset_id, plan.canonical())
        raw.execute("INSERT OR IGNORE INTO plans (hash, asset_id, state, body) VALUES (?, ?, 'proposed', ?)", row)
        done.append("a plan")
    if choose.random() < 0.7:
        for name in {who, choose.choice(["ana", "ben", "cho"])}:
            vote = _vote(plan, name, parts.operators[name].unsigned, choose.choice(heads))
            raw.execute(vote.replace("INSERT", "INSERT OR REPLACE"))
        done.append("votes")
    else:
        others = [("principal", who), ("key", "key-ben"), ("expires_at", 4 * 10**15), ("plan_hash", plan.hash + "0")]
        field, value = choose.choice(others)
        raw.execute(f"UPDATE approvals SET {field} = ?", (value,))
        done.append(f"the {field} of a vote")
    if choose.random() < 0.3:
        state = choose.choice(["unknown", "running", "halted"])
        active = None if state == "halted" else plan.target
        raw.execute(_RUN, {"plan": plan.hash, "target": plan.target, "active": active, "state": state})
        raw.execute(_STEP)
        done.append(f"a run that is {state}")
    raw.execute("UPDATE plans SET state = 'approved'")
    return f"{plan.hash} {', '.join(done)}"


def test_of_two_hundred_forged_decisions_none_moves_a_target(parts: RollbackParts, target: Places) -> None:
    parts = in_production(parts)
    plan = make(parts, PRODUCTION)
    approve(parts, plan.hash, "ana", "sure")
    choose, before, accepted = random.Random(11), target.path.read_bytes(), []
    with closing(Disk(parts)) as disk:
        for _ in range(FORGED):
            what = _forge(choose, parts, plan, disk.raw)
            for act, name in ((execute, what.split()[0]), (resume, "forged")):
                with suppress(Refused, NotFound):
                    act(parts, name, "ana", "host:1:1")
                    accepted.append(what)
            if not found(parts):
                accepted.append(f"unnoticed: {what}")
            disk.restore()
    assert accepted == []
    assert target.path.read_bytes() == before
    print(f"{FORGED} forged decisions, 0 accepted, 0 unnoticed")
