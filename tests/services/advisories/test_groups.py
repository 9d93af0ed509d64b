"""What becomes of alerts, holds and priorities when records turn out to be of one vulnerability, or of two."""

from __future__ import annotations

import tempfile
from contextlib import closing
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.alert import Alert
from pulse_tui.domain.words import Priority, Severity
from pulse_tui.enrich.advisories.groups import group_names
from pulse_tui.enrich.advisories.matching import condition
from pulse_tui.services.advisories.later import group_once, take_withdrawals
from pulse_tui.services.advisories.records import holders
from pulse_tui.services.advisories.waivers import waive_advisory
from pulse_tui.services.alerts.operate import acknowledge
from pulse_tui.services.conditions.policy_change import unended
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import Tally, ingest
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.databases import sqlite_file
from tests.fakes.house import judging
from tests.fakes.nouns import NOW, PRODUCTION, changed, later
from tests.services.estates import fill
from tests.services.said import alerts, holds

REACHES = (Affected("PyPI", "vllm", (), (VersionRange(fixed="0.9.2"),)),)
OTHERS = (Affected("PyPI", "vllm", (), (VersionRange(introduced="2"),)),)


@pytest.fixture
def judge(on_both: JudgeParts) -> JudgeParts:
    return on_both


def record(ident: str, *aliases: str, affected: tuple[Affected, ...] = REACHES, **more: object) -> Advisory:
    made: Advisory = changed(
        Advisory(
            id=ident, source="osv", modified=NOW, title=ident, severity=Severity.CRITICAL, cvss=9.8, affected=affected
        ),
        aliases=aliases,
        **more,
    )
    return made


def take(judge: JudgeParts, clock: Clock, *items: Advisory) -> Tally:
    clock.pass_(minutes=1)
    return ingest(list(items), [], judge, clock())


def open_(judge: JudgeParts) -> list[str]:
    """The conditions of the open alerts, by name of the vulnerability as far as these tests use one."""
    names = {condition(n, "gateway", PRODUCTION): n for n in ("GHSA-1", "PYSEC-1", "CVE-2026-7", "CVE-2026-9")}
    return sorted(names[a.signal_fingerprint] for a in alerts(judge) if a.open)


def one(judge: JudgeParts) -> Alert:
    (found,) = (a for a in alerts(judge) if a.open)
    return found


def priorities(judge: JudgeParts) -> dict[str, Priority]:
    with judge.store.read() as tx:
        return {f.advisory_id: f.priority for f in tx.advisories.findings(asset_id="gateway")}


def marks(judge: JudgeParts) -> dict[str, str | None]:
    with judge.store.read() as tx:
        return {f.advisory_id: f.fingerprint for f in tx.advisories.findings(asset_id="gateway")}


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_records_that_turn_out_to_be_one_leave_one_alert_whatever_came_first(
    judge: JudgeParts, clock: Clock, order: tuple[int, ...]
) -> None:
    records = [record("GHSA-1"), record("PYSEC-1"), record("CVE-2026-7", "GHSA-1", "PYSEC-1", affected=OTHERS)]
    for which in order:
        take(judge, clock, records[which])
    assert open_(judge) == ["CVE-2026-7"]
    assert priorities(judge) == {"GHSA-1": Priority.P1, "PYSEC-1": Priority.P1}
    assert set(marks(judge).values()) == {condition("CVE-2026-7", "gateway", PRODUCTION)}
    assert len(holds(judge)) == 1


def test_a_condition_that_gets_another_name_goes_on_since_when_it_stood(judge: JudgeParts, clock: Clock) -> None:
    take(judge, clock, record("GHSA-1"))
    before = one(judge)
    acknowledge(judge, before.id, "ana", 8 * 3_600.0, clock())
    clock.pass_(hours=2)
    take(judge, clock, record("CVE-2026-7", "GHSA-1", affected=OTHERS))
    after = one(judge)
    assert open_(judge) == ["CVE-2026-7"]
    assert (after.first_at, after.deadline) == (before.first_at, before.deadline)
    assert after.acknowledged_by == "ana"
    (old,) = (a for a in alerts(judge) if not a.open)
    assert old.id == before.id
    assert len(holds(judge)) == 1


