"""The ``service`` section: how an agent is watched, and what its log is."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from pulse_tui.domain.happening import Level
from pulse_tui.settings.check import LISTEN


class LogForm(StrEnum):
    """What a line of the log is."""

    TEXT = "text"
    JSON = "json"


class ServiceShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How ``pulse-tui agent`` is watched: ``service: {listen: 127.0.0.1:9464, log: json}``."""

    listen: Annotated[str, Meta(pattern=LISTEN)] | None = None
    """Where it answers ``/healthz``, ``/readyz`` and ``/metrics``; the address of ``hooks`` serves both. Left out: nowhere."""
    log: LogForm = LogForm.TEXT
    """text, or json: one object a line. ``--log-format`` is stronger."""
    level: Level = Level.INFO
    """The least that is written: debug, info, warning or error. ``--log-level`` is stronger."""

    @property
    def host(self) -> str:
        """The address to listen on; empty where there is none."""
        return (self.listen or "").rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port; 0 lets the system choose."""
        return int((self.listen or ":0").rpartition(":")[2])
