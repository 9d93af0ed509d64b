"""From what came in to episodes, holds, tickets and clear skies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.delivery import MAX_ATTEMPTS, DeliveryState
from pulse_tui.domain.errors import NotFound, Problem, Refused
from pulse_tui.domain.evals import Basis, EvalRun, Verdict
from pulse_tui.domain.hold import HoldKind
from pulse_tui.domain.note import Note
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.source import Observation, Rejected
from pulse_tui.domain.words import Mode, Outcome, Priority, Recommended, Severity, SignalType
from pulse_tui.ports import Transaction
from pulse_tui.services.alerts import operate
from pulse_tui.services.alerts.deliver import deliver
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import Tally, ingest
from pulse_tui.storage.store import SqlStore
from pulse_tui.wiring import bundled
from tests.fakes.clock import Clock
from tests.fakes.house import gate
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, changed, deployment, evidence, later, release, signal
from tests.fakes.runs import GOLDEN, REDTEAM, jailbreaks, run_with_items, suited
from tests.policy.build import load
from tests.servers.forms import examples


def breach(number: int, ratio: float = 1.31, at: datetime = NOW, **fields: Any) -> Signal:
    """p95 of the canary against its objective: all of them are one condition."""
    proof = evidence(SignalType.LATENCY_BREACH, value=1000.0 * ratio)
    values: dict[str, Any] = {"asset_id": "support-bot", "environment": CANARY, "fingerprint": "p95", "evidence": proof}
    return signal(number, **{**values, "observed_at": at, "occurred_at": at, **fields})


def take(judge: JudgeParts, *items: Observation, at: datetime = NOW) -> Tally:
    return ingest(items, [], judge, at)


def alerts(judge: JudgeParts, *states: AlertState) -> list[Alert]:
    with judge.store.read() as tx:
        return tx.judgements.alerts(list(states) or None)


def holds(judge: JudgeParts) -> list[tuple[HoldKind, str | None]]:
    with judge.store.read() as tx:
        return [(h.kind, h.version) for h in tx.judgements.holds()]


def test_an_event_that_is_told_twice_counts_once(judge: JudgeParts) -> None:
    assert take(judge, breach(1)).signals == 1
    again = take(judge, breach(1), breach(1, title="other words"))
    assert (again.signals, again.duplicates, again.fired) == (0, 2, 0)
    assert [a.count for a in alerts(judge)] == [1]


def test_good_records_land_when_others_of_the_round_are_refused(judge: JudgeParts) -> None:
    bad = Rejected(source="drop", problem=Problem("a.jsonl:2: id", "missing"), raw=b"{}")
    assert ingest([breach(1)], [bad], judge, NOW).rejected == 1
    with judge.store.read() as tx:
        assert tx.signals.quarantined(5) == [(NOW, bad)]
        assert tx.signals.count() == 1


def test_a_record_that_breaks_what_stores_it_is_refused_alone(judge: JudgeParts) -> None:
    def record(observation: Any, *rest: Any) -> Any:
        if isinstance(observation, Note) and observation.key == "n3":
            raise OverflowError("no such time")
        return judge.record(observation, *rest)

    notes = [Note(source="news", key=f"n{i}", vendor="v", title="t", body="b", published_at=NOW) for i in range(7)]
    tally = take(judge._replace(record=record), breach(1), *notes)
    assert (tally.observations, tally.rejected) == (7, 1)
    with judge.store.read() as tx:
        ((_, refused),) = tx.signals.quarantined(5)
        assert refused.problem.what == "it cannot be stored: OverflowError: no such time"


@pytest.mark.parametrize("owner", [None, "nobody-has-this"])
def test_a_signal_that_no_asset_claims_is_kept_as_an_audit_note(judge: JudgeParts, owner: str | None) -> None:
    tally = take(judge, breach(1, asset_id=owner))
    assert (tally.signals, tally.unclaimed, tally.alerts) == (1, 1, 0)
    with judge.store.read() as tx:
        assert tx.signals.count() == 1
        (decision,) = tx.judgements.decisions(outcome=Outcome.FIRED)
        assert (decision.rule_id, decision.priority) == ("unclaimed", Priority.NOTE)
        assert tx.plumbing.deliveries() == []
        assert "noted" in [e.action for e in tx.log.entries()]


def test_a_rule_that_observes_decides_and_does_nothing(judge: JudgeParts) -> None:
    enforced = judge.policy

    class Observing:
        digest = enforced.digest

        gate = enforced.gate

        phase, storm = enforced.phase, enforced.storm

        approvals, source = enforced.approvals, enforced.source

        automatic = enforced.automatic

        def rule(self, rule_id: str) -> Any:
            return enforced.rule(rule_id)

        def fires(self, rule_id: str) -> str:
            return enforced.fires(rule_id)

        def judge(self, fact: Any) -> Any:
            return [changed(d, mode=Mode.OBSERVE) for d in enforced.judge(fact)]

    tally = take(judge._replace(policy=Observing()), breach(1))
    assert (tally.fired, tally.alerts) == (1, 0)
    with judge.store.read() as tx:
        assert any(d.outcome is Outcome.FIRED for d in tx.judgements.decisions())
        assert tx.plumbing.deliveries() == []
    assert alerts(judge) == []
    assert holds(judge) == []


def test_what_cannot_be_told_is_counted_and_never_acts(judge: JudgeParts) -> None:
    unknown = breach(1, evidence=evidence(SignalType.LATENCY_BREACH, objective=0.0))  # no ratio
    tally = take(judge, unknown)
    assert tally.indeterminate >= 1
    assert alerts(judge) == []
    with judge.store.read() as tx:
        assert tx.plumbing.deliveries() == []


def test_the_same_condition_is_one_episode_and_a_count(judge: JudgeParts) -> None:
    for i in range(4):
        take(judge, breach(i, at=later(minutes=i)))
    (alert,) = alerts(judge)
    assert (alert.count, alert.first_at, alert.last_at) == (4, NOW, later(minutes=3))
    with judge.store.read() as tx:
        assert len(tx.plumbing.deliveries()) == 1


def test_a_good_value_closes_the_episode_and_the_next_bad_one_opens_another(judge: JudgeParts) -> None:
    take(judge, breach(1))
    take(judge, breach(2, 1.05, later(minutes=5)), at=later(minutes=5))
    (closed,) = alerts(judge)
    assert closed.state is AlertState.RESOLVED
    take(judge, breach(3, at=later(minutes=9)), at=later(minutes=9))
    newest, former = alerts(judge)
    assert (newest.state, former.state) == (AlertState.FIRING, AlertState.RESOLVED)
    assert newest.id != former.id


def test_all_in_one_batch_is_taken_in_its_order(judge: JudgeParts) -> None:
    take(judge, breach(1), breach(2, 1.0, later(minutes=1)), breach(3, at=later(minutes=2)))
    assert [(a.state, a.signal_id) for a in alerts(judge)] == [(AlertState.FIRING, "s-3"), (AlertState.RESOLVED, "s-1")]


def test_old_news_that_comes_late_closes_nothing(judge: JudgeParts) -> None:
    take(judge, breach(1, at=later(minutes=10)))
    take(judge, breach(2, 1.0, later(minutes=5)), at=later(minutes=11))
    assert [a.state for a in alerts(judge)] == [AlertState.FIRING]


def test_a_resolve_wins_a_race_with_an_acknowledgement(judge: JudgeParts) -> None:
    take(judge, breach(1))
    (alert,) = alerts(judge)
    operate.resolve(judge, alert.id, "ana", "fixed", later(minutes=1))
    with pytest.raises(Refused, match="already resolved"):
        operate.acknowledge(judge, alert.id, "ben", 3600, later(minutes=2))
    assert [a.state for a in alerts(judge)] == [AlertState.RESOLVED]


def test_what_gets_more_urgent_fires_again_and_has_the_shorter_deadline(judge: JudgeParts) -> None:
    take(judge, breach(1))
    (alert,) = alerts(judge)
    operate.silence(judge.store, alert.id, "ana", 4, "known", NOW)
    with judge.store.write() as tx:
        tx.estate.deploy(deployment("3.8.2", CANARY, traffic=12.0, production_critical=True))
    take(judge, breach(2, at=later(minutes=1)))
    (risen,) = alerts(judge)
    assert (risen.priority, risen.state, risen.suppressed_by) == (Priority.P1, AlertState.FIRING, None)
    assert risen.deadline == later(minutes=16)


def test_what_stays_as_it_was_stays_silent(judge: JudgeParts) -> None:
    take(judge, breach(1))
    (alert,) = alerts(judge)
    operate.silence(judge.store, alert.id, "ana", 4, "known", NOW)
    take(judge, breach(2, at=later(minutes=1)))
    assert [(a.state, a.count) for a in alerts(judge)] == [(AlertState.SUPPRESSED, 2)]


def test_a_breach_makes_the_release_no_place_to_go_back_to(judge: JudgeParts) -> None:
    take(judge, breach(1))
    with judge.store.read() as tx:
        assert [(s.version, s.healthy) for s in tx.estate.stays("support-bot", CANARY)][:2] == [
            ("3.8.2", False),
            ("3.8.1", True),
        ]


def test_bad_news_of_a_release_that_left_is_kept_where_it_was(judge: JudgeParts) -> None:
    with judge.store.write() as tx:
        tx.estate.deploy(deployment("3.8.1", CANARY, since=later(minutes=1)))
    proof = evidence(SignalType.BENCHMARK_REGRESSION, must_pass=True, verdict=Verdict.FAIL, basis=Basis.PAIRED)
    about: dict[str, Any] = {"asset_id": "support-bot", "current_version": "3.8.2", "fingerprint": "acc"}
    take(judge, signal(9, SignalType.BENCHMARK_REGRESSION, evidence=proof, **about))
    with judge.store.read() as tx:
        stays = {s.version: s.healthy for s in tx.estate.stays("support-bot", CANARY) if s.version == "3.8.2"}
    assert stays == {"3.8.2": False}


# --------------------------------------------------------------------------- evaluations


@pytest.fixture
def suite(judge: JudgeParts) -> JudgeParts:
    with_suite = suited(judge, GOLDEN)
    take(with_suite, run_with_items("r1", "3.8.1", 0.914))
    return with_suite


def test_the_first_run_of_a_suite_is_the_baseline(suite: JudgeParts) -> None:
    with suite.store.read() as tx:
        pinned = tx.evals.baseline("support-bot", "golden")
        assert pinned is not None
        assert pinned.id == "r1"
        assert "baseline.pinned" in [e.action for e in tx.log.entries()]
    assert alerts(suite) == []


def test_a_run_that_fell_blocks_the_version_and_tells_the_owner(suite: JudgeParts) -> None:
    tally = take(suite, run_with_items("r2", "3.8.2", 0.862))
    assert tally.alerts == 1
    (alert,) = alerts(suite)
    assert (alert.rule_id, alert.environment, alert.version) == ("accuracy-regression", CANARY, "3.8.2")
    assert holds(suite) == [(HoldKind.BLOCK, "3.8.2")]
    safe = suited(suite, GOLDEN, REDTEAM)
    take(safe, *(jailbreaks(f"safe-{version}", version, 0.01) for version in ("3.8.1", "3.8.2")))
    answer = gate(safe, "support-bot", "3.8.2", PRODUCTION)
    assert not answer.go
    assert {"holds", "functional"} == {r.name for r in answer.reasons if r.blocking}
    other = gate(safe, "support-bot", "3.8.0", PRODUCTION)
    assert [r.detail for r in other.reasons if r.blocking] == [
        "golden was not run on 3.8.0",
        "redteam was not run on 3.8.0",
    ]
    assert gate(safe, "support-bot", "3.8.1", PRODUCTION).go


def test_a_run_of_the_same_version_that_is_well_again_lifts_the_block(suite: JudgeParts) -> None:
    take(suite, run_with_items("r2", "3.8.2", 0.862))
    take(suite, run_with_items("r3", "3.8.2", 0.915, at=later(hours=1)), at=later(hours=1))
    assert [a.state for a in alerts(suite)] == [AlertState.RESOLVED]
    assert holds(suite) == []


def test_worse_but_within_the_margin_lifts_it_too(suite: JudgeParts) -> None:
    take(suite, run_with_items("r2", "3.8.2", 0.862))
    take(suite, run_with_items("r3", "3.8.2", 0.905, at=later(hours=1)), at=later(hours=1))
    assert [a.state for a in alerts(suite)] == [AlertState.RESOLVED]
    assert holds(suite) == []


def test_another_version_that_is_well_does_not_lift_the_block_of_this_one(suite: JudgeParts) -> None:
    take(suite, run_with_items("r2", "3.8.2", 0.862))
    with suite.store.write() as tx:
        tx.estate.add_release(release("3.8.3"))
        tx.estate.deploy(deployment("3.8.3", CANARY, since=later(minutes=30)))
    take(suite, run_with_items("r3", "3.8.3", 0.92, at=later(hours=1)), at=later(hours=1))
    assert [a.state for a in alerts(suite)] == [AlertState.RESOLVED]
    assert holds(suite) == [(HoldKind.BLOCK, "3.8.2")]
    assert not gate(suite, "support-bot", "3.8.2", PRODUCTION).go
    # and it goes when this one is measured again
    with suite.store.write() as tx:
        tx.estate.deploy(deployment("3.8.2", CANARY, since=later(hours=2)))
    take(suite, run_with_items("r4", "3.8.2", 0.93, at=later(hours=3)), at=later(hours=3))
    assert holds(suite) == []


def test_bad_and_good_runs_of_one_batch_end_in_their_order(suite: JudgeParts) -> None:
    take(
        suite,
        run_with_items("r2", "3.8.2", 0.862),
        run_with_items("r3", "3.8.2", 0.92, at=later(hours=1)),
        at=later(hours=1),
    )
    assert [a.state for a in alerts(suite)] == [AlertState.RESOLVED]
    assert holds(suite) == []


def test_what_was_said_before_a_version_served_is_over_when_it_is_measured_where_it_serves(suite: JudgeParts) -> None:
    with suite.store.write() as tx:
        tx.estate.add_release(release("3.9.0"))
    take(suite, run_with_items("r2", "3.9.0", 0.862))
    (alert,) = alerts(suite)
    assert alert.environment is None
    with suite.store.write() as tx:
        tx.estate.deploy(deployment("3.9.0", CANARY, since=later(hours=1)))
    take(suite, run_with_items("r3", "3.9.0", 0.91, at=later(hours=2)), at=later(hours=2))
    assert [a.state for a in alerts(suite)] == [AlertState.RESOLVED]
    assert holds(suite) == []


def test_a_run_is_taken_once_and_ends_the_retests_of_the_asset(suite: JudgeParts) -> None:
    again = take(suite, run_with_items("r1", "3.8.1", 0.5))
    assert (again.signals, again.alerts) == (0, 0)


def test_a_named_baseline_waits_for_its_version(judge: JudgeParts) -> None:
    named = judge._replace(suites={"golden": msgspec.structs.replace(GOLDEN, baselines={"support-bot": "3.8.1"})})
    take(named, run_with_items("r1", "3.8.2", 0.95))
    with named.store.read() as tx:
        assert tx.evals.baseline("support-bot", "golden") is None
    take(named, run_with_items("r2", "3.8.1", 0.914))
    with named.store.read() as tx:
        pinned = tx.evals.baseline("support-bot", "golden")
    assert pinned is not None
    assert pinned.id == "r2"


@settings(max_examples=examples(15), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    values=st.lists(st.tuples(st.sampled_from(["3.8.2", "3.8.1"]), st.sampled_from([0.80, 0.90, 0.95])), max_size=6),
    cut=st.integers(1, 6),
)
def test_how_a_stream_is_cut_into_rounds_changes_nothing(
    values: list[tuple[str, float]], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    runs = [run_with_items("base", "3.8.1", 0.914, at=NOW)]
    runs += [run_with_items(f"r{i}", v, x, at=later(hours=i + 1)) for i, (v, x) in enumerate(values)]
    assert _played(runs, len(runs), tmp_path_factory) == _played(runs, cut, tmp_path_factory)


def _played(runs: list[EvalRun], cut: int, folders: pytest.TempPathFactory) -> Any:
    from tests.fakes.databases import sqlite_file
    from tests.fakes.house import judging
    from tests.services.estates import fill

    folder = folders.mktemp("cut")
    store = SqlStore(sqlite_file(folder / "pulse.db"), folder)
    fill(store)
    judge = judging(store, folder, Clock(), suites={"golden": GOLDEN})
    for start in range(0, len(runs), cut):
        take(judge, *runs[start : start + cut], at=later(days=1))
    standing = sorted(a.fingerprint for a in alerts(judge) if a.open)
    left = sorted(f"{k} {v}" for k, v in holds(judge))
    store.close()
    return standing, left


# --------------------------------------------------------------------------- advisories, notes

CVE = Advisory(
    id="GHSA-1",
    source="osv",
    modified=NOW,
    title="Remote code execution",
    aliases=("CVE-2026-3248",),
    severity=Severity.CRITICAL,
    cvss=9.8,
    affected=(Affected("PyPI", "vllm", (), (VersionRange(fixed="0.9.2"),)),),
)


def test_a_critical_advisory_on_an_exposed_gateway_is_a_ticket_a_freeze_and_a_page(
    judge: JudgeParts, tmp_path: Path
) -> None:
    take(judge, CVE)
    (alert,) = alerts(judge, AlertState.FIRING)
    assert (alert.priority, alert.asset_id, alert.environment) == (Priority.P1, "gateway", PRODUCTION)
    assert holds(judge) == [(HoldKind.FREEZE, None)]
    assert deliver(judge, "h").sent == 2
    assert len(list((tmp_path / "tickets").glob("*.md"))) == 1
    assert not gate(judge, "gateway", "1.9.3", PRODUCTION).go
    with judge.store.read() as tx:
        assert [f.priority for f in tx.advisories.findings("GHSA-1")] == [Priority.P1]


def test_the_same_advisory_again_does_nothing(judge: JudgeParts) -> None:
    take(judge, CVE)
    assert take(judge, CVE).signals == 0


def test_an_advisory_that_is_withdrawn_closes_its_alert_and_the_freeze(judge: JudgeParts) -> None:
    take(judge, CVE)
    take(judge, changed(CVE, withdrawn=True, modified=later(hours=1)), at=later(hours=1))
    assert alerts(judge, AlertState.FIRING) == []
    assert holds(judge) == []


def test_many_advisories_that_reach_something_do_not_keep_other_writers_waiting(
    judge: JudgeParts, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, write = list[int](), store.write

    @contextmanager
    def watched() -> Iterator[Transaction]:
        with write() as tx:
            before = len(tx.judgements.alerts())
            yield tx
            opened.append(len(tx.judgements.alerts()) - before)

    monkeypatch.setattr(store, "write", watched)
    many = [changed(CVE, id=f"GHSA-{n}", aliases=(f"CVE-2026-{n}",)) for n in range(170)]
    tally = take(judge, *many)
    assert (tally.observations, tally.new, tally.signals, tally.alerts) == (170, 170, 170, 170)
    assert (sum(opened), max(opened)) == (170, 85)
    assert take(judge, *many).new == 0


def test_the_most_urgent_rule_gives_a_finding_its_priority(judge: JudgeParts) -> None:
    shipped = (bundled("config") / "policy.yaml").read_text(encoding="utf-8")
    # A rule of one's own that asks for a look, whatever the others say, and gives no priority.
    everything = shipped.replace("signal.confidence < 0.5", "signal.confidence < 1.0")
    own = everything.replace('advisory.likely == "yes"\n      context: *by-evidence', 'advisory.likely == "yes"')
    exploited = changed(CVE, severity=Severity.MEDIUM, cvss=5.0, known_exploited=True)
    take(judge._replace(policy=load(own)), exploited)
    with judge.store.read() as tx:
        said = {d.priority for d in tx.judgements.decisions(outcome=Outcome.FIRED)}
        (finding,) = tx.advisories.findings("GHSA-1")
    assert len(said) > 1
    assert finding.priority is min(said, key=lambda p: p.rank)


def test_a_note_about_a_model_we_use_asks_for_a_retest_and_one_about_others_is_a_note(judge: JudgeParts) -> None:
    body = "gpt-4.1 will be shut down on 2027-01-03."
    note = Note(source="feed", key="n1", vendor="openai", title="Deprecation", body=body, published_at=NOW)
    take(judge, note, changed(note, key="n2", body="claude-x will be shut down on 2027-01-03."))
    with judge.store.read() as tx:
        (retest,) = tx.judgements.retests()
    assert retest.asset_id == "support-bot"
    assert [a.asset_id for a in alerts(judge)] == ["support-bot"]


@pytest.mark.parametrize(
    ("version", "minutes", "left"),
    [
        pytest.param("3.8.1", 5, 0, id="of what serves, after the cause"),
        pytest.param("3.8.1", -5, 1, id="begun before the cause"),
        pytest.param("3.8.0", 5, 1, id="of a version that no longer serves"),
    ],
)
def test_a_retest_is_done_by_a_run_of_what_serves_that_began_after_the_cause(
    judge: JudgeParts, version: str, minutes: int, left: int
) -> None:
    test_a_note_about_a_model_we_use_asks_for_a_retest_and_one_about_others_is_a_note(judge)
    take(judge, changed(run_with_items("r1", version, 0.9), at=later(minutes=minutes)), at=later(minutes=10))
    with judge.store.read() as tx:
        assert len(tx.judgements.retests()) == left


# --------------------------------------------------------------------------- deeds


def test_a_deed_and_its_audit_line_are_one(judge: JudgeParts) -> None:
    take(judge, breach(1))
    (alert,) = alerts(judge)
    operate.acknowledge(judge, alert.id, "ana", 60, NOW)
    operate.waive(judge.store, alert.id, "ana", 30, "accepted by\x1b[31m the owner", NOW)
    operate.freeze(judge.store, None, "ana", "release week", NOW)
    with pytest.raises(Refused, match="frozen by an operator already"):
        operate.freeze(judge.store, None, "ana", "again", NOW)
    operate.lift(judge.store, "freeze/everything/operator", "ben", "the release is out", NOW)
    with pytest.raises(NotFound, match="no hold 'freeze/everything/operator' stands"):
        operate.lift(judge.store, "freeze/everything/operator", "ben", "again", NOW)
    with judge.store.read() as tx:
        said = [(e.actor, e.action) for e in tx.log.entries() if e.actor in ("ana", "ben")]
        waived = tx.judgements.alert(alert.id)
    assert said == [
        ("ana", "alert.acknowledged"),
        ("ana", "alert.waived"),
        ("ana", "hold.placed"),
        ("ben", "hold.lifted"),
    ]
    assert waived is not None
    assert waived.suppressed_why == "accepted by the owner"


def test_a_silence_that_ran_out_fires_again_by_itself(judge: JudgeParts) -> None:
    take(judge, breach(1))
    (alert,) = alerts(judge)
    operate.silence(judge.store, alert.id, "ana", 1, "known", NOW)
    assert operate.lapse(judge, later(minutes=59)) == 0
    assert operate.lapse(judge, later(minutes=60)) == 1
    assert operate.lapse(judge, later(minutes=61)) == 0
    assert [a.state for a in alerts(judge)] == [AlertState.FIRING]


# --------------------------------------------------------------------------- the outbox


def test_a_page_that_fails_is_tried_again_later_and_its_loss_is_reported_by_another_route(
    judge: JudgeParts, http: Any, clock: Clock
) -> None:
    take(judge, breach(1))
    http.down = True
    assert deliver(judge, "h") == (0, 1, 0)
    assert deliver(judge, "h") == (0, 0, 0)
    tries = 1
    for _ in range(MAX_ATTEMPTS + 5):
        clock.pass_(hours=1)
        got = deliver(judge, "h")
        tries += got.failed + got.dead
    assert (tries, len(http.asked)) == (MAX_ATTEMPTS, MAX_ATTEMPTS)
    with judge.store.read() as tx:
        assert {d.route: d.state for d in tx.plumbing.deliveries()} == {
            "page": DeliveryState.DEAD,
            "tickets": DeliveryState.SENT,
        }
        assert "delivery.dead" in [e.action for e in tx.log.entries()]


def test_every_try_of_a_page_has_the_same_key(judge: JudgeParts, http: Any, clock: Clock) -> None:
    take(judge, breach(1))
    http.status = 503
    deliver(judge, "h")
    clock.pass_(seconds=12)
    http.status = 202
    assert deliver(judge, "h").sent == 1
    assert len({asked.headers["Idempotency-Key"] for asked in http.asked}) == 1
    clock.pass_(hours=1)
    assert deliver(judge, "h") == (0, 0, 0)


def test_one_broken_destination_holds_up_no_other(judge: JudgeParts, http: Any) -> None:
    take(judge, CVE)
    http.down = True
    assert deliver(judge, "h") == (1, 1, 0)  # the ticket went, the page did not


def test_a_second_pump_waits_for_the_first(judge: JudgeParts) -> None:
    take(judge, breach(1))
    with judge.store.write() as tx:
        tx.plumbing.claim("outbox:page", "other", NOW, 60)
    assert deliver(judge, "h") == (0, 0, 0)


def test_a_suggestion_of_the_source_is_no_order(judge: JudgeParts) -> None:
    take(judge, breach(1, 1.0, recommended_action=Recommended.ROLLBACK, severity=Severity.CRITICAL))
    assert alerts(judge) == []
