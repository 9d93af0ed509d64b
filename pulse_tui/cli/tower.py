"""``pulse-tui`` without a command: the tower."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import gc
import os
import signal
import sys
import zlib
from typing import TYPE_CHECKING, Any

from pulse_tui.domain.errors import PulseError, WrongUse

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from pathlib import Path

    from pulse_tui.cli.estates import Estates, Place
    from pulse_tui.ports.tower import Desk
    from pulse_tui.rounds.recording import Recording
    from pulse_tui.scheduling import Scheduler
    from pulse_tui.settings.tower import Preferences
    from pulse_tui.storage.service.recording import RecordingFile
    from pulse_tui.tui.app import Tower
    from pulse_tui.wiring import House

CHANGED = -1
"""The tower was left because its configuration was changed."""
SWITCHED = -2
"""The tower was left for another estate."""


def run(options: argparse.Namespace) -> int:
    """Open the tower; refuses politely where there is no terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise WrongUse(
            "the tower needs a terminal",
            todo="Use `pulse-tui status` for text, or `pulse-tui agent` to collect without a screen",
        )
    from pulse_tui import wiring  # noqa: PLC0415  after the cheap refusals

    config, how = wiring.found_config(options.config)
    greeting = f"the configuration is {how}" if how is wiring.HERE else ""
    return open_tower(
        config, options.database, read_only=options.read_only, greeting=greeting, record=_file(options.record, config)
    )


def _file(path: str | None, config: Path | None) -> RecordingFile | None:
    """Where the board is recorded. Raises WrongUse for a file that is something else, before the tower opens."""
    if path is None:
        return None
    from pathlib import Path  # noqa: PLC0415

    from pulse_tui.settings.peek import peek  # noqa: PLC0415
    from pulse_tui.storage.service.recording import RecordingFile  # noqa: PLC0415  only for who records

    return RecordingFile(Path(path).expanduser(), peek(config)[0] if config is not None else "pulse")


def open_tower(
    config: Path | None,
    database: str | None,
    *,
    read_only: bool,
    session: Path | None = None,
    operator: str | None = None,
    greeting: str = "",
    record: RecordingFile | None = None,
    hint: str = "",
    prepare: Callable[[], None] | None = None,
) -> int:
    """Run the tower until the operator leaves; begin it again, where it was left, when its configuration was changed, or
    with another estate (``:ctx``), which has its own session.

    ``greeting``: the first sentence for the operator; ``record``: where the board is recorded meanwhile; ``hint``: which keys
    to press first, in the first line; ``prepare`` is called once after the first frame, in a thread, before the estate opens.
    Raises ConfigError for a broken tower.yaml of the operator, before anything opens.
    """
    from pulse_tui.cli import estates  # noqa: PLC0415
    from pulse_tui.wiring import config_dir, state_dir  # noqa: PLC0415

    preferences = estates.preferences(config_dir())
    file = None if session is not None else state_dir() / "estates.json"  # the demo's estate ends with it
    named = [(e.name, estates.Place(e.config, e.database)) for e in preferences.contexts] if preferences else []
    first = here = estates.Place(config, database)
    before: Place | None = None
    steps = [prepare] if prepare is not None else []
    while True:
        there = estates.Estates(
            here, named, state_dir() / "estates.json", functools.partial(_probe, read_only=read_only)
        )
        own = here == first
        try:
            code = _run_tower(
                here, there, preferences, read_only=read_only, session=session if own else None,
                operator=operator if own else None, greeting=greeting, record=record if own else None,
                remembered=file if own else state_dir() / "estates.json", hint=hint if own else "", steps=steps,
            )  # fmt: skip
        except PulseError as error:
            if before is None:
                raise
            greeting, here, before = f"{here.words}: {estates.first_problem(error)}", before, None
            continue
        if code == CHANGED:
            greeting = "the configuration was changed and is applied"
        elif code == SWITCHED and there.chosen is not None:
            greeting = f"another estate: {there.chosen.words}"
            if record is not None and own:
                greeting += "; nothing is recorded while you are here"
            before, here = here, there.chosen
        else:
            return code


