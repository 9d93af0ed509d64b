"""Help, generated from the bindings of the screen it was asked on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.binding import Binding
from textual.screen import Screen

from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.arrange import ArrangeScreen
from pulse_tui.tui.kit.ask import AskScreen
from pulse_tui.tui.kit.choice import ChoiceScreen
from pulse_tui.tui.kit.confirm import ApprovalScreen
from pulse_tui.tui.kit.document import Block
from pulse_tui.tui.kit.keys import QUIT, key_name
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.palette import PaletteScreen
from pulse_tui.tui.kit.screen import Head

READING = (
    "▲ risk, firing   ✖ FAIL, quarantined   ■ frozen, blocked",
    "‖ paused   ◆ retest (overdue 3d), migrate (overdue), watch, INCONCLUSIVE   ● ok   ✓ acked",
    "○ muted, draft, retired   ? unknown, not declared; conflict: claims about it contradict each other",
    "BACK is the rollback target: ! was checked and does not work, - there is none",
    "* marked for the next action (Space)   ! by a version: it has a remark   ↑ stands above already",
    "the first line: ●n ▲n ?n of production are ok, at risk, stale   can ▲n canaries at risk   @ nothing came since",
    "✖run n runs stopped   ▶n running   ⧗n plans wait   ■n frozen   ?n undecided   ✖n undelivered   src good/all",
    "P1 page now   P2 page in working hours   P3 ticket   P4 notice",
    "x is how often it was seen; undecided counts indeterminate decisions, which did nothing, and what is not declared",
    "pp is percentage points; ┄ is the pinned baseline, ▒ the interval of a run, • its value",
    "──●──┊  0  the interval of a difference, worse to the left; ┊ is the margin, 0 no change:",
    "left of ┊ ✖ FAIL, right of it ● PASS, across it ┼ ◆ INCONCLUSIVE: it holds like a FAIL, more items decide",
)
FILTERS = (
    "words separated by spaces; all must hold:",
    "text   !text   prio<=P2   sev>=high   env=prod   state!=ok   count>3   owner:ml (a part of it)",
    "age<1h   age>2d (s m h d w)   since=03:00   until=2026-11-28T03:00Z, where rows have a moment",
    "a filter stays through refreshes and restarts; Esc clears it",
)
SAFETY = (
    "nothing is rolled back by Enter or by holding a key: open a plan (p), approve it there by typing the asset's name",
)


DIALOGS = (
    ("IN A FORM", AskScreen),
    ("IN A CHOICE", ChoiceScreen),
    ("TO APPROVE", ApprovalScreen),
    ("TO SORT", ArrangeScreen),
    ("AFTER :", PaletteScreen),
)


def help_blocks(bindings: Sequence[Binding]) -> list[Block]:
    """The page: the keys of the screen and of the app, those of the dialogs, then how to read what is shown."""
    own = [*bindings, QUIT]
    width = max(len(key_name(b.key)) for b in own) + 3
    dialogs = [Block(label, _lines(_bindings(screen), width)) for label, screen in DIALOGS]
    reading = (Block("GLYPHS", READING), Block("FILTER", FILTERS), Block("SAFETY", SAFETY))
    return [Block("KEYS", _lines(own, width)), *dialogs, *reading]


def _bindings(screen: type[Screen[Any]]) -> list[Binding]:
    return [each for each in screen.BINDINGS if isinstance(each, Binding)]


def _lines(bindings: Sequence[Binding], width: int) -> tuple[str, ...]:
    return tuple(f"{key_name(b.key).ljust(width)}{b.tooltip or b.description}" for b in bindings)


class HelpScreen(PageScreen):
    """Keys and glyphs."""

    def __init__(self, head: Head, bindings: Sequence[Binding]) -> None:
        """``bindings`` of the screen underneath."""
        super().__init__(head, [(" Help", styles.BOLD)], help_blocks(bindings))

    def applies(self, action: str) -> bool:
        return action != "help"
