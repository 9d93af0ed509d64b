"""Lines of the log that changed places, were taken out, put in or chained again by somebody who owns the database."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import combinations
from typing import Final, NamedTuple

import pytest

from pulse_tui.domain.audit import Anchor, StoredLine, hashed
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.recorded import verified
from tests.services.rollback.test_plan import make
from tests.services.rollback.test_recorded import Disk, found, played
from tests.services.rollback.test_votes import both, signing

__all__ = ["played", "signing"]
SEQ: Final = 0
OWN: Final = 7
RECORDS: Final = 9


class Log(NamedTuple):
    """A log that somebody else can write, and what it was."""

    parts: RollbackParts
    disk: Disk
    lines: list[StoredLine]

    def found(self, lines: Sequence[StoredLine], *anchors: Anchor) -> list[str]:
        """What is found when these are the lines, with a seal that fits them."""
        raw = self.disk.raw
        raw.execute("DELETE FROM audit")
        raw.executemany("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", lines)
        seal = f"{lines[-1][SEQ]}:{lines[-1][OWN]}"
        raw.execute("UPDATE settings_values SET value = ? WHERE key = 'audit.newest'", (seal,))
        return found(self.parts, *anchors)

    @property
    def heads(self) -> set[str]:
        """The lines that votes name."""
        return {head for (head,) in self.disk.raw.execute("SELECT audit_head FROM approvals")}

    @property
    def end(self) -> Anchor:
        return Anchor(self.lines[-1][SEQ], self.lines[-1][OWN])


@pytest.fixture
def log(played: RollbackParts) -> Iterator[Log]:
    """Two plans with votes, a run, a freeze, then lines that nothing names."""
    _quiet(played, range(3))
    approve(played, make(played).hash, "ben", "sure")
    _quiet(played, range(3, 6))
    with closing(Disk(played)) as disk:
        yield Log(played, disk, list(disk.raw.execute("SELECT * FROM audit ORDER BY seq")))


def _quiet(parts: RollbackParts, numbers: range) -> None:
    with parts.store.write() as tx:
        for number in numbers:
            tx.log.append(parts.clock(), "cho", "alert.acknowledged", f"a{number}")


def _but(line: StoredLine, **fields: object) -> StoredLine:
    names = ("seq", "at", "actor", "action", "subject", "detail", "previous", "hash", "origin", "records")
    return tuple(fields.get(name, value) for name, value in zip(names, line, strict=True))  # type: ignore[return-value]


def numbered(lines: Sequence[StoredLine]) -> list[StoredLine]:
    """The same lines in this order, from 1 on."""
    return [_but(line, seq=number) for number, line in enumerate(lines, 1)]


def chained(lines: Sequence[StoredLine]) -> list[StoredLine]:
    """The same lines in this order with numbers and hashes that fit, as somebody with this source code makes them."""
    out: list[StoredLine] = []
    for line in numbered(lines):
        made = _but(line, previous=out[-1][OWN] if out else "0" * 64)
        out.append(_but(made, hash=hashlib.sha256(hashed(made)).hexdigest()))
    return out


def test_the_lines_as_they_were_are_whole(log: Log) -> None:
    assert log.found(log.lines, log.end) == []
    assert chained(log.lines) == log.lines


def test_two_lines_that_changed_places_are_found_whichever_two(log: Log) -> None:
    count = 0
    for a, b in combinations(range(len(log.lines)), 2):
        swapped = list(log.lines)
        swapped[a], swapped[b] = swapped[b], swapped[a]
        assert log.found(numbered(swapped)), (a, b)
        assert log.found(chained(swapped), log.end), (a, b)
        count += 2
    assert count > 200
    print(f"{count} swaps of two lines, with and without a new chain, 0 unnoticed")


def test_a_line_that_moved_is_found(log: Log) -> None:
    for at in range(1, len(log.lines)):
        moved = [log.lines[at], *log.lines[:at], *log.lines[at + 1 :]]
        assert log.found(numbered(moved)), at
        assert log.found(chained(moved), log.end), at


def test_a_line_that_was_taken_out_or_put_in_is_found(log: Log) -> None:
    for at in range(len(log.lines) - 1):
        without = [*log.lines[:at], *log.lines[at + 1 :]]
        assert log.found(without), at
        assert log.found(numbered(without)), at
        forged = _but(log.lines[at], subject="another", hash=f"{at:064}")
        more = [*log.lines[: at + 1], forged, *log.lines[at + 1 :]]
        assert log.found(numbered(more)), at
        assert log.found(chained(more), log.end), at


def test_a_deletion_that_was_chained_again_is_found_by_votes_and_records_or_by_an_anchor(log: Log) -> None:
    """Without an anchor only what something else in the database still names is missed."""
    named = max(line[SEQ] for line in log.lines if line[OWN] in log.heads)
    unnoticed = []
    for at, line in enumerate(log.lines):
        rest = chained([*log.lines[:at], *log.lines[at + 1 :]])
        if not log.found(rest):
            unnoticed.append(line[SEQ])
        wrong = log.found(rest, log.end)
        assert any("which was anchored" in why for why in wrong), line
        early = log.lines[at]
        assert log.found(rest, Anchor(early[SEQ], early[OWN])), line
    assert unnoticed == [line[SEQ] for line in log.lines if line[SEQ] > named and line[RECORDS] == "{}"]
    assert len(unnoticed) == 3


def test_an_end_that_was_cut_off_is_found_by_votes_and_records_or_by_an_anchor(log: Log) -> None:
    for left in range(1, len(log.lines)):
        rest = log.lines[:left]
        assert bool(log.found(rest)) == (left < len(log.lines) - 3), left
        assert any("is not there: the log was cut" in why for why in log.found(rest, log.end)), left


def test_a_log_that_was_written_again_with_all_that_names_it_contradicts_only_an_anchor(log: Log) -> None:
    forged = _but(log.lines[-1], actor="eve", subject="another")
    assert log.found(chained([*log.lines[:-1], forged])) == []
    assert log.found(chained([*log.lines[:-1], forged]), log.end) == [
        f"line {log.end.seq}, which was anchored, is another one now: the log was cut or rewritten"
    ]


def test_a_log_that_was_written_again_with_its_votes_contradicts_what_was_signed(signing: RollbackParts) -> None:
    """The first line is another one, every hash, every head in a vote and every digest of the votes was made again."""
    plan = both(signing)
    name = f"approvals/{plan.hash}"
    with closing(Disk(signing)) as disk:
        log = Log(signing, disk, list(disk.raw.execute("SELECT * FROM audit ORDER BY seq")))
        last = max(line[SEQ] for line in log.lines if name in line[RECORDS])
        made, heads = [_but(log.lines[0], actor="eve")], dict[str, str]()
        for line in log.lines[1:]:
            made = chained(made)
            heads[log.lines[len(made) - 1][OWN]] = made[-1][OWN]
            if line[SEQ] == last:
                for old, new in heads.items():
                    disk.raw.execute("UPDATE approvals SET audit_head = ? WHERE audit_head = ?", (new, old))
                with signing.store.read() as tx:
                    digest = hashlib.sha256(tx.log.recorded_text(name)).hexdigest()
                line = _but(line, records=re.sub(f'(?<="{name}":")[0-9a-f]+', digest, line[RECORDS]))  # noqa: PLW2901
            made.append(line)
        assert log.found(chained(made)) == []
        with signing.store.read() as tx:
            wrong = verified(tx, (), signing.signing).wrong
    assert (
        f"the vote of ana on {plan.hash[:12]} is not what was signed: what was signed has another audit head" in wrong
    )
