"""What happened and what is due, by day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from pulse_tui.domain.delivery import Retest
from pulse_tui.domain.hold import HoldKind
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.note import Label, Note, Reading
from pulse_tui.domain.rollback import RunState
from pulse_tui.storage.board.calendar import read_calendar
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, changed, hold, later, plan, release, run

SINCE, UNTIL = NOW - timedelta(days=90), NOW + timedelta(days=180)


def told(store: SqlStore) -> list[tuple[str, str, str, str]]:
    return [(r.whose, r.what, r.subject, r.detail) for r in store.calendar(SINCE, UNTIL)]


def promote(tx: Any, version: str, at: Any, why: str = "", environment: Any = CANARY) -> None:
    tx.estate.record_promotion("support-bot", version, environment, by="ana", at=at, decision_id=None, why=why)


def test_ours_and_the_vendors_stand_in_one_order_newest_first(store: SqlStore) -> None:
    note = Note(source="feed", key="n1", vendor="acme", title="m-1 retires", body="b", published_at=later(hours=-2))
    reading = Reading(
        labels=(Label.DEPRECATION, Label.BEHAVIOUR_CHANGE), phrase="will shut down", effective_at=later(days=30)
    )
    with store.write() as tx:
        tx.estate.add_release(release("3.8.2", created_at=later(hours=-5), branch="3.8"))
        promote(tx, "3.8.2", later(hours=-4), "looks good", PRODUCTION)
        tx.vendors.put_note(note, reading, NOW)
        tx.judgements.put_retest(
            Retest(key="r", asset_id="support-bot", owner="o", why="m-1 changes", due_at=later(days=3))
        )
        tx.judgements.put_hold(hold("f", kind=HoldKind.FREEZE, asset_id=None, why="holidays", placed_by="bo"))
        tx.judgements.lift_hold("f", "ana", later(hours=1))
        tx.judgements.put_hold(hold("b"))
    assert told(store) == [
        ("acme", "takes effect", "m-1 retires", "will shut down"),
        ("ours", "retest due", "support-bot", "m-1 changes"),
        ("ours", "freeze lifted", "everything", "by ana: holidays"),
        ("ours", "frozen", "everything", "by bo: holidays"),
        ("acme", "deprecation, behaviour change", "m-1 retires", "will shut down"),
        ("ours", "promoted", "support-bot 3.8.2 in prod", "by ana: looks good"),
        ("ours", "released", "support-bot 3.8.2", "iteration 1 on 3.8"),
    ]
    rows = store.calendar(SINCE, UNTIL)
    assert [r.at_us for r in rows] == sorted((r.at_us for r in rows), reverse=True)
    assert {r.ref for r in rows} == {"n1", "support-bot", ""}


def test_an_earliest_date_is_not_the_date_on_which_something_takes_effect(store: SqlStore) -> None:
    note = Note(source="feed", key="n1", vendor="acme", title="m-1 retires", body="b", published_at=later(days=-900))
    reading = Reading(labels=(Label.DEPRECATION,), effective_at=later(days=30), floor=True)
    with store.write() as tx:
        tx.vendors.put_note(note, reading, NOW)
    assert told(store) == [("acme", "not before", "m-1 retires", "deprecation")]


def test_a_promotion_that_a_rollback_made_is_told_as_one(store: SqlStore) -> None:
    back = plan()
    undo = plan(from_version="3.8.1", to_version="3.8.2", undoes=back.hash)
    halted = plan(to_version="3.8.0")
    with store.write() as tx:
        for i, (what, state) in enumerate(
            [(back, RunState.VERIFIED), (undo, RunState.VERIFIED), (halted, RunState.HALTED)]
        ):
            at = later(hours=i)
            tx.rollbacks.add_plan(what)
            tx.rollbacks.start_run(run(what, f"run-{i}"), 1)
            tx.rollbacks.put_run(changed(run(what, f"run-{i}"), state=state, ended_at=at))
            promote(tx, what.to_version, at, what.reason)
        promote(tx, "3.8.1", later(minutes=30))
    assert [t[1:] for t in told(store)] == [
        ("promoted", "support-bot 3.8.0 in canary", "by ana: p95 breach"),
        ("rollback undone", "support-bot 3.8.2 in canary", "from 3.8.1 by ana: p95 breach"),
        ("promoted", "support-bot 3.8.1 in canary", "by ana"),
        ("rolled back", "support-bot 3.8.1 in canary", "from 3.8.2 by ana: p95 breach"),
    ]


def test_only_what_lies_between_the_two_moments_is_read(store: SqlStore) -> None:
    with store.write() as tx:
        for i, days in enumerate((-91, -90, 0, 179, 180)):
            tx.estate.add_release(release(f"1.{i}.0", created_at=later(days=days)))
    assert [t[2] for t in told(store)] == ["support-bot 1.3.0", "support-bot 1.2.0", "support-bot 1.1.0"]


def test_of_too_much_the_newest_is_kept_and_no_key_comes_twice(store: SqlStore) -> None:
    note = Note(source="a", key="n", vendor="acme", title="same", body="b", published_at=later(hours=9))
    with store.write() as tx:
        for i in range(30):
            tx.estate.add_release(release(f"1.{i}.0", created_at=later(minutes=i)))
            promote(tx, f"1.{i}.0", later(minutes=i))
        for source in "ab":
            tx.vendors.put_note(changed(note, source=source), Reading(labels=(Label.NEW_MODEL,)), NOW)
    rows = store.calendar(SINCE, UNTIL)
    assert len({r.key for r in rows}) == len(rows) == 61
    engine = sa.create_engine(store.url)
    with engine.connect() as connection:
        few = read_calendar(
            lambda sql, params: [tuple(r) for r in connection.execute(sa.text(sql), dict(params))],
            to_us(SINCE), to_us(UNTIL), limit=7,
        )  # fmt: skip
    engine.dispose()
    assert few[0] == rows[0]
    assert set(few) <= set(rows[:7])
