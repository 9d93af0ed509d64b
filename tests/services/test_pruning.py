"""What is old goes, nothing that is needed does, and what went is never taken for what never was; on both databases."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulse_tui.domain.delivery import Delivery, DeliveryState
from pulse_tui.domain.pruned import Kept
from pulse_tui.domain.signal import encode
from pulse_tui.domain.words import Outcome, SignalType
from pulse_tui.services.evals.compared import judge
from pulse_tui.services.pruning import Done, Pace, prune, prune_due
from pulse_tui.settings.retention import RetentionShape
from pulse_tui.settings.shapes import SuiteShape
from pulse_tui.storage.store import SqlStore
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.nouns import NOW, alert, changed, decision, deployment, fact, later, release, signal
from tests.fakes.runs import run_with_items

PACE = Pace(time.monotonic, lambda _s: None, 0.025)
OLD = -timedelta(days=100)
RETENTION = RetentionShape()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    name = "" if request.param == "sqlite" else postgres().create()
    url = postgres().named(name) if name else sqlite_file(tmp_path / "pulse.db")
    with closing(SqlStore(url, tmp_path)) as opened:
        yield opened
    if name:
        postgres().drop(name)


def aged(number: object, days: float, **fields: Any) -> Any:
    at = NOW - timedelta(days=days)
    return signal(number, **{"occurred_at": at, "observed_at": at, **fields})


def add(store: SqlStore, *signals: Any, outcome: Outcome = Outcome.NOT_FIRED) -> None:
    with store.write() as tx:
        tx.signals.add([(s, encode(s)) for s in signals])
        tx.judgements.add_decisions([(decision(s.id, s, outcome=outcome, at=s.observed_at), fact(s)) for s in signals])


def go(store: SqlStore, kind: Kept = Kept.SIGNALS, retention: RetentionShape = RETENTION, **more: Any) -> Done:
    return prune(store, retention, kind, "ana", lambda: NOW, PACE, **more)


def there(store: SqlStore) -> set[str]:
    with store.read() as tx:
        return {s.id for s in tx.signals.recent(10_000)}


def test_old_signals_go_and_what_went_is_recorded(store: SqlStore) -> None:
    old = [aged(f"old-{n}", 100, fingerprint=f"f{n}") for n in range(30)]
    young = [aged(f"young-{n}", 1, fingerprint=f"f{n}") for n in range(5)]
    add(store, *old, *young)
    would = go(store, dry=True)
    assert (would.rows, len(there(store))) == (30, 35)
    done = go(store)
    assert (done.rows, done.kept) == (30, 0)
    assert there(store) == {s.id for s in young}
    with store.read() as tx:
        gone = tx.pruned.all()[Kept.SIGNALS]
        assert gone.count == 30
        assert gone.before == NOW - timedelta(days=90)
        assert [e.action for e in tx.log.entries()] == ["database.prune_begun", "database.pruned"]
    assert go(store).rows == 0
    with store.read() as tx:
        assert len(tx.log.entries()) == 2  # where nothing went there is nothing to record


def test_a_signal_that_was_pruned_does_not_come_in_once_more(store: SqlStore) -> None:
    one = aged("once", 100)
    add(store, one, outcome=Outcome.FIRED)
    assert go(store).rows == 1
    with store.write() as tx:
        assert tx.signals.known([one.id, "other"]) == {one.id}
        assert tx.signals.stored([one.id]) == set()
        assert tx.signals.add([(one, encode(one))]) == []


def test_what_alerts_holds_and_open_conditions_rest_on_stays(store: SqlStore) -> None:
    of_alert, of_closed, version, dated, spent = (
        aged("alert", 200, fingerprint="a"),
        aged("closed", 200, fingerprint="b"),
        aged("version", 400, kind=SignalType.VERSION_EVENT, fingerprint="c"),
        aged("cve", 300, kind=SignalType.CVE, fingerprint="d"),
        aged("cve-before", 301, kind=SignalType.CVE, fingerprint="d"),
    )
    add(store, spent, of_alert, of_closed, version, dated)
    with store.write() as tx:
        tx.judgements.put_alert(alert(1, signal_id=of_alert.id))
        tx.judgements.put_alert(changed(alert(2, signal_id=of_closed.id, fingerprint="other"), resolved_at=NOW))
    done = go(store)
    assert there(store) == {of_alert.id, of_closed.id, version.id, dated.id}
    assert (done.rows, done.kept) == (1, 4)


def test_with_a_short_retention_the_last_of_each_condition_is_there_for_the_next_policy(store: SqlStore) -> None:
    first, last = aged("first", 20, fingerprint="x"), aged("last", 10, fingerprint="x")
    add(store, first, last)
    go(store, retention=RetentionShape(signals=86_400.0))  # type: ignore[arg-type]
    assert there(store) == {last.id}


def test_decisions_go_only_when_asked_for_and_never_those_that_fired(store: SqlStore) -> None:
    fired, quiet = aged("fired", 500), aged("quiet", 500)
    add(store, fired, outcome=Outcome.FIRED)
    add(store, quiet)
    assert go(store, Kept.DECISIONS).before is None
    go(store)
    asked = RetentionShape(decisions=400 * 86_400.0)  # type: ignore[arg-type]
    done = go(store, Kept.DECISIONS, asked)
    assert (done.rows, done.kept) == (1, 1)
    with store.read() as tx:
        assert [d.signal_id for d in tx.judgements.decisions()] == [fired.id]
        assert tx.judgements.variables(tx.judgements.decisions()[0].id)


def test_the_audit_log_is_never_pruned(store: SqlStore) -> None:
    assert "each line proves the one before it" in go(store, Kept.AUDIT).words()


def test_items_of_baselines_of_what_serves_and_of_the_newest_run_stay(store: SqlStore) -> None:
    with store.write() as tx:
        for n, version in enumerate(("1.0", "1.1", "1.2", "1.3"), 1):
            tx.estate.add_release(release(version))
            tx.evals.add(run_with_items(f"run-{version}", version, 0.9, 20, at=NOW + OLD + timedelta(hours=n)), n)
        tx.evals.pin("support-bot", run_with_items("x", "1.0", 0.9, 20).suite, "run-1.0")
        tx.estate.deploy(deployment("1.1"))
    done = go(store, Kept.ITEMS)
    assert (done.rows, done.kept) == (1, 3)
    with store.read() as tx:
        gone, kept = tx.evals.get("run-1.2", sheets=True), tx.evals.get("run-1.3", sheets=True)
        assert gone is not None
        assert kept is not None
        assert (gone.sheets, bool(gone.scores), bool(kept.sheets)) == ((), True, True)
        assert [tx.evals.items_pruned(f"run-{v}") for v in ("1.0", "1.1", "1.2", "1.3")] == [False, False, True, False]
    with store.write() as tx:
        assert not tx.evals.attach(run_with_items("run-1.2", "1.2", 0.9, 20))
        again = judge(tx, SuiteShape(id="golden"), "run-1.2", "run-1.0")
        assert again is not None
        assert again.refused == "the items of run run-1.2 were pruned: run the suite again to judge it"


def test_a_thread_of_messages_goes_as_a_whole_once_its_alert_is_closed(store: SqlStore) -> None:
    def letter(key: str, days: float, state: DeliveryState = DeliveryState.SENT, about: str = "") -> Delivery:
        return Delivery(
            key=key,
            kind="notify",
            route="r",
            payload={"alert": about},
            created_at=NOW - timedelta(days=days),
            state=state,
        )

    with store.write() as tx:
        tx.judgements.put_alert(alert(1))
        for one in (
            letter("notify-old", 60), letter("notify-old/resolved", 50),
            letter("notify-young", 60), letter("notify-young/resolved", 2),
            letter("notify-open", 60, about=alert(1).id),
            letter("notify-dead", 60), letter("notify-dead/resolved", 60, DeliveryState.DEAD),
        ):  # fmt: skip
            tx.plumbing.enqueue(one)
    done = go(store, Kept.DELIVERIES)
    assert done.rows == 2
    with store.read() as tx:
        assert {d.thread for d in tx.plumbing.deliveries()} == {"notify-young", "notify-open", "notify-dead"}


def test_one_of_several_processes_prunes_when_it_is_due(store: SqlStore) -> None:
    add(store, *(aged(f"old-{n}", 100, fingerprint=f"f{n}") for n in range(3)))
    with store.write() as tx:
        assert tx.plumbing.claim("prune", "other", NOW, 600) is not None

    def due(at: Any, dead: bool = False) -> list[Done]:
        return prune_due(store, RETENTION, "me", "pulse-tui", lambda: at, PACE, lambda _h: dead, 60.0)

    assert due(NOW) == []
    assert [d.rows for d in due(NOW, dead=True)] == [3]
    add(store, aged("late", 100))
    assert due(later(hours=1)) == []
    assert [d.rows for d in due(later(hours=7))] == [1]


def test_a_run_that_ends_early_goes_on_the_next_time(store: SqlStore) -> None:
    add(store, *(aged(f"old-{n}", 100, fingerprint=f"f{n}") for n in range(5)))
    ticks = iter(range(0, 10_000, 100))
    pace = Pace(lambda: float(next(ticks)), lambda _s: None, 1e9)
    done = prune_due(store, RETENTION, "me", "pulse-tui", lambda: NOW, pace, lambda _h: False, 1.0)
    assert [d.complete for d in done] == [False]
    add(store, aged("more", 100))
    assert prune_due(store, RETENTION, "me", "pulse-tui", lambda: NOW, PACE, lambda _h: False, 60.0)[0].rows == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 3), st.booleans(), st.booleans()), max_size=25))
def test_nothing_that_is_young_or_referenced_ever_goes(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int, bool, bool]]
) -> None:
    folder = tmp_path_factory.mktemp("prune")
    kinds = (SignalType.LATENCY_BREACH, SignalType.CVE, SignalType.VERSION_EVENT, SignalType.DEPRECATION)
    with closing(SqlStore(sqlite_file(folder / "pulse.db"), folder)) as store:
        made = [
            aged(f"s{n}", days, kind=kinds[kind], fingerprint=f"f{n % 3}") for n, (days, kind, _, _) in enumerate(rows)
        ]
        add(store, *made)
        with store.write() as tx:
            for n, (_, _, referenced, open_) in enumerate(rows):
                if referenced:
                    one = alert(n, signal_id=made[n].id, fingerprint=f"a{n}")
                    tx.judgements.put_alert(one if open_ else changed(one, resolved_at=NOW))
        go(store)
        left = there(store)
        for (days, kind, referenced, _), s in zip(rows, made, strict=True):
            if days <= 90 or referenced or kinds[kind] is SignalType.VERSION_EVENT:
                assert s.id in left
        with store.read() as tx:
            assert tx.signals.known(s.id for s in made) == {s.id for s in made}


def test_a_writer_is_not_held_up_for_long_while_much_is_pruned(store: SqlStore) -> None:
    add(store, *(aged(f"old-{n}", 100, fingerprint=f"f{n}") for n in range(6_000)))
    over, waits = threading.Event(), list[float]()

    def write() -> None:
        n = 0
        while not over.is_set():
            began = time.monotonic()
            with store.write() as tx:
                tx.plumbing.put_value("hammer", str(n))
            waits.append(time.monotonic() - began)
            n += 1

    writer = threading.Thread(target=write)
    writer.start()
    done = prune(store, RETENTION, Kept.SIGNALS, "ana", lambda: NOW, PACE._replace(sleep=time.sleep))
    over.set()
    writer.join()
    print(
        f"{done.rows} rows, longest piece {done.longest_s * 1e3:.0f} ms; {len(waits)} writes, longest {max(waits) * 1e3:.0f} ms"
    )
    assert done.rows == 6_000
    assert max(waits) < 10  # on a loaded machine; the benchmark prints what a quiet one has