def _probe(place: Place, *, read_only: bool) -> None:
    """Open an estate as the tower would, and close it. Raises PulseError."""
    from pulse_tui.wiring import House  # noqa: PLC0415

    house = House(place.config, database=place.database, read_only=read_only)
    try:
        _ = house.written_policy
        house.store.change_mark()
    finally:
        house.close()


def entrance(config: Path | None, database: str | None) -> tuple[str, ...]:
    """The options that a command line needs to reach the estate of this tower; a database with a password is not named."""
    from pulse_tui.wiring import found_config  # noqa: PLC0415

    usual, _ = found_config(None)
    same = config is None or (usual is not None and usual.resolve() == config.resolve())
    named = () if same or config is None else (f"--config={config.resolve()}",)
    return named if database is None or "@" in database else (*named, f"--database={database}")


def _equip(tower: Tower, place: Place, estates: Estates) -> None:
    """What a tower knows of the place it is in, and of who uses it."""
    from pulse_tui.tui.kit.manners import manners_of  # noqa: PLC0415

    tower.context.keep = kept_in_state
    tower.manners = manners_of(tower.context.preferences, os.environ)
    tower.context.entrance = entrance(*place)
    tower.context.estates = estates
    estates.leave = functools.partial(tower.exit, return_code=SWITCHED)


def _run_tower(
    place: Place,
    estates: Estates,
    preferences: Preferences | None,
    *,
    read_only: bool,
    session: Path | None,
    operator: str | None,
    greeting: str,
    record: RecordingFile | None,
    remembered: Path | None,
    hint: str,
    steps: list[Callable[[], None]],
) -> int:
    """The house is opened after the first frame, in a thread, and the ``steps`` taken before that: each once, though it begins again.

    An estate that opened is ``remembered`` there.
    """
    config, database = place
    gc.disable()  # imports make no garbage worth a look: collecting during them costs 8 % of the time to the first frame
    from pulse_tui.cli.estates import remember  # noqa: PLC0415
    from pulse_tui.tui.app import Tower  # noqa: PLC0415
    from pulse_tui.wiring import House, SharedClock, quick_board, state_dir  # noqa: PLC0415

    houses: list[House] = []
    failed: list[PulseError] = []
    recordings: list[Recording] = []

    def open_desk() -> Desk:
        try:
            while steps:
                steps.pop(0)()
            house = House(config, database=database, read_only=read_only, clock=clock)
            houses.append(house)
            house.sync()
            if record is not None:
                recordings.append(_recording(house, record, functools.partial(tower.report, bad=True)))
            if remembered is not None:
                remember(remembered, place)
            return house.desk(operator)
        except PulseError as error:
            # Nothing can be done in a tower without an estate: the shell shows every problem in full.
            failed.append(error)
            tower.call_later(tower.exit)  # does not wait: the loop may be leaving already
            raise
        finally:
            gc.freeze()
            gc.enable()

    def poll_now() -> None:
        tower.poll_now()

    clock = SharedClock()
    tower = Tower(
        open_desk,
        quick_board=lambda: quick_board(config, database),
        scheduler=None if read_only else scheduler(lambda: houses[-1], config, database, poll_now),
        read_only=read_only,
        session_file=session if session is not None else session_file(state_dir(), config, database),
        title="pulse-tui",
        hand_out=to_tmux,
        clock=clock,
        preferences=preferences,
        hint=hint,
    )
    _equip(tower, place, estates)

    async def followed() -> None:
        from pulse_tui.cli.following import follow  # noqa: PLC0415  after the first frame

        while not tower.at_rest:
            await asyncio.sleep(0.5)
        if greeting:
            tower.report(greeting)
        if config is None:
            return
        await follow(
            tower,
            houses[-1].changed,
            functools.partial(_check, config, database),
            lambda: tower.exit(return_code=CHANGED),
            meanwhile="actions are refused, the old one is shown",
        )

    try:
        asyncio.run(_until_left(tower, followed if config is not None or greeting else None))
    finally:
        tower.threads.finish()  # a rollback under way needs what is closed next
        for recording in recordings:
            recording.stop()
        _close(houses, left_acting=tower.left_acting)
    if failed:
        raise failed[0]
    return tower.return_code or 0


