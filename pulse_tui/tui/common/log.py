"""The log of this tower: its messages, and by Tab the command line of each action that was taken here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import BindingType

from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.rows import Cells, Column, Spec
from pulse_tui.tui.kit.screen import Head
from pulse_tui.tui.notices import Notice


def _mark(row: Notice) -> Span:
    return ("✖", styles.BAD) if row.bad else ("●", styles.GOOD)


def message_cells(row: Notice, _now_us: int) -> Cells:
    """UTC, whether it is about something that did not work, MESSAGE."""
    text = " ".join(row.text.split())
    return (row.at, styles.DIM), _mark(row), (safe(text), styles.BAD if row.bad else styles.PLAIN)


def command_cells(row: Notice, _now_us: int) -> Cells:
    """UTC, whether it was done, COMMAND."""
    return (row.at, styles.DIM), _mark(row), (safe(row.command), styles.BOLD if not row.note else styles.DIM)


MESSAGES: Final[Spec[Notice]] = Spec(
    title="Messages, newest first",
    columns=(Column("UTC", 8, 8), Column("", 1, 1, name="outcome"), Column("MESSAGE", 20, 0)),
    cells=message_cells,
    key=lambda row: str(row.number),
    fields=lambda row: {"at": row.at, "text": f"{row.text} {row.command}", "bad": "yes" if row.bad else "no"},
    names=("at", "text", "bad"),
    wants_attention=lambda row: row.bad,
    copied=lambda row: f"{row.at} {row.text}",
    empty="no message yet",
)
COMMANDS: Final[Spec[Notice]] = MESSAGES._replace(
    title="Commands, newest first",
    columns=(*MESSAGES.columns[:2], Column("COMMAND", 20, 0)),
    cells=command_cells,
    copied=lambda row: row.command,
    empty="nothing was done from this tower yet: what a key does stands here as the command line that does the same",
)


class LogScreen(ListScreen[Notice]):
    """Messages and commands of this session; Tab goes from one to the other, Enter shows a line in full."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "in full", "the line in full", show=True),
        bind("tab", "other", "commands", "messages, or the commands of the actions taken here", show=True),
        *ListScreen.LIST_KEYS,
    ]
    EXAMPLES = "text  !text  bad=yes"

    def __init__(
        self, head: Head, messages: Sequence[Notice], commands: Sequence[Notice], *, of_commands: bool = False
    ) -> None:
        """Both oldest first."""
        self.of_commands = of_commands
        super().__init__(head, self._title(), COMMANDS if of_commands else MESSAGES, (), 0)
        self.show_log(messages, commands)

    def _title(self) -> list[Span]:
        on, off = styles.FOCUS, styles.DIM
        return [
            (" Log of this tower   ", styles.BOLD),
            ("messages", off if self.of_commands else on),
            ("  ", styles.PLAIN),
            ("commands", on if self.of_commands else off),
        ]

    def show_log(self, messages: Sequence[Notice], commands: Sequence[Notice]) -> None:
        """What was added."""
        self.messages, self.commands = tuple(reversed(messages)), tuple(reversed(commands))
        self.table.update_rows(self.commands if self.of_commands else self.messages, self.now_us)
        if self.is_mounted:
            self.moved()

    def detail(self, row: Notice) -> Sequence[Span]:
        text = " ".join(row.text.split())
        if not self.of_commands:
            return [(safe(text), styles.BAD if row.bad else styles.PLAIN)]
        outcome = ("REFUSED " if row.bad else "DONE ", styles.BAD if row.bad else styles.GOOD)
        return [outcome, (safe(text), styles.PLAIN), (safe(f"  {row.note}") if row.note else "", styles.WARN)]

    def applies(self, action: str) -> bool:
        return action != "messages" and super().applies(action)

    def action_other(self) -> None:
        self.of_commands = not self.of_commands
        self.table.set_filter("")
        self.table.update_rows((), self.now_us)
        self.table.use(COMMANDS if self.of_commands else MESSAGES)
        self.table.update_rows(self.commands if self.of_commands else self.messages, self.now_us)
        self.title_line.show(self._title())
        self.moved()

    def action_open(self) -> None:
        from pulse_tui.tui.kit.entry import EntryScreen  # noqa: PLC0415

        if (row := self.table.row) is not None:
            lines = [("at", row.at)]
            lines += [("command", row.command)] if row.command else []
            lines += [("note", row.note)] if row.note else []
            lines.append(("refused" if row.bad and row.command else "message", row.text))
            self.app.push_screen(EntryScreen(self.head, "Message" if not row.command else "Command", lines))
