"""Pure row renderers of the advisories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulse_tui.domain.moments import age
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.views.advisories import UNNAMED
from pulse_tui.tui.kit import styles, values
from pulse_tui.tui.kit.canvas import Span
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.rows import Cells, Column, Spec, environment

if TYPE_CHECKING:
    from pulse_tui.domain.views.advisories import AdvisoryRow


_SHORT = {"production": "prod", "canary": "can", "shadow": "sha", "replica": "rep", "": "idle"}
"""Environments as HITS names them; what runs nowhere is idle."""


def hits(row: AdvisoryRow) -> str:
    """``2 prod 1 can``; empty where nothing is known to be reached."""
    return " ".join(f"{count} {_SHORT[place]}" for place, count in row.hits)


def _fewer(text: str, cells: int) -> str:
    """As many environments as there is room for, production first, with a mark that there are more."""
    words = text.split(" ")
    while len(words) > 2 and len(" ".join(words)) + 1 > cells:
        del words[-2:]
    return " ".join(words) + "+"


def advisory_state(row: AdvisoryRow, now_us: int) -> Span:
    """The state, and the time that counts: what is left to respond or by how much that was missed, else until when it lasts."""
    text, style = styles.state(row.state)
    if row.due_us is not None and row.due_us < now_us:
        word = "late" if row.state == "open" else f"{row.state}, late"
        return f"{text[:1]} {word} {age(row.due_us, now_us)}", styles.ALARM
    if row.due_us is not None:
        return f"{text} {age(now_us, row.due_us)}", style
    if row.until_us is not None and row.until_us > now_us:
        short = {"acknowledged": "acked", "silenced": "muted"}.get(row.state, row.state)
        return f"{text[:1]} {short} {age(now_us, row.until_us)}", style
    return text, style


def _state_in(text: str, cells: int) -> str:
    """Without the time, then in a shorter word."""
    brief = text.replace("not audited", "unaudited")
    return brief if len(brief) <= cells else brief.rpartition(" ")[0] if brief.count(" ") > 1 else brief


def advisory_cells(row: AdvisoryRow, now_us: int) -> Cells:
    """PRIO ID COMPONENT HITS STATE, and on demand OWN NAME: the component as its provider writes it."""
    handled = row.until_us is not None
    prio, style = styles.priority(row.priority)
    name = "no advisory" if row.id == UNNAMED else row.id
    return (
        (prio, styles.DIM if handled else style),
        (f"✖ {name}" if row.malicious else name, styles.BAD if row.malicious else styles.PLAIN),
        (row.component, styles.DIM if handled else styles.PLAIN),
        (hits(row), styles.BOLD if row.production_hits and not handled else styles.DIM),
        advisory_state(row, now_us),
        (row.provider or row.component, styles.DIM),
    )


def _by_state(row: AdvisoryRow) -> values.Value:
    """The worst first, of one state what has to be answered first; what nobody could judge is unknown."""
    if row.state == "not audited":
        return None
    return values.several(values.state(row.state), row.due_us, row.until_us)


def advisory_fields(row: AdvisoryRow) -> Fields:
    """Names for the filter."""
    return {
        "prio": row.priority,
        "id": f"{row.id} {row.record}" if row.record not in ("", row.id) else row.id,
        "component": f"{row.component} {row.provider}" if row.provider else row.component,
        "hits": str(row.reach),
        "prod": str(row.production_hits),
        "env": " ".join(environment(place)[0] or "nowhere" for place, _ in row.hits),
        "state": row.state,
        "title": row.title,
        "malicious": "yes" if row.malicious else "no",
    }


ADVISORIES: Final[Spec[AdvisoryRow]] = Spec(
    title="Advisories",
    columns=(
        Column("PRIO", 4, 4, by=lambda row: values.priority(row.priority)),
        Column("ID", 13, 20, by=lambda row: values.words(row.id)),
        Column("COMPONENT", 10, 0, by=lambda row: values.words(row.component)),
        Column("HITS", 7, 24, shorten=_fewer, by=lambda row: (row.production_hits, row.reach), most_first=True),
        Column("STATE", 11, 24, shorten=_state_in, by=_by_state),
        Column("OWN NAME", 10, 40, drop=1, hidden=True, by=lambda row: values.words(row.provider or row.component)),
    ),
    cells=advisory_cells,
    key=lambda row: row.key,
    fields=advisory_fields,
    names=("prio", "id", "component", "hits", "prod", "env", "state", "title", "malicious"),
    wants_attention=lambda row: row.priority in ("P1", "P2", "unknown") and row.state in ("open", "not audited"),
    copied=lambda row: f"{row.priority} {row.id} {row.component} {hits(row)} {row.state}: {row.title}",
    empty="no advisories yet. Add a source of kind osv, then: pulse-tui refresh",
    ref=lambda row: Ref(RefKind.ADVISORY, row.id) if row.id != UNNAMED else None,
)
