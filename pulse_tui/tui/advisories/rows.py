"""Pure row renderers of the advisories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.rows import Cells, Column, Spec

if TYPE_CHECKING:
    from pulse_tui.domain.views.advisories import AdvisoryRow


def advisory_cells(row: AdvisoryRow, now_us: int) -> Cells:
    """PRIO ID COMPONENT HITS STATE."""
    del now_us
    beside = row.hits - row.production_hits
    hits = f"{row.production_hits} prod" if row.production_hits or row.hits == 0 else f"{row.hits} other"
    if row.production_hits and beside > 0:
        hits += f" +{beside}"
    if row.state == "not audited":
        hits = ""
    return (
        styles.priority(row.priority),
        (row.name or row.id, styles.PLAIN),
        (row.component, styles.PLAIN),
        (hits, styles.BOLD if row.production_hits else styles.DIM),
        styles.state(row.state),
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


ADVISORIES: Final[Spec[AdvisoryRow]] = Spec(
    title="Advisories",
    columns=(
        Column("PRIO", 4, 4),
        Column("ID", 13, 20),
        Column("COMPONENT", 10, 0),
        Column("HITS", 6, 11, drop=1),
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
OWN_NAMES: Final = ADVISORIES._replace(title="Advisories ─ providers' own names", cells=own_name_cells)
"""The same rows with each component as its provider writes it."""
