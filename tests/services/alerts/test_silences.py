"""Silences and maintenance windows by what they match: who is called, when, and what is shown all the while."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.notice import NoticeOutcome, Withheld
from pulse_tui.domain.silence import SilenceKind
from pulse_tui.domain.words import Environment, Priority
from pulse_tui.services.alerts import operate, silences
from pulse_tui.services.alerts.escalate import escalate
from pulse_tui.services.alerts.quiet import quiet
from pulse_tui.services.parts import JudgeParts
from tests.fakes.clock import Clock
from tests.fakes.nouns import NOW, later
from tests.services.alerts.test_mutes import CVE, breach, messages, take
from tests.services.said import alerts, holds

BOT = 'asset.id == "support-bot"'


def wanted(match: str = BOT, hours: float = 2, at: datetime = NOW, **more: Any) -> silences.Wanted:
    return silences.Wanted(match, at, at + timedelta(hours=hours), "planned upgrade", **more)


def placed(judge: JudgeParts, match: str = BOT, hours: float = 2, at: datetime = NOW, **more: Any) -> str:
    silences.place(judge, wanted(match, hours, at, **more), "ana", at)
    with judge.store.read() as tx:
        return tx.silences.all()[-1].id


def open_one(judge: JudgeParts, asset: str = "support-bot") -> Alert:
    return next(a for a in alerts(judge) if a.open and a.asset_id == asset)


def test_what_is_open_and_matches_is_suppressed_at_once_and_fires_again_when_the_silence_ends_by_itself(
    judge: JudgeParts, clock: Clock
) -> None:
    take(judge, breach(1))
    ident = placed(judge)
    assert (open_one(judge).state, open_one(judge).silence_id) == (AlertState.SUPPRESSED, ident)
    before = messages(judge)
    clock.sleep(2 * 3_600)
    assert operate.lapse(judge, clock()) == 1
    again = open_one(judge)
    assert (again.state, again.silence_id, again.suppressed_by) == (AlertState.FIRING, None, None)
    assert again.deadline is not None
    assert again.respond_within_s is not None
    assert again.deadline == clock() + timedelta(seconds=again.respond_within_s)
    assert messages(judge).count("reopened") > before.count("reopened")


def test_an_episode_that_opens_under_a_silence_calls_nobody_and_is_announced_at_its_end(
    judge: JudgeParts, clock: Clock
) -> None:
    ident = placed(judge)
    take(judge, breach(1))
    one = open_one(judge)
    assert (one.state, messages(judge)) == (AlertState.SUPPRESSED, [])
    with judge.store.read() as tx:
        notice = next(n for n in tx.notices.of(one.id))
    assert (notice.outcome, notice.reason) == (NoticeOutcome.WITHHELD, Withheld.SILENCED)
    assert ident in notice.why
    clock.sleep(2 * 3_600 + 1)
    operate.lapse(judge, clock())
    assert set(messages(judge)) == {"opened"}, "nobody was notified of it before: for them it opens now"


def test_a_silence_stops_escalation_too(judge: JudgeParts, clock: Clock) -> None:
    take(judge, breach(1))
    placed(judge, hours=24)
    clock.sleep(23 * 3_600)
    assert escalate(judge) == 0
    assert open_one(judge).escalations == 0


def test_what_another_silence_still_matches_stays_silent(judge: JudgeParts, clock: Clock) -> None:
    take(judge, breach(1))
    longer = placed(judge, 'signal.type == "latency_breach"', 5)
    shorter = placed(judge, hours=1)
    assert open_one(judge).silence_id == longer, "the one that ends last covers it"
    silences.end(judge, longer, "ana", "done earlier", NOW)
    assert (open_one(judge).state, open_one(judge).silence_id) == (AlertState.SUPPRESSED, shorter)
    clock.sleep(3_601)
    assert operate.lapse(judge, clock()) == 1
    assert open_one(judge).state is AlertState.FIRING


def test_a_silence_that_is_taken_back_lets_what_it_covered_fire(judge: JudgeParts) -> None:
    take(judge, breach(1))
    ident = placed(judge)
    assert silences.end(judge, ident, "ben", "wrong asset", later(minutes=1)) == f"ended: {ident}; 1 alert fires again"
    assert open_one(judge).state is AlertState.FIRING
    with pytest.raises(Refused, match="ended at"):
        silences.end(judge, ident, "ben", "again", later(minutes=2))
    with pytest.raises(NotFound, match="no silence or window"):
        silences.end(judge, "s-none", "ben", "again", later(minutes=2))


def test_p1_is_shown_unless_the_silence_is_of_everything(judge: JudgeParts) -> None:
    take(judge, CVE)
    first = open_one(judge, "gateway")
    assert first.priority is Priority.P1
    placed(judge, 'asset.id == "gateway"')
    assert open_one(judge, "gateway").state is AlertState.FIRING
    placed(judge, 'asset.id == "gateway"', everything=True)
    assert open_one(judge, "gateway").state is AlertState.SUPPRESSED
    assert holds(judge), "what it holds back stays held back"


def test_a_silence_changes_no_count_of_the_header(judge: JudgeParts) -> None:
    take(judge, CVE, breach(1))
    before = judge.store.board("acme", None, NOW).header
    placed(judge, "true", everything=True)
    after = judge.store.board("acme", None, NOW).header
    counted = ("production_ok", "production_risk", "canary_risk", "p1", "p2", "p4", "frozen")
    assert [getattr(after, n) for n in counted] == [getattr(before, n) for n in counted]
    assert after.muted == before.p1 + before.p2 + before.p4


def test_an_acknowledgement_that_ends_under_a_silence_calls_nobody(judge: JudgeParts, clock: Clock) -> None:
    take(judge, breach(1))
    operate.acknowledge(judge, open_one(judge).id, "ben", 3_600, NOW)
    placed(judge, hours=4)
    assert open_one(judge).state is AlertState.ACKNOWLEDGED
    before = messages(judge)
    clock.sleep(3_601)
    assert operate.lapse(judge, clock()) == 0
    assert (open_one(judge).state, messages(judge)) == (AlertState.SUPPRESSED, before)


def test_one_alert_can_be_taken_out_of_a_silence_that_stands_for_all_else(judge: JudgeParts) -> None:
    take(judge, breach(1))
    placed(judge)
    operate.unmute(judge, open_one(judge).id, "ben", "this one matters", later(minutes=1))
    assert open_one(judge).state is AlertState.FIRING
    take(judge, breach(2, 1.4, later(minutes=5)), at=later(minutes=5))
    assert open_one(judge).state is AlertState.FIRING
    take(judge, breach(3, 1.4, later(minutes=6), fingerprint="other"), at=later(minutes=6))
    other = next(a for a in alerts(judge) if a.signal_fingerprint == "other")
    assert other.state is AlertState.SUPPRESSED


def test_what_is_reported_otherwise_and_no_longer_matches_fires_and_is_announced(judge: JudgeParts) -> None:
    take(judge, breach(1, 1.31))
    placed(judge, "service.value < 1350.0")
    assert open_one(judge).state is AlertState.SUPPRESSED
    take(judge, breach(2, 1.6, later(minutes=5)), at=later(minutes=5))
    assert open_one(judge).state is AlertState.FIRING
    assert "reopened" in messages(judge)


def test_what_cannot_be_decided_is_not_covered_and_the_preview_says_so(judge: JudgeParts) -> None:
    take(judge, breach(1), CVE)
    placed(judge, "eval.worse_pp < 3.0")
    assert {a.state for a in alerts(judge) if a.open} == {AlertState.FIRING}
    seen = silences.preview(judge.store, "eval.worse_pp < 3.0", NOW)
    assert (seen.hits, seen.before) == ((), 0)
    assert len(seen.unsure) == seen.unsure_before == 2
    assert "eval.worse_pp is not known" in seen.unsure[0]


def test_a_preview_says_what_it_hits_and_what_it_would_have_hit(judge: JudgeParts) -> None:
    take(judge, breach(1), CVE)
    take(judge, breach(2, 0.9, later(minutes=5)), at=later(minutes=5))
    take(judge, breach(3, 1.4, later(minutes=10)), at=later(minutes=10))
    seen = silences.preview(judge.store, BOT, later(minutes=11))
    assert (len(seen.hits), seen.urgent, seen.before, seen.of) == (1, (), 2, 3)
    assert len(silences.preview(judge.store, 'asset.id == "gateway"', later(minutes=11)).urgent) == 1
    assert "would have covered 2 of the 3 alerts" in seen.lines()[-1]
    assert open_one(judge).state is AlertState.FIRING, "a preview places nothing"


@pytest.mark.parametrize(
    ("match", "says"),
    [
        ('asset.identity == "x"', "did you mean 'asset.id'?"),
        ("service.value", "must be true or false"),
        ("service.value > 5", "write 5.0"),
        ("", "it is empty"),
        ("asset.id ==", "1:"),
    ],
)
def test_an_expression_that_cannot_be_used_is_refused_with_its_place(judge: JudgeParts, match: str, says: str) -> None:
    with pytest.raises(WrongUse, match="the match cannot be used") as refused:
        silences.place(judge, wanted(match), "ana", NOW)
    assert says in str(refused.value)


@pytest.mark.parametrize("hours", [-1, 0, 169])
def test_a_silence_ends_within_a_week(judge: JudgeParts, hours: float) -> None:
    with pytest.raises(WrongUse):
        silences.place(judge, wanted(hours=hours), "ana", NOW)


def test_a_window_begins_and_ends_by_itself(judge: JudgeParts, clock: Clock) -> None:
    take(judge, breach(1))
    asked = silences.Wanted(BOT, later(hours=1), later(hours=3), "database moves", SilenceKind.MAINTENANCE)
    silences.place(judge, asked, "ana", NOW)
    assert open_one(judge).state is AlertState.FIRING
    (row,) = silences.rows(judge.store, NOW)
    assert (row.kind, row.state, row.covered) == ("maintenance", "to come", 0)
    clock.sleep(3_600)
    operate.lapse(judge, clock())
    assert open_one(judge).state is AlertState.SUPPRESSED
    (row,) = silences.rows(judge.store, clock())
    assert (row.state, row.covered) == ("stands", 1)
    take(judge, breach(7, 1.4, clock(), fingerprint="other"), at=clock())
    other = next(a for a in alerts(judge) if a.signal_fingerprint == "other")
    with judge.store.read() as tx:
        assert {n.reason for n in tx.notices.of(other.id)} == {Withheld.MAINTENANCE}
    clock.sleep(2 * 3_600)
    assert operate.lapse(judge, clock()) == 2
    assert silences.rows(judge.store, clock()) == ()


def test_a_clock_that_is_set_back_brings_no_silence_back_and_ends_none_early(judge: JudgeParts, clock: Clock) -> None:
    take(judge, breach(1))
    placed(judge, hours=1)
    operate.lapse(judge, later(minutes=-10))
    assert open_one(judge).state is AlertState.SUPPRESSED, "it began, whatever the clock says now"
    clock.sleep(3_601)
    operate.lapse(judge, clock())
    assert open_one(judge).state is AlertState.FIRING
    assert operate.lapse(judge, later(minutes=30)) == 0
    take(judge, breach(2, 1.5, later(minutes=30), fingerprint="other"), at=later(minutes=30))
    assert {a.state for a in alerts(judge) if a.open} == {AlertState.FIRING}


def test_a_silence_that_was_placed_by_a_clock_far_ahead_is_ended(judge: JudgeParts) -> None:
    take(judge, breach(1))
    placed(judge, at=later(days=300))
    assert operate.lapse(judge, later(minutes=5)) == 1
    assert open_one(judge).state is AlertState.FIRING
    (row,) = list(silences.rows(judge.store, NOW, every=True))
    assert row.state == "ended by pulse-tui"


def test_silence_of_one_environment_leaves_the_other(judge: JudgeParts) -> None:
    take(judge, breach(1), breach(2, environment=Environment.PRODUCTION, current_version="3.8.1", fingerprint="p95-p"))
    placed(judge, f'{BOT} && deployment.environment == "canary"')
    states = {a.environment: a.state for a in alerts(judge) if a.open}
    assert states[Environment.CANARY] is AlertState.SUPPRESSED
    assert states[Environment.PRODUCTION] is AlertState.FIRING


def test_the_header_and_the_list_of_what_is_muted_name_what_stands_and_what_is_to_come(judge: JudgeParts) -> None:
    take(judge, breach(1))
    ident = placed(judge)
    asked = silences.Wanted(BOT, later(hours=3), later(hours=4), "move", SilenceKind.MAINTENANCE)
    silences.place(judge, asked, "ana", NOW)
    board = judge.store.board("acme", None, NOW)
    assert board.header.quiet == (f"silence {ident} until 2026-11-23T05:10:00Z",)
    assert board.changes_us is not None
    assert board.changes_us <= to_us(later(hours=2))
    listed = {(r.kind, r.subject) for r in quiet(judge.store, NOW) if r.silence}
    assert listed == {("silence", "1 alert"), ("maintenance", "from 2026-11-23T06:10:00Z")}
    assert judge.store.board("acme", None, later(hours=5)).header.quiet == ()
