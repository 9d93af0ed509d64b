"""What the lines of the launch checklist look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from pulse_tui.domain.estate import Deployment, Estate
from pulse_tui.domain.views.advisories import Ledger
from pulse_tui.domain.views.learning import ChecklistLine
from pulse_tui.policy.rules import Rule
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.capacity import Ready


class Seen(NamedTuple):
    """What the lines look at."""

    parts: RollbackParts
    tx: Transaction
    now: datetime
    estate: Estate
    serving: Sequence[Deployment]
    """In production."""
    assets: Sequence[str]
    ledger: Ledger
    ready: Sequence[Ready]
    rules: Sequence[Rule]


def line(
    ident: str, what: str, missing: Sequence[str], of: Sequence[object], evidence: str, todo: str
) -> ChecklistLine:
    """In order when nothing is missing; unknown where there is nothing that it could be of."""
    ok = None if not of else not missing
    words = evidence if of else "nothing serves in production yet"
    return ChecklistLine(ident, what, ok, words, tuple(missing), todo)
