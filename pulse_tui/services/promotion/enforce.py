"""Holds are enforced where deploys happen: what stands here is asked of every destination, and read back.

Nothing is pushed by whoever places or lifts a hold: what stands is compared with what was asked, so that a hold that a rule,
an operator, a rollback or an undo placed is enforced alike, and one that ended while nobody ran is lifted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, cast

import msgspec

from pulse_tui.domain.concern import Concern
from pulse_tui.domain.delivery import Delivery, DeliveryState
from pulse_tui.domain.effect import effect_name
from pulse_tui.domain.enforcement import Enforced, Enforcement
from pulse_tui.domain.errors import NotFound, PulseError
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.moments import iso, to_us
from pulse_tui.domain.notice import Use
from pulse_tui.domain.release import Release, ReleaseState, same_content
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Severity
from pulse_tui.ports import Enforcer, Held, Route, Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts

EVERY = timedelta(seconds=60)
"""How often a destination is asked what stands there."""
KEPT = timedelta(days=14)
"""So long one that was lifted is listed."""
OPEN = (ReleaseState.DRAFT, ReleaseState.EVALUATED, ReleaseState.APPROVED)
COMMITS = 20


def enforcing(routes: Sequence[Route]) -> list[Route]:
    """The routes by which holds are enforced."""
    return [r for r in routes if Use.ENFORCE in r.uses]


def push(parts: JudgeParts, now: datetime) -> int:
    """Ask for what stands and is not asked for, and for the end of what ended; returns how many messages were queued."""
    routes = enforcing(parts.routes)
    with parts.store.read() as tx:
        known = tx.enforcements.all()
        if not routes and not known:
            return 0
        if not _Step(tx, parts, routes, known, now).needed:
            return 0
    with parts.store.write() as tx:
        return _Step(tx, parts, routes, tx.enforcements.all(), now).carry_out()


class _Want(NamedTuple):
    key: str
    route: Route
    hold: Hold


class _Step:
    """What is asked, compared with what stands."""

    def __init__(
        self, tx: Transaction, parts: JudgeParts, routes: Sequence[Route], known: Sequence[Enforcement], now: datetime
    ) -> None:
        self._tx, self._parts, self._now = tx, parts, now
        self._holds = tx.judgements.holds()
        self._wanted = {w.key: w for w in _wanted(tx, parts, routes, self._holds)}
        self._known = {e.key: e for e in known}
        self._routes = {r.id: r for r in routes}
        self._new = [w for key, w in self._wanted.items() if key not in self._known]
        live = [e for e in known if e.state is not Enforced.LIFTED]
        self._ended = [e for e in live if e.key not in self._wanted and e.lifting is None and e.route in self._routes]
        self._gone = [e for e in live if e.route not in self._routes and e.state is not Enforced.DIFFERS]
        self._sent = list(self._moved([e for e in live if e.route in self._routes]))

    @property
    def needed(self) -> bool:
        """Whether anything is to be written."""
        return bool(self._new or self._ended or self._sent or self._gone)

    def carry_out(self) -> int:
        tx, now = self._tx, self._now
        for each in self._gone:
            why = f"its route {each.route} is no longer configured: nobody lifts it there any more"
            settle(tx, self._parts, msgspec.structs.replace(each, state=Enforced.DIFFERS, seen=why), now)
        for each in self._sent:
            settle(tx, self._parts, each, now)
        for want in self._new:
            hold = want.hold
            scope = " ".join(x for x in (hold.asset_id or "everything", hold.version, hold.environment) if x)
            made = Enforcement(
                key=want.key,
                route=want.route.id,
                hold_id=hold.id,
                scope=scope,
                state=Enforced.ASKED,
                asked_at=now,
                asset_id=hold.asset_id,
            )
            tx.enforcements.put(made)
            tx.plumbing.enqueue(_message(want.key, want.key, "hold", want.route, hold, self._commits(hold), now))
            tx.log.append(now, SYSTEM, "enforce.asked", hold.id, {"route": want.route.id, "scope": scope})
        for each in self._ended:
            route, ended = self._routes[each.route], self._past(each)
            still = next((w.hold for w in self._wanted.values() if self._stands_too(w, each)), None)
            message = _message(f"{each.key}/lift", each.key, "lift", route, ended, self._commits(ended), now, still)
            tx.plumbing.enqueue(message)
            stored = tx.enforcements.get(each.key) or each
            waits = msgspec.structs.replace(
                stored, state=Enforced.ASKED, seen="", seen_at=None, unread="", lifting=now, last=f"{each.key}/lift"
            )
            settle(tx, self._parts, waits, now)
            tx.log.append(now, SYSTEM, "enforce.lift_asked", each.hold_id, {"route": each.route, "scope": each.scope})
        return len(self._new) + len(self._ended)

    def _stands_too(self, want: _Want, ended: Enforcement) -> bool:
        return want.route.id == ended.route and want.hold.asset_id in (None, ended.asset_id) and want.key != ended.key

    def _past(self, ended: Enforcement) -> Hold:
        """The hold as it was; one that is no longer stored is made up from what was asked for."""
        found = [h for h in self._tx.judgements.holds(ended.asset_id, standing=False) if h.id == ended.hold_id]
        by_key = [h for h in found if key_of(ended.route, h) == ended.key]
        return (by_key or found)[-1]

    def _commits(self, hold: Hold) -> list[str]:
        return commits_of(self._tx, hold)

    def _moved(self, live: Sequence[Enforcement]) -> Iterator[Enforcement]:
        """Those about which the outbox has news."""
        there = self._tx.plumbing.deliveries_of([e.message for e in live]) if live else {}
        for each in live:
            after = _after(each, there.get(each.message))
            if after != each:
                yield after


def _after(each: Enforcement, last: Delivery | None) -> Enforcement:
    """As the outbox has it: what was sent, and what failed for good."""
    if last is None or each.state in (Enforced.STANDS, Enforced.DIFFERS):
        return each  # what was read back counts, until something else is asked for
    if last.state in (DeliveryState.DEAD, DeliveryState.DROPPED):
        why = last.error or last.state.value
        why = f"it was not lifted there: {why}" if each.lifting is not None else why
        return msgspec.structs.replace(each, state=Enforced.FAILED, seen=why)
    if last.state is DeliveryState.SENT:
        if each.lifting is not None:
            return msgspec.structs.replace(each, state=Enforced.LIFTED, seen=last.receipt, seen_at=None, unread="")
        return msgspec.structs.replace(each, state=Enforced.ASKED, seen=last.receipt)
    if last.error and each.state is not Enforced.FAILED:
        return msgspec.structs.replace(each, seen=f"tried {last.attempts} times: {last.error}")
    return each


def _wanted(tx: Transaction, parts: JudgeParts, routes: Sequence[Route], holds: Sequence[Hold]) -> Iterator[_Want]:
    for route in routes:
        kind = enforcer(parts, route)
        for hold in holds:
            asset = tx.estate.asset(hold.asset_id) if hold.asset_id is not None and route.owners else None
            serves = hold.asset_id is None or not route.owners or (asset is not None and route.serves(asset.owner_team))
            if serves and kind.takes(hold, route.options):
                yield _Want(key_of(route.id, hold), route, hold)


def enforcer(parts: JudgeParts, route: Route) -> Enforcer:
    """The kind of a route by which holds are enforced: the USES of its options say that it is one."""
    return cast("Enforcer", parts.actions[route.kind])


def key_of(route: str, hold: Hold) -> str:
    """One hold at one destination; placed again it is another one."""
    return effect_name("enforce", route, hold.id, str(to_us(hold.placed_at)))


def commits_of(tx: Transaction, hold: Hold) -> list[str]:
    """Commits of the releases that a hold keeps back: the newest that are not promoted, or those of its version's content."""
    if hold.asset_id is None:
        return []
    found = sorted(tx.estate.releases(hold.asset_id), key=lambda r: r.iteration, reverse=True)
    chosen = [r for r in found if _kept_back(r, hold, found)]
    return list(dict.fromkeys(c for r in chosen if (c := r.provenance.get("commit"))))[:COMMITS]


