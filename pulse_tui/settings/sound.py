"""What was found valid before, so that whoever asks only whether it still is need not read all of it again.

Only that it was valid is kept, by a digest of everything that can change the verdict: whatever differs in anything is looked at
again. The file is trusted as a configuration is: one that somebody else owns or can write is none.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import msgspec

from pulse_tui.settings.document import Node, read_text
from pulse_tui.settings.trusted import untrusted

_KEPT = 8
"""Verdicts, the newest first: of as many estates and policies as one person works on."""
_LARGEST = 65_536


class Sound:
    """Verdicts in one file, which may be missing."""

    def __init__(self, path: Path) -> None:
        """Nothing is read or made yet."""
        self._path = path

    def found(self, key: str) -> str | None:
        """What was kept of this key; None when nothing was."""
        return dict(self._lines()).get(key)

    def keep(self, key: str, what: str) -> None:
        """Whoever cannot write it does without."""
        lines = [(key, what), *((k, w) for k, w in self._lines() if k != key)][:_KEPT]
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w") as file:
                    file.writelines(f"{k} {w}\n" for k, w in lines)
                beside.replace(self._path)
            finally:
                beside.unlink(missing_ok=True)

    def _lines(self) -> Iterator[tuple[str, str]]:
        text, _ = read_text(self._path, "", partial(untrusted, shown=""), _LARGEST)
        for line in (text or "").splitlines():
            key, _, what = line.partition(" ")
            yield key, what


def key_of(node: Node, *beside: object) -> str:
    """A digest of what a file says, of ``beside``, of this program, and of all that is installed with it."""
    here = Path(__file__).parents[1]
    code = [stamp(file) for folder in ("policy", "enrich", "settings") for file in sorted((here / folder).glob("*.py"))]
    installed = [(path, stamp(Path(path))) for path in sys.path]
    return hashlib.sha256(msgspec.json.encode([_written(node), beside, code, installed])).hexdigest()


def stamp(path: Path) -> Sequence[int]:
    """What distinguishes a file as it is now; nothing of one that is not there."""
    try:
        there = path.stat()
    except OSError:
        return ()
    return there.st_mtime_ns, there.st_size, there.st_ino


def _written(node: Node) -> object:
    """The values with their texts: ``off`` is a word where one is asked for, and false elsewhere."""
    if isinstance(node.value, dict):
        return {key: _written(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [_written(child) for child in node.value]
    return type(node.value).__name__, node.text
