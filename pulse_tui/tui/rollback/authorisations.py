"""Pre-authorisations: what may run without waiting for votes, until when, who gave it; asked for, voted on, revoked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import BindingType

from pulse_tui.domain.moments import age
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.views.rollback import AuthorisationLine
from pulse_tui.tui.asks import rollback as asks
from pulse_tui.tui.kit import styles, values
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.rows import Cells, Column, Spec, environment
from pulse_tui.tui.kit.screen import Head

_STATES: Final = {
    "proposed": ("◆ proposed", styles.INFO), "valid": ("● valid", styles.GOOD), "rejected": ("✖ rejected", styles.BAD),
    "revoked": ("✖ revoked", styles.BAD), "expired": ("○ expired", styles.DIM), "void": ("○ void", styles.WARN),
}  # fmt: skip


def authorisation_cells(row: AuthorisationLine, now_us: int) -> Cells:
    """TRIGGER ASSET ENV STATE BY ENDS."""
    state = ("▲ ends soon", styles.WARN) if row.ends_soon else _STATES.get(row.state, (f"? {row.state}", styles.WARN))
    return (
        (safe(row.trigger), styles.BOLD if row.needs_somebody else styles.PLAIN),
        (safe(row.asset), styles.PLAIN),
        environment(row.environment),
        state,
        (safe(", ".join(row.voters) or "nobody"), styles.DIM),
        (f"in {age(now_us, row.until_us)}" if row.until_us is not None else "-", styles.DIM),
    )


def authorisation_fields(row: AuthorisationLine) -> Fields:
    """Names for the filter."""
    return {
        "trigger": row.trigger, "asset": row.asset, "env": environment(row.environment)[0], "state": row.state,
        "playbook": row.playbook, "by": row.by,
    }  # fmt: skip


AUTHORISATIONS: Final[Spec[AuthorisationLine]] = Spec(
    title="Pre-authorisations, newest first",
    columns=(
        Column("TRIGGER", 12, 0, wish=20, by=lambda row: values.words(row.trigger)),
        Column("ASSET", 8, 18, by=lambda row: values.words(row.asset)),
        Column("ENV", 4, 7, by=lambda row: values.environment(row.environment)),
        Column("STATE", 9, 12, by=lambda row: (not row.needs_somebody, list(_STATES).index(row.state))),
        Column("GIVEN BY", 8, 16, drop=1, by=lambda row: values.words(", ".join(row.voters)), name="by"),
        Column("ENDS", 5, 6, right=True, by=lambda row: row.until_us),
    ),
    cells=authorisation_cells,
    key=lambda row: row.hash,
    fields=authorisation_fields,
    names=("trigger", "asset", "env", "state", "playbook", "by"),
    wants_attention=lambda row: row.needs_somebody,
    copied=lambda row: " ".join(row.lines()),
    empty="nothing may roll back without votes. A drill with its trigger comes first: d in the list of plans, then A on the drill",
    ref=lambda row: Ref(RefKind.AUTHORISATION, row.hash),
)


class AuthorisationsScreen(ListScreen[AuthorisationLine]):
    """Voted on like a plan, each by its own name and key."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind(
            "a",
            "approve",
            "approve",
            "let it run without votes: a dialog asks for the asset's name",
            show=True,
            changes=True,
        ),
        bind("r", "reject", "reject", "say no to it, with a reason", show=True, changes=True),
        bind(
            "X",
            "revoke",
            "revoke",
            "take one back, with a reason: nothing rests on it from then on",
            show=True,
            changes=True,
        ),
        *ListScreen.LIST_KEYS,
    ]

    def __init__(self, head: Head, rows: Sequence[AuthorisationLine], now_us: int) -> None:
        """The lines as the desk gives them."""
        super().__init__(head, [(" Pre-authorisations", styles.BOLD)], AUTHORISATIONS, (), now_us)
        self.table.update_rows(rows, now_us)

    def detail(self, row: AuthorisationLine) -> Sequence[Span]:
        text = f"{row.headline}; playbook {row.playbook}, drill {row.drill}, asked by {row.by}"
        return [(f"{row.hash[:12]} ", styles.DIM), (safe(text), styles.PLAIN)]

    def applies(self, action: str) -> bool:
        row = self.table.row
        if action in ("approve", "reject"):
            return row is not None and row.state == "proposed"
        if action == "revoke":
            return row is not None and row.state == "valid"
        return super().applies(action)

    def action_approve(self) -> None:
        self._vote("approve")

    def action_reject(self) -> None:
        self._vote("reject")

    def action_revoke(self) -> None:
        self._vote("revoke")

    def _vote(self, how: str) -> None:
        if (row := self.table.one()) is not None:
            self.post_message(asks.VoteOnAuthorisation(row, how))
