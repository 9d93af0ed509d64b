"""The ``git`` program, asked so that nothing it reads can make it do anything but read.

No prompt, no hook, no configuration of the user or the system, no transport that runs a program, arguments as
a list, commits by their hash only. A URL is mirrored (without file contents where the server allows it) and
fetched again; a local repository is read where it lies and never written to.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.repository import Remote, git_command, git_environment, git_reason
from pulse_tui.domain.text import clean
from pulse_tui.ports import Ended, Processes

READ_S = 60.0
"""How long reading from a repository may take."""
OUTPUT_CAP = 128 * 2**20
"""How much git may answer, in bytes."""
#: (commit, paths) -> content digest. A commit's hash covers its content, so this can never be out of date.
_CONTENT: dict[tuple[str, tuple[str, ...]], str | None] = {}
_CONTENT_LIMIT = 50_000
_DAMAGED = (".lock", "corrupt", "bad object", "loose object", "not a git repository", "unable to read")
_LOG_FORMAT = "%H%x00%P%x00%ct%x00%<(120,trunc)%an%x00%<(250,trunc)%s%x00"


class _Damaged(SourceError):
    """What git says of a repository that is broken or locked."""


class Commit(NamedTuple):
    """What a commit says of itself. ``at`` is the committer's time in seconds since the epoch, as text."""

    sha: str
    parents: tuple[str, ...]
    at: str
    author: str
    subject: str


