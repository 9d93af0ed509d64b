"""Pictures of the board, packed: a whole one, or what differs from the one before.

A picture is a board without ``changes_us``, which is about what comes and not about what was. A whole one names the fields of its
rows, so that a later version of the program reads it: fields that it no longer has are left out, new ones have their default. Rows
are packed by column, which takes half the room. A difference names rows by their place in the picture before.

The first byte of a body says whether something changed (:data:`~pulse_tui.domain.frame.NEWS`); the rest is deflated msgpack.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import islice
from operator import attrgetter
from typing import Any, Final, NamedTuple

import msgspec

from pulse_tui.domain.comparison import COUNTED, LiveComparison
from pulse_tui.domain.frame import FORMAT, NEWS, Frame, FrameError
from pulse_tui.domain.views.advisories import AdvisoryRow
from pulse_tui.domain.views.alerts import AlertRow
from pulse_tui.domain.views.board import Board, Header
from pulse_tui.domain.views.evals import Trend
from pulse_tui.domain.views.incidents import IncidentRow
from pulse_tui.domain.views.registry import RegistryRow, WorkflowRow
from pulse_tui.domain.views.rollback import PlanRow, ReviewRow, RunRow
from pulse_tui.domain.views.signals import SourceRow

QUIET: Final = b"."
MOST: Final = 256 * 1024 * 1024
"""Bytes that a body may unpack to: a damaged or made-up file must not take the machine's memory."""


class _Pane(NamedTuple):
    shape: Any
    key: Callable[[Any], Any]
    restless: frozenset[str] = frozenset()
    """Fields whose change alone is worth no frame: counts and ages that go with the next one."""


_PANES: Final[Mapping[str, _Pane]] = {
    "registry": _Pane(RegistryRow, attrgetter("key")),
    "advisories": _Pane(AdvisoryRow, attrgetter("key")),
    "alerts": _Pane(AlertRow, attrgetter("id"), frozenset({"count"})),
    "trends": _Pane(Trend, attrgetter("asset", "suite", "task", "metric")),
    "sources": _Pane(SourceRow, attrgetter("id"), frozenset({"last_good_us"})),
    "workflows": _Pane(WorkflowRow, attrgetter("key")),
    "runs": _Pane(RunRow, attrgetter("id")),
    "plans": _Pane(PlanRow, attrgetter("hash")),
    "glass": _Pane(ReviewRow, attrgetter("run")),
    "incidents": _Pane(IncidentRow, attrgetter("id"), frozenset({"last_us"})),
    "comparisons": _Pane(LiveComparison, attrgetter("key"), COUNTED),
}
_encode = msgspec.msgpack.Encoder().encode


class Difference(NamedTuple):
    """What differs between two pictures."""

    body: bytes
    news: bool
    """Whether more than counts and ages did."""


def still(board: Board) -> Board:
    """The picture of a board."""
    return board._replace(changes_us=None)


def whole(board: Board, *, begins: bool) -> bytes:
    """The body of a frame that needs no other; ``begins``: the recording begins with it, and nobody saw what was before."""
    names = {"header": Header._fields, **{pane: of.shape._fields for pane, of in _PANES.items()}}
    rows = {pane: list(zip(*getattr(board, pane), strict=True)) for pane in _PANES}
    return _deflated([names, board.header, rows], news=begins)


def difference(before: Board, after: Board) -> Difference | None:
    """What differs; None when nothing does."""
    panes, news = dict[str, Any](), False
    for pane, of in _PANES.items():
        old, new = getattr(before, pane), getattr(after, pane)
        if old is not new and old != new:
            panes[pane], counts = _rows(of, old, new)
            news = news or counts
    header = _fields(before.header, after.header)
    if not panes and not header:
        return None
    news = news or bool(header)
    return Difference(_deflated([header, panes], news=news), news)


def nothing() -> bytes:
    """The body of a sign of life: nothing differs, and somebody looked."""
    return _deflated([{}, {}], news=False)


class Unpacking:
    """A picture that is read from its whole frame on."""

    def __init__(self, frame: Frame) -> None:
        """The whole frame. Raises FrameError."""
        try:
            names, header, panes = _inflated(frame)
            self._names: dict[str, Sequence[str]] = {
                str(pane): tuple(map(str, fields)) for pane, fields in names.items()
            }
            self._header: list[Any] = list(header)
            self._rows: dict[str, list[Any]] = {
                pane: list(zip(*columns, strict=True)) for pane, columns in panes.items() if pane in self._names
            }
        except _BROKEN as error:
            raise _damaged(frame) from error

    def apply(self, frame: Frame) -> None:
        """The difference that comes next. Raises FrameError."""
        try:
            header, panes = _inflated(frame)
            for place, value in header.items():
                self._header[place] = value
            for pane, changes in panes.items():
                if pane in self._names:
                    self._rows[pane] = _changed(self._rows.get(pane, []), *changes)
        except _BROKEN as error:
            raise _damaged(frame) from error

    def board(self) -> Board:
        """The picture. Raises FrameError for one of a version of the program that this one cannot read."""
        try:
            (header,) = _shaped([self._header], self._names.get("header", ()), Header)
            panes = {
                pane: _shaped(rows, self._names[pane], _PANES[pane].shape)
                for pane, rows in self._rows.items()
                if pane in _PANES
            }
            return Board(**{"header": header, **dict.fromkeys(_PANES, ()), **panes})
        except (msgspec.ValidationError, TypeError, ValueError, IndexError) as error:
            raise FrameError(
                f"the recording cannot be shown: another version of pulse-tui wrote it ({error})",
                todo="replay it with the version that wrote it",
            ) from None


