"""Playing the night: a folder with a configuration, the loopback world, and the acts one after another."""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pulse_tui.demo.tape import Act, Tape
from pulse_tui.demo.world import LoopbackServer, World
from pulse_tui.domain.errors import Refused
from pulse_tui.settings.trusted import keep_own

OPERATOR = "ana"
"""Who sits at the desk in the demo; the fixtures' operators' file knows her."""
LANDS = ("results", "signals", "boms")
"""Folders of an act whose files land where the collectors look for them."""


class Night:
    """The world and the configuration that watches it, in ``keep`` or in a folder that goes with it."""

    def __init__(self, fixtures: Path, now: datetime, keep: Path | None = None) -> None:
        """Serve the evening and write the configuration. Raises Refused for a folder that is not empty."""
        self._temporary = keep is None
        self.folder = Path(tempfile.mkdtemp(prefix="pulse-demo-")) if keep is None else keep
        if keep is not None:
            if keep.exists() and any(keep.iterdir()):
                raise Refused(f"{keep} is not empty", todo="Name a new folder for --keep")
            if not keep.exists():
                keep.mkdir(parents=True)
                keep_own(keep)
        self.tape = Tape(fixtures, now)
        self.world = World()
        self._server = LoopbackServer(self.world)
        self.tape.url = self.url = self._server.url
        self.world.load(self.tape)
        self.world.moved = self._measure
        for name in (*LANDS, "tickets"):
            (self.folder / name).mkdir(exist_ok=True)
        (self.folder / "pulse.yaml").write_text(self.tape.text("pulse.yaml"), encoding="utf-8")
        keep_own(self.folder / "pulse.yaml")
        self.acts = self.tape.acts()

    @property
    def targets(self) -> dict[str, str]:
        """What serves where as the deployment target reports it: its own state, not ours."""
        with self.world.lock:
            return dict(self.world.targets)

    def play(self, act: Act) -> None:
        """One act: pages change, result files and signals land in their folders."""
        self.world.play(act, self.tape)
        for kind in LANDS:
            for below, text in act.files(kind):
                _land(self.folder / kind / below, self.tape.fill(text))

    def play_slowly(self, first_s: float, every_s: float, done: threading.Event, played: Callable[[str], None]) -> None:
        """Every act but the first, one after the other, in a thread of the caller's, until ``done`` is set."""
        pause = first_s
        for act in self.acts[1:]:
            if done.wait(pause):
                return
            self.play(act)
            played(act.says)
            pause = every_s

    def _measure(self, target: str, version: str) -> None:
        """The gateway's probe goes on measuring: the first window of what serves now lands like any other."""
        text = self.tape.window(target, version, datetime.now(self.tape.now.tzinfo))
        if text is not None:
            _land(self.folder / "signals" / f"window-{len(self.world.writes):04}.json", text)

    def close(self) -> None:
        """Stop serving; the folder stays only when it was asked for."""
        self._server.close()
        if self._temporary:
            with suppress(OSError):
                shutil.rmtree(self.folder)
        else:
            log = [w._asdict() for w in self.world.writes]
            (self.folder / "target-log.json").write_text(json.dumps(log, indent=1), encoding="utf-8")


def _land(path: Path, text: str) -> None:
    """Written beside its place and renamed, as a careful job would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.rename(path)
