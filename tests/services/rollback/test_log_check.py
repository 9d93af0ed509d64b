"""A log that was changed in the database is an alert while the tower runs, and ends once it is whole again."""

from __future__ import annotations

import sqlalchemy as sa

from pulse_tui.domain.audit import Anchor
from pulse_tui.domain.errors import ConfigError, Problem
from pulse_tui.domain.words import Priority
from pulse_tui.services.alerts.operate import freeze
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.rollback.log_check import EVERY, check_log
from pulse_tui.storage.sql import append_only
from tests.fakes.clock import Clock
from tests.fakes.tampering import tamper
from tests.services.said import alerts


def check(judge: JudgeParts, *anchors: Anchor) -> list[str]:
    return check_log(judge, lambda: anchors, judge.clock())


def sql(judge: JudgeParts, statement: str) -> None:
    tamper(judge.store, sa.text(statement))  # type: ignore[arg-type]


def opened(judge: JudgeParts) -> list[tuple[Priority, str]]:
    return [(a.priority, a.title) for a in alerts(judge) if a.open and a.rule_id == "audit-log-changed"]


def test_a_whole_log_is_no_news_and_is_read_whole_once_an_hour(judge: JudgeParts, clock: Clock) -> None:
    freeze(judge.store, "gateway", "ana", "a CVE", judge.clock())
    assert check(judge) == []
    sql(judge, "UPDATE audit SET actor = 'eve' WHERE seq = 1")
    assert check(judge) == []  # a line in the middle is not read at a glance
    clock.sleep(EVERY.total_seconds())
    assert check(judge) == ["line 1: its content was changed"]
    assert opened(judge) == [(Priority.P1, "the audit log does not hold: line 1: its content was changed")]
    assert check(judge) == []  # once


def test_an_end_that_was_cut_off_is_seen_at_a_glance(judge: JudgeParts) -> None:
    freeze(judge.store, "gateway", "ana", "a CVE", judge.clock())
    assert check(judge) == []
    sql(judge, "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)")
    assert "was written last: lines were cut off" in check(judge)[0]
    assert len(opened(judge)) == 1


def test_a_trigger_that_is_gone_is_an_alert_that_ends_when_it_is_back(judge: JudgeParts, clock: Clock) -> None:
    freeze(judge.store, "gateway", "ana", "a CVE", judge.clock())
    engine = sa.create_engine(judge.store.url)  # type: ignore[attr-defined]
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER journal_kept_delete")
    assert "journal can be changed" in check(judge)[0]
    assert len(opened(judge)) == 1
    with engine.begin() as connection:
        for statement in append_only.create("sqlite"):
            connection.exec_driver_sql(statement)
    engine.dispose()
    clock.sleep(EVERY.total_seconds())
    assert check(judge) == []
    assert opened(judge) == []


def test_an_anchor_that_contradicts_it_is_an_alert(judge: JudgeParts) -> None:
    freeze(judge.store, "gateway", "ana", "a CVE", judge.clock())
    assert check(judge, Anchor(40, "0" * 63 + "1")) != []
    assert "which was anchored" in opened(judge)[0][1]


def test_anchors_that_cannot_be_read_are_an_alert_too(judge: JudgeParts) -> None:
    def unreadable() -> list[Anchor]:
        raise ConfigError([Problem("kept.log", "cannot be read: Permission denied")])

    assert check_log(judge, unreadable, judge.clock()) == ["its anchors cannot be read: kept.log"]
    assert len(opened(judge)) == 1
