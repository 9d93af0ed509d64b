"""Heads of the audit log, kept where whoever can change the database cannot change them: a file, or the system's log."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from pulse_tui.domain.audit import Anchor
from pulse_tui.domain.errors import ConfigError, Problem, PulseError
from pulse_tui.domain.lock import safe

SYSLOG = "syslog"
_SOCKET = "/dev/log"
_AUTH_NOTICE = 4 * 8 + 5
"""RFC 5424: facility 4 (security), severity 5 (notice)."""
_LINE = re.compile(
    r"\baudit (?P<seq>\d{1,18}) (?P<hash>[0-9a-f]{64})\b"
    r'|"audit":\{"hash":"(?P<signed_hash>[0-9a-f]{64})","seq":(?P<signed_seq>\d{1,18})\}'
)
"""As :meth:`Anchors.write` has it, or in the text of a vote that was signed."""


class Anchors:
    """Where the configuration wants them (``approvals: {anchors: [...]}``)."""

    def __init__(self, places: Sequence[str], base: Path, log: str = _SOCKET) -> None:
        """``places`` are ``syslog`` or files, relative ones from ``base``."""
        self.files = [base / place for place in places if place != SYSLOG]
        self._syslog = SYSLOG in places
        self._socket = log

    def write(self, line: str) -> None:
        """Append the line everywhere. Raises PulseError with every place that did not take it."""
        failed, line = [], safe(line)  # a name with a line break would be an anchor of its own
        for path in self.files:
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    file.write(line + "\n")
            except OSError as error:
                failed.append(f"{path}: {error.strerror}")
        if self._syslog:
            try:
                self._send(line)
            except OSError as error:
                failed.append(f"{self._socket}: {error.strerror or error}")
        if failed:
            raise PulseError("the head of the audit log could not be anchored: " + "; ".join(failed))

    def _send(self, line: str) -> None:
        # The standard handler drops what cannot be sent; an anchor that is lost must be known.
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as unix:
            unix.settimeout(2)
            unix.connect(self._socket)
            unix.send(f"<{_AUTH_NOTICE}>pulse_tui: {line}".encode())


def anchors_in(path: Path) -> Iterator[Anchor]:
    """The anchors in a file of them, in a copy of the system's log, or of a vote that was signed. Raises ConfigError when it cannot be read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                if found := _LINE.search(line):
                    yield Anchor(int(found["seq"] or found["signed_seq"]), found["hash"] or found["signed_hash"])
    except OSError as error:
        raise ConfigError([Problem(str(path), f"cannot be read: {error.strerror}")]) from None
