"""Messages that did not arrive, in one list: a key replays one, another drops it with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import BindingType

from pulse_tui.domain.each import Target
from pulse_tui.domain.moments import age
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.views.delivery import LetterRow
from pulse_tui.tui.asks.alerts import OpenAlert
from pulse_tui.tui.asks.deliveries import OnLetters, OpenLetter, ReplayLetters
from pulse_tui.tui.kit import styles, values
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.rows import Cells, Column, Spec
from pulse_tui.tui.kit.screen import Head


def letter_cells(row: LetterRow, now_us: int) -> Cells:
    """STATE ROUTE WHAT TRIES AGE."""
    dead = row.state == "dead"
    return (
        (
            f"✖ {row.state}" if dead else f"▲ {row.state}" if row.late else f"○ {row.state}",
            styles.BAD if dead else styles.WARN,
        ),
        (safe(row.route), styles.BOLD),
        (safe(f"{row.event}: {row.title}"), styles.PLAIN),
        (str(row.attempts), styles.PLAIN),
        (age(row.created_us, now_us), styles.DIM),
    )


def letter_fields(row: LetterRow) -> Fields:
    """Names for the filter."""
    return {
        "state": row.state,
        "route": row.route,
        "kind": row.kind,
        "event": row.event,
        "what": row.title,
        "error": row.error,
    }


LETTERS: Final[Spec[LetterRow]] = Spec(
    title="Messages that did not arrive",
    columns=(
        Column("STATE", 8, 10, by=lambda row: (row.state != "dead", not row.late, row.state)),
        Column("ROUTE", 8, 18, by=lambda row: values.words(row.route)),
        Column("WHAT", 14, 0, wish=40, by=lambda row: values.words(f"{row.event}: {row.title}")),
        Column("TRIES", 5, 5, right=True, drop=1, by=lambda row: row.attempts, most_first=True),
        Column("AGE", 4, 4, right=True, by=lambda row: values.age(row.created_us)),
    ),
    cells=letter_cells,
    key=lambda row: row.key,
    fields=letter_fields,
    names=("state", "route", "kind", "event", "what", "error"),
    wants_attention=lambda row: row.state == "dead",
    copied=lambda row: row.line(),
    empty="every message arrived",
    ref=lambda row: Ref(RefKind.DELIVERY, row.key),
    moment=lambda row: row.created_us,
)


class LettersScreen(ListScreen[LetterRow]):
    """Who was not reached, and why."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "open", "the message in full, with its lines of the log", show=True),
        bind(
            "r",
            "replay",
            "replay",
            "send this dead message again, or those that are marked, under their keys",
            show=True,
            changes=True,
        ),
        bind("A", "replay_all", "replay all", "send every dead message again", show=True, changes=True),
        bind("E", "drop", "drop", "nobody needs it any more: drop it, with a reason", show=True, changes=True),
        bind("o", "alert", "alert", "open the alert that it is about"),
        *ListScreen.LIST_KEYS,
    ]

    def __init__(self, head: Head, rows: Sequence[LetterRow], now_us: int) -> None:
        """The rows as the desk gives them."""
        super().__init__(head, [(" Messages that did not arrive", styles.BOLD)], LETTERS, (), now_us)
        self.table.update_rows(rows, now_us)

    def detail(self, row: LetterRow) -> Sequence[Span]:
        head = "LAST ERROR " if row.error else "KEY "
        return [(head, styles.DIM), (safe(row.error or row.key), styles.PLAIN)]

    def applies(self, action: str) -> bool:
        row = self.table.row
        if action in ("open", "drop"):
            return row is not None
        if action == "alert":
            return row is not None and bool(row.alert)
        if action == "replay":
            return any(row.state == "dead" for row in self.table.chosen)
        if action == "replay_all":
            return any(r.state == "dead" for r in self.table.rows)
        return super().applies(action)

    def action_open(self) -> None:
        if (row := self.table.row) is not None:
            self.post_message(OpenLetter(row.key))

    def action_alert(self) -> None:
        if (row := self.table.row) is not None:
            self.post_message(OpenAlert(row.alert))

    def action_replay(self) -> None:
        self._post("replay")

    def action_replay_all(self) -> None:
        self.post_message(ReplayLetters())

    def action_drop(self) -> None:
        self._post("drop")

    def _post(self, action: str) -> None:
        if targets := self.targets(lambda row: Target(row.key, row.title)):
            self.post_message(OnLetters(action, targets))
