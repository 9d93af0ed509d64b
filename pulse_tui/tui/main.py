"""The main screen: panes in a grid, or one at a time under a tab strip where they do not fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from textual.widget import Widget

from pulse_tui.tui.asks.alerts import OpenMuted
from pulse_tui.tui.asks.common import Arrived, Copy
from pulse_tui.tui.asks.deliveries import OpenLetters
from pulse_tui.tui.asks.evals import OpenVerdicts
from pulse_tui.tui.asks.incidents import OpenIncidents
from pulse_tui.tui.asks.learning import OpenActivity
from pulse_tui.tui.asks.past import Live
from pulse_tui.tui.asks.people import OpenHandover
from pulse_tui.tui.asks.registry import Freeze, OpenCalendar, OpenDependents, OpenHistory, OpenInventory, OpenTree
from pulse_tui.tui.asks.rollback import Drill, OpenPlans, Propose, Route
from pulse_tui.tui.asks.sources import Collect, OpenSources
from pulse_tui.tui.asks.vendors import OpenNotes
from pulse_tui.tui.kit.filter_line import MARKS, FilterScreen, capitals
from pulse_tui.tui.kit.keymap import Keymap
from pulse_tui.tui.kit.keys import EVERYWHERE, MOVES, Key, bind
from pulse_tui.tui.kit.screen import LEAST, Head
from pulse_tui.tui.session import Session, together

if TYPE_CHECKING:
    from pulse_tui.domain.ref import Ref
    from pulse_tui.domain.views.board import Board
    from pulse_tui.tui.kit.table import Table
    from pulse_tui.tui.pane import Pane, Subject

COLUMNS: Final = 2
"""Panes beside each other where all are shown."""
WIDE: Final = (100, 14)
"""Columns, and rows for each row of panes, from which all of them are shown."""

OPEN: Final = (
    bind("enter", "open", "open", "open the row: what changed, what is the risk, what to do", show=True),
    bind(
        "slash",
        "filter",
        "filter",
        "filter rows: text, !text, prio<=P2, sev>=high, env=prod, owner:ml, age<1h",
        show=True,
    ),
)
OF_SUBJECT: Final = (
    bind(
        "p", "propose", "plan rollback", "make a rollback plan for the row; approve it in the plan",
        show=True, changes=True, narrow="plan",
    ),
    bind("D", "drill", "drill", "rehearse the rollback of the row on its replica; what serves is not touched", changes=True),
    bind("Z", "route", "pause", "plan to pause the row's rollout, or to resume it; approve it in the plan", changes=True),
    bind(
        "f", "freeze", "freeze", "freeze the row's asset, or lift the freeze: promotions stop, rollbacks never do",
        show=True, changes=True,
    ),
    bind("h", "history", "history", "the releases of the row's asset: compare, gate, approve, promote", show=True),
    bind(
        "t", "tree", "tree", "what the row's asset depends on, and what changed there since it was approved", show=True
    ),
)  # fmt: skip
OF_ESTATE: Final = (
    bind(
        "c", "calendar", "calendar", "what was released, promoted and announced, and what is due: ours and the vendors'"
    ),
    bind("i", "inventory", "inventory", "where the sources and the estate do not agree"),
    bind("ctrl+r", "refresh", "refresh", "collect from all sources now", show=True, changes=True),
)
ATTENTION: Final = (
    bind("n", "attention(1)", "next that wants attention"),
    bind("N", "attention(-1)", "previous that wants attention"),
)
LEAVE: Final = (
    bind("tab", "next_pane(1)", "next pane", priority=False),
    bind("shift+tab", "next_pane(-1)", "previous pane"),
    bind("P", "plans", "plans", "rollback plans and their runs: what stopped, what waits for whom; resume, undo"),
    bind("U,m", "muted", "muted", "everything that is muted, waived or held: until when, by whom, why; take it back"),
    bind(
        "V",
        "notes",
        "notes",
        "what vendors published: whom it reaches, how it was edited; review queue, ends of models",
    ),
    bind("H", "handover", "handover", "what the next shift must know; hand it over; reviews"),
    bind("I", "incidents", "incidents", "alerts handled as one, with their likely causes: confirm, split, merge, undo"),
    bind("O", "letters", "outbox", "messages that did not arrive, and why: replay or drop them"),
    bind("A", "activity", "activity", "everything that all operators and the program did, newest first"),
    bind("S", "sources", "sources", "how every source is doing, and what was refused"),
    bind("escape", "clear", "clear", "clear the message in the last line, the marks, the filter"),
    *EVERYWHERE[:-2],
    bind("q", "app.quit", "quit"),
)


OF_TABLE: Final = frozenset({"filter", "arrange", "mark", "mark_all", "mark_range", "invert_marks", "wanted", "wide"})
"""Actions that need a table."""
PANES: Final = "panes"
"""The name of the screen for who chooses keys; the keys of one pane have the pane's name."""