def _kept_back(release: Release, hold: Hold, releases: Sequence[Release]) -> bool:
    if hold.version is None:
        return release.state in OPEN
    named = next((r for r in releases if r.version == hold.version), None)
    return release.version == hold.version or (named is not None and same_content(named.digest, release.digest) is True)


def _message(
    key: str,
    thread: str,
    do: str,
    route: Route,
    hold: Hold,
    commits: Sequence[str],
    now: datetime,
    still: Hold | None = None,
) -> Delivery:
    scope = hold.asset_id or "everything"
    values = {
        "do": do,
        "key": thread,
        "thread": thread,
        "title": f"{do} {hold.kind.value} of {scope}",
        "use": Use.ENFORCE.value,
        "hold": hold.id,
        "kind": hold.kind.value,
        "asset": hold.asset_id,
        "environment": hold.environment,
        "version": hold.version,
        "why": hold.why,
        "until": hold.until_condition,
        "by": hold.placed_by,
        "placed_at": iso(hold.placed_at),
        "commits": " ".join(commits) or None,
        "still": still.id if still is not None else None,
        "still_why": still.why if still is not None else None,
    }
    payload = {name: str(value) for name, value in values.items() if value is not None}
    return Delivery(key=key, kind=route.kind, route=route.id, payload=payload, created_at=now)


