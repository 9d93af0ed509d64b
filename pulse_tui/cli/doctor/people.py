"""Who is on call, and reviews that nobody has done by their day."""

from __future__ import annotations

from collections.abc import Iterator

from pulse_tui.cli.doctor.lines import Line
from pulse_tui.wiring import House


def people(house: House) -> Iterator[Line]:
    """A line for each schedule by which nobody is known to be on call, one for the reviews."""
    from pulse_tui.services.alerts.notified import oncall_rows  # noqa: PLC0415
    from pulse_tui.services.alerts.reviews import rows  # noqa: PLC0415

    oncall, now = house.settings.oncall, house.clock()
    with house.store.read() as tx:
        found, reviews = oncall_rows(tx, house.judging, now), rows(tx, now)
    if not oncall.configured:
        yield Line(
            "on call", None, "no people, teams or schedules: alerts go to the routes of their owner (help oncall)"
        )
    for row in found:
        about = f"on call for {', '.join(row.teams) or row.schedule}"
        yield Line(about, row.state == "known", row.words)
    late = [r for r in reviews if r.overdue]
    if late:
        more = f" (and {len(late) - 1} more)" if len(late) > 1 else ""
        yield Line("reviews", False, f"overdue since {late[0].due}: {late[0].what}{more}: pulse-tui review list")
    elif reviews:
        yield Line("reviews", True, f"{len(reviews)} wait, none is overdue")
