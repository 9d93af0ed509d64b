"""Reviews as work: each has an owner, a day and an end; one that is overdue is reported like anything that fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta

import msgspec

from pulse_tui.domain.concern import Concern
from pulse_tui.domain.effect import effect_name
from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.evidence import OVERDUE, HealthEvidence
from pulse_tui.domain.moments import from_us, iso, to_us
from pulse_tui.domain.review_task import ReviewTask
from pulse_tui.domain.scorecard import Scorecard
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.text import clean
from pulse_tui.domain.views.board import Review
from pulse_tui.domain.views.people import ReviewTaskRow
from pulse_tui.domain.words import Recommended, Severity, SignalType
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.reasons import reason_of
from pulse_tui.services.signals.ingest import absorb
from pulse_tui.services.signals.respond import Responder
from pulse_tui.services.signals.review_work import end_review, put_review
from pulse_tui.settings.check import nearest

OF_CONCERNS = {"break-glass": "run", "by-itself": "run", "emergency": "override"}
"""Concerns that stand until somebody reviewed what was done, and the kind of their review."""
_DONE_ELSEWHERE = {
    "run": "another operator ends it: pulse-tui rollback review RUN --why FINDING",
    "override": "another operator ends it: pulse-tui freeze review ASSET VERSION --env production --why FINDING",
    "rule": "review the rule and write its next day under review: in the policy",
    "retest": "run the suite: the run ends it",
}
"""Kinds that end by what they ask for, not by a word."""
_WITHIN = timedelta(days=3)
"""How long a review may take for which nothing states a day."""
_GLASS_WITHIN = timedelta(days=1)
_KEPT = timedelta(days=30)
_LOOKED, _EVERY = "reviews/looked", timedelta(hours=1)
_VENDORS = "reviews/vendors"
"""What the scorecard held against each vendor when it was last looked at."""


def collect(parts: JudgeParts, rules: Sequence[Review], scorecard: Scorecard | None) -> int:
    """Put on the list what has to be reviewed, end what does not any more, report what is overdue; returns how many are.

    ``rules``: the review day of each rule of the policy. ``scorecard``: None where it was not looked at now.
    """
    now = parts.clock()
    with parts.store.read() as tx:
        asked = {task.key: task for task in _asked(tx, rules, now)}
        known = {task.key: task for task in tx.learning.reviews(open_only=False)}
        new = [task for key, task in asked.items() if key not in known or _again(known[key], task)]
        over = [t for t in known.values() if t.done_at is None and _ended(t, asked, rules)]
        late = [t for t in (*known.values(), *new) if _late(t, now) and t not in over]
        reported = {t.key for t in late if tx.judgements.open_alerts_about(_condition(t.key))}
        done = [t for t in known.values() if (t.done_at is not None or t in over) and _reported(tx, t)]
        changed = _changed(tx, scorecard, now) if scorecard is not None else ([], "")
    fresh = [t for t in late if t.key not in reported]
    if not (new or over or fresh or done or changed[0] or changed[1]):
        return len(late)
    with parts.store.write() as tx:
        for task in (*new, *changed[0]):
            put_review(tx, task, now)
        if changed[1]:
            tx.plumbing.put_value(_VENDORS, changed[1])
        for task in over:
            end_review(tx, task, SYSTEM, "what it asked for is done, or is not asked any more", now)
        for task in done:
            Responder(tx, parts, now).clear(_condition(task.key), f"the review is done: {task.how or 'it ended'}")
        if fresh:
            absorb([_overdue(task, now) for task in fresh], tx, parts, now)
    return len(late)


def scorecard_due(parts: JudgeParts) -> bool:
    """Whether the vendors' scorecard is to be looked at: the first time, and then once an hour."""
    now = parts.clock()
    with parts.store.read() as tx:
        looked = tx.plumbing.get_value(_LOOKED)
    if looked is not None and now - from_us(int(looked)) < _EVERY:
        return False
    with parts.store.write() as tx:
        tx.plumbing.put_value(_LOOKED, str(to_us(now)))
    return True


