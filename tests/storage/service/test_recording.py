"""A recording as a file: it is whole at any time, and what is damaged costs only itself."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.errors import StorageError, WrongUse
from pulse_tui.domain.frame import Frame
from pulse_tui.storage.service.recording import FilePast, RecordingFile, read_recording
from tests.fakes.nouns import NOW, later


def _frame(minute: int, body: bytes = b"!x", *, whole: bool = False) -> Frame:
    return Frame(at=later(minutes=minute), whole=whole, body=body)


def _written(path: Path) -> bytes:
    file = RecordingFile(path, "acme-ai")
    for frame in (_frame(0, whole=True), _frame(1, b".y" * 40), _frame(2), _frame(3, whole=True), _frame(4)):
        file.add(frame)
    file.close()
    return path.read_bytes()


def test_frames_come_out_as_they_went_in_and_a_recording_is_continued(tmp_path: Path) -> None:
    path = tmp_path / "night.pulse"
    _written(path)
    again = RecordingFile(path, "acme-ai")
    again.add(_frame(5, whole=True))
    again.close()
    found = read_recording(path)
    assert [f.at for f in found.frames] == [later(minutes=n) for n in range(6)]
    assert [f.seq for f in found.frames] == [1, 2, 3, 4, 5, 6]
    assert (found.title.estate, found.damaged, found.cut) == ("acme-ai", 0, False)
    assert path.stat().st_mode & 0o077 == 0


@given(st.integers(1, 10_000))
def test_a_file_that_was_cut_anywhere_is_read_up_to_there_and_continued(
    tmp_path_factory: pytest.TempPathFactory, at: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / "night.pulse"
    whole = _written(path)
    title = whole.index(b"\n") + 1
    path.write_bytes(whole[: title + at % (len(whole) - title)])
    before = read_recording(path)
    assert len(before.frames) < 5
    file = RecordingFile(path, "acme-ai")
    file.add(_frame(9, whole=True))
    file.close()
    after = read_recording(path)
    assert [f.at for f in after.frames] == [*(f.at for f in before.frames), later(minutes=9)]
    assert not after.cut


def test_a_damaged_frame_is_left_out_with_those_that_rest_on_it(tmp_path: Path) -> None:
    path = tmp_path / "night.pulse"
    raw = bytearray(_written(path))
    raw[raw.index(b".y.y")] ^= 0xFF
    path.write_bytes(raw)
    found = read_recording(path)
    assert [f.at for f in found.frames] == [NOW, later(minutes=3), later(minutes=4)]
    assert found.damaged == 2


def test_another_file_is_never_written_to(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("my notes\n")
    with pytest.raises(WrongUse, match=r"notes\.txt is no recording"):
        RecordingFile(path, "acme-ai")
    assert path.read_text() == "my notes\n"


def test_the_recording_of_another_estate_or_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "night.pulse"
    _written(path)
    with pytest.raises(WrongUse, match="estate 'acme-ai', and this one is 'other'"):
        RecordingFile(path, "other")
    path.write_bytes(path.read_bytes().replace(b"pulse.recording/1", b"pulse.recording/9"))
    with pytest.raises(WrongUse, match=r"pulse\.recording/9"):
        read_recording(path)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be read: No such file"):
        read_recording(tmp_path / "none")


def test_a_full_disk_leaves_a_file_that_ends_with_the_frame_before(tmp_path: Path) -> None:
    path = tmp_path / "night.pulse"
    size = len(_written(path))
    file = RecordingFile(path, "acme-ai")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, hard))
    try:
        with pytest.raises(StorageError, match=r"recording to .* stopped: File too large"):
            file.add(_frame(5, os.urandom(5_000), whole=True))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    file.close()
    assert len(path.read_bytes()) == size
    assert not read_recording(path).cut


def test_steps_and_moments_of_a_file_are_those_of_a_database(tmp_path: Path) -> None:
    path = tmp_path / "night.pulse"
    _written(path)
    past = FilePast(read_recording(path).frames)
    assert (at := past.at(later(minutes=2, seconds=30))) is not None
    assert [f.at for f in past.chain(at.seq)] == [NOW, later(minutes=1), later(minutes=2)]
    assert (before := past.beside(at.seq, after=False)) is not None
    assert before.at == NOW
    assert past.at(later(minutes=-1)) is None
    assert past.beside(5, after=True) is None
