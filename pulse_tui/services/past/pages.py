"""Pages as of a moment of the past: from the picture of the board, and from what is only ever appended, cut off at that moment.

What is neither is left out and named: today's state is never shown as if it were of then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from pulse_tui.domain.audit import AuditEntry
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.health import Health
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.moments import age, from_us, iso, to_us
from pulse_tui.domain.views.advisories import AdvisoryRow, AdvisoryStory
from pulse_tui.domain.views.alerts import AlertRow, AlertStory, QuietRow
from pulse_tui.domain.views.board import Board
from pulse_tui.domain.views.incidents import IncidentRow, IncidentStory, MemberLine
from pulse_tui.domain.views.incidents import Moment as Line
from pulse_tui.domain.views.learning import ActivityRow
from pulse_tui.domain.views.rollback import PlanLine, PlanRow, PlanStory, RunRow, RunStory, VoteView
from pulse_tui.ports import Transaction
from pulse_tui.services.alerts.story import evidence_lines, why_lines
from pulse_tui.services.learning.activity import PAGE, detail_words, row

NOT_KEPT: Final = "not on record: it was worked out then from what has changed since"
_AGO: Final = 500
"""Lines of the log about one subject."""


def story(tx: Transaction | None, board: Board, alert_id: str, then: datetime) -> AlertStory:
    """An alert that was open. Raises NotFound for one that was not."""
    alert = next((a for a in board.alerts if a.id == alert_id), None)
    if alert is None:
        raise NotFound(f"alert {alert_id} was not open at {iso(then)}")
    now_us = to_us(then)
    changed, risk, why, timeline = [alert.title], list[str](), list[str](), list[str]()
    if tx is None:
        why.append(f"rule {alert.rule}; the file has the board alone, and not what the rule saw")
    else:
        stored = tx.judgements.alert(alert_id)
        signal = tx.signals.get(stored.signal_id) if stored is not None else None
        decision = tx.judgements.decision(stored.decision_id) if stored is not None else None
        if signal is not None and decision is not None and decision.at <= then:
            changed = list(
                dict.fromkeys([alert.title, signal.title, *(signal.summary or "").splitlines()[:1], *signal.links[:2]])
            )
            risk += evidence_lines(signal, then)
            why += why_lines(decision, signal, tx.judgements.variables(decision.id))
        else:
            why.append(f"rule {alert.rule}; what it rests on today came later, or is no longer kept, and is not shown")
        timeline = [_log_line(entry) for entry in _log(tx, alert_id, then)]
    place = f"{alert.asset} {alert.environment}".strip()
    risk.append(
        f"{alert.priority}, {alert.word}, {place or 'no asset'}, owner {alert.owner or 'nobody'}, seen x{alert.count}"
    )
    return AlertStory(
        alert=alert,
        changed=tuple(changed),
        risk=tuple(risk),
        todo=(*_clock(alert, now_us), f"the advice of then is {NOT_KEPT}"),
        why=tuple(why),
        correlated=(
            *((f"incident {alert.incident}",) if alert.incident else ()),
            f"what else changed then is {NOT_KEPT}; the steps of the replay show it",
        ),
        timeline=tuple(timeline),
        rollback_possible=False,
        rollbacks=tuple(line for line in plan_lines(board, alert.asset) if line.environment == alert.environment)
        if alert.asset
        else (),
        incident=alert.incident,
    )


def _clock(alert: AlertRow, now_us: int) -> Iterator[str]:
    if alert.by and alert.until_us is not None:
        yield f"{alert.word} by {alert.by} until {iso(from_us(alert.until_us))}"
    elif alert.state == "firing" and alert.missed_us is not None:
        yield f"OVERDUE {age(alert.missed_us, now_us)}" + (
            f", escalated x{alert.escalations}" if alert.escalations else ""
        )
    elif alert.due_us is not None:
        yield f"respond by {iso(from_us(alert.due_us))} (in {age(now_us, alert.due_us)})"


def _log(tx: Transaction, subject: str, then: datetime) -> list[AuditEntry]:
    return [entry for entry in tx.log.entries(subject=subject, limit=_AGO) if entry.at <= then]


def _log_line(entry: AuditEntry) -> str:
    words = detail_words(entry)
    return f"{iso(entry.at)}  {entry.action} by {entry.actor}" + (f": {words}" if words else "")


def advisory(tx: Transaction | None, board: Board, name: str, then: datetime) -> AdvisoryStory:
    """An advisory that was listed. Raises NotFound."""
    rows = [r for r in board.advisories if name in (r.id, r.record)]
    if not rows:
        raise NotFound(f"advisory {name} was not listed at {iso(then)}")
    lines = [("WHAT CHANGED", f"{rows[0].id}: {rows[0].title}")]
    lines += [("WHAT IS THE RISK", _reach(r, then)) for r in rows]
    alerts = [a for a in board.alerts if rows[0].id in a.title]
    lines += [("ALERTS", f"{a.priority} {a.id}  {a.word}  {a.title}") for a in alerts]
    for key in dict.fromkeys((rows[0].id, rows[0].record)):
        lines += [("LOG", _log_line(entry)) for entry in (_log(tx, key, then) if tx is not None and key else ())]
    lines.append(("NOT SHOWN", f"its records, ranges and fixes, and what to do, are {NOT_KEPT}"))
    return AdvisoryStory(tuple(lines), alert=alerts[0].id if alerts else "", name=rows[0].id)


def _reach(of: AdvisoryRow, then: datetime) -> str:
    where = ", ".join(f"{count} {place or 'no environment'}" for place, count in of.hits) or "nothing"
    words = f"{of.priority} {of.component}: {of.state}, reaches {where}"
    if of.due_us is not None:
        late = of.due_us < to_us(then)
        words += f", {'overdue since' if late else 'respond by'} {iso(from_us(of.due_us))}"
    return words + (f", until {iso(from_us(of.until_us))}" if of.until_us is not None else "")


def incident(tx: Transaction | None, board: Board, name: str, then: datetime) -> IncidentStory:
    """An incident that was open, by its id or an alert of it. Raises NotFound."""
    alert = next((a for a in board.alerts if a.id == name), None)
    wanted = alert.incident if alert is not None else name
    found: IncidentRow | None = next((i for i in board.incidents if wanted in (i.id, i.external)), None)
    if found is None:
        raise NotFound(f"incident {name} was not open at {iso(then)}")
    members = tuple(
        MemberLine(a.id, a.priority, a.word, a.title, a.asset, a.environment, "open then", "", a.since_us)
        for a in board.alerts
        if a.incident == found.id
    )
    entries = _log(tx, found.id, then) if tx is not None else []
    timeline = tuple(Line(to_us(e.at), e.actor, f"{e.action}: {detail_words(e)}".rstrip(": ")) for e in entries)
    return IncidentStory(
        row=found,
        causes=(),
        members=members,
        more=0,
        onset=iso(from_us(found.onset_us if found.onset_us is not None else found.opened_us)),
        impact=found.impact or "not stated",
        ended="",
        todo=(f"{found.cause_words}; the ranked causes and the advice of then are {NOT_KEPT}",),
        seen_before=(),
        notices=(),
        timeline=timeline,
        links=(),
    )


def plan(tx: Transaction | None, board: Board, plan_hash: str, then: datetime) -> PlanStory:
    """A plan that waited, or whose run was under way or stopped. Raises NotFound."""
    waits = next((p for p in board.plans if p.hash.startswith(plan_hash)), None)
    run = next((r for r in board.runs if r.plan.startswith(plan_hash) or r.id == plan_hash), None)
    at = waits.hash if waits is not None else run.plan if run is not None else ""
    if not at:
        raise NotFound(f"plan {plan_hash[:12]} neither waited nor ran at {iso(then)}")
    stored = tx.rollbacks.plan(at) if tx is not None else None
    versions = (stored[0].from_version, stored[0].to_version) if stored is not None else ("?", "?")
    if waits is not None:
        versions = (waits.from_version, waits.to_version)
    about: PlanRow | RunRow | None = waits or run
    assert about is not None
    votes = [v for v in tx.rollbacks.approvals(at) if v.at <= then] if tx is not None else []
    facts = [("As of then", about.headline)]
    if run is not None and tx is not None:
        facts += [
            ("Journal", f"{iso(when)}  step {step} {state}: {detail}")
            for when, step, state, detail in tx.rollbacks.journal(run.id)
            if when <= then
        ]
    facts.append(("Not shown", f"steps, checks and certificate are {NOT_KEPT}"))
    given = len(waits.approved_by) if waits is not None else sum(v.yes for v in votes)
    return PlanStory(
        hash=at,
        asset=about.asset,
        environment=about.environment,
        from_version=versions[0],
        to_version=versions[1],
        state=run.state if run is not None else waits.state if waits is not None else "",
        headline=about.headline,
        facts=tuple(facts),
        steps=(),
        checks=(),
        votes=tuple(
            VoteView(v.principal, v.key, v.yes, to_us(v.at), v.expires_at > then or not v.yes, v.reason,
                     bool(v.signature), v.break_glass)
            for v in votes
        ),
        approvals_needed=waits.needed if waits is not None else given,
        approvals_given=given,
        may_approve=False,
        why_not="this is a replay: nothing can be approved in the past",
        run=RunStory(run.id, run.state, run.by, run.by, run.holder, run.detail, run.since_us, None, 0)
        if run is not None
        else None,
        purpose=about.purpose,
    )  # fmt: skip


def plan_lines(board: Board, asset: str | None = None) -> tuple[PlanLine, ...]:
    """The runs that were under way or stopped, then the plans that waited."""
    waiting = {p.hash: p for p in board.plans}
    runs = [
        PlanLine(
            r.plan, r.asset, r.environment,
            waiting[r.plan].from_version if r.plan in waiting else "?",
            waiting[r.plan].to_version if r.plan in waiting else "?",
            r.state, r.since_us, "", r.id, r.detail, (), "", r.purpose,
        )
        for r in board.runs
    ]  # fmt: skip
    plans = [
        PlanLine(
            p.hash, p.asset, p.environment, p.from_version, p.to_version, "void" if p.void else p.state, p.since_us,
            p.headline.partition(") ")[2], "", "", (), "", p.purpose,
        )
        for p in board.plans
        if p.hash not in {r.plan for r in board.runs}
    ]  # fmt: skip
    return tuple(line for line in (*runs, *plans) if asset in (None, line.asset))


def asset(
    tx: Transaction | None, board: Board, asset_id: str, then: datetime, more: Iterable[tuple[str, str]] = ()
) -> tuple[tuple[str, str], ...]:
    """(label, text) of an asset that was deployed, with ``more`` of it. Raises NotFound."""
    now_us = to_us(then)
    rows = [r for r in board.registry if r.asset == asset_id]
    if not rows:
        raise NotFound(f"{asset_id} was not deployed at {iso(then)}")
    lines = [
        (
            f"Serves in {r.environment}",
            f"{r.version} (iteration {r.iteration if r.iteration is not None else 'unknown'}) since {age(r.since_us, now_us)}, "
            f"{r.traffic:g} % of traffic: {', '.join(r.words)}" + (f", {r.why}" if r.why else ""),
        )
        for r in rows
    ]
    lines += [(f"Rolls back in {r.environment}", f"to {r.pointer or 'nothing'}") for r in rows]
    lines += [("Alert", f"{a.priority} {a.id}  {a.word}  {a.title}") for a in board.alerts if a.asset == asset_id]
    lines += [("Beside", row.line(now_us)) for row in board.comparisons if row.asset == asset_id]
    lines += [("Rollback", line.headline) for line in plan_lines(board, asset_id)]
    lines += more
    if tx is not None:
        lines += [("Log", _log_line(entry)) for entry in _log(tx, asset_id, then)[-20:]]
    lines.append(("Not shown", f"dependencies and who answers for it are {NOT_KEPT}"))
    return tuple(lines)


def quiet(board: Board, tx: Transaction | None = None, then: datetime | None = None) -> tuple[QuietRow, ...]:
    """What was muted or held; of ``tx`` who held it and why."""
    rows = [
        QuietRow(
            {"muted": "silenced"}.get(a.word, a.word), a.id, f"{a.asset} {a.environment}".strip() or "no asset",
            a.title, a.by, a.until_us, "the reason stands on its page", a.asset,
        )
        for a in board.alerts
        if a.by
    ]  # fmt: skip
    rows += [
        _silenced(q, tx)
        or QuietRow(
            "silence" if q.startswith("silence") else "maintenance",
            q.split(" ")[1] if " " in q else q,
            "",
            q,
            "?",
            None,
            "see the log",
        )
        for q in board.header.quiet
    ]
    if tx is not None and then is not None:
        return (*rows, *(_held(hold) for hold in tx.judgements.holds(standing=False) if hold.stood(then)))
    for kind, names in (("freeze", board.header.frozen), ("pause", board.header.paused)):
        rows += [QuietRow(kind, "", name, f"{kind} of {name}", "?", None, "see the log", name) for name in names]
    return tuple(rows)


def _silenced(words: str, tx: Transaction | None) -> QuietRow | None:
    """Of a silence or window that stood in the header what never changes; None where it is not kept."""
    ident = words.split(" ")[1] if " " in words else ""
    silence = tx.silences.get(ident) if tx is not None and ident else None
    if silence is None:
        return None
    until = words.partition(" until ")[2]
    until_us = to_us(datetime.fromisoformat(until)) if until else None
    return QuietRow(silence.kind.value, ident, "", silence.match, silence.by, until_us, silence.why)


def _held(hold: Hold) -> QuietRow:
    scope = " ".join(filter(None, (hold.asset_id or "everything", hold.version, hold.environment)))
    return QuietRow(
        hold.kind.value, hold.id, scope, hold.why, hold.placed_by, None, f"until {hold.until_condition}",
        hold.asset_id or "",
    )  # fmt: skip


def source_problems(board: Board) -> tuple[str, ...]:
    """Sources that were not good, in words."""
    return tuple(
        f"source {s.id} was {s.health}" + (f": {s.reason}" if s.reason else "")
        for s in board.sources
        if s.health != Health.GOOD
    )


def activity(tx: Transaction, before: int | None, then: datetime) -> tuple[ActivityRow, ...]:
    """A page of the log, newest first: what was written by then."""
    first = before if before is not None else first_after(tx, then)
    return tuple(row(entry) for entry in tx.log.page(PAGE, first) if entry.at <= then)


def first_after(tx: Transaction, then: datetime) -> int | None:
    """The number of a line after which all are younger; None: none is."""
    newest = tx.log.page(1)
    if not newest or newest[0].at <= then:
        return None
    low, high = 0, newest[0].seq
    while high - low > 1:  # lines are written in the order of time
        middle = (low + high) // 2
        found: Sequence[AuditEntry] = tx.log.page(1, middle + 1)
        if found and found[0].at > then:
            high = found[0].seq
        else:
            low = middle
    return high
