"""Statements of VEX documents come in: each becomes a waiver of its author, or ends what that author stated before.

A statement of a package is of every asset that uses that very package; one of a package within a product is of the assets
that use the product. What excuses nothing (affected, under investigation) is kept too: nothing older comes back after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from pulse_tui.domain.errors import Problem
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.moments import iso
from pulse_tui.domain.signal import fingerprint
from pulse_tui.domain.source import Rejected
from pulse_tui.domain.waiver import Statement, VexStatus, Waiver
from pulse_tui.ports import Transaction
from pulse_tui.services.advisories.standing import end, in_view, malicious, settle_group
from pulse_tui.services.advisories.waivers import LONGEST, NO_JUSTIFICATION, PLACED, detail_of
from pulse_tui.services.parts import JudgeParts, Made
from pulse_tui.services.signals.quarantine import keep_refused
from pulse_tui.services.signals.waived import Group, group_of

_SILENT = (VexStatus.AFFECTED, VexStatus.UNDER_INVESTIGATION)
"""What excuses nothing, unless a risk is accepted."""
AHEAD = timedelta(days=1)
"""How far clocks may differ."""


class _Refused(Exception):
    """Why a statement is not kept, and what to do."""

    def __init__(self, why: str, todo: str = "") -> None:
        super().__init__(why)
        self.todo = todo


def take_statement(item: Statement, tx: Transaction, parts: JudgeParts, estate: Estate, now: datetime) -> Made:
    """Keep what it states, as of each asset that it is of. One that excuses without saying why, or whom, is refused."""
    try:
        group = group_of(tx, item.vulnerability, *item.aliases)
        _check(item, group, now)
        assets = list(_assets(item, tx, estate))
    except _Refused as refused:
        problem = Problem(item.id, str(refused), refused.todo)
        keep_refused(tx, [Rejected(source=item.source, problem=problem, raw=b"")], parts.outside, now)
        return Made([], [], known=True, remarks=(f"refused: {problem}",))
    news = [_take(item, asset_id, group, tx, estate, now) for asset_id in assets]
    if any(news):
        settle_group(tx, parts, group, now)  # also where the last waiver of it ended
    return Made([], [], known=not any(news))


def _check(item: Statement, group: Group, now: datetime) -> None:
    if malicious(group):
        what = f"{group.name} reports malicious code: no document excuses that"
        raise _Refused(what, "Take it out; or judge it and waive it yourself")
    if item.status is VexStatus.NOT_AFFECTED and item.justification is None:
        raise _Refused(NO_JUSTIFICATION, "Ask its author for one, or judge it and waive it yourself")
    if item.at > now + AHEAD:
        raise _Refused(f"it is of {iso(item.at)}, which is to come", "Check the clocks")
    if item.review_at is not None and item.review_at <= now:
        raise _Refused(f"its review date has passed ({iso(item.review_at)})", "Review it, and state it again")


def _assets(item: Statement, tx: Transaction, estate: Estate) -> Iterator[str | None]:
    """None: every asset that uses the package."""
    if item.asset_id is not None:
        if item.asset_id not in estate.assets:
            raise _Refused(f"there is no asset {item.asset_id!r}", "Declare it under estate.assets")
        yield item.asset_id
    elif item.within is not None:
        uses = tx.dependencies.using(components={item.within})
        version = item.within_version
        found = sorted({d.asset_id for d in uses if version in (None, d.component.version)} & set(estate.assets))
        if not found:
            product = item.within + (f"@{version}" if version else "")
            raise _Refused(
                f"no asset uses {product}, within which it is stated",
                "Name the asset that it is about (option asset), or give the bill that lists the product",
            )
        yield from found
    else:
        yield None


def _take(item: Statement, asset_id: str | None, group: Group, tx: Transaction, estate: Estate, now: datetime) -> bool:
    """Whether it says something new."""
    waiver = _waiver(item, asset_id, group, now)
    own = [w for w in tx.waivers.named(group.names) if w.source and w.placed_by == item.author]
    same = [w for w in own if _scope(w) == _scope(waiver)]
    excuses = item.status in (VexStatus.NOT_AFFECTED, VexStatus.FIXED) or item.accepted
    # One that excuses nothing ends what is older and wider all the same, whatever was stated since of its own scope.
    if any(_content(w) == _content(waiver) or (excuses and w.placed_at > waiver.placed_at) for w in same):
        return False
    later = [w for w in own if w.placed_at > waiver.placed_at and w.status in _SILENT and _overlap(w, waiver)]
    if excuses and later:
        return False  # a newer statement of the same author speaks of some of it otherwise
    gone = same if excuses else [w for w in own if _overlap(w, waiver)]
    for old in gone:
        if old.ended_at is None and old.placed_at <= waiver.placed_at:
            end(tx, old, item.author, f"{item.author} states {item.status.value} since {iso(item.at)}", now)
    if excuses:
        waiver = in_view(tx, waiver, group, estate, None)
    else:
        waiver = waiver.ended(item.author, f"it states {item.status.value}, which excuses nothing", now)
    tx.waivers.put(waiver)
    tx.log.append(now, item.source, PLACED if excuses else "waiver.stated", waiver.id, detail_of(waiver))
    return True


def _waiver(item: Statement, asset_id: str | None, group: Group, now: datetime) -> Waiver:
    scope = (item.component_id, item.version, item.environment)
    return Waiver(
        id=fingerprint("vex", item.author, item.vulnerability, asset_id, *scope, item.at.isoformat(), item.status)[:12],
        advisory=group.name,
        asset_id=asset_id,
        component_id=item.component_id,
        version=item.version,
        environment=item.environment,
        status=item.status,
        justification=item.justification,
        rationale=item.rationale or item.status.value,
        owner=item.owner or item.author,
        placed_by=item.author,
        placed_at=min(item.at, now),
        review_at=min(item.review_at or now + timedelta(days=item.review_days), now + LONGEST),
        source=item.document,
    )


def _scope(waiver: Waiver) -> tuple[object, ...]:
    return waiver.asset_id, waiver.component_id, waiver.version, waiver.environment


def _content(waiver: Waiver) -> tuple[object, ...]:
    return waiver.placed_at, waiver.status, waiver.justification, waiver.rationale


def _overlap(one: Waiver, other: Waiver) -> bool:
    """Whether some finding could be of both."""
    return all(a is None or b is None or a == b for a, b in zip(_scope(one), _scope(other), strict=True))