def test_records_that_part_are_two_conditions_of_the_same_urgency(judge: JudgeParts, clock: Clock) -> None:
    joined = record("PYSEC-1", "CVE-2026-7")
    take(judge, clock, record("GHSA-1", "CVE-2026-7"), joined)
    assert open_(judge) == ["CVE-2026-7"]
    take(judge, clock, changed(joined, aliases=(), modified=later(hours=1)))
    assert open_(judge) == ["CVE-2026-7", "PYSEC-1"]
    assert priorities(judge) == {"GHSA-1": Priority.P1, "PYSEC-1": Priority.P1}
    take(judge, clock, record("GHSA-1", "CVE-2026-7", withdrawn=True, modified=later(hours=2)))
    assert open_(judge) == ["PYSEC-1"]
    take(judge, clock, changed(joined, aliases=("CVE-2026-9",), modified=later(hours=3)))
    assert open_(judge) == ["CVE-2026-9"]


def test_a_record_that_goes_there_and_back_is_judged_each_time(judge: JudgeParts, clock: Clock) -> None:
    take(judge, clock, record("GHSA-1"))
    for hour in (1, 3, 5):
        take(judge, clock, record("GHSA-1", "CVE-2026-7", modified=later(hours=hour)))
        assert open_(judge) == ["CVE-2026-7"]
        take(judge, clock, record("GHSA-1", modified=later(hours=hour + 1)))
        assert open_(judge) == ["GHSA-1"]


def test_a_record_that_reaches_nothing_itself_makes_the_whole_group_worse(judge: JudgeParts, clock: Clock) -> None:
    take(judge, clock, record("GHSA-1", "CVE-2026-7", cvss=5.0, severity=Severity.MEDIUM))
    assert priorities(judge)["GHSA-1"] is not Priority.P1
    take(judge, clock, record("CVE-2026-7", affected=OTHERS))
    assert priorities(judge) == {"GHSA-1": Priority.P1}


def test_a_batch_leaves_what_the_records_give_one_by_one(judge: JudgeParts, clock: Clock) -> None:
    first, rejected = record("GHSA-1", "CVE-2026-7"), record("CVE-2026-7", withdrawn=True, modified=later(hours=1))
    tally = take(judge, clock, first, first, record("CVE-2026-7"), rejected, changed(first, modified=later(hours=-1)))
    assert open_(judge) == ["CVE-2026-7"], "the rejected record is not the only one"
    assert (tally.observations, tally.new, len(tally.remarks)) == (5, 2, 1)
    assert take(judge, clock, first, rejected).new == 0
    take(judge, clock, changed(first, withdrawn=True, modified=later(hours=2)))
    assert (open_(judge), holds(judge)) == ([], [])


def test_a_withdrawal_of_the_future_takes_effect_when_its_time_comes(judge: JudgeParts, clock: Clock) -> None:
    announced = record("GHSA-1", withdrawn=True, withdrawn_at=clock() + timedelta(hours=3))
    take(judge, clock, announced)
    assert open_(judge) == ["GHSA-1"]
    assert take_withdrawals(judge, clock()) == 0
    clock.pass_(hours=4)
    assert take_withdrawals(judge, clock()) == 1
    assert (open_(judge), holds(judge)) == ([], [])
    assert take_withdrawals(judge, clock()) == 0
    assert take(judge, clock, announced).new == 0, "the source says the same as before"


