"""Writers of one process line up: none starves, none is forgotten, the turn never gets lost."""

from __future__ import annotations

import threading
import time

import pytest

from pulse_tui.domain.errors import StorageError
from pulse_tui.storage import engine, turns
from pulse_tui.storage.store import SqlStore
from pulse_tui.storage.turns import Turns


def test_turns_come_in_the_order_in_which_they_were_asked_for() -> None:
    line, order, threads = Turns(), list[int](), list[threading.Thread]()

    def write(number: int) -> None:
        with line.mine():
            order.append(number)

    with line.mine():
        for number in range(8):
            threads.append(threading.Thread(target=write, args=(number,)))
            threads[-1].start()
            while len(line._waiting) <= number:
                time.sleep(0.001)
    for thread in threads:
        thread.join(60)
    assert order == list(range(8))


def test_who_waits_in_vain_says_so_and_leaves_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WAIT_S", 0.05)
    line = Turns()
    with line.mine(), pytest.raises(StorageError, match="took longer than"), line.mine():
        pass
    with line.mine():
        assert not line._waiting


def test_a_turn_whose_work_breaks_is_handed_on() -> None:
    line = Turns()
    with pytest.raises(KeyError), line.mine():
        raise KeyError("x")
    with line.mine():
        pass


def test_many_writers_and_readers_of_one_process_all_get_through(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_MS", 150)
    failed: list[Exception] = []

    def work(number: int) -> None:
        try:
            for step in range(3):
                with store.write() as tx:
                    tx.plumbing.put_value(f"k{number}", str(step))
                    time.sleep(0.02)  # a second for all: far more than one of them would wait for a locked database
                with store.read() as tx:
                    assert tx.plumbing.get_value(f"k{number}") == str(step)
        except Exception as error:  # asserted below
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
