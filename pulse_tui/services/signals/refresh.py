"""One round of one source: lease, collect, ingest, record the result."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

import msgspec

from pulse_tui.domain.catalogue import Catalogue
from pulse_tui.domain.errors import NotFound, Problem, PulseError, SourceError, StorageError, WrongUse
from pulse_tui.domain.evidence import HealthEvidence
from pulse_tui.domain.health import Health
from pulse_tui.domain.lifecycle import Lifecycles
from pulse_tui.domain.lock import shown
from pulse_tui.domain.note import Page, PageState
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.source import LONGEST_PAUSE_S, Collected, Rejected, SourceStatus, Standing
from pulse_tui.domain.text import distinct, many
from pulse_tui.domain.trust import Condition, TrustState
from pulse_tui.domain.words import ComponentKind, Environment, Recommended, Severity, SignalType
from pulse_tui.enrich.advisories.coverage import packages_of
from pulse_tui.enrich.vendors.vigil import as_before, conditions, late
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.beside import keep
from pulse_tui.services.signals.door import NAME
from pulse_tui.services.signals.ingest import Tally, absorb, ingest
from pulse_tui.services.signals.respond import Responder
from pulse_tui.services.signals.sources import withdraw
from pulse_tui.settings.check import nearest
from pulse_tui.settings.shapes import SourceShape

LEASE_S = 120.0
"""After this long another collector may start the same round; ingestion is idempotent."""
_LISTINGS = (Page, Catalogue, Lifecycles)
"""What is read whole, and again only when it changed."""
TELL_AFTER = 3
"""Failures in a row after which (and after as many more) a source's health is a signal of its own."""


class Round(NamedTuple):
    """The result of one round."""

    source: str
    ok: bool
    skipped: bool
    message: str
    tally: Tally
    next_s: float
    """Seconds until the source should be asked again."""
    refused: str = ""
    """What of the source stands refused, since this round or an earlier one; empty: nothing does."""

    @property
    def good(self) -> bool:
        """It answered, and nothing of it stands refused."""
        return self.ok and not self.refused


def refresh(source_id: str, parts: JudgeParts, holder: str, *, due: bool = False) -> Round:
    """Run one round now. A failure of the source is a result, not an exception.

    ``due``: only the plan asks for it, and it gives way where another tower, or this one before it was restarted, asked
    that server lately. Raises NotFound for a source that the configuration does not have.
    """
    shape = parts.sources.get(source_id)
    if source_id in parts.senders:
        raise WrongUse(f"{source_id} is not asked: it sends", todo="When it last did: pulse-tui doctor")
    if shape is None:
        raise NotFound(f"there is no source {source_id!r}", todo=nearest(source_id, parts.sources))
    lease = f"source:{source_id}"
    if due:  # asked without the write lock: of several agents all but one are always early
        with parts.store.read() as tx:
            if (early := _early(tx, shape, lease, holder, parts)) is not None:
                return early
    with parts.store.write() as tx:
        now = parts.clock()
        if due and (early := _early(tx, shape, lease, holder, parts)) is not None:
            return early
        status = _status(tx, shape)
        if tx.plumbing.claim(lease, holder, now, LEASE_S, parts.outside.dead) is None:
            soon = min(shape.every, LEASE_S)
            return Round(source_id, True, True, "another collector has it", Tally(), soon, status.reason)
        status = msgspec.structs.replace(status, kind=shape.kind, every_s=shape.every, last_attempt_at=now)
        tx.plumbing.put_source(status)
    try:
        return _round(shape, status, parts, now)
    finally:
        with parts.store.write() as tx:
            tx.plumbing.release(lease, holder)


def _status(tx: Transaction, shape: SourceShape) -> SourceStatus:
    return tx.plumbing.source(shape.id) or SourceStatus(id=shape.id, kind=shape.kind)


def _early(tx: Transaction, shape: SourceShape, lease: str, holder: str, parts: JudgeParts) -> Round | None:
    """The round that a planned one comes to before its time; None when it is time."""
    status, last = _status(tx, shape), tx.plumbing.lease(lease)
    elsewhere = last is not None and last[0] != holder and not parts.outside.dead(last[0])
    wait = status.wait_s(parts.clock(), shape.floor, elsewhere=elsewhere)
    return Round(shape.id, True, True, "it was asked lately", Tally(), wait, status.reason) if wait else None


