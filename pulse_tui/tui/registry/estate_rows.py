"""Pure row renderers of a workflow's stages, of the calendar and of the inventory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from rich.style import Style

from pulse_tui.domain.moments import age, from_us
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.views.registry import CalendarRow, InventoryRow, StageCell
from pulse_tui.tui.kit import styles, values
from pulse_tui.tui.kit.canvas import Span
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.rows import Cells, Column, Spec
from pulse_tui.tui.registry.rows import GOOD_STATES

# ---------------------------------------------------------------------- stages


class StageLine(NamedTuple):
    """A stage and its place in the workflow, from 1."""

    stage: StageCell
    number: int


STAGES: Final[Spec[StageLine]] = Spec(
    title="Stages, in their order",
    columns=(
        Column("#", 2, 3, right=True, by=lambda line: line.number, name="place"),
        Column("STAGE", 8, 24, by=lambda line: values.words(line.stage.name)),
        Column("ASSET", 12, 0, by=lambda line: values.words(line.stage.asset)),
        Column("VERSION", 7, 14, by=lambda line: values.version(line.stage.version)),
        Column("STATE", 8, 13, by=lambda line: values.state(line.stage.state)),
    ),
    cells=lambda line, now_us: (
        (str(line.number), styles.DIM),
        (line.stage.name, styles.BOLD),
        (line.stage.asset, styles.PLAIN),
        (line.stage.version or "-", styles.PLAIN),
        styles.state(line.stage.state),
    ),
    key=lambda line: f"{line.number}/{line.stage.name}",
    fields=lambda line: {
        "stage": line.stage.name,
        "asset": line.stage.asset,
        "version": line.stage.version,
        "state": line.stage.state,
    },
    names=("stage", "asset", "version", "state"),
    wants_attention=lambda line: line.stage.state not in GOOD_STATES,
    copied=lambda line: f"{line.stage.name} {line.stage.asset} {line.stage.version} {line.stage.state}",
    empty="this workflow has no stage here",
    ref=lambda line: Ref(RefKind.ASSET, line.stage.asset),
)

# ---------------------------------------------------------------------- calendar

OURS: Final = "ours"
_HARD: Final = ("shut", "remov", "retire", "end of life", "rolled back", "quarantin")
_WATCH: Final = ("deprecat", "behaviour", "behavior", "pricing", "rate limit", "due")


class CalendarLine(NamedTuple):
    """A line of the calendar; ``row`` None is the line that says where today is."""

    row: CalendarRow | None
    at_us: int


def calendar_lines(rows: Sequence[CalendarRow], now_us: int) -> list[CalendarLine]:
    """Newest first as they came, with the line for today between what is to come and what was."""
    lines = [CalendarLine(row, row.at_us) for row in rows]
    at = next((n for n, row in enumerate(rows) if row.at_us <= now_us), len(rows))
    lines.insert(at, CalendarLine(None, now_us))
    return lines


def day(us: int) -> str:
    """``Mon 23 Nov 2026``, in UTC."""
    return from_us(us).strftime("%a %d %b %Y")


def when(us: int, now_us: int) -> str:
    """``in 41d`` or ``6d ago``."""
    return f"in {age(now_us, us)}" if us > now_us else f"{age(us, now_us)} ago"


def whose(word: str) -> Span:
    """Ours and the vendors' by glyph, word and colour."""
    return ("● ours", styles.GOOD) if word == OURS else (f"◆ {word}", styles.INFO)


def _weight(word: str) -> Style:
    low = word.casefold()
    if any(part in low for part in _HARD):
        return styles.BAD
    return styles.WARN if any(part in low for part in _WATCH) else styles.PLAIN


def calendar_cells(line: CalendarLine, now_us: int) -> Cells:
    """DAY WHEN WHOSE WHAT SUBJECT DETAIL."""
    row = line.row
    if row is None:
        style = styles.FOCUS
        return (
            (day(line.at_us), style), ("today", style), ("──────", style), ("────────", style), ("──────────", style), ("", style),
        )  # fmt: skip
    return (
        (day(row.at_us), styles.DIM),
        (when(row.at_us, now_us), styles.BOLD if row.at_us > now_us else styles.DIM),
        whose(row.whose),
        (row.what, _weight(row.what)),
        (row.subject, styles.PLAIN),
        (row.detail, styles.DIM),
    )


