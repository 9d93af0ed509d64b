"""What is recorded, and how little of it."""

from __future__ import annotations

from datetime import datetime

import pytest

from pulse_tui.domain.errors import StorageError
from pulse_tui.domain.frame import Frame
from pulse_tui.enrich.past.packing import unpacked
from pulse_tui.services.past.recorder import Recorder
from tests.enrich.past.boards import alert, board, source
from tests.fakes.nouns import NOW, later


class _Kept:
    """Frames in memory."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.full = False

    def put(self, frame: Frame) -> None:
        if self.full:
            raise StorageError("no room")
        self.frames.append(frame)

    @property
    def kinds(self) -> str:
        return "".join(("W" if f.whole else "d") + ("!" if f.news else ".") for f in self.frames)


def _minute(n: float) -> datetime:
    return later(minutes=n)


def test_a_recording_begins_whole_and_goes_on_with_what_differs() -> None:
    kept = _Kept()
    recorder = Recorder(kept.put)
    boards = [board(), board(alerts=[alert("a")]), board(alerts=[alert("a", state="acknowledged")])]
    for n, each in enumerate(boards):
        assert recorder.take(each, _minute(n))
    assert not recorder.take(boards[-1], _minute(3))
    assert kept.kinds == "W!d!d!"
    assert [unpacked(kept.frames[: n + 1]) for n in range(3)] == boards


def test_counts_and_ages_wait_for_the_next_frame_and_five_minutes_at_most() -> None:
    kept = _Kept()
    recorder = Recorder(kept.put)
    recorder.take(board(alerts=[alert("a", count=1)]), NOW)
    assert not recorder.take(board(alerts=[alert("a", count=2)], sources=[]), _minute(1))
    assert recorder.take(board(alerts=[alert("a", count=3)]), _minute(5))
    assert kept.kinds == "W!d."
    assert unpacked(kept.frames).alerts[0].count == 3


def test_a_quiet_night_has_a_sign_of_life_every_five_minutes_and_a_whole_picture_a_day() -> None:
    kept = _Kept()
    recorder = Recorder(kept.put)
    for n in range(24 * 60 + 1):
        recorder.take(board(sources=[source("osv")]), _minute(n))
    assert len([f for f in kept.frames if not f.whole]) == 288
    assert [f.at for f in kept.frames if f.whole][-1] > _minute(400)
    assert not any(f.news for f in kept.frames[1:])


def test_no_moment_needs_more_than_a_hundred_differences() -> None:
    kept = _Kept()
    recorder = Recorder(kept.put)
    for n in range(250):
        recorder.take(board(alerts=[alert("a", state=str(n))]), _minute(n / 60))
    longest = max(len(part) for part in kept.kinds.replace("d!", "d").split("W"))
    assert longest <= 101


def test_a_frame_that_could_not_be_kept_is_followed_by_a_whole_one() -> None:
    kept = _Kept()
    recorder = Recorder(kept.put)
    recorder.take(board(), NOW)
    kept.full = True
    with pytest.raises(StorageError):
        recorder.take(board(p1=1), _minute(1))
    kept.full = False
    recorder.take(board(p1=1), _minute(2))
    assert kept.kinds == "W!W!"


def test_a_clock_that_was_set_back_begins_the_recording_again() -> None:
    kept = _Kept()
    recorder = Recorder(kept.put)
    recorder.take(board(), _minute(60))
    recorder.take(board(), NOW)
    assert kept.kinds == "W!W!"
