"""What the form of a waiver asks for, in the words of VEX."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pulse_tui.domain.moments import from_us
from pulse_tui.domain.waiver import Justification, VexStatus
from pulse_tui.tui.kit.forms import Field, positive_count

STATUSES = (VexStatus.AFFECTED, VexStatus.NOT_AFFECTED, VexStatus.FIXED)
"""Those that excuse: the risk is accepted, there is none, it is mended."""


class Terms(NamedTuple):
    """The values of the form, in the order of its fields."""

    asset: str
    component: str
    status: str
    justification: str
    owner: str
    days: str
    why: str

    def until(self, now_us: int) -> datetime:
        """When it is reviewed."""
        return from_us(now_us) + timedelta(days=int(self.days))


def _one_of(names: Iterable[str], *, none: bool = False) -> Field:
    known = tuple(str(name) for name in names)

    def wrong(value: str) -> str:
        word = value.strip()
        return "" if word in known or (none and not word) else f"it must be one of {', '.join(known)}"

    return Field("", "", wrong, known)


def waiver_fields(reached: Sequence[tuple[str, str]]) -> tuple[Field, ...]:
    """Asset and component are those that it reaches most urgently; a component left empty means each there."""
    asset, component = reached[0]
    return (
        _one_of(dict.fromkeys(a for a, _ in reached))._replace(label="Asset", value=asset),
        _one_of(dict.fromkeys(c for _, c in reached), none=True)._replace(
            label="Component", value=component, note="empty: each of them there"
        ),
        _one_of(STATUSES)._replace(
            label="Status",
            value=VexStatus.AFFECTED.value,
            note="affected accepts the risk, at most as urgent as it is now",
        ),
        _one_of(Justification, none=True)._replace(label="Justification", note="only not_affected needs one"),
        Field("Owner", note="who answers for it"),
        Field("Review in days", "30", positive_count),
        Field("Rationale"),
    )


def wrong_together(values: tuple[str, ...]) -> tuple[int, str] | None:
    """What VEX refuses, before the form closes and what was typed is lost."""
    terms = Terms(*values)
    if terms.status == VexStatus.NOT_AFFECTED and not terms.justification:
        return Terms._fields.index("justification"), f"not_affected needs one: {', '.join(Justification)}"
    return None
