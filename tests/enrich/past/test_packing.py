"""A picture of the board comes out as it went in, and what cannot be read says so."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from random import Random
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.frame import Frame, FrameError
from pulse_tui.domain.views.alerts import AlertRow
from pulse_tui.domain.views.board import Board, Header
from pulse_tui.domain.views.signals import SourceRow
from pulse_tui.enrich.past.packing import difference, nothing, still, unpacked, whole
from tests.enrich.past.boards import alert, board, source
from tests.fakes.nouns import NOW, later

_HINTS = get_type_hints(Board)
_PANES = [name for name in Board._fields if name not in ("header", "changes_us")]


def _value(hint: Any, chance: Random) -> Any:
    """Some value of the type: fields of rows are texts, numbers, moments, and tuples of them."""
    args = get_args(hint)
    if hasattr(hint, "_fields"):
        return hint._make(_value(each, chance) for each in get_type_hints(hint).values())
    if type(None) in args:
        return _value(chance.choice(args), chance)
    if get_origin(hint) is tuple:
        parts = args[:1] * chance.randint(0, 2) if args[-1] is Ellipsis else args
        return tuple(_value(each, chance) for each in parts)
    plain: dict[Any, Any] = {
        str: chance.choice(("", "a", "é┄", "\x00", "long " * 9)),
        int: chance.choice((-1, 0, 3, 2**62)),
        float: chance.choice((0.0, -1.5, float("inf"))),
        bool: chance.choice((True, False)),
        date: date(2026, 11, chance.randint(1, 30)),
        type(None): None,
    }
    return plain[hint]


def _boards(seed: int) -> list[Board]:
    """A few that share some of their rows, in another order each, some of them twice."""
    chance = Random(seed)
    pool = {name: [_value(_HINTS[name].__args__[0], chance) for _ in range(5)] for name in _PANES}

    def one() -> Board:
        panes = {name: tuple(chance.choices(rows, k=chance.randint(0, 6))) for name, rows in pool.items()}
        changed = {name: tuple(_touched(row, chance) for row in rows) for name, rows in panes.items()}
        return Board(**{"header": _value(Header, chance), **changed})

    return [one() for _ in range(chance.randint(1, 4))]


def _touched(row: Any, chance: Random) -> Any:
    """The row, now and then with another value in a field."""
    name = chance.choice(row._fields)
    return row._replace(**{name: _value(get_type_hints(type(row))[name], chance)}) if chance.random() < 0.3 else row


def _frames(boards: Sequence[Board]) -> list[Frame]:
    frames = [Frame(at=NOW, whole=True, body=whole(boards[0], begins=True))]
    for before, after in pairwise(boards):
        found = difference(before, after)
        frames.append(Frame(at=NOW, whole=False, body=found.body if found else nothing()))
    return frames


@given(st.integers(0, 2**32))
def test_any_sequence_of_boards_comes_out_as_it_went_in(seed: int) -> None:
    boards = _boards(seed)
    frames = _frames(boards)
    for n, expected in enumerate(boards):
        assert unpacked(frames[: n + 1]) == expected


def test_what_does_not_differ_makes_no_frame() -> None:
    assert difference(board(alerts=[alert("a")]), board(alerts=[alert("a")])) is None


def test_counts_and_ages_alone_are_no_news() -> None:
    before = board(alerts=[alert("a", count=3)], sources=[source("osv", good=1)])
    again = difference(before, board(alerts=[alert("a", count=4)], sources=[source("osv", good=2)]))
    late = difference(before, board(alerts=[alert("a", count=3)], sources=[source("osv", good=1, health="late")]))
    assert again is not None
    assert not again.news
    assert late is not None
    assert late.news


def test_one_row_of_ten_thousand_costs_a_hundred_bytes() -> None:
    rows = [alert(f"a-{n}") for n in range(10_000)]
    changed = [rows[5_000]._replace(state="acknowledged", by="ana"), *rows[:5_000], *rows[5_001:]]
    found = difference(board(alerts=rows), board(alerts=changed))
    assert found is not None
    assert len(found.body) < 100


def test_a_picture_of_a_newer_version_is_read_without_what_is_new_and_an_older_one_with_defaults() -> None:
    body = whole(board(alerts=[alert("a")]), begins=True)
    names, header, rows = msgspec.msgpack.decode(zlib.decompress(body[1:]))
    names["alerts"] = [*names["alerts"][:-1], "mood"]  # a field of tomorrow in the place of ours
    names["moods"], rows["moods"] = ["mood"], [["good"]]
    repacked = b"!" + zlib.compress(msgspec.msgpack.encode([names, header, rows]))
    assert unpacked([Frame(at=NOW, whole=True, body=repacked)]) == board(alerts=[alert("a")])


def test_a_picture_that_lacks_what_a_row_must_have_names_it() -> None:
    names, header, rows = msgspec.msgpack.decode(zlib.decompress(whole(board(alerts=[alert("a")]), begins=True)[1:]))
    names["alerts"][0] = "ident"
    body = b"!" + zlib.compress(msgspec.msgpack.encode([names, header, rows]))
    with pytest.raises(FrameError, match=r"another version of pulse-tui wrote it \(AlertRow has no id\)"):
        unpacked([Frame(at=NOW, whole=True, body=body)])


@given(st.integers(0, 400), st.binary(max_size=3))
def test_a_damaged_body_is_an_error_and_no_crash(cut: int, bytes_: bytes) -> None:
    first = Frame(at=NOW, whole=True, body=whole(board(alerts=[alert("a")]), begins=True))
    second = Frame(at=later(minutes=1), whole=False, body=nothing())
    for frames in (
        [msgspec.structs.replace(first, body=first.body[: cut % len(first.body)] + bytes_)],
        [first, msgspec.structs.replace(second, body=b"!" + zlib.compress(bytes_))],
        [first, msgspec.structs.replace(second, body=b"!" + zlib.compress(msgspec.msgpack.encode([{99: 1}, {}])))],
    ):
        with contextlib.suppress(FrameError):
            unpacked(frames)


def test_a_recording_that_begins_in_the_middle_says_so() -> None:
    with pytest.raises(FrameError, match="the whole board before it is not there"):
        unpacked([Frame(at=NOW, whole=False, body=nothing())])


def test_frames_of_another_form_name_both() -> None:
    frame = Frame(at=NOW, whole=True, body=whole(board(), begins=True), format="pulse.frame/2")
    with pytest.raises(FrameError, match=r"pulse\.frame/2.*pulse\.frame/1"):
        unpacked([frame])


def test_rows_are_their_own_types_again() -> None:
    found = unpacked(_frames([board(alerts=[alert("a")], sources=[source("osv")])]))
    assert isinstance(found.alerts[0], AlertRow)
    assert isinstance(found.sources[0], SourceRow)
    assert isinstance(found.header, Header)


def test_a_picture_has_nothing_of_what_comes() -> None:
    assert still(board()._replace(changes_us=7)) == board()