class Git:
    """One repository on disk. Raises SourceError for whatever git refuses, with git's last words."""

    def __init__(self, processes: Processes, folder: Path, shown: str, hide: Mapping[str, str]) -> None:
        """``shown`` names the repository in messages; ``hide`` maps secrets to what may be shown instead."""
        self._processes = processes
        self._folder = folder
        self._shown = shown
        self._hide = hide

    @property
    def place(self) -> str:
        """Where it lies."""
        return str(self._folder)

    # ------------------------------------------------------------------ the mirror

    def mirror(self, source: Remote, timeout_s: float) -> None:
        """Make the mirror if there is none, and fetch all branches and tags; what is gone there is gone here.

        A mirror that a crash left damaged or locked is made again: it holds nothing of its own.
        """
        if (self._folder / "HEAD").is_file():
            try:
                return self._fetch(source, timeout_s)
            except _Damaged:
                shutil.rmtree(self._folder, ignore_errors=True)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            what = f"the mirror of {self._shown} cannot be made in {self._folder.parent}: {error.strerror}"
            raise SourceError(what, todo="Correct 'cache' or its rights") from None
        self.ask("init", "--quiet", "--bare", ".")
        return self._fetch(source, timeout_s)

    def _fetch(self, source: Remote, timeout_s: float) -> None:
        refs = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
        options = ("--prune", "--quiet", "--no-tags", "--no-write-fetch-head", "--filter=blob:none")
        self.ask("fetch", *options, "origin", *refs, timeout_s=timeout_s, config=source.config)

    # ------------------------------------------------------------------ looking

    def refs(self) -> tuple[dict[str, str], dict[str, str]]:
        """Branches and tags by name, each with the commit it leads to. What leads to no commit is left out."""
        names = self.ask("for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags").decode("utf-8", "replace")
        listed = [name for name in names.splitlines() if not name.split("/", 2)[2].startswith("-")]
        asked = "".join(f"{name}^{{commit}}\n" for name in listed)
        answer = self.ask("cat-file", "--batch-check=%(objectname)", feed=asked.encode()).decode("ascii", "replace")
        branches: dict[str, str] = {}
        tags: dict[str, str] = {}
        for name, commit in zip(listed, answer.splitlines(), strict=True):
            if " " not in commit:
                kind, short = name.split("/", 2)[1:]
                (branches if kind == "heads" else tags)[short] = commit
        return branches, tags

    def reachable_tags(self, commit: str) -> frozenset[str]:
        """Tags in the history of a commit."""
        answer = self.ask("for-each-ref", "--format=%(refname:lstrip=2)", f"--merged={commit}", "refs/tags")
        return frozenset(answer.decode("utf-8", "replace").splitlines())

    def commits(self, shas: Sequence[str]) -> dict[str, Commit]:
        """What these commits say of themselves."""
        feed = "".join(f"{sha}\n" for sha in dict.fromkeys(shas)).encode()
        if not feed:
            return {}
        answer = self.ask(
            "rev-list", "--no-walk=unsorted", "--no-commit-header", f"--format={_LOG_FORMAT}", "--stdin", feed=feed
        )
        fields = answer.decode("utf-8", "replace").split("\0")
        rows = [fields[i : i + 5] for i in range(0, len(fields) - 4, 5)]
        found = [Commit(row[0].strip(), tuple(row[1].split()), row[2], clean(row[3]), clean(row[4])) for row in rows]
        return {commit.sha: commit for commit in found}

    def history(self, since: str | None, upto: str, paths: Sequence[str], limit: int | None = None) -> list[str]:
        """Commits that touch ``paths``, in the history of ``upto`` and not of ``since``, oldest first.

        With ``limit`` the newest ones of them.
        """
        count = () if limit is None else (f"--max-count={limit}",)
        span = (upto,) if since is None else (upto, f"^{since}")
        answer = self.ask("rev-list", "--topo-order", "--reverse", *count, *span, "--", *paths)
        return answer.decode("ascii", "replace").split()

    def changed(self, commit: Commit, paths: Sequence[str]) -> list[str]:
        """Files under ``paths`` that a commit changed, against its first parent."""
        pair = (commit.parents[0], commit.sha) if commit.parents else ("--root", commit.sha)
        quiet = ("--no-commit-id", "--no-ext-diff", "--no-textconv", "--no-renames", "--name-only", "-r", "-z")
        return _names(self.ask("diff-tree", *quiet, *pair, "--", *paths))

    def content(self, commit: str, paths: Sequence[str]) -> str | None:
        """``git-tree:<sha256>`` over (path, blob) of every file under ``paths``; None when there is none."""
        key = (commit, tuple(paths))
        if key not in _CONTENT:
            wanted = () if "." in paths else tuple(paths)
            answer = self.ask("ls-tree", "-r", "-z", "--full-tree", commit, "--", *wanted)
            parts = (entry.partition(b"\t") for entry in answer.split(b"\0"))
            entries = sorted((path, head.split()[2]) for head, _, path in parts if path)
            digest = hashlib.sha256(b"".join(path + b"\0" + blob + b"\0" for path, blob in entries))
            if len(_CONTENT) >= _CONTENT_LIMIT:
                _CONTENT.clear()
            _CONTENT[key] = f"git-tree:{digest.hexdigest()}" if entries else None
        return _CONTENT[key]

    def has(self, commit: str) -> bool:
        """Whether the commit is there at all."""
        answer = self.ask("cat-file", "--batch-check=%(objecttype)", feed=f"{commit}\n".encode())
        return answer.strip() == b"commit"

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether ``older`` is in the history of ``newer``."""
        return self.has(older) and not self.ask("rev-list", "--max-count=1", older, f"^{newer}")

    def merge_base(self, one: str, other: str) -> str | None:
        """Where two lines parted, if they ever were one."""
        if not self.has(one):
            return None
        answer = self.ask("merge-base", one, other, fine=(0, 1)).decode("ascii", "replace").split()
        return answer[0] if answer else None

    # ------------------------------------------------------------------ the program

    def ask(
        self,
        *arguments: str,
        feed: bytes = b"",
        timeout_s: float = READ_S,
        config: Mapping[str, str] | None = None,
        fine: tuple[int, ...] = (0,),
    ) -> bytes:
        """Run one git command and return what it printed. ``config`` travels in the environment, not in the arguments."""
        command = git_command(*arguments)
        if not self._folder.is_dir():
            raise SourceError(f"{self._shown} is no folder", todo="Correct 'repository' or clone it there")
        environment = git_environment(os.environ, self._folder, config or {})
        if shutil.which("git", path=environment.get("PATH")) is None:
            raise SourceError("the program git is not installed", todo="Install git, or remove the sources of kind git")
        try:
            answer = self._processes.ask(
                command, folder=self._folder, environment=environment, feed=feed, timeout_s=timeout_s, cap=OUTPUT_CAP
            )
        except SourceError as error:
            raise SourceError(f"git cannot run in {self._shown}: {error.what}", todo="Check its rights") from None
        if answer.how is Ended.TIMED_OUT:
            raise SourceError(
                f"git {arguments[0]} of {self._shown} took longer than {timeout_s:g} s",
                todo="Check that it is reachable, or raise timeout_s",
            )
        if answer.how is Ended.FLOODED:
            raise SourceError(f"git {arguments[0]} of {self._shown} printed more than {OUTPUT_CAP:,} bytes")
        if answer.code not in fine:
            damaged = any(word in answer.errors for word in _DAMAGED)
            raise (_Damaged if damaged else SourceError)(self._failure(arguments[0], answer.errors))
        return answer.data

    def _failure(self, command: str, text: str) -> str:
        return f"git {command} of {self._shown} failed: {git_reason(text, self._hide)}"


def _names(listed: bytes) -> list[str]:
    return [name.decode("utf-8", "replace") for name in listed.split(b"\0") if name]
