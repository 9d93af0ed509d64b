"""The lines about people: who answers for it, who is on call, what reaches them, when rules are reviewed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from pulse_tui.domain.delivery import DeliveryState
from pulse_tui.domain.moments import iso
from pulse_tui.domain.text import many
from pulse_tui.domain.views.learning import ChecklistLine
from pulse_tui.enrich.oncall.duty import duty_of, duty_words
from pulse_tui.services.learning.launch.seen import Seen, line

TESTED_WITHIN: Final = timedelta(days=30)
"""A destination that took a message within so long works."""


MESSAGES = 10_000


def owner(seen: Seen) -> Iterator[ChecklistLine]:
    """Somebody may decide that it is not launched."""
    owner = seen.parts.governance.accountable_owner
    system = seen.parts.governance.system or seen.parts.estate_name
    yield ChecklistLine(
        "accountable_owner",
        "an accountable owner of the system is named",
        bool(owner),
        f"{owner} answers for {system}" if owner else "nobody is named",
        todo="governance: {accountable_owner: NAME} in the configuration",
    )


def oncall(seen: Seen) -> Iterator[ChecklistLine]:
    """Somebody answers for each asset now."""
    oncall = seen.parts.judging.oncall
    teams = sorted(
        {a.owner_team for name in seen.assets if (a := seen.estate.assets.get(name)) is not None and a.owner_team}
    )
    missing, named = [], []
    for team in teams:
        duty = duty_of(oncall.teams.get(team), oncall, seen.now)
        if duty is None:
            missing.append(f"{team} (no schedule)")
        elif duty.who is None:
            missing.append(f"{team} ({duty_words(duty)})")
        else:
            named.append(f"{team}: {duty.who}")
    yield line(
        "oncall",
        "somebody is on call for the owner of each production asset",
        missing,
        teams,
        f"{len(named)} of {many(len(teams), 'team')}" + (f" ({', '.join(named[:4])})" if named else ""),
        "teams: and schedules: in the configuration: pulse-tui help configuration",
    )


def routes(seen: Seen) -> Iterator[ChecklistLine]:
    """What is sent arrives."""
    took = dict[str, datetime]()
    for one in seen.tx.plumbing.deliveries(MESSAGES):
        if one.state is DeliveryState.SENT:
            took[one.route] = max(one.due, took.get(one.route, one.due))
    missing = []
    for route in seen.parts.judging.routes:
        last = took.get(route.id)
        if last is None:
            missing.append(f"{route.id} (never took a message)")
        elif seen.now - last > TESTED_WITHIN:
            missing.append(f"{route.id} (last took one {iso(last)})")
    routes = len(seen.parts.judging.routes)
    yield ChecklistLine(
        "routes",
        "every destination took a message within 30 days",
        bool(routes) and not missing,
        f"{routes - len(missing)} of {many(routes, 'destination')}"
        if routes
        else "no destination is configured: nobody is notified",
        tuple(missing),
        "send it a test: ingest a signal that a rule routes there, and acknowledge its alert",
    )


def reviews(seen: Seen) -> Iterator[ChecklistLine]:
    """Rules were looked at in time."""
    late = [r for r in seen.rules if r.overdue(seen.now.date())]
    following = min((r for r in seen.rules if r not in late), key=lambda r: r.review, default=None)
    ahead = f"; next {following.id} {following.review}" if following is not None else ""
    yield ChecklistLine(
        "reviews",
        "every rule of the policy was reviewed in time",
        None if not seen.rules else not late,
        f"{len(seen.rules) - len(late)} of {many(len(seen.rules), 'rule')}{ahead}",
        tuple(f"{r.id} ({r.owner}, since {r.review})" for r in sorted(late, key=lambda r: r.review)),
        "review the rule, and set a new review date in the policy",
    )