def _round(shape: SourceShape, status: SourceStatus, parts: JudgeParts, now: datetime) -> Round:
    context = parts.outside.collecting(shape.id, now, status.cursor)
    context = context._replace(packages=partial(_packages, parts), serving=partial(_serving, parts))
    try:
        collected = parts.source_kinds[shape.kind].collect(shape.options, context)
        tally = ingest(collected.observations, collected.rejected, parts, now)
    except SourceError as error:
        _refused(error, shape, parts, now)
        if error.gone or error.unread:
            has = Standing(source=shape.id, refused=error.about, documents=error.unread, unread=error.unread)
            _now_has(has, parts, now)
        return _failed(shape, status, parts, now, str(error), error.retry_after, missing=error.missing)
    except StorageError:
        raise
    except PulseError as error:  # a secret that is not set, a file of another kind: an error of this source alone
        return _failed(shape, status, parts, now, str(error), None)
    except Exception as error:  # a collector's bug must not stop the other sources; it is shown, not hidden
        return _failed(
            shape, status, parts, now, f"{shape.kind} collector broke: {type(error).__name__}: {error}", None
        )
    news = _now_has(collected.has, parts, now) if collected.has is not None else []
    message = "unchanged" if collected.unchanged else tally.sentence()
    message = "; ".join((message, *news))
    with parts.store.read() as tx:
        page = tx.vendors.page(shape.id)
    if page is not None and page.suspect and page.baseline_at is not None and collected.unchanged:
        page = as_before(page)  # unchanged since the last listing that was believed: that one's validators were sent
    unstored = tally.unstored if any(isinstance(o, _LISTINGS) for o in collected.observations) else 0
    standing = _standing(collected, status, page, unstored)
    kept = standing
    if page is not None and page.suspect:  # what is doubted says nothing of what is believed
        standing, kept = (standing if collected.rejected else ""), page.standing
    there = conditions(page, now) if page is not None else ()
    quiet = [f"{c.state.value}: {c.why}" for c in there if c.state is TrustState.SILENT]
    wrong = shown("; ".join([*(c.why for c in there if c.state is not TrustState.SILENT), *filter(None, [standing])]))
    reason = shown("; ".join([*filter(None, [wrong]), *quiet]))
    # What is doubted is read in full again: with its validators it would be unchanged for good.
    # So is what could not be kept, or it would be lost.
    cursor = status.cursor if unstored or (page is not None and page.suspect) else collected.cursor
    good = msgspec.structs.replace(status, last_good_at=now, failures=0, reason=reason, cursor=cursor)
    next_s = good.next_delay_s()
    if collected.again_s is not None:
        next_s = min(next_s, collected.again_s)
    with parts.store.write() as tx:
        tx.plumbing.put_source(msgspec.structs.replace(good, next_at=now + timedelta(seconds=next_s)))
        keep(tx, shape.id, collected)
        if page is not None:
            tx.vendors.put_page(msgspec.structs.replace(page, standing=kept, missing=False))
            tally = tally.plus(_vigil(shape, there, status, tx, parts, now))
        if not wrong:  # what it published on it publishes on still; of a file that is refused nobody knows
            tx.coverage.touch(shape.id, now)
        answers_again(shape.id, tx, parts, now)
        if status.health(now) is not Health.LATE and status.last_good_at is not None:
            absorb(_late(tx, parts, now), tx, parts, now)
    return Round(shape.id, True, False, "; ".join((message, *quiet)), tally, next_s, wrong)


def answers_again(source_id: str, tx: Transaction, parts: JudgeParts, now: datetime) -> None:
    """End what was open because nothing came from the source."""
    for condition in (_condition(source_id), _condition(source_id, TrustState.LATE)):
        Responder(tx, parts, now).clear(condition, f"source {source_id} answers again")


def report_late(parts: JudgeParts, now: datetime) -> None:
    """Report the senders of which nothing came for too long: no round of theirs would."""
    with parts.store.read() as tx:
        found = [s for s in _late(tx, parts, now) if s.source in parts.senders]
        new = len(found) > len(tx.signals.known(s.id for s in found))
    if new:
        with parts.store.write() as tx:
            absorb(found, tx, parts, now)


def _late(tx: Transaction, parts: JudgeParts, now: datetime) -> list[Signal]:
    """Sources that nobody asks while others are asked in time. After a weekend in which nothing ran all are late: then the
    rounds that follow are the answer, and no alerts."""
    found = list[Signal]()
    for status in tx.plumbing.sources().values():
        there = status.id in parts.sources or status.id in parts.senders
        condition = late(status, now) if there else None
        if condition is not None:
            found.append(_doubted(status.id, condition, status, now))
    return found


def _vigil(
    shape: SourceShape,
    there: Sequence[Condition],
    status: SourceStatus,
    tx: Transaction,
    parts: JudgeParts,
    now: datetime,
) -> Tally:
    """One alert for each thing that keeps a page which answers from being good; each ends when it is no longer so."""
    standing = {condition.state for condition in there}
    for state in (TrustState.SUSPECT, TrustState.EMPTY, TrustState.SILENT):
        if state not in standing:
            Responder(tx, parts, now).clear(
                _condition(shape.id, state), f"source {shape.id} is no longer {state.value}"
            )
    done = absorb([_doubted(shape.id, one, status, now) for one in there], tx, parts, now)
    return msgspec.structs.replace(done, duplicates=0)


def _serving(parts: JudgeParts, asset_id: str, environment: Environment) -> str | None:
    with parts.store.read() as tx:
        deployment = tx.estate.deployment(asset_id, environment)
    return deployment.version if deployment is not None else None


