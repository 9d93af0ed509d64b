"""What the palette offers: the actions of the screen it was opened on, the panes, each asset, each source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from pulse_tui.domain.views.panes import Board
from pulse_tui.tui.kit.palette import Command

if TYPE_CHECKING:
    from pulse_tui.tui.kit.screen import BaseScreen
    from pulse_tui.tui.main import MainScreen

_ACTIONS: Final[Mapping[str, tuple[str, str, str]]] = {
    "alerts": ("main", "pane(3)", "pane 4"),
    "registry": ("main", "pane(0)", "pane 1"),
    "benchmarks": ("main", "pane(1)", "pane 2"),
    "advisories": ("main", "pane(2)", "pane 3"),
    "calendar": ("main", "calendar", "releases, ours and the vendors', and what is due"),
    "inventory": ("main", "inventory", "where the sources and the estate do not agree"),
    "registry view": ("main", "view", "by asset, or by workflow with its worst stage"),
    "registry sort": ("main", "order", "worst first, by name, by what moved last, by owner"),
    "history": ("here", "history", "the releases of this asset"),
    "verdicts": ("here", "verdicts", "the benchmark suite: every gate, what flipped, latency and cost"),
    "measures": ("here", "measures", "latency, cost, calibration and the facts of a benchmark run"),
    "chart": ("here", "chart", "a benchmark metric over the releases, full size"),
    "runs": ("here", "runs", "every run of the benchmark suite"),
    "pin baseline": ("here", "pin_baseline", "compare later runs with this one, with a reason"),
    "accept risk": ("here", "accept_risk", "of an undecided verdict, for some days, with a reason"),
    "gate": ("here", "gate", "may this release go to an environment? every reason"),
    "dependency tree": ("here", "tree", "what this asset depends on, and what changed there"),
    "used by": ("main", "used_by", "who uses a component, directly or through others"),
    "sources": ("main", "sources", "how every source is doing, and what was refused"),
    "messages": ("here", "messages", "every message of this session in full"),
    "help": ("here", "help", "keys and glyphs"),
    "acknowledge": ("here", "acknowledge", "the alert: you are looking at it"),
    "silence": ("here", "silence", "the alert for some hours, with a reason"),
    "waive": ("here", "waive", "record an exception with a reason and a review date"),
    "resolve": ("here", "resolve", "close the alert by hand, with a reason"),
    "freeze or unfreeze": ("here", "freeze", "the asset: promotions stop, rollbacks never do"),
    "plan rollback": ("here", "propose", "make a plan; approve it there"),
    "refresh": ("main", "refresh", "collect from all sources now"),
    "quit": ("main", "app.quit", "leave the tower"),
}
_ASSET: Final = "asset "
_REFRESH: Final = "refresh "
_ABOUT: Final[Mapping[str, tuple[str, str]]] = {
    "tree ": ("tree", "what it depends on, and what changed there"),
    "history ": ("history", "its releases"),
    "verdicts ": ("verdicts", "its benchmark suite, judged"),
}


def commands(page: BaseScreen, main: MainScreen, board: Board | None) -> list[Command]:
    """All that can be run now, with ``page`` on top."""
    listed = [
        Command(words, help)
        for words, (where, action, help) in _ACTIONS.items()
        if _runs(action.split("(")[0], main if where == "main" else page)
    ]
    if board is not None:
        assets = dict.fromkeys(row.asset for row in board.registry)
        listed += [Command(f"{_ASSET}{name}", "open it") for name in assets]
        listed += [
            Command(f"{words}{name}", help, behind=True) for words, (_, help) in _ABOUT.items() for name in assets
        ]
        if not main.head.read_only:
            listed += [Command(f"{_REFRESH}{row.id}", f"collect from this {row.kind} source") for row in board.sources]
    return listed


def _runs(action: str, screen: BaseScreen) -> bool:
    if action == "app.quit":
        return True
    return hasattr(screen, f"action_{action}") and screen.check_action(action, ()) is True


def resolve(words: str) -> tuple[str, str | None]:
    """(where, action) of a command; for an asset (its name, None)."""
    if words in _ACTIONS:
        where, action, _ = _ACTIONS[words]
        return where, action
    if words.startswith(_REFRESH):
        return "here", f"app.collect({words.removeprefix(_REFRESH)!r})"
    for prefix, (action, _) in _ABOUT.items():
        if words.startswith(prefix):
            return "here", f"app.{action}({words.removeprefix(prefix)!r})"
    return words.removeprefix(_ASSET), None
