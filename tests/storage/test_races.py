"""Several writers at once, in threads (each with a connection of its own) and in processes."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pulse_tui.domain.errors import PulseError, Refused
from pulse_tui.storage.store import SqlStore
from tests.fakes.chain import broken_at
from tests.fakes.nouns import NOW, alert, approval, later, plan, run, signal
from tests.storage import workers

ROOT = Path(__file__).parents[2]


def elsewhere(deed: str, url: str, number: int = 0) -> subprocess.Popen[str]:
    """The deed in another process."""
    command = [sys.executable, "-m", "tests.storage.workers", deed, url, str(number)]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def said(process: subprocess.Popen[str], timeout_s: float = 60) -> str:
    """What it printed until it ended."""
    out, _ = process.communicate(timeout=timeout_s)
    return out.strip()


@pytest.mark.parametrize("rounds", [8, pytest.param(100, marks=pytest.mark.slow)])
def test_racing_threads_get_every_iteration_once(store: SqlStore, rounds: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda w: workers.releases(store, w, rounds), range(8)))
    assert sorted([n for mine in got for n in mine]) == list(range(1, 8 * rounds + 1))
    assert all(mine == sorted(mine) for mine in got)
    with store.read() as tx:
        assert [r.iteration for r in tx.estate.releases("support-bot")] == list(range(1, 8 * rounds + 1))
        entries = tx.log.entries()
    assert broken_at(entries) is None
    assert len(entries) == 8 * rounds


def test_racing_processes_get_every_iteration_once(url: str, store: SqlStore) -> None:
    others = [elsewhere("releases", url, n) for n in (1, 2)]
    got = [*workers.releases(store, 0, 25), *(int(n) for o in others for n in said(o).split())]
    assert sorted(got) == list(range(1, 76))
    with store.read() as tx:
        assert broken_at(tx.log.entries()) is None


@pytest.mark.parametrize("count", [50, pytest.param(1_000, marks=pytest.mark.slow)])
def test_version_events_of_eight_processes_are_numbered_without_a_gap_or_a_repeat(
    url: str, store: SqlStore, count: int
) -> None:
    others = [elsewhere(f"events-{count}", url, n) for n in range(8)]
    got = [[int(n) for n in said(o, 600).split()] for o in others]
    assert [len(mine) for mine in got] == [count] * 8
    assert sorted(n for mine in got for n in mine) == list(range(1, 8 * count + 1))
    assert all(mine == sorted(mine) for mine in got)
    with store.write() as tx:
        assert tx.estate.next_iteration("support-bot") == 8 * count + 1


def test_of_racing_claims_of_a_lease_each_epoch_has_one_holder(store: SqlStore) -> None:
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda w: workers.claims(store, w, 15), range(4)))
    epochs = [n for mine in got for n in mine]
    assert len(epochs) == len(set(epochs))


def test_of_racing_approvals_by_one_key_one_counts(store: SqlStore) -> None:
    made = plan()
    with store.write() as tx:
        tx.rollbacks.add_plan(made)

    def speak(n: int) -> bool:
        try:
            with store.write() as tx:
                tx.rollbacks.add_approval(approval(made, f"p{n}", "one-key"))
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(speak, range(6))) == 1


def test_of_racing_runs_on_a_target_one_starts(store: SqlStore) -> None:
    made = plan()

    def begin(n: int) -> bool:
        try:
            with store.write() as tx:
                tx.rollbacks.start_run(run(made, f"run-{n}"), 2)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(begin, range(6))) == 1


def test_of_racing_new_episodes_of_a_condition_one_is_open(store: SqlStore) -> None:
    def fire(n: int) -> bool:
        with store.write() as tx:
            standing = tx.judgements.open_alerts([alert(1).fingerprint])
            tx.judgements.put_alert(
                alert(1, id=f"e{n}")
                if not standing
                else next(iter(standing.values())).seen_again(
                    decision_id="d", signal_id="s", at=later(seconds=n), priority=alert(1).priority, title="t"
                )
            )
            return not standing

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(fire, range(6))) == 1
    with store.read() as tx:
        (only,) = tx.judgements.alerts()
    assert only.count == 6


def test_a_reader_sees_one_moment(store: SqlStore) -> None:
    with store.write() as tx:
        tx.signals.add([(signal(1), b"")])
    with store.read() as tx:
        assert tx.signals.count() == 1
        with store.write() as other:
            other.signals.add([(signal(2), b"")])
        assert tx.signals.count() == 1
        assert tx.signals.get("s-2") is None
    with store.read() as tx:
        assert tx.signals.count() == 2


def _moves(store: SqlStore, mark: object) -> bool:
    end = time.monotonic() + 30.0
    while time.monotonic() < end:
        if store.change_mark() != mark:
            return True
        time.sleep(0.01)
    return False


def test_the_change_mark_moves_when_another_process_wrote_and_stays_when_nobody_did(url: str, store: SqlStore) -> None:
    store.change_mark()
    mark = store.change_mark()
    assert [store.change_mark() for _ in range(5)] == [mark] * 5
    with store.read() as tx:
        tx.signals.count()
    store.board("x", None, NOW)
    assert store.change_mark() == mark
    assert said(elsewhere("signal", url, 5)) == "written"
    assert _moves(store, mark)


def test_the_change_mark_moves_when_this_process_wrote(store: SqlStore) -> None:
    store.change_mark()
    mark = store.change_mark()
    with store.write() as tx:
        tx.plumbing.put_value("k", "v")
    assert _moves(store, mark)


def test_a_write_that_was_taken_back_moves_no_mark(store: SqlStore) -> None:
    store.change_mark()
    mark = store.change_mark()

    def broken() -> None:
        with store.write() as tx:
            tx.plumbing.put_value("k", "v")
            raise PulseError("no")

    with pytest.raises(PulseError, match="no"):
        broken()
    assert store.change_mark() == mark


def test_two_processes_may_make_the_schema_at_once(empty_url: str, tmp_path: Path) -> None:
    others = [elsewhere("open", empty_url) for _ in range(2)]
    opened = SqlStore(empty_url, tmp_path)
    assert [said(o) for o in others] == [opened.schema] * 2
    opened.close()
