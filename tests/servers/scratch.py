"""Where the tests' files lie: in memory where there is enough of it, in a folder that does not stay there.

Databases are made and dropped by the hundred, and nothing of them must outlive a power failure.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ROOM = 4 << 30
_PREFIX = "pulse-tests-"


class Scratch:
    """The folder of this run, known to all its processes as ``TMPDIR``. A TMPDIR of the user's own is left alone."""

    def __init__(self) -> None:
        """Make it, and remove those of runs that were killed or had failures to show."""
        self.keep = False
        if "TMPDIR" in os.environ or not _MEMORY.is_dir() or shutil.disk_usage(_MEMORY).free < _ROOM:
            return
        for old in _MEMORY.glob(f"{_PREFIX}*"):
            if not Path(f"/proc/{old.name.removeprefix(_PREFIX)}").exists():
                shutil.rmtree(old, ignore_errors=True)
        self._folder = _MEMORY / f"{_PREFIX}{os.getpid()}"
        self._folder.mkdir(exist_ok=True)
        self._folder.chmod(0o755)  # a server of the tests runs as another user
        os.environ["TMPDIR"] = tempfile.tempdir = str(self._folder)
        atexit.register(self._remove, os.getpid())  # first registered, last called: after the servers have stopped

    def _remove(self, owner: int) -> None:
        if not self.keep and os.getpid() == owner:
            shutil.rmtree(self._folder, ignore_errors=True)