# --------------------------------------------------------------------------- what stands there


def read_back(parts: JudgeParts, now: datetime, *, every: timedelta = EVERY) -> int:
    """Ask every destination what stands there, where that is due; returns how many were asked."""
    routes = {r.id: r for r in enforcing(parts.routes)}
    if not routes:
        return 0
    with parts.store.read() as tx:
        due = [
            (e, hold, commits_of(tx, hold))
            for e in tx.enforcements.all()
            if e.route in routes and _due(e, now, every, tx) and (hold := _hold_of(tx, e)) is not None
        ]
    for each, hold, commits in due:
        route = routes[each.route]
        lifted = each.state is Enforced.LIFTED or each.lifting is not None
        try:
            seen = enforcer(parts, route).seen(
                Held(each.key, hold, commits, lifted), route.options, parts.outside.sending(now)
            )
        except PulseError as error:
            after = msgspec.structs.replace(each, unread=clean(error.what, 300))
        except Exception as error:  # a bug of a kind: shown, and it holds up no other one
            after = msgspec.structs.replace(each, unread=clean(f"{type(error).__name__}: {error}", 300))
        else:
            after = _judged(each, seen.held, clean(seen.words, 300), lifted=lifted, now=now)
        if after == each:
            continue
        with parts.store.write() as tx:
            stored = tx.enforcements.get(each.key)
            if stored is not None and (stored.state, stored.lifting) == (each.state, each.lifting):
                settle(tx, parts, after, now)
    return len(due)


def _judged(each: Enforcement, held: bool, words: str, *, lifted: bool, now: datetime) -> Enforcement:
    if lifted:
        state = Enforced.DIFFERS if held else Enforced.LIFTED
        words = f"it was lifted here and is still held there: {words}" if held else words or each.seen
    else:
        state = Enforced.STANDS if held else Enforced.DIFFERS
    return msgspec.structs.replace(each, state=state, seen=words, seen_at=now, unread="")


def _due(each: Enforcement, now: datetime, every: timedelta, tx: Transaction) -> bool:
    if each.seen_at is not None and timedelta(0) <= now - each.seen_at < every:
        return False
    if each.state is Enforced.LIFTED:
        return each.seen_at is None  # once, to see that it is so
    if each.state is Enforced.FAILED:
        return False
    there = tx.plumbing.deliveries_of([each.message]).get(each.message)
    return there is not None and there.state is DeliveryState.SENT


