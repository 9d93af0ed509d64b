"""What is asked about the past: the tower as it stood."""

from __future__ import annotations

from pulse_tui.tui.asks.base import Ask


class Replay(Ask):
    """Show the tower as it stood at a moment: ``02:40``, ``2026-11-28T02:40Z``, ``2h ago``; empty: a form asks."""

    at: str = ""


class Live(Ask):
    """Back to the tower as it is."""


class StepTo(Ask):
    """To the change before (-1) or after (1)."""

    opens = False

    by: int


class Pass(Ask):
    """Some minutes on (or back)."""

    opens = False

    minutes: int
