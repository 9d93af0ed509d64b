"""Pages of a moment that nobody recorded, and that still follow from it: from what is only ever appended or bears the moments of
its beginning and end. What such a thing lost or changed since is said to be unknown, or left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from pulse_tui.domain.audit import AuditEntry
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.moments import age, from_us, iso, to_us
from pulse_tui.domain.notice import Notice
from pulse_tui.domain.release import Release
from pulse_tui.domain.review_task import ReviewTask
from pulse_tui.domain.text import many
from pulse_tui.domain.views.board import Board
from pulse_tui.domain.views.learning import DecisionRow
from pulse_tui.domain.views.people import Handover, ReviewTaskRow
from pulse_tui.domain.views.registry import ReleaseRow, ReleaseStory
from pulse_tui.domain.words import Environment, SignalType
from pulse_tui.ports import Transaction
from pulse_tui.services.alerts.handover import DUE, HANDED_OVER, SHIFT, changed, odd_sources
from pulse_tui.services.alerts.notified import notice_line
from pulse_tui.services.alerts.quiet import described
from pulse_tui.services.learning.decisions import LIMIT, decided
from pulse_tui.services.past.pages import NOT_KEPT, first_after, plan_lines, quiet
from pulse_tui.services.registry.approvals import subject

UNKNOWN: Final = "unknown"
_PAGE: Final = 500
_STATES: Final = {f"release.{state}": state for state in ("approved", "promoted", "quarantined", "retired")}
_WEEK: Final = timedelta(days=7)
_STAYS, _SIGNALS, _PROMOTIONS = 5, 20, 10
_ALONE: Final = "not in a file: it has the board alone"


def decisions(tx: Transaction, then: datetime) -> tuple[DecisionRow, ...]:
    """What people had decided, the newest first."""
    rows = decided(tx, before=first_after(tx, then), limit=LIMIT)
    return tuple(row for row in rows if row.at_us <= to_us(then))  # of two hosts' clocks one is ahead


# ------------------------------------------------------------------ the shift


def handover(tx: Transaction | None, board: Board, since: timedelta, then: datetime) -> Handover:
    """The handover as it would have been made at that moment, of the board and of the log."""
    begun, now_us, h = then - since, to_us(then), board.header
    entries = _entries(tx, begun, then) if tx is not None else []
    silent = quiet(board, tx, then)
    sections: list[tuple[str, list[str], str]] = [
        ("ON CALL", [h.on_call] if h.on_call else [], "no schedule stood in the header"),
        ("OPEN", list(_open(board, now_us)), "nothing fired"),
        (
            "INCIDENTS",
            [f"{i.priority} {i.id}  {i.title}  [{age(i.opened_us, now_us)}; {i.cause_words}]" for i in board.incidents],
            "nothing",
        ),
        ("SNOOZED OR IN HAND", [row.line() for row in silent if not row.hold], "nothing"),
        ("WAITS FOR WHOM", list(_waited(board)), "no rollback had stopped, and none waited"),
        ("FROZEN", [row.line() for row in silent if row.hold], "nothing was held"),
        ("CHANGED", list(changed(entries)), "nothing" if tx is not None else _ALONE),
        _reviews(tx, h.late_reviews, then),
        (
            "NOT DELIVERED",
            [f"{many(h.undelivered, 'message')} had not arrived; which is {NOT_KEPT}"] if h.undelivered else [],
            "every message had arrived",
        ),
        ("SOURCES", list(odd_sources(board)), "every source reported"),
        (
            DUE,
            [*_due(board, then), f"retests and whose turn was to come are {NOT_KEPT}"],
            "",
        ),
    ]
    made = tuple((heading, tuple(lines) or (none,)) for heading, lines, none in sections)
    shifts = (
        [] if tx is None else [e for e in tx.log.entries(subject="shift") if e.action == HANDED_OVER and e.at <= then]
    )
    last = shifts[-1] if shifts else None
    words = f"{iso(last.at)} by {last.actor} to {last.detail.get('to', 'nobody')}" if last is not None else ""
    return Handover(iso(begun), iso(then), "a replay", made, words)


def _reviews(tx: Transaction | None, late: int, then: datetime) -> tuple[str, list[str], str]:
    if tx is None:
        return (
            "REVIEWS",
            [f"{many(late, 'review')} overdue; the file has the number alone"] if late else [],
            "none was overdue",
        )
    return "REVIEWS", [row.line() for row in review_tasks(tx, then)], "nothing waited for a review"


def review_tasks(tx: Transaction, then: datetime) -> tuple[ReviewTaskRow, ...]:
    """What waited for a review, what was due first on top; who worked on it is of the log."""
    found = [
        t
        for t in tx.learning.reviews(open_only=False)
        if t.opened_at <= then and (t.done_at is None or t.done_at > then)
    ]
    far = then + timedelta(days=36_500)
    return tuple(_review(tx, task, then) for task in sorted(found, key=lambda t: (t.due_at or far, t.key)))


def _review(tx: Transaction, task: ReviewTask, then: datetime) -> ReviewTaskRow:
    late = task.due_at is not None and task.due_at < then
    taken = [e for e in tx.log.entries(subject=task.key) if e.action == "review.taken" and e.at <= then]
    state = ("overdue" if late else "open") + (f", taken by {taken[-1].actor}" if taken else "")
    due = iso(task.due_at) if task.due_at is not None else ""
    return ReviewTaskRow(task.key, task.kind, task.what, task.owner, state, due, late)


def _entries(tx: Transaction, since: datetime, then: datetime) -> list[AuditEntry]:
    """The lines of that time, the newest first."""
    found, before = list[AuditEntry](), first_after(tx, then)
    while page := tx.log.page(_PAGE, before, since=since):
        found += [entry for entry in page if entry.at <= then]
        before = page[-1].seq
    return found


def _open(board: Board, now_us: int) -> Iterator[str]:
    for a in board.alerts:
        if a.state != "firing":
            continue
        where = f"{a.asset or 'no asset'} {a.environment}".strip()
        late = f"  OVERDUE {age(a.missed_us, now_us)}" if a.overdue else ""
        yield f"{a.priority} {a.id}  {a.title}  [{where}; {a.owner or 'nobody'}; {age(a.since_us, now_us)}; x{a.count}]{late}"


def _waited(board: Board) -> Iterator[str]:
    yield from (line.headline for line in plan_lines(board))
    yield from (f"{row.what}, not reviewed" for row in board.glass)
    if board.header.policy:
        yield board.header.policy


def _due(board: Board, then: datetime) -> Iterator[str]:
    coming = list[tuple[int, str]]()
    for a in board.alerts:
        name = f"{a.priority} {a.id} {a.title}"
        if a.state == "firing" and a.due_us is not None:
            coming.append((a.due_us, f"deadline of {name}"))
        if a.by and a.until_us is not None:
            coming.append((a.until_us, f"{a.word} by {a.by}, until then: {name}"))
    for v in board.advisories:
        if v.due_us is not None:
            coming.append((v.due_us, f"deadline of {v.priority} {v.id} in {v.component}"))
    now_us, until_us = to_us(then), to_us(then + SHIFT)
    yield from (
        f"{iso(from_us(at))} (in {age(now_us, at)})  {what}" for at, what in sorted(coming) if now_us < at <= until_us
    )


# ------------------------------------------------------------------ holds


def holds(tx: Transaction, asset_id: str | None, then: datetime) -> tuple[tuple[str, str], ...]:
    """(id, words) of every hold that stood on the asset, or on everything."""
    return tuple(
        (h.id, f"{h.kind.value}: {h.why}; until {h.until_condition} (by {h.placed_by})")
        for h in tx.judgements.holds(asset_id, standing=False)
        if h.asset_id in (asset_id, None) and h.stood(then)
    )


def hold_story(tx: Transaction, hold_id: str, then: datetime) -> tuple[tuple[str, str], ...]:
    """(label, text) of a hold that had been placed. Raises NotFound."""
    placed = [h for h in tx.judgements.holds(standing=False) if h.id == hold_id and h.placed_at <= then]
    if not placed:
        raise NotFound(f"hold {hold_id} was not placed yet at {iso(then)}")
    hold = max(placed, key=lambda h: h.placed_at)
    log = [entry for entry in tx.log.entries(subject=hold.id) if entry.at <= then]
    return described(hold, "stood" if hold.stood(then) else f"lifted by {hold.lifted_by}", log)


# ------------------------------------------------------------------ who was notified


def called(tx: Transaction, alert_id: str, then: datetime) -> tuple[str, ...]:
    """Who had been notified of an alert, and who had not, with the reason."""
    return tuple(_notice(tx, notice, then) for notice in tx.notices.of(alert_id) if notice.at <= then)


def why_called(tx: Transaction, alert_id: str, name: str, then: datetime) -> tuple[str, ...]:
    """Of one person, team, role or route, as far as a line names it. Raises NotFound for an alert that there was not."""
    alert = tx.judgements.alert(alert_id)
    if alert is None or alert.first_at > then:
        raise NotFound(f"there was no alert {alert_id!r} at {iso(then)}")
    found = [n for n in tx.notices.of(alert_id) if n.at <= then and name in (n.person, n.team, n.route, n.role)]
    if not found:
        return (f"no line about {alert_id} names {name} until then; why not is {NOT_KEPT}",)
    return (f"what names {name} about {alert_id} until then:", *(_notice(tx, n, then) for n in found))


def _notice(tx: Transaction, notice: Notice, then: datetime) -> str:
    ended = [e for e in tx.log.entries(subject=notice.key) if e.at <= then] if notice.key else []
    word = next((e.action.partition(".")[2] for e in reversed(ended) if e.action.startswith("delivery.")), "")
    return notice_line(
        notice, {"sent": "delivered", "dead": "failed for good"}.get(word, word or "not arrived by then")
    )


# ------------------------------------------------------------------ releases


def history(tx: Transaction, board: Board, asset_id: str, then: datetime) -> tuple[ReleaseRow, ...]:
    """The releases that there were, the newest iteration first. Raises NotFound for an asset of which nothing is known.

    Where each served is of the board, promotions and what people decided of it of the record; a state that a source changed,
    the rollback target and the verdict only of what the board shows: else they are unknown.
    """
    stays = [s for e in Environment for s in tx.estate.stays(asset_id, e) if s.since <= then]
    promotions = [p for p in tx.estate.promotions(asset_id, 10_000) if p.at <= then]
    shown = {row.version: row for row in board.registry if row.asset == asset_id}
    there = {s.version for s in stays} | {p.version for p in promotions} | set(shown)
    rows = list[ReleaseRow]()
    for release in tx.estate.releases(asset_id):
        state = _state(tx, release, then)
        certain = release.version in there or bool(state)
        if not certain and release.created_at > then:
            continue
        last = next((p for p in promotions if p.version == release.version), None)  # the newest first
        row = shown.get(release.version)
        rows.append(
            ReleaseRow(
                release.version,
                release.iteration,
                release.branch or "",
                (row.release if row is not None else "") or state or UNKNOWN,
                tuple(
                    sorted(
                        (r.environment for r in board.registry if (r.asset, r.version) == (asset_id, release.version)),
                        key=_rank,
                    )
                ),
                to_us(release.created_at),
                f"{last.environment.short} by {last.by}" if last is not None else "",
                to_us(last.at) if last is not None else None,
                row.pointer if row is not None else UNKNOWN,
                UNKNOWN,
                UNKNOWN,  # it may have been filled in since
                "" if certain else "made before then; whether it was known here already is not on record",
            )
        )
    changes = [c for c in tx.estate.pushed_changes(asset_id) if c.at <= then]
    rows += [
        ReleaseRow(
            c.version or "", c.iteration, "", "", (), to_us(c.at), "", None, "", "", c.digest or "", "",
            c.change.value.replace("_", " "), c.by, c.what,
        )
        for c in changes
    ]  # fmt: skip
    if not rows:
        raise NotFound(f"no release of {asset_id} was known at {iso(then)}")
    return tuple(sorted(rows, key=lambda r: -r.iteration))


def release_story(tx: Transaction, board: Board, asset_id: str, version: str, then: datetime) -> ReleaseStory:
    """The page of a release that there was. Raises NotFound."""
    row = next((r for r in history(tx, board, asset_id, then) if r.version == version and not r.change), None)
    if row is None:
        raise NotFound(f"{asset_id} had no release {version} at {iso(then)}")
    stays = [
        (e.value, s)
        for e in Environment
        for s in tx.estate.stays(asset_id, e)
        if s.version == version and s.since <= then
    ]
    promotions = [p for p in tx.estate.promotions(asset_id, 10_000) if p.version == version and p.at <= then]
    lines = (
        ("State", row.state + (f": {row.remark}" if row.remark else "")),
        ("Made", f"{iso(from_us(row.created_us))}, iteration {row.iteration}"),
        *(
            (
                "Served",
                f"{where} from {iso(s.since)}"
                + (f" to {iso(s.until)}" if s.until and s.until <= then else ", still then"),
            )
            for where, s in stays
        ),
        *(
            ("Promoted", f"{p.environment.value} by {p.by} {iso(p.at)}" + (f": {p.why}" if p.why else ""))
            for p in promotions
        ),
        *(
            ("Log", f"{iso(e.at)} {e.actor}: {e.action} {e.detail.get('why', '')}".rstrip())
            for e in tx.log.entries(subject=subject(asset_id, version))
            if e.at <= then
        ),
        ("Not shown", f"digest, lineage and provenance may have been filled in since: they are {NOT_KEPT}"),
    )
    return ReleaseStory(row.state, lines)


def _rank(environment: str) -> int:
    return Environment(environment).rank


def _state(tx: Transaction, release: Release, then: datetime) -> str:
    """The last one that an operator gave it until then; empty where none did."""
    lines = tx.log.entries(subject=subject(release.asset_id, release.version))
    found = [_STATES[e.action] for e in lines if e.action in _STATES and e.at <= then]
    return found[-1] if found else ""


# ------------------------------------------------------------------ an asset


def of_asset(tx: Transaction, asset_id: str, then: datetime) -> Iterator[tuple[str, str]]:
    """(label, text): what had served, promotions and signals until then."""
    for environment in sorted(Environment, key=lambda e: e.rank):
        over = [s for s in tx.estate.stays(asset_id, environment) if s.until is not None and s.until <= then]
        for stay in sorted(over, key=lambda s: s.since, reverse=True)[:_STAYS]:
            assert stay.until is not None
            yield "Served before", f"{environment.value}: {stay.version} from {iso(stay.since)} to {iso(stay.until)}"
    promotions = [p for p in tx.estate.promotions(asset_id) if p.at <= then]
    for p in promotions[:_PROMOTIONS]:
        yield "Promoted", f"{p.environment.value}: {p.version} by {p.by} {iso(p.at)}" + (f": {p.why}" if p.why else "")
    found = tx.signals.around(then - _WEEK, then, list(SignalType), [asset_id], 500)
    mine = [s for s in found if s.asset_id == asset_id and s.observed_at <= then]
    yield from (("Signal", f"{iso(s.observed_at)} {s.title}") for s in mine[:_SIGNALS])
    if len(mine) > _SIGNALS:
        yield "Signal", f"and {len(mine) - _SIGNALS} more in the week before"
