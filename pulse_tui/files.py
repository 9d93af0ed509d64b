"""The only access to the files of suites: their content, the results of their commands, and the one edited in place."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pulse_tui.domain.errors import Refused, SourceError
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.text import clean, is_clean
from pulse_tui.ports.running import Piece, Result

MOST_FILES = 50_000
MOST_BYTES = 2 * 2**30
"""Most bytes of a suite's content: reading more takes minutes."""
MOST_TEXT = 16 * 2**20
"""Most bytes of a file that is edited."""
MOST_RESULTS = 1_000
MOST_RESULT_BYTES = 256 * 2**20
CHUNK = 2**20
LONGEST_LINE = 16 * 2**20
SETTLED_US = 2_000_000
"""A file written more recently than this is read again: its next change may have the same time."""
SCRATCH = "pulse-suite-"
LOCK_POLL_S = 0.01
_LEFT = ("~", ".swp", ".swo", ".part", ".pyc", ".tmp")
"""Temporary files of editors, downloads and interpreters."""
_LEFT_WHOLE = frozenset({"__pycache__", "Thumbs.db", "desktop.ini"})


class _Seen(NamedTuple):
    """What must be the same for a file to be the same."""

    size: int
    modified: int
    changed: int
    number: int


class DiskFiles:
    """Implements :class:`pulse_tui.ports.Files`."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """``clock`` gives the age of a file's last change."""
        self._clock = clock
        self._known: dict[str, tuple[_Seen, str]] = {}
        self._lock = threading.Lock()

    def digest(self, path: Path) -> str:
        """A file's digest is that of ``sha256sum``; a folder's is that of the ``sha256sum`` lines of its files."""
        listed = _listed(path)
        if listed[0][0] == "":
            return f"sha256:{self._of(listed[0][1], listed[0][2])}"
        whole = hashlib.sha256()
        for name, file, seen in listed:
            whole.update(f"{self._of(file, seen)}  {name}\n".encode())
        return f"sha256:{whole.hexdigest()}"

    def contents(self, path: Path) -> Iterator[Piece]:
        for name, file, _ in _listed(path):
            line, kept = 1, b""
            for chunk in _chunks(file):
                kept += chunk
                whole = kept.rfind(b"\n") + 1 or (len(kept) if len(kept) > LONGEST_LINE else 0)
                if whole:
                    yield Piece(name or file.name, line, kept[:whole])
                    line += kept.count(b"\n", 0, whole)
                    kept = kept[whole:]
            if kept:
                yield Piece(name or file.name, line, kept)

    def read(self, path: Path) -> bytes:
        try:
            with path.open("rb") as file:
                data = file.read(MOST_TEXT + 1)
        except OSError as error:
            raise SourceError(
                f"{path} cannot be read: {error.strerror}", todo="Check the path and its rights"
            ) from None
        if len(data) > MOST_TEXT:
            raise SourceError(f"{path} is over {MOST_TEXT >> 20} MB", todo="Split it")
        return data

    def replace(self, path: Path, data: bytes, *, before: bytes) -> None:
        target = path.resolve()  # a link stays a link
        spare = target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}.tmp")
        try:
            meant = target.stat()
            with spare.open("xb") as file:
                os.fchmod(file.fileno(), stat.S_IMODE(meant.st_mode))
                with contextlib.suppress(OSError):  # only root may restore its owner
                    os.fchown(file.fileno(), meant.st_uid, meant.st_gid)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if self.read(target) != before:
                raise Refused(f"{path} was changed in the meantime", todo="Try again")
            spare.replace(target)
            _kept(target.parent)
        except OSError as error:
            todo = "Check the rights of the file and its folder"
            raise Refused(f"{path} cannot be written: {error.strerror}", todo=todo) from None
        finally:
            with contextlib.suppress(OSError):
                spare.unlink()

    @contextlib.contextmanager
    def lock(self, path: Path, timeout_s: float) -> Iterator[None]:
        name, until = path.with_name(f".{path.name}.lock"), time.monotonic() + timeout_s
        try:
            descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            todo = "Check the rights of its folder"
            raise SourceError(f"{name} cannot be made: {error.strerror}", todo=todo) from None
        try:
            with contextlib.suppress(OSError):  # whoever may write the file may lock it
                os.fchmod(descriptor, stat.S_IMODE(path.stat().st_mode) & ~0o111)
            while not _locked(descriptor):
                if time.monotonic() >= until:
                    raise SourceError(f"{path} is locked by another process", todo="Try again when it has ended")
                time.sleep(LOCK_POLL_S)
            yield
        finally:
            os.close(descriptor)  # which frees it

    @contextlib.contextmanager
    def scratch(self, name: str) -> Iterator[Path]:
        folder = tempfile.mkdtemp(prefix=f"{SCRATCH}{name}-")
        try:
            yield Path(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def sweep(self, name: str) -> None:
        for folder in Path(tempfile.gettempdir()).glob(f"{SCRATCH}{name}-*"):
            shutil.rmtree(folder, ignore_errors=True)

    def results(self, folder: Path) -> list[Result]:
        found: list[Result] = []
        total = 0
        for name, file, seen in _walk(folder, links=False):
            total += seen.size
            if len(found) >= MOST_RESULTS or total > MOST_RESULT_BYTES:
                most = f"{MOST_RESULTS:,} files or {MOST_RESULT_BYTES >> 20} MB"
                raise SourceError(
                    f"the command left more than {most}", todo="Let it write only its results to {output}"
                )
            found.append(Result(name, file, b"".join(_chunks(file))))
        return sorted(found)

    def _of(self, file: Path, seen: _Seen) -> str:
        with self._lock:
            known = self._known.get(str(file))
        if known is not None and known[0] == seen:
            return known[1]
        hashed = hashlib.sha256()
        for chunk in _chunks(file):
            hashed.update(chunk)
        if _stat(file) != seen:
            raise SourceError(f"{file} is being written", todo="Try again when it is whole", retry_after=1.0)
        lately = to_us(self._clock()) - max(seen.modified, seen.changed) // 1_000 < SETTLED_US
        with self._lock:
            if lately:
                self._known.pop(str(file), None)
            else:
                self._known[str(file)] = (seen, hashed.hexdigest())
        return hashed.hexdigest()


def _kept(folder: Path) -> None:
    """A name that was just given survives a crash of the host, where the file system can do that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _listed(path: Path) -> list[tuple[str, Path, _Seen]]:
    """The files that count, sorted by name: a single file has the name ""."""
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        what = "does not exist" if missing else f"cannot be read: {error.strerror}"
        raise SourceError(f"{path} {what}", todo="Correct the suite's `path`, or put its content there") from None
    if stat.S_ISREG(mode):
        found = [("", path, _stat(path))]
    elif stat.S_ISDIR(mode):
        found = sorted(_walk(path, links=True), key=lambda f: f[0].encode())
    else:
        raise _no_file(path, mode)
    if not found:
        raise SourceError(f"{path} has no file", todo="Put the suite's content there")
    if sum(seen.size for _, _, seen in found) > MOST_BYTES:
        raise SourceError(f"{path} is larger than {MOST_BYTES >> 30} GB", todo="Point `path` at the items alone")
    return found


def _walk(folder: Path, *, links: bool) -> Iterator[tuple[str, Path, _Seen]]:
    """The files below; ``links``: an entry that is neither file nor folder is an error, else it is skipped."""
    count, waiting = 0, [folder]
    while waiting:
        here = waiting.pop()
        try:
            entries = list(os.scandir(here))
        except OSError as error:
            raise SourceError(f"{here} cannot be read: {error.strerror}", todo="Check its rights") from None
        for entry in entries:
            path = Path(entry.path)
            if _is_left(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(path)
            elif entry.is_file(follow_symlinks=False):
                count += 1
                if count > MOST_FILES:
                    raise SourceError(f"{folder} has more than {MOST_FILES:,} files", todo="Point to the items alone")
                yield _name(path, folder), path, _stat(path)
            elif links:
                raise _no_file(path, entry.stat(follow_symlinks=False).st_mode)


def _is_left(name: str) -> bool:
    return name.startswith(".") or name.endswith(_LEFT) or name in _LEFT_WHOLE or (name[:1] == name[-1:] == "#")


def _name(path: Path, folder: Path) -> str:
    """The same on every machine: composed letters, slashes. Raises SourceError for what is not text."""
    name = path.relative_to(folder).as_posix()
    try:
        name.encode()
    except UnicodeEncodeError:
        raise SourceError(f"a name in {folder} is not UTF-8: {name!a}", todo="Rename it") from None
    if "\n" in name or not is_clean(name):
        raise SourceError(f"a name in {folder} contains control characters: {clean(name, 80)!r}", todo="Rename it")
    return unicodedata.normalize("NFC", name)


def _no_file(path: Path, mode: int) -> SourceError:
    if stat.S_ISLNK(mode):
        todo = "What it points to can change unseen: put the file itself there"
        return SourceError(f"{path} is a symbolic link", todo=todo)
    return SourceError(f"{path} is not a file", todo="A suite is made of plain files")


def _stat(path: Path) -> _Seen:
    try:
        found = path.lstat()
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}", todo="Check the path and its rights") from None
    return _Seen(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        # Never through a link: it may have become one since it was listed.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with open(descriptor, "rb", buffering=0) as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}", todo="Check its rights") from None
