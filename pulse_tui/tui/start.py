"""How a tower starts, after its first frame: the board that is quick to read, then the desk, then the rounds."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from pulse_tui.domain.errors import PulseError
from pulse_tui.tui.context import BackgroundRunner, Context
from pulse_tui.tui.noting.desk import noting
from pulse_tui.tui.watch import Watch

if TYPE_CHECKING:
    from pulse_tui.domain.views.board import Board
    from pulse_tui.ports.tower import Desk, PastDesk

PAINTED_S = 1.0
"""How long the heavy imports wait for the screen."""


async def start(
    context: Context,
    watch: Watch,
    open_desk: Callable[[], Desk],
    quick_board: Callable[[], Board | None],
    runner: BackgroundRunner | None,
    *,
    replay: bool = False,
) -> None:
    """Both are called in a thread; what fails becomes a notice, and the tower stays up. ``replay``: the desk is as of a moment."""
    try:
        board = await context.run("read", quick_board)
    except PulseError as error:
        context.say(str(error), bad=True)
        board = None
    if board is not None:
        watch.show_board(board)
        await _painted(context)
    try:
        desk = await context.run("read", lambda: _import_and_open(open_desk))
        watch.desk = noting(desk, context.notices.did, context.entrance)
    except PulseError as error:
        context.say(str(error), bad=True)
        return
    watch.set_head(operator=desk.operator, read_only=watch.head.read_only or desk.read_only)
    for complaint in context.main.complaints:
        context.say(complaint, bad=True)
    if replay:
        watch.desk = past = cast("PastDesk", desk)  # nothing is done there that could be noted
        await watch.show_past(past, past.landed())
        if missing := past.landed().missing:
            context.say(missing, bad=True)
    else:
        await watch.read_board()
    if restored := context.main.restored:
        context.say(restored)
    watch.begin()
    if runner is not None:
        async with context.notices.reported():
            await runner.start(context.notices.news, context.notices.trouble)
            context.runner = runner


async def _painted(context: Context) -> None:
    """Until what was just shown is on the screen: heavy imports would take its turns at the interpreter."""
    painted = asyncio.Event()
    context.main.call_after_refresh(painted.set)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(painted.wait(), PAINTED_S)
        for pane in context.main.panes:
            await asyncio.wait_for(pane.drawn(), PAINTED_S)


def _import_and_open(open_desk: Callable[[], Desk]) -> Desk:
    """A short switch interval gives the loop its turn between two imports."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.001)
    try:
        return open_desk()
    finally:
        sys.setswitchinterval(interval)