def unpacked(frames: Iterable[Frame]) -> Board:
    """The picture that a whole frame and those after it make. Raises FrameError."""
    rest = iter(frames)
    first = next(rest, None)
    if first is None or not first.whole:
        raise FrameError("the recording begins in the middle: the whole board before it is not there")
    picture = Unpacking(first)
    for frame in rest:
        picture.apply(frame)
    return picture.board()


# ---------------------------------------------------------------------- differences


def _rows(of: _Pane, old: Sequence[Any], new: Sequence[Any]) -> tuple[list[Any], bool]:
    """([places that are gone, (place, fields) of what changed, (new place, old place), (new place, row)], is it news)."""
    there = {key: place for place, key in enumerate(_keys(of, old))}
    came = list[tuple[int, Any]]()
    kept = list[tuple[int, int]]()
    changed = list[tuple[int, dict[int, Any]]]()
    restless = {n for n, name in enumerate(of.shape._fields) if name in of.restless}
    news = False
    for place, (key, row) in enumerate(zip(_keys(of, new), new, strict=True)):
        before = there.pop(key, None)
        if before is None:
            came.append((place, row))
            continue
        kept.append((place, before))
        if old[before] is not row and (fields := _fields(old[before], row)):
            changed.append((before, fields))
            news = news or not fields.keys() <= restless
    gone = sorted(there.values())
    stays = _rising([before for _, before in kept])
    moved = [] if stays is None else [pair for n, pair in enumerate(kept) if n not in stays]
    return [gone, changed, moved, came], bool(news or gone or came)


def _changed(
    rows: list[Any],
    gone: Sequence[int],
    changed: Sequence[tuple[int, Mapping[int, Any]]],
    moved: Sequence[tuple[int, int]],
    came: Sequence[tuple[int, Any]],
) -> list[Any]:
    rows = list(rows)
    for place, fields in changed:
        row = list(rows[place])
        for n, value in fields.items():
            row[n] = value
        rows[place] = row
    placed = sorted([*((new, rows[before]) for new, before in moved), *((new, row) for new, row in came)], key=_first)
    left = {*gone, *(before for _, before in moved)}
    if left:
        rows = [row for place, row in enumerate(rows) if place not in left]
    if not placed:
        return rows
    rest, made = iter(rows), list[Any]()
    for place, row in placed:
        made += islice(rest, place - len(made))
        made.append(row)
    made += rest
    return made


def _first(pair: tuple[int, Any]) -> int:
    return pair[0]


def _keys(of: _Pane, rows: Sequence[Any]) -> list[Any]:
    """Rows of one key are told apart by their order."""
    keys = [of.key(row) for row in rows]
    if len(set(keys)) == len(keys):
        return keys
    seen = dict[Any, int]()
    for place, key in enumerate(keys):
        seen[key] = seen.get(key, 0) + 1
        keys[place] = (key, seen[key])
    return keys


def _fields(old: Sequence[Any], new: Sequence[Any]) -> dict[int, Any]:
    return {n: value for n, (value, before) in enumerate(zip(new, old, strict=True)) if value != before}


def _rising(places: Sequence[int]) -> Collection[int] | None:
    """Which of them to leave where they are, as many as possible, so that what stays is in its order; None: all."""
    if all(a < b for a, b in zip(places, islice(places, 1, None), strict=False)):
        return None
    ends, at = list[int](), list[int]()  # the least end of a rising row of each length, and where that is
    before = list[int]()
    for n, place in enumerate(places):
        length = bisect_left(ends, place)
        before.append(at[length - 1] if length else -1)
        ends[length:] = [place] if length == len(ends) else [place, *ends[length + 1 :]]
        at[length:] = [n] if length == len(at) else [n, *at[length + 1 :]]
    stays, n = set[int](), at[-1]
    while n >= 0:
        stays.add(n)
        n = before[n]
    return stays


# ---------------------------------------------------------------------- bytes


def _deflated(value: Any, *, news: bool) -> bytes:
    return (NEWS if news else QUIET) + zlib.compress(_encode(value), 6)


def _inflated(frame: Frame) -> Any:
    if frame.format != FORMAT:
        raise FrameError(
            f"the recording has frames of the form {frame.format!r}, this version of pulse-tui reads {FORMAT}",
            todo="replay it with the version that wrote it",
        )
    inflating = zlib.decompressobj()
    raw = inflating.decompress(frame.body[1:], MOST)
    if not inflating.eof:
        raise zlib.error("cut")
    return msgspec.msgpack.decode(raw)


_BROKEN = (zlib.error, msgspec.DecodeError, ValueError, TypeError, IndexError, KeyError, AttributeError)


def _damaged(frame: Frame) -> FrameError:
    return FrameError(
        f"the recording is damaged at {frame.at:%Y-%m-%dT%H:%M:%SZ} (frame {frame.seq})",
        todo="replay an earlier or a later moment",
    )


def _shaped(rows: Sequence[Any], names: Sequence[str], shape: Any) -> tuple[Any, ...]:
    """The rows as this version has them. Raises TypeError where one lacks what it must have."""
    if tuple(names) != shape._fields:
        taken = [names.index(name) if name in names else None for name in shape._fields]
        lacking = [n for n, p in zip(shape._fields, taken, strict=True) if p is None and n not in shape._field_defaults]
        if lacking:
            raise TypeError(f"{shape.__name__} has no {', '.join(lacking)}")
        defaults = [shape._field_defaults.get(name) for name in shape._fields]
        rows = [
            [default if place is None else row[place] for place, default in zip(taken, defaults, strict=True)]
            for row in rows
        ]
    return msgspec.convert(rows, tuple[shape, ...], strict=False)
