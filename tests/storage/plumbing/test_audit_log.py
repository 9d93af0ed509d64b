from __future__ import annotations

import pytest
import sqlalchemy as sa

from pulse_tui.domain.audit import GENESIS, broken_at
from pulse_tui.storage.plumbing import tables as t
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW, later
from tests.fakes.tampering import tamper


@pytest.fixture
def written(store: SqlStore) -> SqlStore:
    with store.write() as tx:
        assert tx.log.head().hash == GENESIS
        for i in range(6):
            tx.log.append(later(seconds=i), "ana", "alert.acknowledged", f"a{i % 2}", {"until": "x", "n": str(i)})
    return store


def test_the_chain_is_whole_and_is_read_by_subject_or_from_the_end(written: SqlStore) -> None:
    with written.read() as tx:
        every = tx.log.entries()
        assert broken_at(every) is None
        assert tx.log.head().hash == every[-1].hash
        assert [e.seq for e in tx.log.entries(limit=2)] == [5, 6]
        assert [e.seq for e in tx.log.entries(subject="a1")] == [2, 4, 6]
        assert every[0].at == NOW


@pytest.mark.parametrize(
    ("column", "value"),
    [("actor", "eve"), ("action", "x"), ("subject", "x"), ("detail", '{"n":"9"}'), ("at", 1), ("previous", "0" * 64)],
)
def test_a_changed_line_is_found(written: SqlStore, column: str, value: object) -> None:
    tamper(written, sa.update(t.audit).where(t.audit.c.seq == 3).values({column: value}))
    with written.read() as tx:
        found = broken_at(tx.log.entries())
    assert found is not None
    assert found[0] == 3


def test_a_line_taken_out_of_the_middle_is_found(written: SqlStore) -> None:
    tamper(written, sa.delete(t.audit).where(t.audit.c.seq == 3))
    with written.read() as tx:
        assert broken_at(tx.log.entries()) == (4, "line 3 is missing")


def test_two_lines_that_changed_places_are_found(written: SqlStore) -> None:
    tamper(written, sa.update(t.audit).where(t.audit.c.seq == 3).values(seq=99))
    tamper(written, sa.update(t.audit).where(t.audit.c.seq == 4).values(seq=3))
    tamper(written, sa.update(t.audit).where(t.audit.c.seq == 99).values(seq=4))
    with written.read() as tx:
        found = broken_at(tx.log.entries())
    assert found is not None
    assert found[0] == 3
