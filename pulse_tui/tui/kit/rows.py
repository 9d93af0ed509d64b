"""Pure row renderers: a row of the board in, cells (text, style) out. No widget, no clock, no terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from pulse_tui.domain.moments import age
from pulse_tui.tui.kit import look
from pulse_tui.tui.kit.canvas import Span
from pulse_tui.tui.kit.filters import Fields

if TYPE_CHECKING:
    from pulse_tui.domain.views.panes import AdvisoryRow, AlertRow, SourceRow

Cells = tuple[Span, ...]


class Column(NamedTuple):
    """A column of a table. It is as wide as its widest cell, within ``least`` and ``most``.

    ``most`` 0: it takes what the others leave. ``drop``: when there is no room, the column with the highest
    number goes first; 0 stays always.
    """

    title: str
    least: int
    most: int
    drop: int = 0
    right: bool = False
    wish: int = 0
    """A column with ``most`` 0 gets this many of the cells it needs before others have to give way for good."""
    shorten: Callable[[str, int], str] | None = None
    """(text, cells) -> a text that says the same in fewer cells; else it is cut at its end."""


RowT = TypeVar("RowT")


class Spec(NamedTuple, Generic[RowT]):
    """All a table needs to know about its rows."""

    title: str
    columns: tuple[Column, ...]
    cells: Callable[[RowT, int], Cells]
    """(row, now in microseconds) -> one cell a column."""
    key: Callable[[RowT], str]
    fields: Callable[[RowT], Fields]
    names: tuple[str, ...]
    """The columns a filter may name."""
    wants_attention: Callable[[RowT], bool]
    copied: Callable[[RowT], str]
    """What ``y`` copies."""
    empty: str
    """What to do when there is nothing to show."""
    widths: Callable[[RowT], tuple[int, ...]] | None = None
    """Cells of each text that ``cells`` makes (any number for a column of one width), where that is cheaper to tell."""


def environment(word: str) -> Span:
    """``prod`` stands out: it is where customers are."""
    short = "prod" if word == "production" else word
    return short, look.BOLD if short == "prod" else look.PLAIN


def advisory_cells(row: AdvisoryRow, now_us: int) -> Cells:
    """PRIO ID COMPONENT HITS STATE."""
    del now_us
    hits = f"{row.production_hits} prod" if row.production_hits or row.hits == 0 else f"{row.hits} other"
    if row.state == "not audited":
        hits = ""
    return (
        look.priority(row.priority),
        (row.name or row.id, look.PLAIN),
        (row.component, look.PLAIN),
        (hits, look.BOLD if row.production_hits else look.DIM),
        look.state(row.state),
    )


def own_name_cells(row: AdvisoryRow, now_us: int) -> Cells:
    """PRIO ID COMPONENT HITS STATE, the component by its provider's own name."""
    return advisory_cells(row._replace(component=row.provider or row.component), now_us)


def advisory_fields(row: AdvisoryRow) -> Fields:
    """Names for the filter."""
    return {
        "prio": row.priority,
        "id": f"{row.name} {row.id}" if row.name != row.id else row.id,
        "component": f"{row.component} {row.provider}" if row.provider else row.component,
        "hits": str(row.hits),
        "prod": str(row.production_hits),
        "state": row.state,
        "title": row.title,
    }


def alert_state(row: AlertRow) -> Span:
    """The state in one word; a missed deadline is said before anything else."""
    if row.overdue and row.state == "firing":
        return "▲ overdue", look.ALARM
    word = {"acknowledged": "acked", "suppressed": "muted"}.get(row.state, row.state)
    text, style = look.state(row.state)
    return text.split(" ", 1)[0] + " " + word, style


