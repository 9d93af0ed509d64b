"""Who is on call, as the header of a board has it."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.moments import to_us
from pulse_tui.domain.oncall import OnCall
from pulse_tui.domain.views.board import OfPeople
from pulse_tui.ports import Transaction


def people_header(tx: Transaction, oncall: OnCall, at: datetime) -> OfPeople:
    """For the header: who is on call now and next by each schedule, in words, and how many reviews are overdue."""
    dues = [t.due_at for t in tx.learning.reviews() if t.due_at is not None]
    late = sum(due < at for due in dues)
    changes = [due for due in dues if due >= at]
    if not oncall.schedules:
        return OfPeople("", late, to_us(min(changes)) if changes else None)
    from pulse_tui.enrich.oncall.duty import duty_of  # noqa: PLC0415  a calendar is read only where there is one
    from pulse_tui.services.alerts.notified import on_call_words  # noqa: PLC0415
    from pulse_tui.services.signals.calendars import known  # noqa: PLC0415

    there = known(tx, oncall)
    found = [(t, d) for t in there.teams.values() if (d := duty_of(t, there, at)) is not None]
    changes += [duty.until for _, duty in found if duty.until is not None]
    if len(found) == 1:
        words = on_call_words(there, found[0][0].id, at)
    else:
        words = ", ".join(f"{duty.who or ('?' if duty.unknown else 'nobody')} ({team.id})" for team, duty in found)
    return OfPeople(words, late, to_us(min(changes)) if changes else None)
