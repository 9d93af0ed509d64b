"""A week on call on a fake clock: escalation, a maintenance window, working hours, and the night in which clocks go back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from pulse_tui.domain.notice import NoticeOutcome, Use
from pulse_tui.domain.silence import Silence, SilenceKind
from pulse_tui.domain.words import Priority
from pulse_tui.services.alerts import operate
from pulse_tui.services.alerts.escalate import escalate
from pulse_tui.services.alerts.ladder import climb, page_in_hours
from pulse_tui.services.parts import JudgeParts
from tests.fakes.clock import Clock
from tests.services.oncall.team import LADDER, ONCALL, START, slow, team_parts


def test_a_week_in_which_clocks_go_back_calls_the_right_person_each_time_and_nobody_twice(
    judge: JudgeParts, clock: Clock
) -> None:
    clock.now = START + timedelta(days=4)  # Friday 08:00 in Berlin, two days before clocks go back
    oncall = msgspec.structs.replace(
        ONCALL,
        ladders={Priority.P1: LADDER, Priority.P2: LADDER[:2]},
        working_hours=("09:00", "18:00", "Europe/Berlin"),
    )
    parts = team_parts(judge, oncall)
    window = Silence(
        id="m-1", kind=SilenceKind.MAINTENANCE, match='asset.id == "gateway"', starts_at=datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        ends_at=datetime(2026, 10, 25, 3, 30, tzinfo=UTC), by="cleo", why="new nodes", created_at=clock.now, everything=True,
    )  # fmt: skip
    with parts.store.write() as tx:
        tx.silences.put(window)
    number = 0

    def happens(times: float, asset: str = "support-bot") -> None:
        nonlocal number
        number += 1
        slow(parts, number, times=times, asset=asset)

    script = {
        datetime(2026, 10, 23, 20, tzinfo=UTC): lambda: happens(1.5),  # Friday night: it can wait
        datetime(2026, 10, 25, 0, 45, tzinfo=UTC): lambda: happens(3.0, "gateway"),  # within the window
        datetime(2026, 10, 28, 1, tzinfo=UTC): lambda: happens(3.0, "sandbox"),  # Wednesday night: a P1
    }
    acknowledged = datetime(2026, 10, 28, 1, 15, tzinfo=UTC)
    busy = [at + timedelta(minutes=m) for at in (*script, window.ends_at) for m in range(0, 45, 5)]
    hourly = [clock.now + timedelta(hours=h) for h in range(0, 7 * 24, 2)]
    for clock.now in sorted({*busy, *hourly, datetime(2026, 10, 26, 8, tzinfo=UTC)}):
        if (event := script.get(clock.now)) is not None:
            event()
        if clock.now == acknowledged:
            with parts.store.read() as tx:
                last = max(tx.judgements.alerts(), key=lambda a: a.first_at)
            operate.acknowledge(parts, last.id, "ben", 8 * 3_600, clock.now)
            operate.resolve(parts, last.id, "ben", "rolled back", clock.now)
        operate.lapse(parts, clock.now)
        escalate(parts)
        climb(parts)
        page_in_hours(parts)

    with parts.store.read() as tx:
        notices = [n for a in tx.judgements.alerts() for n in tx.notices.of(a.id) if n.outcome is NoticeOutcome.QUEUED]
    pages = sorted({(n.at, n.route, n.rung) for n in notices if n.use is Use.PAGE and n.event.calls})
    assert [(f"{at:%a %d %H:%M}", route, rung) for at, route, rung in pages] == WEEK


WEEK = [
    ("Sun 25 03:30", "cleo-phone", 0),  # the window is over, and it still holds
    ("Sun 25 04:00", "lea-phone", 3),  # nobody responded: platform has nobody that is next
    ("Mon 26 08:00", "ben-phone", 0),  # 09:00 in Berlin, which was 07:00 UTC a week before; since 08:00 it is his week
    ("Wed 28 01:00", "ben-phone", 0),
    ("Wed 28 01:10", "cleo-phone", 1),
]
