"""``pulse-tui agent``: the scheduler without a screen, as a service."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from typing import NoReturn

from pulse_tui.cli.output import opened
from pulse_tui.cli.serving import ENDS, Around, at_once, form_of, has_terminal, has_work, log_of, sentences, serve
from pulse_tui.domain.errors import PulseError, SourceError, StorageError
from pulse_tui.domain.happening import Happening, Level
from pulse_tui.rounds.lanes import RUN_S, RUNS
from pulse_tui.rounds.suites import rounds_of
from pulse_tui.rounds.work import Rounds
from pulse_tui.service.handed import hand, handed
from pulse_tui.service.notify import Supervisor
from pulse_tui.settings.service import LogForm, ServiceShape

GRACE_S = 1.5
"""How long a round under way may take after SIGTERM; it is cut off then, which ingestion survives."""
FLUSH_S = 1.0
"""How long what is logged last may wait for its reader."""

_FIRST = "pulse-tui init writes a first configuration"


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """How its log is written."""
    forms, levels = [f.value for f in LogForm], [level.value for level in Level]
    parser.add_argument("--log-format", choices=forms, help="over service.log of the configuration; --json is json")
    parser.add_argument("--log-level", choices=levels, help="the least that is written, over service.level")
    parser.epilog = (
        "Runs until SIGTERM or Ctrl-C (a second one ends it at once); one line for each thing that happened. SIGHUP, or a\n"
        "changed configuration, is checked and applied; while it is not valid the old one stays, and every problem is logged.\n"
        "As a service, with readiness, watchdog, probes and metrics: pulse-tui help service"
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """Collect until SIGTERM or SIGINT; with its session also until SIGHUP."""
    session = has_terminal()
    if not session and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        # One that comes before there is a configuration to take up anew waits: it must not end what is about to start.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    signal.signal(signal.SIGTERM, _not_begun)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)  # they wait while one process gives way to the next
    supervisor = Supervisor(os.environ)
    supervisor.status("starting")
    with contextlib.ExitStack() as stack:
        try:
            house = stack.enter_context(opened(options))
            log = log_of(options, house.settings.service, house)
            house.sync()
        except PulseError as error:
            return _not_started(options, supervisor, error)
        if not rounds_of(house) and not has_work(house):
            return _not_started(options, supervisor, SourceError("no sources are configured", todo=_FIRST))
        around = Around(log, supervisor, handed=handed(os.environ), session=session)
        rounds = Rounds(house)
        # Not asyncio.run: it would wait for a thread that waits for a source.
        loop = asyncio.new_event_loop()
        again = loop.run_until_complete(serve(house, rounds, options, around=around))
        _leave(rounds, around, again=again is not None)
        if again is not None:
            from pulse_tui.running import start_again  # noqa: PLC0415  only when the configuration was changed

            hand(again, os.environ)
            # What comes before the next one listens for it waits: it must not end what is about to start. A terminal's hangup may.
            signal.pthread_sigmask(signal.SIG_BLOCK, ENDS if session else {*ENDS, signal.SIGHUP})
            start_again()
        loop.close()
    return 0


def _not_begun(_number: int, _frame: object) -> NoReturn:
    """Asked to stop before it began: that is no failure. Leaving by an exception closes what is open."""
    sys.exit(0)


def _leave(rounds: Rounds, around: Around, *, again: bool) -> None:
    """Let what is under way come to its end, in so far as there is time; give back the rest."""
    for number in ENDS:
        signal.signal(number, at_once)
    rounds.leave()
    rounds.suites.stop(GRACE_S)
    left = rounds.wait(GRACE_S)
    if not rounds.lanes.wait(0.0, RUNS):
        around.supervisor.patience(RUN_S + 10)
        around.supervisor.status("stopping: a rollback goes on to its end first")
        rounds.lanes.wait(RUN_S, RUNS)
    cut = bool(left) or not rounds.lanes.wait(GRACE_S)
    if not again:  # who starts again has the same number, and keeps what it has
        rounds.part()
    if cut:
        around.log(Happening(f"cut off: {', '.join(sorted(left)) or 'deliveries'}", "cut_off"))
        rounds.give_back(left)
        if not again:
            around.log.close(FLUSH_S)
            os._exit(0)
    around.log.close(FLUSH_S)


def _not_started(options: argparse.Namespace, supervisor: Supervisor, error: PulseError) -> int:
    """Say why, in the form of the log: whoever collects it reads nothing else.

    Returns 2 for what a person has to write otherwise, and 1 for what another attempt may find well.
    """
    supervisor.status(f"not started: {error.what.splitlines()[0]}")
    if form_of(options, None) is LogForm.TEXT:
        with contextlib.suppress(OSError):  # nobody is there to read it
            print(f"pulse-tui: {error}", file=sys.stderr, flush=True)
    else:
        log = log_of(options, ServiceShape())
        for sentence in sentences(error):
            log(sentence)
        log.close(FLUSH_S)
    return 1 if isinstance(error, StorageError) else error.exit_code
