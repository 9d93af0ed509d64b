"""Incidents in one list: the open ones first, each with its likely cause, or that it is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import BindingType

from pulse_tui.domain.moments import age
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.views.incidents import IncidentRow
from pulse_tui.tui.asks.incidents import OpenIncident, ResolveIncident, UndoIncident
from pulse_tui.tui.kit import styles, values
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.rows import Cells, Column, Spec
from pulse_tui.tui.kit.screen import Head


def incident_cells(row: IncidentRow, now_us: int) -> Cells:
    """PRIO WHAT CAUSE ALERTS AGE. What ended is faint, with its word before the title."""
    is_open = row.state == "open"
    prio, style = styles.priority(row.priority)
    known = bool(row.cause)
    return (
        (prio, style if is_open else styles.DIM),
        (safe(row.title if is_open else f"{row.state}: {row.title}"), styles.PLAIN if is_open else styles.DIM),
        (safe(row.cause_words), styles.PLAIN if known and is_open else styles.DIM),
        (f"{row.open}/{row.alerts}", styles.PLAIN if is_open else styles.DIM),
        (age(_begun(row), now_us), styles.DIM),
    )


def _begun(row: IncidentRow) -> int:
    """When it began, as far as that is stated; else when it was seen first."""
    return row.onset_us if row.onset_us is not None else row.opened_us


def incident_fields(row: IncidentRow) -> Fields:
    """Names for the filter."""
    return {
        "prio": row.priority,
        "state": row.state,
        "what": row.title,
        "cause": row.cause_words,
        "asset": row.asset,
        "env": row.environment,
        "owner": row.owner,
        "id": row.id,
        "external": row.external,
    }


INCIDENTS: Final[Spec[IncidentRow]] = Spec(
    title="Incidents",
    columns=(
        Column("PRIO", 4, 4, by=lambda row: values.priority(row.priority)),
        Column("WHAT", 20, 0, wish=40, by=lambda row: values.words(row.title)),
        Column("CAUSE", 13, 34, by=lambda row: values.words(row.cause_words) if row.cause else None),
        Column("OPEN", 4, 7, right=True, by=lambda row: (row.open, row.alerts), most_first=True),
        Column("AGE", 3, 4, right=True, by=lambda row: values.age(_begun(row))),
    ),
    cells=incident_cells,
    key=lambda row: row.key,
    fields=incident_fields,
    names=("prio", "state", "what", "cause", "asset", "env", "owner", "id", "external"),
    wants_attention=lambda row: row.state == "open",
    copied=lambda row: row.line(),
    moment=_begun,
    empty="no incident was open in the last 30 days",
    ref=lambda row: Ref(RefKind.INCIDENT, row.id),
)


class IncidentsScreen(ListScreen[IncidentRow]):
    """What is going on, and why, as far as the evidence says."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "open", "causes with their evidence, alerts, timeline", show=True),
        bind("R", "resolve", "resolve", "it ended: why, and what helped", show=True, changes=True),
        bind("u", "undo", "undo", "take the last act on it back", show=True, changes=True),
        *ListScreen.LIST_KEYS,
    ]

    def __init__(self, head: Head, rows: Sequence[IncidentRow], now_us: int) -> None:
        """The rows as the desk gives them."""
        super().__init__(head, [(" Incidents", styles.BOLD)], INCIDENTS, (), now_us)
        self.table.update_rows(rows, now_us)

    def detail(self, row: IncidentRow) -> Sequence[Span]:
        where = " ".join(w for w in (row.asset, row.environment) if w)
        names = f" · {safe(row.external)}" if row.external else ""
        return [(f"{row.id} ", styles.DIM), (safe(f"{where} · owner {row.owner or 'nobody'}") + names, styles.PLAIN)]

    def applies(self, action: str) -> bool:
        row = self.table.row
        if action == "resolve":
            return row is not None and row.state == "open"
        if action in ("open", "undo"):
            return row is not None
        return super().applies(action)

    def action_open(self) -> None:
        if (row := self.table.row) is not None:
            self.post_message(OpenIncident(row.id))

    def action_resolve(self) -> None:
        if (row := self.table.one()) is not None:
            self.post_message(ResolveIncident(row.id, row.title))

    def action_undo(self) -> None:
        if (row := self.table.one()) is not None:
            self.post_message(UndoIncident(row.id))
