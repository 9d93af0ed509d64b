"""A bare repository. Its hooks refuse, or end the process that receives a push before or after the branch moved."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.fakes.step_targets import Fault, Target

VALUES = """# who serves
image:
  repository: ghcr.io/acme/bot   # never moves
  tag: "{value}"
replicas: 2
"""
FILE = "100644"
LINK = "120000"
_HOOKS = {
    Fault.REFUSED: ("pre-receive", "echo not on a Friday >&2; exit 1"),
    Fault.LOST: ("pre-receive", "kill -9 $PPID"),
    Fault.LANDED: ("post-receive", "kill -9 $PPID"),
}


class Bare:
    """A bare repository with the branch ``main``; commits are made in it without a working tree."""

    def __init__(self, folder: Path, files: Mapping[str, str | bytes]) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "--quiet", "--bare", "--template=", "--initial-branch=main", ".")
        self.commit(files, "the first")

    def git(self, *arguments: str, feed: bytes = b"") -> bytes:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "Ana"),
            **dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "ana@acme.example"),
        }
        command = ["git", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, input=feed, check=True, capture_output=True, timeout=30
        )
        return done.stdout

    def line(self, *arguments: str, feed: bytes = b"") -> str:
        """The one line that a command prints."""
        return self.git(*arguments, feed=feed).decode().strip()

    def commit(self, files: Mapping[str, str | bytes], subject: str, mode: str = FILE, branch: str = "main") -> str:
        """A commit on the branch with these files in place of what they were."""
        before = self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}").decode().split()
        if before:
            self.git("read-tree", before[0])
        for path, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            blob = self.line("hash-object", "-w", "--stdin", feed=data)
            self.git("update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}")
        parents = [word for sha in before for word in ("-p", sha)]
        made = self.line("commit-tree", self.line("write-tree"), *parents, "-m", subject)
        self.git("update-ref", f"refs/heads/{branch}", made)
        return made

    def show(self, path: str, commit: str = "main") -> str:
        """A file of a commit."""
        return self.git("cat-file", "blob", f"{commit}:{path}").decode()

    def steps(self) -> list[str]:
        """The commits that say they are a step, oldest first."""
        return self.line("log", "--reverse", "--format=%H", "--grep=^Pulse-Step: ", "main").split()

    def hook(self, name: str, text: str) -> None:
        """A hook that the repository runs once."""
        path = self.folder / "hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\nrm -f '{path}'\n{text}\n")
        path.chmod(0o755)


class Repository(Target):
    """``deploy/values.yaml`` on main, whose ``image.tag`` is moved."""

    faults = frozenset(_HOOKS)

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.bare = Bare(folder / "deploy.git", {"deploy/values.yaml": VALUES.format(value=self.values[0])})
        self.options: dict[str, Any] = {
            "repository": self.bare.folder.as_uri(),
            "path": "deploy/values.yaml",
            "field": "image.tag",
        }

    def holds(self) -> str:
        return self._value("main")

    def put(self, value: str) -> None:
        self.bare.commit({"deploy/values.yaml": VALUES.format(value=value)}, "by hand")

    def effects(self) -> list[str]:
        return [self._value(commit) for commit in self.bare.steps()]

    def fault(self, fault: Fault) -> None:
        self.bare.hook(*_HOOKS[fault])

    def vanish(self) -> None:
        shutil.rmtree(self.bare.folder)

    def _value(self, commit: str) -> str:
        line = next(line for line in self.bare.show("deploy/values.yaml", commit).split("\n") if "tag:" in line)
        return line.partition('"')[2].removesuffix('"')


@contextmanager
def target(folder: Path) -> Iterator[Repository]:
    """A repository in ``folder``."""
    yield Repository(folder)
