"""Processes and files, as far as anybody but ``running.py`` and ``files.py`` knows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol


class Ended(StrEnum):
    """How a process came to its end."""

    EXITED = "exited"
    TIMED_OUT = "timed out"
    STOPPED = "stopped"
    FLOODED = "flooded"
    """It wrote more than was asked for."""


class Finished(NamedTuple):
    """A process that ended, with everything that it started."""

    how: Ended
    code: int | None
    """Its exit code, minus the signal's number when one ended it; None when it had to be ended."""
    output: str
    """The end of what it wrote to standard output and standard error, safe to draw and without secrets."""


class Output(NamedTuple):
    """What a program answered."""

    how: Ended
    code: int | None
    """As in :class:`Finished`."""
    data: bytes
    """All of its standard output, as it is; what came before its end when it was ended."""
    errors: str
    """The beginning of its standard error, safe to draw and without secrets."""


class Processes(Protocol):
    """Runs other programs. Nothing goes through a shell."""

    def run(
        self,
        argv: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        mark: str,
        timeout_s: float,
        stop: Callable[[], bool],
    ) -> Finished:
        """Run to the end in ``folder``, in a session of its own.

        Of this process's environment it gets PATH, HOME, LANG, LC_*, TZ and TMPDIR, and ``environment`` over them.

        It is ended with everything that it started after ``timeout_s``, or when ``stop`` says so (asked several times
        a second). ``mark`` names it in its environment, for :meth:`end`. Raises SourceError when it cannot be started.
        """
        ...

    def ask(
        self,
        argv: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        feed: bytes = b"",
        timeout_s: float,
        cap: int = 2**20,
    ) -> Output:
        """Run a program for its standard output; ``feed`` is its standard input, ``environment`` all of its environment.

        It is ended with everything that it started after ``timeout_s``, or once it wrote more than ``cap`` bytes; what it
        left running in its group is ended when it ends. Raises SourceError when it cannot be started.
        """
        ...

    def end(self, mark: str) -> int:
        """Kill what still runs on this host under a mark; how many processes there were."""
        ...


class Piece(NamedTuple):
    """Some whole lines of a file, beginning with line ``line`` (from 1); a line that is very long may be cut."""

    name: str
    line: int
    data: bytes


class Result(NamedTuple):
    """A file that a command left in its folder; ``name`` is relative to it."""

    name: str
    path: Path
    data: bytes


class Files(Protocol):
    """The content of suites, results of their commands, and the one file that is edited in place."""

    def digest(self, path: Path) -> str:
        """``sha256:...`` of a file's bytes, or of a folder's sorted names and digests; the same on every machine.

        Names that begin with "." and what editors leave behind do not count. Costs a check of each file when nothing
        changed since the last time. Raises SourceError for what is missing, unreadable, a symbolic link or too large; with
        ``retry_after`` for what is being written.
        """
        ...

    def contents(self, path: Path) -> Iterator[Piece]:
        """What :meth:`digest` goes over, in its order, large files in pieces. Raises SourceError as it does."""
        ...

    def read(self, path: Path) -> bytes:
        """A small file. Raises SourceError."""
        ...

    def replace(self, path: Path, data: bytes, *, before: bytes) -> None:
        """Put ``data`` in the place of ``before``, whole or not at all; rights stay. Raises Refused when it changed."""
        ...

    def lock(self, path: Path, timeout_s: float) -> AbstractContextManager[None]:
        """In the block nobody else has the file's lock, in whatever process; it ends with its process.

        ``.NAME.lock`` stays beside the file. Raises SourceError when it is not free in time or cannot be made.
        """
        ...

    def scratch(self, name: str) -> AbstractContextManager[Path]:
        """An empty folder of our own, gone at the end with what is in it."""
        ...

    def sweep(self, name: str) -> None:
        """Remove what a process that died left of :meth:`scratch`."""
        ...

    def results(self, folder: Path) -> list[Result]:
        """The files in a folder and below it by name, links not followed. Raises SourceError for too many or too large."""
        ...
