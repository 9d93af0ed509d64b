"""Pure row renderers of the alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulse_tui.domain.moments import age
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.tui.kit import styles, values
from pulse_tui.tui.kit.canvas import Span
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.rows import Cells, Column, Spec, environment

if TYPE_CHECKING:
    from pulse_tui.domain.views.alerts import AlertRow


def alert_state(row: AlertRow, now_us: int | None = None) -> Span:
    """The state in a word or two; a missed deadline is shown before anything else, and by how much."""
    often = f"escalated x{row.escalations}" if row.escalations else ""
    if row.overdue and row.state == "firing":
        late = f" {age(row.missed_us, now_us)}" if now_us is not None and row.missed_us is not None else ""
        return f"▲ overdue{late}" + (f", {often}" if often else ""), styles.ALARM
    word = {"acknowledged": "acked", "suppressed": "waived" if row.waived else "muted"}.get(row.state, row.state)
    if row.state == "firing" and often:
        word = often
    text, style = styles.state(row.state)
    return text.split(" ", 1)[0] + " " + word + (f" {row.by}" if row.by else ""), style


def alert_cells(row: AlertRow, now_us: int) -> Cells:
    """PRIO WHAT OWNER AGE x, and on demand STATE ASSET ENV RULE. The glyph of the state stands by the priority, its word before the title.

    Firing is what a row here is unless it says otherwise: it needs no word.
    """
    faint = row.state in ("acknowledged", "suppressed")
    prio, style = styles.priority(row.priority)
    glyph, _, word = alert_state(row, now_us)[0].partition(" ")
    return (
        (f"{prio:<2} {glyph}", styles.DIM if faint else style),
        (row.title if word == "firing" else f"{word}: {row.title}", styles.DIM if faint else styles.PLAIN),
        (row.owner or "nobody", styles.DIM if row.owner else styles.WARN),
        (age(row.since_us, now_us), styles.DIM),
        (str(row.count), styles.DIM),
        alert_state(row, now_us),
        (row.asset or "-", styles.PLAIN),
        environment(row.environment),
        (row.rule, styles.DIM),
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


INCIDENT: Final = "incident"
"""What stands as the rule of a row that is an incident."""


def alert_ref(row: AlertRow) -> Ref:
    """The alert, or the incident that stands for its alerts."""
    return Ref(RefKind.INCIDENT if row.rule == INCIDENT else RefKind.ALERT, row.id)


ALERTS: Final[Spec[AlertRow]] = Spec(
    title="Alerts",
    columns=(
        Column("PRIO", 4, 4, by=lambda row: values.priority(row.priority)),
        Column("WHAT", 28, 0, by=lambda row: values.words(row.title)),
        Column("OWNER", 5, 11, drop=1, by=lambda row: values.words(row.owner)),
        Column("AGE", 3, 4, right=True, by=lambda row: values.age(row.since_us)),
        Column("x", 1, 4, drop=2, right=True, by=lambda row: row.count, most_first=True, name="count"),
        Column("STATE", 6, 16, drop=3, hidden=True, by=lambda row: values.state(row.state)),
        Column("ASSET", 8, 20, drop=4, hidden=True, by=lambda row: values.words(row.asset)),
        Column("ENV", 4, 7, drop=5, hidden=True, by=lambda row: values.environment(row.environment)),
        Column("RULE", 8, 24, drop=6, hidden=True, by=lambda row: values.words(row.rule)),
    ),
    cells=alert_cells,
    key=lambda row: row.key,
    fields=alert_fields,
    names=("prio", "state", "what", "owner", "asset", "env", "rule", "count", "id"),
    wants_attention=lambda row: row.state == "firing",
    copied=lambda row: f"{row.priority} {row.title} ({row.asset} {row.environment}) {row.id}",
    moment=lambda row: row.since_us,
    empty="no open alerts. When a rule fires, what changed and what to do stands here",
    ref=alert_ref,
)
