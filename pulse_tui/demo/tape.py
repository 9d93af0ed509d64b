"""The recorded night: fixtures in the formats of the real sources, with times relative to now.

``@T-6d@`` becomes a time in ISO 8601, ``@RFC-2h@`` one in RFC 5322, ``"@MS-2h@"`` and ``"@S-2h@"``
numbers of milliseconds and seconds, ``@DAY+41d@`` a date; ``@URL@`` is the loopback server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import NamedTuple

from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.moments import iso, to_us

_TOKEN = re.compile(r'"?@(T|RFC|MS|S|DAY)([+-]\d+)([smhd])@"?')
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Act(NamedTuple):
    """One thing that happens in the night: its folder, and the sentence that announces it."""

    name: str
    says: str
    folder: Path

    def files(self, kind: str) -> Iterator[tuple[Path, str]]:
        """(path below ``kind``, text) of every file that this act brings of a kind."""
        top = self.folder / kind
        for path in sorted(p for p in top.rglob("*") if p.is_file()):
            yield path.relative_to(top), path.read_text(encoding="utf-8")


class Tape:
    """A folder of fixtures."""

    def __init__(self, folder: Path, now: datetime, url: str = "") -> None:
        """Raises WrongUse when the folder holds no night."""
        if not (folder / "acts").is_dir():
            raise WrongUse(
                f"{folder} holds no night", todo="It must have acts/, registry.json, targets.json and pulse.yaml"
            )
        self.folder = folder
        self.now = now
        self.url = url

    def acts(self) -> list[Act]:
        """In order; the first is the evening before anything happens."""
        out = []
        for folder in sorted(p for p in (self.folder / "acts").iterdir() if p.is_dir()):
            says = (folder / "says.txt").read_text(encoding="utf-8").strip()
            out.append(Act(folder.name, says, folder))
        return out

    def text(self, name: str) -> str:
        """A file of the tape with its times filled in."""
        return self.fill((self.folder / name).read_text(encoding="utf-8"))

    def window(self, target: str, version: str, at: datetime) -> str | None:
        """What the probe measures at ``target`` (asset/environment) once ``version`` serves there; None: it has none."""
        path = self.folder / "windows" / target / f"{version}.json"
        return path.read_text(encoding="utf-8").replace("@NOW@", iso(at)) if path.is_file() else None

    def fill(self, text: str) -> str:
        """Times and the server's address."""
        return _TOKEN.sub(self._time, text).replace("@URL@", self.url)

    def _time(self, match: re.Match[str]) -> str:
        kind, amount, unit = match[1], int(match[2]), match[3]
        moment = self.now + timedelta(**{_UNITS[unit]: amount})
        quoted = match[0].startswith('"') and match[0].endswith('"')
        if kind == "MS":
            return str(to_us(moment) // 1000)
        if kind == "S":
            return str(to_us(moment) / 1_000_000)
        word = {"T": iso(moment), "RFC": format_datetime(moment), "DAY": f"{moment:%Y-%m-%d}"}[kind]
        if quoted:
            return f'"{word}"'
        return match[0].replace(match[0].strip('"'), word)