def keys_of(panes: Sequence[Pane], keymap: Keymap | None = None) -> list[Key]:
    """All keys of the screen, in the order of the footer and of the help, as ``keymap`` has them."""
    keymap = keymap or Keymap()
    own = {id(key): pane.TAB.casefold() for pane in panes for key in pane.KEYS}
    return [keymap.of(own.get(id(key), PANES), [key])[0] for key in _keys_of(panes)]


def _keys_of(panes: Sequence[Pane]) -> list[Key]:
    return [
        *OPEN,
        *(key for pane in panes for key in pane.KEYS),
        *OF_SUBJECT,
        *OF_ESTATE,
        *MARKS,
        *EVERYWHERE[-2:],
        *MOVES,
        *ATTENTION,
        *(key for pane in panes for key in pane.ANYWHERE),
        *(bind(str(n), f"pane({n - 1})", pane.TAB) for n, pane in enumerate(panes, 1)),
        *LEAVE,
    ]


class MainScreen(FilterScreen):
    """The panes. It draws a board and asks; it knows no desk, and of a pane only what every pane has."""

    DEFAULT_CSS = """
    MainScreen { layout: grid; grid-size: 2; grid-columns: 6fr 7fr; grid-rows: 1fr; }
    MainScreen.-one { grid-size: 1 1; grid-columns: 1fr; }
    MainScreen.-one Top { height: 2; }
    MainScreen.-one Top.-replay { height: 3; }
    """
    EXAMPLES = "text  !text  prio<=P2  sev>=high  env=prod  owner:ml"

    def __init__(self, head: Head, panes: Sequence[Pane], session: Session) -> None:
        """``session`` says which pane, cursors and filters to start with."""
        super().__init__(head, keys_of(panes, self.keymap))
        self.panes = tuple(panes)
        self.current = session.pane
        self.pane.focused_pane = True
        self.commands = session.commands
        """What was run by name, the newest first."""
        self.complaints: list[str] = []
        """What of the saved session could not be used."""
        for number, pane in enumerate(panes, 1):
            pane.number = number
            self.complaints += pane.restore(session)
        self.kept = {name: text for name, text in session.shown.items() if name.endswith((".sort", ".columns"))}
        self._own = {key.name for pane in panes for key in pane.KEYS}
        # Textual looks for the action of a key on the screen: what is a pane's own is found there too.
        for name in self._own:
            setattr(self, f"action_{name}", self._of_current(name))
        for pane in panes:
            for key in pane.ANYWHERE:
                setattr(self, f"action_{key.name}", getattr(pane, f"action_{key.name}"))

    @property
    def pane(self) -> Pane:
        """The pane that has the keys."""
        return self.panes[self.current]

    @property
    def lead(self) -> str | None:
        """The asset that panes follow."""
        return next((pane.lead for pane in self.panes if pane.lead is not None), None)

    @property
    def restored(self) -> str:
        """Which filters came from the last session, and what of urgency they hide; empty without any."""
        kept = [(pane, pane.table) for pane in self.panes if pane.table is not None and pane.table.filter.terms]
        told = [f"{pane.TAB} /{t.filter.text}" + (f" ({t.hidden})" if t.hidden else "") for pane, t in kept]
        return f"filters of the last session: {'; '.join(told)}. Esc clears a filter" if told else ""

    @property
    def one_pane(self) -> bool:
        """Whether only the current pane fits."""
        width, height = self.app.size
        return width < WIDE[0] or height < WIDE[1] * -(-len(self.panes) // COLUMNS)

    def body(self) -> Sequence[Widget]:
        return self.panes

    def session(self) -> Session:
        """Where the operator is now, and how the tables of pages are arranged."""
        pages = Session(self.current, {}, {}, self.kept)
        return together(self.current, (pages, *(pane.remembered() for pane in self.panes)), self.commands)

    def arranged_as_left(self) -> None:
        """Each pane restores its own; the keys of the others take no letter from it."""
        for pane in self.panes:
            if (table := pane.table) is not None:
                others = self._own - {key.name for key in pane.KEYS}
                table.take_letters(capitals([key for key in self.all_keys if key.name not in others]))

    def rearranged(self) -> None:
        """The pane remembers it."""

    # ------------------------------------------------------------------ data

    def set_head(self, head: Head) -> None:
        self.bottom.leave = "" if head.replay else "Esc keys "  # there Esc leads back to the live tower
        super().set_head(head)

    def show_board(self, board: Board, now_us: int) -> None:
        """Draw a board: every pane repaints what differs. A pane that leads stands before those that follow."""
        for pane in self.panes:
            pane.show_board(board, now_us, self.lead)
        self._tabs()
        self.show_keys()

    def tick(self, now_us: int) -> None:
        """Time went on."""
        for pane in self.panes:
            pane.tick(now_us)

    def _tabs(self) -> None:
        self.top.current = self.current
        self.top.tabs = [(pane.TAB, pane.count) for pane in self.panes]
        self.top.redraw()

    # ------------------------------------------------------------------ arrangement

    def fit_terminal(self) -> None:
        width, height = self.app.size
        small = width < LEAST[0] or height < LEAST[1]
        one = self.one_pane
        self.set_class(one, "-one")
        for n, pane in enumerate(self.panes):
            pane.display = not small and (not one or n == self.current)
        self.top.display = self.bottom.display = not small
        self.too_small.display = small
        self._tabs()

    def _select(self, pane: int) -> None:
        if pane == self.current:
            return
        self.pane.set_focused(False)
        self.current = pane
        self.pane.set_focused(True)
        if self.one_pane:
            self.fit_terminal()
        self._tabs()
        self.show_keys()
        self.post_message(Arrived())

    def the_table(self) -> Table[Any] | None:
        return self.pane.table

    def filtered(self) -> None:
        self._tabs()
        self.show_keys()  # it may hide what is marked

    def moved(self) -> None:
        self.pane.moved()

    def ref(self) -> Ref | None:
        return self.pane.ref()

    def whole(self) -> tuple[str, str] | None:
        pane = self.pane
        return super().whole() if pane.table is not None else (pane.TAB, pane.shown_text())

    def crumb(self) -> str:
        return self.pane.TAB

    # ------------------------------------------------------------------ keys

    def applies(self, action: str) -> bool:
        pane = self.pane
        if action in self._own:
            return any(key.name == action for key in pane.KEYS) and pane.applies(action)
        if action in ("freeze", "propose", "route"):
            return (subject := pane.subject()) is not None and subject.environment is not None
        if action in ("history", "tree", "verdicts"):
            return pane.subject() is not None
        if action in OF_TABLE:
            return pane.table is not None
        if action == "open":
            return pane.open() is not None
        return True

    def explained_keys(self) -> list[Key]:
        """The help lists the keys of all panes; read-only hides those that change something there too."""
        listed = [key for key in self.all_keys if not (self.head.read_only and key.changes)]
        return [*listed, *self.sorting_keys()]

    def _of_current(self, name: str) -> Callable[..., None]:
        def act() -> None:
            getattr(self.pane, f"action_{name}")()
            self._tabs()
            self.show_keys()

        return act

    def action_move(self, by: int) -> None:
        if self.pane.move(by):
            self.moved()

    def show_pane(self, tab: str, words: str = "") -> None:
        """The pane of that name, with a filter if there are words."""
        self._select(next(n for n, pane in enumerate(self.panes) if tab == pane.TAB))
        if words:
            self._filter(words, quiet=False)

    def action_pane(self, pane: int) -> None:
        self._select(pane)

    def action_next_pane(self, by: int) -> None:
        self._select((self.current + by) % len(self.panes))

    def action_clear(self) -> None:
        table = self.the_table()
        if self.head.replay and not (table is not None and table.filter.terms):
            self.post_message(Live())
        elif self.bottom.message:
            self.say("")
        elif not self.unmark():
            self.clear_filter()

    def action_copy(self) -> None:
        if text := self.pane.copied():
            self.post_message(Copy(text))

    def action_open(self) -> None:
        if (ask := self.pane.open()) is not None:
            self.post_message(ask)

    def _one(self) -> Subject | None:
        """What a key that acts on a single row is about; None where other rows are marked."""
        table = self.pane.table
        return None if table is not None and table.one() is None else self.pane.subject()

    def action_freeze(self) -> None:
        if (subject := self._one()) is not None:
            self.post_message(Freeze(subject.asset))

    def action_propose(self) -> None:
        subject = self._one()
        if subject is not None and subject.environment is not None:
            self.post_message(Propose(subject.asset, subject.environment, subject.alert))

    def action_route(self) -> None:
        subject = self._one()
        if subject is not None and subject.environment is not None:
            self.post_message(Route(subject.asset, subject.environment))

    def action_drill(self) -> None:
        subject = self._one()
        if subject is not None and subject.environment is not None:
            self.post_message(Drill(subject.asset, subject.environment))

    def action_history(self) -> None:
        if (subject := self.pane.subject()) is not None:
            self.post_message(OpenHistory(subject.asset))

    def action_tree(self) -> None:
        if (subject := self.pane.subject()) is not None:
            self.post_message(OpenTree(subject.asset))

    def action_verdicts(self) -> None:
        if (subject := self.pane.subject()) is not None:
            self.post_message(OpenVerdicts(subject.asset))

    def action_calendar(self) -> None:
        self.post_message(OpenCalendar())

    def action_inventory(self) -> None:
        self.post_message(OpenInventory())

    def action_used_by(self) -> None:
        self.post_message(OpenDependents())

    def action_refresh(self) -> None:
        self.post_message(Collect())

    def action_plans(self) -> None:
        self.post_message(OpenPlans())

    def action_activity(self) -> None:
        self.post_message(OpenActivity())

    def action_muted(self) -> None:
        self.post_message(OpenMuted())

    def action_handover(self) -> None:
        self.post_message(OpenHandover())

    def action_incidents(self) -> None:
        self.post_message(OpenIncidents())

    def action_letters(self) -> None:
        self.post_message(OpenLetters())

    def action_notes(self) -> None:
        self.post_message(OpenNotes())

    def action_sources(self) -> None:
        self.post_message(OpenSources())