def take(parts: JudgeParts, key: str, by: str, now: datetime) -> str:
    """Somebody works on it. Raises NotFound, Refused when it is done or somebody else has it."""
    with parts.store.write() as tx:
        task = _find(tx, key)
        if task.done_at is not None:
            raise Refused(f"review {task.key} is done already", [f"by {task.done_by}: {task.how}"])
        if task.taken_by not in (None, by):
            raise Refused(f"{task.taken_by} works on review {task.key}", todo="agree with them, or finish it")
        tx.learning.put_review(msgspec.structs.replace(task, taken_by=by))
        tx.log.append(now, by, "review.taken", task.key, {"what": task.what})
    return f"review {task.key} is with {by}: {task.what}"


def finish(parts: JudgeParts, key: str, by: str, why: str, now: datetime) -> str:
    """It is done; what was found is kept. Raises NotFound, Refused for one that ends by what it asks for."""
    finding = reason_of(why)
    with parts.store.write() as tx:
        task = _find(tx, key)
        if task.done_at is not None:
            raise Refused(f"review {task.key} is done already", [f"by {task.done_by}: {task.how}"])
        if task.kind in _DONE_ELSEWHERE:
            raise Refused(f"review {task.key} does not end by a word", todo=_DONE_ELSEWHERE[task.kind])
        end_review(tx, task, by, finding, now)
        Responder(tx, parts, now).clear(_condition(task.key), f"{by} reviewed it: {finding}")
    return f"review {task.key} is done: {task.what}"


def rows(tx: Transaction, now: datetime, *, every: bool = False) -> tuple[ReviewTaskRow, ...]:
    """What is open, what is due first; ``every``: also what was done in the last 30 days."""
    found = tx.learning.reviews(open_only=not every)
    found = [t for t in found if t.done_at is None or t.done_at >= now - _KEPT]
    far = now + timedelta(days=36_500)
    return tuple(_row(t, now) for t in sorted(found, key=lambda t: (t.done_at is not None, t.due_at or far, t.key)))


def _row(task: ReviewTask, now: datetime) -> ReviewTaskRow:
    state = f"done by {task.done_by}" if task.done_at is not None else OVERDUE if _late(task, now) else "open"
    if task.taken_by is not None and task.done_at is None:
        state += f", taken by {task.taken_by}"
    return ReviewTaskRow(
        task.key,
        task.kind,
        task.what,
        task.owner,
        state,
        iso(task.due_at) if task.due_at is not None else "",
        _late(task, now),
        task.how,
        _DONE_ELSEWHERE.get(task.kind, f"pulse-tui review done {task.key} --why FINDING"),
    )


def _find(tx: Transaction, key: str) -> ReviewTask:
    task = tx.learning.review(key)
    if task is not None:
        return task
    known = [t.key for t in tx.learning.reviews(open_only=False)]
    begun = [k for k in known if len(key) >= 4 and k.startswith(key)]
    if len(begun) == 1 and (task := tx.learning.review(begun[0])) is not None:
        return task
    raise NotFound(f"there is no review {key!r}", todo=nearest(key, known) or "pulse-tui review list")


def _asked(tx: Transaction, rules: Sequence[Review], now: datetime) -> Iterator[ReviewTask]:
    """What has to be reviewed now, wherever it stands."""
    for rule in rules:
        if rule.due <= now.date():
            due = datetime.combine(rule.due, time(), UTC) + timedelta(days=1)
            what = f"rule {rule.rule} is to be reviewed: does it still do what it is for?"
            yield _task(f"rule-{rule.rule}-{rule.due}", "rule", what, rule.owner, now, due)
    owners = {a.id: a.owner_team or "" for a in tx.estate.load().assets.values()}
    for concern in tx.inventory.concerns():
        if concern.kind in OF_CONCERNS:
            yield _of_concern(concern, owners.get(concern.asset_id, ""))
    for retest in tx.judgements.retests():
        if retest.due_at <= now:
            what = f"the retest of {retest.asset_id} is overdue: {retest.why}"
            owner = retest.owner or owners.get(retest.asset_id, "")
            key = effect_name("review", "retest", retest.key)
            yield _task(key, "retest", what, owner, now, retest.due_at, asset_id=retest.asset_id)


