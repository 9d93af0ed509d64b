"""A branch of a remote repository: what is on it, and one commit more if nobody else was faster.

Everything happens in a bare repository of our own that is gone afterwards. Nothing is checked out: no file, link,
filter or hook of the repository comes to life here.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pulse_tui.domain.errors import SourceError, TargetError
from pulse_tui.domain.repository import Remote, git_command, git_environment, git_reason
from pulse_tui.domain.text import clean
from pulse_tui.ports import Ended, Output, Processes

MOST_BYTES = 2**20
"""A file that holds a version is smaller."""
HISTORY = 500
"""So many commits of the branch are searched for the key of a write."""
KEY = "Pulse-Step"
EPOCH = "Pulse-Epoch"
_FILES = ("100644", "100755")
_GREP = r"argoproj\.io/|toolkit\.fluxcd\.io/"
_GREP_S = 5.0


class Author(NamedTuple):
    """Who a commit says made it."""

    name: str
    email: str


class File(NamedTuple):
    """A file of a commit."""

    mode: str
    data: bytes


class Lost(TargetError):
    """The remote refused the push: nothing was changed."""


class Branch:
    """One branch. Raises TargetError; ambiguous only when a push may have arrived."""

    def __init__(
        self,
        processes: Processes,
        folder: Path,
        remote: Remote,
        name: str,
        shown: str,
        hide: Mapping[str, str],
        left_s: float,
    ) -> None:
        """``folder`` is empty and ours; ``left_s`` is how long all of it may take. ``hide`` keeps secrets out of messages."""
        self._processes = processes
        self._folder = folder
        self._remote = remote
        self._ref = f"refs/heads/{name}"
        self._shown = shown
        self._hide = hide
        self._until = time.monotonic() + left_s
        self._ask("init", "--quiet", "--bare", "--template=", ".")

    def fetch(self, depth: int = 1) -> str:
        """Bring the newest commits; the hash of the branch's head."""
        options = (
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            f"--depth={depth}",
            f"--filter=blob:limit={MOST_BYTES}",
        )
        self._ask("fetch", *options, "origin", f"+{self._ref}:refs/pulse/head", config=self._remote.config)
        return self._line("rev-parse", "--verify", "refs/pulse/head^{commit}")

    def file(self, commit: str, path: str) -> File:
        """A plain file of the commit."""
        listed = self._ask("ls-tree", "-z", "--full-tree", commit, "--", path).split(b"\0")
        entry = next((e for e in listed if e.partition(b"\t")[2] == path.encode()), b"")
        if not entry:
            raise self._error(f"{self._shown} has no file {clean(path, 200)}", "Correct 'path'")
        mode, _, blob = entry.partition(b"\t")[0].decode("ascii", "replace").split()
        if mode not in _FILES:
            what = {"120000": "a symbolic link", "160000": "another repository"}.get(mode, "a folder")
            raise self._error(f"{clean(path, 200)} of {self._shown} is {what}, and no file", "Name the file itself")
        answer = self._run("cat-file", "blob", blob, cap=MOST_BYTES)
        if answer.how is Ended.FLOODED or (answer.code and "promisor" in answer.errors):
            raise self._error(f"{clean(path, 200)} of {self._shown} is over {MOST_BYTES >> 20} MB")
        return File(mode, self._checked("cat-file", answer))

    def has_key(self, commit: str, key: str) -> bool:
        """Whether a commit in the history that was fetched says that it is the write with this key."""
        answer = self._ask("log", f"--format=%(trailers:key={KEY},valueonly,unfold,separator=%x00)%x00", commit)
        return key in answer.decode("utf-8", "replace").replace("\n", "\0").split("\0")

    def commit(self, parent: str, path: str, file: File, message: str, author: Author, at: int) -> str:
        """A commit that changes the one file; its hash. It is nowhere but here. ``at`` in seconds since the epoch."""
        who = f"{author.name} <{author.email}> {at} +0000"
        head = f"feature done\ncommit refs/pulse/made\nmark :1\nauthor {who}\ncommitter {who}\n".encode()
        quoted = path.replace("\\", "\\\\").replace('"', '\\"')
        change = f'from {parent}\nM {file.mode} inline "{quoted}"\n'.encode()
        stream = head + _counted(message.encode()) + change + _counted(file.data) + b"get-mark :1\ndone\n"
        return self._line("fast-import", "--quiet", "--force", feed=stream)

    def push(self, base: str, commit: str) -> None:
        """The branch becomes ``commit`` if it still is ``base``. Raises Lost when the remote refused."""
        lease = f"--force-with-lease={self._ref}:{base}"
        arguments = ("push", "--porcelain", "--no-verify", lease, "origin", f"{commit}:{self._ref}")
        # Whatever is wrong with the connection, the account or the lease is found before anything is sent.
        self._outcome(self._run(arguments[0], "--dry-run", *arguments[1:], config=self._remote.config), sent=False)
        self._outcome(self._run(*arguments, config=self._remote.config), sent=True)

    def controllers(self, commit: str) -> list[str] | None:
        """Files that are manifests of Argo CD or Flux; None when that cannot be found out in time."""
        words = ("grep", "-l", "-I", "-z", "--no-textconv", "--threads=1", "-E", "-e", _GREP, commit)
        answer = self._run(*words, most_s=_GREP_S)
        if answer.how is not Ended.EXITED or answer.code not in (0, 1):
            return None
        names = (name.decode("utf-8", "replace").partition(":")[2] for name in answer.data.split(b"\0"))
        return [clean(name, 100) for name in names if name]

    # ------------------------------------------------------------------ the program

    def _outcome(self, answer: Output, *, sent: bool) -> None:
        """What a push came to, by the line that git prints of the branch."""
        lines = [line.split("\t") for line in answer.data.decode("utf-8", "replace").splitlines()]
        states = [(line[0].strip(), line[2]) for line in lines if len(line) == 3 and line[1].endswith(f":{self._ref}")]
        if answer.how is Ended.EXITED and answer.code == 0 and states and states[0][0] != "!":
            return
        refused = states and states[0][0] == "!" and states[0][1].startswith(("[rejected]", "[remote rejected]"))
        if answer.how is Ended.EXITED and refused:
            remarks = [line for line in answer.errors.splitlines() if line.startswith("remote:")]
            why = clean(" ".join([states[0][1], *remarks[-1:]]), 200)
            todo = (
                "Somebody else moved it: check, then plan again" if "stale info" in why else "Correct the rights there"
            )
            raise Lost(f"{self._shown} refused the push: {why}", ambiguous=False, todo=todo)
        what = f"git push to {self._shown} failed: {self._ending(answer)}"
        raise TargetError(what, ambiguous=sent, todo="" if sent else "Check the address and the rights there")

    def _line(self, *arguments: str, feed: bytes = b"") -> str:
        return self._ask(*arguments, feed=feed).decode("ascii", "replace").strip()

    def _ask(self, *arguments: str, feed: bytes = b"", config: Mapping[str, str] | None = None) -> bytes:
        return self._checked(arguments[0], self._run(*arguments, feed=feed, config=config))

    def _checked(self, command: str, answer: Output) -> bytes:
        if answer.how is not Ended.EXITED or answer.code != 0:
            raise self._error(f"git {command} of {self._shown} failed: {self._ending(answer)}")
        return answer.data

    def _run(
        self,
        *arguments: str,
        feed: bytes = b"",
        config: Mapping[str, str] | None = None,
        cap: int = 16 * 2**20,
        most_s: float = float("inf"),
    ) -> Output:
        environment = git_environment(os.environ, self._folder, config or {})
        if shutil.which("git", path=environment.get("PATH")) is None:
            raise self._error("the program git is not installed", "Install git")
        left_s = min(self._until - time.monotonic(), most_s)
        if left_s <= 0:
            raise self._error(f"{self._shown} took too long", "Check that it is reachable, or raise the step's timeout")
        try:
            return self._processes.ask(
                git_command(*arguments),
                folder=self._folder,
                environment=environment,
                feed=feed,
                timeout_s=left_s,
                cap=cap,
            )
        except SourceError as error:
            raise self._error(error.what, error.todo) from None

    def _ending(self, answer: Output) -> str:
        if answer.how is Ended.TIMED_OUT:
            return "it took too long and was ended"
        if answer.how is Ended.FLOODED:
            return "it printed too much and was ended"
        return git_reason(answer.errors, self._hide)

    @staticmethod
    def _error(what: str, todo: str = "") -> TargetError:
        return TargetError(what, ambiguous=False, todo=todo)


def _counted(data: bytes) -> bytes:
    """As fast-import takes it: so many bytes, whatever they are."""
    return b"data %d\n%s\n" % (len(data), data)