def _check(config: Path | None, database: str | None) -> None:
    """Raises ConfigError with everything that is wrong with the configuration as it is now."""
    from pulse_tui.wiring import House  # noqa: PLC0415

    _ = House(config, database=database, read_only=True).written_policy


def _recording(house: House, file: RecordingFile, tell: Callable[[str], None]) -> Recording:
    """Begun; it goes on until it is stopped."""
    from pulse_tui.rounds.recording import Recording  # noqa: PLC0415  only for who records

    recording = Recording(house, file, tell)
    recording.start()
    return recording


def _close(houses: Sequence[House], *, left_acting: bool) -> None:
    """The terminal is the shell's again, or the next estate's."""
    from pulse_tui.cli.output import warn  # noqa: PLC0415  after the first frame

    for house in houses:
        warn(house)
        if left_acting:
            _say_how_it_ended(house)
        house.close()


def _say_how_it_ended(house: House) -> None:
    """Of what was under way when the screen was left: which rollbacks need somebody."""
    with contextlib.suppress(PulseError, OSError):
        runs = house.store.board(house.settings.name, None, house.clock()).runs
        for run in runs:
            print(f"pulse-tui: {run.headline} -> {run.todo or 'wait for it'}", file=sys.stderr)
        if not runs:
            print("pulse-tui: what was under way was finished; no rollback stopped half-way", file=sys.stderr)


def session_file(folder: Path, config: Path | None, database: str | None) -> Path:
    """Each estate has its own session: a filter of one would hide rows of another."""
    estate = f"{config.resolve() if config is not None else ''}\n{database or ''}"
    return folder / f"session-{zlib.crc32(estate.encode()):08x}.json"


def kept_in_state(name: str, text: str) -> str:
    """What ``ctrl-s`` writes lies beside the session."""
    from pulse_tui.cli.saved import keep  # noqa: PLC0415  only when somebody writes
    from pulse_tui.wiring import now, state_dir  # noqa: PLC0415

    return keep(state_dir() / "screens", now(), name, text)


def to_tmux(text: str) -> bool:
    """Copied text goes to the tmux that the tower runs in. False when there is none."""
    from pulse_tui.running import SystemProcesses  # noqa: PLC0415  only when somebody copies
    from pulse_tui.tui.kit.clipboard import tmux_copy  # noqa: PLC0415

    return tmux_copy(text, SystemProcesses())


async def _until_left(tower: Tower, meanwhile: Callable[[], Coroutine[Any, Any, None]] | None) -> None:
    """A signal leaves as ``q`` does: the terminal restored, the worker ended, an action under way finished."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            leave = functools.partial(tower.exit, return_code=128 + number)
            asyncio.get_running_loop().add_signal_handler(number, leave)
    task = asyncio.create_task(meanwhile()) if meanwhile is not None else None
    try:
        await tower.run_async(mouse=False)
    finally:
        if task is not None:
            task.cancel()


def scheduler(
    house: Callable[[], House], config: Path | None, database: str | None, on_change: Callable[[], None]
) -> Scheduler:
    """The in-process scheduler with its worker process, and the receiver of webhooks when one is configured."""
    from pulse_tui.scheduling import Scheduler, WorkerRunner  # noqa: PLC0415

    command = [sys.executable, "-m", "pulse_tui", "worker"]
    if config is not None:
        command += ["--config", str(config)]
    if database is not None:
        command += ["--database", database]

    def rounds() -> dict[str, float]:
        from pulse_tui.rounds.suites import rounds_of  # noqa: PLC0415  after the first frame

        return rounds_of(house())

    def runner() -> WorkerRunner:
        from pulse_tui.running import converse  # noqa: PLC0415  after the first frame

        return WorkerRunner(lambda: converse(command))

    return Scheduler(rounds, runner, hooks=lambda: house().hooks(), on_change=on_change)