def alert_cells(row: AlertRow, now_us: int) -> Cells:
    """PRIO WHAT OWNER AGE x. The glyph of the state stands by the priority, its word before the title.

    Firing is what a row here is unless it says otherwise: it needs no word.
    """
    faint = row.state in ("acknowledged", "suppressed")
    prio, style = look.priority(row.priority)
    glyph, _, word = alert_state(row)[0].partition(" ")
    return (
        (f"{prio:<2} {glyph}", look.DIM if faint else style),
        (row.title if word == "firing" else f"{word}: {row.title}", look.DIM if faint else look.PLAIN),
        (row.owner or "nobody", look.DIM if row.owner else look.WARN),
        (age(row.since_us, now_us), look.DIM),
        (str(row.count), look.DIM),
    )


def alert_fields(row: AlertRow) -> Fields:
    """Names for the filter."""
    return {
        "prio": row.priority,
        "state": "overdue" if row.overdue and row.state == "firing" else row.state,
        "what": row.title,
        "owner": row.owner,
        "asset": row.asset,
        "env": environment(row.environment)[0],
        "rule": row.rule,
        "count": str(row.count),
        "id": row.id,
    }


def source_cells(row: SourceRow, now_us: int) -> Cells:
    """SOURCE KIND HEALTH LAST GOOD, REASON."""
    return (
        (row.id, look.PLAIN),
        (row.kind, look.DIM),
        look.state(row.health),
        (age(row.last_good_us, now_us), look.DIM),
        (row.reason, look.PLAIN),
    )


ADVISORIES: Final[Spec[AdvisoryRow]] = Spec(
    title="3 Advisories",
    columns=(
        Column("PRIO", 4, 4),
        Column("ID", 13, 20),
        Column("COMPONENT", 10, 0),
        Column("HITS", 6, 9, drop=1),
        Column("STATE", 6, 13),
    ),
    cells=advisory_cells,
    key=lambda row: row.key,
    fields=advisory_fields,
    names=("prio", "id", "component", "hits", "prod", "state", "title"),
    wants_attention=lambda row: row.priority in ("P1", "P2", "unknown", "?") or row.state == "not audited",
    copied=lambda row: f"{row.name} {row.component} {row.state}: {row.title}",
    empty="no advisories yet. Add a source of kind osv, then: pulse-tui refresh",
)
OWN_NAMES: Final = ADVISORIES._replace(title="3 Advisories ─ providers' own names", cells=own_name_cells)
"""The same rows with each component as its provider writes it."""
ALERTS: Final[Spec[AlertRow]] = Spec(
    title="4 Alerts",
    columns=(
        Column("PRIO", 4, 4),
        Column("WHAT", 28, 0),
        Column("OWNER", 5, 11, drop=1),
        Column("AGE", 3, 4, right=True),
        Column("x", 1, 4, drop=2, right=True),
    ),
    cells=alert_cells,
    key=lambda row: row.key,
    fields=alert_fields,
    names=("prio", "state", "what", "owner", "asset", "env", "rule", "count", "id"),
    wants_attention=lambda row: row.state == "firing",
    copied=lambda row: f"{row.priority} {row.title} ({row.asset} {row.environment}) {row.id}",
    empty="no open alerts. When a rule fires, what changed and what to do stands here",
)


def column_widths(columns: tuple[Column, ...], widest: list[int], room: int) -> tuple[int, ...]:
    """Cells of each column in ``room`` cells with one cell between columns; 0 hides a column.

    ``widest`` is the widest cell of each column (titles count too).
    """
    natural = [
        0 if column.most == 0 else max(column.least, min(column.most, max(wide, len(column.title))))
        for column, wide in zip(columns, widest, strict=True)
    ]
    flexible = next((n for n, column in enumerate(columns) if column.most == 0), None)
    shown = set(range(len(columns)))
    for n in (*sorted((n for n, c in enumerate(columns) if c.drop), key=lambda n: -columns[n].drop), None):
        fixed = sum(natural[i] for i in shown) + len(shown) - 1
        wanted = 0 if flexible is None else max(columns[flexible].least, min(widest[flexible], columns[flexible].wish))
        if fixed + wanted <= room or n is None:
            break
        shown.discard(n)
    left = max(0, room - sum(natural[i] for i in shown) - (len(shown) - 1))
    return tuple((left if n == flexible else natural[n]) if n in shown else 0 for n in range(len(columns)))