def _packages(parts: JudgeParts) -> tuple[tuple[str, str], ...]:
    """What the estate runs, as feeds that are asked for single packages need it."""
    with parts.store.read() as tx:
        return packages_of(d.component for d in tx.dependencies.using(kinds=[ComponentKind.PACKAGE]))


def _standing(collected: Collected, status: SourceStatus, page: PageState | None, unstored: int) -> str:
    """What of the source's stands refused: where the collector does not know it, what was refused last."""
    if unstored:
        return f"{many(unstored, 'entry', 'entries')} of it could not be stored: see the quarantine"
    if collected.standing is not None:
        return collected.standing
    if collected.unchanged and page is not None:
        return page.standing
    if collected.unchanged:
        return "" if status.failures else status.reason
    listed = any(isinstance(o, Page) for o in collected.observations)
    if not collected.rejected or (collected.observations and not listed):
        return ""
    more = f", and {len(collected.rejected) - 1} more" if len(collected.rejected) > 1 else ""
    return f"{'some' if listed else 'all'} of it was refused: {collected.rejected[0].problem}{more}"


def _now_has(has: Standing, parts: JudgeParts, now: datetime) -> list[str]:
    """End what was only about files that the source no longer has. What began by that, in sentences."""
    has = msgspec.structs.replace(has, notes=tuple(distinct(key, NAME) for key in has.notes))  # as the door keeps them
    with parts.store.write() as tx:
        return withdraw(has, tx, parts, now)


def _refused(error: SourceError, shape: SourceShape, parts: JudgeParts, now: datetime) -> None:
    """A source of one file, whose result cannot be used: its release has a concern, reported once."""
    if not error.about:
        return
    whole = Rejected(source=shape.id, problem=Problem(shape.id, error.what, error.todo), raw=b"", about=error.about)
    with parts.store.write() as tx:
        estate = tx.estate.load()
        made = parts.record(whole, tx, parts, estate, now)
        absorb(made.signals, tx, parts, now)


def _failed(
    shape: SourceShape,
    status: SourceStatus,
    parts: JudgeParts,
    now: datetime,
    reason: str,
    retry_after: float | None,
    *,
    missing: bool = False,
) -> Round:
    if retry_after is not None and retry_after > LONGEST_PAUSE_S:
        reason = f"{reason}; it is asked again after {LONGEST_PAUSE_S / 60:.0f} minutes all the same"
    reason = parts.outside.redact(reason.encode("utf-8", "replace")).decode("utf-8", "replace")
    reason = shown(reason)  # it may quote a library, which quotes what it read
    bad = msgspec.structs.replace(status, failures=status.failures + 1, reason=reason)
    next_s = bad.next_delay_s(retry_after)
    bad = msgspec.structs.replace(bad, next_at=now + timedelta(seconds=next_s))
    tally = Tally()
    with parts.store.write() as tx:
        tx.plumbing.put_source(bad)
        page = tx.vendors.page(shape.id)
        if page is not None and page.missing != missing:
            tx.vendors.put_page(msgspec.structs.replace(page, missing=missing))
        if bad.failures % TELL_AFTER == 0:  # and again while it lasts: an operator may have closed the first alert
            tally = absorb([_health(shape, bad, now, missing=missing)], tx, parts, now)
    return Round(shape.id, False, False, reason, tally, next_s)


def _condition(source_id: str, state: TrustState | None = None) -> str:
    return fingerprint("source", source_id) if state is None else fingerprint("source", source_id, state.value)


def _health(shape: SourceShape, status: SourceStatus, now: datetime, *, missing: bool = False) -> Signal:
    return observed(
        SignalType.SOURCE_HEALTH,
        source=shape.id,
        event=("health", now.isoformat()),
        fingerprint=_condition(shape.id),
        severity=Severity.MEDIUM,
        recommended=Recommended.REVIEW,
        now=now,
        title=f"source {shape.id} failed {status.failures} times in a row",
        summary=status.reason,
        evidence=HealthEvidence(
            subject=shape.id,
            state=TrustState.GONE if missing else Health.FAILING,
            reason=status.reason,
            last_good_at=status.last_good_at,
        ),
    )


def _doubted(source_id: str, condition: Condition, status: SourceStatus, now: datetime) -> Signal:
    """Once, and again every week while it lasts: an operator may have closed the first alert."""
    week = str((now - condition.since).days // 7)
    return observed(
        SignalType.SOURCE_HEALTH,
        source=source_id,
        event=("health", condition.state, condition.since.isoformat(), week),
        fingerprint=_condition(source_id, condition.state),
        severity=Severity.LOW,
        recommended=Recommended.REVIEW,
        now=now,
        title=f"source {source_id} is {condition.state.value}",
        summary=condition.why,
        evidence=HealthEvidence(
            subject=source_id, state=condition.state, reason=shown(condition.why), last_good_at=status.last_good_at
        ),
    )