def _of_concern(concern: Concern, owner: str) -> ReviewTask:
    key = effect_name("review", concern.kind, concern.asset_id, concern.key)
    due = concern.since + _GLASS_WITHIN
    return _task(key, OF_CONCERNS[concern.kind], concern.what, owner, concern.since, due, asset_id=concern.asset_id)


def _task(
    key: str, kind: str, what: str, owner: str, at: datetime, due: datetime, asset_id: str | None = None
) -> ReviewTask:
    return ReviewTask(
        key=key, kind=kind, what=clean(what, 400), owner=owner, opened_at=at, due_at=due, asset_id=asset_id
    )


def _changed(tx: Transaction, scorecard: Scorecard, now: datetime) -> tuple[list[ReviewTask], str]:
    """A review for each vendor against whom something stands that did not before, and what stands now, to be kept.

    The first time nothing is asked: what stood before anybody looked is no change.
    """
    stands = {v.vendor: sorted(v.concerns) for v in scorecard.vendors if v.assets}
    kept = tx.plumbing.get_value(_VENDORS)
    text = msgspec.json.encode(stands, order="sorted").decode()
    if kept == text:
        return [], ""
    before = msgspec.json.decode(kept, type=dict[str, list[str]]) if kept else None
    tasks = []
    owners = {a.id: a.owner_team or "" for a in tx.estate.load().assets.values()}
    for score in scorecard.vendors if before is not None else ():
        fresh = [c for c in score.concerns if c not in (before or {}).get(score.vendor, [])]
        if fresh and score.vendor in stands:
            owner = next((owners.get(a, "") for a in score.assets), "")
            what = f"the scorecard of {score.vendor} changed: {'; '.join(fresh)}; used by {', '.join(score.assets)}"
            tasks.append(_task(f"vendor-{score.vendor}-{now:%Y-%m-%d}", "vendor", what, owner, now, now + _WITHIN))
    return tasks, text


def _ended(task: ReviewTask, asked: Mapping[str, ReviewTask], rules: Sequence[Review]) -> bool:
    """Whether what it asked for is done. Of a policy that cannot be read nobody knows that."""
    return task.kind in _DONE_ELSEWHERE and task.key not in asked and (task.kind != "rule" or bool(rules))


def _again(known: ReviewTask, task: ReviewTask) -> bool:
    """Whether it is asked for anew though it was done: of a concern or a retest that began after that."""
    return known.done_at is not None and task.kind in _DONE_ELSEWHERE and task.opened_at > known.done_at


def _late(task: ReviewTask, now: datetime) -> bool:
    return task.done_at is None and task.due_at is not None and task.due_at < now


def _reported(tx: Transaction, task: ReviewTask) -> bool:
    return bool(tx.judgements.open_alerts_about(_condition(task.key)))


def _condition(key: str) -> str:
    return fingerprint("review", key)


def _overdue(task: ReviewTask, now: datetime) -> Signal:
    return observed(
        SignalType.SOURCE_HEALTH,
        source=SYSTEM,
        event=("review overdue", task.key, iso(task.due_at) if task.due_at else ""),
        fingerprint=_condition(task.key),
        title=f"review overdue: {task.what}",
        evidence=HealthEvidence(subject=f"review {task.key}", state=OVERDUE, reason=clean(task.what, 300)),
        severity=Severity.MEDIUM,
        recommended=Recommended.REVIEW,
        now=now,
        owner_team=task.owner or None,
        summary=f"It was due {iso(task.due_at) if task.due_at else 'before'}: "
        + _DONE_ELSEWHERE.get(task.kind, f"pulse-tui review done {task.key} --why FINDING"),
    )