def calendar_fields(line: CalendarLine) -> Fields:
    """Names for the filter; the line for today answers to no filter."""
    row = line.row
    if row is None:
        return {}
    return {
        "day": day(row.at_us),
        "whose": row.whose,
        "what": row.what,
        "subject": row.subject,
        "detail": row.detail,
    }


def calendar_detail(line: CalendarLine) -> list[Span]:
    """What did not fit the line."""
    row = line.row
    if row is None:
        return [("today; in the calendar's own order what is above is still to come, what is below was", styles.DIM)]
    return [(row.subject, styles.BOLD), (f"  {row.what}  ", _weight(row.what)), (row.detail, styles.PLAIN)]


CALENDAR: Final[Spec[CalendarLine]] = Spec(
    title="Calendar, newest first",
    columns=(
        Column("DAY", 15, 15, by=lambda line: line.at_us),
        Column("WHEN", 6, 8, by=lambda line: line.at_us),
        Column("WHOSE", 6, 14, by=lambda line: values.words(line.row.whose) if line.row else None),
        Column("WHAT", 8, 18, by=lambda line: values.words(line.row.what) if line.row else None),
        Column("SUBJECT", 10, 0, wish=16, by=lambda line: values.words(line.row.subject) if line.row else None),
        Column("DETAIL", 10, 44, drop=1, by=lambda line: values.words(line.row.detail) if line.row else None),
    ),
    cells=calendar_cells,
    key=lambda line: line.row.key if line.row else "today",
    fields=calendar_fields,
    names=("day", "whose", "what", "subject", "detail"),
    wants_attention=lambda line: line.row is not None and _weight(line.row.what) is not styles.PLAIN,
    copied=lambda line: (
        f"{day(line.at_us)} {line.row.whose} {line.row.what} {line.row.subject}: {line.row.detail}" if line.row else ""
    ),
    empty="nothing in the last 90 days or the next 180",
    ref=lambda line: line.row.about if line.row is not None else None,
    moment=lambda line: line.at_us if line.row else None,
)


# ---------------------------------------------------------------------- inventory


def inventory_cells(row: InventoryRow, now_us: int) -> Cells:
    """KIND SUBJECT WHAT WHAT TO DO SOURCE."""
    del now_us
    return (
        styles.state(row.kind),
        (row.subject, styles.PLAIN),
        (row.what, styles.PLAIN),
        (row.todo, styles.DIM),
        (row.source or "-", styles.DIM),
    )


def inventory_detail(row: InventoryRow) -> list[Span]:
    """What is wrong, and what to do about it."""
    spans: list[Span] = [(f"{row.subject}: {row.what}", styles.PLAIN)]
    return [*spans, ("  what to do: ", styles.GOOD), (row.todo, styles.BOLD)] if row.todo else spans


INVENTORY: Final[Spec[InventoryRow]] = Spec(
    title="What does not agree",
    columns=(
        Column("KIND", 8, 13, by=lambda row: values.state(row.kind)),
        Column("SUBJECT", 10, 26, by=lambda row: values.words(row.subject)),
        Column("WHAT", 16, 0, wish=34, by=lambda row: values.words(row.what)),
        Column("WHAT TO DO", 10, 34, drop=2, by=lambda row: values.words(row.todo), name="todo"),
        Column("SOURCE", 6, 14, drop=1, by=lambda row: values.words(row.source)),
    ),
    cells=inventory_cells,
    key=lambda row: row.key,
    fields=lambda row: {
        "kind": row.kind,
        "subject": row.subject,
        "what": row.what,
        "source": row.source,
        "todo": row.todo,
    },
    names=("kind", "subject", "what", "source", "todo"),
    wants_attention=lambda row: row.kind in ("undeclared", "unowned", "disputed"),
    copied=lambda row: f"{row.kind} {row.subject}: {row.what}. {row.todo}",
    empty="the sources and the estate agree",
    ref=lambda row: row.about,
)
