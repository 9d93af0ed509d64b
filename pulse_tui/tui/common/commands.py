"""What the palette offers of the screens: the panes, and the actions of the screen it was opened on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulse_tui.tui.kit.palette import Command
from pulse_tui.tui.session import START

if TYPE_CHECKING:
    from pulse_tui.tui.kit.screen import BaseScreen
    from pulse_tui.tui.main import MainScreen

_ACTIONS: Final = (
    Command("calendar", "releases, ours and the vendors', and what is due", "calendar", of_main=True),
    Command("inventory", "where the sources and the estate do not agree", "inventory", of_main=True),
    Command("registry view", "by asset, or by workflow with its worst stage", "view", of_main=True),
    Command("sort", "by a column; show and hide columns", "arrange"),
    Command("history", "the releases of this asset", "history"),
    Command("verdicts", "the benchmark suite: every gate, what flipped, latency and cost", "verdicts"),
    Command("measures", "latency, cost, calibration and the facts of a benchmark run", "measures"),
    Command("chart", "a benchmark metric over the releases, full size", "chart"),
    Command("runs", "every run of the benchmark suite", "runs"),
    Command("pin baseline", "compare later runs with this one, with a reason", "pin_baseline"),
    Command("accept risk", "of an undecided verdict, for some days, with a reason", "accept_risk"),
    Command("gate", "may this release go to an environment? every reason", "gate"),
    Command("dependency tree", "what this asset depends on, and what changed there", "tree"),
    Command("used by", "who uses a component, directly or through others", "used_by", of_main=True),
    Command("messages", "every message of this session in full", "messages"),
    Command("help", "keys and glyphs", "help"),
    Command("acknowledge", "the alert: you are working on it", "acknowledge"),
    Command("silence", "the alert for some hours, with a reason", "silence"),
    Command("waive", "record an exception with a reason and a review date", "waive"),
    Command("unmute", "take back an acknowledgement, a silence or a waiver", "unmute"),
    Command("resolve", "close the alert by hand, with a reason", "resolve"),
    Command("freeze or unfreeze", "the asset: promotions stop, rollbacks never do", "freeze"),
    Command("plan rollback", "make a plan; approve it there", "propose"),
    Command("pause or resume rollout", "make a plan; no release changes; approve it there", "route"),
    Command("drill rollback", "rehearse it on the replica; what serves is not touched", "drill"),
    Command("refresh", "collect from all sources now", "refresh", of_main=True),
)
_QUIT: Final = Command("quit", "leave the tower", "app.quit", of_main=True)


def commands(page: BaseScreen, main: MainScreen) -> list[Command]:
    """All that can be run now, with ``page`` on top; the pane of a first start before the others."""
    panes = [
        Command(pane.TAB.casefold(), f"pane {pane.number}", f"pane({pane.number - 1})", of_main=True)
        for pane in main.panes
    ]
    listed = [*panes[START : START + 1], *panes[:START], *panes[START + 1 :]]
    return [*listed, *(each for each in _ACTIONS if _runs(str(each.does), main if each.of_main else page)), _QUIT]


def _runs(action: str, screen: BaseScreen) -> bool:
    return hasattr(screen, f"action_{action}") and screen.check_action(action, ()) is True