def test_what_an_earlier_version_stored_is_grouped_once(judge: JudgeParts, clock: Clock) -> None:
    take(judge, clock, record("GHSA-1"))
    with judge.store.write() as tx:
        tx.advisories.put([record("CVE-2026-7", "GHSA-1", affected=OTHERS)])
    assert isinstance(judge.store, SqlStore)
    with judge.store._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE advisories SET name = id")
    assert open_(judge) == ["GHSA-1"]
    assert group_once(judge, clock()) == 1
    assert open_(judge) == ["CVE-2026-7"]
    assert group_once(judge, clock()) == 0


def test_another_policy_judges_nothing_under_a_name_that_is_gone(judge: JudgeParts, clock: Clock) -> None:
    take(judge, clock, record("GHSA-1", severity=Severity.LOW, cvss=2.0))
    take(judge, clock, record("CVE-2026-7", "GHSA-1", affected=OTHERS, severity=Severity.LOW, cvss=2.0))
    with judge.store.write() as tx:
        assert holders(tx, "gateway") == {condition("CVE-2026-7", "gateway", PRODUCTION)}
        told = {s.fingerprint for s in unended(tx.signals.newest(NOW - timedelta(days=1)), tx, judge)}
    assert told == {condition("CVE-2026-7", "gateway", PRODUCTION)}


IDS = ("CVE-2026-7", "CVE-2026-9", "GHSA-1", "PYSEC-1")


@st.composite
def histories(draw: st.DrawFn) -> list[list[Advisory]]:
    """Batches of records, each newer than all before it."""
    hours = iter(range(1, 1_000))
    one = st.builds(
        lambda ident, aliases, affected, gone: record(
            ident, *aliases, affected=affected, withdrawn=gone, modified=later(hours=next(hours))
        ),
        st.sampled_from(IDS),
        st.lists(st.sampled_from(IDS), max_size=2),
        st.sampled_from((REACHES, OTHERS)),
        st.sampled_from((False, False, True)),
    )
    return draw(st.lists(st.lists(one, min_size=1, max_size=3), min_size=1, max_size=4))


@settings(max_examples=25, deadline=None)
@given(history=histories())
def test_whatever_came_the_open_alerts_are_those_of_what_the_records_find_now(history: list[list[Advisory]]) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(SqlStore(sqlite_file(Path(folder) / "pulse.db"), Path(folder))) as store,
    ):
        fill(store)
        clock = Clock()
        judge = judging(store, Path(folder), clock)
        for batch in history:
            take(judge, clock, *batch)
        latest = {r.id: r for batch in history for r in batch}
        names = group_names({i: (i, *r.aliases) for i, r in latest.items()})
        finding = {i for i, r in latest.items() if r.affected == REACHES and not r.withdrawn}
        assert open_(judge) == sorted({names[i] for i in finding})
        assert marks(judge) == {i: condition(names[i], "gateway", PRODUCTION) for i in finding}
        assert priorities(judge) == dict.fromkeys(finding, Priority.P1)
        assert len(holds(judge)) == len({names[i] for i in finding})


def test_what_is_made_again_stays_under_its_waiver_and_another_name_too(judge: JudgeParts, clock: Clock) -> None:
    take(judge, clock, record("GHSA-1"))
    waive_advisory(
        judge, "GHSA-1", "gateway", "", status="not_affected", justification="vulnerable_code_not_present",
        why="that part is not built in", until=clock() + timedelta(days=9), by="ana", now=clock(),
    )  # fmt: skip
    take(judge, clock, record("GHSA-1", modified=later(hours=1)))
    with judge.store.read() as tx:
        (waiver,) = tx.waivers.all()
        assert [f.waiver for f in tx.advisories.findings(asset_id="gateway")] == [waiver.id]
    take(judge, clock, record("CVE-2026-7", "GHSA-1", affected=OTHERS))
    with judge.store.read() as tx:
        assert [f.waiver for f in tx.advisories.findings(asset_id="gateway")] == [waiver.id]
    assert (open_(judge), one(judge).waived) == (["CVE-2026-7"], True)
