from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterable

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.audit import GENESIS, Anchor, AuditEntry, StoredLine, hashed, link, walk
from pulse_tui.storage.plumbing import tables as t
from pulse_tui.storage.sql.codec import Codec
from pulse_tui.storage.store import SqlStore
from tests.fakes.chain import broken_at
from tests.fakes.nouns import NOW, changed, later
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


def _chained(entries: Iterable[AuditEntry]) -> list[AuditEntry]:
    """Each with its number, the hash of the one before, and its own."""
    out: list[AuditEntry] = []
    for number, entry in enumerate(entries, 1):
        linked = changed(entry, seq=number, previous=out[-1].hash if out else GENESIS)
        out.append(changed(linked, hash=link(linked)))
    return out


def _stored(entries: Iterable[AuditEntry]) -> list[StoredLine]:
    codec = Codec(AuditEntry)
    return [tuple(codec.row(entry).values()) for entry in entries]


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_TEXTS = st.dictionaries(_TEXT, _TEXT, max_size=3)


@given(
    st.lists(
        st.builds(
            AuditEntry, seq=st.just(0), at=st.just(NOW), actor=_TEXT, action=_TEXT, subject=_TEXT, detail=_TEXTS,
            previous=st.just(""), hash=st.just(""), origin=_TEXT, records=_TEXTS,
        ),
        min_size=1,
        max_size=4,
    )
)  # fmt: skip
def test_stored_text_is_hashed_as_the_entry_was_whatever_it_says(entries: list[AuditEntry]) -> None:
    chain = _chained(entries)
    walked = walk(_stored(chain), asked=[chain[-1].hash])
    assert (walked.broken, walked.lines, walked.end) == (None, len(chain), Anchor(len(chain), chain[-1].hash))
    assert walked.kept == {chain[-1].hash: len(chain)}
    assert broken_at(chain) is None
    for line in _stored(chain):
        assert hashlib.sha256(hashed(line)).hexdigest() == line[7]


SPLIT = {
    "an object is no object": ('{"a":"1"}', '{"a": 1}'),
    "space between": ('{"a":"1"}', '{"a": "1"}'),
    "a key twice": ('{"a":"1"}', '{"a":"0","a":"1"}'),
    "another escape": ('{"a":"1"}', '{"a":"\\u0031"}'),
    "no JSON": ('{"a":"1"}', '{"a":"1"'),
    "two fields in one": ('{"a":"1"}', '{"a":"1"},"who",{"b":"2"}'),
}


@pytest.mark.parametrize("how", SPLIT)
def test_text_that_would_be_read_as_the_same_is_a_change_all_the_same(how: str) -> None:
    entry = AuditEntry(
        seq=1, at=NOW, actor="ana", action="a", subject="s", detail={"a": "1"}, previous="", hash="", origin="who",
        records={"b": "2"},
    )  # fmt: skip
    (line,) = _stored(_chained([entry]))
    assert walk([line]).broken is None
    before, after = SPLIT[how]
    assert line[5] == before
    tampered = (*line[:5], after, *line[6:])
    if how == "two fields in one":  # the text that is hashed is the same
        tampered = (*line[:5], after, *line[6:8], "", "{}")
        assert hashed(tampered) == hashed(line)
    assert walk([tampered]).broken is not None


def test_bytes_that_are_written_as_the_same_text_are_a_change() -> None:
    entry = AuditEntry(seq=1, at=NOW, actor="abcd", action="a", subject="s", detail={}, previous="", hash="")
    (line,) = _stored(_chained([entry]))
    tampered = (*line[:2], base64.b64decode("abcd"), *line[3:])
    assert hashed(tampered) == hashed(line)  # type: ignore[arg-type]
    assert walk([tampered]).broken == (1, "its content was changed")  # type: ignore[list-item]


def test_a_long_log_is_walked_at_fifty_thousand_lines_a_second_or_more() -> None:
    detail = {"plan": GENESIS, "reason": "as agreed"}
    entry = AuditEntry(
        seq=0, at=NOW, actor="ana", action="run.step", subject="run/0123456789ab", detail=detail, previous="", hash="",
        origin="uid 1000 ana@jump-1 pts/3", records={"steps/0123456789ab": GENESIS},
    )  # fmt: skip
    lines = _stored(_chained([entry] * 5_000))
    taken = []
    for _ in range(3):
        began = time.process_time()
        assert walk(lines).broken is None
        taken.append(time.process_time() - began)
    assert min(taken) < 0.1