def _hold_of(tx: Transaction, each: Enforcement) -> Hold | None:
    holds = [h for h in tx.judgements.holds(each.asset_id, standing=False) if h.id == each.hold_id]
    return next((h for h in holds if key_of(each.route, h) == each.key), holds[-1] if holds else None)


def settle(tx: Transaction, parts: JudgeParts, after: Enforcement, now: datetime) -> None:
    """Keep how it stands; what is not as it was asked for is a concern of the asset until it is."""
    before = tx.enforcements.get(after.key)
    tx.enforcements.put(after)
    if before is None or before.state is not after.state:
        detail = {"route": after.route, "scope": after.scope, "seen": after.seen}
        tx.log.append(now, SYSTEM, f"enforce.{after.state.value}", after.hold_id, detail)
    if after.asset_id is None or tx.estate.asset(after.asset_id) is None:
        return
    from pulse_tui.services.signals.concerns import clear_concern, raise_concern  # noqa: PLC0415  what only lists needs none

    key = f"enforce:{after.key}"
    if not after.wrong:
        clear_concern(tx, parts, after.asset_id, key, f"{after.route}: {after.words}", now)
        return
    concern = Concern(
        asset_id=after.asset_id,
        key=key,
        what=clean(f"hold {after.hold_id} of {after.scope} at {after.route}: {after.words}", 500),
        todo=f"Look there; ask again: pulse-tui enforce again {after.key}",
        source=SYSTEM,
        severity=Severity.LOW if after.lifting is not None else Severity.MEDIUM,
        since=now,
    )
    raise_concern(tx, parts, concern, now)


def again(parts: JudgeParts, key: str, by: str, now: datetime) -> str:
    """Ask for it once more, whatever it is. Raises NotFound."""
    with parts.store.write() as tx:
        each = tx.enforcements.get(key)
        hold = _hold_of(tx, each) if each is not None else None
        route = next((r for r in enforcing(parts.routes) if each is not None and r.id == each.route), None)
        if each is None or hold is None or route is None:
            raise NotFound(f"nothing is enforced under {clean(key, 80)!r}", todo="See what is: pulse-tui enforce list")
        do = "hold" if each.lifting is None else "lift"
        ident = f"{key}/{do}/{to_us(now)}"
        tx.plumbing.enqueue(_message(ident, key, do, route, hold, commits_of(tx, hold), now))
        waits = "asked again, not read back since"
        tx.enforcements.put(
            msgspec.structs.replace(each, state=Enforced.ASKED, seen="", seen_at=None, unread=waits, last=ident)
        )
        tx.log.append(now, by, "enforce.asked_again", each.hold_id, {"route": each.route, "do": do})
    return f"asked {route.id} again to {do} {each.scope}"


def forget(parts: JudgeParts, key: str, by: str, now: datetime) -> str:
    """Somebody looked there: it holds nothing any more, though nobody can read that. Raises NotFound."""
    with parts.store.write() as tx:
        each = tx.enforcements.get(key)
        if each is None:
            raise NotFound(f"nothing is enforced under {clean(key, 80)!r}", todo="See what is: pulse-tui enforce list")
        seen = f"{by} saw to it there"
        after = msgspec.structs.replace(
            each, state=Enforced.LIFTED, seen=seen, seen_at=now, unread="", lifting=each.lifting or now
        )
        settle(tx, parts, after, now)
        tx.log.append(now, by, "enforce.forgotten", each.hold_id, {"route": each.route, "scope": each.scope})
    return f"{each.scope} at {each.route} is no longer asked for"


def listing(tx: Transaction, now: datetime) -> list[Enforcement]:
    """What is enforced elsewhere, what is wrong first; lifted ones for two weeks."""
    found = [
        e for e in tx.enforcements.all() if e.state is not Enforced.LIFTED or now - (e.lifting or e.asked_at) < KEPT
    ]
    order = {Enforced.FAILED: 0, Enforced.DIFFERS: 1, Enforced.ASKED: 2, Enforced.STANDS: 3, Enforced.LIFTED: 4}
    return sorted(found, key=lambda e: (order[e.state], e.scope, e.route))
