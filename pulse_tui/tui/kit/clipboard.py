"""Copying from inside a terminal: tmux's buffer first, else one OSC 52 write that SSH carries home."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from pulse_tui.domain.errors import SourceError
from pulse_tui.ports import Processes

LIMIT = 74_994
"""Bytes of base64 that common terminals take in one OSC 52."""

_NEEDED = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TERM", "TMUX", "TMUX_PANE", "TMUX_TMPDIR")
"""What tmux gets of our environment."""


def osc52(text: str) -> str | None:
    """The sequence that puts ``text`` on the clipboard; None when it is more than terminals take."""
    payload = base64.b64encode(text.encode()).decode()
    return None if len(payload) > LIMIT else f"\x1b]52;c;{payload}\x07"


def tmux_copy(text: str, processes: Processes) -> bool:
    """Hand the text to tmux, which sends it on to the terminal. False outside tmux or when it refuses."""
    if not os.environ.get("TMUX"):
        return False
    there = {name: os.environ[name] for name in _NEEDED if name in os.environ}
    load = ("tmux", "load-buffer", "-w", "-")
    try:
        done = processes.ask(load, folder=Path("/"), environment=there, feed=text.encode(), timeout_s=2.0)
    except SourceError:
        return False
    return done.code == 0
