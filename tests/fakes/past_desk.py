"""The past of the fake desk: two hours before its present, recorded as the real recorder does, with half an hour that it missed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import msgspec

from pulse_tui.domain.frame import Frame
from pulse_tui.domain.views.board import Board
from pulse_tui.ports.storing.service import Past
from pulse_tui.ports.tower import PastDesk
from pulse_tui.services.past.recorder import Recorder
from pulse_tui.services.past.replay import replay_desk
from pulse_tui.storage.service.recording import FilePast
from tests.fakes.registry_desk import NOW

BEGUN = NOW - timedelta(hours=2)
MISSED = (NOW - timedelta(minutes=70), NOW - timedelta(minutes=40))


class FakePast:
    """Part of :class:`tests.fakes.desk.FakeDesk`."""

    def board(self, asset: str | None = None) -> Board:
        """As of the desk."""
        raise NotImplementedError

    def recorded(self) -> list[Frame]:
        """A deprecation alone at first, the P2 after half an hour, the P1 after an hour and a half."""
        today = self.board()
        bot = tuple(
            r._replace(version="3.8.1", state="ok", why="") if r.environment == "canary" else r for r in today.registry
        )
        kept = list[Frame]()
        recorder = Recorder(lambda frame: kept.append(msgspec.structs.replace(frame, seq=len(kept) + 1)))
        for minute in range(118):
            at = BEGUN + timedelta(minutes=minute, seconds=13)
            if MISSED[0] < at < MISSED[1]:
                recorder = Recorder(lambda frame: kept.append(msgspec.structs.replace(frame, seq=len(kept) + 1)))
                continue
            alerts = today.alerts[2:] if minute < 30 else today.alerts[1:] if minute < 90 else today.alerts
            header = today.header._replace(
                p1=sum(a.priority == "P1" for a in alerts), p2=sum(a.priority == "P2" for a in alerts)
            )
            recorder.take(
                today._replace(header=header, alerts=alerts, registry=bot if minute < 25 else today.registry), at
            )
        return kept

    def past(self, moment: datetime) -> PastDesk:
        frames = FilePast(self.recorded())

        @contextmanager
        def opened() -> Iterator[Past]:
            yield frames

        return replay_desk(opened, moment, NOW)
