"""A recording as a file: a line that says what it is, then frames one after the other.

Each frame has its length, a checksum, its moment and whether it is whole before its body, all in network order. What was cut off in
the middle (a crash, a full disk) is left out, and all before it is read; a frame whose checksum is wrong is left out with those that
rest on it.
"""

from __future__ import annotations

import os
import stat
import struct
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec

from pulse_tui.domain.errors import StorageError, WrongUse
from pulse_tui.domain.frame import FORMAT, Frame
from pulse_tui.domain.moments import from_us, to_us

KIND: Final = "pulse.recording/1"
_HEAD: Final = struct.Struct("!IIqB")
_LINE: Final = 4096
"""The longest first line."""
_LONGEST: Final = 64 * 1024 * 1024
"""The longest body: a length beyond is none."""


class Title(msgspec.Struct, frozen=True, kw_only=True):
    """The first line."""

    format: str
    estate: str
    frames: str = FORMAT
    """The form of its frames."""


class Recording(NamedTuple):
    """A file that was read."""

    title: Title
    frames: list[Frame]
    """Each with its place as its number, from 1."""
    damaged: int
    """Frames that were left out, for they are damaged or rest on one that is."""
    cut: bool
    """Whether it ends in the middle of a frame."""
    end: int
    """Where the last whole frame ends, in bytes."""


def read_recording(path: Path) -> Recording:
    """Raises StorageError for a file that cannot be read, WrongUse for one that is no recording, or one of another version."""
    try:
        with os.fdopen(_descriptor(path), "rb") as file:
            title = _title(file.readline(_LINE), path)
            frames, damaged, end, whole = list[Frame](), 0, file.tell(), False
            for after, found in _entries(file):
                end = after
                whole = found is not None and (found.whole or whole)
                if found is None or not whole:
                    damaged += 1
                    continue
                frames.append(msgspec.structs.replace(found, format=title.frames, seq=len(frames) + 1))
            file.seek(0, os.SEEK_END)
            return Recording(title, frames, damaged, file.tell() != end, end)
    except OSError as error:
        raise StorageError(f"recording {path} cannot be read: {error.strerror or error}") from None


def _descriptor(path: Path) -> int:
    """To read a file alone: opening a pipe would last until somebody writes into it. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError("it is no plain file")


def _title(line: bytes, path: Path) -> Title:
    try:
        title = msgspec.json.decode(line, type=Title)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise WrongUse(f"{path} is no recording of pulse-tui", todo="pulse-tui --record FILE writes one") from None
    if title.format != KIND:
        raise WrongUse(
            f"{path} is a recording of the form {title.format!r}, this version of pulse-tui reads {KIND}",
            todo="Use the version that wrote it",
        )
    return title


def _entries(file: BinaryIO) -> Iterator[tuple[int, Frame | None]]:
    """(where it ends, the frame; None for one that is damaged) as far as there are whole ones."""
    while len(head := file.read(_HEAD.size)) == _HEAD.size:
        length, checksum, at_us, whole = _HEAD.unpack(head)
        if length > _LONGEST:
            return
        body = file.read(length)
        if len(body) < length:
            return
        good = zlib.crc32(body, zlib.crc32(head[8:])) == checksum
        try:
            yield file.tell(), Frame(at=from_us(at_us), whole=bool(whole), body=body) if good else None
        except OverflowError:
            yield file.tell(), None


class RecordingFile:
    """A file that frames are written to. It is made for its owner alone, and an earlier recording is continued."""

    def __init__(self, path: Path, estate: str) -> None:
        """Nothing is written yet. Raises WrongUse for a file that is something else, or the recording of another estate, StorageError."""
        self.path = path
        self._title = Title(format=KIND, estate=estate)
        self._file: BinaryIO | None = None
        self._end = 0
        if path.exists() and path.stat().st_size:
            found = read_recording(path)
            if found.title.estate != estate:
                raise WrongUse(
                    f"{path} is a recording of estate {found.title.estate!r}, and this one is {estate!r}",
                    todo="Name another file",
                )
            if found.title.frames != FORMAT:
                raise WrongUse(f"{path} has frames of the form {found.title.frames!r}", todo="Name another file")
            self._end = found.end

    def add(self, frame: Frame) -> None:
        """Raises StorageError when it cannot be written; the file then ends with the frame before."""
        head = _HEAD.pack(0, 0, to_us(frame.at), frame.whole)[8:]
        checksum = zlib.crc32(frame.body, zlib.crc32(head))
        try:
            file = self._opened()
            try:
                left = memoryview(struct.pack("!II", len(frame.body), checksum) + head + frame.body)
                while left:
                    left = left[file.write(left) :]  # a disk that fills takes a part of it first
            except OSError:
                file.truncate(self._end)
                raise
            self._end = file.tell()
        except OSError as error:
            raise StorageError(f"recording to {self.path} stopped: {error.strerror or error}") from None

    def close(self) -> None:
        """It is whole at any time; nothing is left to write."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _opened(self) -> BinaryIO:
        if self._file is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(self.path, flags, 0o600)
            self._file = os.fdopen(descriptor, "r+b", buffering=0)
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(f"{self.path} is no file")
            self._file.truncate(self._end)
            self._file.seek(self._end)
            if not self._end:
                self._file.write(msgspec.json.encode(self._title) + b"\n")
                self._end = self._file.tell()
        return self._file


class FilePast:
    """Implements :class:`pulse_tui.ports.storing.service.Past` over the frames of a file."""

    def __init__(self, frames: list[Frame]) -> None:
        """In their order."""
        self._frames = frames

    def span(self) -> tuple[Frame, Frame] | None:
        return (self._frames[0], self._frames[-1]) if self._frames else None

    def at(self, moment: datetime) -> Frame | None:
        there = [f for f in self._frames if f.at <= moment]
        return max(there, key=lambda f: (f.at, f.seq), default=None)

    def chain(self, seq: int) -> list[Frame]:
        first = next((n for n in range(seq, 0, -1) if self._frames[n - 1].whole), None)
        return self._frames[first - 1 : seq] if first is not None else []

    def beside(self, seq: int, *, after: bool, news: bool = True) -> Frame | None:
        places = range(seq, len(self._frames)) if after else range(seq - 2, -1, -1)
        return next((f for n in places if (f := self._frames[n]).news or not news), None)
