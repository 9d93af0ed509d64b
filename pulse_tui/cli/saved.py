"""What an operator wrote down from the tower (``ctrl-s``): text files of their own, one for each time."""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path

from pulse_tui.domain.errors import Refused

LONGEST = 60
"""Characters of a name."""


def keep(folder: Path, at: datetime, name: str, text: str) -> str:
    """Write ``text`` to a new file in ``folder``, readable for its owner alone; returns its path. Raises Refused."""
    word = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:LONGEST] or "screen"
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(100):
            path = folder / (f"{word}-{stamp}.txt" if not number else f"{word}-{stamp}-{number}.txt")
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            except FileExistsError:
                continue
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            return str(path)
    except OSError as error:
        raise Refused(f"{folder} cannot be written: {error.strerror or error}", todo="y copies it instead") from None
    raise Refused(f"{folder} has a hundred files of this second", todo="Try again in a moment")
